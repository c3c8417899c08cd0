//! What a watch needs from the system: keys, signals, waiting for both, the descriptor limit.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _, Write},
    os::{fd::AsFd as _, unix::fs::OpenOptionsExt as _},
    thread,
    time::{Duration, Instant},
};

use crate::stdout;
use nix::{
    errno::Errno,
    fcntl::OFlag,
    poll::{PollFd, PollFlags, ppoll},
    sys::{
        resource::{Resource, getrlimit, setrlimit},
        signal::{SigSet, SigmaskHow, Signal, raise},
        signalfd::{SfdFlags, SignalFd},
        termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr},
        time::TimeSpec,
    },
    unistd,
};

use crate::{
    ansi::{HIDE_CURSOR, SHOW_CURSOR},
    supervisor,
};

/// Signals that end a watch in good order.
const ENDING: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Signals after which the terminal must be drawn anew.
const CHANGING: [Signal; 3] = [Signal::SIGWINCH, Signal::SIGTSTP, Signal::SIGCONT];

/// A writable pipe takes this much without blocking: `PIPE_BUF`, a page.
const AT_ONCE: usize = 4096;

/// How long to wait before writing again to a terminal that takes almost nothing.
const A_MOMENT: Duration = Duration::from_millis(10);

/// The longest single wait; the kernel's clock overflows after some centuries.
const LONGEST: Duration = Duration::from_secs(3600);

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The time has come.
    Due,
    /// Standard output can be written to.
    Writable,
    /// The work on the other thread is done.
    Done,
    /// The terminal has another size, or its content was overwritten.
    Changed,
    /// A key or a signal asks psgo to end.
    End,
}

/// The keys and signals of a watch, and a standard output that reacts to them while it waits.
///
/// While it exists, signals that would end psgo are events instead, and the terminal delivers keys
/// as they are pressed. When it is dropped, the terminal's mode is restored.
#[derive(Debug)]
pub(crate) struct Console {
    /// The signal mask before.
    before: SigSet,
    signals: SignalFd,
    screen: Option<RawTerminal>,
    /// Whether the end was asked for while output was being written.
    is_ended: bool,
    /// Whether the terminal changed meanwhile.
    is_changed: bool,
}

impl Console {
    /// Takes over the signals, and the terminal if it is drawn on.
    ///
    /// Threads started before this would still receive the signals, and end psgo.
    pub(crate) fn open(is_screen: bool) -> io::Result<Self> {
        stdout::check()?;
        let ignored = ignored();
        let ending = ENDING
            .into_iter()
            .filter(|signal| !ignored.contains(*signal));
        let changing = CHANGING.into_iter().filter(|_| is_screen);
        let signals: SigSet = ending.chain(changing).collect();
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        Ok(Self {
            before,
            signals: SignalFd::with_flags(&signals, flags)?,
            screen: is_screen.then(RawTerminal::enter).transpose()?,
            is_ended: false,
            is_changed: false,
        })
    }

    /// Waits until that time, or until an earlier event.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::BrokenPipe`] if standard output has no reader any more.
    pub(crate) fn wait(&mut self, until: Option<Instant>) -> io::Result<Event> {
        if self.is_ended {
            return Ok(Event::End);
        }
        if std::mem::take(&mut self.is_changed) {
            return Ok(Event::Changed);
        }
        self.wait_for(until, PollFlags::empty(), None)
    }

    /// Waits until `done` is written to or closed; false if the end is asked for first.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub(crate) fn wait_until(&mut self, done: &io::PipeReader) -> io::Result<bool> {
        loop {
            match self.wait_for(None, PollFlags::empty(), Some(done))? {
                Event::Done => return Ok(true),
                Event::End => return Ok(false),
                // The result is drawn afterwards, on the terminal as it is then.
                Event::Due | Event::Writable | Event::Changed => (),
            }
        }
    }

    fn wait_for(
        &mut self,
        until: Option<Instant>,
        writing: PollFlags,
        done: Option<&io::PipeReader>,
    ) -> io::Result<Event> {
        // A sample is none of the supervisor's, but what a reader or a user takes is.
        let _idle = done.is_none().then(supervisor::idle);
        let gone = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let wait = left.unwrap_or(LONGEST).min(LONGEST);
            let (out, keys) = (io::stdout(), io::stdin());
            let mut files = vec![
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(out.as_fd(), writing),
            ];
            let has_keys = self.screen.as_ref().is_some_and(RawTerminal::has_keys);
            if has_keys {
                files.push(PollFd::new(keys.as_fd(), PollFlags::POLLIN));
            }
            if let Some(done) = done {
                files.push(PollFd::new(done.as_fd(), PollFlags::POLLIN));
            }
            let count = match ppoll(&mut files, Some(TimeSpec::from_duration(wait)), None) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            let happened = |at: usize| {
                let events = files.get(at).and_then(PollFd::revents);
                events.unwrap_or(PollFlags::empty())
            };
            let (signal, written) = (happened(0), happened(1));
            let is_struck = has_keys && !happened(2).is_empty();
            let is_done = done.is_some() && !happened(2 + usize::from(has_keys)).is_empty();
            // Before all others, so that no line ends halfway. Also if the reader is gone: then
            // writing fails.
            if !writing.is_empty() && !written.is_empty() {
                return Ok(Event::Writable);
            }
            if written.intersects(gone) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let event = if !signal.is_empty() {
                self.signal()?
            } else if is_struck {
                read_keys()
            } else if is_done {
                Some(Event::Done)
            } else if count == 0 && left.is_some_and(|left| left <= wait) {
                Some(Event::Due)
            } else {
                None
            };
            if let Some(event) = event {
                return Ok(event);
            }
        }
    }

    fn signal(&mut self) -> io::Result<Option<Event>> {
        let Some(info) = self.signals.read_signal()? else {
            return Ok(None);
        };
        let number = i32::try_from(info.ssi_signo).ok();
        let signal = number.and_then(|number| Signal::try_from(number).ok());
        match signal {
            Some(signal) if ENDING.contains(&signal) => {
                supervisor::ending();
                return Ok(Some(Event::End));
            }
            Some(Signal::SIGTSTP) => {
                // Other programs get the terminal as it was before.
                self.screen = None;
                let stop = SigSet::from(Signal::SIGTSTP);
                raise(Signal::SIGTSTP)?;
                stop.thread_unblock()?;
                stop.thread_block()?;
                self.screen = Some(RawTerminal::enter()?);
            }
            Some(Signal::SIGCONT) => {
                // psgo was stopped by SIGSTOP, without a chance to restore the terminal.
                self.screen = None;
                self.screen = Some(RawTerminal::enter()?);
            }
            _ => (),
        }
        Ok(Some(Event::Changed))
    }

    fn write(&self, bytes: &[u8]) -> nix::Result<usize> {
        let _idle = supervisor::idle();
        match self.screen.as_ref().and_then(|screen| screen.out.as_ref()) {
            Some(out) => unistd::write(out, bytes),
            None => unistd::write(io::stdout(), bytes),
        }
    }

    /// Standard output, until the end is asked for: a reader that does not read, or a terminal that
    /// is halted by Ctrl-S, must not keep psgo from ending.
    pub(crate) fn out(&mut self) -> Out<'_> {
        Out(self)
    }

    /// Whether a write failed because psgo was asked to end.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // The terminal first, for then a signal ends psgo at once, even while its last line waits
        // for a terminal that is halted.
        self.screen = None;
        // This cannot fail: the kernel accepted this mask before.
        let _ = self.before.thread_set_mask();
    }
}

/// See [`Console::out`].
#[derive(Debug)]
pub(crate) struct Out<'a>(&'a mut Console);

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.wait_for(None, PollFlags::POLLOUT, None)? {
                Event::Writable => {
                    let some = &bytes[..bytes.len().min(AT_ONCE)];
                    match self.0.write(some) {
                        // It has room for a byte but not for the two of a newline, or another
                        // process wrote first: trying again at once would be a busy loop.
                        Err(Errno::EAGAIN) => thread::sleep(A_MOMENT),
                        Err(Errno::EINTR) => (),
                        other => return Ok(other?),
                    }
                }
                Event::Changed => self.0.is_changed = true,
                Event::End => {
                    self.0.is_ended = true;
                    return Err(io::Error::other("ended"));
                }
                Event::Due | Event::Done => (),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal that psgo draws on. Its mode and its cursor are restored on drop.
#[derive(Debug)]
struct RawTerminal {
    /// The mode of standard input before, if that is a terminal.
    before: Option<Termios>,
    /// Standard output opened once more as non-blocking: a terminal that takes one byte may not
    /// take two, and the flag on standard output itself is shared with other processes. `None`
    /// where it may not be opened, as after `su`; then writing may block.
    out: Option<File>,
}

impl RawTerminal {
    fn enter() -> io::Result<Self> {
        let keys = io::stdin();
        let before = if keys.is_terminal() {
            let before = tcgetattr(&keys)?;
            let mut mode = before.clone();
            // Keys are delivered as they are pressed, without echo. Ctrl-C is still a signal.
            mode.local_flags
                .remove(LocalFlags::ICANON | LocalFlags::ECHO);
            mode.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
            mode.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
            supervisor::raw(true);
            tcsetattr(&keys, SetArg::TCSANOW, &mode)?;
            Some(before)
        } else {
            None
        };
        let out = File::options()
            .write(true)
            .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
            .open("/proc/self/fd/1");
        let screen = Self {
            before,
            out: out.ok(),
        };
        supervisor::raw(true);
        write_if_ready(HIDE_CURSOR.as_bytes());
        Ok(screen)
    }

    fn has_keys(&self) -> bool {
        self.before.is_some()
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        write_if_ready(SHOW_CURSOR.as_bytes());
        if let Some(before) = &self.before {
            // It fails only if the terminal is gone.
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, before);
        }
        supervisor::raw(false);
    }
}

/// Writes unless the terminal is halted: its cursor is not worth waiting for.
fn write_if_ready(bytes: &[u8]) {
    let out = io::stdout();
    let mut files = [PollFd::new(out.as_fd(), PollFlags::POLLOUT)];
    let ready = ppoll(
        &mut files,
        Some(TimeSpec::from_duration(Duration::ZERO)),
        None,
    );
    if ready.is_ok_and(|count| count > 0) {
        // It is only the cursor.
        let _ = unistd::write(&out, bytes);
    }
}

fn read_keys() -> Option<Event> {
    let mut keys = [0; 64];
    match unistd::read(io::stdin(), &mut keys) {
        Err(Errno::EAGAIN | Errno::EINTR) => None,
        // The terminal is gone.
        Ok(0) | Err(_) => Some(Event::End),
        Ok(count) => match &keys[..count] {
            // A key that is not a letter, or the terminal's answer to another program.
            [0x1b, ..] => None,
            // Ctrl-C as a byte, where the terminal sends no signal for it.
            keys if keys.iter().any(|key| matches!(key, b'q' | b'Q' | 3)) => Some(Event::End),
            // Ctrl-L: another program wrote to the terminal.
            keys if keys.contains(&12) => Some(Event::Changed),
            _ => None,
        },
    }
}

/// The signals that were ignored when psgo was started, and must stay so: SIGHUP under nohup,
/// SIGINT in a script's background jobs.
fn ignored() -> SigSet {
    let mut text = Vec::new();
    let read = File::open("/proc/self/status").and_then(|mut file| file.read_to_end(&mut text));
    let status = read
        .ok()
        .and_then(|_| psgo::format::pid::Status::parse(&text).ok());
    // Without `/proc` none counts as ignored: psgo can then be ended, rather than not.
    let mask = status.and_then(|status| status.sig_ign).unwrap_or(0);
    let is_ignored = |signal: &Signal| mask >> (*signal as u32 - 1) & 1 == 1;
    ENDING.into_iter().filter(is_ignored).collect()
}

/// Raises the soft descriptor limit to the hard one: files that a watch keeps open need not be
/// opened again.
pub(crate) fn raise_descriptor_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // On failure a watch is only slower.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
