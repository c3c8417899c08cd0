//! The supervisor: what it waits for, and how it ends.

use std::{
    fmt,
    io::{self, PipeReader},
    os::fd::AsFd as _,
    sync::atomic::Ordering::SeqCst,
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, Signal, kill, raise},
        signalfd::SignalFd,
        termios::{SetArg, Termios, tcsetattr},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::{self, Pid},
};

use super::{
    relay::{Relay, State, is_writable},
    shared::{Shared, now},
};
use crate::{ansi::SHOW_CURSOR, sys};

/// Signals that end psgo.
pub(super) const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// How often the worker's progress is looked at.
const TICK: Duration = Duration::from_millis(250);

/// How much longer than the time-out the worker may stand still.
const MARGIN: Duration = Duration::from_secs(1);

/// How long the worker has to end by itself: when it is asked to, and when the deadline has come.
const IN_ORDER: Duration = Duration::from_millis(300);
const AFTER_DEADLINE: Duration = Duration::from_millis(250);

/// How long a signal that a process sent to the supervisor is held back: most that send one send
/// it to the worker too, as part of the process group, and would end it twice.
const BEFORE_PASSING_ON: Duration = Duration::from_millis(20);

/// How long to wait for the worker's last moment.
const TO_EXIT: Duration = Duration::from_millis(50);

/// How much of a processor is used to make sure that the worker could have had some.
const FAIR_SHARE: Duration = Duration::from_millis(10);

/// A signal that asks for the end.
#[derive(Debug, Clone, Copy)]
struct Asked {
    signal: Signal,
    at: Duration,
    /// Whether the worker has yet to be told.
    is_to_pass_on: bool,
}

/// How it ends.
#[derive(Debug)]
enum End {
    Code(u8),
    Signal(Signal),
}

/// What keeps a standard stream, as that stands.
#[derive(Debug)]
struct Stream {
    relay: Relay,
    state: State,
}

#[derive(Debug)]
pub(super) struct Supervisor {
    worker: Pid,
    shared: &'static Shared,
    done: Option<PipeReader>,
    streams: Vec<Stream>,
    signals: SignalFd,
    terminal: Option<Termios>,
    /// The processor time of the worker.
    clock: Option<ClockId>,
    /// How the worker ended; `Err` if nobody can know.
    exited: Option<Result<WaitStatus, Errno>>,
    asked: Option<Asked>,
    /// When the terminal asked to stop.
    stop_at: Option<Duration>,
    still: Still,
}

/// For how long the worker has stood still.
#[derive(Debug, Default)]
struct Still {
    looked: Duration,
    used: Option<Duration>,
    passed: u64,
    span: Duration,
}

impl Supervisor {
    pub(super) fn new(
        worker: Pid,
        shared: &'static Shared,
        done: PipeReader,
        relays: Vec<Relay>,
        signals: SignalFd,
        terminal: Option<Termios>,
    ) -> Self {
        let stream = |relay| Stream {
            relay,
            state: State::Empty,
        };
        Self {
            worker,
            shared,
            done: Some(done),
            streams: relays.into_iter().map(stream).collect(),
            signals,
            terminal,
            clock: clock_getcpuclockid(worker).ok(),
            exited: None,
            asked: None,
            stop_at: None,
            still: Still {
                looked: now(),
                ..Still::default()
            },
        }
    }

    pub(super) fn run(mut self) -> u8 {
        let end = loop {
            if let Some(end) = self.turn() {
                break end;
            }
        };
        if self.exited.is_none() {
            self.let_go();
        }
        self.streams.clear();
        if self.shared.raw.load(SeqCst) {
            self.restore_terminal();
        }
        match end {
            End::Code(code) => code,
            End::Signal(signal) => die_of(signal),
        }
    }

    fn turn(&mut self) -> Option<End> {
        self.wait();
        let is_done = self.shared.ended.load(SeqCst) || self.exited.is_some();
        // After that was looked at: what was written is in the pipes.
        for stream in &mut self.streams {
            if !matches!(stream.state, State::End | State::Broken) {
                stream.state = stream.relay.pass();
            }
        }
        // The worker finds that its reader is gone, as if it were its own.
        self.streams.retain(|stream| stream.state != State::Broken);
        let is_full = |stream: &Stream| stream.state == State::Full;
        if is_done && !self.streams.iter().any(is_full) {
            return Some(self.ended());
        }
        if let Some(asked) = self.asked {
            let since = now().saturating_sub(asked.at);
            if asked.is_to_pass_on && since >= BEFORE_PASSING_ON {
                self.asked = Some(Asked {
                    is_to_pass_on: false,
                    ..asked
                });
                if !self.shared.ending.load(SeqCst) {
                    // It fails only if the worker is gone.
                    let _ = kill(self.worker, asked.signal);
                }
            }
            if since >= IN_ORDER {
                return Some(End::Signal(asked.signal));
            }
        }
        if self.stop_at.is_some_and(|at| now() >= at) {
            self.stop(Signal::SIGTSTP);
        }
        if let Some((at, limit)) = self.shared.deadline()
            && now() >= at.saturating_add(AFTER_DEADLINE)
        {
            say(format_args!("no end within -deadline, {limit:?}"));
            return Some(End::Code(1));
        }
        self.held()
    }

    /// Waits until something happens, but no longer than until the next look at the clock.
    fn wait(&mut self) {
        let mut until = TICK;
        if self.asked.is_some() || self.stop_at.is_some() {
            until = Duration::from_millis(10);
        } else if let Some((at, _)) = self.shared.deadline() {
            let left = at.saturating_add(AFTER_DEADLINE).saturating_sub(now());
            until = until.min(left.max(Duration::from_millis(10)));
        }
        let mut files = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        for stream in &self.streams {
            let (from, to) = match stream.state {
                State::Full => (None, PollFlags::POLLOUT),
                State::Empty => (Some(stream.relay.from()), PollFlags::empty()),
                State::End | State::Broken => (None, PollFlags::empty()),
            };
            files.extend(from.map(|from| PollFd::new(from, PollFlags::POLLIN)));
            files.push(PollFd::new(stream.relay.to(), to));
        }
        if let Some(done) = &self.done {
            files.push(PollFd::new(done.as_fd(), PollFlags::POLLIN));
        }
        let millis = u16::try_from(until.as_millis()).unwrap_or(u16::MAX);
        // EINTR is a turn like any other; no other error can be.
        let _ = poll(&mut files, PollTimeout::from(millis));
        let gone = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        let told: Vec<_> = files
            .iter()
            .map(|file| file.revents().unwrap_or(PollFlags::empty()))
            .collect();
        drop(files);
        if self.done.is_some() && told.last().is_some_and(|events| !events.is_empty()) {
            self.done = None;
        }
        let mut at = 1;
        for stream in &mut self.streams {
            at += usize::from(stream.state == State::Empty);
            if told.get(at).is_some_and(|events| events.intersects(gone)) {
                stream.state = State::Broken;
            }
            at += 1;
        }
        if !told[0].is_empty() {
            self.take_signals();
        }
    }

    fn take_signals(&mut self) {
        let mut taken = Vec::new();
        while let Ok(Some(info)) = self.signals.read_signal() {
            let number = i32::try_from(info.ssi_signo).unwrap_or(0);
            if let Ok(signal) = Signal::try_from(number) {
                // Those of the terminal, and of the kernel, reach the worker too: but for a hang-up
                // of the terminal, which only the leader of the session is told of.
                taken.push((signal, info.ssi_code <= 0 || signal == Signal::SIGHUP));
            }
        }
        // Before anything is learnt about the worker: that it had stopped is past.
        let goes_on = taken.iter().any(|(signal, _)| *signal == Signal::SIGCONT);
        if goes_on {
            let _ = kill(self.worker, Signal::SIGCONT);
        }
        for (signal, is_to_pass_on) in taken {
            match signal {
                Signal::SIGCHLD => self.reap(goes_on),
                Signal::SIGTSTP => {
                    if is_to_pass_on {
                        let _ = kill(self.worker, Signal::SIGTSTP);
                    }
                    // It restores the terminal and stops, and then the supervisor does.
                    self.stop_at = Some(now() + IN_ORDER);
                }
                signal if ENDING.contains(&signal) && self.asked.is_none() => {
                    self.asked = Some(Asked {
                        signal,
                        at: now(),
                        is_to_pass_on,
                    });
                }
                _ => (),
            }
        }
    }

    /// Learns whether the worker ended or stopped. One that stopped before both were told
    /// to go on is not followed.
    fn reap(&mut self, goes_on: bool) {
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
        while self.exited.is_none() {
            match waitpid(self.worker, Some(flags)) {
                Ok(WaitStatus::StillAlive) => break,
                Ok(WaitStatus::Stopped(_, signal)) if !goes_on => {
                    self.stop(signal);
                }
                Ok(status @ (WaitStatus::Exited(..) | WaitStatus::Signaled(..))) => {
                    self.exited = Some(Ok(status));
                }
                Ok(_) | Err(Errno::EINTR) => (),
                Err(errno) => self.exited = Some(Err(errno)),
            }
        }
    }

    /// Stops by the signal that the worker stopped by, so that the shell sees it, and goes on
    /// together with it.
    fn stop(&mut self, by: Signal) {
        self.stop_at = None;
        // But for SIGSTOP the kernel discards it where no shell could continue the group: to stop all
        // the same would be for ever. Process 1 of a namespace goes on at once, too.
        let _ = raise(by);
        if by == Signal::SIGTSTP {
            let stop = SigSet::from(by);
            // The kernel accepted this mask before.
            let _ = stop.thread_unblock();
            let _ = stop.thread_block();
        }
        let _ = kill(self.worker, Signal::SIGCONT);
        self.still.begin(now());
    }

    /// How the work ended.
    fn ended(&mut self) -> End {
        if self.shared.ended.load(SeqCst) {
            return End::Code(self.shared.code.load(SeqCst));
        }
        match self.exited {
            Some(Ok(WaitStatus::Exited(_, code))) => End::Code(u8::try_from(code).unwrap_or(1)),
            Some(Ok(WaitStatus::Signaled(_, signal, _))) => {
                if ENDING.contains(&signal) || signal == Signal::SIGPIPE {
                    return End::Signal(signal);
                }
                let number = signal as i32;
                say(format_args!("the worker was killed by signal {number}"));
                End::Code(u8::try_from(128 + number).unwrap_or(1))
            }
            _ => {
                say(format_args!("the worker ended without an answer"));
                End::Code(1)
            }
        }
    }

    /// The end, if the worker stands still where it should not.
    fn held(&mut self) -> Option<End> {
        let now = now();
        let since = now.saturating_sub(self.still.looked);
        if since < TICK {
            return None;
        }
        self.still.looked = now;
        self.take_signals();
        let passed = self.streams.iter().map(|stream| stream.relay.passed).sum();
        let used = self.used();
        let is_full = |stream: &Stream| stream.state == State::Full;
        let may_wait = self.asked.is_some()
            || self.shared.idle.load(SeqCst) > 0
            || self.streams.iter().any(is_full);
        if may_wait || used != self.still.used || passed != self.still.passed {
            (self.still.used, self.still.passed) = (used, passed);
            self.still.span = Duration::ZERO;
            return None;
        }
        // Where the machine, or all of this process group, stood still, so may the worker.
        self.still.span += since.min(2 * TICK);
        let limit = self.shared.timeout().saturating_add(MARGIN);
        if self.still.span < limit {
            return None;
        }
        // It may want to run, and get no processor: whoever uses some gives it its turn.
        use_processor();
        let may_run = self.used() != used || self.shared.ended.load(SeqCst);
        if may_run {
            self.still.begin(now);
            return None;
        }
        say(format_args!(
            "the kernel does not answer a read (uninterruptible wait); gave up after {limit:?}: \
             choose other columns with -format, or processes with -pids"
        ));
        Some(End::Code(1))
    }

    fn used(&self) -> Option<Duration> {
        let used = self.clock.map(clock_gettime)?;
        used.ok().map(Duration::from)
    }

    /// Ends the worker and gives it a moment; one that cannot end is left.
    fn let_go(&mut self) {
        if !self.shared.ended.load(SeqCst) {
            let _ = kill(self.worker, Signal::SIGKILL);
        }
        let end = now() + TO_EXIT;
        loop {
            self.reap_only();
            let left = end.saturating_sub(now());
            if self.exited.is_some() {
                return;
            }
            if left.is_zero() {
                let _ = kill(self.worker, Signal::SIGKILL);
                return;
            }
            let mut ready = [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
            let millis = u16::try_from(left.as_millis()).unwrap_or(0).max(1);
            let _ = poll(&mut ready, PollTimeout::from(millis));
            while let Ok(Some(_)) = self.signals.read_signal() {}
        }
    }

    fn reap_only(&mut self) {
        match waitpid(self.worker, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => (),
            other => self.exited = Some(other),
        }
    }

    /// Restores what the worker had no time to restore.
    fn restore_terminal(&self) {
        let out = io::stdout();
        if is_writable(out.as_fd()) {
            // It is only the cursor.
            let _ = unistd::write(&out, SHOW_CURSOR.as_bytes());
        }
        if let Some(terminal) = &self.terminal {
            // It fails only if the terminal is gone.
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, terminal);
        }
    }
}

impl Still {
    fn begin(&mut self, now: Duration) {
        self.looked = now;
        self.span = Duration::ZERO;
    }
}

/// Uses a processor for a moment, or until there were others that wanted it and had it.
fn use_processor() {
    let used =
        || clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::MAX, Duration::from);
    let end = used().saturating_add(FAIR_SHARE);
    while used() < end {
        std::hint::spin_loop();
    }
}

/// Ends as if the signal had ended this process.
fn die_of(signal: Signal) -> u8 {
    sys::reset(signal);
    let _ = raise(signal);
    let _ = SigSet::from(signal).thread_unblock();
    // Process 1 of a namespace does not die of it.
    u8::try_from(128 + signal as i32).unwrap_or(1)
}

/// Prints a line to standard error, if that takes it at once.
fn say(text: fmt::Arguments<'_>) {
    let err = io::stderr();
    let mut ready = [PollFd::new(err.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut ready, PollTimeout::from(100_u8)).is_ok_and(|count| count > 0) {
        // There is nowhere else to say it.
        let _ = unistd::write(&err, format!("psgo: {text}\n").as_bytes());
    }
}
