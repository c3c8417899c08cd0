//! The right table of a container, read from the host's `/proc` by the tests' own means; and
//! psgo's answer beside it.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use psgo::{ErrorKind, JoinOptions, Pid, Pids, ProcChoice, ProcSource, Query, Table, View};

use super::TIMEOUT;
use crate::oracle::{cells::escaped, kernel};

/// What is compared: nothing that changes while a process sleeps.
pub(super) const COLUMNS: [&str; 19] = [
    "pid", "ppid", "pgid", "sid", "uid", "user", "gid", "group", "groups", "huid", "hpid", "comm",
    "args", "capeff", "capbnd", "seccomp", "state", "nice", "vsz",
];

pub(super) type Rows = Vec<Vec<String>>;

/// What the users and groups of a container are called.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    users: BTreeMap<i64, String>,
    groups: BTreeMap<i64, String>,
}

impl Names {
    pub(super) fn new(users: &[(i64, &str)], groups: &[(i64, &str)]) -> Self {
        let map = |names: &[(i64, &str)]| {
            let owned = names.iter().map(|(id, name)| (*id, (*name).to_owned()));
            owned.collect()
        };
        Self {
            users: map(users),
            groups: map(groups),
        }
    }

    /// The same groups with other users.
    pub(super) fn with_users(mut self, users: &[(i64, &str)]) -> Self {
        self.users = Self::new(users, &[]).users;
        self
    }

    /// The same users alone.
    pub(super) fn without_groups(mut self) -> Self {
        self.groups.clear();
        self
    }
}

fn capabilities(mask: &str) -> String {
    let mask = u64::from_str_radix(mask, 16).unwrap();
    if mask == (1 << (kernel::last_capability() + 1)) - 1 {
        return "full".to_owned();
    }
    match mask {
        0 => "none".to_owned(),
        _ => kernel::capabilities(mask).join(","),
    }
}

/// The rows of the PID namespace of `target`.
pub(super) fn right(target: i32, names: &Names) -> Rows {
    let level = kernel::ns_pids(target).unwrap().len() - 1;
    let shown = kernel::visible_in(target);
    let foreign = kernel::namespace(target, "user") != Some(kernel::own_namespace("user"));
    let maps = ["uid_map", "gid_map"].map(|file| foreign.then(|| kernel::id_map(target, file)));
    let id = |kind: usize, id: i64| maps[kind].as_ref().map_or(id, |map| kernel::into(map, id));
    let name = |names: &BTreeMap<i64, String>, id: i64| {
        names.get(&id).cloned().unwrap_or_else(|| id.to_string())
    };
    let mut rows: Vec<(i64, Vec<String>)> = Vec::new();
    for &pid in &shown {
        let Some(status) = kernel::status(pid) else {
            continue;
        };
        let at_level = |label| kernel::numbers(&status, label)[level].to_string();
        let parent = i32::try_from(kernel::numbers(&status, "PPid")[0]).unwrap();
        let parent = kernel::ns_pids(parent).filter(|_| shown.contains(&parent));
        let host_uid = kernel::numbers(&status, "Uid")[1];
        let (uid, gid) = (id(0, host_uid), id(1, kernel::numbers(&status, "Gid")[1]));
        let groups = kernel::numbers(&status, "Groups").into_iter();
        let groups: Vec<_> = groups.map(|gid| name(&names.groups, id(1, gid))).collect();
        let args = kernel::cmdline(pid).unwrap().join(&b' ');
        let seccomp = ["disabled", "strict", "filter"];
        rows.push((
            kernel::numbers(&status, "NSpid")[level],
            vec![
                at_level("NSpid"),
                parent.map_or(0, |pids| pids[level]).to_string(),
                at_level("NSpgid"),
                at_level("NSsid"),
                uid.to_string(),
                name(&names.users, uid),
                gid.to_string(),
                name(&names.groups, gid),
                groups.join(","),
                host_uid.to_string(),
                pid.to_string(),
                escaped(&kernel::comm(pid).unwrap()),
                escaped(&args),
                capabilities(&status["CapEff"]),
                capabilities(&status["CapBnd"]),
                seccomp[status["Seccomp"].parse::<usize>().unwrap()].to_owned(),
                status["State"][..1].to_owned(),
                kernel::stat_number(pid, 19).unwrap().to_string(),
                (kernel::stat_number(pid, 23).unwrap() / 1024).to_string(),
            ],
        ));
    }
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// How psgo is expected to have read a container that lies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Taken {
    /// By a private /proc of its PID namespace.
    Private,
    /// By the host's, because making a private one gave this error.
    Host(ErrorKind),
}

fn options_with(choice: ProcChoice, timeout: Duration) -> JoinOptions {
    let mut options = JoinOptions::default();
    options.timeout = timeout;
    options.proc = choice;
    options
}

/// With psgo's own time-out: where nothing is waited for, a busy machine is no reason to give up.
pub(super) fn options(choice: ProcChoice) -> JoinOptions {
    options_with(choice, JoinOptions::default().timeout)
}

pub(super) fn pid_of(pid: i32) -> Pid {
    Pid::new(u32::try_from(pid).unwrap())
}

/// What psgo says of all in the PID namespace of `target`, by `choice`.
pub(super) fn ask(target: i32, choice: ProcChoice) -> psgo::Result<Table> {
    ask_of(target, Pids::All, &options(choice))
}

/// The same, with the time-out of these tests.
pub(super) fn ask_impatiently(target: i32, choice: ProcChoice) -> psgo::Result<Table> {
    ask_of(target, Pids::All, &options_with(choice, TIMEOUT))
}

/// The same of some.
pub(super) fn ask_of(target: i32, pids: Pids<'_>, options: &JoinOptions) -> psgo::Result<Table> {
    let view = View::join(pid_of(target)).options(options).open()?;
    Query::new(COLUMNS)?.pids(pids).view(view).table()
}

pub(super) fn assert_same(table: &Table, right: &Rows, about: &str) {
    let rows = table.to_strings();
    assert!(table.skipped().is_empty(), "{about}: {:?}", table.skipped());
    for (found, right) in rows.iter().zip(right) {
        let about = format!("{about}: process {}", found[0]);
        for ((name, found), right) in COLUMNS.iter().zip(found).zip(right) {
            assert_eq!(found, right, "{about}: {name}");
        }
    }
    assert_eq!(rows.len(), right.len(), "{about}: {rows:#?}");
}

/// Which `/proc` the one container was read from.
pub(super) fn source(table: &Table) -> &ProcSource {
    let [container] = &table.outcome().containers[..] else {
        panic!("{:?}", table.outcome());
    };
    &container.source
}

/// What this process has of threads and descriptors.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Possessions {
    pub(super) threads: usize,
    pub(super) descriptors: Vec<String>,
}

impl Possessions {
    pub(super) fn now() -> Self {
        let count = |path| fs::read_dir(path).unwrap().count();
        let descriptors = fs::read_dir("/proc/self/fd").unwrap();
        let mut descriptors: Vec<String> = descriptors
            .filter_map(|entry| {
                let link = fs::read_link(entry.unwrap().path()).ok()?;
                Some(link.to_string_lossy().into_owned())
            })
            // The directory that is being read.
            .filter(|link| !link.ends_with("/fd"))
            .collect();
        descriptors.sort();
        Self {
            threads: count("/proc/self/task"),
            descriptors,
        }
    }
}

impl Possessions {
    /// A thread that has been waited for is to be seen in `/proc` a moment longer; and those left
    /// behind end when what they waited for does.
    #[track_caller]
    pub(super) fn come_back(&self, about: &str) {
        let start = Instant::now();
        while Self::now() != *self && start.elapsed() < Duration::from_secs(5) {
            std::thread::yield_now();
        }
        assert_eq!(Self::now(), *self, "{about}");
    }
}

/// psgo's own threads.
pub(super) fn threads() -> usize {
    // A thread that was joined can be seen for a moment more: the kernel wakes who joins it before it
    // takes it from the list.
    const PF_EXITING: u32 = 4;
    let is_ours = |task: &fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("stat")).ok()?;
        let (start, rest) = stat.rsplit_once(") ")?;
        let flags: u32 = rest.split(' ').nth(6)?.parse().ok()?;
        Some(start.ends_with("(psgo") && flags & PF_EXITING == 0)
    };
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter(|task| task.as_ref().ok().and_then(is_ours) == Some(true))
        .count()
}

/// What is to be seen of a container that lies, whichever way it is asked.
#[derive(Debug, Clone)]
pub(super) struct Expected<'a> {
    pub(super) about: &'a str,
    pub(super) names: Names,
    pub(super) taken: Taken,
    /// How many reads do not answer.
    pub(super) silent: usize,
}

impl Expected<'_> {
    /// Asks psgo in each of its ways while `lie` lives, which is told anew for each.
    pub(super) fn met<L>(&self, target: i32, mut lie: impl FnMut() -> L) {
        let right = right(target, &self.names);
        assert!(!right.is_empty());
        let before = Possessions::now();
        for choice in [ProcChoice::Auto, ProcChoice::Container, ProcChoice::Host] {
            let about = format!("{}, choice {choice:?}", self.about);
            let told = lie();
            let start = Instant::now();
            let answer = if self.silent == 0 {
                ask(target, choice)
            } else {
                ask_impatiently(target, choice)
            };
            let time = start.elapsed();
            println!("measured {:.1} ms: {about}", time.as_secs_f64() * 1e3);
            let silent = self.silent;
            // Half of it is left for other mount namespaces.
            let least = if silent > 0 {
                TIMEOUT / 2
            } else {
                Duration::ZERO
            };
            assert!(time >= least, "{about}: {time:?}");
            // No thread waits for anything of a container.
            assert_eq!(threads(), 0, "{about}");
            match (answer, choice, self.taken) {
                (Err(error), ProcChoice::Container, Taken::Host(kind)) => {
                    assert_eq!(error.kind(), kind, "{about}: {error}");
                }
                (Ok(table), _, _) => {
                    assert_same(&table, &right, &about);
                    self.took(&table, choice, &about);
                    assert_eq!(table.outcome().abandoned, silent, "{about}");
                }
                (Err(error), ..) => panic!("{about}: {error}"),
            }
            drop(told);
            before.come_back(&about);
        }
    }

    fn took(&self, table: &Table, choice: ProcChoice, about: &str) {
        match (source(table), choice, self.taken) {
            (ProcSource::Host(None), ProcChoice::Host, _)
            | (ProcSource::Private, ProcChoice::Auto | ProcChoice::Container, Taken::Private) => (),
            (ProcSource::Host(Some(why)), ProcChoice::Auto, Taken::Host(kind)) => {
                assert_eq!(why.kind(), kind, "{about}: {why}");
            }
            (way, ..) => panic!("{about}: by {way}"),
        }
    }
}
