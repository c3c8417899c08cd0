//! The command always ends, also where what it reads waits in the kernel and no signal ends that.

use std::{
    env, fs,
    io::Read as _,
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{alone::alone, calls, container::Container, fuse::Fuse};
use crate::{
    command,
    machine::{
        process::{Held, quiet, sleeping},
        wait_for,
    },
    oracle::kernel,
};

const FILE: &str = "PSGO_TEST_FILE";

/// Far beyond what any of these takes on a busy machine; without a supervisor none ever ends.
const LONG: Duration = Duration::from_secs(30);

#[test]
#[ignore = "a process that never ends, run by the others here"]
fn the_one_whose_epoll_is_locked() {
    calls::take_events_into_a_mapping(&env::var(FILE).unwrap());
}

/// A process of which a descriptor cannot be read about: whoever tries waits uninterruptibly.
pub(super) struct Victim {
    /// It ends first, and releases all who wait.
    pub(super) server: Option<Fuse>,
    process: Held,
    _container: Container,
}

impl Victim {
    pub(super) fn new() -> Self {
        let container = Container::new();
        let at = "/tmp/file";
        fs::write(container.path(at), "").unwrap();
        let (server, taken) = Fuse::that_takes_no_reads(container.pid, at);
        let mut command = Command::new(env::current_exe().unwrap());
        let test = "hostile::ends::the_one_whose_epoll_is_locked";
        command
            .args(["--exact", test, "--ignored"])
            .env(FILE, container.path(at));
        let process = Held::start(quiet(&mut command));
        taken
            .recv_timeout(Duration::from_secs(20))
            .expect("it reads");
        Self {
            server: Some(server),
            process,
            _container: container,
        }
    }

    /// Releases all who wait; the process ends, and is waited for.
    pub(super) fn release(&mut self) {
        self.server = None;
        // Where the signal of children is ignored there is nothing left to wait for.
        let _ = self.process.child().wait();
    }

    pub(super) fn pid(&self) -> String {
        self.process.pid().to_string()
    }
}

/// The command, which ends with this value.
pub(super) struct Psgo {
    child: Child,
    begun: Instant,
}

impl Psgo {
    fn start(args: &[&str]) -> Self {
        Self::start_after(&[], args)
    }

    /// After the beginning of a command line that executes it.
    pub(super) fn start_after(prefix: &[String], args: &[&str]) -> Self {
        let mut words = prefix.to_vec();
        words.push(command::path().to_str().unwrap().to_owned());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Self {
            child,
            begun: Instant::now(),
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Its process that waits in the kernel: for the lock of the victim, or for that of who does.
    fn worker(&self) -> i32 {
        wait_for("the worker waits", || {
            let [worker] = kernel::children(self.pid().as_raw())[..] else {
                return None;
            };
            let threads = fs::read_dir(format!("/proc/{worker}/task")).ok()?;
            let is_held = |thread: fs::DirEntry| {
                let stat = fs::read_to_string(thread.path().join("stat")).ok()?;
                let is_held = stat.rsplit_once(") ")?.1.starts_with('D');
                let is_next = || {
                    let stack = fs::read_to_string(thread.path().join("stack")).ok();
                    stack.is_some_and(|stack| stack.contains("flock"))
                };
                (is_held || is_next()).then_some(())
            };
            threads.flatten().find_map(is_held).map(|()| worker)
        })
    }

    /// How it ended and what it said, once its pipes have ended.
    pub(super) fn ended(self) -> (ExitStatus, String, Duration) {
        let (status, [_, err], time) = self.ended_with_both();
        (status, err, time)
    }

    /// The same, with all that it wrote.
    fn ended_with_all(self) -> (ExitStatus, String, Duration) {
        let (status, both, time) = self.ended_with_both();
        (status, both.concat(), time)
    }

    fn ended_with_both(mut self) -> (ExitStatus, [String; 2], Duration) {
        let (mut out, mut err) = (
            self.child.stdout.take().unwrap(),
            self.child.stderr.take().unwrap(),
        );
        let read = thread::spawn(move || {
            let mut both = [String::new(), String::new()];
            out.read_to_string(&mut both[0]).unwrap();
            err.read_to_string(&mut both[1]).unwrap();
            both
        });
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(self.begun.elapsed() < LONG, "it does not end");
            thread::sleep(Duration::from_millis(5));
        };
        let time = self.begun.elapsed();
        while !read.is_finished() {
            assert!(self.begun.elapsed() < LONG, "its pipes do not end");
            thread::sleep(Duration::from_millis(5));
        }
        (status, read.join().unwrap(), time)
    }
}

#[test]
fn a_read_that_no_signal_ends_does_not_keep_the_command() {
    alone(|| {
        let (mut victims, mut held) = (Vec::new(), Vec::new());
        for subject in [&["files", "-pids"][..], &["inspect", "-color=never"]] {
            // Of each the first to ask, which waits uninterruptibly.
            let mut with = |more: &[&str]| {
                let victim = Victim::new();
                let pid = victim.pid();
                let psgo = Psgo::start(&[subject, &[&*pid], more].concat());
                victims.push(victim);
                held.push(psgo.worker());
                (psgo, pid)
            };

            let (psgo, pid) = with(&["-timeout", "1"]);
            let (status, err, time) = psgo.ended();
            println!(
                "measured {:.0} ms: {subject:?}: {status}: {err}",
                time.as_secs_f64() * 1e3
            );
            // What does not answer is left out, where a thread of the worker waits for it.
            assert!(
                err.contains("did not answer") && err.contains(&*pid),
                "{err}"
            );
            assert_eq!(status.code(), Some(1), "{err}");

            let (psgo, _) = with(&["-timeout", "1000", "-deadline", "1"]);
            let (status, err, _) = psgo.ended();
            assert_eq!(status.code(), Some(1), "{err}");
            assert!(err.contains("deadline"), "{err}");

            for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGTERM] {
                let (psgo, _) = with(&["-timeout", "1000"]);
                kill(psgo.pid(), signal).unwrap();
                let (status, err, _) = psgo.ended();
                assert_eq!((status.signal(), &*err), (Some(signal as i32), ""));
            }
        }
        for victim in &mut victims {
            drop(victim.server.take());
        }
        wait_for("the workers end", || {
            held.iter()
                .all(|&worker| kernel::start_ticks(worker).is_none())
                .then_some(())
        });
    });
}

/// The processes of psgo that this one and those that it started have started.
fn commands() -> Vec<i32> {
    let group = |pid| kernel::stat_number(pid, 5);
    let me = i32::try_from(std::process::id()).unwrap();
    let is_one = |pid: &i32| {
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        // The first thread of one that waits has ended.
        let lives = |task: fs::DirEntry| {
            let stat = fs::read_to_string(task.path().join("stat")).ok()?;
            let (_, state) = stat.rsplit_once(") ")?;
            (!state.starts_with('Z')).then_some(())
        };
        let has_living = || {
            let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter();
            tasks.flatten().flatten().find_map(lives).is_some()
        };
        comm.starts_with("psgo") && group(*pid) == group(me) && has_living()
    };
    let mut all = kernel::pids();
    all.retain(is_one);
    all
}

#[test]
fn runs_of_the_command_do_not_pile_up() {
    alone(|| {
        let mut victim = Victim::new();
        let pid = victim.pid();
        let other = sleeping();
        let both = format!("{pid},{}", other.pid());
        let listing = [
            "files",
            "-pids",
            &both,
            "-format",
            "pid,fd,flags",
            "-output",
            "csv",
        ];
        let others = fs::read_dir(format!("/proc/{}/fd", other.pid()))
            .unwrap()
            .count();
        for _ in 0..5 {
            let psgo = Psgo::start(&[&listing[..], &["-timeout", "0.3"]].concat());
            let (status, [out, err], _) = psgo.ended_with_both();
            assert_eq!(status.code(), Some(1), "{err}");
            assert!(
                err.contains("did not answer") && err.contains(&*pid),
                "{err}"
            );
            let of = |pid: &str| {
                let rows = out
                    .lines()
                    .filter(|row| row.starts_with(&format!("{pid},")));
                let rows: Vec<_> = rows.collect();
                let known = rows.iter().filter(|row| !row.ends_with('?')).count();
                (rows.len(), known)
            };
            assert_eq!(of(&other.pid().to_string()), (others, others), "{out}");
            let (rows, known) = of(&pid);
            // What cannot make a reader wait is known, though another one waits.
            assert!(known > 0 && known < rows, "{out}");

            let psgo = Psgo::start(&["inspect", &pid, "-color=never", "-timeout", "0.3"]);
            let (status, err, _) = psgo.ended();
            assert_eq!(status.code(), Some(1), "{err}");
            assert!(err.contains("did not answer"), "{err}");
        }
        wait_for("one worker is left", || {
            (commands().len() == 1).then_some(())
        });
        victim.release();
        wait_for("the worker ends", || commands().is_empty().then_some(()));
    });
}

/// What lies over `/proc/meminfo` and takes each read, as lxcfs would that stands still.
#[test]
fn a_file_over_meminfo_that_does_not_answer_costs_its_cells_alone() {
    alone(|| {
        let container = Container::new();
        let (server, taken) = Fuse::that_takes_no_reads(container.pid, "/proc/meminfo");
        let proc = format!("/proc/{}/root/proc", container.pid);
        let within = |args: &[&str]| {
            let more = ["-proc", &*proc, "-timeout", "0.3"];
            Psgo::start(&[args, &more].concat())
        };
        let (status, said, _) = within(&["-format", "pid,pmem", "-output", "csv"]).ended_with_all();
        taken.try_recv().expect("it was read");
        assert!(said.contains("PID,%MEM\n1,?\n"), "{said}");
        assert!(said.contains("/proc/meminfo (cells that need it"), "{said}");
        assert_eq!(status.code(), Some(1), "{said}");
        // Who does not ask for it does not notice.
        let (status, said, _) = within(&["-format", "pid,rss", "-output", "csv"]).ended_with_all();
        assert_eq!(status.code(), Some(0), "{said}");
        for args in [&["inspect", "1", "-color=never"][..], &["proc", "meminfo"]] {
            let (status, said, _) = within(args).ended_with_all();
            assert!(
                matches!(status.code(), Some(0..=2)),
                "{args:?}: {status} {said}"
            );
            let is_told = said.contains("meminfo") && said.contains("answer");
            assert!(is_told || args[0] == "inspect", "{args:?}: {said}");
            assert!(!said.contains("gave up"), "{args:?}: {said}");
        }
        drop(server);
    });
}

/// Whatever is read: at the deadline there is an end.
#[test]
fn every_command_ends_at_the_deadline() {
    alone(|| {
        let mut victim = Victim::new();
        let pid = victim.pid();
        let fdinfo = |fd: i32| format!("{pid}/fdinfo/{fd}");
        let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
        let epoll = files
            .filter(|file| {
                fs::read_link(file.path())
                    .is_ok_and(|link| link.ends_with("anon_inode:[eventpoll]"))
            })
            .find_map(|file| file.file_name().to_str()?.parse().ok())
            .unwrap();
        let file = fdinfo(epoll);
        // The first to ask waits uninterruptibly, and those after it for its lock.
        let mut held = Vec::new();
        for args in [
            &["files", "-pids", &*pid][..],
            &["inspect", &pid],
            &["proc", &file],
            &["files", "-pids", &pid, "-watch", "0.1"],
            &["proc", &file, "-watch", "0.1"],
        ] {
            let more = ["-timeout", "1000", "-deadline", "0.5"];
            let psgo = Psgo::start(&[args, &more].concat());
            held.push(psgo.worker());
            let (status, err, time) = psgo.ended();
            assert_eq!(status.code(), Some(1), "{args:?}: {err}");
            assert!(err.contains("deadline"), "{args:?}: {err}");
            assert!(time >= Duration::from_millis(500), "{args:?}");
        }
        drop(victim.server.take());
        wait_for("the workers end", || {
            held.iter()
                .all(|&worker| kernel::start_ticks(worker).is_none())
                .then_some(())
        });
    });
}
