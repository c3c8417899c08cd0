//! Terminals for the command.
#![allow(dead_code, reason = "some tests use a part")]

use std::{fs::File, io::Read as _, os::fd::OwnedFd};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    pty::{OpenptyResult, Winsize, openpty},
};

/// A new terminal of that size. Commands of other tests do not inherit it.
pub(crate) fn open(rows: u16, columns: u16) -> OpenptyResult {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(&size, None).unwrap();
    for side in [&pty.master, &pty.slave] {
        fcntl(side, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    }
    pty
}

/// All that is shown on a terminal until no process has its other side open.
pub(crate) fn read_to_end(master: OwnedFd) -> String {
    let (mut screen, mut shown, mut part) = (File::from(master), Vec::new(), [0; 4096]);
    // A terminal whose other side is closed answers with an error, EIO, not with an end.
    while let Ok(count @ 1..) = screen.read(&mut part) {
        shown.extend_from_slice(&part[..count]);
    }
    String::from_utf8(shown).unwrap()
}
