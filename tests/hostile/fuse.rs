//! A file system whose server answers as little as the test wants.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use nix::{
    fcntl::OFlag,
    mount::{MsFlags, mount},
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::container::within;

/// What the root of the file system is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Directory,
    File,
}

/// A mounted file system. Its end answers all who wait for it, with an error.
#[derive(Debug)]
pub(super) struct Fuse {
    device: Option<File>,
    server: Option<Server>,
}

/// A thread that answers until the other end of its pipe is closed.
#[derive(Debug)]
struct Server {
    thread: thread::JoinHandle<()>,
    until: OwnedFd,
}

const INIT: u32 = 26;
/// Requests that can be taken and not answered, as the kernel numbers them.
pub(super) const LOOKUP: u32 = 1;
pub(super) const OPEN: u32 = 14;
pub(super) const READ: u32 = 15;
pub(super) const FLUSH: u32 = 25;
const RELEASE: u32 = 18;
pub(super) const WRITE: u32 = 16;
const GETATTR: u32 = 3;
/// These want no answer.
const FORGET: u32 = 2;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

const OPEN_DIRECT_IO: u32 = 1;
/// What was written to it before is kept, until it is mapped again.
const OPEN_KEEP_CACHE: u32 = 2;

/// A request, as far as its answer depends on it.
struct Request {
    what: u32,
    unique: u64,
    /// From where a read is.
    offset: u64,
}

fn listen(mut device: &File) -> std::io::Result<Request> {
    let mut buffer = vec![0; 1 << 18];
    // One read is one request, and its head is always whole.
    assert!(device.read(&mut buffer)? >= 40);
    // The kernel's fuse_in_header: len, opcode, unique.
    Ok(Request {
        what: u32::from_ne_bytes(buffer[4..8].try_into().unwrap()),
        unique: u64::from_ne_bytes(buffer[8..16].try_into().unwrap()),
        // The kernel's fuse_read_in, after a head of 40 bytes: handle, offset.
        offset: u64::from_ne_bytes(buffer[48..56].try_into().unwrap()),
    })
}

fn answer(mut device: &File, to: &Request, error: i32, body: &[u8]) {
    let length = u32::try_from(16 + body.len()).unwrap();
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend((-error).to_ne_bytes());
    bytes.extend(to.unique.to_ne_bytes());
    bytes.extend(body);
    // Who asked may have gone meanwhile.
    let _ = device.write(&bytes);
}

impl Fuse {
    /// One that is never heard of again after the mount.
    pub(super) fn silent(pid: i32, at: &str, kind: Kind) -> Self {
        Self {
            device: Some(mounted(pid, at, kind)),
            server: None,
        }
    }

    /// One that takes each request, and answers none: who waits cannot be killed.
    pub(super) fn taking(pid: i32, at: &str, kind: Kind) -> Self {
        let device = mounted(pid, at, kind);
        let its_device = device.try_clone().unwrap();
        let (end, until) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
        let thread = thread::spawn(move || take(&its_device, &end));
        Self {
            device: Some(device),
            server: Some(Server { thread, until }),
        }
    }

    /// A file that can be opened, read, and mapped, but whose writes are never answered; and what
    /// tells that one has come. Every second opening is for direct access.
    pub(super) fn that_takes_no_writes(pid: i32, at: &str) -> (Self, Receiver<()>) {
        Self::that_answers_all_but(WRITE, pid, at)
    }

    /// The same for reads: they are taken, and never answered.
    pub(super) fn that_takes_no_reads(pid: i32, at: &str) -> (Self, Receiver<()>) {
        Self::that_answers_all_but(READ, pid, at)
    }

    fn that_answers_all_but(silent: u32, pid: i32, at: &str) -> (Self, Receiver<()>) {
        Self::that_takes(silent, pid, at, Kind::File)
    }

    /// One that takes requests of this number and never answers them, and answers all others; and what
    /// tells that it has taken one.
    pub(super) fn that_takes(silent: u32, pid: i32, at: &str, kind: Kind) -> (Self, Receiver<()>) {
        let device = mounted(pid, at, kind);
        let its_device = device.try_clone().unwrap();
        let (tell, told) = channel();
        let (end, until) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
        let thread = thread::spawn(move || serve(&its_device, &end, kind, silent, &tell));
        let server = Server { thread, until };
        (
            Self {
                device: Some(device),
                server: Some(server),
            },
            told,
        )
    }
}

/// Mounts in the mount namespace of `pid`, and says the one word without which nothing works.
fn mounted(pid: i32, at: &str, kind: Kind) -> File {
    let device = File::options()
        .read(true)
        .write(true)
        .open("/dev/fuse")
        .unwrap();
    let mode = match kind {
        Kind::Directory => "40755",
        Kind::File => "100666",
    };
    let fd = device.as_raw_fd();
    let options = format!("fd={fd},rootmode={mode},user_id=0,group_id=0,allow_other");
    within(pid, || {
        mount(
            Some("silence"),
            at,
            Some("fuse"),
            MsFlags::empty(),
            Some(options.as_str()),
        )
        .unwrap_or_else(|error| panic!("FUSE over {at}: {error}"));
    });
    let request = listen(&device).unwrap();
    assert_eq!(request.what, INIT);
    // The kernel's fuse_init_out: version 7.31, no flags, writes up to 128 KiB.
    let mut body = [0_u8; 64];
    body[0..4].copy_from_slice(&7_u32.to_ne_bytes());
    body[4..8].copy_from_slice(&31_u32.to_ne_bytes());
    body[20..24].copy_from_slice(&(1_u32 << 17).to_ne_bytes());
    answer(&device, &request, 0, &body);
    device
}

/// Takes requests until the end of the file system, or of `end`.
fn take(device: &File, end: &OwnedFd) {
    loop {
        let mut ready = [
            PollFd::new(device.as_fd(), PollFlags::POLLIN),
            PollFd::new(end.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut ready, PollTimeout::NONE).unwrap();
        if ready[1].any() == Some(true) || listen(device).is_err() {
            return;
        }
    }
}

fn serve(device: &File, end: &OwnedFd, kind: Kind, silent: u32, taken: &Sender<()>) {
    let mode = match kind {
        Kind::Directory => 0o040_755_u32,
        Kind::File => 0o100_666,
    };
    let mut opened = 0;
    loop {
        let mut ready = [
            PollFd::new(device.as_fd(), PollFlags::POLLIN),
            PollFd::new(end.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut ready, PollTimeout::NONE).unwrap();
        if ready[1].any() == Some(true) {
            return;
        }
        // Reading fails when the file system is gone.
        let Ok(request) = listen(device) else { return };
        match request.what {
            what if what == silent => {
                let _ = taken.send(());
            }
            GETATTR => {
                // fuse_attr_out: valid for an hour; inode 1, of 4 KiB.
                let mut body = [0_u8; 104];
                body[0..8].copy_from_slice(&3600_u64.to_ne_bytes());
                body[16..24].copy_from_slice(&1_u64.to_ne_bytes());
                body[24..32].copy_from_slice(&4096_u64.to_ne_bytes());
                body[76..80].copy_from_slice(&mode.to_ne_bytes());
                body[80..84].copy_from_slice(&1_u32.to_ne_bytes());
                answer(device, &request, 0, &body);
            }
            OPEN => {
                // fuse_open_out: handle, flags.
                let mut body = [0_u8; 16];
                let direct = if opened % 2 == 0 { 0 } else { OPEN_DIRECT_IO };
                let flags = OPEN_KEEP_CACHE | direct;
                body[8..12].copy_from_slice(&flags.to_ne_bytes());
                opened += 1;
                answer(device, &request, 0, &body);
            }
            READ if request.offset > 0 => answer(device, &request, 0, &[]),
            READ => answer(device, &request, 0, &[0; 4096]),
            FLUSH | RELEASE => answer(device, &request, 0, &[]),
            FORGET | BATCH_FORGET | INTERRUPT => (),
            _ => answer(device, &request, libc::ENOSYS, &[]),
        }
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        drop(self.device.take());
        if let Some(server) = self.server.take() {
            // It holds the device open too.
            drop(server.until);
            let _ = server.thread.join();
        }
    }
}
