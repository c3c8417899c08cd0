//! Sockets: a row for each of a network namespace, with the first process that has it open.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    vec,
};

use super::{
    item::{Items, Make, Rest, of_its_process},
    networks::{self, Networks},
};
use crate::{
    control_group::Paths,
    descriptor::{Descriptor, Extract, Owned},
    error::Result,
    ids::Pid,
    netlink::{self, Details},
    query::row::{Cells, Mark},
    snapshot::{Ask, Ended, Needs, Outcome, Pace, Seen, Slot, Unread},
    socket::{self, Socket},
    value::{Missing, Value},
    view::{Tables, View},
    watchdog::Patience,
};

/// The processes that have a socket open, and the cells of the first of them.
struct Owner {
    pid: Pid,
    cells: Arc<[Value]>,
    /// The names of users that it sees, where they are asked for through a join.
    names: Option<Tables>,
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
    /// Those of the network namespace at hand, and its number.
    network: Option<u64>,
    rest: vec::IntoIter<Socket>,
    /// Those of the next ones.
    next: vec::IntoIter<(Option<u64>, Vec<Socket>)>,
    owners: HashMap<u64, Owner>,
    groups: Paths,
    /// Why a socket may have an owner that is not known.
    hides_owners: Missing,
    outcome: Outcome,
}

/// Which sockets are wanted.
#[derive(Debug, Clone, Copy)]
pub(in crate::query) struct WantedSockets {
    pub(in crate::query) kinds: netlink::Wanted,
    /// Whether filters keep certain protocols alone, so that it is told which of these this kernel lacks.
    pub(in crate::query) are_named: bool,
    /// Whether those of all network namespaces of the host are.
    pub(in crate::query) of_all_networks: bool,
}

impl Default for WantedSockets {
    fn default() -> Self {
        Self {
            kinds: netlink::Wanted::ALL,
            are_named: false,
            of_all_networks: false,
        }
    }
}

/// What the columns need to be told of sockets.
fn details(needs: Needs) -> Details {
    let all = [
        (Needs::SOCKET_QUEUES, Details::QUEUES),
        (Needs::SOCKET_USERS, Details::USERS),
        (Needs::SOCKET_PEERS, Details::PEERS),
        (Needs::SOCKET_DEVICES, Details::INTERFACES),
        (Needs::SOCKET_CONGESTION, Details::CONGESTION),
        (Needs::SOCKET_TCP, Details::TCP),
    ];
    let needed = all.into_iter().filter(|(need, _)| needs.contains(*need));
    needed.fold(Details::empty(), |sum, (_, detail)| sum | detail)
}

pub(super) fn start(
    columns: Vec<&'static Descriptor>,
    ask: &Ask<'_>,
    is_watched: bool,
    wanted: &WantedSockets,
) -> Result<Sockets> {
    let only_owned = ask.pids.is_some();
    if wanted.of_all_networks {
        ask.view.with_all_networks()?;
    }
    let needs_owner = |column: &&Descriptor| match column.extract {
        Extract::Socket(_) => column.needs.contains(Needs::FDS),
        _ => true,
    };
    let is_user = |column: &&Descriptor| {
        matches!(column.extract, Extract::Socket(_)) && column.needs.contains(Needs::USERS)
    };
    let is_named = columns.iter().any(is_user);
    // Through a join a socket's user has the name that it has in the container of the owner.
    let is_named_by_owner = is_named && ask.view.0.joined.is_some();
    // Owners are read before the tables, so no socket that had one is shown without.
    let reads_owners = only_owned || is_named_by_owner || columns.iter().any(needs_owner);
    // Processes lead to the namespaces.
    let mut networks = wanted.of_all_networks.then(|| Networks::of(ask.view));
    let (owners, mut outcome) = if reads_owners || networks.is_some() {
        owners(&columns, ask, is_named_by_owner, networks.as_mut())?
    } else {
        (HashMap::new(), Outcome::default())
    };
    if is_named && !is_named_by_owner {
        let (host, timeout) = (&ask.view.0.host_names, ask.view.patience());
        host.learn(Some(&mut Patience::new(timeout)), timeout);
        outcome.unnamed = host.error().cloned();
    }
    // After a deadline no socket is shown: it would be without the owner that was not read.
    let mut sockets: Vec<(Option<u64>, Vec<Socket>)> = Vec::new();
    let mut without_text = Vec::new();
    if outcome.ended == Ended::Complete {
        let time = ask.pace.left_of(ask.view.patience());
        let details = details(ask.needs);
        let mut add = |network: Option<u64>, tables: socket::Tables| {
            if wanted.are_named {
                outcome.add_absent(tables.absent);
            }
            for (table, why) in tables.unread {
                Unread::add_file(&mut outcome.partial, table, why);
            }
            without_text.extend(network.filter(|_| tables.lacks_text));
            sockets.push((network, tables.sockets));
        };
        match networks {
            None => {
                let tables = ask.view.sockets(&wanted.kinds, details, time)?;
                let is_asked = |column: &&Descriptor| {
                    matches!(column.extract, Extract::Socket(_)) && column.name == "netns"
                };
                let network = columns.iter().any(is_asked).then(|| ask.view.network());
                add(network.flatten(), tables);
            }
            Some(networks) => {
                let unread = networks.each(&wanted.kinds, details, &ask.pace, time, &mut add);
                outcome.partial.extend(unread);
                // The rest of them was not asked for.
                outcome.ended = ask.pace.stops().unwrap_or(Ended::Complete);
            }
        }
    }
    if outcome.ended == Ended::Complete && (only_owned || !without_text.is_empty()) {
        let all = sockets.iter().flat_map(|(_, sockets)| sockets);
        let inodes = all.filter_map(|socket| socket.inode);
        let listed: HashSet<u64> = inodes.collect();
        let unlisted = owners.keys().filter(|inode| !listed.contains(inode));
        let unlisted = unlisted.count();
        if only_owned {
            outcome.unlisted_sockets = unlisted;
        }
        // A socket of which only text tells has an owner, who is not in that namespace.
        for network in without_text.into_iter().filter(|_| unlisted > 0) {
            let text = format!("text of net:[{network}]");
            Unread::add_file(&mut outcome.partial, &text, Missing::Untold);
        }
    }
    let groups = if ask.needs.contains(Needs::SOCKET_GROUPS) {
        let all = sockets.iter().flat_map(|(_, sockets)| sockets);
        let wanted = all.filter_map(|socket| socket.cgroup).collect();
        let time = ask.pace.left_of(ask.view.patience());
        ask.view.group_paths(wanted, time)
    } else {
        Paths::default()
    };
    Ok(Sockets {
        is_named,
        columns,
        view: ask.view.clone(),
        is_watched,
        only_owned,
        network: None,
        rest: Vec::new().into_iter(),
        next: sockets.into_iter(),
        owners,
        groups,
        hides_owners: outcome.hides_descriptors(),
        outcome,
    })
}

impl Sockets {
    /// The next row; `None` after the last.
    pub(super) fn next_row(&mut self) -> Option<Cells> {
        loop {
            let Some(socket) = self.rest.next() else {
                let (network, sockets) = self.next.next()?;
                (self.network, self.rest) = (network, sockets.into_iter());
                continue;
            };
            let owner = socket.inode.and_then(|inode| self.owners.get(&inode));
            if owner.is_some() || !self.only_owned {
                return Some(self.row(self.network, &socket, owner));
            }
        }
    }

    fn row(&self, network: Option<u64>, socket: &Socket, owner: Option<&Owner>) -> Cells {
        let view = &self.view.0;
        let uid = socket.uid.map(|uid| view.uid(uid));
        let names = match &view.joined {
            None => view.host_tables(),
            // Of a socket that nobody seen here has it is not known whose it is.
            Some(_) => {
                let names = owner.and_then(|owner| owner.names.as_ref());
                names.unwrap_or(Tables::none())
            }
        };
        let user = uid
            .and_then(Result::ok)
            .filter(|_| self.is_named)
            .map(|uid| {
                names.users.learn(uid.get());
                names.users.name_or_number(uid.get())
            });
        let number = socket.cgroup;
        let owned = Owned {
            socket,
            network,
            group: number.map_or(Err(Missing::None), |number| self.groups.of_number(number)),
            owners: owner.map_or(&[], |owner| &owner.all),
            uid,
            user,
        };
        let of_owner = |at| owner.and_then(|owner| owner.cells.get(at).cloned());
        let unowned = match (owner, socket.inode) {
            (None, Some(_)) => Value::Missing(self.hides_owners),
            // No process has it open, or the one that has is known.
            _ => Value::MISSING,
        };
        let is_hidden = unowned.missing().is_some_and(Missing::hides_a_value);
        let cells = self.columns.iter().enumerate();
        let cells = cells.map(|(at, column)| match column.extract {
            Extract::Socket(extract) => match extract(&owned) {
                Value::Missing(_) if column.needs.contains(Needs::FDS) => unowned.clone(),
                // Nobody has it, as far as is known.
                Value::List(all) if all.is_empty() && is_hidden => unowned.clone(),
                value => value,
            },
            _ => of_owner(at).unwrap_or_else(|| unowned.clone()),
        });
        let pid = owner.map(|owner| owner.pid);
        let row = Cells::new(pid, self.view.target(), cells.collect());
        row.marked(self.is_watched.then(|| mark(network, socket)))
            .forgeable(socket.forgeable)
    }

    pub(super) fn finish(mut self) -> Outcome {
        let mut left = self.rest.chain(self.next.flat_map(|(_, sockets)| sockets));
        if left.next().is_some() && self.outcome.ended == Ended::Complete {
            self.outcome.ended = Ended::Stopped;
        }
        self.outcome
    }
}

/// What `make` makes of each socket of the network namespace of `view`, and of the processes and
/// descriptors that refer to it; and what could not be read.
#[cfg_attr(
    not(any(test, feature = "system")),
    expect(dead_code, reason = "`system` alone asks")
)]
pub(crate) fn owned_sockets<T>(
    view: &View,
    make: impl Fn(Socket, Vec<(Pid, u32)>) -> T,
) -> Result<(Vec<T>, Outcome)> {
    let ask = Ask {
        view,
        pids: None,
        needs: Needs::FDS,
        pace: Pace {
            timeout: view.patience(),
            ..Pace::default()
        },
    };
    let (mut owners, mut outcome) = owners(&[], &ask, false, None)?;
    let all = Details::all().difference(Details::TCP);
    let tables = view.sockets(&netlink::Wanted::ALL, all, view.patience())?;
    outcome.add_absent(tables.absent);
    for (table, why) in tables.unread {
        Unread::add_file(&mut outcome.partial, table, why);
    }
    let is_forgeable = |socket: &&Socket| socket.forgeable;
    outcome.forgeable_sockets = tables.sockets.iter().filter(is_forgeable).count();
    let own = |socket: Socket| {
        let owner = socket.inode.and_then(|inode| owners.remove(&inode));
        make(socket, owner.map(|owner| owner.all).unwrap_or_default())
    };
    Ok((tables.sockets.into_iter().map(own).collect(), outcome))
}

/// By what a socket is recognised in the next sample.
fn mark(network: Option<u64>, socket: &Socket) -> Mark {
    match (socket.protocol, socket.local, socket.remote, socket.inode) {
        (protocol @ ("tcp" | "tcp6"), Some(local), Some(remote), _) => {
            Mark::Connection(network, protocol, local, remote)
        }
        (.., None) if socket.cookie != 0 => Mark::Cookie(network, socket.cookie),
        (protocol, local, _, None) => {
            let path = socket.path.as_deref();
            Mark::Nameless(network, protocol, local, path.map(Into::into))
        }
        (.., Some(inode)) => Mark::Socket(inode),
    }
}

/// The processes that have each socket open, by inode, and how reading them went; with the names that
/// they see, if `with_names`.
fn owners(
    columns: &[&'static Descriptor],
    ask: &Ask<'_>,
    with_names: bool,
    mut networks: Option<&mut Networks>,
) -> Result<(HashMap<u64, Owner>, Outcome)> {
    let finds_networks = networks.is_some();
    let ask = Ask {
        needs: ask.needs | networks::needs(finds_networks),
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
        let networks = if finds_networks {
            networks::of_process(seen)
        } else {
            Vec::new()
        };
        if sockets.is_empty() {
            return Rest {
                networks,
                ..Rest::default()
            };
        }
        Rest {
            sockets,
            networks,
            process: of_its_process(&columns, seen),
            names: with_names.then(|| seen.names().clone()),
            ..Rest::default()
        }
    };
    let mut items = Items::start(ask, None, Make::Rest(Box::new(make)))?;
    let mut owners: HashMap<u64, Owner> = HashMap::new();
    while let Some((pid, rest)) = items.next_rest()? {
        if let Some(networks) = networks.as_mut() {
            networks.add(pid, &rest.networks);
        }
        let cells: Arc<[Value]> = rest.process.into();
        owners.reserve(rest.sockets.len());
        for (inode, fd) in rest.sockets {
            let owner = owners.entry(inode).or_insert_with(|| Owner {
                pid,
                cells: Arc::clone(&cells),
                names: rest.names.clone(),
                all: Vec::new(),
            });
            owner.all.push((pid, fd));
        }
    }
    Ok((owners, items.finish()))
}

#[cfg(all(test, feature = "filter"))]
mod tests {
    use crate::{descriptor::Subject, query::Query};

    #[test]
    fn protocols_that_this_kernel_lacks_are_told_where_filters_name_them() {
        let absent = |filter: &str| {
            let query = Query::of(Subject::Sockets, ["inode"]).unwrap();
            let table = query.filter(filter).unwrap().table().unwrap();
            table.outcome().absent_protocols.clone()
        };
        for any in [
            "proto!=unix",
            "state=LISTEN",
            "lport=22",
            "proto!=unix && recvq>0",
        ] {
            assert_eq!(absent(any), [""; 0], "{any}");
        }
        for named in ["proto=xdp", "proto=xdp && recvq>0", "proto in (xdp,tcp)"] {
            let absent = absent(named);
            assert!(
                absent.iter().all(|protocol| *protocol == "xdp"),
                "{named} {absent:?}"
            );
        }
    }
}
