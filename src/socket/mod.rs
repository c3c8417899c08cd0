//! Sockets of a network namespace, and the text in which they stand.

mod definition;
mod tables;

pub use definition::{Socket, TcpInfo};
pub(crate) use definition::{has_end, inode, may_have_peer, may_listen, protocol, uid};
pub(crate) use tables::{Tables, by_inode, once};
