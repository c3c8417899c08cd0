//! The rows of each subject: processes, what they hold open, sockets and who has them.

use std::{collections::HashMap, ops::ControlFlow};

use super::Row;
use crate::{
    descriptor::{Descriptor, Extract, Owned, Subject},
    error::{Error, ErrorKind, Result},
    ids::Pid,
    snapshot::{self, Ask, Memory, Needs, Opened, Outcome, Place, Seen},
    socket::{self, Socket},
    value::Value,
    view::{Skipped, View},
};

type Each<'a> = &'a mut dyn FnMut(Row) -> ControlFlow<()>;

/// Gives out the rows of one view, of these columns.
pub(super) fn rows(
    subject: Subject,
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    memory: Option<&mut Memory>,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    match subject {
        Subject::Processes => processes(columns, ask, memory, each, outcome),
        Subject::Files => files(columns, ask, each, outcome),
        Subject::Sockets => sockets(&columns, ask, each, outcome),
    }
}

/// The cell of a process; unknown where the column is of something else.
fn of_process(column: &Descriptor, seen: &Seen<'_>) -> Value {
    match column.extract {
        Extract::Process(extract) => extract(seen),
        _ => Value::Missing,
    }
}

fn processes(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    memory: Option<&mut Memory>,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let via = ask.view.target();
    let extract = move |seen: &Seen<'_>| {
        let cells = columns.iter().map(|column| of_process(column, seen));
        Row::new(seen.pid(), via, cells.collect())
    };
    snapshot::collect(ask, memory, extract, Row::weight, each, outcome)
}

/// What is made of a process of which rows are made that are not its own; the error is why its
/// descriptors cannot be read.
type Of<T> = (Pid, Result<Vec<T>>);

/// What is made of something that a process holds open.
trait Made: Send + 'static {
    /// How many bytes of memory it takes, about.
    fn weight(&self) -> usize;
}

impl Made for Row {
    fn weight(&self) -> usize {
        Self::weight(self)
    }
}

/// Reads the processes, and makes what `of` does of what each holds open; those whose descriptors cannot
/// be read are left out.
fn of_opened<T: Made>(
    ask: Ask<'_>,
    of: impl Fn(&Seen<'_>, &[Opened]) -> Vec<T> + Send + Sync + 'static,
    each: &mut dyn FnMut(Pid, Vec<T>) -> ControlFlow<()>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let extract = move |seen: &Seen<'_>| -> Of<T> {
        let made = match (seen.opened(), seen.shut()) {
            (Some(opened), _) => Ok(of(seen, opened)),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(Vec::new()),
        };
        (seen.pid(), made)
    };
    let mut shut = Vec::new();
    let named = ask.pids.is_some();
    let flow = snapshot::collect(
        ask,
        None,
        extract,
        |(_, made)| made.iter().flatten().map(T::weight).sum(),
        &mut |(pid, made): Of<T>| match made {
            Ok(made) => each(pid, made),
            Err(error) => {
                shut.push((pid, error));
                ControlFlow::Continue(())
            }
        },
        outcome,
    );
    outcome
        .skipped
        .extend(shut.into_iter().map(|(pid, error)| Skipped {
            pid,
            via: ask.view.target(),
            named,
            error,
        }));
    flow
}

fn files(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let via = ask.view.target();
    let ask = Ask {
        needs: ask.needs | Needs::FDS,
        ..ask
    };
    let of = move |seen: &Seen<'_>, opened: &[Opened]| {
        let process: Vec<_> = columns
            .iter()
            .map(|column| of_process(column, seen))
            .collect();
        let row = |opened: &Opened| {
            let cells = columns.iter().zip(&process);
            let cells = cells.map(|(column, process)| match column.extract {
                Extract::Opened(extract) => extract(opened),
                _ => process.clone(),
            });
            Row::new(seen.pid(), via, cells.collect())
        };
        opened.iter().map(row).collect()
    };
    let mut each = |_, rows: Vec<Row>| rows.into_iter().try_for_each(&mut *each);
    of_opened(ask, of, &mut each, outcome)
}

/// Who has a socket: the cells of the first process that does, and all that do.
struct Owner {
    pid: Pid,
    cells: Vec<Value>,
    all: Vec<(Pid, u32)>,
}

/// The sockets of a process: inodes and descriptors, and the cells of the process itself.
struct Holder {
    sockets: Vec<(u64, u32)>,
    cells: Vec<Value>,
}

impl Made for Holder {
    fn weight(&self) -> usize {
        let cells = self.cells.iter().map(Value::weight);
        size_of_val(self.sockets.as_slice()) + cells.sum::<usize>()
    }
}

fn sockets(
    columns: &[&'static Descriptor],
    ask: Ask<'_>,
    each: Each<'_>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let via = ask.view.target();
    let ask = Ask {
        needs: ask.needs | Needs::FDS,
        ..ask
    };
    let owned_columns = columns.to_vec();
    let of = move |seen: &Seen<'_>, opened: &[Opened]| {
        let sockets: Vec<(u64, u32)> = opened
            .iter()
            .filter_map(|opened| match (opened.kind_and_inode()?, opened.place) {
                ((b"socket", inode), Place::Fd(fd)) => Some((inode, fd)),
                _ => None,
            })
            .collect();
        if sockets.is_empty() {
            return Vec::new();
        }
        let columns = owned_columns.iter();
        let cells: Vec<_> = columns.map(|column| of_process(column, seen)).collect();
        vec![Holder { sockets, cells }]
    };
    let mut owners: HashMap<u64, Owner> = HashMap::new();
    let mut own = |pid: Pid, made: Vec<Holder>| {
        for Holder { sockets, cells } in made {
            for (inode, fd) in sockets {
                let owner = owners.entry(inode).or_insert_with(|| Owner {
                    pid,
                    cells: cells.clone(),
                    all: Vec::new(),
                });
                owner.all.push((pid, fd));
            }
        }
        ControlFlow::Continue(())
    };
    // Owners are read before the tables, so no socket that had one is shown without.
    let _ = of_opened(ask, of, &mut own, outcome)?;
    let only_owned = ask.pids.is_some();
    for socket in tables(ask.view)? {
        let owner = owners.get(&socket.inode).filter(|_| socket.inode != 0);
        if only_owned && owner.is_none() {
            continue;
        }
        let owned = Owned {
            socket: &socket,
            owners: owner.map_or(&[], |owner| &owner.all),
        };
        let cells = columns
            .iter()
            .enumerate()
            .map(|(i, column)| match column.extract {
                Extract::Socket(extract) => extract(&owned),
                _ => owner
                    .and_then(|owner| owner.cells.get(i).cloned())
                    .unwrap_or(Value::Missing),
            });
        let pid = owner.map_or(Pid::new(0), |owner| owner.pid);
        if each(Row::new(pid, via, cells.collect())).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The sockets of the network namespace of `view`.
fn tables(view: &View) -> Result<Vec<Socket>> {
    let mut all = Vec::new();
    let mut none = None;
    for (path, parse) in &socket::TABLES {
        match view.bytes(path) {
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
