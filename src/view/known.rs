//! Whether a name of a user or a group exists. Feature `filter`.

use std::{io, sync::Arc};

use super::{handle::View, names::Kind};
use crate::watchdog::Patience;

impl View {
    /// Whether a user or a group of this name exists here, or, of `of_host`, on the host; also where
    /// nobody can tell: no name is known, or the name service does not answer. Only with a thread
    /// of its own the time-out counts.
    pub(crate) fn may_have(&self, kind: Kind, of_host: bool, name: &str, own_thread: bool) -> bool {
        // In a copy users and groups are numbers.
        if !self.0.proc.is_genuine() {
            return false;
        }
        let host = &self.0.host_names;
        // Through a join names are those of each process's mount namespace, some of which may be
        // this process's own.
        if let Some(joined) = self.0.joined.as_ref().filter(|_| !of_host)
            && joined.may_have(kind, name.as_bytes())
        {
            return true;
        }
        if !host.are_known() {
            return true;
        }
        let names = Arc::clone(kind.of(host.tables()));
        let name = name.to_owned();
        let has = move || io::Result::Ok(names.has(name.as_bytes()).unwrap_or(true));
        // The name service may wait for a network.
        if !own_thread {
            return has().unwrap_or(true);
        }
        let answer = Patience::new(self.patience()).wait_for(has);
        answer.unwrap_or(true)
    }
}
