//! `Join::open`: joins the container of a process, or one by its name or ID.

use crate::{
    error::Result,
    ids::ProcessId,
    namespace::HeldProcess,
    view::{Join, Target, View},
    watchdog::Patience,
};

#[cfg(any(test, feature = "runtimes"))]
use super::named_join;
#[cfg(any(test, feature = "runtimes"))]
use crate::view::JoinedViews;

impl Join<'_> {
    /// Joins the container.
    ///
    /// By name or ID it is the container's PID namespace if it is its own. If others share it, or it is
    /// the host's, the view shows the processes of the container's control group and what descends from
    /// them, unless that is in another container; of a container without a control group its first
    /// process and what descends from that.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Gone`](crate::ErrorKind::Gone) if there is no such process, or if it has exited and
    /// was not yet reaped; [`ErrorKind::Denied`](crate::ErrorKind::Denied) if its namespaces may not be
    /// inspected; [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut) if it does not answer;
    /// [`ErrorKind::Absent`](crate::ErrorKind::Absent) if there is no container of that name or ID;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if several are meant, or the containers of a
    /// pod have PID namespaces of their own, see [`open_each`](Join::open_each); what kept the host's
    /// `/proc` from being opened.
    pub fn open(self) -> Result<View> {
        let base = self.base.map_or_else(View::host, Ok)?;
        let proc = &base.0.proc;
        let patience = &mut Patience::new(self.options.timeout);
        let held = match self.target {
            Target::Pid(pid) => HeldProcess::hold(proc, pid.into(), patience)?,
            Target::Started { pid, start } => {
                let start = Some(start);
                HeldProcess::hold(proc, ProcessId { pid, start }, patience)?
            }
            Target::Pidfd(pidfd) => HeldProcess::hold_pidfd(proc, pidfd, patience)?,
            #[cfg(any(test, feature = "runtimes"))]
            target => return named_join::open(&base, target, &self.options),
        };
        base.join_held(held, &self.options, patience)
    }

    /// The same, and of a pod each PID namespace that its containers have. Feature `runtimes`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open). A container of a pod that cannot be joined is in
    /// [`JoinedViews::skipped`].
    #[cfg(any(test, feature = "runtimes"))]
    pub fn open_each(self) -> Result<JoinedViews> {
        match self.target {
            Target::Pid(_) | Target::Started { .. } | Target::Pidfd(_) => Ok(self.open()?.into()),
            target => {
                let base = self.base.map_or_else(View::host, Ok)?;
                named_join::open_each(&base, target, &self.options)
            }
        }
    }
}
