//! Reading what a process holds open, and its timers.

use std::{
    collections::HashMap,
    io,
    os::fd::AsFd as _,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use super::{
    entry::Pulse,
    needs::{Files, Needs},
    opened::{Opened, PosixTimer, Slot},
    simple::LINKS,
};
use crate::{
    format::pid::{DELETED, Fdinfo, LinkKind, Mapping, Maps, Timer, Timers, is_device_path},
    ids::Pid,
    namespace::asking,
    netlink::{self, Details, Wanted},
    procfs::Reader,
    reader::{deadline, is_cut},
    socket::{self, Socket},
    sorting::sort,
    sync::lock,
    value::Missing,
    wait::process_file,
};

/// The sockets of each network namespace, by the target of its link, read when a process of it is
/// the first to have one: one that was made after that is not among them.
#[derive(Debug)]
pub(crate) struct SocketsOf {
    of: Mutex<HashMap<Vec<u8>, State>>,
    changed: Condvar,
    wanted: Wanted,
    details: Details,
    /// How long netlink is waited for.
    time: Duration,
}

/// The sockets of a network namespace.
#[derive(Debug)]
struct Sockets {
    by_inode: HashMap<u64, Arc<Socket>>,
    /// The tables that could not be read, wholly or in part.
    unread: Vec<(&'static str, Missing)>,
    /// Why a port may be missing.
    hides_ports: Missing,
}

/// What is known of a network namespace.
#[derive(Debug, Clone)]
enum State {
    /// A thread reads the tables.
    BeingRead,
    Known(Arc<Sockets>),
    /// They did not answer.
    Silent,
}

impl SocketsOf {
    /// Those that columns with these needs tell of.
    pub(super) fn needed(needs: Needs, time: Duration) -> Self {
        let may = |protocol: &'static str, state: Option<&'static str>| {
            needs.contains(Needs::SOCKETS)
                || (needs.contains(Needs::PORTS) && socket::may_listen(protocol, state))
                || (needs.contains(Needs::PEERS) && socket::may_have_peer(protocol, state))
        };
        let details = if needs.contains(Needs::ENDS) {
            Details::PEERS
        } else {
            Details::empty()
        };
        Self::new(Wanted::those(&may), details, time)
    }

    /// All, with all that is told of them but what TCP measures.
    pub(crate) fn detailed(time: Duration) -> Self {
        let details = Details::all().difference(Details::TCP);
        Self::new(Wanted::ALL, details, time)
    }

    fn new(wanted: Wanted, details: Details, time: Duration) -> Self {
        Self {
            of: Mutex::default(),
            changed: Condvar::new(),
            wanted,
            details,
            time,
        }
    }

    /// Those of the process to which `files` has turned; `None` if they do not answer.
    fn read(&self, files: &mut Reader<'_>, pulse: &Pulse) -> Option<Arc<Sockets>> {
        pulse.at(LINKS);
        let Ok(namespace) = files.link(process_file!("ns/net")) else {
            // A copy need not tell: then nobody is known to share the process's tables.
            pulse.at(Files::SOCKETS);
            let tables = self.tables(files, None);
            return Some(Arc::new(tables.unwrap_or_else(Sockets::none)));
        };
        // Another thread may be reading them, for which this process is not to blame.
        match pulse.aside(|| self.known(&namespace)) {
            State::Known(sockets) => return Some(sockets),
            State::Silent => return None,
            State::BeingRead => (),
        }
        pulse.at(Files::SOCKETS);
        let sockets = self.tables(files, Some(&namespace));
        if is_cut() {
            return None;
        }
        // If it has entered another one, they may be those of that.
        let stays = files.link(process_file!("ns/net"));
        let stays = stays.is_ok_and(|now| now == namespace);
        let sockets = sockets.filter(|_| stays).map(Arc::new);
        let Some(sockets) = sockets else {
            // The process has ended, most likely: the next one of the namespace reads them.
            lock(&self.of).remove(&namespace);
            self.changed.notify_all();
            return Some(Arc::new(Sockets::none()));
        };
        lock(&self.of).insert(namespace, State::Known(Arc::clone(&sockets)));
        self.changed.notify_all();
        Some(sockets)
    }

    /// Those of the network namespace with that link, in which the process is to which `files` has turned;
    /// of a copy without one as text. `None` if there are none at all.
    fn tables(&self, files: &Reader<'_>, namespace: Option<&[u8]>) -> Option<Sockets> {
        let told = namespace
            .filter(|_| files.procfs().is_genuine())
            .map(|namespace| {
                let until = deadline(self.time);
                let open = || files.open_held(process_file!("ns/net"));
                let socket = asking(files.procfs(), namespace, open, until)?;
                netlink::list(socket.as_fd(), &self.wanted, self.details, until)
            });
        let tables = netlink::tables(told, &self.wanted, &mut |name| {
            let bytes = files.whole(name);
            bytes.map_err(|error| Missing::because_of(&error))
        })?;
        Some(Sockets {
            hides_ports: tables.hides_ports(),
            unread: tables.unread,
            by_inode: socket::by_inode(tables.sockets),
        })
    }

    /// What is known of the namespace, once no other thread reads it. If it is being read, then by
    /// the caller.
    fn known(&self, namespace: &[u8]) -> State {
        let mut of = lock(&self.of);
        loop {
            match of.get(namespace) {
                Some(State::BeingRead) => {
                    of = self
                        .changed
                        .wait(of)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Some(known) => return known.clone(),
                None => {
                    of.insert(namespace.to_vec(), State::BeingRead);
                    return State::BeingRead;
                }
            }
        }
    }

    /// Gives up what is being read.
    pub(super) fn give_up(&self) {
        for tables in lock(&self.of).values_mut() {
            if matches!(tables, State::BeingRead) {
                *tables = State::Silent;
            }
        }
        self.changed.notify_all();
    }
}

impl Sockets {
    /// Of a process that has no table at all.
    fn none() -> Self {
        Self {
            by_inode: HashMap::new(),
            unread: vec![("net", Missing::Unsupported)],
            hides_ports: Missing::Unsupported,
        }
    }
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

/// What a process holds open, as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    pub(crate) opened: Vec<Opened>,
    /// Why sockets or ports of it may be missing.
    pub(crate) sockets: Missing,
    /// The files that were read in part or not at all, without which something is missing.
    pub(crate) partial: Vec<(&'static str, Missing)>,
}

/// Reads what the process holds open to which `files` has turned, whose directory is held. Of the
/// `wanted` files only those in `asked` are waited for.
pub(crate) fn read(
    files: &mut Reader<'_>,
    wanted: Files,
    asked: Files,
    sockets: &SocketsOf,
    pulse: &Pulse,
) -> io::Result<Holdings> {
    let mut all = Vec::new();
    let asks_behind = asked.contains(Files::BEHIND);
    let asks_all = asks_behind && asked.contains(Files::METADATA);
    let mut holdings = Holdings::default();
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
                Ok(target) => {
                    let mut opened = Opened::new(slot, target);
                    if asks_all || (asks_behind && opened.target.ends_with(DELETED)) {
                        pulse.at(Files::BEHIND);
                        opened.ask_behind(|| files.behind(name));
                    }
                    all.push(opened);
                }
                Err(error) => match Missing::because_of(&error) {
                    // A kernel thread has no program, and a zombie has none of them.
                    Missing::None => (),
                    why => all.push(Opened::untold(slot, why)),
                },
            }
        }
    }
    let mut has_sockets = false;
    let (mut fds, mut of, mut can_wait) = (Vec::new(), Vec::new(), false);
    all.reserve_exact(descriptors.len());
    for (fd, target) in descriptors {
        let mut opened = match target {
            Ok(target) => Opened::new(Slot::Fd(fd), target),
            Err(error) => {
                let why = match Missing::because_of(&error) {
                    // It is no link, which only a copy can have.
                    Missing::None => Missing::Malformed,
                    why => why,
                };
                if why != Missing::TooLong {
                    // It may be a socket, which has a short name.
                    holdings.lacks("fd", why);
                    holdings.sockets = why;
                }
                Opened::untold(Slot::Fd(fd), why)
            }
        };
        let is_timer = wanted.contains(Files::TIMERS) && opened.is_timer();
        let is_end = wanted.contains(Files::PIPES) && opened.is_pipe();
        let is_wanted = is_timer || is_end || wanted.contains(Files::FDINFO);
        let can_block = is_wanted && can_block(&opened.target);
        if is_wanted && (asked.contains(Files::FDINFO) || !can_block) {
            can_wait |= can_block;
            fds.push(fd);
            of.push((all.len(), is_timer));
        } else if is_wanted {
            opened.uninformed = Missing::Silent;
        }
        has_sockets |= opened.socket_inode().is_some();
        if asks_all || (asks_behind && opened.is_to_be_asked()) {
            pulse.at(Files::BEHIND);
            let name = process_file!("fd/*").entry(fd);
            opened.ask_behind(|| files.behind(name.name()));
        } else if wanted.contains(Files::BEHIND) && !asks_behind {
            opened.unasked = Missing::Silent;
        }
        all.push(opened);
    }
    if !fds.is_empty() {
        pulse.at(Files::FDINFO);
        let mut of = of.into_iter();
        files.each_fdinfo(&fds, can_wait, |info| {
            let Some((at, is_timer)) = of.next() else {
                return;
            };
            let opened: &mut Opened = &mut all[at];
            match info.map(Fdinfo::parse) {
                Ok(Ok(info)) => opened.info = Some(Box::new(info)),
                Ok(Err(_)) => opened.uninformed = Missing::Malformed,
                Err(error) => opened.uninformed = Missing::because_of(&error),
            }
            if is_timer && opened.info.is_none() && opened.uninformed.hides_a_value() {
                holdings.lacks("fdinfo", opened.uninformed);
            }
            pulse.at(Files::FDINFO);
        })?;
    }
    if has_sockets && asked.contains(Files::SOCKETS) {
        match sockets.read(files, pulse) {
            Some(sockets) => holdings.find_sockets(&mut all, &sockets),
            None => holdings.sockets = Missing::Silent,
        }
        if asked.contains(Files::PROTOCOLS) {
            ask_protocols(files, &mut all, pulse);
        }
    }
    if asked.contains(Files::PLACES) {
        pulse.at(Files::PLACES);
        let mut mapped: HashMap<Vec<u8>, (u64, u64)> = HashMap::new();
        let mut is_understood = true;
        // Line by line: a process can make it larger than any file that is read as a whole.
        let read = files.each_line(process_file!("maps"), &mut |line| {
            let Ok(maps) = Maps::parse(line) else {
                is_understood = false;
                return;
            };
            if let Some(mapping) = maps.rows.iter().next()
                && let Some(path) = mapped_file(mapping)
            {
                mapped.entry(path).or_insert((mapping.start, mapping.end));
            }
        });
        let why = read.err().map(|error| Missing::because_of(&error));
        let why = why.or((!is_understood).then_some(Missing::Malformed));
        if let Some(why) = why.filter(|why| why.hides_a_value()) {
            holdings.lacks("maps", why);
        }
        let mut mapped: Vec<_> = mapped.into_iter().collect();
        sort(&mut mapped);
        for (path, (start, end)) in mapped {
            let mut opened = Opened::new(Slot::Map, path);
            if asks_all || (asks_behind && opened.target.ends_with(DELETED)) {
                let range = process_file!("map_files/*").entry(format_args!("{start:x}-{end:x}"));
                opened.ask_behind(|| files.behind(range.name()));
            }
            all.push(opened);
        }
    }
    holdings.opened = all;
    Ok(holdings)
}

/// Asks the sockets that no table has for their protocols.
fn ask_protocols(files: &Reader<'_>, all: &mut [Opened], pulse: &Pulse) {
    for opened in all.iter_mut().filter(|opened| opened.socket.is_none()) {
        if let (Slot::Fd(fd), Some(inode)) = (opened.slot, opened.socket_inode()) {
            pulse.at(Files::PROTOCOLS);
            let name = process_file!("fd/*").entry(fd);
            let protocol = files.socket_protocol(name.name(), inode);
            // Whoever may not ask does not know it.
            opened.protocol = protocol.ok().map(|name| socket::protocol(&name));
        }
    }
}

impl Holdings {
    fn lacks(&mut self, file: &'static str, why: Missing) {
        if !self.partial.contains(&(file, why)) {
            self.partial.push((file, why));
        }
    }

    /// Finds the sockets among what is open. One of a family that has no table, or of another
    /// namespace, cannot be told from one that stands in a table which could not be read.
    fn find_sockets(&mut self, all: &mut [Opened], sockets: &Sockets) {
        let mut is_any_unfound = false;
        for opened in all {
            if let Some(inode) = opened.socket_inode() {
                opened.socket = sockets.by_inode.get(&inode).cloned();
                is_any_unfound |= opened.socket.is_none();
            }
        }
        if is_any_unfound {
            for (table, why) in &sockets.unread {
                self.lacks(table, *why);
            }
            if sockets.hides_ports.hides_a_value() {
                self.sockets = sockets.hides_ports;
            }
        }
    }
}

/// Reads the POSIX timers of the process to which `files` has turned, whose directory is held;
/// `number` tells the numbers of the listing. Not every kernel has the file: without it there are
/// none, and [`Missing::None`] says so.
pub(super) fn timers(
    files: &mut Reader<'_>,
    number: impl Fn(Pid) -> Option<Pid>,
) -> Result<Vec<PosixTimer>, Missing> {
    let bytes = files.whole(process_file!("timers"));
    let bytes = bytes.map_err(|error| Missing::because_of(&error))?;
    let timers = Timers::parse(&bytes).map_err(|_| Missing::Malformed)?;
    let timer = |timer: Timer| PosixTimer {
        timer,
        target: u32::try_from(timer.target_id)
            .ok()
            .and_then(|id| number(Pid::new(id))),
    };
    Ok(timers.rows.0.into_iter().map(timer).collect())
}

/// The path of the file that is mapped there, as a link has it, if it is a file.
fn mapped_file(mapping: &Mapping) -> Option<Vec<u8>> {
    let mut path = mapping.pathname.name()?.to_vec();
    if mapping.pathname.is_deleted() {
        path.extend_from_slice(DELETED);
    }
    path.starts_with(b"/").then_some(path)
}
