//! The files to read: in each view, of each process that is named.

use psgo::{Error, JoinedViews, Pid, ProcessId, View, format};

use crate::{failure::Failure, flags::Scope};

/// A file of `/proc` to read.
#[derive(Debug, Clone)]
pub(super) struct ProcFile {
    pub(super) view: View,
    pub(super) path: String,
    /// The process, where several are asked for.
    pub(super) pid: Option<Pid>,
    /// When it must have started.
    start: Option<u64>,
}

impl ProcFile {
    /// Opens the file.
    ///
    /// # Errors
    ///
    /// As [`View::open`]; the process is another than the one that was meant.
    pub(super) fn open(&self) -> psgo::Result<psgo::ProcFile> {
        if let (Some(pid), start @ Some(_)) = (self.pid, self.start) {
            self.view.process(ProcessId { pid, start })?;
        }
        self.view.open(&self.path)
    }
}

/// The files at `path`: in each view, of each process.
pub(super) fn targets(scope: &Scope, path: &str) -> Result<(Vec<ProcFile>, Vec<Error>), Failure> {
    let JoinedViews {
        views,
        skipped: not_joined,
        ..
    } = scope.views()?;
    let errors = not_joined
        .into_iter()
        .map(|skipped| skipped.error)
        .collect();
    let target = |view: &View, path: String, process: Option<ProcessId>| ProcFile {
        view: view.clone(),
        path,
        pid: process.map(|process| process.pid),
        start: process.and_then(|process| process.start),
    };
    let Some(pids) = scope.pids_in_view() else {
        let each = views.iter().map(|view| target(view, path.to_owned(), None));
        return Ok((each.collect(), errors));
    };
    let file = format::in_proc(path).unwrap_or_else(|| path.into());
    let file = ["PID/", "self/"]
        .iter()
        .find_map(|start| file.strip_prefix(start))
        .unwrap_or(&file);
    let of = |process: &ProcessId| {
        let path = format!("{}/{file}", process.pid);
        let views = views.iter();
        views
            .map(|view| target(view, path.clone(), Some(*process)))
            .collect::<Vec<_>>()
    };
    Ok((pids.iter().flat_map(of).collect(), errors))
}
