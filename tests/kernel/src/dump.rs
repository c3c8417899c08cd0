//! Processes as a `/proc` shows them, read as plainly as can be, and without psgo.

use std::{collections::BTreeMap, fs};

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) ppid: u32,
    pub(crate) pgid: u32,
    pub(crate) sid: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) threads: u32,
    pub(crate) start: u64,
    pub(crate) comm: String,
    /// The command line, blanks for NULs.
    pub(crate) args: String,
}

impl Process {
    /// One process of `/proc`; nothing if it has ended.
    fn read(pid: u32) -> Option<Self> {
        let file = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).ok();
        let status = file("status")?;
        let labels: BTreeMap<&str, &str> = status
            .lines()
            .filter_map(|line| line.split_once(":\t"))
            .collect();
        let number = |label: &str, column: usize| {
            let word = labels.get(label)?.split_whitespace().nth(column)?;
            word.parse::<u32>().ok()
        };
        let stat = file("stat")?;
        let columns: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Self {
            pid,
            ppid: number("PPid", 0)?,
            pgid: columns.get(2)?.parse().ok()?,
            sid: columns.get(3)?.parse().ok()?,
            uid: number("Uid", 1)?,
            gid: number("Gid", 1)?,
            threads: number("Threads", 0)?,
            start: columns.get(19)?.parse().ok()?,
            comm: (*labels.get("Name")?).to_owned(),
            args: file("cmdline")?.replace('\0', " ").trim_end().to_owned(),
        })
    }

    /// All of `/proc`, by pid, but this program.
    pub(crate) fn all() -> Vec<Self> {
        let entries = fs::read_dir("/proc").expect("there is a /proc").flatten();
        let numbers = entries.filter_map(|e| e.file_name().to_str()?.parse().ok());
        let mut all: Vec<Self> = numbers.filter_map(Self::read).collect();
        all.retain(|process| process.comm != "judge");
        all.sort_by_key(|process| process.pid);
        all
    }

    /// One line, which [`parse`](Self::parse) reads.
    pub(crate) fn line(&self) -> String {
        let Self {
            pid,
            ppid,
            pgid,
            sid,
            uid,
            gid,
            threads,
            start,
            comm,
            args,
        } = self;
        format!("{pid}\t{ppid}\t{pgid}\t{sid}\t{uid}\t{gid}\t{threads}\t{start}\t{comm}\t{args}")
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [pid, ppid, pgid, sid, uid, gid, threads, start, comm, args] = columns[..] else {
            return None;
        };
        let number = |text: &str| text.parse::<u32>().ok();
        Some(Self {
            pid: number(pid)?,
            ppid: number(ppid)?,
            pgid: number(pgid)?,
            sid: number(sid)?,
            uid: number(uid)?,
            gid: number(gid)?,
            threads: number(threads)?,
            start: start.parse().ok()?,
            comm: comm.to_owned(),
            args: args.to_owned(),
        })
    }
}
