//! What is read once for the whole machine, where another's file system lies over it and takes a
//! request that it never answers: `meminfo` of lxcfs, the names of terminals, the local zone; and the
//! lock of `/proc` itself.

use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    sys::stat::Mode,
    unistd::{gettid, mkfifo},
};
use psgo::{ErrorKind, Missing, Pid, Pids, Query, Table, View};

use super::{
    TIMEOUT,
    alone::alone,
    calls,
    ends::Psgo,
    fuse::{FLUSH, Fuse, Kind, LOOKUP, OPEN, READ},
    truth::threads,
};
use crate::{
    command,
    machine::{
        dir,
        namespaces::UNSHARE,
        process::{Held, quiet},
        wait_for,
    },
    oracle::kernel,
};

fn me() -> i32 {
    i32::try_from(std::process::id()).unwrap()
}

/// The rest of this thread mounts where nobody else sees it: by this number.
pub(super) fn with_mounts_of_its_own() -> i32 {
    let none = None::<&str>;
    unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS).unwrap();
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(none, "/", none, private, none).unwrap();
    // Not that of the process, whose mounts are the host's.
    gettid().as_raw()
}

fn own_row(columns: &[&str]) -> (Table, Duration) {
    let pids = [Pid::new(std::process::id())];
    let view = View::host().unwrap().timeout(TIMEOUT);
    let query = Query::new(columns).unwrap().pids(Pids::Only(&pids));
    let start = Instant::now();
    (query.view(view).table().unwrap(), start.elapsed())
}

fn until_threads_end() {
    wait_for("the threads left behind end", || {
        (threads() == 0).then_some(())
    });
}

#[test]
fn memory_of_the_machine_that_is_not_told_costs_its_column() {
    alone(|| {
        let here = with_mounts_of_its_own();
        for request in [OPEN, READ, FLUSH] {
            let (server, _) = Fuse::that_takes(request, here, "/proc/meminfo", Kind::File);
            let (table, time) = own_row(&["pid", "pmem", "comm"]);
            let [row] = table.rows() else {
                panic!("{request}: {table:?}");
            };
            assert_eq!(row.get("pmem").unwrap().missing(), Some(Missing::Silent));
            let comm = kernel::comm(me()).unwrap();
            assert_eq!(row.get("comm").unwrap().to_string().as_bytes(), comm);
            // What reads it is a process, and the thread does not wait for that.
            assert_eq!(table.outcome().abandoned, 1);
            wait_for("no thread is left", || (threads() == 0).then_some(()));
            // No process is blamed for it.
            assert!(table.outcome().silent.is_empty(), "{request}");
            assert!(table.skipped().is_empty(), "{request}");
            assert!(time >= TIMEOUT, "{request}: {time:?}");
            // It holds up nobody who does not ask for it.
            let (table, _) = own_row(&["pid", "rss", "args"]);
            assert_eq!((table.outcome().abandoned, threads()), (0, 0));
            let view = View::host().unwrap().timeout(TIMEOUT);
            let process = view.process(Pid::new(std::process::id())).unwrap();
            let error = process.memory_percent().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{request}: {error}");
            assert_eq!(process.silent_files(), ["meminfo"]);
            assert!(process.memory().is_ok());
            drop(process);
            drop(server);
            until_threads_end();
            nix::mount::umount2("/proc/meminfo", nix::mount::MntFlags::MNT_DETACH).unwrap();
        }
        let (table, _) = own_row(&["pmem"]);
        assert_eq!(table.rows()[0].get("pmem").unwrap().missing(), None);
    });
}

#[test]
fn names_of_terminals_that_are_not_told_cost_one_time_out() {
    alone(|| {
        let here = with_mounts_of_its_own();
        for request in [LOOKUP, OPEN] {
            let (at, kind) = match request {
                LOOKUP => ("/proc/tty", Kind::Directory),
                _ => ("/proc/tty/drivers", Kind::File),
            };
            let (server, _) = Fuse::that_takes(request, here, at, kind);
            let (table, _) = own_row(&["pid", "tty"]);
            assert_eq!(table.rows().len(), 1, "{at}");
            assert_eq!((table.outcome().abandoned, threads()), (1, 1), "{at}");
            drop(server);
            until_threads_end();
            nix::mount::umount2(at, nix::mount::MntFlags::MNT_DETACH).unwrap();
        }
    });
}

#[test]
fn facts_of_the_machine_that_are_not_told_do_not_keep_a_view_from_being_made() {
    alone(|| {
        let here = with_mounts_of_its_own();
        let (server, _) = Fuse::that_takes(OPEN, here, "/proc/sys/kernel/cap_last_cap", Kind::File);
        // Of a process without capabilities that are known by no name.
        let (table, _) = own_row(&["pid", "capbnd"]);
        let cell = table.rows()[0].get("capbnd").unwrap();
        assert_eq!(cell.missing(), None, "{cell:?}");
        drop(server);
        until_threads_end();
    });
}

#[test]
fn a_zone_that_is_not_told_is_utc_and_costs_no_process_its_row() {
    alone(|| {
        let pipe = dir().join("zone");
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        for args in [
            &["-format", "pid,stime", "-timeout", "0.3"][..],
            &[
                "-format",
                "pid",
                "-where",
                "stime>2000-01-01",
                "-timeout=0.3",
            ],
        ] {
            let all = command::command_after(&[], args)
                .env("TZ", &pipe)
                .output()
                .unwrap();
            let (out, err) = (
                String::from_utf8(all.stdout).unwrap(),
                String::from_utf8(all.stderr).unwrap(),
            );
            let own = std::process::id().to_string();
            let row = out.lines().find(|line| line.starts_with(&own));
            assert!(row.is_some(), "{args:?}: {err}\n{out}");
            if args.contains(&"pid,stime") {
                assert!(row.unwrap().ends_with(" +0000 UTC"), "{row:?}");
            }
            // It is said, exits 1, and no process is named for it.
            assert_eq!(err, "psgo: 1 read did not answer\n", "{args:?}");
            assert_eq!(all.status.code(), Some(1), "{args:?}");
        }
        let page = command::command_after(&[], &["inspect", &me().to_string(), "-timeout=0.3"])
            .env("TZ", &pipe)
            .output()
            .unwrap();
        let page = String::from_utf8(page.stdout).unwrap();
        assert!(page.contains("+0000 UTC"), "{page}");
        fs::remove_file(pipe).unwrap();
    });
}

const DIRECTORY: &str = "PSGO_TEST_DIRECTORY";
const FILE: &str = "PSGO_TEST_FILE";

#[test]
#[ignore = "a process that never ends, run by the one below"]
fn the_one_that_lists_a_directory_for_ever() {
    calls::list_into_a_mapping(&env::var(DIRECTORY).unwrap(), &env::var(FILE).unwrap());
}

#[test]
#[ignore = "a process that never ends, run by the one below"]
fn the_one_that_creates_in_a_directory_that_is_held() {
    let _ = fs::File::create_new(env::var(DIRECTORY).unwrap() + "/nothing");
}

/// Processes of which the first holds the lock of a directory of `/proc` for good, and the second
/// stands behind it: who looks up a name there then waits uninterruptibly.
struct Lock {
    /// It ends first, and releases all who wait.
    server: Option<Fuse>,
    _held: [Held; 2],
}

impl Lock {
    fn of(directory: &str, file: &str, within: i32) -> Self {
        let (server, taken) = Fuse::that_takes_no_reads(within, file);
        let start = |test: &str| {
            let mut command = Command::new(env::current_exe().unwrap());
            let test = format!("hostile::machine::{test}");
            command
                .args(["--exact", &test, "--ignored"])
                .env(DIRECTORY, directory)
                .env(FILE, format!("/proc/{within}/root{file}"));
            Held::start(quiet(&mut command))
        };
        let first = start("the_one_that_lists_a_directory_for_ever");
        taken
            .recv_timeout(Duration::from_secs(20))
            .expect("it reads");
        let second = start("the_one_that_creates_in_a_directory_that_is_held");
        wait_for("the second waits for the lock", || {
            let tasks = fs::read_dir(format!("/proc/{}/task", second.pid())).ok()?;
            let waits = |task: fs::DirEntry| {
                let stat = fs::read_to_string(task.path().join("stat")).ok()?;
                stat.rsplit_once(") ")?.1.starts_with('D').then_some(())
            };
            tasks.flatten().find_map(waits)
        });
        Self {
            server: Some(server),
            _held: [first, second],
        }
    }
}

#[test]
fn a_proc_whose_lock_is_held_does_not_keep_the_command() {
    alone(|| {
        let file = dir().join("page");
        fs::write(&file, "").unwrap();
        let mut command = Command::new(UNSHARE[0]);
        command.args(&UNSHARE[1..]).args(["sleep", "100017"]);
        let holder = Held::start(quiet(&mut command));
        let inside = wait_for("a namespace with a /proc of its own", || {
            let child = *kernel::children(holder.pid()).first()?;
            (kernel::comm(child)? == b"sleep").then_some(child)
        });
        let proc = PathBuf::from(format!("/proc/{inside}/root/proc"));
        let nsenter = ["nsenter", "-m", "-p", "-t", &inside.to_string()].map(str::to_owned);
        let mut lock = Lock::of(proc.to_str().unwrap(), file.to_str().unwrap(), inside);
        for args in [
            &["-timeout", "0.3"][..],
            &["files", "-timeout", "0.3"],
            &["inspect", "1", "-timeout", "0.3"],
            &["-timeout", "1000", "-deadline", "0.5"],
        ] {
            let (status, err, time) = Psgo::start_after(&nsenter, args).ended();
            println!(
                "measured {:.0} ms: {args:?}: {err}",
                time.as_secs_f64() * 1e3
            );
            assert_eq!(status.code(), Some(1), "{args:?}: {err}");
            assert!(err.starts_with("psgo: "), "{args:?}: {err}");
        }
        drop(lock.server.take());
        wait_for("nothing of psgo is left", || {
            let of = |pid: i32| kernel::namespace(pid, "pid");
            let mut all = kernel::pids().into_iter();
            // Nobody there reaps what has ended.
            let ended = |pid| kernel::status(pid).is_none_or(|all| all["State"].starts_with('Z'));
            let is_left = all.any(|pid| pid != inside && of(pid) == of(inside) && !ended(pid));
            (!is_left).then_some(())
        });
    });
}
