//! What a process holds open: descriptors, its directories, its program, what it has mapped.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use super::plan::Files;
use crate::{
    bytes,
    format::pid::{Fdinfo, Mapping, Maps},
    procfs::Reader,
    socket::{self, Socket},
};

/// Something that a process holds open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) place: Place,
    /// Where its link leads, see [`Link`](crate::format::pid::Link).
    pub(crate) target: Vec<u8>,
    pub(crate) info: Option<Fdinfo>,
    pub(crate) socket: Option<Arc<Socket>>,
}

/// How a process holds something open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// By a descriptor.
    Fd(u32),
    /// As its working directory.
    Cwd,
    /// As its root directory.
    Root,
    /// As its program.
    Exe,
    /// In its memory.
    Map,
}

impl Opened {
    /// The kind and the inode of what has no name, `socket` and 4213.
    pub(crate) fn kind_and_inode(&self) -> Option<(&[u8], u64)> {
        let colon = bytes::find_part(&self.target, b":[")?;
        let (kind, inode) = self.target.split_at_checked(colon)?;
        let inode = inode.strip_prefix(b":[")?.strip_suffix(b"]")?;
        Some((kind, bytes::decimal(inode)?))
    }
}

/// The sockets of each network namespace, read when a process of it is the first to have one.
#[derive(Debug, Default)]
pub(crate) struct SocketsOf(Mutex<HashMap<Vec<u8>, Arc<OnceLock<ByInode>>>>);

type ByInode = HashMap<u64, Arc<Socket>>;

impl SocketsOf {
    /// Those of the process to which `files` has turned. A table that cannot be read has none.
    fn read(&self, files: &mut Reader<'_>) -> Arc<OnceLock<ByInode>> {
        // Where the namespace has no number, the process is alone with it.
        let namespace = files.link("ns/net").unwrap_or_default();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sockets = Arc::clone(all.entry(namespace).or_default());
        drop(all);
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
    if wanted.contains(Files::PLACES) {
        for (place, name) in [
            (Place::Cwd, "cwd"),
            (Place::Root, "root"),
            (Place::Exe, "exe"),
        ] {
            // A kernel thread has no program, and a zombie has none of them.
            if let Ok(target) = files.link(name) {
                all.push(Opened::new(place, target));
            }
        }
    }
    let mut has_sockets = false;
    for (fd, target) in files.descriptors()? {
        let mut opened = Opened::new(Place::Fd(fd), target);
        if wanted.contains(Files::FDINFO) {
            let info = files.open(&format!("fdinfo/{fd}"));
            let info = info.and_then(|file| files.bytes(file).map(Fdinfo::parse));
            opened.info = info.ok().and_then(Result::ok);
        }
        has_sockets |= opened.target.starts_with(b"socket:[");
        all.push(opened);
    }
    if has_sockets && wanted.contains(Files::SOCKETS) {
        let sockets = sockets.read(files);
        for opened in &mut all {
            if let (Some((b"socket", inode)), Some(sockets)) =
                (opened.kind_and_inode(), sockets.get())
            {
                opened.socket = sockets.get(&inode).cloned();
            }
        }
    }
    if wanted.contains(Files::PLACES) {
        let maps = files.whole("maps").ok();
        let maps = maps.and_then(|bytes| Maps::parse(&bytes).ok());
        let rows = maps.iter().flat_map(|maps| maps.rows.iter());
        let paths: BTreeSet<&[u8]> = rows.filter_map(mapped_file).collect();
        all.extend(
            paths
                .into_iter()
                .map(|path| Opened::new(Place::Map, path.to_vec())),
        );
    }
    Ok(all)
}

/// The file that is mapped there, if it is one.
fn mapped_file(mapping: &Mapping) -> Option<&[u8]> {
    let name = mapping.pathname.name();
    name.filter(|name| name.starts_with(b"/"))
}

impl Opened {
    fn new(place: Place, target: Vec<u8>) -> Self {
        Self {
            place,
            target,
            info: None,
            socket: None,
        }
    }
}
