//! What was read inside a oneshot, so that it is read once.

use std::{collections::HashMap, sync::Arc};

use super::{files::FileOf, namespace::ProcessNamespace, open::OpenDescriptor};
use crate::{
    control_group::Groups,
    error::Result,
    format::pid::{Stat, Status},
    ids::Pid,
    procfs::ProcessDir,
    snapshot::Unread,
    sys::Behind,
    value::Text,
};

/// An answer, once there is one.
pub(super) type Slot<T> = Option<Result<T>>;

/// Its open descriptors.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) all: Arc<[OpenDescriptor]>,
    /// The files that were read in part or not at all.
    pub(super) partial: Arc<[Unread]>,
}

/// Every answer that is kept within a oneshot.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The bytes of files, and where links lead.
    bytes: HashMap<FileOf, Slot<Arc<[u8]>>>,
    /// What stands behind links, by their names.
    pub(super) behind: HashMap<&'static str, Slot<Behind>>,
    pub(super) stat: Slot<Stat>,
    pub(super) status: Slot<Status>,
    /// The directory of a thread that has not ended.
    pub(super) living: Slot<Arc<ProcessDir>>,
    /// Whether the `/proc` that is read numbers processes as this process does.
    pub(super) counts_as_we_do: Slot<bool>,
    pub(super) descriptor_count: Slot<usize>,
    pub(super) held: Slot<Held>,
    /// The threads, by their numbers in the `/proc` that is read.
    pub(super) threads: Slot<Vec<(u32, Stat)>>,
    pub(super) children: Slot<Vec<Pid>>,
    /// With their names, by their numbers in the `/proc` that is read.
    pub(super) named_children: Slot<Vec<(Pid, Option<Text>)>>,
    pub(super) descendants: Slot<Vec<Pid>>,
    pub(super) namespaces: Slot<Vec<ProcessNamespace>>,
    pub(super) control_groups: Slot<Arc<Groups>>,
}

impl Known {
    /// The bytes of a file, or where a link leads.
    #[inline]
    pub(super) fn bytes_of(&mut self, file: &FileOf) -> &mut Slot<Arc<[u8]>> {
        self.bytes.entry(file.clone()).or_default()
    }
}

/// What is known, for as long as a oneshot lasts.
#[derive(Debug, Default)]
pub(super) struct Cache {
    /// How many oneshots there are inside each other.
    depth: usize,
    known: Known,
    /// Whether its memory does not answer: who asks again waits again, and leaves another thread
    /// behind.
    silent: bool,
}

impl Cache {
    #[inline]
    pub(super) fn begin(&mut self) {
        self.depth += 1;
    }

    #[inline]
    pub(super) fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.known = Known::default();
            self.silent = false;
        }
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.depth > 0
    }

    /// Whether the bytes of that file are known, or why there are none.
    #[inline]
    pub(super) fn has(&self, file: &FileOf) -> bool {
        self.known.bytes.contains_key(file)
    }

    #[inline]
    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }

    /// The memory does not answer, and is not asked again before the oneshot ends.
    #[inline]
    pub(super) fn fall_silent(&mut self) {
        self.silent = self.is_open();
    }

    /// The answer in a slot.
    pub(super) fn find<T: Clone>(
        &mut self,
        slot: impl for<'a> FnOnce(&'a mut Known) -> &'a mut Slot<T>,
    ) -> Slot<T> {
        // Outside of a oneshot nothing is known, and no slot is made.
        self.is_open()
            .then(|| slot(&mut self.known).clone())
            .flatten()
    }

    /// Keeps an answer until the oneshot ends; outside of one not at all.
    pub(super) fn keep<T: Clone>(
        &mut self,
        slot: impl for<'a> FnOnce(&'a mut Known) -> &'a mut Slot<T>,
        made: &Result<T>,
    ) {
        if self.is_open() {
            *slot(&mut self.known) = Some(made.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_until_the_outermost_oneshot_ends() {
        let mut cache = Cache::default();
        let count = |cache: &mut Cache| {
            let kept = cache.find(|known| &mut known.descriptor_count);
            kept.map(|count| count.unwrap())
        };
        cache.keep(|known| &mut known.descriptor_count, &Ok(3));
        assert_eq!(count(&mut cache), None);
        cache.begin();
        cache.begin();
        cache.keep(|known| &mut known.descriptor_count, &Ok(3));
        cache.fall_silent();
        cache.end();
        assert_eq!((count(&mut cache), cache.is_silent()), (Some(3), true));
        cache.end();
        assert_eq!((count(&mut cache), cache.is_silent()), (None, false));
    }
}
