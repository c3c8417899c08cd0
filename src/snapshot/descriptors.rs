//! Reading what a process holds open, and its timers.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::{Arc, Mutex, OnceLock},
};

use super::{
    needs::Files,
    opened::{Opened, PosixTimer, Slot},
};
use crate::{
    format::pid::{Fdinfo, Mapping, Maps, Timer, Timers},
    ids::Pid,
    procfs::{Reader, is_too_long},
    socket::{self, Socket},
    sync::lock,
};

/// The sockets of each network namespace, read when a process of it is the first to have one: one
/// that was made after that is not among them.
#[derive(Debug, Default)]
pub(crate) struct SocketsOf(Mutex<HashMap<Vec<u8>, Arc<OnceLock<ByInode>>>>);

type ByInode = HashMap<u64, Arc<Socket>>;

impl SocketsOf {
    /// Those of the process to which `files` has turned. A table that cannot be read has none.
    fn read(&self, files: &mut Reader<'_>) -> Arc<OnceLock<ByInode>> {
        let sockets = match files.link("ns/net") {
            Ok(namespace) => Arc::clone(lock(&self.0).entry(namespace).or_default()),
            // A copy need not tell: then nobody is known to share the process's tables.
            Err(_) => Arc::default(),
        };
        sockets.get_or_init(|| {
            let tables = socket::TABLES.iter().flat_map(|(path, parse)| {
                let table = files.whole(path).ok();
                table
                    .and_then(|bytes| parse(&bytes).ok())
                    .unwrap_or_default()
            });
            socket::by_inode(tables.collect())
        });
        sockets
    }
}

/// Reads what the process holds open to which `files` has turned, whose directory is held.
pub(crate) fn read(
    files: &mut Reader<'_>,
    wanted: Files,
    sockets: &SocketsOf,
) -> io::Result<Vec<Opened>> {
    let mut all = Vec::new();
    let mut descriptors = files.descriptors()?;
    // A first thread that has ended has let go of all that its process holds.
    if descriptors.is_empty() && files.turn_to_living_thread() {
        descriptors = files.descriptors()?;
    }
    if wanted.contains(Files::PLACES) {
        for (slot, name) in [(Slot::Cwd, "cwd"), (Slot::Root, "root"), (Slot::Exe, "exe")] {
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
        if is_timer || wanted.contains(Files::FDINFO) {
            let info = files.open_held(&format!("fdinfo/{fd}"));
            let info = info.and_then(|file| files.bytes(file).map(Fdinfo::parse));
            opened.info = info.ok().and_then(Result::ok);
        }
        has_sockets |= opened.socket_inode().is_some();
        all.push(opened);
    }
    if has_sockets && wanted.contains(Files::SOCKETS) {
        let sockets = sockets.read(files);
        for opened in &mut all {
            if let (Some(inode), Some(sockets)) = (opened.socket_inode(), sockets.get()) {
                opened.socket = sockets.get(&inode).cloned();
            }
        }
    }
    if wanted.contains(Files::PLACES) {
        let mut paths = BTreeSet::new();
        // Line by line: a process can make it larger than any file that is read as a whole. Denied,
        // there are none.
        let _ = files.each_line("maps", &mut |line| {
            let mapping = Maps::parse(line).ok();
            let mapping = mapping.as_ref().and_then(|maps| maps.rows.iter().next());
            if let Some(path) = mapping.and_then(mapped_file)
                && !paths.contains(path)
            {
                paths.insert(path.to_vec());
            }
        });
        all.extend(paths.into_iter().map(|path| Opened::new(Slot::Map, path)));
    }
    Ok(all)
}

/// Reads the POSIX timers of the process to which `files` has turned, whose directory is held;
/// `number` tells the numbers of the listing. Not every kernel has the file.
pub(super) fn timers(
    files: &mut Reader<'_>,
    number: impl Fn(Pid) -> Option<Pid>,
) -> Vec<PosixTimer> {
    let timers = files.whole("timers").ok();
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
