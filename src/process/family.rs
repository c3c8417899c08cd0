//! The parents and the children of a process.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::Arc,
};

use super::{
    cache::{Known, Slot},
    files::FileOf,
    handle::Process,
};
use crate::{
    bytes,
    error::{Answer, ErrorKind, Result, kind_of},
    format::pid::Stat,
    ids::Pid,
    procfs::Procfs,
    sorting::{sort, sort_by},
    value::Text,
    wait::process_file,
};

/// How deep a tree of processes is followed.
const DEEPEST: usize = 1 << 16;

impl Process {
    /// The number of its parent (`ppid` of `stat`); `None` if it has none in the view, as the first
    /// process of a PID namespace.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn ppid(&self) -> Result<Option<Pid>> {
        let ppid = u32::try_from(self.stat()?.ppid).unwrap_or(0);
        Ok(self.inside(ppid))
    }

    /// Its parent, held; `None` if it has none in the view.
    ///
    /// # Errors
    ///
    /// See [`Process`]; and those of [holding](crate::View::process) the parent.
    #[inline]
    pub fn parent(&self) -> Result<Option<Self>> {
        let Some(ppid) = self.ppid()? else {
            return Ok(None);
        };
        let parent = self.view.process_with(ppid, Arc::clone(&self.worker))?;
        // A parent is older than its child; a younger process only has its number.
        Ok((parent.start <= self.start).then_some(parent))
    }

    /// Its parent, the parent of that, and so on to the first.
    ///
    /// # Errors
    ///
    /// See [`Process`]; and those of [holding](crate::View::process) each of them. Where one of them
    /// ends meanwhile, the list ends there.
    #[inline]
    pub fn parents(&self) -> Result<Vec<Self>> {
        let mut parents: Vec<Self> = self.parent()?.into_iter().collect();
        while let Some(last) = parents.last() {
            match last.parent() {
                Ok(Some(parent)) => parents.push(parent),
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::Gone => break,
                Err(error) => return Err(error),
            }
        }
        Ok(parents)
    }

    /// The processes that it started and that are still there, by number.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn children(&self) -> Result<Vec<Pid>> {
        self.descent(1, |known| &mut known.children)
    }

    /// Its children by number, with the names that the kernel has; without one of a child whose name may
    /// not be read.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn named_children(&self) -> Result<Vec<(Pid, Option<Text>)>> {
        self.stat()?;
        let (proc, pid) = (Arc::clone(self.procfs()), self.read);
        let all = self.once(
            |known| &mut known.named_children,
            || {
                self.ask(&FileOf::process("task"), move |_| {
                    let children = Tree::of(&proc, pid)?.below(pid, 1)?;
                    let mut named = Vec::with_capacity(children.len());
                    for child in children {
                        match still_there(proc.read(&process_file!("comm").of(child))) {
                            Ok(Some(name)) => {
                                let name = name.strip_suffix(b"\n").unwrap_or(&name);
                                named.push((child, Some(Text::from(name))));
                            }
                            Ok(None) => {}
                            Err(error) if kind_of(&error) == ErrorKind::Denied => {
                                named.push((child, None));
                            }
                            Err(error) => return Err(error),
                        }
                    }
                    if !named.is_empty() {
                        // A number that another process has by now is none of its children's.
                        let still: HashSet<_> =
                            Tree::of(&proc, pid)?.below(pid, 1)?.into_iter().collect();
                        named.retain(|(child, _)| still.contains(child));
                    }
                    Ok(named)
                })
            },
        )?;
        let seen = |(child, name): (Pid, _)| Some((self.inside(child.get())?, name));
        let mut all: Vec<_> = all.into_iter().filter_map(seen).collect();
        sort_by(&mut all, |(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    /// Its children, theirs, and so on, by number.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn descendants(&self) -> Result<Vec<Pid>> {
        self.descent(DEEPEST, |known| &mut known.descendants)
    }

    #[inline]
    fn descent(
        &self,
        depth: usize,
        slot: fn(&mut Known) -> &mut Slot<Vec<Pid>>,
    ) -> Result<Vec<Pid>> {
        self.stat()?;
        let (proc, pid) = (Arc::clone(self.procfs()), self.read);
        let all = self.once(slot, || {
            self.ask(&FileOf::process("task"), move |_| {
                let tree = Tree::of(&proc, pid)?;
                tree.below(pid, depth)
            })
        })?;
        let mut all: Vec<_> = all
            .iter()
            .filter_map(|pid| self.inside(pid.get()))
            .collect();
        sort(&mut all);
        Ok(all)
    }
}

/// Which processes are the children of which.
enum Tree<'a> {
    /// The kernel is asked (`task/TID/children`, 3.5, with `CONFIG_PROC_CHILDREN`).
    Asked(&'a Procfs),
    /// By the parents of all.
    Listed(HashMap<Pid, Vec<Pid>>),
}

impl<'a> Tree<'a> {
    #[inline]
    fn of(proc: &'a Procfs, pid: Pid) -> io::Result<Self> {
        if proc
            .read(&process_file!("children").of_thread(pid).of(pid))
            .is_ok()
        {
            return Ok(Self::Asked(proc));
        }
        let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
        for child in proc.pids().map_err(io::Error::other)? {
            let stat = match proc.read(&process_file!("stat").of(child)) {
                // It is not seen here, as where processes are hidden.
                Err(error) if kind_of(&error) == ErrorKind::Denied => continue,
                stat => still_there(stat)?,
            };
            let Some(stat) = stat else { continue };
            let stat = Stat::parse(&stat).map_err(io::Error::other)?;
            if let Ok(parent) = u32::try_from(stat.ppid) {
                children.entry(Pid::new(parent)).or_default().push(child);
            }
        }
        Ok(Self::Listed(children))
    }

    #[inline]
    fn children(&self, pid: Pid) -> io::Result<Vec<Pid>> {
        match self {
            Self::Listed(children) => Ok(children.get(&pid).cloned().unwrap_or_default()),
            Self::Asked(proc) => {
                let mut all = Vec::new();
                let Some(dir) = still_there(proc.process(pid))? else {
                    return Ok(all);
                };
                let threads = still_there(dir.numbers(process_file!("task")))?;
                for thread in threads.unwrap_or_default() {
                    let file = dir.whole(process_file!("children").of_thread(thread).name());
                    let file = still_there(file)?.unwrap_or_default();
                    let words = file.split(|&b| b == b' ');
                    all.extend(words.filter_map(bytes::decimal).map(Pid::new));
                }
                Ok(all)
            }
        }
    }

    /// All below `pid`, to that depth.
    #[inline]
    fn below(&self, pid: Pid, depth: usize) -> io::Result<Vec<Pid>> {
        let mut all = Vec::new();
        let mut generation = vec![pid];
        for _ in 0..depth {
            let mut next = Vec::new();
            for pid in &generation {
                next.append(&mut self.children(*pid)?);
            }
            generation = next;
            if generation.is_empty() {
                break;
            }
            all.extend_from_slice(&generation);
        }
        Ok(all)
    }
}

/// What was read of a process; `None` if it has ended.
fn still_there<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Err(error) if Answer::of(&error) == Answer::Gone => Ok(None),
        read => read.map(Some),
    }
}
