//! The one fork.

use std::{
    io::{self, IsTerminal as _, PipeReader, PipeWriter, Write as _},
    os::fd::OwnedFd,
    process,
    sync::atomic::Ordering::SeqCst,
};

use nix::{
    sys::{
        prctl,
        signal::{SigSet, SigmaskHow, Signal},
        signalfd::{SfdFlags, SignalFd},
        termios::{Termios, tcgetattr},
    },
    unistd::{self, ForkResult, Pid},
};

use super::{
    parent::{ENDING, Supervisor},
    relay::Relays,
    shared::{self, Shared},
};
use crate::sys;

/// What both processes need, made before there are two.
struct Ready {
    shared: &'static Shared,
    /// Closed by the worker when it is done.
    done: (PipeReader, PipeWriter),
    relays: Relays,
    /// The mode of the terminal of standard input.
    terminal: Option<Termios>,
    signals: SignalFd,
    /// The signal mask as it was.
    mask: SigSet,
}

impl Ready {
    fn new() -> io::Result<Self> {
        let shared = sys::shared()?;
        let done = io::pipe()?;
        let relays = Relays::new()?;
        let keys = io::stdin();
        let terminal = keys.is_terminal().then(|| tcgetattr(&keys).ok()).flatten();
        let others = [Signal::SIGTSTP, Signal::SIGCONT, Signal::SIGCHLD];
        let signals: SigSet = ENDING
            .into_iter()
            .chain(others)
            // A signal that is blocked would be told of although it is ignored.
            .filter(|signal| *signal == Signal::SIGCHLD || !sys::is_ignored(*signal))
            .collect();
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let told = SignalFd::with_flags(&signals, flags)?;
        // Where it is ignored, as some programs leave it, nothing is left of a child to wait for. Once
        // there is a child this would discard a signal that is pending.
        sys::reset(Signal::SIGCHLD);
        let mask = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Self {
            shared,
            done,
            relays,
            terminal,
            signals: told,
            mask,
        })
    }
}

/// Does the work in a worker and gives its exit code; where that cannot be, in this process.
///
/// To be called before there is any thread.
pub(crate) fn supervised(work: impl Fn() -> u8) -> u8 {
    let Ok(ready) = Ready::new() else {
        return work();
    };
    let parent = unistd::getpid();
    match sys::fork() {
        Ok(ForkResult::Child) => worker(ready, parent, &work),
        Ok(ForkResult::Parent { child }) => supervise(ready, child).unwrap_or_else(work),
        Err(_) => {
            // The kernel accepted this mask before.
            let _ = ready.mask.thread_set_mask();
            drop(ready);
            work()
        }
    }
}

/// The exit code; `None` if the work is not begun.
fn supervise(ready: Ready, worker: Pid) -> Option<u8> {
    let Ready {
        shared,
        done: (done, workers_end),
        relays: Relays {
            streams,
            stdout,
            stderr,
        },
        terminal,
        signals,
        mask,
    } = ready;
    drop((workers_end, stdout, stderr));
    let code = Supervisor::new(worker, shared, done, streams, signals, terminal).run();
    if shared.declined.load(SeqCst) {
        // The kernel accepted this mask before.
        let _ = mask.thread_set_mask();
        return None;
    }
    Some(code)
}

fn worker(ready: Ready, parent: Pid, work: &dyn Fn() -> u8) -> ! {
    let Ready {
        shared,
        done: (supervisors_end, done),
        relays: Relays {
            streams,
            stdout,
            stderr,
        },
        mask,
        signals,
        ..
    } = ready;
    drop((supervisors_end, streams, signals));
    // It fails for no signal that exists.
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let above = unistd::getppid();
    if above != parent {
        // The supervisor ended before that, or `unshare -p` gives another PID namespace to children.
        shared.declined.store(above.as_raw() == 0, SeqCst);
        process::exit(1);
    }
    let given = [
        stdout.map_or(Ok(()), unistd::dup2_stdout::<OwnedFd>),
        stderr.map_or(Ok(()), unistd::dup2_stderr::<OwnedFd>),
    ];
    let _ = mask.thread_set_mask();
    shared::publish_to(shared);
    // Nobody waits for this process where it cannot go on.
    psgo::read_on_threads();
    let code = if given.iter().all(Result::is_ok) {
        work()
    } else {
        2
    };
    // What is left in the buffer of a line has nowhere to be reported to.
    let _ = io::stdout().flush();
    // The readers' ends of file, whatever other threads of this process do.
    for fd in 0..=2 {
        let _ = unistd::close(fd);
    }
    shared.code.store(code, SeqCst);
    shared.ended.store(true, SeqCst);
    drop(done);
    process::exit(code.into())
}
