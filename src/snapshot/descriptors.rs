//! Reading what a process holds open, and its timers.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use super::{
    entry::Pulse,
    needs::Files,
    opened::{Opened, PosixTimer, Slot},
    simple::LINKS,
};
use crate::{
    format::pid::{Fdinfo, LinkKind, Mapping, Maps, Timer, Timers, is_device_path},
    ids::Pid,
    procfs::{Reader, is_too_long},
    socket::{self, Socket},
    sync::lock,
    wait::process_file,
};

/// The sockets of each network namespace, by the target of its link, read when a process of it is
/// the first to have one: one that was made after that is not among them.
#[derive(Debug, Default)]
pub(crate) struct SocketsOf {
    of: Mutex<HashMap<Vec<u8>, Tables>>,
    changed: Condvar,
}

type ByInode = HashMap<u64, Arc<Socket>>;

/// The tables of a network namespace.
#[derive(Debug, Clone)]
enum Tables {
    /// A thread reads them.
    BeingRead,
    Known(Arc<ByInode>),
    /// They did not answer.
    Silent,
}

impl SocketsOf {
    /// Those of the process to which `files` has turned; `None` if they do not answer. A table that
    /// cannot be read has none.
    fn read(&self, files: &mut Reader<'_>, pulse: &Pulse) -> Option<Arc<ByInode>> {
        pulse.at(LINKS);
        let Ok(namespace) = files.link(process_file!("ns/net")) else {
            // A copy need not tell: then nobody is known to share the process's tables.
            pulse.at(Files::SOCKETS);
            return Some(Arc::new(read_tables(files)));
        };
        // Another thread may be reading them, for which this process is not to blame.
        match pulse.aside(|| self.known(&namespace)) {
            Tables::Known(tables) => return Some(tables),
            Tables::Silent => return None,
            Tables::BeingRead => (),
        }
        pulse.at(Files::SOCKETS);
        let tables = Arc::new(read_tables(files));
        lock(&self.of).insert(namespace, Tables::Known(Arc::clone(&tables)));
        self.changed.notify_all();
        Some(tables)
    }

    /// What is known of the namespace, once no other thread reads it. If it is being read, then by
    /// the caller.
    fn known(&self, namespace: &[u8]) -> Tables {
        let mut of = lock(&self.of);
        loop {
            match of.get(namespace) {
                Some(Tables::BeingRead) => {
                    of = self
                        .changed
                        .wait(of)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Some(known) => return known.clone(),
                None => {
                    of.insert(namespace.to_vec(), Tables::BeingRead);
                    return Tables::BeingRead;
                }
            }
        }
    }

    /// Gives up what is being read.
    pub(super) fn give_up(&self) {
        for tables in lock(&self.of).values_mut() {
            if matches!(tables, Tables::BeingRead) {
                *tables = Tables::Silent;
            }
        }
        self.changed.notify_all();
    }
}

/// Reads the tables of sockets of the process to which `files` has turned.
fn read_tables(files: &Reader<'_>) -> ByInode {
    let tables = socket::TABLES.iter().flat_map(|(path, parse)| {
        let table = files.whole(*path).ok();
        table
            .and_then(|bytes| parse(&bytes).ok())
            .unwrap_or_default()
    });
    socket::by_inode(tables.collect())
}

/// Whether `fdinfo` of what the link leads to can make the reader wait: an epoll instance whose
/// lock is held, a tunnel (`rtnl`), a BPF link, or something that a driver answers for.
fn can_block(target: &[u8]) -> bool {
    match LinkKind::of(target) {
        LinkKind::Anonymous(name) => {
            !matches!(name, b"eventfd" | b"timerfd" | b"signalfd" | b"pidfd")
        }
        LinkKind::Inode(..) | LinkKind::Memory => false,
        LinkKind::DmaBuf => true,
        LinkKind::Other => !target.starts_with(b"/") || is_device_path(target),
    }
}

/// Reads what the process holds open to which `files` has turned, whose directory is held; and
/// whether its sockets are known. Of the `wanted` files only those in `asked` are waited for.
pub(crate) fn read(
    files: &mut Reader<'_>,
    wanted: Files,
    asked: Files,
    sockets: &SocketsOf,
    pulse: &Pulse,
) -> io::Result<(Vec<Opened>, bool)> {
    let mut all = Vec::new();
    pulse.at(Files::FDS);
    let mut descriptors = files.descriptors()?;
    // A first thread that has ended has let go of all that its process holds.
    if descriptors.is_empty() && files.turn_to_living_thread() {
        descriptors = files.descriptors()?;
    }
    if wanted.contains(Files::PLACES) {
        for (slot, name) in [
            (Slot::Cwd, process_file!("cwd")),
            (Slot::Root, process_file!("root")),
            (Slot::Exe, process_file!("exe")),
        ] {
            match files.link(name) {
                Ok(target) => all.push(Opened::new(slot, target)),
                Err(error) if is_too_long(&error) => all.push(Opened::new(slot, Vec::new())),
                // A kernel thread has no program, and a zombie has none of them.
                Err(_) => (),
            }
        }
    }
    let mut has_sockets = false;
    for (fd, target) in descriptors {
        let mut opened = Opened::new(Slot::Fd(fd), target);
        let is_timer = wanted.contains(Files::TIMERS) && opened.is_timer();
        let is_wanted = is_timer || wanted.contains(Files::FDINFO);
        if is_wanted && (asked.contains(Files::FDINFO) || !can_block(&opened.target)) {
            pulse.at(Files::FDINFO);
            let info = files.open_held(process_file!("fdinfo/*").entry(fd).name());
            let info = info.and_then(|file| files.bytes(file).map(Fdinfo::parse));
            opened.info = info.ok().and_then(Result::ok);
        }
        has_sockets |= opened.socket_inode().is_some();
        all.push(opened);
    }
    let mut knows_sockets = true;
    if has_sockets && asked.contains(Files::SOCKETS) {
        let sockets = sockets.read(files, pulse);
        knows_sockets = sockets.is_some();
        for opened in &mut all {
            if let (Some(inode), Some(sockets)) = (opened.socket_inode(), &sockets) {
                opened.socket = sockets.get(&inode).cloned();
            }
        }
    }
    if asked.contains(Files::PLACES) {
        pulse.at(Files::PLACES);
        let mut paths: HashSet<Vec<u8>> = HashSet::new();
        // Line by line: a process can make it larger than any file that is read as a whole. Denied,
        // there are none.
        let _ = files.each_line(process_file!("maps"), &mut |line| {
            let mapping = Maps::parse(line).ok();
            let mapping = mapping.as_ref().and_then(|maps| maps.rows.iter().next());
            if let Some(path) = mapping.and_then(mapped_file)
                && !paths.contains(path)
            {
                paths.insert(path.to_vec());
            }
        });
        let mut paths: Vec<_> = paths.into_iter().collect();
        paths.sort_unstable();
        all.extend(paths.into_iter().map(|path| Opened::new(Slot::Map, path)));
    }
    Ok((all, knows_sockets))
}

/// Reads the POSIX timers of the process to which `files` has turned, whose directory is held;
/// `number` tells the numbers of the listing. Not every kernel has the file.
pub(super) fn timers(
    files: &mut Reader<'_>,
    number: impl Fn(Pid) -> Option<Pid>,
) -> Vec<PosixTimer> {
    let timers = files.whole(process_file!("timers")).ok();
    let timers = timers.and_then(|bytes| Timers::parse(&bytes).ok());
    let rows = timers.map(|timers| timers.rows.0).unwrap_or_default();
    let timer = |timer: Timer| PosixTimer {
        timer,
        target: u32::try_from(timer.target_id)
            .ok()
            .and_then(|id| number(Pid::new(id))),
    };
    rows.into_iter().map(timer).collect()
}

/// The file that is mapped there, if it is one.
fn mapped_file(mapping: &Mapping) -> Option<&[u8]> {
    let name = mapping.pathname.name();
    name.filter(|name| name.starts_with(b"/"))
}
