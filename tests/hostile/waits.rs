//! The table of docs/waiting.md, on the kernel at hand: what is read of a process that keeps a lock
//! waits for it where the table says so, as the table says, and nothing else does.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::Receiver,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use psgo::ErrorKind;

use super::{
    TIMEOUT,
    alone::alone,
    calls,
    container::Container,
    fuse::Fuse,
    stuck::Stuck,
    truth::{pid_of, threads},
};
use crate::{
    machine::{
        process::{Held, Started, quiet},
        wait_for,
    },
    oracle::kernel,
};

const FILE: &str = "PSGO_TEST_FILE";
const DIR: &str = "PSGO_TEST_DIR";
/// Where the file lies in the container.
const AT: &str = "/tmp/file";

/// Processes that hold a lock as long as a file server lives, which therefore ends first.
struct Holding {
    server: Option<Fuse>,
    held: Vec<Held>,
    /// Others that are to end with them.
    others: Vec<Started>,
    container: Container,
}

impl Holding {
    /// One that runs the ignored test `name` with a file of a silent server.
    fn new(
        server: fn(i32, &str) -> (Fuse, Receiver<()>),
        name: &str,
        dir: fn(&Container) -> PathBuf,
    ) -> Self {
        let container = Container::new();
        fs::write(container.path(AT), "").unwrap();
        let (server, taken) = server(container.pid, AT);
        let mut holding = Self {
            server: Some(server),
            held: Vec::new(),
            others: Vec::new(),
            container,
        };
        holding.start(name, &dir(&holding.container));
        taken
            .recv_timeout(Duration::from_secs(20))
            .expect("its server is asked");
        holding
    }

    fn start(&mut self, name: &str, dir: &Path) {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", &format!("hostile::waits::{name}")])
            .args(["--ignored", "--test-threads=1"])
            .env(FILE, self.container.path(AT))
            .env(DIR, dir);
        let command = quiet(&mut command).stdin(Stdio::piped());
        self.held.push(Held::start(command));
    }

    /// The process that was started last.
    fn pid(&self) -> i32 {
        self.held.last().unwrap().pid()
    }

    /// Waits until that process is in that function of the kernel.
    fn until_in(pid: i32, function: &str) {
        wait_for(&format!("{pid} is in {function}"), || {
            let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
            let stack = |task: fs::DirEntry| fs::read_to_string(task.path().join("stack")).ok();
            let mut stacks = tasks.flatten().filter_map(stack);
            stacks.any(|stack| stack.contains(function)).then_some(())
        });
    }
}

/// A row of a table of the page: the name, and what is waited for.
struct Row {
    name: &'static str,
    locks: &'static str,
}

/// The rows of the files of a process.
fn rows() -> Vec<Row> {
    let page = include_str!("../../docs/waiting.md");
    let (_, part) = page.split_once("## Of a process\n").unwrap();
    let (part, _) = part.split_once("\n## ").unwrap();
    let rows = part.lines().filter_map(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        let locks = cells.nth(1)?;
        (!name.starts_with('/')).then_some(Row { name, locks })
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 60, "{}", rows.len());
    rows
}

/// A process that reads one file of another.
struct Reading {
    path: String,
    child: Child,
    ended: bool,
}

impl Reading {
    fn start(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap();
        let is_link = path.contains("/ns/") || path.contains("/fd/");
        let mut command = match name {
            "fd" | "ns" | "task" | "map_files" => Command::new("ls"),
            "cwd" | "exe" | "root" => Command::new("readlink"),
            _ if is_link => Command::new("readlink"),
            _ => Command::new("cat"),
        };
        let child = quiet(command.arg(path)).spawn().unwrap();
        crate::machine::at_end(&format!(
            "end {} {}",
            child.id(),
            kernel::start_ticks(child.id().try_into().unwrap()).unwrap_or(0)
        ));
        let path = path.to_owned();
        Self {
            path,
            child,
            ended: false,
        }
    }

    fn pid(&self) -> i32 {
        self.child.id().try_into().unwrap()
    }

    fn has_ended(&mut self) -> bool {
        self.ended = self.ended || self.child.try_wait().unwrap().is_some();
        self.ended
    }

    /// How often it has waited and run so far, if it waits in a way that shows as `D`.
    fn waits(&self) -> Option<String> {
        let status = kernel::status(self.pid())?;
        let state = &status["State"];
        let count = &status["voluntary_ctxt_switches"];
        let stack = fs::read_to_string(format!("/proc/{}/stack", self.pid())).ok()?;
        state.starts_with('D').then(|| format!("{count} {stack}"))
    }
}

/// Reads the paths at once; those that wait for good.
fn waiting(paths: &[String]) -> Vec<Reading> {
    let mut readings: Vec<_> = paths.iter().map(|path| Reading::start(path)).collect();
    let mut before = Vec::new();
    let mut unchanged = 0;
    // One that only lacks a processor, or reads its program, runs on in between.
    while unchanged < 50 {
        std::thread::sleep(Duration::from_millis(10));
        readings.retain_mut(|reading| !reading.has_ended());
        let now: Vec<_> = readings.iter().map(Reading::waits).collect();
        let is_same = now == before && now.iter().all(Option::is_some);
        unchanged = if is_same { unchanged + 1 } else { 0 };
        before = now;
    }
    readings
}

/// Whether they all end when they are killed.
fn end(readings: &mut [Reading]) {
    for reading in &mut *readings {
        let _ = reading.child.kill();
    }
    for reading in readings {
        wait_for(&format!("who reads {} ends", reading.path), || {
            reading.has_ended().then_some(())
        });
    }
}

/// The names of the rows as paths of the process `pid`.
fn path_of(pid: i32, name: &str) -> Option<String> {
    let name = match name {
        "attr/*" => "attr/current",
        "fd/*" => "fd/0",
        "fdinfo/*" => "fdinfo/0",
        "map_files/*" => "map_files",
        "ns/*" => "ns/pid",
        "net/tcp*" => "net/tcp",
        "net/udp*" => "net/udp",
        "net/raw*" => "net/raw",
        "net/icmp*" => "net/icmp",
        "net/*" => "net/dev",
        name => name,
    };
    let here = Path::new("/proc/self").join(name);
    let is_here = here.symlink_metadata().is_ok() || name == "children";
    let in_task = if name == "children" {
        format!("task/{pid}/")
    } else {
        String::new()
    };
    is_here.then(|| format!("/proc/{pid}/{in_task}{name}"))
}

/// Of the process `pid`, exactly the files whose row names one of the locks wait, until their reader is
/// killed.
fn those_wait(pid: i32, locks: &[&str]) {
    let rows = rows();
    let known = rows
        .iter()
        .filter_map(|row| Some((path_of(pid, row.name)?, row)));
    let known: Vec<_> = known.collect();
    let paths: Vec<_> = known.iter().map(|(path, _)| path.clone()).collect();
    let mut readings = waiting(&paths);
    let mut told: Vec<_> = readings
        .iter()
        .map(|reading| reading.path.clone())
        .collect();
    let waits = |(path, row): &(String, &Row)| {
        let named = locks.iter().any(|lock| row.locks.contains(lock));
        named.then(|| path.clone())
    };
    let mut expected: Vec<_> = known.iter().filter_map(waits).collect();
    end(&mut readings);
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(
        told, expected,
        "what waits for {locks:?}, and what the table says"
    );
}

#[test]
#[ignore = "a process that executes a program for good, run by another test here"]
fn the_one_that_executes() {
    calls::execute_with_locked_memory(&env::var(FILE).unwrap());
}

/// A process that can be made to execute a program for good, and its number.
fn one_to_execute() -> (Holding, i32) {
    let mut victim = Holding::new(Fuse::that_takes_no_writes, "the_one_that_executes", |_| {
        PathBuf::new()
    });
    let child_of = |pid: i32| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        let children = tasks.map(|task| fs::read_to_string(task.path().join("children")));
        let children = children.map(Result::unwrap).collect::<String>();
        children.trim().parse::<i32>().expect("there is one child")
    };
    let pid = child_of(victim.pid());
    let other = child_of(pid);
    victim.others = [pid, other].map(Started::of).into();
    // The kernel writes the page back on its own too, before its memory is locked.
    Holding::until_in(other, "vm_mmap_pgoff");
    (victim, pid)
}

/// Has it execute.
fn execute(victim: &mut Holding, pid: i32) {
    drop(victim.held[0].child().stdin.take());
    // Who reads one of these waits from then on; its stack is told by nobody.
    wait_for("it executes", || {
        let mut readings = waiting(&[format!("/proc/{pid}/io")]);
        end(&mut readings);
        (!readings.is_empty()).then_some(())
    });
}

#[test]
fn each_file_of_a_process_in_execve_waits_as_the_table_says() {
    alone(|| {
        let (mut victim, pid) = one_to_execute();
        execute(&mut victim, pid);
        // Its memory is locked as well.
        those_wait(pid, &["`exec_update_lock`", "`mmap_lock`"]);
    });
}

#[test]
fn a_process_in_execve_costs_its_files_the_time_out_and_is_there() {
    alone(|| {
        let (mut victim, pid) = one_to_execute();
        let view = psgo::View::host().unwrap().timeout(TIMEOUT);
        let process = view.process(pid_of(pid)).unwrap();
        execute(&mut victim, pid);
        assert!(process.is_running());
        assert_eq!(process.stat().unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(process.exe().unwrap_err().kind(), ErrorKind::TimedOut);
        process.read::<psgo::format::pid::Limits>().unwrap();
        let error = view.process(pid_of(pid)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(process);
        victim.server = None;
        wait_for("the threads left behind end", || {
            (threads() == 0).then_some(())
        });
    });
}

#[test]
fn each_file_of_a_process_with_locked_memory_waits_as_the_table_says() {
    alone(|| {
        let stuck = Stuck::new(1);
        those_wait(stuck.pids()[0], &["`mmap_lock`"]);
    });
}

#[test]
#[ignore = "a process that takes events for good, run by another test here"]
fn the_one_that_takes_events() {
    calls::take_events_into_a_mapping(&env::var(FILE).unwrap());
}

#[test]
fn fdinfo_of_an_epoll_instance_waits_whatever_signal_comes() {
    alone(|| {
        let mut victim = Holding::new(
            Fuse::that_takes_no_reads,
            "the_one_that_takes_events",
            |_| PathBuf::new(),
        );
        let pid = victim.pid();
        let fds = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        let fd = fds.flatten().find(|fd| {
            fs::read_link(fd.path()).is_ok_and(|to| to.ends_with("anon_inode:[eventpoll]"))
        });
        let fd = fd.unwrap().file_name().into_string().unwrap();
        let others = rows()
            .iter()
            .filter_map(|row| path_of(pid, row.name))
            .collect::<Vec<_>>();
        let epoll = format!("/proc/{pid}/fdinfo/{fd}");
        let mut readings = waiting(&[&others[..], std::slice::from_ref(&epoll)].concat());
        let told: Vec<_> = readings
            .iter()
            .map(|reading| reading.path.clone())
            .collect();
        assert_eq!(told, [epoll]);
        stays(&mut readings);
        victim.server = None;
        end(&mut readings);
    });
}

/// Who is killed, and waits on: for as long as the lock is held.
fn stays(readings: &mut [Reading]) {
    for reading in &mut *readings {
        let pid = Pid::from_raw(reading.pid());
        kill(pid, Signal::SIGKILL).unwrap();
        // The signal is there, and not taken.
        std::thread::sleep(Duration::from_millis(200));
        assert!(!reading.has_ended(), "{}", reading.path);
        let status = kernel::status(reading.pid()).unwrap();
        assert!(
            status["State"].starts_with('D'),
            "{}: {status:?}",
            reading.path
        );
    }
}

#[test]
#[ignore = "a process that lists a directory for good, run by another test here"]
fn the_one_that_lists() {
    let dir = env::var(DIR).unwrap();
    calls::list_into_a_mapping(&dir, &env::var(FILE).unwrap());
}

#[test]
#[ignore = "a process that creates a file for good, run by another test here"]
fn the_one_that_creates() {
    let path = Path::new(&env::var(DIR).unwrap()).join("psgo-test");
    let _ = fs::File::create(path);
}

#[test]
fn a_name_is_looked_up_when_the_directory_is_free() {
    alone(|| {
        // In the procfs of a container: nobody else's look-ups are to wait.
        let proc = |container: &Container| container.path("/proc");
        let mut victim = Holding::new(Fuse::that_takes_no_reads, "the_one_that_lists", proc);
        let proc = proc(&victim.container);
        victim.start("the_one_that_creates", &proc);
        Holding::until_in(victim.pid(), "path_openat");
        let root = proc.to_str().unwrap();
        let mut readings = waiting(&[format!("{root}/never-looked-up")]);
        assert_eq!(readings.len(), 1, "the name is looked up");
        stays(&mut readings);
        // Who lists waits too, and can be killed.
        let listing = Command::new("ls")
            .arg("-f")
            .arg(root)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut listing = [Reading {
            path: root.to_owned(),
            child: listing,
            ended: false,
        }];
        wait_for("who lists waits for the directory", || {
            listing[0].waits()?.contains("iterate_dir").then_some(())
        });
        end(&mut listing);
        // The procfs that psgo makes for itself is another.
        let view = psgo::View::join(pid_of(victim.container.pid))
            .open()
            .unwrap();
        let table = psgo::Query::parse("pid,args")
            .unwrap()
            .view(view)
            .table()
            .unwrap();
        assert!(table.rows().len() >= 4, "{table:?}");
        victim.server = None;
        end(&mut readings);
    });
}
