//! Files of a view as records of a known type.

use std::{
    fmt,
    io::{self, Read},
    time::Duration,
};

use super::handle::View;
use crate::{
    error::{Error, ErrorKind, Result},
    format::File,
    ids::Pid,
};

impl View {
    /// How long to wait for a file that does not answer, 2 s by default; for everything that is
    /// read through the view, a [`Query`](crate::Query) too. It bounds the time without any
    /// progress, not that of the whole reading.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.1 = timeout;
        self
    }

    /// Whether a separate process reads what can wait where no signal ends it: it is started, and ends.
    ///
    /// Where there is none, threads of this program read that, and one that waits so keeps the program
    /// from ending.
    ///
    /// # Errors
    ///
    /// Why there is none: the program may not be executed from memory, no process be made, this
    /// architecture has none, or [`read_on_threads`](crate::read_on_threads) was called.
    pub fn has_reader(&self) -> Result<()> {
        let tried = crate::reader::try_one();
        tried.map_err(|error| Error::system("the process that reads".to_owned(), error))
    }

    /// A file that always has the same name, as a record of its own type.
    ///
    /// ```
    /// use psgo::{View, format::kernel::Uptime};
    ///
    /// let uptime: Uptime = View::host()?.read()?;
    /// assert!(uptime.uptime > 0);
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Absent`] if it is not here, [`ErrorKind::Gone`] if there is no such process,
    /// [`ErrorKind::Denied`] if it may not be read, [`ErrorKind::TimedOut`] if it does not answer,
    /// [`ErrorKind::NotTrusted`] if something is mounted over it,
    /// [`ErrorKind::NotUnderstood`] with line and field.
    pub fn read<T: File>(&self) -> Result<T> {
        self.read_path(T::PATH)
    }

    /// A file that describes the process `pid`, as a record of its own type.
    ///
    /// ```
    /// use psgo::{Pid, View, format::pid::Io};
    ///
    /// let io: Io = View::host()?.read_of(Pid::new(std::process::id()))?;
    /// assert!(io.rchar > 0);
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); [`ErrorKind::Gone`] if there is no such process.
    pub fn read_of<T: File>(&self, pid: Pid) -> Result<T> {
        self.read_path(&format!("{pid}/{}", T::PATH))
    }

    /// The file at `path`, which is below `/proc`, as a record.
    pub(crate) fn read_path<T: File>(&self, path: &str) -> Result<T> {
        let bytes = self.read_bytes(path, T::IS_LINK)?;
        T::parse(&bytes).map_err(|error| not_understood(self.0.proc.named(path), &error))
    }

    /// The bytes of the file at `path`, which is below `/proc`; of a link, where it leads.
    pub(crate) fn read_bytes(&self, path: &str, is_link: bool) -> Result<Vec<u8>> {
        let name = self.0.proc.named(path);
        let source = self.source(path, is_link, &name)?;
        rest_of(source).map_err(|error| Error::io(name, error))
    }
}

/// All that is left of a file.
pub(super) fn rest_of(source: impl Read) -> io::Result<Vec<u8>> {
    crate::format::read_whole(source)
}

pub(super) fn not_understood(name: String, error: &dyn fmt::Display) -> Error {
    Error::new(ErrorKind::NotUnderstood, name, error.to_string())
}
