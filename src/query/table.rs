//! `Table` and `Row`: what a listing returns.

use std::sync::Arc;

use super::{column::Column, row::Cells};
use crate::{ids::Pid, snapshot::Outcome, value::Value, view::Skipped};

/// A listing: columns, rows of typed values, and what was left out.
///
/// With feature `serde` it serialises as one object that loses nothing:
///
/// ```text
/// {
///   "columns": [{"name": "pid", "header": "PID"}, …],
///   "rows": [{"pid": 1, "via": 5572, "values": [1, …], "missing": {"1": "denied"}}, …],
///   "skipped": [{"pid": 7, "via": null, "named": true, "kind": "gone", "error": "…"}, …],
///   "silent": [12, …],
///   "containers": [{"via": 5572, "proc": "its own /proc"}, …],
///   "undecided": [{"what": "lports", "why": "denied", "rows": 2, "pids": [7, 8]}, …],
///   "unknown": [{"what": "exe", "why": "denied", "rows": 2, "pids": [7, 8]}, …],
///   "partial": [{"what": "net/udp", "why": "denied", "rows": 1, "pids": [9]}, …],
///   "abandoned": 0,
///   "ended": "complete"
/// }
/// ```
///
/// `values` are in the order of `columns`; `missing` says by their index why values are `null`,
/// where a reason is known. A [`Row`] alone serialises as an object keyed by descriptor names.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Arc<[Column]>,
    rows: Vec<Row>,
    outcome: Outcome,
}

impl Table {
    pub(super) fn new(columns: Arc<[Column]>, rows: Vec<Row>, outcome: Outcome) -> Self {
        Self {
            columns,
            rows,
            outcome,
        }
    }

    pub(super) fn outcome_mut(&mut self) -> &mut Outcome {
        &mut self.outcome
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The header of each column.
    #[must_use]
    pub fn headers(&self) -> Vec<&str> {
        self.columns.iter().map(Column::header).collect()
    }

    /// The rows, by pid unless sorted.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Row> {
        self.rows.iter()
    }

    /// The Go psgo's result: one string per cell of each row, without the headers.
    ///
    /// The text is escaped, see [`Value`].
    #[must_use]
    pub fn to_strings(&self) -> Vec<Vec<String>> {
        let strings = |row: &Row| row.values().iter().map(Value::to_string).collect();
        self.rows.iter().map(strings).collect()
    }

    /// The processes and containers that were left out, and why.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.outcome.skipped
    }

    /// How the listing went.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

impl<'a> IntoIterator for &'a Table {
    type Item = &'a Row;
    type IntoIter = std::slice::Iter<'a, Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

/// One process, socket, open file or timer: a value for each column.
///
/// ```
/// use psgo::{Pid, Pids, Value};
///
/// let me = Pid::new(std::process::id());
/// let table = psgo::process_info(Pids::Only(&[me]), &["pid", "rss", "comm"])?;
/// for row in &table {
///     let rss = row.get("rss").and_then(Value::as_bytes);
///     println!("{:?} {} {rss:?}", row.pid(), row.get("comm").unwrap());
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// With feature `serde` it serialises as an object keyed by descriptor names, which fails if the
/// same column is there twice.
#[derive(Debug, Clone)]
pub struct Row {
    columns: Arc<[Column]>,
    cells: Cells,
}

impl Row {
    pub(super) fn new(columns: Arc<[Column]>, cells: Cells) -> Self {
        Self { columns, cells }
    }

    /// A row of as many columns as values, for tests of what takes rows.
    #[cfg(all(test, feature = "drift"))]
    pub(crate) fn of(pid: Pid, via: Option<Pid>, values: Vec<Value>) -> Self {
        let pid_column = || Column::parse("pid", crate::descriptor::Subject::Processes).unwrap();
        let columns = values.iter().map(|_| pid_column()).collect();
        Self::new(columns, Cells::new(Some(pid), via, values))
    }

    pub(super) fn cells_mut(&mut self) -> &mut Cells {
        &mut self.cells
    }

    /// Also the cells of sort keys, which are behind those of the columns while rows are sorted.
    pub(super) fn all_values(&self) -> &[Value] {
        &self.cells.values
    }

    /// The process, in the PID namespace of the `/proc` that was read; of a socket the first that
    /// has it open. `None` for a socket that no process has open, or none that may be read: its
    /// process columns are [`Value::Missing`].
    #[must_use]
    pub fn pid(&self) -> Option<Pid> {
        self.cells.pid
    }

    /// The pid through which its container was joined; `None` without a join.
    #[must_use]
    pub fn via(&self) -> Option<Pid> {
        self.cells.via
    }

    /// The columns, in the order of the values.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The cells, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        let shown = self.columns.len().min(self.cells.values.len());
        &self.cells.values[..shown]
    }

    /// Each column with its value.
    pub fn cells(&self) -> impl Iterator<Item = (&Column, &Value)> {
        self.columns.iter().zip(self.values())
    }

    /// The cell of the column `name`: a descriptor's name, or another name or code by which
    /// [`find`](crate::descriptor::Subject::find) knows it. The first, if there are several;
    /// `None` if there is no such column.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut cells = self.cells();
        let by_name = cells.find(|(column, _)| column.descriptor().name == name);
        if let Some((_, value)) = by_name {
            return Some(value);
        }
        let known = crate::descriptor::known(name)?;
        let mut cells = self.cells();
        let found = cells.find(|(column, _)| column.descriptor().name == known.name);
        found.map(|(_, value)| value)
    }
}

/// Two rows are equal if they are of the same process and have the same values.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        (self.pid(), self.via()) == (other.pid(), other.via()) && self.values() == other.values()
    }
}

#[cfg(feature = "serde")]
mod serialize {
    use serde::{
        Serialize, Serializer,
        ser::{Error as _, SerializeMap as _, SerializeStruct as _},
    };

    use super::{Row, Table};
    use crate::{query::column::Column, value::Missing};

    /// An object keyed by the descriptors' names.
    impl Serialize for Row {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let names = || self.columns.iter().map(|column| column.descriptor().name);
            let twice = names()
                .enumerate()
                .find(|(i, name)| names().take(*i).any(|n| n == *name));
            if let Some((_, name)) = twice {
                let reason = format!("descriptor \"{name}\" twice in one object");
                return Err(S::Error::custom(reason));
            }
            serializer.collect_map(names().zip(self.values()))
        }
    }

    impl Serialize for Table {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let unnamed = self.outcome.unnamed.as_ref();
            let length = 10 + usize::from(unnamed.is_some());
            let mut table = serializer.serialize_struct("Table", length)?;
            table.serialize_field(
                "columns",
                &self.columns.iter().map(Named).collect::<Vec<_>>(),
            )?;
            table.serialize_field("rows", &self.rows.iter().map(Whole).collect::<Vec<_>>())?;
            table.serialize_field("skipped", &self.outcome.skipped)?;
            table.serialize_field("silent", &self.outcome.silent)?;
            table.serialize_field("containers", &self.outcome.containers)?;
            table.serialize_field("undecided", &self.outcome.undecided)?;
            table.serialize_field("unknown", &self.outcome.unknown)?;
            table.serialize_field("partial", &self.outcome.partial)?;
            table.serialize_field("abandoned", &self.outcome.abandoned)?;
            if let Some(error) = unnamed {
                table.serialize_field("unnamed", &error.to_string())?;
            }
            table.serialize_field("ended", &self.outcome.ended)?;
            table.end()
        }
    }

    struct Named<'a>(&'a Column);

    impl Serialize for Named<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let name = ("name", self.0.descriptor().name);
            serializer.collect_map([name, ("header", self.0.header())])
        }
    }

    /// A row with what its object would lose.
    struct Whole<'a>(&'a Row);

    impl Serialize for Whole<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let reasons = self.0.values().iter().enumerate();
            let reasons = reasons.filter_map(|(i, value)| Some((i, value.missing()?)));
            let missing: Vec<_> = reasons
                .filter(|(_, reason)| *reason != Missing::None)
                .collect();
            let mut row = serializer.serialize_map(None)?;
            row.serialize_entry("pid", &self.0.pid())?;
            row.serialize_entry("via", &self.0.via())?;
            row.serialize_entry("values", self.0.values())?;
            if !missing.is_empty() {
                row.serialize_entry("missing", &Reasons(missing))?;
            }
            row.end()
        }
    }

    struct Reasons(Vec<(usize, Missing)>);

    impl Serialize for Reasons {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(i, reason)| (i, reason)))
        }
    }
}
