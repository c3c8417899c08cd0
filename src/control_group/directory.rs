//! The directories of control groups, and what their files tell.

use std::{io, os::fd::OwnedFd};

use nix::fcntl::OFlag;

use crate::{
    bytes,
    error::{Answer, ErrorKind, kind_of},
    format::{
        Record,
        cgroup::Limit,
        pid::{Cgroup, CgroupRow, MountinfoRow},
    },
    sys::{self, End, Guard},
};

/// A file of a control group is never near so long.
const LIMIT: usize = 64 << 10;

/// From here on version 1 means no limit: as many pages as a number can hold.
pub(crate) const UNLIMITED: u64 = 1 << 62;

/// How deep control groups are followed.
const DEEPEST: usize = 64;

/// The groups of a process, of version 1 by controller.
#[derive(Debug)]
pub(crate) struct Groups {
    pub(crate) memory: Option<Group>,
    pub(crate) pids: Option<Group>,
    pub(crate) cpu: Option<Group>,
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) cpuacct: Option<Group>,
    pub(crate) freezer: Option<Group>,
    /// That of version 2.
    pub(crate) unified: Option<Group>,
}

/// The directories of a control group in one hierarchy, from its own up, and its path there.
#[derive(Debug)]
pub(crate) struct Group {
    dirs: Vec<OwnedFd>,
    path: Vec<u8>,
}

/// What a group may have of something, and has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) max: Option<u64>,
    pub(crate) current: Option<u64>,
    /// The path of the group of which both are told.
    pub(crate) path: Vec<u8>,
}

impl Groups {
    /// The groups of a process, by what `mounts` shows of them. They lie in a file system that others
    /// have too.
    #[inline]
    pub(crate) fn open(cgroups: &Cgroup, mounts: &[MountinfoRow]) -> io::Result<Self> {
        let open = |row: Option<&CgroupRow>| {
            let group = row.map(|row| Group::open(row, mounts));
            group.transpose().map(Option::flatten)
        };
        let of = |controller| open(cgroups.of_controller(controller));
        Ok(Self {
            memory: of("memory")?,
            pids: of("pids")?,
            cpu: of("cpu")?,
            #[cfg(any(test, feature = "runtimes"))]
            cpuacct: of("cpuacct")?,
            freezer: of("freezer")?,
            unified: open(cgroups.unified())?,
        })
    }

    /// Whether its processes stand still, because it or a group above it was frozen; `None` where nothing
    /// tells.
    pub(crate) fn is_frozen(&self) -> io::Result<Option<bool>> {
        let mut is_frozen = None;
        if let Some(group) = &self.freezer
            && let Some(state) = group.bytes(0, "freezer.state")?
        {
            is_frozen = Some(state.trim_ascii_end() != b"THAWED");
        }
        if let Some(group) = &self.unified
            && let Some(frozen) = group.counters(0, "cgroup.events")?.find("frozen")?
        {
            is_frozen = Some(frozen == 1 || is_frozen == Some(true));
        }
        Ok(is_frozen)
    }
}

impl Group {
    /// The group of `row`; `None` where `mounts` does not show its hierarchy, or not this group.
    #[inline]
    pub(crate) fn open(row: &CgroupRow, mounts: &[MountinfoRow]) -> io::Result<Option<Self>> {
        Self::open_from(row, mounts, 0)
    }

    /// The same, without those above it: nothing is told of their limits.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) fn open_alone(row: &CgroupRow, mounts: &[MountinfoRow]) -> io::Result<Option<Self>> {
        Self::open_from(row, mounts, usize::MAX)
    }

    /// The same, from that level on, and its own.
    #[inline]
    fn open_from(
        row: &CgroupRow,
        mounts: &[MountinfoRow],
        from: usize,
    ) -> io::Result<Option<Self>> {
        let shows = |mount: &&MountinfoRow| {
            let kind: &[u8] = &mount.fstype.0;
            if row.hierarchy == 0 {
                return kind == b"cgroup2";
            }
            let mut names = row.controllers.iter();
            kind == b"cgroup"
                && names.all(|name| mount.super_options.iter().any(|option| option == name))
        };
        let Some(mount) = mounts.iter().find(shows) else {
            return Ok(None);
        };
        // Both are as this process's cgroup namespace shows them.
        let Some(path) = below(&row.path.path, &mount.root.0) else {
            return Ok(None);
        };
        let parts = path.split(|&b| b == b'/').filter(|part| !part.is_empty());
        let last = parts.clone().count();
        if last >= DEEPEST {
            return Ok(None);
        }
        let mut at = mount.target.0.clone();
        let mut dirs = Vec::new();
        for (level, part) in std::iter::once(None).chain(parts.map(Some)).enumerate() {
            if let Some(part) = part {
                if part == b".." {
                    return Ok(None);
                }
                at.push(b'/');
                at.extend_from_slice(part);
            }
            if level >= from || level == last {
                match told(sys::open_directory(at.as_slice(), OFlag::empty()))? {
                    Some(dir) => dirs.push(dir),
                    None => return Ok(None),
                }
            }
        }
        dirs.reverse();
        let path = row.path.path.clone();
        Ok(Some(Self { dirs, path }))
    }

    /// A file of its own; `None` where there is no such file.
    pub(crate) fn read<T: Record>(&self, name: &str) -> io::Result<Option<T>> {
        let own = self.dirs.first().map(|dir| read(dir, name));
        own.transpose().map(Option::flatten)
    }

    /// The least that a file tells of it and of all groups above. Without one of them the least is
    /// unknown.
    #[inline]
    pub(crate) fn least(&self, name: &str) -> io::Result<Option<u64>> {
        let limits = self.dirs.iter().map(|dir| number(dir, name));
        let limits: Vec<_> = limits.collect::<io::Result<_>>()?;
        Ok(limits.into_iter().flatten().min())
    }

    /// The least that the file `max` tells, below `unlimited`, and what the same group has by the file
    /// `current`: of the nearest of several. Where there is no limit, what its own group has.
    pub(crate) fn share(&self, max: &str, current: &str, unlimited: u64) -> io::Result<Share> {
        let (least, above) = self.limited(max, unlimited)?;
        let current = self.dirs.get(above).map(|dir| number(dir, current));
        Ok(Share {
            max: least,
            current: current.transpose()?.flatten(),
            path: self.path_of(above),
        })
    }

    /// The least limit that the file `max` tells, below `unlimited`, and how many levels up the group is
    /// that has it; its own group where there is none.
    pub(crate) fn limited(&self, max: &str, unlimited: u64) -> io::Result<(Option<u64>, usize)> {
        let mut least: Option<(u64, usize)> = None;
        for (above, dir) in self.dirs.iter().enumerate() {
            let limit = number(dir, max)?.filter(|limit| *limit < unlimited);
            let limit = limit.map(|limit| (limit, above));
            least = least.into_iter().chain(limit).min();
        }
        let above = least.map_or(0, |(_, above)| above);
        Ok((least.map(|(limit, _)| limit), above))
    }

    /// The path of the group that is so many levels up.
    pub(crate) fn path_of(&self, above: usize) -> Vec<u8> {
        ancestor(&self.path, above).to_vec()
    }

    /// How many levels it and those above it are.
    pub(crate) fn levels(&self) -> usize {
        self.dirs.len()
    }

    /// The number in a file of the group that is so many levels up.
    pub(crate) fn number(&self, above: usize, name: &str) -> io::Result<Option<u64>> {
        let number = self.dirs.get(above).map(|dir| number(dir, name));
        Ok(number.transpose()?.flatten())
    }

    /// The bytes of a file of the group that is so many levels up.
    pub(crate) fn bytes(&self, above: usize, name: &str) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.dirs.get(above).map(|dir| bytes_of(dir, name));
        Ok(bytes.transpose()?.flatten())
    }

    /// The counters of such a file, whose lines are each a name and a number; empty without one.
    pub(crate) fn counters(&self, above: usize, name: &str) -> io::Result<Counters> {
        Ok(Counters(self.bytes(above, name)?.unwrap_or_default()))
    }

    /// The least count of processors that it and all groups above it may have.
    pub(crate) fn least_cpus(
        &self,
        of: impl FnMut(&OwnedFd) -> io::Result<Option<f64>>,
    ) -> io::Result<Option<f64>> {
        let counts: Vec<_> = self.dirs.iter().map(of).collect::<io::Result<_>>()?;
        Ok(counts.into_iter().flatten().reduce(f64::min))
    }
}

/// Names and numbers, a line each: `cpu.stat`, `memory.events`.
#[derive(Debug)]
pub(crate) struct Counters(Vec<u8>);

impl Counters {
    /// The number of that name; `None` where the kernel does not count it.
    pub(crate) fn find(&self, name: &str) -> io::Result<Option<u64>> {
        let mut lines = self.0.split(|&b| b == b'\n');
        let number = lines.find_map(|line| {
            let rest = line.strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b" ")
        });
        let parse = |number| {
            let reason = || io::Error::other(format!("{name} is no number"));
            bytes::decimal(number).ok_or_else(reason)
        };
        number.map(parse).transpose()
    }
}

/// A file of one of the directories; `None` where there is no such file.
pub(crate) fn read<T: Record>(dir: &OwnedFd, name: &str) -> io::Result<Option<T>> {
    let parse = |bytes: Vec<u8>| T::parse(&bytes).map_err(io::Error::other);
    bytes_of(dir, name)?.map(parse).transpose()
}

/// Its bytes; `None` where there is no such file.
fn bytes_of(dir: &OwnedFd, name: &str) -> io::Result<Option<Vec<u8>>> {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let Some(file) = told(sys::open_below(dir, name, flags, Guard::Trusting))? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    // Each is one record (`cftype.seq_show`), which one call returns whole where there is room.
    let read = told(sys::read_to_end(file, &mut bytes, LIMIT, End::Less))?;
    Ok(read.map(|()| bytes))
}

/// `None` where the kernel has no such file: the root has no limits, a group without the controller
/// has no files of it (`ENOENT`), one that was removed has none at all (`ENODEV`), and without
/// accounting no pressure is told (`EOPNOTSUPP`). Any other error leaves it unknown.
pub(super) fn told<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Err(error)
            if Answer::of(&error) == Answer::Gone
                || kind_of(&error) == ErrorKind::Unsupported
                || error.raw_os_error() == Some(libc::ENODEV) =>
        {
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// The number that a file of one of the directories holds; `None` for one without a limit.
fn number(dir: &OwnedFd, name: &str) -> io::Result<Option<u64>> {
    Ok(read::<Limit>(dir, name)?.and_then(|limit| limit.value.number()))
}

/// The path of the group that is so many levels above the one at `path`.
pub(super) fn ancestor(path: &[u8], above: usize) -> &[u8] {
    let mut path = path;
    for _ in 0..above {
        let slash = path.iter().rposition(|&b| b == b'/').unwrap_or(0);
        path = path.get(..slash).unwrap_or_default();
    }
    if path.is_empty() { b"/" } else { path }
}

/// `path` as seen from the directory `root`, if it is below that.
#[inline]
fn below<'a>(path: &'a [u8], root: &[u8]) -> Option<&'a [u8]> {
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let rest = path.strip_prefix(root)?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_limit_and_what_is_used_of_it_are_of_one_group() {
        let top = std::env::temp_dir().join(format!("psgo-groups-{}", std::process::id()));
        let group = |below: &str, max: &str, current: &str| {
            let dir = top.join(below);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("max"), max).unwrap();
            fs::write(dir.join("current"), current).unwrap();
            sys::open_directory(dir.as_os_str(), OFlag::empty()).unwrap()
        };
        // Its own group has no limit and uses nothing, as that of `init.scope` in a container.
        let dirs = vec![
            group("a/b/c", "max\n", "0\n"),
            group("a/b", "500\n", "70\n"),
            group("a", "500\n", "80\n"),
            group("", "900\n", "90\n"),
        ];
        let path = b"/a/b/c".to_vec();
        let mut group = Group { dirs, path };
        let share = |group: &Group| group.share("max", "current", u64::MAX).unwrap();
        let of = |max, current, path: &[u8]| Share {
            max,
            current: Some(current),
            path: path.to_vec(),
        };
        assert_eq!(share(&group), of(Some(500), 70, b"/a/b"));
        // A limit further out that is less is what holds.
        fs::write(top.join("max"), "100\n").unwrap();
        assert_eq!(share(&group), of(Some(100), 90, b"/"));
        let unlimited = group.share("max", "current", 50).unwrap();
        assert_eq!(unlimited, of(None, 0, b"/a/b/c"));
        group.dirs.truncate(1);
        assert_eq!(share(&group), of(None, 0, b"/a/b/c"));
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn a_limit_that_is_not_understood_is_no_lack_of_one() {
        let top = std::env::temp_dir().join(format!("psgo-limits-{}", std::process::id()));
        let group = |below: &str, max: &str| {
            let dir = top.join(below);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("max"), max).unwrap();
            sys::open_directory(dir.as_os_str(), OFlag::empty()).unwrap()
        };
        let dirs = vec![group("a", "500\n"), group("", "900\n")];
        let path = b"/a".to_vec();
        let group = Group { dirs, path };
        assert_eq!(group.least("max").unwrap(), Some(500));
        assert_eq!(group.least("absent").unwrap(), None);
        fs::write(top.join("max"), "??\n").unwrap();
        assert!(group.least("max").is_err());
        assert!(group.share("max", "current", u64::MAX).is_err());
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn a_counter_is_found_by_its_whole_name() {
        let counters = Counters(b"oom 1\noom_kill 2\nmax x\n".to_vec());
        assert_eq!(counters.find("oom").unwrap(), Some(1));
        assert_eq!(counters.find("oom_kill").unwrap(), Some(2));
        assert_eq!(counters.find("oom_group_kill").unwrap(), None);
        assert!(counters.find("max").is_err());
    }

    #[test]
    fn a_group_is_found_below_what_is_mounted() {
        assert_eq!(below(b"/a/b", b"/"), Some(&b"/a/b"[..]));
        assert_eq!(below(b"/", b"/"), Some(&b"/"[..]));
        assert_eq!(below(b"/a/b", b"/a"), Some(&b"/b"[..]));
        assert_eq!(below(b"/ab", b"/a"), None);
        assert_eq!(below(b"/a", b"/a"), Some(&b""[..]));
    }
}
