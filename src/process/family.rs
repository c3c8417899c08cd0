//! The parents and the children of a process.

use std::{collections::HashMap, sync::Arc};

use super::{
    cache::{Known, Slot},
    files::FileOf,
    handle::Process,
};
use crate::{
    bytes, error::Result, format::pid::Stat, ids::Pid, procfs::Procfs, wait::process_file,
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
    /// See [`Process`]. Where one of them ends meanwhile, the list ends there.
    #[inline]
    pub fn parents(&self) -> Result<Vec<Self>> {
        let mut parents: Vec<Self> = self.parent()?.into_iter().collect();
        while let Some(last) = parents.last()
            && let Ok(Some(parent)) = last.parent()
        {
            parents.push(parent);
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
                let tree = Tree::of(&proc, pid);
                Ok(tree.below(pid, depth))
            })
        })?;
        let mut all: Vec<_> = all
            .iter()
            .filter_map(|pid| self.inside(pid.get()))
            .collect();
        all.sort_unstable();
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
    fn of(proc: &'a Procfs, pid: Pid) -> Self {
        if proc
            .read(&process_file!("children").of_thread(pid).of(pid))
            .is_ok()
        {
            return Self::Asked(proc);
        }
        let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
        for child in proc.pids().unwrap_or_default() {
            let stat = proc.read(&process_file!("stat").of(child)).ok();
            if let Some(stat) = stat.and_then(|bytes| Stat::parse(&bytes).ok())
                && let Ok(parent) = u32::try_from(stat.ppid)
            {
                children.entry(Pid::new(parent)).or_default().push(child);
            }
        }
        Self::Listed(children)
    }

    #[inline]
    fn children(&self, pid: Pid) -> Vec<Pid> {
        match self {
            Self::Listed(children) => children.get(&pid).cloned().unwrap_or_default(),
            Self::Asked(proc) => {
                let Ok(dir) = proc.process(pid) else {
                    return Vec::new();
                };
                let threads = dir
                    .numbers(process_file!("task"))
                    .unwrap_or_default()
                    .into_iter();
                let files = threads.flat_map(|thread| {
                    let file = dir.whole(process_file!("children").of_thread(thread).name());
                    let file = file.unwrap_or_default();
                    let words = file.split(|&b| b == b' ');
                    words
                        .filter_map(bytes::decimal)
                        .map(Pid::new)
                        .collect::<Vec<_>>()
                });
                files.collect()
            }
        }
    }

    /// All below `pid`, to that depth.
    #[inline]
    fn below(&self, pid: Pid, depth: usize) -> Vec<Pid> {
        let mut all = Vec::new();
        let mut generation = vec![pid];
        for _ in 0..depth {
            generation = generation
                .iter()
                .flat_map(|pid| self.children(*pid))
                .collect();
            if generation.is_empty() {
                break;
            }
            all.extend_from_slice(&generation);
        }
        all
    }
}
