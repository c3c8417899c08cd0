//! One process in depth: what the library and `psgo inspect` tell of it, and what the system tells
//! another way.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use psgo::{Error, ErrorKind, FileKind, JoinOptions, Pid, ProcChoice, Process, Runtime, View};
use serde_json::Value;

use crate::{
    command::psgo,
    machine::{
        dir, must_be_root, podman,
        process::{Held, quiet, sleeping},
        run, wait_for,
    },
    oracle::kernel,
};

fn held(pid: i32) -> Process {
    try_held(pid).unwrap()
}

fn try_held(pid: i32) -> psgo::Result<Process> {
    View::host()
        .unwrap()
        .process(Pid::new(pid.try_into().unwrap()))
}

/// The program of `inspected.c`.
fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let (source, program) = (dir().join("inspected.c"), dir().join("inspected"));
        fs::write(&source, include_str!("inspected.c")).unwrap();
        run(Command::new("cc")
            .args(["-pthread", "-o"])
            .args([&program, &source]));
        program
    });
    &PROGRAM
}

/// Starts it, after what its command line begins with; what it said, by name.
pub(crate) fn inspected(prefix: &[&str], words: &[&str]) -> (Held, BTreeMap<String, u32>) {
    let mut all: Vec<&str> = prefix.to_vec();
    all.push(program().to_str().unwrap());
    all.extend(words);
    let mut command = Command::new(all[0]);
    command.args(&all[1..]);
    let mut process = Held::start(quiet(&mut command).stdout(Stdio::piped()));
    let out = process.child().stdout.take().unwrap();
    let mut said = BTreeMap::new();
    for line in BufReader::new(out).lines() {
        let line = line.unwrap();
        let (name, number) = line.split_once(' ').unwrap();
        said.insert(name.to_owned(), number.parse().unwrap());
        if name == "ready" {
            return (process, said);
        }
    }
    panic!("{words:?}: it ended");
}

fn own_dir() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = dir().join(format!("inspected-{number}"));
    fs::create_dir(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The object of a process.
fn object(args: &[&str]) -> Value {
    let answer = psgo(&[&["inspect"], args, &["-output", "json"]].concat()).succeeds();
    assert_eq!(answer.lines().len(), 1);
    serde_json::from_slice(&answer.stdout).unwrap()
}

/// Calls every getter, each by its name.
fn every_getter(p: &Process, each: &mut dyn FnMut(&'static str, Option<Error>)) {
    macro_rules! call {
        ($($name:ident),*) => { $(each(stringify!($name), p.$name().err());)* };
    }
    call!(
        stat,
        status,
        comm,
        name,
        exe,
        cwd,
        root,
        cmdline,
        environ,
        is_kernel_thread,
        state,
        terminal,
        uids,
        gids,
        groups,
        user,
        login_user,
        ppid,
        parent,
        parents,
        children,
        descendants,
        cpu_times,
        cpu_percent,
        processor,
        nice,
        io_priority,
        affinity,
        limits,
        io,
        context_switches,
        page_faults,
        schedstat,
        memory,
        memory_detail,
        memory_percent,
        footprint,
        smaps,
        mapped_memory,
        descriptor_count,
        descriptors,
        open_files,
        sockets,
        thread_count,
        threads,
        kernel_stack,
        wait_channel,
        syscall,
        timers,
        tracer,
        job,
        pids,
        capabilities,
        label,
        namespaces,
        mounts,
        oom,
        cgroups,
        container,
        cgroup_limits,
        cgroup_pressure,
        cgroup_events,
        signals,
        exit_status,
        awaited_locks,
        named_children,
        system_call
    );
    for thread in p.threads().unwrap_or_default().iter().take(3) {
        each("kernel_stack_of", p.kernel_stack_of(thread).err());
        each("wait_channel_of", p.wait_channel_of(thread).err());
        each("syscall_of", p.syscall_of(thread).err());
        each("system_call_of", p.system_call_of(thread).err());
    }
}

/// Whether the process exits or has exited, by the flags of its `stat`.
fn is_exiting(pid: i32) -> bool {
    const PF_EXITING: u64 = 4;
    kernel::stat(pid).is_none_or(|stat| stat[6].parse::<u64>().unwrap() & PF_EXITING != 0)
}

#[test]
fn every_getter_answers_for_every_process_of_the_machine() {
    must_be_root();
    let mut asked = 0;
    for pid in kernel::pids() {
        let Ok(process) = try_held(pid) else {
            continue;
        };
        process.oneshot(|process| {
            let is_kernel = process.is_kernel_thread().unwrap_or(false);
            every_getter(process, &mut |name, error| {
                asked += 1;
                let Some(error) = error else { return };
                // It may end at any moment, first to a zombie, and one of its threads before.
                let expected = match error.kind() {
                    ErrorKind::Gone => !process.is_running() || name.ends_with("_of"),
                    ErrorKind::Zombie => kernel::stat(pid).is_none_or(|stat| stat[0] == "Z"),
                    // One that can do more than this process may not be looked into.
                    ErrorKind::Denied => fs::read_link(format!("/proc/{pid}/ns/net"))
                        .is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied),
                    ErrorKind::Absent if is_kernel => name == "mounts",
                    // One that exits has no directories for a moment before it is a zombie.
                    ErrorKind::Absent => {
                        name == "login_user" || name.ends_with("_of") || is_exiting(pid)
                    }
                    _ => false,
                };
                assert!(expected, "{name} of {pid}: {error:?}");
            });
        });
    }
    assert!(asked > 1000, "{asked}");
}

#[test]
fn a_process_is_what_the_system_tells_another_way() {
    let sleeping = sleeping();
    let pid = sleeping.pid();
    let process = held(pid);
    let proc = PathBuf::from(format!("/proc/{pid}"));
    let link = |name: &str| fs::read_link(proc.join(name)).unwrap();
    let link = |name: &str| link(name).into_os_string().into_encoded_bytes();
    assert_eq!(process.exe().unwrap().unwrap().path.as_bytes(), link("exe"));
    assert_eq!(process.cwd().unwrap().path.as_bytes(), link("cwd"));
    assert!(
        process
            .cmdline()
            .unwrap()
            .args()
            .eq(kernel::cmdline(pid).unwrap())
    );
    let environ = process.environ().unwrap();
    assert_eq!(environ.as_bytes(), fs::read(proc.join("environ")).unwrap());
    let me = std::process::id();
    assert_eq!(process.ppid().unwrap(), Some(Pid::new(me)));
    assert_eq!(process.parent().unwrap().unwrap().pid(), Pid::new(me));
    let children = held(me.try_into().unwrap()).children().unwrap();
    assert!(children.contains(&process.pid()));
    let status = kernel::status(pid).unwrap();
    let uids = process.uids().unwrap();
    assert_eq!(
        kernel::numbers(&status, "Uid")[0],
        i64::from(uids.real.get())
    );
    let rss = process.memory_detail().unwrap().peak_resident.unwrap() / 1024;
    assert_eq!(status["VmHWM"].split(' ').next().unwrap(), rss.to_string());
    let nofile = run(Command::new("prlimit").args([
        "--pid",
        &pid.to_string(),
        "--nofile",
        "--noheadings",
        "--raw",
        "-o",
        "SOFT",
    ]));
    let limits = process.limits().unwrap();
    let row = limits.find("Max open files").unwrap();
    assert_eq!(
        format!("{:?}", row.soft_limit),
        format!("Of({})", nofile.trim())
    );
    let ionice = run(Command::new("ionice").args(["-p", &pid.to_string()]));
    assert!(
        ionice.starts_with(process.io_priority().unwrap().class.as_str()),
        "{ionice}"
    );
    let list = run(Command::new("taskset").args(["-c", "-p", &pid.to_string()]));
    let cpus = process.affinity().unwrap();
    let first = list.rsplit(' ').next().unwrap();
    assert!(first.starts_with(&cpus[0].to_string()), "{list}: {cpus:?}");
}

#[test]
fn descriptors_are_known_by_their_kinds() {
    let at = own_dir();
    let (process, said) = inspected(&[], &["kinds", &at]);
    let process = held(process.pid());
    let all = process.descriptors().unwrap();
    let of = |name: &str| all.iter().find(|other| other.fd == said[name]).unwrap();
    for (name, kind, what) in [
        ("eventfd", FileKind::Anonymous, Some("eventfd")),
        ("epoll", FileKind::Anonymous, Some("eventpoll")),
        ("inotify", FileKind::Anonymous, Some("inotify")),
        ("timerfd", FileKind::Anonymous, Some("timerfd")),
        ("signalfd", FileKind::Anonymous, Some("signalfd")),
        ("memfd", FileKind::Memfd, None),
        ("pipe", FileKind::Pipe, Some("pipe")),
        ("dir", FileKind::Directory, None),
        ("char", FileKind::CharDevice, None),
        ("file", FileKind::File, None),
        ("gone", FileKind::File, None),
        ("unix", FileKind::Socket, Some("socket")),
        ("tcp", FileKind::Socket, Some("socket")),
        ("netlink", FileKind::Socket, Some("socket")),
        ("fifo", FileKind::Fifo, None),
        ("symlink", FileKind::Symlink, None),
        ("ioctl", FileKind::CharDevice, None),
        ("renamed", FileKind::File, None),
    ] {
        let found = of(name);
        let told = found
            .what()
            .map(|what| String::from_utf8(what.to_vec()).unwrap());
        assert_eq!((found.kind, told.as_deref()), (Some(kind), what), "{name}");
    }
    assert_eq!(of("eventfd").info.as_ref().unwrap().eventfd_count, Some(7));
    let watched = &of("epoll").info.as_ref().unwrap().tfd;
    assert_eq!(watched[0].tfd, i32::try_from(said["eventfd"]).unwrap());
    let itself = i32::try_from(process.pid().get()).unwrap();
    assert_eq!(of("pidfd").info.as_ref().unwrap().pid, Some(itself));
    // A file may be called so, and another may be it.
    let path = |name: &str| String::from_utf8(of(name).path().unwrap().to_vec()).unwrap();
    assert_eq!(
        (path("file"), of("file").deleted),
        (format!("{at}/file (deleted)"), None)
    );
    assert_eq!(
        (path("gone"), of("gone").deleted),
        (format!("{at}/gone"), Some(true))
    );
    // Its name was removed, and it has another.
    assert_eq!(
        (path("renamed"), of("renamed").deleted),
        (format!("{at}/one name (deleted)"), None)
    );
    assert_eq!(
        (of("symlink").mode(), of("ioctl").mode()),
        (Some("path"), Some("ioctl"))
    );
    let protocol = |name: &str| of(name).protocol.clone().unwrap().to_string();
    assert_eq!(
        (protocol("netlink"), protocol("tcp")),
        ("netlink".into(), "tcp".into())
    );
    let lock = &of("locked").info.as_ref().unwrap().lock[0];
    assert_eq!((lock.start, lock.end.0), (7, Some(106)));
    let files = process.open_files().unwrap();
    let file = files.iter().find(|file| file.fd == said["file"]).unwrap();
    assert_eq!((file.position, file.mode()), (Some(5), Some("a+")));
    assert_eq!(process.descriptor_count().unwrap(), all.len());
}

#[test]
fn a_table_of_files_has_the_same_words() {
    let at = own_dir();
    let (process, _) = inspected(&[], &["kinds", &at]);
    let pid = process.pid().to_string();
    let names = ["fd", "kind", "mode", "deleted", "name"];
    let columns = names.join(",");
    let args = [
        "files", "-pids", &pid, "-all", "-format", &columns, "-output", "csv",
    ];
    let answer = psgo(&args).succeeds();
    let rows: Vec<[String; 5]> = answer
        .csv(&names)
        .iter()
        .map(|row| names.map(|name| row[name].clone()))
        .collect();
    let unknown = || "?".to_owned();
    for descriptor in held(process.pid()).descriptors().unwrap().iter() {
        let fd = descriptor.fd.to_string();
        let told = rows.iter().find(|row| row[0] == fd).unwrap();
        let deleted = descriptor
            .deleted
            .map(|gone| if gone { "yes" } else { "no" });
        let right = [
            descriptor
                .word()
                .map_or_else(unknown, |word| word.to_string()),
            descriptor.mode().map_or_else(unknown, str::to_owned),
            deleted.map_or_else(unknown, str::to_owned),
        ];
        assert_eq!(told[1..4], right, "{told:?}");
    }
    let mapped = |name: &str| {
        let name = format!("{at}/{name} (deleted)");
        let is_it = |row: &&[String; 5]| row[1] == "mem" && row[4] == name;
        rows.iter().find(is_it).map(|row| row[3].clone())
    };
    assert_eq!(mapped("library").as_deref(), Some("yes"));
    if nix::unistd::geteuid().is_root() {
        assert_eq!(mapped("one name").as_deref(), Some("?"));
    }
    let answer = psgo(&["sockets", "-pids", &pid]).exits(0);
    assert!(
        answer.stderr.contains("not shown: 1 socket of another"),
        "{}",
        answer.stderr
    );
}

#[test]
fn sockets_are_those_of_its_own_network() {
    must_be_root();
    let at = own_dir();
    let (process, said) = inspected(&["unshare", "-n"], &["kinds", &at]);
    let sockets = held(process.pid()).sockets().unwrap();
    let of = |name: &str| {
        let open = sockets.iter().find(|open| open.fd == said[name]);
        &open.unwrap().socket
    };
    let port = of("tcp").local.unwrap().port();
    assert_eq!(u32::from(port), said["port"]);
    assert_eq!(of("tcp"), of("again"));
    assert_eq!(
        of("unix").path.as_deref(),
        Some(format!("{at}/a b").as_bytes())
    );
}

#[test]
fn a_thread_that_lives_is_asked_when_the_first_has_ended() {
    let at = own_dir();
    let (process, said) = inspected(&[], &["leader", &at]);
    let pid = process.pid();
    wait_for("the first thread ends", || {
        (kernel::stat(pid)?[0] == "Z").then_some(())
    });
    let process = held(pid);
    // The process has not ended.
    assert!(!process.state().unwrap().is_zombie());
    let exe = process.exe().unwrap().unwrap();
    assert_eq!(
        exe.path.as_bytes(),
        program().as_os_str().as_encoded_bytes()
    );
    assert_eq!(
        process.cmdline().unwrap().args().nth(1),
        Some(&b"leader"[..])
    );
    assert!(!process.environ().unwrap().as_bytes().is_empty());
    assert!(process.memory().unwrap().resident > 0);
    assert!(
        process
            .memory_detail()
            .unwrap()
            .peak_resident
            .is_some_and(|peak| peak > 0)
    );
    assert!(!process.mapped_memory().unwrap().is_empty());
    let descriptors = process.descriptors().unwrap();
    let file = descriptors
        .iter()
        .find(|other| other.fd == said["file"])
        .unwrap();
    assert_eq!(file.path(), Some(at.as_bytes()));
    // A listing is told the same.
    let columns = ["state", "args", "exe", "cwd", "rss", "vsz", "netns"];
    let pids = [Pid::new(u32::try_from(pid).unwrap())];
    let table = psgo::process_info(psgo::Pids::Only(&pids), &columns).unwrap();
    let row = &table.to_strings()[0];
    let (program, dir) = (program(), std::env::current_dir().unwrap());
    let (program, dir) = (program.to_str().unwrap(), dir.to_str().unwrap());
    let args = format!("{program} leader {at}");
    assert_eq!(row[1..4], [&*args, program, dir]);
    assert!(["S", "R", "D"].contains(&&*row[0]), "{row:?}");
    let zombies = psgo::Query::new(["pid"])
        .unwrap()
        .pids(psgo::Pids::Only(&pids));
    let zombies = zombies.filter("state=zombie").unwrap().table().unwrap();
    assert_eq!(zombies.rows().len(), 0);
    let unknown = ["?", "0"];
    assert!(
        !row[4..].iter().any(|cell| unknown.contains(&&**cell)),
        "{row:?}"
    );
    // Each column on its own too: without `stat` its memory looks like that of a kernel thread.
    let own = psgo::process_info(psgo::Pids::All, &["pid", "rss", "pmem"]).unwrap();
    let of = |row: &&psgo::Row| row.pid() == Some(pids[0]);
    let own = own.rows().iter().find(of).unwrap();
    assert_eq!(own.values()[1].to_string(), row[4]);
    for name in ["rss", "vsz", "pmem"] {
        let table = psgo::process_info(psgo::Pids::Only(&pids), &["ruser", name]).unwrap();
        let cell = table.rows()[0].values()[1].to_string();
        assert!(
            !unknown.contains(&&*cell) && cell != "0.000",
            "{name}: {cell}"
        );
    }
    let table = psgo::process_info(psgo::Pids::Only(&pids), &psgo::drift::COLUMNS).unwrap();
    let lines = psgo::drift::tree(table.rows(), &psgo::drift::Rules::default()).unwrap();
    let line = lines.last().unwrap().to_string();
    assert_eq!(line.trim(), format!("{args}  {{user=root}}"));
    let query = psgo::Query::of(psgo::descriptor::Subject::Files, ["fd", "target"]).unwrap();
    let pids = [Pid::new(u32::try_from(pid).unwrap())];
    let table = query.pids(psgo::Pids::Only(&pids)).table().unwrap();
    let open: Vec<_> = table
        .rows()
        .iter()
        .map(|row| row.values().iter().map(ToString::to_string).collect())
        .collect::<Vec<Vec<_>>>();
    let expected: Vec<Vec<_>> = descriptors
        .iter()
        .map(|one| {
            vec![
                one.fd.to_string(),
                psgo::Text::from(&*one.target).to_string(),
            ]
        })
        .collect();
    assert_eq!(open, expected);
    // Its name is no closing parenthesis.
    let threads = process.threads().unwrap();
    let names: Vec<_> = threads
        .iter()
        .map(|thread| thread.name.to_string())
        .collect();
    assert_eq!(names, ["inspected", "x) 1 2 3 4 5"]);
    assert!(threads[1].system.as_secs() < 60);
}

#[test]
fn a_process_that_has_ended_is_a_zombie_and_then_nothing() {
    let mut sleeping = sleeping();
    let pid = sleeping.pid();
    let process = held(pid);
    sleeping.child().kill().unwrap();
    wait_for("it ends", || (kernel::stat(pid)?[0] == "Z").then_some(()));
    for error in [
        process.exe().map(drop),
        process.cwd().map(drop),
        process.cmdline().map(drop),
        process.environ().map(drop),
        process.mapped_memory().map(drop),
    ] {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Zombie);
    }
    assert!(process.is_running() && process.memory().unwrap().resident == 0);
    sleeping.child().wait().unwrap();
    assert!(!process.is_running());
    // Also what is asked by number.
    every_getter(&process, &mut |name, error| {
        let kind = error.unwrap_or_else(|| panic!("{name} answers")).kind();
        assert_eq!(kind, ErrorKind::Gone, "{name}");
    });
    assert_eq!(try_held(pid).unwrap_err().kind(), ErrorKind::Gone);
}

#[test]
fn a_thread_is_no_process() {
    let (process, _) = inspected(&[], &["idle", "/"]);
    let threads = held(process.pid()).threads().unwrap();
    let error = try_held(threads[1].tid.get().try_into().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gone);
    assert!(
        error.to_string().contains("it is a thread of process"),
        "{error}"
    );
}

#[test]
fn a_oneshot_is_of_one_moment() {
    let mut sleeping = sleeping();
    let process = held(sleeping.pid());
    process.oneshot(|process| {
        let before = process.cmdline().unwrap();
        sleeping.child().kill().unwrap();
        sleeping.child().wait().unwrap();
        assert_eq!(process.cmdline().unwrap(), before);
        assert_eq!(process.io().unwrap_err().kind(), ErrorKind::Gone);
    });
    assert_eq!(process.cmdline().unwrap_err().kind(), ErrorKind::Gone);
}

#[test]
fn in_a_container_numbers_and_names_are_its_own() {
    let container = podman::plain();
    let host = View::host().unwrap();
    let target = Pid::new(container.pid.try_into().unwrap());
    for choice in [ProcChoice::Container, ProcChoice::Host] {
        let mut options = JoinOptions::default();
        options.proc = choice;
        let view = View::join(target)
            .seen_from(&host)
            .options(&options)
            .open()
            .unwrap();
        let first = view.process(Pid::new(1)).unwrap();
        assert_eq!(first.own_pid(), Some(target), "{choice:?}");
        assert_eq!(first.ppid().unwrap(), None);
        assert_eq!(first.pids().unwrap(), [Pid::new(1)]);
        assert_eq!(first.name().unwrap().as_bytes(), b"sh");
        let children = first.children().unwrap();
        let sleeper = view.process(children[0]).unwrap();
        assert_eq!(sleeper.parent().unwrap().unwrap().pid(), Pid::new(1));
        assert_eq!(sleeper.threads().unwrap()[0].tid, children[0]);
        assert!(!sleeper.affinity().unwrap().is_empty());
        let made = first.container().unwrap().unwrap();
        assert_eq!(made.runtime, Some(Runtime::Podman));
        assert_eq!(made.id.to_string(), container.id);
        every_getter(&first, &mut |name, error| {
            let expected =
                |error: &Error| name == "login_user" && error.kind() == ErrorKind::Absent;
            assert!(error.as_ref().is_none_or(expected), "{name}: {error:?}");
        });
    }
    let pid = container.pid.to_string();
    let object = object(&["1", "-join", &pid, "-only", "identity,family,container"]);
    assert_eq!(object["pid"], 1);
    assert_eq!(object["psgo"]["own_pid"], container.pid);
    assert_eq!(object["psgo"]["container"]["id"], container.id);
    assert!(object.get("memory_info").is_none());
}

#[test]
fn values_of_the_environment_are_told_when_asked_for_alone() {
    let sleeping = Held::start(
        quiet(Command::new("sleep").arg("100000"))
            .env_clear()
            .env("PSGO_SECRET", "hunter2"),
    );
    let pid = sleeping.pid().to_string();
    wait_for("it is sleep", || {
        (kernel::comm(sleeping.pid())? == b"sleep").then_some(())
    });
    let silent = object(&[&pid]);
    assert_eq!(silent["environ"], Value::Null);
    assert_eq!(silent["errors"]["environ"], "withheld");
    assert!(!silent.to_string().contains("hunter2"));
    let told = object(&[&pid, "-environ"]);
    assert_eq!(
        told["environ"],
        serde_json::json!([["PSGO_SECRET", "hunter2"]])
    );
    let page = psgo(&["inspect", &pid]).succeeds();
    assert!(page.text().contains("PSGO_SECRET") && !page.text().contains("hunter2"));
    let page = psgo(&["inspect", &pid, "-environ", "-only", "environ"]).succeeds();
    assert!(page.text().contains("hunter2") && !page.text().contains("MEMORY"));
}

#[test]
fn a_page_keeps_to_its_width_and_has_every_section() {
    let (process, _) = inspected(&[], &["kinds", &own_dir()]);
    let pid = process.pid().to_string();
    let page = psgo(&["inspect", &pid, "-width", "70"]).succeeds();
    let is_long = |line: &&str| line.chars().count() > 70;
    assert_eq!(page.lines().into_iter().find(is_long), None);
    let titles: Vec<_> = page
        .lines()
        .into_iter()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect();
    assert_eq!(titles.len(), 14, "{titles:?}");
    assert!(!page.text().contains('\x1b'));
    let colored = psgo(&["inspect", &pid, "-color", "always"]).succeeds();
    assert!(colored.text().contains("\x1b[1mMEMORY\x1b[0m"));
}

#[test]
fn who_is_gone_makes_the_answer_incomplete() {
    let mut sleeping = sleeping();
    let (pid, me) = (sleeping.pid().to_string(), std::process::id().to_string());
    sleeping.child().kill().unwrap();
    sleeping.child().wait().unwrap();
    let answer = psgo(&["inspect", &pid, &me, "-output", "json"]).exits(1);
    let lines = answer.lines();
    assert_eq!(
        serde_json::from_str::<Value>(lines[0]).unwrap(),
        serde_json::json!({
            "schema": "psutil-parity/1",
            "pid": pid.parse::<u32>().unwrap(),
            "error": "no_such_process",
        })
    );
    let other: Value = serde_json::from_str(lines[1]).unwrap();
    assert_eq!(other["pid"], std::process::id());
    assert!(
        answer.stderr.contains("no such process"),
        "{}",
        answer.stderr
    );
    for wrong in [
        &["inspect"][..],
        &["inspect", "x"],
        &["inspect", "1", "-only", "nothing"],
        &["inspect", "1", "-join"],
    ] {
        assert_eq!(psgo(wrong).exits(2).stdout, b"");
    }
}
