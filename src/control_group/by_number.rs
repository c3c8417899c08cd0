//! Finding control groups of version 2 by their numbers, which are the inodes of their directories.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    io,
    os::fd::OwnedFd,
};

use nix::fcntl::OFlag;

use super::directory::told;
use crate::{
    format::pid::MountinfoRow,
    sys::{self, Guard},
    value::{Missing, Text},
};

/// No more groups are looked at.
const MOST: usize = 1 << 16;

/// The paths of control groups by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    found: HashMap<u64, Text>,
    /// Why others were not found: there are none, if nothing is said.
    unfound: Missing,
}

impl Paths {
    /// Those with these numbers in the hierarchy of version 2, as far as `mounts` show it: as this process's
    /// cgroup namespace has them.
    pub(crate) fn of(wanted: BTreeSet<u64>, mounts: &[MountinfoRow]) -> io::Result<Self> {
        Self::among(wanted, mounts, MOST)
    }

    /// None of them, and why.
    pub(crate) fn unknown(why: Missing) -> Self {
        Self {
            unfound: why,
            ..Self::default()
        }
    }

    /// The path of the group with that number, or why it is not known.
    pub(crate) fn of_number(&self, number: u64) -> Result<Text, Missing> {
        self.found.get(&number).cloned().ok_or(self.unfound)
    }

    /// The same, where so many groups are looked at.
    fn among(wanted: BTreeSet<u64>, mounts: &[MountinfoRow], most: usize) -> io::Result<Self> {
        let shows = |mount: &&MountinfoRow| {
            let mut parts = mount.root.0.split(|&b| b == b'/');
            *mount.fstype.0 == *b"cgroup2" && parts.all(|part| part != b"..")
        };
        let shown = mounts.iter().filter(shows);
        let Some(mount) = shown.min_by_key(|mount| mount.root.0.len()) else {
            return Ok(Self::default());
        };
        let Some(top) = told(sys::open_directory(
            mount.target.0.as_slice(),
            OFlag::empty(),
        ))?
        else {
            return Ok(Self::default());
        };
        if sys::device_of(&sys::stat(&top)?) != (mount.dev.major, mount.dev.minor) {
            // Something else is mounted over it.
            return Ok(Self::default());
        }
        let root = mount.root.0.strip_suffix(b"/").unwrap_or(&mount.root.0);
        Self::below(&top, root, wanted, most)
    }

    /// Those below the directory `top`, whose own path is `root`.
    fn below(
        top: &OwnedFd,
        root: &[u8],
        mut wanted: BTreeSet<u64>,
        most: usize,
    ) -> io::Result<Self> {
        let mut all = Self::default();
        let top_stat = sys::stat(top)?;
        let mut note = |stat: &sys::Stat, path: &[u8], found: &mut HashMap<u64, Text>| {
            #[allow(clippy::useless_conversion, reason = "some machines have shorter ones")]
            let number: u64 = stat.st_ino.into();
            if stat.st_dev == top_stat.st_dev && wanted.remove(&number) {
                let path = [root, b"/", path].concat();
                found.insert(number, Text::from(&*path));
            }
            wanted.is_empty()
        };
        // By their paths below `top`: to hold them open would take as many descriptors.
        let mut next = VecDeque::from([Vec::new()]);
        let (mut has_all, mut looked_at) = (note(&top_stat, b"", &mut all.found), 1);
        while !has_all && let Some(path) = next.pop_front() {
            let groups = match groups_in(top, &path) {
                Ok(groups) => groups,
                Err(error) => {
                    all.unfound = Missing::because_of(&error);
                    continue;
                }
            };
            for name in groups {
                let path = match &path[..] {
                    [] => name,
                    above => [above, b"/", &name].concat(),
                };
                if looked_at >= most {
                    all.unfound = Missing::Unreadable;
                    return Ok(all);
                }
                looked_at += 1;
                match told(sys::stat_below(top, path.as_slice())) {
                    Ok(Some(stat)) => has_all = note(&stat, &path, &mut all.found),
                    // It was removed meanwhile.
                    Ok(None) => continue,
                    Err(error) => all.unfound = Missing::because_of(&error),
                }
                next.push_back(path);
            }
        }
        Ok(all)
    }
}

/// The names of the groups in that directory; none if it was removed.
fn groups_in(top: &OwnedFd, path: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let path = if path.is_empty() { b"." } else { path };
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    let Some(dir) = told(sys::open_below(top, path, flags, Guard::Trusting))? else {
        return Ok(Vec::new());
    };
    let entries = told(sys::list(dir))?.unwrap_or_default();
    let groups = entries.into_iter().filter(|(name, kind)| {
        *kind == Some(sys::Entry::Directory) && !matches!(&name[..], b"." | b"..")
    });
    Ok(groups.map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt as _};

    use super::*;

    #[test]
    fn groups_are_found_by_the_inodes_of_their_directories() {
        let top = std::env::temp_dir().join(format!("psgo-by-number-{}", std::process::id()));
        fs::create_dir_all(top.join("a/b/c")).unwrap();
        fs::create_dir_all(top.join("d")).unwrap();
        fs::write(top.join("cgroup.procs"), "").unwrap();
        let number = |path: &str| fs::metadata(top.join(path)).unwrap().ino();
        let dir = sys::open_directory(top.as_os_str(), OFlag::empty()).unwrap();
        let find = |paths: &[&str], most| {
            let wanted = paths.iter().map(|path| number(path)).collect();
            let all = Paths::below(&dir, b"/root", wanted, most).unwrap();
            let path = |path: &&str| all.of_number(number(path)).map(|path| path.to_string());
            paths.iter().map(path).collect::<Vec<_>>()
        };
        let found = |path: &str| Ok(path.to_owned());
        assert_eq!(
            find(&["", "a/b/c", "d", "cgroup.procs"], MOST),
            [
                found("/root/"),
                found("/root/a/b/c"),
                found("/root/d"),
                Err(Missing::None)
            ]
        );
        // Where not all are looked at, others may be there.
        assert_eq!(find(&["", "a/b/c"], 3)[1], Err(Missing::Unreadable));
        fs::remove_dir_all(top).unwrap();
    }
}
