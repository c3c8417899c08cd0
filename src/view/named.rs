//! Any file of a view by its name: by field names, piece by piece, as bytes. Feature `records`.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Read},
    ops::ControlFlow,
};

use super::{
    files::{not_understood, rest_of},
    handle::View,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::{self, File, Format, NOT_RECORDS, Piece, ReadError},
    value::Fields,
};

impl View {
    /// A file that has several names, or one with a number in it, as a record of its own type.
    ///
    /// ```
    /// use psgo::{View, format::pid::UidMap};
    ///
    /// let groups: UidMap = View::host()?.read_at("self/gid_map")?;
    /// assert!(!groups.rows.is_empty());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_at<T: File>(&self, path: &str) -> Result<T> {
        let (path, format) = known(path)?;
        // Two files may have one name, `stat` and `PID/stat`.
        if format.about != T::ABOUT {
            let reason = format!("it is not another {}", T::PATH);
            return Err(Error::new(
                ErrorKind::Invalid,
                self.0.proc.named(&path),
                reason,
            ));
        }
        self.read_path(&path)
    }

    /// Whatever the file at `path` holds, by field names: each row of a table, otherwise the file
    /// as one, until told to break. Tables are read row by row, in constant memory.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// psgo::View::host()?.records("net/tcp", |socket| {
    ///     println!("{:?}", socket.find("local.port"));
    ///     ControlFlow::Continue(())
    /// })?;
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and [`ErrorKind::NotUnderstood`] with line and field; records
    /// that were given before are right.
    pub fn records(
        &self,
        path: &str,
        mut each: impl FnMut(Fields) -> ControlFlow<()>,
    ) -> Result<()> {
        self.open(path)?.pieces(|piece| match piece.fields() {
            Some(fields) => each(fields),
            None => ControlFlow::Continue(()),
        })
    }

    /// The bytes of the file at `path`; of a symbolic link, where it leads.
    ///
    /// ```
    /// let exe = psgo::View::host()?.bytes("self/exe")?;
    /// assert!(exe.starts_with(b"/"));
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        self.open(path)?.bytes()
    }

    /// Opens the file at `path`, which is below `/proc` (`net/tcp`, `/proc/meminfo`, `42/smaps`,
    /// `self/status`) or a name of `sysctl`'s (`kernel.pid_max`).
    ///
    /// In a container `self`, `thread-self`, `net/…` and `mounts` are those of the joined process,
    /// and the numbers of processes and threads are the container's own. `sys/…`, `sysvipc/…`,
    /// `version` and a process's `cgroup` depend on who reads them: a thread reads them that enters
    /// the namespaces of the joined process for that. What no thread can enter alone stays that of
    /// this process: ids in a file are those of its user namespace, times of its time namespace.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownFile`] if psgo knows no such file, [`ErrorKind::Absent`] if it is not
    /// here, [`ErrorKind::Gone`] if there is no such process, [`ErrorKind::Denied`] if it may not
    /// be read, [`ErrorKind::TimedOut`] if it does not answer, [`ErrorKind::NotTrusted`] if
    /// something is mounted over it.
    pub fn open(&self, path: &str) -> Result<ProcFile> {
        let (path, format) = known(path)?;
        let name = self.0.proc.named(&path);
        let source = self.source(&path, format.is_link, &name)?;
        Ok(ProcFile {
            format,
            name,
            source,
        })
    }
}

/// A file of `/proc` that is open, and known.
///
/// It is read as any file is, or [understood](Self::pieces) piece by piece.
pub struct ProcFile {
    format: &'static Format,
    /// What it is called in errors.
    name: String,
    source: Box<dyn Read + Send>,
}

impl ProcFile {
    /// What it is.
    #[must_use]
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// Gives each piece of it, the head of a table and its rows, until told to break.
    ///
    /// # Errors
    ///
    /// Of reading, and [`ErrorKind::NotUnderstood`] with line and field; pieces that were given
    /// before are right.
    pub fn pieces(mut self, mut each: impl FnMut(&dyn Piece) -> ControlFlow<()>) -> Result<()> {
        let streamed = self.format.stream(&mut self.source, &mut each);
        streamed.map_err(|error| match error {
            ReadError::Io(error) => Error::io(self.name, error),
            ReadError::Parse(error) => not_understood(self.name, &error),
        })
    }

    /// All that is left of it.
    fn bytes(self) -> Result<Vec<u8>> {
        rest_of(self.source).map_err(|error| Error::io(self.name, error))
    }
}

impl Read for ProcFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl fmt::Debug for ProcFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcFile").field(&self.name).finish()
    }
}

/// The path below `/proc` of what is asked for as `path`, and its format.
fn known(path: &str) -> Result<(Cow<'_, str>, &'static Format)> {
    let below = format::in_proc(path).ok_or_else(|| unknown(path))?;
    let format = format::at(&below).ok_or_else(|| unknown(&below))?;
    Ok((below, format))
}

/// psgo does not read it: because nobody can, or because it does not know it.
fn unknown(path: &str) -> Error {
    let shown = crate::bytes::Escaped(path.as_bytes());
    let (first, rest) = path.split_once('/').unwrap_or(("", path));
    let is_of_process = |name: &str| {
        let digits = !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit());
        (digits || matches!(first, "self" | "thread-self"))
            && name.strip_prefix("PID/") == Some(rest)
    };
    let known = NOT_RECORDS
        .iter()
        .find(|(name, _)| *name == path || is_of_process(name));
    let reason = match known {
        Some((_, reason)) => format!("psgo makes no record of it: {reason}"),
        None => match &format::similar(path)[..] {
            [] => format!("psgo knows no file \"{shown}\" (-list shows them all)"),
            similar => format!(
                "psgo knows no file \"{shown}\" (did you mean {}?)",
                similar.join(", ")
            ),
        },
    };
    let thing = if known.is_some() {
        shown.to_string()
    } else {
        String::new()
    };
    Error::new(ErrorKind::UnknownFile, thing, reason)
}
