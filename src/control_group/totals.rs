//! `Totals`: what the control group of a container has used, as the kernel sums it.

use std::{collections::HashMap, io, thread, time::Duration};

use super::{
    directory::{Group, Groups, ancestor},
    figures::{self, Figure, MEMORY_OF_FIRST, MEMORY_OF_SECOND, MemoryFiles, figure, percent, why},
};
use crate::{
    bytes,
    format::pid::{Cgroup, CgroupRow, Mountinfo, MountinfoRow},
    value::Missing,
};

bitflags::bitflags! {
    /// What is asked of a control group.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Asked: u8 {
        const MEMORY = 1;
        const CPU = 1 << 1;
        const IO = 1 << 2;
        /// Kills, throttling, freezing.
        const EVENTS = 1 << 3;
    }
}

/// What is mounted where, and the limits of groups that several have above them.
#[derive(Debug)]
struct Mounted<'a> {
    mounts: &'a Mountinfo,
    /// The least limit of memory of a group and of those above it, by the path of the group.
    limits: HashMap<Vec<u8>, Option<u64>>,
}

impl<'a> Mounted<'a> {
    fn new(mounts: &'a Mountinfo) -> Self {
        Self {
            mounts,
            limits: HashMap::new(),
        }
    }

    /// The least limit of all groups above that of `row`.
    fn limit_above(&mut self, row: &CgroupRow, files: &MemoryFiles) -> io::Result<Option<u64>> {
        let path = &*row.path.path;
        if path == b"/" {
            return Ok(None);
        }
        let above = ancestor(path, 1);
        if let Some(limit) = self.limits.get(above) {
            return Ok(*limit);
        }
        let mut outer = row.clone();
        outer.path.path.truncate(above.len());
        let group = Group::open(&outer, &self.mounts.rows)?;
        let limit = group
            .map(|group| group.limited(files.max, files.unlimited))
            .transpose()?;
        let limit = limit.and_then(|(limit, _)| limit);
        self.limits.insert(above.to_vec(), limit);
        Ok(limit)
    }
}

/// What the control group of a container has used; what was not asked is unknown. Each figure is by
/// version 1 where that has the controller, and by version 2 otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Totals {
    /// Memory in bytes, without the cache of files that were not used lately.
    pub(crate) memory: Figure<u64>,
    /// The same, with that cache.
    pub(crate) memory_usage: Figure<u64>,
    /// The least limit of memory of its own and of all groups above, in bytes.
    pub(crate) memory_limit: Figure<u64>,
    /// Processor time of all processes that were ever in it.
    pub(crate) cpu: Figure<Duration>,
    /// For how long its processors were throttled, all together.
    pub(crate) throttled: Figure<Duration>,
    /// How many of its processes were killed for want of memory.
    pub(crate) oom_kills: Figure<u64>,
    /// Bytes read from devices.
    pub(crate) read: Figure<u64>,
    /// Bytes written to devices.
    pub(crate) written: Figure<u64>,
    /// Whether its processes stand still.
    pub(crate) is_frozen: Figure<bool>,
}

impl Totals {
    /// All unknown for one reason.
    pub(crate) fn unknown(why: Missing) -> Self {
        Self {
            memory: Err(why),
            memory_usage: Err(why),
            memory_limit: Err(why),
            cpu: Err(why),
            throttled: Err(why),
            oom_kills: Err(why),
            read: Err(why),
            written: Err(why),
            is_frozen: Err(why),
        }
    }

    /// Reads what is asked of each of these groups, with so many threads beside this one.
    pub(crate) fn of_all(
        all: &[Option<Cgroup>],
        mounts: &Mountinfo,
        asked: Asked,
        helpers: usize,
    ) -> Vec<Option<Self>> {
        /// A thread takes some 50 µs, a group half of that.
        const LEAST: usize = 32;
        let read = |part: &[Option<Cgroup>]| {
            let mut mounted = Mounted::new(mounts);
            let of = |groups: &Option<Cgroup>| {
                let groups = groups.as_ref();
                groups.map(|groups| Self::of(groups, &mut mounted, asked))
            };
            part.iter().map(of).collect::<Vec<_>>()
        };
        let size = all.len().div_ceil(helpers + 1).max(LEAST);
        thread::scope(|scope| {
            let mut parts = all.chunks(size);
            let own = parts.next().unwrap_or_default();
            let help = |part| {
                let builder = thread::Builder::new();
                let helper = builder.spawn_scoped(scope, move || read(part));
                (part, helper.ok())
            };
            let helpers: Vec<_> = parts.map(help).collect();
            let mut totals = read(own);
            for (part, helper) in helpers {
                // Without one it takes longer.
                let read_there = helper.and_then(|helper| helper.join().ok());
                totals.extend(read_there.unwrap_or_else(|| read(part)));
            }
            totals
        })
    }

    /// Reads what is asked.
    fn of(cgroups: &Cgroup, mounted: &mut Mounted<'_>, asked: Asked) -> Self {
        match open(cgroups, &mounted.mounts.rows, asked) {
            Ok((groups, io)) => {
                let mut totals = Self::in_groups(&groups, io.as_ref(), asked);
                if asked.contains(Asked::MEMORY) {
                    totals.read_memory(&groups, cgroups, mounted);
                }
                totals
            }
            Err(error) => Self::unknown(why(&error)),
        }
    }

    fn in_groups(groups: &Groups, blkio: Option<&Group>, asked: Asked) -> Self {
        let mut totals = Self::unknown(Missing::None);
        if asked.contains(Asked::CPU) {
            totals.cpu = figure(figures::cpu(groups));
        }
        if asked.contains(Asked::IO) {
            match io(groups, blkio) {
                Ok(Some((read, written))) => {
                    (totals.read, totals.written) = (Ok(read), Ok(written));
                }
                Ok(None) => {}
                Err(error) => (totals.read, totals.written) = (Err(why(&error)), Err(why(&error))),
            }
        }
        if asked.contains(Asked::EVENTS) {
            totals.throttled = figure(figures::throttled(groups));
            totals.oom_kills = figure(oom_kills(groups));
            totals.is_frozen = figure(groups.is_frozen());
        }
        totals
    }

    fn read_memory(&mut self, groups: &Groups, cgroups: &Cgroup, mounted: &mut Mounted<'_>) {
        let mut read = |group: &Group, row: Option<&CgroupRow>, files: &MemoryFiles| {
            let Some(usage) = group.number(0, files.current)? else {
                return Ok(None);
            };
            let stat = group.counters(0, "memory.stat")?;
            let cache = stat.find(files.cache)?.unwrap_or(0);
            let least = files.least.map(|name| stat.find(name));
            let limit = match least.transpose()?.flatten() {
                Some(least) => Some(least),
                None => {
                    let own = group.number(0, files.max)?;
                    let above = row.map(|row| mounted.limit_above(row, files));
                    own.into_iter().chain(above.transpose()?.flatten()).min()
                }
            };
            let limit = limit.filter(|limit| *limit < files.unlimited);
            Ok::<_, io::Error>(Some((usage, cache, limit)))
        };
        let of_first = groups.memory.as_ref().map(|group| {
            let row = cgroups.of_controller("memory");
            read(group, row, &MEMORY_OF_FIRST)
        });
        let mut found = of_first.transpose().map(Option::flatten);
        // A controller is in one hierarchy alone.
        if let (Ok(None), Some(group)) = (&found, &groups.unified) {
            found = read(group, cgroups.unified(), &MEMORY_OF_SECOND);
        }
        match found {
            Ok(Some((usage, cache, limit))) => {
                self.memory = Ok(usage.saturating_sub(cache));
                self.memory_usage = Ok(usage);
                self.memory_limit = limit.ok_or(Missing::None);
            }
            Ok(None) => {}
            Err(error) => {
                let why = why(&error);
                (self.memory, self.memory_usage, self.memory_limit) =
                    (Err(why), Err(why), Err(why));
            }
        }
    }

    /// Memory in percent of the limit.
    pub(crate) fn memory_percent(&self) -> Figure<f64> {
        percent(self.memory?, self.memory_limit?)
    }
}

/// The groups that tell what is asked, and that of devices.
fn open(
    cgroups: &Cgroup,
    mounts: &[MountinfoRow],
    asked: Asked,
) -> io::Result<(Groups, Option<Group>)> {
    let open = |is_asked: bool, row: Option<&CgroupRow>| {
        let row = row.filter(|_| is_asked);
        let group = row.map(|row| Group::open_alone(row, mounts));
        group.transpose().map(Option::flatten)
    };
    let of = |is_asked, controller| open(is_asked, cgroups.of_controller(controller));
    let groups = Groups {
        memory: of(asked.intersects(Asked::MEMORY | Asked::EVENTS), "memory")?,
        pids: None,
        cpu: of(asked.contains(Asked::EVENTS), "cpu")?,
        cpuacct: of(asked.contains(Asked::CPU), "cpuacct")?,
        freezer: of(asked.contains(Asked::EVENTS), "freezer")?,
        unified: None,
    };
    let blkio = of(asked.contains(Asked::IO), "blkio")?;
    // Where all controllers that are asked are in hierarchies of their own, it tells nothing more.
    let lacks = (asked.contains(Asked::MEMORY) && groups.memory.is_none())
        || (asked.contains(Asked::CPU) && groups.cpuacct.is_none())
        || (asked.contains(Asked::IO) && blkio.is_none())
        || asked.contains(Asked::EVENTS);
    let groups = Groups {
        unified: open(lacks, cgroups.unified())?,
        ..groups
    };
    Ok((groups, blkio))
}

fn oom_kills(groups: &Groups) -> io::Result<Option<u64>> {
    if let Some(group) = &groups.memory
        && let Some(kills) = group.counters(0, "memory.oom_control")?.find("oom_kill")?
    {
        return Ok(Some(kills));
    }
    match &groups.unified {
        Some(group) => group.counters(0, "memory.events")?.find("oom_kill"),
        None => Ok(None),
    }
}

/// Bytes read and written.
fn io(groups: &Groups, blkio: Option<&Group>) -> io::Result<Option<(u64, u64)>> {
    if let Some(group) = blkio {
        // KERNEL(4.16): the one that counts the groups below.
        for file in [
            "blkio.throttle.io_service_bytes_recursive",
            "blkio.throttle.io_service_bytes",
        ] {
            if let Some(bytes) = group.bytes(0, file)? {
                return sum_of_first(&bytes).map(Some);
            }
        }
    }
    let Some(group) = &groups.unified else {
        return Ok(None);
    };
    let bytes = group.bytes(0, "io.stat")?;
    bytes.map(|bytes| sum_of_second(&bytes)).transpose()
}

fn number(word: &[u8]) -> io::Result<u64> {
    bytes::decimal(word).ok_or_else(|| io::Error::other("not a number"))
}

/// `8:0 Read 4096`, a line for each device and kind; a device that has read nothing has no line.
fn sum_of_first(file: &[u8]) -> io::Result<(u64, u64)> {
    let (mut read, mut written) = (0_u64, 0_u64);
    for line in file.split(|&b| b == b'\n') {
        let words: Vec<_> = line.split(|&b| b == b' ').collect();
        match words.as_slice() {
            [_, b"Read", count] => read = read.saturating_add(number(count)?),
            [_, b"Write", count] => written = written.saturating_add(number(count)?),
            _ => {}
        }
    }
    Ok((read, written))
}

/// `8:0 rbytes=4096 wbytes=0 …`, a line for each device.
fn sum_of_second(file: &[u8]) -> io::Result<(u64, u64)> {
    let (mut read, mut written) = (0_u64, 0_u64);
    for word in file.split(|b| matches!(b, b'\n' | b' ')) {
        if let Some(count) = word.strip_prefix(b"rbytes=") {
            read = read.saturating_add(number(count)?);
        } else if let Some(count) = word.strip_prefix(b"wbytes=") {
            written = written.saturating_add(number(count)?);
        }
    }
    Ok((read, written))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// A directory with made hierarchies, and what is mounted there.
    fn made(
        files: &[(&str, &str)],
        mounts: &[(&str, &str, &str)],
    ) -> (std::path::PathBuf, Mountinfo) {
        use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Relaxed);
        let top = std::env::temp_dir().join(format!("psgo-totals-{}-{number}", std::process::id()));
        for (path, text) in files {
            let path = top.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let line = |(dir, kind, options): &(&str, &str, &str)| {
            let at = top.join(dir);
            format!(
                "30 1 0:26 / {} rw - {kind} cgroup rw{options}\n",
                at.display()
            )
        };
        let text: String = mounts.iter().map(line).collect();
        (top, Mountinfo::parse(text.as_bytes()).unwrap())
    }

    fn totals(dir: &Path, mounts: &Mountinfo, cgroup: &str) -> Totals {
        let groups = Cgroup::parse(cgroup.as_bytes()).unwrap();
        let totals = Totals::of(&groups, &mut Mounted::new(mounts), Asked::all());
        fs::remove_dir_all(dir).unwrap();
        totals
    }

    #[test]
    fn a_container_has_what_version_2_sums() {
        let (dir, mounts) = made(
            &[
                ("u/a/memory.max", "4096000\n"),
                ("u/a/c/memory.max", "max\n"),
                ("u/a/c/memory.current", "3000000\n"),
                ("u/a/c/memory.stat", "anon 1\ninactive_file 1000000\n"),
                ("u/a/c/memory.events", "low 0\noom 4\noom_kill 3\n"),
                (
                    "u/a/c/cpu.stat",
                    "usage_usec 1500000\nthrottled_usec 250000\n",
                ),
                (
                    "u/a/c/io.stat",
                    "8:0 rbytes=100 wbytes=7 rios=1\n8:16 rbytes=11 wbytes=0\n",
                ),
                ("u/a/c/cgroup.events", "populated 1\nfrozen 1\n"),
            ],
            &[("u", "cgroup2", "")],
        );
        let totals = totals(&dir, &mounts, "0::/a/c\n");
        assert_eq!(totals.memory, Ok(2_000_000));
        assert_eq!(totals.memory_usage, Ok(3_000_000));
        assert_eq!(totals.memory_limit, Ok(4_096_000));
        assert_eq!(totals.memory_percent(), Ok(48.828_125));
        assert_eq!(totals.cpu, Ok(Duration::from_millis(1500)));
        assert_eq!(totals.throttled, Ok(Duration::from_millis(250)));
        assert_eq!(totals.oom_kills, Ok(3));
        assert_eq!((totals.read, totals.written), (Ok(111), Ok(7)));
        assert_eq!(totals.is_frozen, Ok(true));
    }

    #[test]
    fn where_version_1_has_the_controllers_it_tells() {
        let (dir, mounts) = made(
            &[
                ("m/c/memory.limit_in_bytes", "9223372036854771712\n"),
                ("m/c/memory.usage_in_bytes", "5000\n"),
                (
                    "m/c/memory.stat",
                    "inactive_file 1\ntotal_inactive_file 6000\n",
                ),
                ("m/c/memory.oom_control", "under_oom 0\noom_kill 2\n"),
                ("a/c/cpuacct.usage", "42\n"),
                (
                    "b/c/blkio.throttle.io_service_bytes_recursive",
                    "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\n8:16 Read 1\nTotal 12\n",
                ),
                ("f/c/freezer.state", "THAWED\n"),
                ("u/c/cgroup.events", "populated 1\nfrozen 0\n"),
            ],
            &[
                ("m", "cgroup", ",memory"),
                ("a", "cgroup", ",cpuacct"),
                ("b", "cgroup", ",blkio"),
                ("f", "cgroup", ",freezer"),
                ("u", "cgroup2", ""),
            ],
        );
        let totals = totals(
            &dir,
            &mounts,
            "5:freezer:/c\n4:blkio:/c\n3:cpuacct:/c\n2:memory:/c\n0::/c\n",
        );
        assert_eq!((totals.memory, totals.memory_usage), (Ok(0), Ok(5000)));
        assert_eq!(totals.memory_limit, Err(Missing::None));
        assert_eq!(totals.cpu, Ok(Duration::from_nanos(42)));
        assert_eq!(totals.throttled, Err(Missing::None));
        assert_eq!(totals.oom_kills, Ok(2));
        assert_eq!((totals.read, totals.written), (Ok(6), Ok(6)));
        assert_eq!(totals.is_frozen, Ok(false));
    }

    #[test]
    fn what_no_controller_tells_is_unknown() {
        let (dir, mounts) = made(
            &[("u/c/cgroup.procs", ""), ("u/c/io.stat", "8:0 rbytes=x\n")],
            &[("u", "cgroup2", "")],
        );
        let totals = totals(&dir, &mounts, "0::/c\n");
        assert_eq!(totals.memory, Err(Missing::None));
        assert_eq!(totals.cpu, Err(Missing::None));
        assert_eq!(totals.read, Err(Missing::Unreadable));
    }
}
