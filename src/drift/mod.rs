//! Compares the processes that run with those that should run.
//!
//! [`tree`] turns a listing into a tree of lines, by [`Rules`]; [`diff`] compares two trees and
//! gives the missing and the extra lines. Storing and reporting them is up to the caller. The form
//! of the lines and the built-in rules are those of psdiff (ossobv/vcutil).
//!
//! ```
//! use psgo::{Query, drift};
//!
//! let table = Query::new(drift::COLUMNS)?.table()?;
//! let rules = drift::Rules::builtin()?;
//! let saved = drift::tree(table.rows(), &rules)?;
//! assert_eq!(saved[0].to_string(), "root  {user=root}");
//!
//! // Later:
//! let now = drift::tree(Query::new(drift::COLUMNS)?.table()?.rows(), &rules)?;
//! for change in drift::diff(&saved, &now) {
//!     println!("{} {}", change.sign(), change.line());
//! }
//! # Ok::<(), psgo::Error>(())
//! ```

mod cut;
mod diff;
mod forest;
mod line;
mod rule;
mod rules;
#[cfg(test)]
mod tests;
mod toml;

pub use cut::MOST;
pub use diff::{Change, diff};
pub use forest::Processes;
pub use line::{Line, Unknown, add, remove};
pub use rule::{Action, Mask, Replacement, Rule, Scope, Step};
pub use rules::Rules;

use crate::{error::Result, ids::Pid, query::Row, value::Text};
use forest::{Forest, Verdict};

/// The descriptors of a listing of which [`tree`] makes lines, in this order.
pub const COLUMNS: [&str; 5] = ["ppid", "user", "state", "kthread", "args"];

/// The lines of the processes in `rows`: each below its parent, children by command line, user,
/// number of children, and then by their children; kernel threads are left out.
///
/// A process that a rule hides still counts as a level for its descendants. A process whose parent
/// is not among the rows is placed below process 1. A zombie's command line is its name in brackets and
/// `<defunct>`. Leave the row of the caller out of `rows` if it shall not be there; see
/// [`View::this_process`](crate::View::this_process).
///
/// A command line of more than [`MOST`] bytes is cut, before any rule is applied: rules match what is
/// kept of it. [`Processes`] takes rows one by one, so that the long ones need not be kept until then.
///
/// A process of which something could not be read is a line that is [unknown](Line::unknown), unless
/// a rule hides it whatever its command line is. No condition of a rule on a command line that is
/// unknown holds.
///
/// ```
/// use psgo::{Query, View, drift};
///
/// let view = View::host()?;
/// let me = view.this_process();
/// let table = Query::new(drift::COLUMNS)?.view(view).table()?;
/// let others = table.rows().iter().filter(|row| row.pid() != me);
/// for line in drift::tree(others, &drift::Rules::default())? {
///     println!("{line}");
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// [`Invalid`](crate::ErrorKind::Invalid): the rows are not of [`COLUMNS`], or they come from several
/// containers.
pub fn tree<'a>(rows: impl IntoIterator<Item = &'a Row>, rules: &Rules) -> Result<Vec<Line>> {
    Ok(processes(rows)?.tree(rules))
}

fn processes<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Processes> {
    let mut processes = Processes::new();
    for row in rows {
        processes.add(row)?;
    }
    Ok(processes)
}

/// What the rules do to one process.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation<'r> {
    /// Its line, whether it is shown or not.
    pub line: Line,
    /// Its command line as the kernel has it, [cut](MOST) if it is long; empty if it is unknown.
    pub cmdline: Text,
    /// The rule that changed the command line.
    pub adjusted: Option<&'r Rule>,
    /// Why it is shown or not.
    pub reason: Reason<'r>,
}

/// Why a process is shown or not.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Reason<'r> {
    /// It is shown, as no rule is about it.
    NoRule,
    /// It is never shown.
    KernelThread,
    /// It is shown, as its [command line is unknown](Line::unknown), so that nobody can tell which
    /// rules are about it.
    Unknown,
    /// It is shown because this rule says so.
    Shown(&'r Rule),
    /// It is not shown because of this rule.
    Hidden {
        /// The rule.
        rule: &'r Rule,
        /// The process that it matched: this one or one above it.
        matched: Pid,
    },
}

/// What the rules do to the process `pid` among `rows`; `None` if it is not among them.
///
/// ```
/// use psgo::{Pid, Query, drift};
///
/// let table = Query::new(drift::COLUMNS)?.table()?;
/// let (rules, me) = (drift::Rules::builtin()?, Pid::new(std::process::id()));
/// if let Some(told) = drift::explain(table.rows(), &rules, me)? {
///     println!("{}: {:?}", told.line, told.adjusted.map(drift::Rule::name));
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`tree`].
pub fn explain<'a, 'r>(
    rows: impl IntoIterator<Item = &'a Row>,
    rules: &'r Rules,
    pid: Pid,
) -> Result<Option<Explanation<'r>>> {
    Ok(processes(rows)?.explain(rules, pid))
}

impl Processes {
    /// What the rules do to the process `pid`, as [`explain`] tells it.
    #[must_use]
    pub fn explain(self, rules: &Rules, pid: Pid) -> Option<Explanation<'_>> {
        let forest = Forest::new(self, rules);
        let is_it = |place: &usize| forest.nodes.get(*place).is_some_and(|node| node.pid == pid);
        let place = (1..forest.nodes.len()).find(is_it)?;
        let node = &forest.nodes[place];
        let rule = |number: usize| rules.iter().nth(number);
        let reason = match node.verdict {
            Verdict::Untouched => Reason::NoRule,
            Verdict::KernelThread => Reason::KernelThread,
            Verdict::Unknown => Reason::Unknown,
            Verdict::Shown(number) => rule(number).map_or(Reason::NoRule, Reason::Shown),
            Verdict::Hidden(number) => rule(number).map_or(Reason::NoRule, |rule| Reason::Hidden {
                rule,
                matched: forest.nodes[forest.cause(rule, place)].pid,
            }),
        };
        Some(Explanation {
            line: node.line(),
            cmdline: node.before.clone(),
            adjusted: node.adjusted.and_then(rule),
            reason,
        })
    }
}
