//! Files of a container that are covered, and files of a process that do not answer.

use std::time::Instant;

use psgo::{ErrorKind, JoinOptions, ProcChoice, View, format::pid::Status};

use super::{
    TIMEOUT,
    alone::alone,
    container::{By, Container},
    fuse::Kind,
    stuck::Stuck,
    truth::{pid_of, threads},
};
use crate::machine::wait_for;

#[test]
fn what_is_mounted_over_a_processs_file_is_not_read() {
    alone(|| {
        let container = Container::new();
        let mut options = JoinOptions::default();
        options.proc = ProcChoice::Container;
        let host = View::host().unwrap();
        let view = View::join(pid_of(container.pid))
            .seen_from(&host)
            .options(&options)
            .open()
            .unwrap();
        let view = view.timeout(TIMEOUT);
        for by in [By::Bind("/etc/passwd".to_owned()), By::Silence(Kind::File)] {
            let cover = container.cover("/proc/1/status", by);
            for path in ["1/status", "self/status"] {
                let status: Status = view.read_at(path).unwrap();
                assert_eq!(status.pid, 1);
            }
            assert_eq!(threads(), 0);
            drop(cover);
        }
        // The kernel's own files are read where nobody can lay anything over them.
        let cover = container.cover("/proc/uptime", By::Bind("/etc/passwd".to_owned()));
        view.read::<psgo::format::kernel::Uptime>().unwrap();
        drop(cover);
        assert_eq!(threads(), 0);
    });
}

#[test]
fn a_file_that_does_not_answer_is_waited_for_for_the_time_out() {
    alone(|| {
        let stuck = Stuck::new(1);
        let pid = pid_of(stuck.pids()[0]);
        let view = View::host().unwrap().timeout(TIMEOUT);
        let start = Instant::now();
        let error = view.bytes(&format!("{pid}/cmdline")).unwrap_err();
        let time = start.elapsed();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        assert!(time >= TIMEOUT, "{time:?}");
        // A process waits for the file, and no thread of this program.
        wait_for("the thread ends", || (threads() == 0).then_some(()));
        // Its other files answer, and so do others' files.
        view.read_of::<Status>(pid).unwrap();
        view.bytes("self/cmdline").unwrap();
        drop(stuck);
    });
}
