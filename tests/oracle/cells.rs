//! What each of the 32 cells has to be, by the kernel; and how the Go library may differ from it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{go, kernel};

/// A right answer, apart from any form of writing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Unknown,
    Number(i64),
    /// KiB
    Size(i64),
    Text(Vec<u8>),
    /// A user or a group: its name, or its number where it has none.
    Names(Vec<String>),
    Name(String),
    Capabilities(u64),
    /// Seconds, to the tick.
    Seconds(f64),
    /// Seconds between this moment since boot and the look.
    Since(f64),
    /// Percent of the seconds since a moment that so many seconds are.
    Share {
        cpu: f64,
        since: f64,
    },
    /// Unix seconds.
    Moment(f64),
}

pub(crate) type Cells = BTreeMap<&'static str, Cell>;

/// The clock before and after psgo looked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) before: f64,
    pub(crate) after: f64,
}

impl Look {
    pub(crate) fn during<T>(look: impl FnOnce() -> T) -> (T, Self) {
        let before = kernel::boot_clock();
        let seen = look();
        let after = kernel::boot_clock();
        (seen, Self { before, after })
    }

    /// The tick is the kernel's grain, and psgo takes the clock before it reads.
    fn since(self, start: f64) -> (f64, f64) {
        (self.before - start - 0.011, self.after - start + 0.011)
    }
}

/// Where one looks from: the host, or after a join of a process's namespaces.
#[derive(Debug, Clone)]
pub(crate) struct View {
    joined: Option<i32>,
    level: usize,
    maps: Option<[Vec<kernel::Range>; 2]>,
    host_names: Tables,
    shown: Vec<i32>,
}

/// Of passwd and of group.
type Tables = [BTreeMap<i64, String>; 2];

fn name_tables(etc: &Path) -> Tables {
    ["passwd", "group"].map(|file| kernel::names(&etc.join(file)))
}

impl View {
    pub(crate) fn host() -> Self {
        Self {
            joined: None,
            level: 0,
            maps: None,
            host_names: name_tables(Path::new("/etc")),
            shown: kernel::pids(),
        }
    }

    pub(crate) fn joined(target: i32) -> Self {
        let other_user_namespace =
            kernel::namespace(target, "user").unwrap() != kernel::own_namespace("user");
        let host_names = name_tables(Path::new("/etc"));
        assert!(!host_names[0].is_empty());
        Self {
            joined: Some(target),
            level: kernel::ns_pids(target).unwrap().len() - 1,
            maps: other_user_namespace
                .then(|| ["uid_map", "gid_map"].map(|file| kernel::id_map(target, file))),
            host_names,
            shown: kernel::visible_in(target),
        }
    }

    /// The processes that are listed, by the host's numbers.
    pub(crate) fn shown(&self) -> &[i32] {
        &self.shown
    }

    fn id(&self, kind: usize, id: i64) -> i64 {
        match &self.maps {
            Some(maps) => kernel::into(&maps[kind], id),
            None => id,
        }
    }

    /// passwd and group of a process: those of the host, or, through a join, of its own mounts.
    fn names_of(&self, pid: i32) -> Tables {
        let is_own = kernel::namespace(pid, "mnt") == Some(kernel::own_namespace("mnt"));
        if self.joined.is_none() || is_own {
            return self.host_names.clone();
        }
        name_tables(&PathBuf::from(format!("/proc/{pid}/root/etc")))
    }

    fn name(&self, names: &Tables, kind: usize, id: i64) -> String {
        let id = self.id(kind, id);
        let name = names[kind].get(&id);
        name.map_or_else(|| id.to_string(), Clone::clone)
    }

    fn host_name(&self, kind: usize, id: i64) -> String {
        self.host_names[kind]
            .get(&id)
            .map_or_else(|| id.to_string(), Clone::clone)
    }

    /// All 32 cells of a process, by the host's number of it.
    pub(crate) fn cells(&self, pid: i32) -> Cells {
        let status = kernel::status(pid).unwrap();
        let numbers = |label| kernel::numbers(&status, label);
        let stat = |field| kernel::stat_number(pid, field).unwrap();
        let mask = |label: &str| {
            Cell::Capabilities(u64::from_str_radix(&status[label], 16).expect("a mask"))
        };
        // Real and effective are the first two of each line.
        let (uids, gids) = (numbers("Uid"), numbers("Gid"));
        let groups = numbers("Groups");
        let names = self.names_of(pid);
        let name = |kind, id| Cell::Name(self.name(&names, kind, id));
        let host = |cell| {
            if self.joined.is_some() {
                cell
            } else {
                Cell::Unknown
            }
        };
        let cpu = seconds(stat(14) + stat(15));
        let since = seconds(stat(22));
        let cmdline = kernel::cmdline(pid).unwrap();
        let args = if cmdline.iter().all(Vec::is_empty) {
            let comm = kernel::comm(pid).unwrap();
            let (open, close) = match (&*status["State"], stat(9)) {
                (state, _) if state.starts_with('Z') => ("[", "] <defunct>"),
                (_, flags) if flags & 0x20_0000 != 0 => ("[", "]"),
                _ => ("(", ")"),
            };
            [open.as_bytes(), &comm, close.as_bytes()].concat()
        } else {
            cmdline.join(&b' ')
        };
        let kib = |label: &str| {
            status.get(label).map_or(0, |value| {
                value.trim_end_matches(" kB").parse().expect("kB")
            })
        };
        let label = fs::read(format!("/proc/{pid}/attr/current")).map_or(Cell::Unknown, |label| {
            let end = label.iter().rposition(|byte| !b"\n\0".contains(byte));
            Cell::Text(label[..end.map_or(0, |end| end + 1)].to_vec())
        });
        let state = status["State"].split(' ').next().unwrap();
        Cells::from([
            ("args", Cell::Text(args)),
            ("capamb", mask("CapAmb")),
            ("capbnd", mask("CapBnd")),
            ("capeff", mask("CapEff")),
            ("capinh", mask("CapInh")),
            ("capprm", mask("CapPrm")),
            ("comm", Cell::Text(kernel::comm(pid).unwrap())),
            ("etime", Cell::Since(since)),
            ("group", name(1, gids[1])),
            (
                "groups",
                Cell::Names(
                    groups
                        .iter()
                        .map(|&gid| self.name(&names, 1, gid))
                        .collect(),
                ),
            ),
            ("hgroup", host(Cell::Name(self.host_name(1, gids[1])))),
            (
                "hgroups",
                host(Cell::Names(
                    groups.iter().map(|&gid| self.host_name(1, gid)).collect(),
                )),
            ),
            ("hpid", host(Cell::Number(pid.into()))),
            ("huid", host(Cell::Number(uids[1]))),
            ("huser", host(Cell::Name(self.host_name(0, uids[1])))),
            ("label", label),
            ("nice", Cell::Number(stat(19))),
            ("pcpu", Cell::Share { cpu, since }),
            ("pgid", Cell::Number(numbers("NSpgid")[self.level])),
            ("pid", Cell::Number(numbers("NSpid")[self.level])),
            ("ppid", Cell::Number(self.parent(numbers("PPid")[0]))),
            ("rgroup", name(1, gids[0])),
            ("rss", Cell::Size(kib("VmRSS"))),
            ("ruser", name(0, uids[0])),
            ("seccomp", Cell::Text(seccomp(&status).into())),
            ("state", Cell::Text(state.into())),
            ("stime", Cell::Moment(f64_of(kernel::boot_time()) + since)),
            ("time", Cell::Seconds(cpu)),
            ("tty", terminal(stat(7))),
            ("uid", Cell::Number(self.id(0, uids[1]))),
            ("user", name(0, uids[1])),
            ("vsz", Cell::Size(kib("VmSize"))),
        ])
    }

    /// The parent's number; none where it is not seen.
    fn parent(&self, host: i64) -> i64 {
        let host = i32::try_from(host).unwrap();
        if !self.shown.contains(&host) {
            return 0;
        }
        kernel::ns_pids(host).map_or(0, |pids| pids[self.level])
    }

    /// Why the Go library's cell may differ from the right one: the defect's name, only where the
    /// cell is exactly as that defect makes it.
    pub(crate) fn defect(
        &self,
        name: &str,
        pid: i32,
        right: &Cell,
        go: &str,
    ) -> Option<&'static str> {
        let status = kernel::status(pid).unwrap();
        let own_user_namespace = || {
            self.joined.is_some_and(|target| {
                kernel::namespace(target, "user") != kernel::namespace(pid, "user")
            })
        };
        match (name, right) {
            ("args", Cell::Text(args)) => {
                // Brackets around the name of every process without a command line.
                let comm = kernel::comm(pid).unwrap();
                let bracketed = [b"[", &comm[..], b"]"].concat();
                let is_name = args.ends_with(b"] <defunct>") || args.starts_with(b"(");
                let has_none = is_name && go.trim_end().as_bytes() == bracketed;
                (has_none || go.trim_end().as_bytes() == args.as_slice()).then_some("W21")
            }
            ("time", Cell::Seconds(cpu)) => (same(go::seconds(go), cpu.floor())).then_some("W14"),
            ("pcpu", Cell::Share { .. }) => go.parse::<f64>().ok().map(|_| "W14"),
            ("etime", Cell::Since(_)) => (!go.is_empty()).then(|| go::seconds(go)).map(|_| "W15"),
            ("stime", Cell::Moment(moment)) => {
                let off = f64_of(go::moment(go)) - moment;
                (-2.0..=0.01).contains(&off).then_some("W15, W18")
            }
            ("tty", Cell::Unknown) => go.is_empty().then_some("W13"),
            ("hpid" | "huser" | "hgroup" | "hgroups", _) if go == "?" => {
                // Its first match is by the second number, in the cgroup of the joined process.
                let cgroup = |pid| fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
                let target = self.joined?;
                let levels = kernel::ns_pids(pid).unwrap().len();
                match levels {
                    1 => Some("W5"),
                    _ if self.level > 1 => Some("W1"),
                    _ => (cgroup(pid) != cgroup(target)
                        || kernel::namespace(pid, "pid") != kernel::namespace(target, "pid"))
                    .then_some("W1, W4"),
                }
            }
            (_, Cell::Capabilities(mask)) => {
                // Debian's library ends before the three latest capabilities.
                let (known, rest) = (mask & ((1 << 38) - 1), mask >> 38);
                let mut names = kernel::capabilities(known);
                names.extend((0..rest.count_ones()).map(|_| "unknown".to_owned()));
                (go == names.join(",")).then_some("W24")
            }
            ("hgroups", Cell::Names(_)) => {
                let numbers: Vec<&str> = status["Groups"].split_whitespace().collect();
                (go == numbers.join(",")).then_some("W9")
            }
            ("user" | "ruser" | "group" | "rgroup" | "groups", _) => {
                // The Go library names all by the files of the process that was joined.
                let own_mounts = || {
                    let target = self.joined?;
                    let of = |pid| kernel::namespace(pid, "mnt");
                    (of(target) != of(pid)).then_some("names of the joined process")
                };
                own_user_namespace().then_some("W26").or_else(own_mounts)
            }
            _ => None,
        }
    }
}

fn seccomp(status: &BTreeMap<String, String>) -> &'static str {
    match status["Seccomp"].as_str() {
        "0" => "disabled",
        "1" => "strict",
        "2" => "filter",
        other => panic!("Seccomp: {other}"),
    }
}

fn terminal(device: i64) -> Cell {
    let (major, minor) = (
        (device >> 8) & 0xfff,
        (device & 0xff) | ((device >> 12) & 0xf_ff00),
    );
    let name = match (major, minor) {
        (0, 0) => return Cell::Unknown,
        (136..=143, _) => format!("pts/{}", (major - 136) * 256 + minor),
        (4, 0..=63) => format!("tty{minor}"),
        (4, _) => format!("ttyS{}", minor - 64),
        (5, 1) => "console".to_owned(),
        other => panic!("an unexpected terminal: {other:?}"),
    };
    Cell::Text(name.into_bytes())
}

#[allow(
    clippy::cast_precision_loss,
    reason = "seconds and ticks of a machine's life are exact"
)]
fn f64_of(number: i64) -> f64 {
    number as f64
}

fn seconds(ticks: i64) -> f64 {
    f64_of(ticks) / kernel::ticks()
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

fn within((least, most): (f64, f64), number: f64) -> bool {
    (least..=most).contains(&number)
}

/// Half of the last of three decimals, to either side.
fn share((least, most): (f64, f64), cpu: f64) -> (f64, f64) {
    let percent = |elapsed: f64| 100.0 * cpu / elapsed.max(0.01);
    (percent(most) - 0.0006, percent(least) + 0.0006)
}

impl Cell {
    /// Whether a cell of the JSON answer says this.
    pub(crate) fn is_json(&self, found: &Value, look: Look) -> bool {
        let number = found.as_f64();
        match self {
            Self::Unknown => found.is_null(),
            Self::Number(right) => found.as_i64() == Some(*right),
            Self::Size(kib) => found.as_i64() == Some(kib * 1024),
            Self::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => found == text,
                Err(_) => found.get("b64").is_some(),
            },
            Self::Name(name) => &written(found) == name,
            Self::Names(names) => found
                .as_array()
                .is_some_and(|found| found.iter().map(written).eq(names.iter().cloned())),
            Self::Capabilities(mask) => {
                let names = kernel::capabilities(*mask);
                found
                    .as_array()
                    .is_some_and(|found| found.iter().map(written).eq(names))
            }
            Self::Seconds(right) => number.is_some_and(|found| same(found, *right)),
            Self::Since(start) => number.is_some_and(|found| within(look.since(*start), found)),
            Self::Share { cpu, since } => {
                number.is_some_and(|found| within(share(look.since(*since), *cpu), found))
            }
            Self::Moment(right) => found
                .as_str()
                .and_then(|found| chrono::DateTime::parse_from_rfc3339(found).ok())
                .is_some_and(|found| {
                    let found = f64_of(found.timestamp_micros()) / 1e6;
                    // The kernel gives the moment of boot in whole seconds.
                    (found - right).abs() < 1.01
                }),
        }
    }

    /// Whether a cell of the text answer says this.
    pub(crate) fn is_text(&self, found: &str, look: Look) -> bool {
        match self {
            Self::Unknown => found == "?",
            Self::Number(right) => found == right.to_string(),
            Self::Size(kib) => found == kib.to_string(),
            Self::Text(bytes) => found == escaped(bytes),
            Self::Name(name) => found == name,
            Self::Names(names) => found == names.join(","),
            Self::Capabilities(0) => found == "none",
            Self::Capabilities(mask) => {
                let full = (1 << (kernel::last_capability() + 1)) - 1;
                found
                    == if *mask == full {
                        "full".to_owned()
                    } else {
                        kernel::capabilities(*mask).join(",")
                    }
            }
            Self::Seconds(right) => same(go::seconds(found), *right),
            Self::Since(start) => within(look.since(*start), go::seconds(found)),
            Self::Share { cpu, since } => {
                let decimals = found.split_once('.').map(|(_, decimals)| decimals.len());
                decimals == Some(3)
                    && within(
                        share(look.since(*since), *cpu),
                        found.parse().expect("a number"),
                    )
            }
            Self::Moment(right) => (f64_of(go::moment(found)) - right).abs() < 2.0,
        }
    }
}

/// A number or a word, as text shows it.
fn written(found: &Value) -> String {
    match found {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Bytes as psgo's text shows them.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                c if c.is_ascii_control() => write!(text, "\\x{:02x}", u32::from(c)).unwrap(),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").unwrap();
        }
    }
    text
}
