//! `ProcessId`: a pid, and the start by which its process is told from a later one.

use std::{fmt, str::FromStr};

use super::Pid;
use crate::{
    bytes::Escaped,
    error::{Error, ErrorKind},
};

/// A pid, and optionally when its process started: `4711` or `4711@81375`.
///
/// A pid is reused after its process has ended. With the start it is not: a process with that pid
/// but another start is another process, and the one that was meant is
/// [gone](crate::ErrorKind::Gone).
///
/// ```
/// use psgo::{Pid, ProcessId, Query};
///
/// let me = Pid::new(std::process::id());
/// let table = Query::new(["starttime"])?.processes([me]).table()?;
/// let start = table.rows()[0].values()[0].to_string();
///
/// let stored: ProcessId = format!("{me}@{start}").parse()?;
/// assert_eq!(Query::new(["pid"])?.processes([stored]).table()?.rows().len(), 1);
///
/// let another = ProcessId { start: stored.start.map(|start| start + 1), ..stored };
/// let table = Query::new(["pid"])?.processes([another]).table()?;
/// assert!(table.rows().is_empty());
/// assert_eq!(table.skipped()[0].error.kind(), psgo::ErrorKind::Gone);
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId {
    /// Its pid.
    pub pid: Pid,
    /// In clock ticks after boot, the 22nd field of `/proc/PID/stat`, as the column `starttime`
    /// shows it; `None` for whichever process has the pid.
    ///
    /// Two processes that started within the same tick (a hundredth of a second) cannot be told
    /// apart.
    pub start: Option<u64>,
}

impl From<Pid> for ProcessId {
    fn from(pid: Pid) -> Self {
        Self { pid, start: None }
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start {
            Some(start) => write!(f, "{}@{start}", self.pid),
            None => fmt::Display::fmt(&self.pid, f),
        }
    }
}

impl FromStr for ProcessId {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for anything but digits, and digits after an `@`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (pid, start) = match text.split_once('@') {
            Some((pid, start)) => (digits(pid), digits(start).map(Some)),
            None => (digits(text), Some(None)),
        };
        let pid = pid.and_then(|pid| u32::try_from(pid).ok());
        match (pid, start) {
            (Some(pid), Some(start)) => Ok(Self {
                pid: Pid::new(pid),
                start,
            }),
            _ => {
                let name = format!("\"{}\"", Escaped(text.as_bytes()));
                Err(Error::new(
                    ErrorKind::Invalid,
                    name,
                    "not a process: PID or PID@START",
                ))
            }
        }
    }
}

/// A number of digits only: no sign.
fn digits(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_stands_alone_or_with_a_start() {
        for text in ["4711", "4711@0", "1@18446744073709551615"] {
            assert_eq!(text.parse::<ProcessId>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "@",
            "1@",
            "@1",
            "1@2@3",
            "-1",
            "+1",
            "1@-2",
            "x@1",
            "1@x",
            "4294967296",
        ] {
            let error = text.parse::<ProcessId>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        }
    }
}
