//! `Cursor`: how far a file has been read, and `ParseError`: why not further.

use std::fmt;

use super::Spec;
use crate::{
    bytes,
    error::{Error, ErrorKind},
};

/// Why a file was not understood.
///
/// It holds no path, whoever opened the file knows that. Its text is
/// `line 1: utime: not a number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The field that was expected, by its name in the record.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.field, self.reason)
    }
}

impl std::error::Error for ParseError {}

/// [`ErrorKind::NotUnderstood`], with the same text: what the bytes are of is not known here.
///
/// ```
/// use psgo::{ErrorKind, format::pid::Statm};
///
/// let error: psgo::Error = Statm::parse(b"4567 three\n").unwrap_err().into();
/// assert_eq!(error.kind(), ErrorKind::NotUnderstood);
/// assert_eq!(error.to_string(), "line 1: resident: not a number");
/// ```
impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::new(ErrorKind::NotUnderstood, "", error.to_string())
    }
}

/// [`Cursor::error`]. Not by reference to the cursor, which has to be in memory then, also where all
/// is in order.
#[cold]
#[inline(never)]
fn error(file: &[u8], rest: &[u8], field: &'static str, reason: &'static str) -> ParseError {
    let read = file.len() - rest.len();
    let newlines = file.iter().take(read).filter(|&&b| b == b'\n');
    ParseError {
        line: newlines.count() + 1,
        field,
        reason,
    }
}

/// The error where a text has to stand and does not.
#[cold]
#[inline(never)]
fn no_literal(file: &[u8], rest: &[u8], field: &'static str) -> ParseError {
    let reason = if is_line_end(rest) {
        "missing"
    } else {
        "not the text that the kernel writes around it"
    };
    error(file, rest, field, reason)
}

#[inline]
fn is_line_end(rest: &[u8]) -> bool {
    matches!(rest, [] | [b'\n', ..])
}

/// A place in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    file: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(file: &'a [u8]) -> Self {
        Self { file, rest: file }
    }

    /// What has not been read.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Goes to where `rest` is left, the end of what is.
    #[inline]
    pub(crate) fn go_to(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    #[inline]
    pub(crate) fn at_line_end(&self) -> bool {
        is_line_end(self.rest)
    }

    /// How many bytes of the line have been read.
    pub(crate) fn column(&self) -> usize {
        let read = self.file.len() - self.rest.len();
        let read = self.file.get(..read).unwrap_or(self.file);
        read.iter().rev().take_while(|&&b| b != b'\n').count()
    }

    /// An error about `field`, here.
    ///
    /// Lines are counted only now, so that reading what is in order does not pay for it.
    #[inline]
    pub(crate) fn error(&self, field: &'static str, reason: &'static str) -> ParseError {
        error(self.file, self.rest, field, reason)
    }

    /// Goes past `text`, if it stands here.
    #[expect(
        clippy::inline_always,
        reason = "the text is a constant where it is inlined"
    )]
    #[inline(always)]
    pub(crate) fn skip(&mut self, text: &[u8]) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Goes past `text`, which has to stand here.
    #[expect(
        clippy::inline_always,
        reason = "the text is a constant where it is inlined"
    )]
    #[inline(always)]
    pub(crate) fn literal(&mut self, text: &[u8], field: &'static str) -> Result<(), ParseError> {
        if self.skip(text) {
            return Ok(());
        }
        Err(self.no_literal(field))
    }

    #[inline]
    fn no_literal(&self, field: &'static str) -> ParseError {
        no_literal(self.file, self.rest, field)
    }

    /// The part of the line that `spec.after` ends, without the blanks that fill it up to
    /// `spec.width`; it is taken from here, the text after it is not. `None` where the spec has no
    /// width.
    pub(crate) fn padded(&mut self, spec: &Spec) -> Result<Option<Cursor<'a>>, ParseError> {
        if spec.width == 0 {
            return Ok(None);
        }
        let line = bytes::find(self.rest, b'\n').unwrap_or(self.rest.len());
        let (line, _) = self.rest.split_at(line);
        let ends = match spec.after() {
            [] | [b'\n', ..] => Some(line.len()),
            after => bytes::rfind_part(line, after),
        };
        let len = ends.ok_or_else(|| self.no_literal(spec.field))?;
        let read = self.file.len() - self.rest.len();
        let text = self.take(len);
        let blanks = text.iter().rev().take_while(|&&b| b == b' ').count();
        let bare = len - blanks;
        if len != bare.max(spec.width) {
            return Err(self.error(spec.field, "not as wide as the kernel prints it"));
        }
        let file = self.file.get(..read + bare).unwrap_or(self.file);
        Ok(Some(Cursor {
            file,
            rest: text.get(..bare).unwrap_or(text),
        }))
    }

    /// Nothing is left to read.
    pub(crate) fn end(&self, spec: &Spec) -> Result<(), ParseError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(self.error(spec.field, "more than the kernel writes"))
    }

    /// Takes `len` bytes; fewer at the end of the file.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// Takes what is left of the line, without its newline.
    pub(crate) fn take_line(&mut self) -> &'a [u8] {
        let len = bytes::find(self.rest, b'\n');
        self.take(len.unwrap_or(self.rest.len()))
    }
}
