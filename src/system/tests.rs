//! The values of the machine against `free`, `nproc`, `df`, `ss` and `/proc` read by hand.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::fd::AsRawFd as _,
    panic::{self, AssertUnwindSafe},
    process::Command,
    time::{Duration, SystemTime},
};

use super::*;
use crate::{ids::Pid, value::Missing, view::View};

fn host() -> View {
    View::host().unwrap()
}

/// What a command says.
fn said(command: &str, args: &[&str]) -> String {
    let answer = Command::new(command).env("LC_ALL", "C").args(args).output();
    let answer = answer.unwrap_or_else(|error| panic!("{command}: {error}"));
    assert!(answer.status.success(), "{command}: {answer:?}");
    String::from_utf8(answer.stdout).unwrap()
}

/// The numbers of the line that begins with `label`.
fn numbers(text: &str, label: &str) -> Vec<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label));
    let line = line.unwrap_or_else(|| panic!("no {label} in {text}"));
    line.split_whitespace().flat_map(str::parse).collect()
}

/// What is told before and after, between which the truth is.
#[track_caller]
fn between(before: u64, told: u64, after: u64, slack: u64) {
    let (low, high) = (before.min(after), before.max(after));
    let range = low.saturating_sub(slack)..=high.saturating_add(slack);
    assert!(range.contains(&told), "{told} is not in {range:?}");
}

/// Repeats a comparison of what others change meanwhile, which one sample can be too late for; a
/// wrong value is wrong each time.
fn eventually(compare: impl Fn()) {
    for _ in 0..100 {
        if panic::catch_unwind(AssertUnwindSafe(&compare)).is_ok() {
            return;
        }
    }
    compare();
}

#[test]
fn memory_is_as_free_has_it() {
    eventually(compare_memory);
}

fn compare_memory() {
    let free = || said("free", &["-b", "-w"]);
    let (before, memory, swap, after) = (free(), memory(&host()), swap(&host()), free());
    let (memory, swap) = (memory.unwrap(), swap.unwrap());
    // total used free shared buffers cache available
    let (before_memory, after_memory) = (numbers(&before, "Mem:"), numbers(&after, "Mem:"));
    assert_eq!(memory.total, before_memory[0]);
    // Others work meanwhile.
    let slack = memory.total / 10;
    for (at, told) in [
        (1, memory.used),
        (2, memory.free),
        (3, memory.shared),
        (4, memory.buffers),
        (5, memory.cached),
        (6, memory.available),
    ] {
        between(before_memory[at], told, after_memory[at], slack);
    }
    assert!(memory.percent() > 0.0 && memory.percent() <= 100.0);
    let (before, after) = (numbers(&before, "Swap:"), numbers(&after, "Swap:"));
    assert_eq!(swap.total, before[0]);
    between(before[1], swap.used, after[1], slack);
    assert_eq!(swap.used + swap.free, swap.total);
    assert!((0.0..=100.0).contains(&swap.percent()));
}

#[test]
fn a_boot_that_no_clock_can_hold_is_not_understood() {
    let copy = std::env::temp_dir().join(format!("psgo-btime-{}", std::process::id()));
    fs::create_dir_all(&copy).unwrap();
    let stat = |btime: u64| {
        let text = format!("cpu  1 2 3 4 5 6 7 8 9 10\nbtime {btime}\n");
        fs::write(copy.join("stat"), text).unwrap();
        boot_time(&View::at(&copy).unwrap())
    };
    let seven = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
    assert_eq!(stat(7).unwrap(), seven);
    let error = stat(u64::MAX).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::NotUnderstood, "{error}");
    fs::remove_dir_all(copy).unwrap();
}

#[test]
fn each_line_of_meminfo_is_the_right_one() {
    // A copy, so that nothing moves.
    let copy = std::env::temp_dir().join(format!("psgo-memory-{}", std::process::id()));
    fs::create_dir_all(&copy).unwrap();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
    fs::write(copy.join("meminfo"), &meminfo).unwrap();
    let memory = memory(&View::at(&copy).unwrap()).unwrap();
    fs::remove_dir_all(copy).unwrap();
    let bytes = |label: &str| numbers(&meminfo, label)[0] * 1024;
    assert_eq!(memory.total, bytes("MemTotal:"));
    assert_eq!(memory.available, bytes("MemAvailable:"));
    assert_eq!(memory.used, memory.total - memory.available);
    assert_eq!(memory.free, bytes("MemFree:"));
    assert_eq!(memory.active, bytes("Active:"));
    assert_eq!(memory.inactive, bytes("Inactive:"));
    assert_eq!(memory.buffers, bytes("Buffers:"));
    assert_eq!(memory.cached, bytes("Cached:") + bytes("SReclaimable:"));
    assert_eq!(memory.shared, bytes("Shmem:"));
    assert_eq!(memory.slab, bytes("Slab:"));
}

#[test]
fn processors_work_as_proc_says() {
    // The kernel corrects what it took for idle, so these times can go back.
    eventually(compare_times);
}

fn compare_times() {
    let stat = || numbers(&fs::read_to_string("/proc/stat").unwrap(), "cpu ");
    let (before, times, after) = (stat(), cpu_times(&host()).unwrap(), stat());
    let ticks = |time: Duration| u64::try_from(time.as_millis() / 10).unwrap();
    let all = times.all;
    let told = [
        all.user,
        all.nice,
        all.system,
        all.idle,
        all.iowait,
        all.irq,
        all.softirq,
        all.steal,
        all.guest,
        all.guest_nice,
    ];
    for (at, told) in told.into_iter().enumerate() {
        between(before[at], ticks(told), after[at], 0);
    }
}

#[test]
fn processors_are_as_many_as_nproc_says() {
    let view = host();
    let count = cpu_count(&view).unwrap();
    let all: usize = said("nproc", &["--all"]).trim().parse().unwrap();
    let online = said("getconf", &["_NPROCESSORS_ONLN"]);
    assert_eq!(count.logical, online.trim().parse::<usize>().unwrap());
    assert!(count.logical <= all);
    assert!(count.cores.is_none_or(|cores| cores <= count.logical));
    let times = cpu_times(&view).unwrap();
    let all = times.all;
    assert_eq!(times.each.len(), count.logical);
    assert_eq!(all.since(&all), CpuTime::default());
    let whole = Duration::from_secs(4);
    let half = CpuTime {
        user: whole / 2,
        guest: whole / 2,
        idle: whole / 4,
        iowait: whole / 4,
        ..CpuTime::default()
    };
    assert_eq!((half.total(), half.busy()), (whole, whole / 2));
    assert!((half.percent() - 50.0).abs() < 1e-9);
    assert!(CpuTime::default().percent().abs() < 1e-9);
}

#[test]
fn counts_load_and_boot_are_those_of_proc() {
    let view = host();
    let stat = || fs::read_to_string("/proc/stat").unwrap();
    let (before, stats, after) = (stat(), cpu_stats(&view).unwrap(), stat());
    for (label, told) in [
        ("ctxt", stats.context_switches),
        ("intr", stats.interrupts),
        ("softirq", stats.soft_interrupts),
        ("processes", stats.forks),
    ] {
        let number = |text: &str| numbers(text, label)[0];
        between(number(&before), told.unwrap(), number(&after), 0);
    }
    let booted = boot_time(&view).unwrap();
    let since = booted.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    between(
        numbers(&before, "btime")[0],
        since.as_secs(),
        since.as_secs(),
        1,
    );
    eventually(compare_load);
    let load = load(&view).unwrap();
    assert!(load.threads > 0);
    let me = Pid::new(std::process::id());
    assert!(pids(&view).unwrap().contains(&me));
}

fn compare_load() {
    let average = || -> Vec<f64> {
        let text = fs::read_to_string("/proc/loadavg").unwrap();
        text.split(' ').take(3).flat_map(str::parse).collect()
    };
    let (before, load, after) = (average(), load(&host()).unwrap(), average());
    for (at, told) in [load.one, load.five, load.fifteen].into_iter().enumerate() {
        let (low, high) = (before[at].min(after[at]), before[at].max(after[at]));
        assert!(told >= low - 1e-9 && told <= high + 1e-9, "{told}");
    }
}

#[test]
fn disks_and_mounts_are_those_of_the_machine() {
    let view = host();
    let text = || fs::read_to_string("/proc/diskstats").unwrap();
    let (before, disks, after) = (text(), disks(&view).unwrap(), text());
    assert_eq!(disks.len(), before.lines().count());
    for disk in disks {
        let column = |text: &str, at: usize| -> u64 {
            let mut rows = text.lines().map(|line| line.split_whitespace());
            let row = rows.find(|row| row.clone().nth(2) == disk.name.as_str());
            row.unwrap().nth(at).unwrap().parse().unwrap()
        };
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap();
        for (at, told) in [
            (0, disk.device.major.into()),
            (1, disk.device.minor.into()),
            (3, disk.reads),
            (4, disk.merged_reads),
            (5, disk.read_bytes / 512),
            (6, millis(disk.read_time)),
            (7, disk.writes),
            (8, disk.merged_writes),
            (9, disk.written_bytes / 512),
            (10, millis(disk.write_time)),
            (12, millis(disk.busy_time)),
        ] {
            between(column(&before, at), told, column(&after, at), 0);
        }
    }
    let mounts = partitions(&view).unwrap();
    let lines = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.is_empty() && mounts.len().abs_diff(lines.lines().count()) < 20);
    let proc = mounts
        .iter()
        .find(|mount| mount.target.as_bytes() == b"/proc");
    let proc = proc.unwrap();
    assert_eq!(
        (proc.fstype.as_bytes(), proc.is_on_device),
        (&b"proc"[..], false)
    );
}

#[test]
fn space_is_as_df_has_it() {
    for path in ["/", "/proc"] {
        eventually(|| compare_space(path));
    }
    let error = usage(&host(), "/nowhere/at\nall").unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/at\\nall: "), "{error}");
    // Those of this machine are not those of a copy.
    let copy = View::at(std::env::temp_dir()).unwrap();
    let error = usage(&copy, "/").unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Absent, "{error}");
}

fn compare_space(path: &str) {
    let df = || {
        let told = said("df", &["-B1", "--output=size,used,avail", path]);
        let last = told.lines().last().unwrap().to_owned();
        last.split_whitespace()
            .flat_map(str::parse)
            .collect::<Vec<u64>>()
    };
    let (before, usage, after) = (df(), usage(&host(), path).unwrap(), df());
    let slack = usage.total / 10;
    assert_eq!(usage.total, before[0]);
    between(before[1], usage.used, after[1], slack);
    between(before[2], usage.free, after[2], slack);
    assert!((0.0..=100.0).contains(&usage.percent()));
}

#[test]
fn devices_are_those_of_proc() {
    let text = || fs::read_to_string("/proc/net/dev").unwrap();
    let (before, interfaces, after) = (text(), interfaces(&host()).unwrap(), text());
    assert!(
        interfaces
            .iter()
            .any(|device| device.name.as_bytes() == b"lo")
    );
    for interface in interfaces {
        let label = format!("{}:", interface.name);
        let columns = |text: &str| -> Vec<u64> {
            let mut lines = text.lines().map(str::trim_start);
            let line = lines.find_map(|line| line.strip_prefix(&label)).unwrap();
            line.split_whitespace().flat_map(str::parse).collect()
        };
        let (before, after) = (columns(&before), columns(&after));
        for (at, told) in [
            (0, interface.received_bytes),
            (1, interface.received_packets),
            (2, interface.receive_errors),
            (3, interface.receive_drops),
            (8, interface.sent_bytes),
            (9, interface.sent_packets),
            (10, interface.send_errors),
            (11, interface.send_drops),
        ] {
            between(before[at], told, after[at], 0);
        }
    }
}

#[test]
fn a_connection_has_two_ends_and_an_owner() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let end = listener.local_addr().unwrap();
    let stream = TcpStream::connect(end).unwrap();
    let all = connections(&host()).unwrap();
    let of = |state: &str, local| {
        let is_it =
            |c: &&Connection| c.socket.local == Some(local) && c.socket.state == Some(state);
        all.all.iter().find(is_it).unwrap()
    };
    let listening = of("LISTEN", end);
    assert_eq!(
        (listening.socket.protocol, listening.socket.remote),
        ("tcp", None)
    );
    let connected = of("ESTABLISHED", stream.local_addr().unwrap());
    assert_eq!(connected.socket.remote, Some(end));
    let fd = u32::try_from(stream.as_raw_fd()).unwrap();
    let pid = Pid::new(std::process::id());
    assert!(connected.owners.contains(&Owner { pid, fd }));
}

#[test]
fn what_connections_lack_is_told() {
    // A copy of this process alone, with no table of UDP and a descriptor that is no link.
    let own = std::process::id();
    let dir = std::env::temp_dir().join(format!("psgo-connections-{own}"));
    let of_process = dir.join(own.to_string());
    for below in ["net", "fd"] {
        std::fs::create_dir_all(of_process.join(below)).unwrap();
    }
    std::fs::create_dir_all(dir.join("net")).unwrap();
    for name in ["stat", "net/tcp", "net/unix", "net/raw"] {
        let bytes = std::fs::read(format!("/proc/self/{name}")).unwrap();
        std::fs::write(of_process.join(name), &bytes).unwrap();
        if name.starts_with("net") {
            std::fs::write(dir.join(name), bytes).unwrap();
        }
    }
    std::fs::write(of_process.join("fd/9"), "").unwrap();
    let found = connections(&View::at(&dir).unwrap());
    std::fs::remove_dir_all(&dir).unwrap();
    let Connections { outcome, .. } = found.unwrap();
    let partial = outcome.partial.iter();
    let partial: Vec<_> = partial
        .map(|unread| (&*unread.what, unread.why, &unread.pids[..]))
        .collect();
    let own = [Pid::new(own)];
    assert_eq!(
        partial,
        [
            ("fd", Missing::Malformed, &own[..]),
            ("net/udp", Missing::Unsupported, &[])
        ]
    );
}
