//! All sockets of a network namespace, by a socket that was made in it.

use std::{
    collections::{HashMap, HashSet},
    io,
    os::fd::{BorrowedFd, OwnedFd},
    time::Instant,
};

use super::{
    bytes::Bytes,
    dump::{Diag, Extent},
    families::{self, Device, Found},
    inet,
    kinds::{Details, Form, Kind, TCP, Wanted},
};
use crate::{
    error::{ErrorKind, kind_of},
    socket::{self, Socket, Tables, TcpInfo},
    sys,
    value::{Missing, Text},
    wait::Name,
};

/// The sockets of a network namespace, as far as the kernel tells them.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) sockets: Vec<Socket>,
    /// The protocols for which this kernel has nobody to ask.
    pub(crate) absent: Vec<&'static str>,
    /// The protocols of which not all could be told, and why.
    pub(crate) unread: Vec<(&'static str, Missing)>,
}

/// A socket that asks for the sockets of the calling thread's network namespace.
pub(crate) fn open() -> io::Result<OwnedFd> {
    sys::diag_socket()
}

/// The sockets that are wanted, with these details, by a socket that was made in their network
/// namespace; what TCP measures is [measured](measure) afterwards.
///
/// Nothing is waited for after `until` where this thread asks itself; where a process does, whoever waits
/// for this thread cuts it off.
///
/// # Errors
///
/// None at all can be asked for.
pub(crate) fn list(
    socket: BorrowedFd<'_>,
    wanted: &Wanted,
    details: Details,
    until: Instant,
) -> io::Result<Listed> {
    let mut all = Listed::default();
    let mut diag = Diag::new(socket, until)?;
    let (mut told, mut refused) = (0, None);
    let details = details.difference(Details::TCP);
    for (kind, states) in wanted.kinds() {
        if kind.form == Form::Text {
            all.absent.push(kind.protocol);
            continue;
        }
        match dump(&mut diag, kind, states, details, &mut all.sockets) {
            Ok(extent) => {
                told += 1;
                if extent == Extent::Part {
                    all.unread.push((kind.protocol, Missing::Unreadable));
                }
            }
            Err(error) if is_absence(&error) => all.absent.push(kind.protocol),
            Err(error) => {
                let why = why(&error);
                all.unread.push((kind.protocol, why));
                refused.get_or_insert(error);
                // What was asked for may still come, and be taken for another answer.
                if why != Missing::Denied {
                    break;
                }
            }
        }
    }
    // The text may have what nobody tells here.
    if let Some(error) = refused
        && told == 0
    {
        return Err(error);
    }
    Ok(all)
}

/// Whether an error says that the kernel has nobody to ask for a protocol or a family.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ENOENT
                | libc::EINVAL
                | libc::EOPNOTSUPP
                | libc::EAFNOSUPPORT
                | libc::EPROTONOSUPPORT
        )
    )
}

fn why(error: &io::Error) -> Missing {
    match kind_of(error) {
        ErrorKind::TimedOut => Missing::Silent,
        ErrorKind::Denied => Missing::Denied,
        _ => Missing::Unreadable,
    }
}

/// What is heard of the sockets of a kind.
struct Heard<'a> {
    /// Behind those of other kinds: there may be a great many, which are not to be moved about.
    sockets: &'a mut Vec<Socket>,
    /// Where they begin.
    first: usize,
    /// The devices of a few of them, by where they stand among all.
    devices: Vec<(usize, Device)>,
}

impl Heard<'_> {
    fn clear(&mut self) {
        self.sockets.truncate(self.first);
        self.devices.clear();
    }

    fn add(&mut self, socket: Socket, device: Option<Device>) {
        let at = self.sockets.len();
        self.devices.extend(device.map(|device| (at, device)));
        self.sockets.push(socket);
    }

    /// Keeps those for which that holds.
    fn retain(&mut self, keeps: impl Fn(&Socket) -> bool) {
        let mut at = 0;
        self.sockets.retain(|socket| {
            at += 1;
            at <= self.first || keeps(socket)
        });
    }

    /// Each of them once: what moves while it is told can come twice.
    fn once(&mut self, kind: Kind) {
        let own = self.sockets.get(self.first..).unwrap_or_default();
        let mut seen = HashSet::with_capacity(own.len());
        let is_again = |socket: &Socket| socket.cookie != 0 && !seen.insert(socket.cookie);
        let again: Vec<bool> = own.iter().map(is_again).collect();
        // One that was closed meanwhile has another cookie, and no inode.
        let may_be_again = |socket: &Socket| socket.inode.is_none() && socket.remote.is_some();
        let is_closed = kind.form == Form::Inet(TCP) && own.iter().any(may_be_again);
        if again.contains(&true) {
            let mut again = std::iter::repeat_n(false, self.first).chain(again);
            self.sockets.retain(|_| !again.next().unwrap_or_default());
        }
        if is_closed {
            let own = self.sockets.split_off(self.first);
            self.sockets.append(&mut socket::once(own));
        }
    }
}

/// Adds the sockets of a kind.
fn dump(
    diag: &mut Diag,
    kind: Kind,
    states: u32,
    details: Details,
    sockets: &mut Vec<Socket>,
) -> io::Result<Extent> {
    let request = kind.request(states, details);
    let mut found = Heard {
        first: sockets.len(),
        sockets,
        devices: Vec::new(),
    };
    let mut is_understood = true;
    // Both are changed, one after the other.
    let cell = std::cell::RefCell::new(&mut found);
    let extent = diag.dump(
        &request,
        &mut || cell.borrow_mut().clear(),
        &mut |message| match read(kind, message) {
            Some((socket, device)) => cell.borrow_mut().add(socket, device),
            None => is_understood = false,
        },
    );
    let extent = extent.inspect_err(|_| found.clear())?;
    let mut names = HashMap::new();
    let mut name = |index: u32| {
        let name = names.entry(index).or_insert_with(|| {
            let name = sys::interface_name(diag.socket(), index).ok();
            name.unwrap_or_else(|| index.to_string().into_bytes())
        });
        name.clone()
    };
    for (at, device) in std::mem::take(&mut found.devices) {
        let Some(socket) = found.sockets.get_mut(at) else {
            continue;
        };
        match kind.form {
            Form::Inet(_) if details.contains(Details::INTERFACES) => {
                socket.interface = Some(Text::from(&*name(device.index)));
            }
            Form::Packet | Form::Xdp if device.index != 0 => {
                let interface = name(device.index);
                let (before, behind) = (device.before.as_bytes(), device.behind.as_bytes());
                socket.end = Some(Text::from(&*[before, &interface, behind].concat()));
                socket.interface = Some(Text::from(&*interface));
            }
            _ => {}
        }
    }
    found.once(kind);
    if kind.form == Form::Netlink {
        // But for the one that asks.
        let asks = families::asking(diag.port());
        found.retain(|socket| socket.end.as_ref() != Some(&asks));
    }
    Ok(if is_understood { extent } else { Extent::Part })
}

/// The socket of a message; `None` for one that is not understood.
pub(super) fn read(kind: Kind, message: Bytes<'_>) -> Option<(Socket, Option<Device>)> {
    if message.byte(0)? != kind.family {
        return None;
    }
    let Found { socket, device } = match kind.form {
        Form::Inet(_) => {
            let (socket, index) = inet::socket(kind, message)?;
            let device = (index != 0).then(|| Device {
                index,
                before: String::new(),
                behind: String::new(),
            });
            Found { socket, device }
        }
        Form::Unix => families::unix(kind, message)?,
        Form::Netlink => families::netlink(kind, message)?,
        Form::Packet => families::packet(kind, message)?,
        Form::Vsock => families::vsock(kind, message)?,
        Form::Xdp => families::xdp(kind, message)?,
        Form::Text => return None,
    };
    Some((socket, device))
}

/// What TCP measures, by the cookies of sockets, and the protocols above it.
pub(crate) type Measures = HashMap<u64, (Option<TcpInfo>, Option<Text>)>;

/// What TCP measures of the sockets that are wanted. The owner of a socket can have it waited for, so it
/// is asked for when the sockets are known already.
///
/// # Errors
///
/// It is not told, or not of all.
pub(crate) fn measure(
    socket: BorrowedFd<'_>,
    wanted: &Wanted,
    until: Instant,
) -> io::Result<Measures> {
    let mut diag = Diag::new(socket, until)?;
    let mut measures = HashMap::new();
    for (kind, states) in wanted.kinds() {
        let states = Kind::measured(states);
        if kind.form != Form::Inet(TCP) || states == 0 {
            continue;
        }
        let request = kind.request(states, Details::TCP);
        let told = diag.dump(&request, &mut || {}, &mut |message| {
            if let Some((cookie, info, upper)) = inet::measures(message) {
                measures.insert(cookie, (info, upper));
            }
        });
        match told {
            Err(error) if !is_absence(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(measures)
}

/// The sockets that are wanted: as the kernel has told them, and in the text that `read` gives of the
/// others; all from text where it told nothing, or was not asked. `None` if there is no text either.
pub(crate) fn tables(
    told: Option<io::Result<Listed>>,
    wanted: &Wanted,
    read: &mut dyn FnMut(Name<'static>) -> Result<Vec<u8>, Missing>,
) -> Option<Tables> {
    let refused = match told {
        Some(Ok(told)) => return Some(told.with_text(read)),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let mut tables = Tables::default();
    if !tables.read_those(&|protocol| wanted.has(protocol), read) {
        return None;
    }
    // That it is denied is nothing that the text does not make good.
    if refused.is_some_and(|error| kind_of(&error) == ErrorKind::TimedOut) {
        tables.unread.push(("sock_diag", Missing::Silent));
    }
    Some(tables)
}

impl Listed {
    /// The same, with what `read` gives of the text of protocols for which nobody can be asked.
    fn with_text(self, read: &mut dyn FnMut(Name<'static>) -> Result<Vec<u8>, Missing>) -> Tables {
        let mut tables = Tables {
            sockets: self.sockets,
            unread: self.unread,
            ..Tables::default()
        };
        tables.read_those(&|protocol| self.absent.contains(&protocol), read);
        let neither = self.absent.into_iter();
        tables
            .absent
            .extend(neither.filter(|protocol| !Tables::has_one_of(protocol)));
        tables
    }

    /// Adds what TCP measures.
    pub(crate) fn add(&mut self, mut measures: Measures) {
        for socket in &mut self.sockets {
            if let Some((info, upper)) = measures.remove(&socket.cookie) {
                socket.tcp = info.map(Box::new);
                socket.upper = upper;
            }
        }
    }
}
