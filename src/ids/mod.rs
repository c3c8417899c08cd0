//! Process, user and group ids: their types, the maps of user namespaces, and the
//! tables of names in passwd and group files.

mod id;
mod map;
mod names;
mod process;

pub use id::{Gid, OVERFLOW_ID, Pid, Uid};
pub use map::{IdMap, IdMaps};
pub use names::{GroupNames, UserNames};
pub use process::ProcessId;
