//! Sockets: a row for each of a network namespace, with the first process that has it open.

use std::{collections::HashMap, sync::Arc, vec};

use super::item::{Items, Make, Rest, of_its_process};
use crate::{
    descriptor::{Descriptor, Extract, Owned},
    error::{Error, ErrorKind, Result},
    ids::Pid,
    query::row::{Cells, Mark},
    snapshot::{Ask, Ended, Needs, Outcome, Pace, Seen, Slot},
    socket::{self, Socket},
    value::Value,
    view::View,
};

/// The processes that have a socket open, and the cells of the first of them.
struct Owner {
    pid: Pid,
    cells: Arc<[Value]>,
    /// Each with its descriptor.
    all: Vec<(Pid, u32)>,
}

/// The rows of one view.
pub(in crate::query) struct Sockets {
    columns: Vec<&'static Descriptor>,
    view: View,
    is_watched: bool,
    /// Only sockets with an owner are shown.
    only_owned: bool,
    /// Whether a column needs the name of the socket's user.
    is_named: bool,
    rest: vec::IntoIter<Socket>,
    owners: HashMap<u64, Owner>,
    outcome: Outcome,
}

pub(super) fn start(
    columns: Vec<&'static Descriptor>,
    ask: &Ask<'_>,
    is_watched: bool,
) -> Result<Sockets> {
    let only_owned = ask.pids.is_some();
    let needs_owner = |column: &&Descriptor| match column.extract {
        Extract::Socket(_) => column.needs.contains(Needs::FDS),
        _ => true,
    };
    let is_user = |column: &&Descriptor| {
        matches!(column.extract, Extract::Socket(_)) && column.needs.contains(Needs::USERS)
    };
    // Owners are read before the tables, so no socket that had one is shown without.
    let (owners, outcome) = if only_owned || columns.iter().any(needs_owner) {
        owners(&columns, ask)?
    } else {
        (HashMap::new(), Outcome::default())
    };
    // After a deadline no socket is shown: it would be without the owner that was not read.
    let sockets = match outcome.ended {
        Ended::Complete => tables(ask.view)?,
        _ => Vec::new(),
    };
    Ok(Sockets {
        is_named: columns.iter().any(is_user),
        columns,
        view: ask.view.clone(),
        is_watched,
        only_owned,
        rest: sockets.into_iter(),
        owners,
        outcome,
    })
}

impl Sockets {
    /// The next row; `None` after the last.
    pub(super) fn next_row(&mut self) -> Option<Cells> {
        loop {
            let socket = self.rest.next()?;
            let owner = socket.inode.and_then(|inode| self.owners.get(&inode));
            if owner.is_some() || !self.only_owned {
                return Some(self.row(&socket, owner));
            }
        }
    }

    fn row(&self, socket: &Socket, owner: Option<&Owner>) -> Cells {
        let view = &self.view.0;
        let uid = socket.uid.and_then(|uid| view.uid(uid));
        let user = uid.filter(|_| self.is_named).map(|uid| {
            view.users().learn(uid.get());
            view.users().name_or_number(uid.get())
        });
        let owned = Owned {
            socket,
            owners: owner.map_or(&[], |owner| &owner.all),
            uid,
            user,
        };
        let of_owner = |at| owner.and_then(|owner| owner.cells.get(at).cloned());
        let cells = self.columns.iter().enumerate();
        let cells = cells.map(|(at, column)| match column.extract {
            Extract::Socket(extract) => extract(&owned),
            _ => of_owner(at).unwrap_or(Value::MISSING),
        });
        let pid = owner.map(|owner| owner.pid);
        let row = Cells::new(pid, self.view.target(), cells.collect());
        row.marked(self.is_watched.then(|| mark(socket)))
    }

    pub(super) fn finish(mut self) -> Outcome {
        if self.rest.next().is_some() && self.outcome.ended == Ended::Complete {
            self.outcome.ended = Ended::Stopped;
        }
        self.outcome
    }
}

/// What `make` makes of each socket of the network namespace of `view`, and of the processes and
/// descriptors that refer to it.
#[cfg_attr(
    not(any(test, feature = "system")),
    expect(dead_code, reason = "`system` alone asks")
)]
pub(crate) fn owned_sockets<T>(
    view: &View,
    make: impl Fn(Socket, Vec<(Pid, u32)>) -> T,
) -> Result<Vec<T>> {
    let ask = Ask {
        view,
        pids: None,
        needs: Needs::FDS,
        pace: Pace {
            timeout: view.patience(),
            ..Pace::default()
        },
    };
    let (mut owners, _) = owners(&[], &ask)?;
    let own = |socket: Socket| {
        let owner = socket.inode.and_then(|inode| owners.remove(&inode));
        make(socket, owner.map(|owner| owner.all).unwrap_or_default())
    };
    Ok(tables(view)?.into_iter().map(own).collect())
}

/// By what a socket is recognised in the next sample.
fn mark(socket: &Socket) -> Mark {
    match (socket.protocol, socket.local, socket.remote, socket.inode) {
        (protocol @ ("tcp" | "tcp6"), Some(local), Some(remote), _) => {
            Mark::Connection(protocol, local, remote)
        }
        (protocol, local, _, None) => {
            let path = socket.path.as_deref();
            Mark::Nameless(protocol, local, path.map(Into::into))
        }
        (.., Some(inode)) => Mark::Socket(inode),
    }
}

/// The processes that have each socket open, by inode, and how reading them went.
fn owners(
    columns: &[&'static Descriptor],
    ask: &Ask<'_>,
) -> Result<(HashMap<u64, Owner>, Outcome)> {
    let ask = Ask {
        needs: ask.needs | Needs::FDS,
        ..ask.clone()
    };
    let columns = columns.to_vec();
    let make = move |seen: &Seen<'_>| {
        let opened = seen.opened().unwrap_or_default().iter();
        let sockets = opened.filter_map(|opened| match opened.slot {
            Slot::Fd(fd) => Some((opened.socket_inode()?, fd)),
            _ => None,
        });
        let sockets: Vec<(u64, u32)> = sockets.collect();
        if sockets.is_empty() {
            return Rest::default();
        }
        Rest {
            sockets,
            process: of_its_process(&columns, seen),
            ..Rest::default()
        }
    };
    let mut items = Items::start(ask, None, Make::Rest(Box::new(make)))?;
    let mut owners: HashMap<u64, Owner> = HashMap::new();
    while let Some((pid, rest)) = items.next_rest()? {
        let cells: Arc<[Value]> = rest.process.into();
        for (inode, fd) in rest.sockets {
            let owner = owners.entry(inode).or_insert_with(|| Owner {
                pid,
                cells: Arc::clone(&cells),
                all: Vec::new(),
            });
            owner.all.push((pid, fd));
        }
    }
    Ok((owners, items.finish()))
}

/// The sockets of the network namespace of `view`.
fn tables(view: &View) -> Result<Vec<Socket>> {
    let mut all = Vec::new();
    let mut none = None;
    for (path, parse) in &socket::TABLES {
        match view.read_bytes(path.as_str(), false) {
            Ok(bytes) => {
                let rows = parse(&bytes).map_err(|error| {
                    Error::new(ErrorKind::NotUnderstood, path.as_str(), error.to_string())
                })?;
                all.extend(rows);
            }
            // IPv6 or UDP-Lite need not be there.
            Err(error) if error.kind() == ErrorKind::Gone => none = Some(error),
            Err(error) => return Err(error),
        }
    }
    match none {
        Some(error) if all.is_empty() => Err(error),
        _ => Ok(all),
    }
}
