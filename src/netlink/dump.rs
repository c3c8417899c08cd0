//! `Diag`: asking the kernel for all sockets of one kind.
//!
//! A dump with details of TCP waits for the lock of each connection (`lock_sock`, in `tcp_get_info`), which
//! its owner can hold as long as it likes; up to Linux 6.8 any other dump waits for the one at hand
//! (`sock_diag_mutex`). No signal ends either. So a process of its own asks where one can be had.

use std::{
    io::{self, Read as _},
    ops::ControlFlow,
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

use super::bytes::{Bytes, Message, aligned, length, messages};
use crate::{
    reader::{self, AskApart},
    sys::{
        self,
        messages::{ANYWHERE, DIAG},
    },
};

/// `SOCK_DIAG_BY_FAMILY`.
const BY_FAMILY: u16 = 20;
const NOOP: u16 = 1;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// `NLM_F_REQUEST | NLM_F_DUMP`
const REQUEST_DUMP: u16 = 1 | 0x300;
/// `NLM_F_DUMP_INTR`
const INTERRUPTED: u16 = 0x10;

/// A dump that was interrupted is asked for again, so often in all.
const TRIES: usize = 4;

/// The kernel sends at most 32 KiB at once, and more at once where there is room for it.
const ROOM: usize = 64 << 10;

/// No message is as long: no attribute is longer than 64 KiB, and few are told.
const LONGEST: usize = 1 << 20;

/// A socket that asks for the sockets of one network namespace.
#[derive(Debug)]
pub(super) struct Diag<'a> {
    socket: BorrowedFd<'a>,
    port: u32,
    sequence: u32,
    until: Instant,
}

/// Whether all sockets of a dump were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// Sockets came and went meanwhile, each time that it was asked for.
    Part,
}

/// What a message says.
enum Says<'a> {
    Socket(Bytes<'a>),
    /// The dump has ended, with that error number or 0.
    End(i32),
    Nothing,
    /// Something is missing or not understood.
    Broken,
}

impl<'a> Diag<'a> {
    /// By a socket that was made in the namespace; nothing is waited for after `until`.
    pub(super) fn new(socket: BorrowedFd<'a>, until: Instant) -> io::Result<Self> {
        let port = sys::diag_connect(socket)?;
        Ok(Self {
            socket,
            port,
            sequence: 0,
            until,
        })
    }

    pub(super) fn socket(&self) -> BorrowedFd<'a> {
        self.socket
    }

    pub(super) fn port(&self) -> u32 {
        self.port
    }

    /// All that the kernel tells when it is asked `request`, a body of a request; `clear` has what was
    /// taken forgotten, because it comes again.
    ///
    /// # Errors
    ///
    /// The kernel's: `ENOENT` if it has nobody to ask.
    pub(super) fn dump(
        &mut self,
        request: &[u8],
        clear: &mut dyn FnMut(),
        take: &mut dyn FnMut(Bytes<'_>),
    ) -> io::Result<Extent> {
        for _ in 0..TRIES {
            clear();
            if self.dump_once(request, take)? == Extent::Whole {
                return Ok(Extent::Whole);
            }
        }
        Ok(Extent::Part)
    }

    fn dump_once(&mut self, request: &[u8], take: &mut dyn FnMut(Bytes<'_>)) -> io::Result<Extent> {
        self.sequence += 1;
        let (sequence, port) = (self.sequence, self.port);
        let (mut extent, mut end) = (Extent::Whole, None);
        let mut hear = |message: Option<Message<'_>>| {
            if message.is_some_and(|message| message.flags & INTERRUPTED != 0) {
                extent = Extent::Part;
            }
            match says(message, sequence, port) {
                Says::Socket(body) => take(body),
                Says::End(error) => {
                    end = Some(error);
                    return ControlFlow::Break(());
                }
                Says::Nothing => {}
                Says::Broken => extent = Extent::Part,
            }
            ControlFlow::Continue(())
        };
        self.ask(&message(sequence, request), &mut hear)?;
        match end {
            Some(0) => Ok(extent),
            Some(error) => Err(io::Error::from_raw_os_error(error)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Sends a message, and has all that is answered heard up to the end.
    fn ask(
        &self,
        message: &[u8],
        hear: &mut dyn FnMut(Option<Message<'_>>) -> ControlFlow<()>,
    ) -> io::Result<()> {
        // Paths are asked for in the same way, and have no NULs.
        let hex: String = message.iter().copied().map(hex).collect();
        let ask = AskApart {
            what: DIAG,
            dir: Some(self.socket),
            resolve: ANYWHERE,
            limit: 0,
            how: 0,
        };
        let answers = reader::ask_apart(ask, std::iter::once(hex.as_bytes()))?;
        let Some(mut answers) = answers else {
            return self.ask_here(message, hear);
        };
        let mut buffer = vec![0; ROOM];
        let (mut pending, mut has_ended) = (Vec::new(), false);
        loop {
            let got = answers.read(&mut buffer)?;
            if got == 0 {
                return Ok(());
            }
            if has_ended {
                continue;
            }
            pending.extend_from_slice(buffer.get(..got).unwrap_or_default());
            let mut rest = &pending[..];
            while let Some(whole) = length(rest) {
                if whole > LONGEST {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let Some((first, behind)) = rest.split_at_checked(whole) else {
                    break;
                };
                rest = behind;
                has_ended |= messages(first).any(|message| hear(message).is_break());
            }
            pending = rest.to_vec();
        }
    }

    /// The same by this thread.
    fn ask_here(
        &self,
        message: &[u8],
        hear: &mut dyn FnMut(Option<Message<'_>>) -> ControlFlow<()>,
    ) -> io::Result<()> {
        sys::diag_send(self.socket, message)?;
        let mut buffer = vec![0; ROOM];
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            sys::diag_timeout(self.socket, left.max(Duration::from_millis(1)))?;
            let got = match sys::diag_receive(self.socket, &mut buffer) {
                Ok(got) => got,
                // Messages were lost; the end still comes.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    let _ = hear(None);
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
                }
                Err(error) => return Err(error),
            };
            let bytes = buffer.get(..got);
            if bytes.is_none() {
                // They were cut, which is no end either.
                let _ = hear(None);
            }
            let bytes = bytes.unwrap_or(&buffer);
            if messages(bytes).any(|message| hear(message).is_break()) {
                return Ok(());
            }
            if Instant::now() >= self.until {
                return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
            }
        }
    }
}

/// What a message says that answers request `sequence` of `port`.
fn says(message: Option<Message<'_>>, sequence: u32, port: u32) -> Says<'_> {
    let Some(message) = message else {
        return Says::Broken;
    };
    if message.sequence != sequence || message.port != port {
        return Says::Nothing;
    }
    // Of both the body begins with an error number below zero, or 0.
    let error = || {
        let error = message.body.word(0).map(u32::cast_signed);
        error.map_or(libc::EIO, i32::wrapping_neg)
    };
    match message.kind {
        BY_FAMILY => Says::Socket(message.body),
        ERROR if error() == 0 => Says::Nothing,
        DONE | ERROR => Says::End(error()),
        NOOP => Says::Nothing,
        _ => Says::Broken,
    }
}

/// A message that asks for a dump.
fn message(sequence: u32, request: &[u8]) -> Vec<u8> {
    let length = aligned(request.len()).saturating_add(16);
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(REQUEST_DUMP.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(request);
    bytes.resize(length, 0);
    bytes
}

fn hex(byte: u8) -> String {
    format!("{byte:02x}")
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        os::{fd::AsFd as _, unix::net::UnixDatagram},
        thread,
    };

    use super::*;

    const PORT: u32 = 7;

    /// A message of the kernel's.
    fn answer(kind: u16, flags: u16, sequence: u32, port: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + body.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend(port.to_ne_bytes());
        bytes.extend(body);
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    fn done(sequence: u32, errno: i32) -> Vec<u8> {
        answer(DONE, 2, sequence, PORT, &(-errno).to_ne_bytes())
    }

    fn socket(sequence: u32, flags: u16, body: u8) -> Vec<u8> {
        answer(BY_FAMILY, 2 | flags, sequence, PORT, &[body, 0, 0, 0])
    }

    /// What is told where a request is answered so, and how often it was asked.
    fn asked(answers: impl Fn(u32) -> Vec<Vec<u8>> + Send) -> (io::Result<Extent>, Vec<u8>, usize) {
        let (ours, kernels) = UnixDatagram::pair().unwrap();
        thread::scope(|scope| {
            let kernel = scope.spawn(move || {
                let mut asked = 0;
                let mut request = [0; 256];
                while let Ok(length @ 1..) = kernels.recv(&mut request) {
                    asked += 1;
                    let all: Vec<_> = messages(&request[..length]).collect();
                    let [Some(message)] = all[..] else {
                        panic!("{all:?}")
                    };
                    assert_eq!((message.kind, message.flags), (BY_FAMILY, REQUEST_DUMP));
                    for answer in answers(message.sequence) {
                        kernels.send(&answer).unwrap();
                    }
                }
                asked
            });
            let mut diag = Diag {
                socket: ours.as_fd(),
                port: PORT,
                sequence: 0,
                until: Instant::now() + Duration::from_millis(200),
            };
            let told = Cell::new(Vec::new());
            let extent = diag.dump(&[1, 0, 0, 0], &mut || drop(told.take()), &mut |body| {
                let mut all = told.take();
                all.push(body.byte(0).unwrap());
                told.set(all);
            });
            // The end, for the other side.
            let _ = ours.send(&[]);
            drop(ours);
            (extent, told.into_inner(), kernel.join().unwrap())
        })
    }

    #[test]
    fn an_interrupted_dump_is_asked_for_again_and_not_for_ever() {
        let (extent, told, asks) = asked(|sequence| {
            let flags = if sequence == 1 { INTERRUPTED } else { 0 };
            vec![
                socket(sequence, 0, 1),
                [socket(sequence, flags, 2), done(sequence, 0)].concat(),
            ]
        });
        assert_eq!(
            (extent.unwrap(), told, asks),
            (Extent::Whole, vec![1, 2], 2)
        );
        let (extent, told, asks) =
            asked(|sequence| vec![socket(sequence, INTERRUPTED, 3), done(sequence, 0)]);
        assert_eq!(
            (extent.unwrap(), told, asks),
            (Extent::Part, vec![3], TRIES)
        );
    }

    #[test]
    fn an_error_of_the_kernel_is_one_wherever_it_stands() {
        let (extent, told, _) = asked(|sequence| vec![done(sequence, libc::ENOENT)]);
        assert_eq!(extent.unwrap_err().raw_os_error(), Some(libc::ENOENT));
        assert!(told.is_empty());
        let (extent, ..) = asked(|sequence| {
            let body = (-libc::EINVAL).to_ne_bytes();
            vec![answer(ERROR, 0, sequence, PORT, &body)]
        });
        assert_eq!(extent.unwrap_err().raw_os_error(), Some(libc::EINVAL));
    }

    #[test]
    fn what_answers_another_request_or_another_is_passed_over() {
        let (extent, told, _) = asked(|sequence| {
            vec![
                socket(sequence + 1, 0, 9),
                done(sequence + 1, libc::EPERM),
                answer(BY_FAMILY, 2, sequence, PORT + 1, &[8, 0, 0, 0]),
                answer(NOOP, 0, sequence, PORT, &[]),
                socket(sequence, 0, 1),
                done(sequence, 0),
            ]
        });
        assert_eq!((extent.unwrap(), told), (Extent::Whole, vec![1]));
    }

    #[test]
    fn what_is_cut_or_of_another_kind_makes_it_a_part() {
        for broken in [vec![5, 0, 0, 0], answer(99, 0, 1, PORT, &[]), vec![1]] {
            let (extent, told, _) =
                asked(|sequence| vec![socket(sequence, 0, 1), broken.clone(), done(sequence, 0)]);
            // The next times it is of another request.
            assert_eq!(told, [1]);
            let is_of_request = broken.len() == 16;
            let expected = if is_of_request {
                Extent::Whole
            } else {
                Extent::Part
            };
            assert_eq!(extent.unwrap(), expected, "{broken:?}");
        }
    }

    #[test]
    fn who_does_not_answer_is_not_waited_for() {
        let start = Instant::now();
        let (extent, told, _) = asked(|sequence| vec![socket(sequence, 0, 1)]);
        assert_eq!(extent.unwrap_err().raw_os_error(), Some(libc::ETIMEDOUT));
        assert_eq!(told, [1]);
        assert!(start.elapsed() >= Duration::from_millis(200));
    }
}
