//! The directories of control groups, and what their files tell.

mod by_number;
mod directory;
#[cfg(any(test, feature = "runtimes"))]
mod figures;
#[cfg(any(test, feature = "runtimes"))]
mod totals;

pub(crate) use by_number::Paths;
pub(crate) use directory::{Group, Groups, Share, UNLIMITED, read};
#[cfg(any(test, all(feature = "system", feature = "runtimes")))]
pub(crate) use figures::Uses;
#[cfg(any(test, feature = "runtimes"))]
pub(crate) use figures::{Figures, percent_of_time};
#[cfg(any(test, feature = "runtimes"))]
pub(crate) use totals::{Asked, Totals};
