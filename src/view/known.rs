//! Whether a name of a user or a group exists. Feature `filter`.

use std::{io, sync::Arc};

use super::{handle::View, names::Kind};
use crate::{error::Error, watchdog::Patience};

impl View {
    /// Why nobody can tell which users and groups there are, of a `/proc` of another host.
    pub(crate) fn hides_names(&self) -> Option<&Error> {
        self.0.host_names.error()
    }

    /// Whether a user or a group of this name exists here, or, of `of_host`, on the host; also where
    /// nobody can tell: no name is known and that is not [told](Self::hides_names), or the name service
    /// does not answer. Only with a thread
    /// of its own the time-out counts.
    pub(crate) fn may_have(&self, kind: Kind, of_host: bool, name: &str, own_thread: bool) -> bool {
        // In a copy users and groups are numbers.
        if self.is_copy() {
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
        let is_untold = host.error().is_none();
        let has = move || io::Result::Ok(names.has(name.as_bytes()).unwrap_or(is_untold));
        // The name service may wait for a network.
        if !own_thread {
            return has().unwrap_or(true);
        }
        let answer = Patience::new(self.patience()).wait_for(has);
        answer.unwrap_or(true)
    }
}
