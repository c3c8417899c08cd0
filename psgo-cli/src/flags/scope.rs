//! Which processes are asked for, and from where they are seen.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use psgo::{ErrorKind, JoinOptions, JoinedViews, ProcessId, Query, Target, View};

use super::{
    help::WHERE_TO_LOOK,
    values::{self, given},
};
use crate::{failure::Failure, left_out::Asked, supervisor};

/// The time-out of what has none in the library.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Which processes, seen from where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Only these.
    pub(crate) pids: Option<Vec<ProcessId>>,
    /// The containers to look from; `None` for this host.
    pub(crate) join: Option<Join>,
    /// Whether the host's IDs are translated through this process's user namespace.
    fill_mappings: bool,
    /// A directory to read instead of `/proc`.
    pub(crate) proc: Option<PathBuf>,
    timeout: Option<Duration>,
    /// Where runtimes of containers keep their files, beside the usual places.
    runtime_roots: Vec<PathBuf>,
    /// When everything has to end.
    deadline: Option<Instant>,
    /// How many threads read.
    threads: Option<NonZeroUsize>,
}

/// The containers to look from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Join {
    /// Those of the listed pids.
    Each,
    /// This one, as [`Target::parse`] takes it; all other pids are the container's own.
    Into(String),
}

impl Scope {
    /// The scope asked for. A flag that the command lacks counts as not given.
    ///
    /// # Errors
    ///
    /// `-fill-mappings` without `-join`, or `-join` without a container.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self, Failure> {
        let (timeout, deadline) = (given(matches, "timeout"), given(matches, "deadline"));
        timeout.into_iter().for_each(supervisor::timeout);
        deadline.into_iter().for_each(supervisor::deadline);
        let has_join = matches.try_contains_id("join").unwrap_or(false);
        let scope = Self {
            pids: values::all::<Vec<ProcessId>>(matches, "pids")
                .into_iter()
                .reduce(|all, more| [all, more].concat()),
            join: has_join.then(|| given(matches, "join").map_or(Join::Each, Join::Into)),
            fill_mappings: given(matches, "fill-mappings").unwrap_or(false),
            proc: given(matches, "proc"),
            timeout,
            runtime_roots: given(matches, "runtime-root").unwrap_or_default(),
            // One that no clock can express is none.
            deadline: deadline.and_then(|limit| Instant::now().checked_add(limit)),
            threads: given(matches, "threads"),
        };
        if scope.fill_mappings && scope.join.is_none() {
            return Err(Failure::wrong_use("-fill-mappings needs -join"));
        }
        if scope.join == Some(Join::Each) && scope.pids.is_none() {
            return Err(Failure::wrong_use(
                "-join needs a container: NAME, ID or PID, or the pids of -pids",
            ));
        }
        Ok(scope)
    }

    /// How long to wait for what does not answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }

    /// The `/proc` from which containers are joined.
    pub(crate) fn root(&self) -> Result<View, Failure> {
        let view = match &self.proc {
            Some(proc) => View::at(proc)?,
            None => View::host()?,
        };
        let view = view.runtime_roots(&self.runtime_roots);
        Ok(match self.timeout {
            Some(timeout) => view.timeout(timeout),
            None => view,
        })
    }

    /// The single view asked for: the host's, or that of the container that is joined.
    ///
    /// # Errors
    ///
    /// [`Failure::Gone`] if that container's process was named by its start, and is gone.
    pub(crate) fn view(&self) -> Result<View, Failure> {
        let root = self.root()?;
        match &self.join {
            Some(Join::Into(target)) => {
                root.check()?;
                let target = Target::parse(target)?;
                self.joining(&root, target)
                    .open()
                    .map_err(|error| not_joined(target, error))
            }
            Some(Join::Each) | None => Ok(root),
        }
    }

    fn joining<'a>(&self, root: &View, target: Target<'a>) -> psgo::Join<'a> {
        let join = View::join(target).seen_from(root);
        join.options(&self.join_options())
    }

    /// The same, for whoever asks for processes.
    pub(crate) fn view_of_processes(&self) -> Result<View, Failure> {
        let view = self.view()?;
        view.check()?;
        Ok(view)
    }

    /// All views asked for, and the containers that could not be joined.
    pub(crate) fn views(&self) -> Result<JoinedViews, Failure> {
        let root = self.root()?;
        match (&self.join, &self.pids) {
            (Some(Join::Each), Some(containers)) => {
                root.check()?;
                Ok(root.join_each(containers, &self.join_options()))
            }
            (Some(Join::Into(target)), _) => {
                root.check()?;
                let target = Target::parse(target)?;
                self.joining(&root, target)
                    .open_each()
                    .map_err(|error| not_joined(target, error))
            }
            _ => Ok(root.into()),
        }
    }

    /// The pids asked for within each view; `None` for all. With [`Join::Each`] they name
    /// containers, and all processes of those are asked for.
    pub(crate) fn pids_in_view(&self) -> Option<&[ProcessId]> {
        match self.join {
            Some(Join::Each) => None,
            Some(Join::Into(_)) | None => self.pids.as_deref(),
        }
    }

    /// What is told of an answer depends on it.
    pub(crate) fn asked(&self) -> Asked {
        let view = self.proc.as_ref().map(View::at);
        Asked {
            is_named: self.pids_in_view().is_some(),
            is_copy: matches!(view, Some(Ok(view)) if view.is_copy()),
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

/// That a container could not be joined. One that was named by its start, or by its name, and that is
/// gone is an answer.
fn not_joined(target: Target<'_>, error: psgo::Error) -> Failure {
    match error.kind() {
        ErrorKind::Gone if !matches!(target, Target::Pid(_)) => Failure::Gone(error),
        _ => Failure::Library(error),
    }
}

/// What may stand behind `-join`.
pub(crate) const TARGETS: &str = "\
A container, by one of these:

  web               its name, or that of its machine
  3f2a9c1b          the beginning of its ID, four digits or more
  4711              a process of it, by the pid; also 4711@START, never another one
  name=4711         a name that could be something else
  id=4711           an ID that could be something else
  pod=NS/web-1      a pod, with all its containers; pod=web-1 in any namespace

Where several are meant that is an error, which names them. By name or ID it is the container's PID \
namespace if it is its own; if others share it, or it is the host's, the processes of its control \
group and what descends from them. psgo containers lists what there is.";

/// Those of the flags that have these names.
pub(crate) fn scope_flags_named(names: &[&str]) -> impl Iterator<Item = Arg> {
    let is_named = |arg: &Arg| names.contains(&arg.get_id().as_str());
    scope_flags().into_iter().filter(is_named)
}

/// All flags of the scope.
pub(crate) fn scope_flags() -> [Arg; 8] {
    [
        Arg::new("pids")
            .long("pids")
            .value_name("PID[@START],…")
            .action(ArgAction::Append)
            .value_parser(values::processes)
            .help("Only these processes; none at all gives headers only")
            .long_help(
                "Only these processes; none at all gives headers only. PID@START, with the start \
                 that the column starttime shows, is never another process that has the pid by \
                 now: such a one is gone, and the exit status 1.",
            ),
        Arg::new("join")
            .long("join")
            .value_name("TARGET")
            .num_args(0..=1)
            .value_parser(values::target)
            .help("Look from inside a container, by NAME, ID or PID; alone, those of -pids")
            .long_help(format!(
                "Look from inside a container, where -pids are its own numbers; without TARGET, list \
                 the containers of -pids.\n\n{TARGETS}"
            )),
        Arg::new("fill-mappings")
            .long("fill-mappings")
            .action(ArgAction::SetTrue)
            .help("With -join: host ids are those outside this process's user namespace"),
        Arg::new("proc")
            .long("proc")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Read this directory instead of /proc; names are those of its process 1")
            .long_help(
                "Read this directory instead of /proc. Users and groups have the names that its \
                 process 1 sees; in a copy they are numbers.",
            ),
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
        Arg::new("runtime-root")
            .long("runtime-root")
            .value_name("DIR,…")
            .value_parser(values::directories)
            .hide_short_help(true)
            .help("Where runtimes of containers keep their files, beside the usual places")
            .long_help(
                "Where runtimes of containers keep their files, beside the usual places: a data root \
                 of docker, a graph root of podman or CRI-O, a state directory of containerd, runc, \
                 crun or youki. Names of containers come from there.",
            ),
        Arg::new("threads")
            .long("threads")
            .value_name("N")
            .value_parser(values::threads)
            .help("How many threads read [default: as many as pay]"),
    ]
    .map(|arg| arg.help_heading(WHERE_TO_LOOK))
}
