//! What is made of a process while a listing reads, and the rows that follow from it.

use std::vec;

use crate::{
    descriptor::{Descriptor, End, Extract},
    error::{Error, Result},
    ids::Pid,
    query::row::Cells,
    snapshot::{Ask, Extra, Listing, Needs, Outcome, Retained, Seen},
    value::{Missing, Value},
    view::{Skipped, Tables},
};

/// What is made of a process that is not a row itself.
#[derive(Default)]
pub(super) struct Rest {
    pub(super) rows: Vec<Cells>,
    /// The sockets that it has open, by inode, with the descriptor.
    pub(super) sockets: Vec<(u64, u32)>,
    /// The ends of pipes and sockets that it has open, with the descriptor, where they are asked for.
    pub(super) ends: Vec<(End, u32)>,
    /// The network namespaces to which it leads, by number, with the descriptor by which it has one open.
    pub(super) networks: Vec<(u64, Option<u32>)>,
    /// The cells of the process itself, where it has sockets.
    pub(super) process: Vec<Value>,
    /// The names of users that the process sees, where they are asked for.
    pub(super) names: Option<Tables>,
    /// Why its descriptors could not be read.
    pub(super) shut: Option<Error>,
}

impl Rest {
    /// Whether nothing follows from the process.
    fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.sockets.is_empty()
            && self.ends.is_empty()
            && self.networks.is_empty()
            && self.shut.is_none()
    }

    fn weight(&self) -> usize {
        let rows: usize = self.rows.iter().map(Cells::weight).sum();
        let lists = size_of_val(self.sockets.as_slice()) + size_of_val(self.networks.as_slice());
        let lists = lists + size_of_val(self.ends.as_slice());
        rows + lists + Value::weight_of(&self.process)
    }
}

/// Makes the cells of a process that is a row.
type MakeCells = dyn Fn(&Seen<'_>, &mut Vec<Value>) + Send + Sync;

/// Makes the rest of a process that is not.
type MakeRest = dyn Fn(&Seen<'_>) -> Rest + Send + Sync;

/// What a listing makes of each process.
pub(super) enum Make {
    Cells(Box<MakeCells>),
    Rest(Box<MakeRest>),
}

/// The items of one view, one by one, and their rows.
pub(in crate::query) struct Items<'a> {
    listing: Listing<'a>,
    /// Whether each process is a row itself.
    are_processes: bool,
    via: Option<Pid>,
    named: bool,
    /// The rows of the process that was read last.
    rows: vec::IntoIter<Cells>,
    /// The processes whose descriptors could not be read.
    shut: Vec<Skipped>,
    /// How many threads were left behind before it began.
    pub(super) abandoned: usize,
}

impl<'a> Items<'a> {
    pub(super) fn start(
        ask: Ask<'_>,
        retained: Option<&'a mut Retained>,
        make: Make,
    ) -> Result<Self> {
        let (via, named) = (ask.view.target(), ask.pids.is_some());
        let are_processes = matches!(make, Make::Cells(_));
        let make = move |seen: &Seen<'_>, cells: &mut Vec<Value>| match &make {
            Make::Cells(make) => {
                make(seen, cells);
                Extra::None
            }
            Make::Rest(make) => {
                let shut = seen.shut().cloned();
                let rest = Rest { shut, ..make(seen) };
                if rest.is_empty() {
                    return Extra::None;
                }
                let weight = rest.weight();
                Extra::Made(Box::new(rest), weight)
            }
        };
        Ok(Self {
            listing: Listing::start(ask, retained, Box::new(make))?,
            are_processes,
            via,
            named,
            rows: Vec::new().into_iter(),
            shut: Vec::new(),
            abandoned: 0,
        })
    }

    /// The next row; `None` after the last.
    pub(super) fn next_row(&mut self) -> Result<Option<Cells>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Ok(Some(row));
            }
            let Some(row) = self.listing.next()? else {
                return Ok(None);
            };
            if self.are_processes {
                return Ok(Some(Cells::new(Some(row.pid), self.via, row.cells)));
            }
            if let Some(rest) = row.extra.made::<Rest>() {
                self.rows = self.known(row.pid, rest).rows.into_iter();
            }
        }
    }

    /// What was made of the next process that is not a row; `None` after the last.
    pub(super) fn next_rest(&mut self) -> Result<Option<(Pid, Rest)>> {
        while let Some(row) = self.listing.next()? {
            if let Some(rest) = row.extra.made::<Rest>() {
                return Ok(Some((row.pid, self.known(row.pid, rest))));
            }
        }
        Ok(None)
    }

    /// Notes a process whose descriptors could not be read.
    fn known(&mut self, pid: Pid, mut rest: Rest) -> Rest {
        let skipped = |error| Skipped {
            pid,
            via: self.via,
            named: self.named,
            error,
        };
        self.shut.extend(rest.shut.take().map(skipped));
        rest
    }

    pub(super) fn finish(self) -> Outcome {
        let mut outcome = self.listing.finish();
        outcome.abandoned += self.abandoned;
        outcome.skipped.extend(self.shut);
        outcome
    }
}

/// The cell of a process; unknown where the column is of something else.
pub(super) fn of_process(column: &Descriptor, seen: &Seen<'_>) -> Value {
    match column.extract {
        Extract::Process(extract) => match extract(seen) {
            Value::Missing(Missing::None) => Value::Missing(seen.why_missing(column.needs)),
            value => value,
        },
        _ => Value::MISSING,
    }
}

/// The cells of the process to which rows belong.
pub(super) fn of_its_process(columns: &[&'static Descriptor], seen: &Seen<'_>) -> Vec<Value> {
    let cells = columns.iter().map(|column| of_process(column, seen));
    cells.collect()
}

/// The one row that stands for all of a process that could not be read.
pub(super) fn unread(
    columns: &[&'static Descriptor],
    process: &[Value],
    seen: &Seen<'_>,
    via: Option<Pid>,
) -> Cells {
    let cells = columns.iter().zip(process);
    let cells = cells.map(|(column, cell)| match column.extract {
        Extract::Process(_) => cell.clone(),
        _ => Value::Missing(seen.why_missing(column.needs | Needs::FDS)),
    });
    Cells::new(Some(seen.pid()), via, cells.collect()).shut()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{query::Query, view::View};

    #[test]
    fn a_cell_says_why_it_is_unknown() {
        let copy = std::env::temp_dir().join(format!("psgo-why-{}", std::process::id()));
        for (pid, cgroup) in [(1, None), (2, Some("no control group\n"))] {
            let dir = copy.join(pid.to_string());
            fs::create_dir_all(&dir).unwrap();
            fs::copy("/proc/self/stat", dir.join("stat")).unwrap();
            if let Some(text) = cgroup {
                fs::write(dir.join("cgroup"), text).unwrap();
            }
        }
        let query = Query::new(["cgroup", "hpid", "exe", "nice"]).unwrap();
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
