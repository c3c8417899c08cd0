//! What containers are called: from the files that their runtimes keep, or from a runtime that embeds
//! psgo.

mod asked;
mod bundle;
mod config;
mod docker;
mod files;
mod groups;
mod json;
mod kubelet;
mod listed;
mod machine;
mod moment;
mod named;
mod once;
mod places;
mod search;
mod state;
mod storage;
mod store;
mod supplied;
#[cfg(test)]
mod tests;
mod watchers;
mod within;

pub use listed::Container;
pub use named::{Named, Pod};
pub use supplied::ContainerNames;

pub(crate) use asked::{Asked, Host};
pub(crate) use config::Config;
pub(crate) use groups::{GroupSeen, Usage, mounts};
pub(crate) use listed::{Found, SHORTEST_ID};
pub(crate) use search::Search;
pub(crate) use supplied::Supplied;
pub(crate) use within::Within;
