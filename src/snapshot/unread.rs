//! `Unread`: what a listing could not read of some processes, and why.

use crate::{ids::Pid, value::Missing};

/// What a listing could not read, for one reason.
///
/// ```
/// let query = psgo::Query::new(["pid"])?.sort(&["pid"])?;
/// # #[cfg(feature = "filter")]
/// let query = query.filter("lports=2024")?;
/// for unread in &query.table()?.outcome().undecided {
///     println!("{} of {} processes: {}", unread.what, unread.rows, unread.why);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unread {
    /// The name of a column, or of a file below `/proc/PID`.
    pub what: String,
    /// Why it could not be read.
    pub why: Missing,
    /// The number of rows that it is about.
    pub rows: usize,
    /// The processes that it is about, in the order of the listing. A socket without a known owner
    /// is of none.
    pub pids: Vec<Pid>,
}

impl Unread {
    /// Adds a row, of the process `pid` if of any, to those for which `what` is unread for the same
    /// reason.
    pub(crate) fn add(all: &mut Vec<Self>, what: &str, why: Missing, pid: Option<Pid>) {
        let same = |known: &&mut Self| known.what == what && known.why == why;
        let Some(known) = all.iter_mut().find(same) else {
            all.push(Self {
                what: what.to_owned(),
                why,
                rows: 1,
                pids: pid.into_iter().collect(),
            });
            return;
        };
        known.rows += 1;
        known
            .pids
            .extend(pid.filter(|pid| known.pids.last() != Some(pid)));
    }

    /// Adds a file, or part of an answer, that is of no process.
    pub(crate) fn add_file(all: &mut Vec<Self>, what: &str, why: Missing) {
        if !all
            .iter()
            .any(|known| known.what == what && known.why == why)
        {
            all.push(Self {
                what: what.to_owned(),
                why,
                rows: 0,
                pids: Vec::new(),
            });
        }
    }

    /// Adds `other` to what is unread for the same reason.
    pub(crate) fn merge(all: &mut Vec<Self>, other: Self) {
        let same = |known: &&mut Self| known.what == other.what && known.why == other.why;
        let Some(known) = all.iter_mut().find(same) else {
            all.push(other);
            return;
        };
        known.rows += other.rows;
        for pid in other.pids {
            // The rows of a process come one after the other.
            if known.pids.last() != Some(&pid) {
                known.pids.push(pid);
            }
        }
    }
}

/// An object of `what`, `why`, `rows` and `pids`.
#[cfg(feature = "serde")]
impl serde::Serialize for Unread {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("what", &self.what)?;
        map.serialize_entry("why", &self.why)?;
        map.serialize_entry("rows", &self.rows)?;
        map.serialize_entry("pids", &self.pids)?;
        map.end()
    }
}
