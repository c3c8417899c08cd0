//! What the joiner says: messages with a head of three numbers, and bytes.

use std::io;

use crate::{
    error::{Error, ErrorKind, is_no_such_file},
    sys::messages::{COMPLETE, GROUPS, HEAD, LIMIT, LONGEST, NO_FILE, PIECE, SPACE, USERS, WAITS},
};

/// Why something that was asked for is not there.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It did not come in time.
    Silent,
    /// Another joiner still waits for the container.
    Waits,
    /// It is no regular file, or one of the kernel's own.
    NoFile,
    Io(io::Error),
}

impl Failure {
    /// Whether there is no such file at all.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::Io(error) if is_no_such_file(error))
    }

    /// Whether it did not come in time.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Silent | Self::Waits)
    }

    /// The error of `thing`.
    pub(crate) fn into_error(self, thing: String) -> Error {
        match self {
            Self::Silent => Error::new(ErrorKind::TimedOut, thing, "did not answer in time"),
            Self::Waits => {
                let reason = "an earlier join of this container is still waiting for its files";
                Error::new(ErrorKind::TimedOut, thing, reason)
            }
            Self::NoFile => {
                let reason = "not a regular file, or a file of the kernel's own";
                Error::new(ErrorKind::NotTrusted, thing, reason)
            }
            Self::Io(error) => Error::system(thing, error),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// One thing that was asked for.
#[derive(Debug, Default)]
pub(super) struct Part {
    bytes: Vec<u8>,
    /// What was said last of it, once it ended.
    end: Option<u32>,
}

impl Part {
    /// The bytes, or why they are not there; nothing before the end was said.
    pub(super) fn answer(self) -> Option<Result<Vec<u8>, Failure>> {
        Some(match self.end? {
            COMPLETE => Ok(self.bytes),
            NO_FILE => Err(Failure::NoFile),
            errno => {
                let errno = i32::try_from(errno).unwrap_or(libc::EIO);
                Err(io::Error::from_raw_os_error(errno).into())
            }
        })
    }
}

/// All that was said so far.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pending: Vec<u8>,
    pub(super) users: Part,
    pub(super) groups: Part,
    pub(super) space: Part,
    /// Whether the last that was said is that it waits for another joiner.
    pub(super) waits: bool,
}

impl Answer {
    /// Takes what came next.
    ///
    /// # Errors
    ///
    /// If the joiner does not say it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = &pending[..];
        while let Some((head, behind)) = rest.split_first_chunk::<HEAD>() {
            let [about, says, length] = words(*head);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > LONGEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let Some((body, behind)) = behind.split_at_checked(length) else {
                break;
            };
            self.message(about, says, body)?;
            rest = behind;
        }
        self.pending = rest.to_vec();
        Ok(())
    }

    fn message(&mut self, about: u32, says: u32, body: &[u8]) -> io::Result<()> {
        self.waits = says == WAITS;
        let part = match about {
            USERS => &mut self.users,
            GROUPS => &mut self.groups,
            SPACE => &mut self.space,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        match says {
            WAITS => {}
            PIECE if part.end.is_none() && part.bytes.len() + body.len() <= LIMIT => {
                part.bytes.extend_from_slice(body);
            }
            PIECE => return Err(io::ErrorKind::InvalidData.into()),
            end => part.end = Some(end),
        }
        Ok(())
    }

    /// Whether everything was said of names, or of space.
    pub(super) fn is_complete(&self) -> bool {
        self.space.end.is_some() || (self.users.end.is_some() && self.groups.end.is_some())
    }
}

fn words(head: [u8; HEAD]) -> [u32; 3] {
    let word = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_ne_bytes(bytes.unwrap_or_default())
    };
    [word(0), word(4), word(8)]
}

/// How full a file system is, in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space {
    pub(crate) block: u64,
    pub(crate) blocks: u64,
    pub(crate) free: u64,
    /// What users may use of the free.
    pub(crate) available: u64,
}

impl Space {
    /// From the kernel's `struct statfs` of 64-bit machines: type, block size, blocks, free,
    /// available; files, free ones, id, longest name, fragment size.
    pub(super) fn of(statfs: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            let bytes = statfs.get(at * 8..at * 8 + 8)?;
            Some(u64::from_ne_bytes(bytes.try_into().ok()?))
        };
        let fragment = word(9).filter(|fragment| *fragment > 0);
        Some(Self {
            block: fragment.or_else(|| word(1))?,
            blocks: word(2)?,
            free: word(3)?,
            available: word(4)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(about: u32, says: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap();
        let head = [about, says, length].map(u32::to_ne_bytes).concat();
        [&head[..], body].concat()
    }

    #[test]
    fn messages_come_as_the_socket_cuts_them() {
        let all = [
            message(USERS, WAITS, b""),
            message(USERS, PIECE, b"root:x:0"),
            message(USERS, PIECE, b":0:::\n"),
            message(USERS, COMPLETE, b""),
            message(GROUPS, u32::try_from(libc::ENOENT).unwrap(), b""),
        ]
        .concat();
        for cut in 1..all.len() {
            let mut answer = Answer::default();
            for piece in all.chunks(cut) {
                assert!(!answer.is_complete());
                answer.take(piece).unwrap();
            }
            assert!(answer.is_complete() && !answer.waits);
            let users = answer.users.answer().unwrap().unwrap();
            assert_eq!(users, b"root:x:0:0:::\n");
            let groups = answer.groups.answer().unwrap().unwrap_err();
            assert!(groups.is_absence());
        }
    }

    #[test]
    fn what_is_not_a_message_is_refused() {
        for wrong in [
            message(9, PIECE, b""),
            [1, 0, u32::MAX].map(u32::to_ne_bytes).concat(),
        ] {
            assert!(Answer::default().take(&wrong).is_err());
        }
        let mut answer = Answer::default();
        let piece = message(USERS, PIECE, &vec![b'x'; LONGEST]);
        for _ in 0..LIMIT / LONGEST {
            answer.take(&piece).unwrap();
        }
        assert!(answer.take(&piece).is_err());
    }
}
