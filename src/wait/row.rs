//! A row of the table: a file or a call.

use super::{
    cause::{Cause, Wait},
    reader::Reader,
};

/// A file, or a call, of which it is known how it can wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The path of a file below its directory, where `*` at the end stands for whatever follows; what
    /// a call does.
    pub(super) name: &'static str,
    /// The function of the kernel that answers.
    pub(super) function: &'static str,
    /// The Linux whose source was read; empty if none was.
    pub(super) read_in: &'static str,
    /// What it can wait for.
    pub(super) causes: &'static [Cause],
    /// The test that shows it on a living kernel; empty if there is none.
    pub(super) shown_by: &'static str,
}

impl Row {
    /// How it can wait at worst.
    pub(super) const fn wait(&self) -> Wait {
        let (mut worst, mut index) = (Wait::AtOnce, 0);
        while index < self.causes.len() {
            let wait = self.causes[index].wait();
            if wait as u8 > worst as u8 {
                worst = wait;
            }
            index += 1;
        }
        worst
    }

    pub(super) const fn waits_for(&self, cause: Cause) -> bool {
        let mut index = 0;
        while index < self.causes.len() {
            if self.causes[index].is(cause) {
                return true;
            }
            index += 1;
        }
        false
    }

    /// Who reads it, at least.
    pub(super) const fn reader(&self) -> Reader {
        match self.wait() {
            Wait::AtOnce | Wait::Briefly => Reader::CallingThread,
            Wait::Seldom | Wait::Killable => Reader::Thread,
            // What is waited for here the process itself can keep for good. It cannot so keep its memory:
            // who waits for that can be killed, until it ends, and then one tears the memory down.
            Wait::Uninterruptible
                if self.waits_for(Cause::Epoll) || self.waits_for(Cause::Driver) =>
            {
                Reader::OneProcess
            }
            Wait::Uninterruptible => Reader::Process,
        }
    }

    /// Whether its name stands for the path.
    pub(super) const fn is_for(&self, path: &str) -> bool {
        let (name, path) = (self.name.as_bytes(), path.as_bytes());
        let is_pattern = matches!(name, [.., b'*']);
        let length = name.len() - is_pattern as usize;
        if path.len() < length || (!is_pattern && path.len() > length) {
            return false;
        }
        let mut index = 0;
        while index < length {
            if name[index] != path[index] {
                return false;
            }
            index += 1;
        }
        true
    }
}

/// The first of the rows that stands for the path.
pub(super) const fn find(rows: &'static [Row], path: &str) -> Option<&'static Row> {
    let mut index = 0;
    while index < rows.len() {
        if rows[index].is_for(path) {
            return Some(&rows[index]);
        }
        index += 1;
    }
    None
}

/// Makes a table of files: name, function, what it waits for, and the test that shows it.
macro_rules! rows {
    ($($name:literal $function:literal $read_in:literal [$($cause:expr),*] $shown_by:expr,)*) => {
        &[$(Row {
            name: $name,
            function: $function,
            read_in: $read_in,
            causes: &[$($cause),*],
            shown_by: $shown_by,
        },)*]
    };
}

pub(super) use rows;
