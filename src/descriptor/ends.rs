//! The other ends of pipes and Unix sockets: who has them open.

use std::collections::HashMap;

use crate::{
    format::pid::LinkKind,
    ids::Pid,
    snapshot::{Opened, Slot},
    value::{Missing, Value},
};

/// A descriptor of a process.
type Holder = (Pid, u32);

/// Something with two ends that a process has open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A pipe, by its inode, and whether it can be read and written by the descriptor.
    Pipe {
        inode: u64,
        reads: bool,
        writes: bool,
    },
    /// A socket, by its inode.
    Socket(u64),
}

/// Who has which end open, as far as descriptors could be read.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// By the inode of the pipe: those who can read from it, and those who can write to it.
    pipes: HashMap<u64, [Vec<Holder>; 2]>,
    sockets: HashMap<u64, Vec<Holder>>,
    /// Why further processes may have some.
    hidden: Missing,
}

impl End {
    /// That of a descriptor, with its number; nothing where it is no pipe and no socket, or where it is
    /// not known what it may be used for.
    pub(crate) fn of(opened: &Opened) -> Option<(Self, u32)> {
        let Slot::Fd(fd) = opened.slot else {
            return None;
        };
        match LinkKind::of(&opened.target) {
            LinkKind::Inode(b"socket", inode) => Some((Self::Socket(inode), fd)),
            LinkKind::Inode(b"pipe", inode) => {
                let mode = opened.mode()?;
                let end = Self::Pipe {
                    inode,
                    reads: matches!(mode, "r" | "u"),
                    writes: matches!(mode, "w" | "u"),
                };
                Some((end, fd))
            }
            _ => None,
        }
    }
}

impl Ends {
    /// Notes that the process has these.
    pub(crate) fn add(&mut self, pid: Pid, ends: &[(End, u32)]) {
        for (end, fd) in ends {
            let holder = (pid, *fd);
            match end {
                End::Socket(inode) => self.sockets.entry(*inode).or_default().push(holder),
                End::Pipe {
                    inode,
                    reads,
                    writes,
                } => {
                    let [readers, writers] = self.pipes.entry(*inode).or_default();
                    readers.extend(reads.then_some(holder));
                    writers.extend(writes.then_some(holder));
                }
            }
        }
    }

    /// Notes why further processes may have some.
    pub(crate) fn hide(&mut self, why: Missing) {
        self.hidden = why;
    }

    /// Those who have the other end of what the process has open.
    pub(super) fn others(&self, pid: Pid, opened: &Opened) -> Value {
        let (holders, own) = match End::of(opened) {
            Some((
                End::Pipe {
                    inode,
                    reads,
                    writes,
                },
                fd,
            )) => {
                let [readers, writers] = match self.pipes.get(&inode) {
                    Some(holders) => holders.each_ref().map(Vec::as_slice),
                    None => [&[][..]; 2],
                };
                let written = writers.iter().filter(|_| reads);
                // Who has both by one descriptor is there once.
                let read = readers.iter().filter(|_| writes);
                let read = read.filter(|reader| !(reads && writers.contains(reader)));
                (written.chain(read).copied().collect(), Some((pid, fd)))
            }
            Some((End::Socket(_), _)) => {
                let socket = opened.socket.as_ref();
                let Some(peer) = socket.and_then(|socket| socket.peer) else {
                    return Value::MISSING;
                };
                let holders = self.sockets.get(&peer);
                (holders.cloned().unwrap_or_default(), None)
            }
            None => return Value::MISSING,
        };
        let mut holders: Vec<Holder> = holders;
        holders.retain(|holder| Some(*holder) != own);
        if holders.is_empty() && self.hidden.hides_a_value() {
            return Value::Missing(self.hidden);
        }
        let holder = |(pid, fd): Holder| Value::text(format!("{pid}/{fd}"));
        Value::List(holders.into_iter().map(holder).collect())
    }
}
