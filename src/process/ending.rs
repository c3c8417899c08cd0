//! How a process ended that was not reaped yet.

use std::{os::unix::process::ExitStatusExt as _, process::ExitStatus};

use super::{files::FileOf, handle::Process};
use crate::error::{Error, ErrorKind, Result};

impl Process {
    /// How it ended (`exit_code` of `stat`), of one that its parent has not waited for; `None` as long as
    /// one of its threads runs.
    ///
    /// ```
    /// let me = psgo::View::host()?.process(psgo::Pid::new(std::process::id()))?;
    /// assert_eq!(me.exit_status()?, None);
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Denied`] where the kernel tells 0 because it may not be asked,
    /// [`ErrorKind::Absent`] before Linux 3.5.
    #[inline]
    pub fn exit_status(&self) -> Result<Option<ExitStatus>> {
        if !self.has_no_memory()? {
            return Ok(None);
        }
        // KERNEL(3.5): the code.
        let code = self.stat()?.exit_code;
        let code = code.ok_or_else(|| {
            let reason = "no exit code";
            Error::new(ErrorKind::Absent, self.named("stat"), reason)
        })?;
        // Its links may be read by the same as its code.
        if code == 0
            && self.procfs().is_genuine()
            && let Err(error) = self.link(&FileOf::process("ns/pid"))
            && error.kind() == ErrorKind::Denied
        {
            return Err(error);
        }
        Ok(Some(ExitStatus::from_raw(code)))
    }
}
