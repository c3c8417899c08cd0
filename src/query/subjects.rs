//! The rows of each subject: processes, what they hold open, their timers, sockets and who has
//! them.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

use super::row::{Cells, Mark};
use crate::{
    descriptor::{Descriptor, Extract, Owned, Subject, Timed},
    error::{Error, ErrorKind, Result},
    ids::Pid,
    snapshot::{self, Ask, Ended, Extra, Needs, Outcome, Retained, Row, Seen, Slot},
    socket::{self, Socket},
    value::{Missing, Value},
    view::{Skipped, View},
};

type Each<'a> = &'a mut dyn FnMut(Cells) -> ControlFlow<()>;

/// Gives out the rows of one view, of these columns.
pub(super) fn rows(
    subject: Subject,
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    retained: Option<&mut Retained>,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let is_watched = retained.is_some();
    match subject {
        Subject::Processes => processes(columns, ask, retained, each, outcome),
        Subject::Files => files(columns, ask, is_watched, each, outcome),
        Subject::Sockets => sockets(&columns, ask, is_watched, each, outcome),
        Subject::Timers => timers(columns, ask, is_watched, each, outcome),
    }
}

/// The cell of a process; unknown where the column is of something else.
fn of_process(column: &Descriptor, seen: &Seen<'_>) -> Value {
    match column.extract {
        Extract::Process(extract) => match extract(seen) {
            Value::Missing(Missing::None) => Value::Missing(seen.why_missing(column.needs)),
            value => value,
        },
        _ => Value::MISSING,
    }
}

fn processes(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    retained: Option<&mut Retained>,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let via = ask.view.target();
    let extract = move |seen: &Seen<'_>, cells: &mut Vec<Value>| {
        cells.extend(columns.iter().map(|column| of_process(column, seen)));
        Extra::None
    };
    let mut each = |row: Row| each(Cells::new(Some(row.pid), via, row.cells));
    snapshot::collect(ask, retained, Box::new(extract), &mut each, outcome)
}

/// What is made of a process of which rows are made that are not its own, and why its descriptors
/// cannot be read.
type Of<T> = (Vec<T>, Option<Error>);

/// What is made of something that a process holds open.
trait Made: Send + 'static {
    /// How many bytes of memory it takes, about.
    fn weight(&self) -> usize;
}

impl Made for Cells {
    fn weight(&self) -> usize {
        Self::weight(self)
    }
}

/// Reads the processes, and makes what `of` does of each. Those whose descriptors cannot be read
/// are among those left out.
fn of_each<T: Made>(
    ask: Ask<'_>,
    of: impl Fn(&Seen<'_>) -> Vec<T> + Send + Sync + 'static,
    each: &mut dyn FnMut(Pid, Vec<T>) -> ControlFlow<()>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let extract = move |seen: &Seen<'_>, _: &mut Vec<Value>| {
        let of: Of<T> = (of(seen), seen.shut().cloned());
        if of.0.is_empty() && of.1.is_none() {
            return Extra::None;
        }
        let weight = of.0.iter().map(T::weight).sum();
        Extra::Made(Box::new(of), weight)
    };
    let mut shut = Vec::new();
    let (via, named) = (ask.view.target(), ask.pids.is_some());
    let flow = snapshot::collect(
        ask,
        None,
        Box::new(extract),
        &mut |Row { pid, extra, .. }| {
            // What `extract` made, so it is of that type.
            if let Extra::Made(made, _) = extra
                && let Ok(of) = made.downcast::<Of<T>>()
            {
                let (made, error) = *of;
                shut.extend(error.map(|error| (pid, error)));
                return each(pid, made);
            }
            ControlFlow::Continue(())
        },
        outcome,
    );
    outcome
        .skipped
        .extend(shut.into_iter().map(|(pid, error)| Skipped {
            pid,
            via,
            named,
            error,
        }));
    flow
}

fn files(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    is_watched: bool,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let via = ask.view.target();
    let ask = Ask {
        needs: ask.needs | Needs::FDS,
        ..ask
    };
    let of = move |seen: &Seen<'_>| {
        let process = of_its_process(&columns, seen);
        let opened = seen.opened().unwrap_or_default().iter();
        let row = |opened| {
            let cells = columns.iter().zip(&process);
            let cells = cells.map(|(column, process)| match column.extract {
                Extract::Opened(extract) => extract(opened),
                _ => process.clone(),
            });
            let mark = || Mark::Opened(seen.pid(), opened.slot, opened.target.as_slice().into());
            Cells::new(Some(seen.pid()), via, cells.collect()).marked(is_watched.then(mark))
        };
        opened.map(row).collect()
    };
    let mut each = |_, rows: Vec<Cells>| rows.into_iter().try_for_each(&mut *each);
    of_each(ask, of, &mut each, outcome)
}

fn of_its_process(columns: &[&'static Descriptor], seen: &Seen<'_>) -> Vec<Value> {
    let cells = columns.iter().map(|column| of_process(column, seen));
    cells.collect()
}

fn timers(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    is_watched: bool,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let via = ask.view.target();
    let ask = Ask {
        needs: ask.needs | Needs::TIMERS,
        ..ask
    };
    let of = move |seen: &Seen<'_>| {
        let pid = seen.pid();
        let posix = seen.timers().iter();
        let posix = posix.map(|timer| (Timed::Posix(timer), Mark::Timer(pid, timer.timer.id)));
        let opened = seen.opened().unwrap_or_default().iter();
        let fds = opened.filter_map(|opened| match (opened.slot, &opened.info) {
            (Slot::Fd(fd), Some(info)) if info.clockid.is_some() => {
                let mark = Mark::Opened(pid, opened.slot, opened.target.as_slice().into());
                Some((Timed::Fd(fd, info), mark))
            }
            _ => None,
        });
        let mut timed = posix.chain(fds).peekable();
        if timed.peek().is_none() {
            return Vec::new();
        }
        let process = of_its_process(&columns, seen);
        let row = |(timed, mark)| {
            let cells = columns.iter().zip(&process);
            let cells = cells.map(|(column, process)| match column.extract {
                Extract::Timer(extract) => extract(&timed),
                _ => process.clone(),
            });
            Cells::new(Some(pid), via, cells.collect()).marked(is_watched.then_some(mark))
        };
        timed.map(row).collect()
    };
    let mut each = |_, rows: Vec<Cells>| rows.into_iter().try_for_each(&mut *each);
    of_each(ask, of, &mut each, outcome)
}

/// Who has a socket: the cells of the first process that does, and all that do.
struct Owner {
    pid: Pid,
    cells: Arc<[Value]>,
    all: Vec<(Pid, u32)>,
}

/// The sockets of a process: inodes and descriptors, and the cells of the process itself.
struct Holder {
    sockets: Vec<(u64, u32)>,
    cells: Vec<Value>,
}

impl Made for Holder {
    fn weight(&self) -> usize {
        size_of_val(self.sockets.as_slice()) + Value::weight_of(&self.cells)
    }
}

fn sockets(
    columns: &[&'static Descriptor],
    ask: Ask<'_>,
    is_watched: bool,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let (via, only_owned) = (ask.view.target(), ask.pids.is_some());
    let of_whom = |column: &&Descriptor| match column.extract {
        Extract::Socket(_) => column.needs.contains(Needs::FDS),
        _ => true,
    };
    // Owners are read before the tables, so no socket that had one is shown without.
    let owners = if only_owned || columns.iter().any(of_whom) {
        owners(columns, ask.clone(), outcome)?
    } else {
        HashMap::new()
    };
    if outcome.ended != Ended::Complete {
        // A socket is not shown without its owner because that was not read.
        return Ok(ControlFlow::Continue(()));
    }
    let is_user = |column: &&Descriptor| {
        matches!(column.extract, Extract::Socket(_)) && column.needs.contains(Needs::USERS)
    };
    let is_named = columns.iter().any(is_user);
    let view = &ask.view.0;
    for socket in tables(ask.view)? {
        let owner = socket.inode.and_then(|inode| owners.get(&inode));
        if only_owned && owner.is_none() {
            continue;
        }
        let uid = socket.uid.and_then(|uid| view.uid(uid));
        let user = uid.filter(|_| is_named).map(|uid| {
            view.users().learn(uid.get());
            view.users().name_or_number(uid.get())
        });
        let owned = Owned {
            socket: &socket,
            owners: owner.map_or(&[], |owner| &owner.all),
            uid,
            user,
        };
        let of_owner = |at| owner.and_then(|owner| owner.cells.get(at).cloned());
        let cells = columns.iter().enumerate();
        let cells = cells.map(|(at, column)| match column.extract {
            Extract::Socket(extract) => extract(&owned),
            _ => of_owner(at).unwrap_or(Value::MISSING),
        });
        let pid = owner.map(|owner| owner.pid);
        let row = Cells::new(pid, via, cells.collect());
        if each(row.marked(is_watched.then(|| mark(&socket)))).is_break() {
            outcome.ended = Ended::Stopped;
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What `make` makes of each socket of the network namespace of `view`, and of the processes and
/// descriptors that refer to it.
pub(crate) fn owned_sockets<T>(
    view: &View,
    make: impl Fn(Socket, Vec<(Pid, u32)>) -> T,
) -> Result<Vec<T>> {
    let ask = Ask {
        view,
        pids: None,
        needs: Needs::FDS,
        pace: snapshot::Pace::default(),
    };
    let mut owners = owners(&[], ask, &mut Outcome::default())?;
    let own = |socket: Socket| {
        let owner = socket.inode.and_then(|inode| owners.remove(&inode));
        make(socket, owner.map(|owner| owner.all).unwrap_or_default())
    };
    Ok(tables(view)?.into_iter().map(own).collect())
}

/// By what a socket is known again.
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

/// Who has which socket, by inode.
fn owners(
    columns: &[&'static Descriptor],
    ask: Ask<'_>,
    outcome: &mut Outcome,
) -> Result<HashMap<u64, Owner>> {
    let ask = Ask {
        needs: ask.needs | Needs::FDS,
        ..ask
    };
    let columns = columns.to_vec();
    let of = move |seen: &Seen<'_>| {
        let opened = seen.opened().unwrap_or_default().iter();
        let sockets = opened.filter_map(|opened| match opened.slot {
            Slot::Fd(fd) => Some((opened.socket_inode()?, fd)),
            _ => None,
        });
        let sockets: Vec<(u64, u32)> = sockets.collect();
        if sockets.is_empty() {
            return Vec::new();
        }
        let cells = of_its_process(&columns, seen);
        vec![Holder { sockets, cells }]
    };
    let mut owners: HashMap<u64, Owner> = HashMap::new();
    let mut own = |pid: Pid, made: Vec<Holder>| {
        for Holder { sockets, cells } in made {
            let cells: Arc<[Value]> = cells.into();
            for (inode, fd) in sockets {
                let owner = owners.entry(inode).or_insert_with(|| Owner {
                    pid,
                    cells: Arc::clone(&cells),
                    all: Vec::new(),
                });
                owner.all.push((pid, fd));
            }
        }
        ControlFlow::Continue(())
    };
    let _ = of_each(ask, of, &mut own, outcome)?;
    Ok(owners)
}

/// The sockets of the network namespace of `view`.
fn tables(view: &View) -> Result<Vec<Socket>> {
    let mut all = Vec::new();
    let mut none = None;
    for (path, parse) in &socket::TABLES {
        match view.read_bytes(path, false) {
            Ok(bytes) => {
                let rows = parse(&bytes).map_err(|error| {
                    Error::new(ErrorKind::NotUnderstood, *path, error.to_string())
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::query::Query;

    #[test]
    fn a_cell_says_why_it_is_unknown() {
        let copy = std::env::temp_dir().join(format!("psgo-why-{}", std::process::id()));
        for (pid, cgroup) in [(1, None), (2, Some("no control group\n"))] {
            let dir = copy.join(pid.to_string());
            fs::create_dir_all(&dir).unwrap();
            fs::copy("/proc/self/stat", dir.join("stat")).unwrap();
            cgroup.map(|text| fs::write(dir.join("cgroup"), text).unwrap());
        }
        let query = Query::new(&["cgroup", "hpid", "exe", "nice"]).unwrap();
        let table = query.view(View::at(&copy).unwrap()).table().unwrap();
        let reasons = table.rows().iter().map(|row| {
            let reasons = row.values().iter().map(|value| match value {
                Value::Missing(why) => Some(*why),
                _ => None,
            });
            reasons.collect::<Vec<_>>()
        });
        let reasons: Vec<_> = reasons.collect();
        let others = [Some(Missing::NotJoined), Some(Missing::None), None];
        for (found, cgroup) in reasons
            .iter()
            .zip([Missing::Unsupported, Missing::Malformed])
        {
            assert_eq!(found[0], Some(cgroup));
            assert_eq!(found[1..], others);
        }
        assert_eq!(reasons.len(), 2);
        fs::remove_dir_all(copy).unwrap();
    }
}
