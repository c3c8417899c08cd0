//! The names by which alone a file of a `/proc` is opened: each has its row in the table.

use std::{
    borrow::Cow,
    fmt::{self, Display},
};

use super::{
    cause::Cause,
    machine, processes,
    reader::Reader,
    row::{Row, find},
};

/// A file, a link or a directory in the directory of a process, by its name there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    path: &'a str,
    row: &'static Row,
    by: Reader,
}

/// One whose name has a number in it.
#[derive(Debug, Clone)]
pub(crate) struct Numbered {
    path: String,
    row: &'static Row,
}

/// A file, a link or a directory by its path below the root of a `/proc`.
#[derive(Debug, Clone)]
pub(crate) struct Path<'a> {
    name: Cow<'a, str>,
    row: &'static Row,
    by: Reader,
    /// Whether it is of the process that reads it: nobody else can make it wait for its program or
    /// for its memory.
    is_own: bool,
}

impl Name<'static> {
    /// The file of that name. In a constant, so that one without a row is not compiled:
    /// [`process_file`].
    pub(crate) const fn known(path: &'static str) -> Self {
        match find(processes::ROWS, path) {
            Some(row) => Self::of_row(path, row),
            None => panic!("this file of a process has no row in src/wait/processes.rs"),
        }
    }
}

impl<'a> Name<'a> {
    const fn of_row(path: &'a str, row: &'static Row) -> Self {
        let by = row.reader();
        Self { path, row, by }
    }

    /// The same, where a thread reads it because no process can be had for that.
    pub(crate) const fn by_a_thread(self) -> Self {
        let by = Reader::Thread;
        Self { by, ..self }
    }

    /// A file that a caller names; one that is not known is taken for the worst.
    pub(crate) fn asked(path: &'a str) -> Self {
        let row = find(processes::ROWS, path).unwrap_or(&processes::UNKNOWN);
        Self::of_row(path, row)
    }

    pub(crate) const fn as_str(self) -> &'a str {
        self.path
    }

    /// Whether it has a row of its own.
    #[cfg(test)]
    pub(crate) fn is_known(self) -> bool {
        *self.row != processes::UNKNOWN
    }

    pub(crate) const fn waits_for(self, cause: Cause) -> bool {
        self.row.waits_for(cause)
    }

    /// Who reads it, at least.
    pub(crate) const fn reader(self) -> Reader {
        self.by
    }

    /// The entry `last` of those that it stands for: `fd/3` for `fd/*`.
    pub(crate) fn entry(self, last: impl Display) -> Numbered {
        let start = self.path.strip_suffix('*').unwrap_or(self.path);
        let path = format!("{start}{last}");
        Numbered {
            path,
            row: self.row,
        }
    }

    /// The same, with a name of its own.
    pub(crate) fn to_owned(self) -> Numbered {
        Numbered {
            path: self.path.to_owned(),
            row: self.row,
        }
    }

    /// The same of one of the threads of the process.
    pub(crate) fn of_thread(self, thread: impl Display) -> Numbered {
        let path = format!("task/{thread}/{}", self.path);
        Numbered {
            path,
            row: self.row,
        }
    }

    /// The same by the root of the `/proc`.
    pub(crate) fn of(self, pid: impl Display) -> Path<'static> {
        Path {
            name: format!("{pid}/{}", self.path).into(),
            row: self.row,
            by: self.by,
            is_own: false,
        }
    }

    /// The same of the process that reads.
    pub(crate) fn of_self(self) -> Path<'static> {
        self.of_own("self")
    }

    /// The same of the process that reads, or of one of its own, by that name in the `/proc`.
    pub(crate) fn of_own(self, process: impl Display) -> Path<'static> {
        Path {
            name: format!("{process}/{}", self.path).into(),
            row: self.row,
            by: self.by.min(Reader::Thread),
            is_own: true,
        }
    }

    /// Sees that it is the right thread which reads it: in debug builds, as all tests are.
    #[track_caller]
    pub(crate) fn check_thread(self) {
        check(self.row, self.path);
    }
}

impl Numbered {
    pub(crate) fn as_str(&self) -> &str {
        &self.path
    }

    pub(crate) fn name(&self) -> Name<'_> {
        Name::of_row(&self.path, self.row)
    }

    /// The same by the root of the `/proc`, of the process that reads.
    pub(crate) fn of_self(&self) -> Path<'static> {
        self.name().of_self()
    }

    /// The same by the root of the `/proc`.
    pub(crate) fn of(&self, pid: impl Display) -> Path<'static> {
        self.name().of(pid)
    }
}

impl Path<'static> {
    /// The file at that path, which is about no process. In a constant, so that one without a row is
    /// not compiled: [`machine_file`].
    pub(crate) const fn known(path: &'static str) -> Self {
        match find(machine::ROWS, path) {
            Some(row) => Self {
                name: Cow::Borrowed(path),
                row,
                by: row.reader(),
                is_own: false,
            },
            None => panic!("this file of the machine has no row in src/wait/machine.rs"),
        }
    }
}

impl<'a> Path<'a> {
    /// A file that a caller names; one that is not known is taken for the worst.
    pub(crate) fn asked(path: &'a str) -> Self {
        let (first, below) = path.split_once('/').unwrap_or((path, ""));
        let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
        let below = match below.strip_prefix("task/") {
            Some(below) if below.contains('/') => {
                below.split_once('/').map_or("", |(_, file)| file)
            }
            _ => below,
        };
        let is_own = matches!(first, "self" | "thread-self");
        let row = if below.is_empty() || !(is_number || is_own) {
            let of_machine = if first == "net" || path == "mounts" {
                find(processes::ROWS, path)
            } else {
                find(machine::ROWS, path)
            };
            of_machine.unwrap_or(&machine::UNKNOWN)
        } else {
            find(processes::ROWS, below).unwrap_or(&processes::UNKNOWN)
        };
        // Who reads its own files is known by another name to another process; but the tables of a
        // network are not its own.
        let by = if is_own && !below.starts_with("net/") {
            row.reader().min(Reader::Thread)
        } else {
            row.reader()
        };
        Self {
            name: path.into(),
            row,
            by,
            is_own: false,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }

    /// Who reads it, at least.
    pub(crate) const fn reader(&self) -> Reader {
        self.by
    }

    /// Sees that it is the right thread which reads it: in debug builds, as all tests are.
    #[track_caller]
    pub(crate) fn check_thread(&self) {
        // What lies over a file of the machine's is not this table's: the caller has seen that
        // nothing does.
        if !self.is_own && !self.row.waits_for(Cause::Server) {
            check(self.row, &self.name);
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[track_caller]
fn check(row: &Row, path: &str) {
    // Where no process can be had a thread does it.
    debug_assert!(
        Reader::here() >= row.reader().min(Reader::Thread),
        "{path} is read by the calling thread, and can wait for another process"
    );
}

/// The file of a process that has this name: what is not in the table is not compiled.
macro_rules! process_file {
    ($name:literal) => {
        const { $crate::wait::Name::known($name) }
    };
}

/// The file of the machine at this path: what is not in the table is not compiled.
macro_rules! machine_file {
    ($path:literal) => {
        const { $crate::wait::Path::known($path) }
    };
}

pub(crate) use {machine_file, process_file};
