//! Containers of a build without the feature `runtimes`: nothing is known of them but their control
//! groups.

mod asked;

use std::{sync::Arc, time::Duration};

use crate::{format::pid::Cgroup, ids::Pid, value::Missing, watchdog::Patience};

pub(crate) use asked::{Asked, Host};

/// What a view was told of runtimes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config(());

impl Config {
    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn within(&self) -> Option<&Within> {
        None
    }
}

/// No value of this type exists.
#[derive(Debug)]
pub(crate) enum Within {}

/// No value of this type exists.
#[derive(Debug)]
pub(crate) enum Found {}

/// No value of this type exists.
#[derive(Debug)]
pub(crate) enum GroupSeen {}

/// Nothing is kept of control groups.
#[derive(Debug, Default)]
pub(crate) struct Usage(());

/// Nothing is searched.
#[derive(Debug)]
pub(crate) struct Search;

#[expect(clippy::unused_self, reason = "as with the feature")]
impl Search {
    pub(crate) fn begin(
        _: &Config,
        _: &Host<'_>,
        _: Asked,
        _: Option<Usage>,
        _: Option<&mut Patience>,
    ) -> Self {
        Self
    }

    pub(crate) fn find(
        &self,
        _: Pid,
        _: Option<&Cgroup>,
        _: Option<Arc<Found>>,
        _: bool,
        _: &mut dyn FnMut(&mut dyn FnMut()),
    ) -> Option<Arc<Found>> {
        None
    }

    pub(crate) fn figures(
        &self,
        _: &Cgroup,
        _: Duration,
        _: &mut dyn FnMut(&mut dyn FnMut()),
    ) -> Option<Arc<GroupSeen>> {
        None
    }

    pub(crate) fn usage(&self) -> Usage {
        Usage::default()
    }

    pub(crate) fn each_failure(&self, _: impl FnMut(&str, Missing)) {}
}
