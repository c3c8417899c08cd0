//! Which processes are asked for, and from where they are seen.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use psgo::{JoinOptions, JoinedViews, Pid, Query, View};

use super::{
    help::WHERE_TO_LOOK,
    values::{self, given},
};
use crate::{failure::Failure, supervisor};

/// The time-out of what has none in the library.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Which processes, seen from where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Only these.
    pub(crate) pids: Option<Vec<Pid>>,
    /// The containers to look from; `None` for this host.
    pub(crate) join: Option<Join>,
    /// Whether the host's IDs are translated through this process's user namespace.
    fill_mappings: bool,
    /// A directory to read instead of `/proc`.
    pub(crate) proc: Option<PathBuf>,
    timeout: Option<Duration>,
    /// When everything has to end.
    deadline: Option<Instant>,
    /// How many threads read.
    threads: Option<NonZeroUsize>,
}

/// The containers to look from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// Those of the listed pids.
    Each,
    /// That of this pid; all other pids are the container's own.
    Into(Pid),
}

impl Scope {
    /// The scope asked for. A flag that the command lacks counts as not given.
    ///
    /// # Errors
    ///
    /// `-fill-mappings` without `-join`, or `-join` without a pid.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self, Failure> {
        let (timeout, deadline) = (given(matches, "timeout"), given(matches, "deadline"));
        timeout.into_iter().for_each(supervisor::timeout);
        deadline.into_iter().for_each(supervisor::deadline);
        let has_join = matches.try_contains_id("join").unwrap_or(false);
        let scope = Self {
            pids: given(matches, "pids"),
            join: has_join.then(|| given(matches, "join").map_or(Join::Each, Join::Into)),
            fill_mappings: given(matches, "fill-mappings").unwrap_or(false),
            proc: given(matches, "proc"),
            timeout,
            // One that no clock can express is none.
            deadline: deadline.and_then(|limit| Instant::now().checked_add(limit)),
            threads: given(matches, "threads"),
        };
        if scope.fill_mappings && scope.join.is_none() {
            return Err(Failure::wrong_use("-fill-mappings needs -join"));
        }
        if scope.join == Some(Join::Each) && scope.pids.is_none() {
            return Err(Failure::wrong_use(
                "-join needs a pid, its own or those of -pids",
            ));
        }
        Ok(scope)
    }

    /// How long to wait for what does not answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }

    /// The `/proc` from which containers are joined.
    fn root(&self) -> Result<View, Failure> {
        let view = match &self.proc {
            Some(proc) => View::at(proc)?,
            None => View::host()?,
        };
        Ok(match self.timeout {
            Some(timeout) => view.timeout(timeout),
            None => view,
        })
    }

    /// The single view asked for: the host's, or that of the container that is joined.
    pub(crate) fn view(&self) -> Result<View, Failure> {
        let root = self.root()?;
        match self.join {
            Some(Join::Into(pid)) => Ok(View::join(pid)
                .seen_from(&root)
                .options(&self.join_options())
                .open()?),
            Some(Join::Each) | None => Ok(root),
        }
    }

    /// All views asked for, and the containers that could not be joined.
    pub(crate) fn views(&self) -> Result<JoinedViews, Failure> {
        match (self.join, &self.pids) {
            (Some(Join::Each), Some(containers)) => {
                Ok(self.root()?.join_each(containers, &self.join_options()))
            }
            _ => Ok(self.view()?.into()),
        }
    }

    /// The pids asked for within each view; `None` for all. With [`Join::Each`] they name
    /// containers, and all processes of those are asked for.
    pub(crate) fn pids_in_view(&self) -> Option<&[Pid]> {
        match self.join {
            Some(Join::Each) => None,
            Some(Join::Into(_)) | None => self.pids.as_deref(),
        }
    }

    /// How containers are joined.
    fn join_options(&self) -> JoinOptions {
        let mut join = JoinOptions::default();
        join.fill_mappings = self.fill_mappings;
        if let Some(timeout) = self.timeout {
            join.timeout = timeout;
        }
        join
    }

    /// The query with the number of threads and the deadline asked for.
    pub(crate) fn limited(&self, mut query: Query) -> Query {
        if let Some(threads) = self.threads {
            query = query.threads(threads);
        }
        if let Some(deadline) = self.deadline {
            query = query.deadline(deadline);
        }
        query
    }
}

/// Those of the flags that have these names.
pub(crate) fn scope_flags_named(names: &[&str]) -> impl Iterator<Item = Arg> {
    let is_named = |arg: &Arg| names.contains(&arg.get_id().as_str());
    scope_flags().into_iter().filter(is_named)
}

/// All flags of the scope.
pub(crate) fn scope_flags() -> [Arg; 7] {
    [
        Arg::new("pids")
            .long("pids")
            .value_name("PID,…")
            .value_parser(values::pids)
            .help("Only these processes; none at all gives headers only"),
        Arg::new("join")
            .long("join")
            .value_name("PID")
            .num_args(0..=1)
            .value_parser(values::pid)
            .help(
                "Look from inside the container of PID, where -pids are its own numbers; \
                 without PID, list the containers of -pids",
            ),
        Arg::new("fill-mappings")
            .long("fill-mappings")
            .action(ArgAction::SetTrue)
            .help("With -join: host ids are those outside this process's user namespace"),
        Arg::new("proc")
            .long("proc")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Read this directory instead of /proc"),
        Arg::new("timeout")
            .long("timeout")
            .value_name("SECONDS")
            .value_parser(values::seconds)
            .help("How long to wait for what does not answer [default: 2]"),
        Arg::new("deadline")
            .long("deadline")
            .value_name("SECONDS")
            .value_parser(values::seconds)
            .help("When to end with what is there by then, whatever does not answer"),
        Arg::new("threads")
            .long("threads")
            .value_name("N")
            .value_parser(values::threads)
            .help("How many threads read [default: as many as pay]"),
    ]
    .map(|arg| arg.help_heading(WHERE_TO_LOOK))
}
