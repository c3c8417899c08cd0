//! The sockets of the network namespace of a view: as the kernel counts them, or as its text has them.

use std::{
    collections::BTreeSet,
    io,
    os::fd::{AsFd as _, OwnedFd},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{handle::View, inner::Inner};
use crate::{
    control_group::Paths,
    error::Result,
    format::pid::Mountinfo,
    namespace::asking,
    netlink::{self, Details, Listed, Wanted},
    reader,
    socket::Tables,
    sync::lock,
    value::Missing,
    wait::{Name, process_file},
    watchdog::Patience,
};

impl View {
    /// The sockets that are wanted of the network namespace of the view, for which netlink is waited so
    /// long at most.
    ///
    /// # Errors
    ///
    /// Neither netlink nor a table tells of any.
    pub(crate) fn sockets(
        &self,
        wanted: &Wanted,
        details: Details,
        time: Duration,
    ) -> Result<Tables> {
        let mut first = None;
        let mut read = |name: Name<'static>| {
            let bytes = self.read_bytes(name.as_str(), false);
            bytes.map_err(|error| {
                let why = Missing::for_kind(error.kind());
                first.get_or_insert(error);
                why
            })
        };
        let tables = netlink::tables(self.told(*wanted, details, time), wanted, &mut read);
        match (tables, first) {
            (Some(tables), first) if first.is_none() || !tables.is_unknown() => Ok(tables),
            (_, Some(error)) => Err(error),
            (tables, None) => Ok(tables.unwrap_or_default()),
        }
    }

    /// The paths of the control groups with these numbers, for which it is waited so long at most. A copy
    /// has none, and those that a container has are another's to name.
    pub(crate) fn group_paths(&self, numbers: BTreeSet<u64>, time: Duration) -> Paths {
        let inner = Arc::clone(&self.0);
        if inner.joined.is_some() || !inner.proc.is_genuine() || numbers.is_empty() {
            return Paths::default();
        }
        // Another's file system may lie over the directories.
        let paths = Patience::new(time).wait_for(move || {
            let mounts = inner.proc.read(&process_file!("mountinfo").of_self())?;
            let mounts = Mountinfo::parse(&mounts).map_err(io::Error::other)?;
            Paths::of(numbers, &mounts.rows)
        });
        paths.unwrap_or_else(|error| Paths::unknown(Missing::because_of(&error)))
    }

    /// What netlink tells; why not, or nothing in a copy, where the text is to be read.
    fn told(&self, wanted: Wanted, details: Details, time: Duration) -> Option<io::Result<Listed>> {
        let inner = Arc::clone(&self.0);
        let base = inner
            .joined
            .as_ref()
            .map_or(&inner.proc, |joined| &joined.base);
        if !base.is_genuine() {
            return None;
        }
        let (patience, until) = (&mut Patience::new(time), reader::deadline(time));
        // A socket of the calling thread's namespace is made by it.
        let own = inner.joined.is_none().then(netlink::open);
        let open = move || match own {
            Some(own) => own,
            None => of_joined(&inner, until),
        };
        Some(listed(patience, until, open, wanted, details))
    }
}

/// What netlink tells, asked by a socket that `open` makes.
pub(super) fn listed(
    patience: &mut Patience,
    until: Instant,
    open: impl FnOnce() -> io::Result<OwnedFd> + Send + 'static,
    wanted: Wanted,
    details: Details,
) -> io::Result<Listed> {
    let (mut listed, socket) = patience.wait_for(move || {
        let socket = open()?;
        let listed = netlink::list(socket.as_fd(), &wanted, details, until)?;
        Ok((listed, socket))
    })?;
    if details.contains(Details::TCP) {
        let measured = if is_silent() {
            Err(Missing::Silent)
        } else {
            let measured = patience
                .wait_for(move || netlink::measure(socket.as_fd(), &wanted, until))
                .map_err(|error| Missing::because_of(&error));
            if matches!(measured, Err(Missing::Silent)) {
                *lock(&SILENT) = Some(Instant::now());
            }
            measured
        };
        match measured {
            Ok(measures) => listed.add(measures),
            Err(why) => listed.unread.push(("tcp_info", why)),
        }
    }
    Ok(listed)
}

/// When a connection last did not let go of its lock, for which what TCP measures waits.
static SILENT: Mutex<Option<Instant>> = Mutex::new(None);

/// How long nothing is asked for then: each time a process would be left behind.
const SILENCE: Duration = Duration::from_secs(10);

fn is_silent() -> bool {
    lock(&SILENT).is_some_and(|since| since.elapsed() < SILENCE)
}

/// A socket in the network namespace of the joined process.
fn of_joined(inner: &Inner, until: Instant) -> io::Result<OwnedFd> {
    let Some(joined) = &inner.joined else {
        return netlink::open();
    };
    let target = joined.target();
    let link = target.network_link()?;
    asking(&joined.base, &link, || target.open_network(), until)
}
