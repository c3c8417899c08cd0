//! The kernel, read by the tests' own few lines: nothing of psgo's is used here.

use std::{
    collections::BTreeMap,
    fs,
    os::{fd::AsRawFd as _, unix::fs::MetadataExt as _},
    path::Path,
};

/// All pids of the host's /proc.
pub(crate) fn pids() -> Vec<i32> {
    let mut pids: Vec<i32> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids
}

/// The lines of `status`, by label.
pub(crate) fn status(pid: i32) -> Option<BTreeMap<String, String>> {
    let text = fs::read(format!("/proc/{pid}/status")).ok()?;
    let text = String::from_utf8_lossy(&text);
    Some(
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(label, value)| (label.to_owned(), value.trim().to_owned()))
            .collect(),
    )
}

/// The numbers of one line of `status`.
pub(crate) fn numbers(status: &BTreeMap<String, String>, label: &str) -> Vec<i64> {
    status.get(label).map_or_else(Vec::new, |value| {
        value
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect()
    })
}

/// The fields of `stat` from the third on; the first here is the state.
pub(crate) fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// A field of `stat` by the number that proc(5) gives it.
pub(crate) fn stat_number(pid: i32, field: usize) -> Option<i64> {
    stat(pid)?.get(field - 3)?.parse().ok()
}

pub(crate) fn start_ticks(pid: i32) -> Option<i64> {
    stat_number(pid, 22)
}

/// The name, without the newline that the kernel puts after it.
pub(crate) fn comm(pid: i32) -> Option<Vec<u8>> {
    let mut comm = fs::read(format!("/proc/{pid}/comm")).ok()?;
    comm.pop();
    Some(comm)
}

pub(crate) fn cmdline(pid: i32) -> Option<Vec<Vec<u8>>> {
    let mut bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    Some(bytes.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect())
}

pub(crate) fn children(pid: i32) -> Vec<i32> {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// The name of a namespace, `pid:[4026531836]`.
pub(crate) fn namespace(pid: i32, kind: &str) -> Option<String> {
    let link = fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok()?;
    Some(link.to_str()?.to_owned())
}

pub(crate) fn own_namespace(kind: &str) -> String {
    let link = fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
    link.to_str().unwrap().to_owned()
}

/// The pids of a process in its namespaces, outermost first.
pub(crate) fn ns_pids(pid: i32) -> Option<Vec<i64>> {
    Some(numbers(&status(pid)?, "NSpid"))
}

/// The inode of the PID namespace `up` levels above that of a process.
#[allow(unsafe_code)]
fn pid_namespace_above(pid: i32, up: usize) -> Option<u64> {
    nix::ioctl_none_bad!(ns_get_parent, 0xb702);
    let mut file = fs::File::open(format!("/proc/{pid}/ns/pid")).ok()?;
    for _ in 0..up {
        // SAFETY: the request takes no argument; its result is a new descriptor that is ours.
        file = unsafe {
            use std::os::fd::FromRawFd as _;
            fs::File::from_raw_fd(ns_get_parent(file.as_raw_fd()).ok()?)
        };
    }
    Some(file.metadata().ok()?.ino())
}

/// The processes that the PID namespace of `target` shows, by the host's numbers.
///
/// In the host's own namespace these are nearly all that run, kernel threads included.
pub(crate) fn visible_in(target: i32) -> Vec<i32> {
    let Some(level) = ns_pids(target).map(|pids| pids.len()) else {
        return Vec::new();
    };
    let wanted = pid_namespace_above(target, 0);
    pids()
        .into_iter()
        .filter(|&pid| {
            // What ends meanwhile has no numbers left and is not seen.
            let depth = ns_pids(pid).map_or(0, |pids| pids.len());
            depth >= level && pid_namespace_above(pid, depth - level) == wanted
        })
        .collect()
}

/// One row of an id map.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) inside: i64,
    pub(crate) outside: i64,
    pub(crate) size: i64,
}

pub(crate) fn id_map(pid: i32, file: &str) -> Vec<Range> {
    fs::read_to_string(format!("/proc/{pid}/{file}"))
        .unwrap_or_default()
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace().map(|word| word.parse().unwrap());
            Range {
                inside: words.next().unwrap(),
                outside: words.next().unwrap(),
                size: words.next().unwrap(),
            }
        })
        .collect()
}

/// A host id as the owner of this map sees it.
pub(crate) fn into(map: &[Range], id: i64) -> i64 {
    map.iter()
        .find(|range| (range.outside..range.outside + range.size).contains(&id))
        .map_or(65534, |range| range.inside + id - range.outside)
}

/// Names by id, of a passwd or group file: the number is the third field in both.
pub(crate) fn names(path: &Path) -> BTreeMap<i64, String> {
    let mut names = BTreeMap::new();
    for line in fs::read_to_string(path).unwrap_or_default().lines() {
        let fields: Vec<&str> = line.split(':').collect();
        if let Some(id) = fields.get(2).and_then(|id| id.parse().ok()) {
            names.entry(id).or_insert_with(|| fields[0].to_owned());
        }
    }
    names
}

/// Seconds since boot, suspended time included.
pub(crate) fn boot_clock() -> f64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).unwrap();
    std::time::Duration::from(now).as_secs_f64()
}

/// The moment of boot, in Unix seconds.
pub(crate) fn boot_time() -> i64 {
    fs::read_to_string("/proc/stat")
        .unwrap()
        .lines()
        .find_map(|line| line.strip_prefix("btime "))
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

/// Ticks of `stat` in a second.
pub(crate) fn ticks() -> f64 {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)
        .unwrap()
        .unwrap();
    f64::from(i32::try_from(ticks).unwrap())
}

/// The capabilities of linux/capability.h in their order there.
pub(crate) const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// The names in a mask as psgo writes them, in alphabetical order.
pub(crate) fn capabilities(mask: u64) -> Vec<String> {
    let mut names: Vec<String> = (0..64)
        .filter(|bit| mask & (1 << bit) != 0)
        .map(|bit| {
            CAPABILITIES
                .get(bit)
                .map_or_else(|| format!("CAP_{bit}"), |&name| name.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// The highest capability of this kernel.
pub(crate) fn last_capability() -> u32 {
    fs::read_to_string("/proc/sys/kernel/cap_last_cap")
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}
