//! `ContainerNames`: a runtime that embeds psgo tells itself what its containers are called.

use std::{fmt, sync::Arc};

use super::named::Named;
use crate::container::ContainerPath;

/// Tells what containers are called. It is asked before any file is read, once for each container of
/// a listing, from any thread, and must not wait.
///
/// A closure is one, see [`View::names_containers`](crate::View::names_containers).
pub trait ContainerNames: Send + Sync {
    /// What is known of that container; `None` where it is not one of its own.
    fn named(&self, container: &ContainerPath) -> Option<Named>;
}

impl<F> ContainerNames for F
where
    F: Fn(&ContainerPath) -> Option<Named> + Send + Sync,
{
    fn named(&self, container: &ContainerPath) -> Option<Named> {
        self(container)
    }
}

/// One that a view was given.
#[derive(Clone)]
pub(crate) struct Supplied(pub(crate) Arc<dyn ContainerNames>);

impl fmt::Debug for Supplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Supplied")
    }
}
