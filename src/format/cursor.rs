//! `Cursor`: a position in a file that is parsed, and `ParseError`.

use std::fmt;

use super::Spec;
use crate::{
    bytes,
    error::{Error, ErrorKind},
};

/// `?` without the conversion of the error, in code that is compiled for many types: what `?` becomes
/// there is five times as long.
macro_rules! tri {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

pub(super) use tri;

/// Why a file could not be parsed.
///
/// It holds no path, which the caller knows. Its text is
/// `line 1: utime: not a number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The field that was expected, by its name in the record.
    pub field: &'static str,
    /// What is wrong.
    pub reason: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.field, self.reason)
    }
}

impl std::error::Error for ParseError {}

/// [`ErrorKind::NotUnderstood`] with the same text; the file is not known here.
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

/// [`Cursor::error`]. It takes no reference to the cursor, which would force the cursor into memory
/// even when there is no error.
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

/// The error for an expected text that is not there.
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

/// A position in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    file: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(file: &'a [u8]) -> Self {
        Self { file, rest: file }
    }

    /// The unread bytes.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Moves to the start of `rest`, which must be a suffix of the unread bytes.
    #[inline]
    pub(crate) fn go_to(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    #[inline]
    pub(crate) fn at_line_end(&self) -> bool {
        is_line_end(self.rest)
    }

    /// Bytes of the current line that have been read, a count.
    pub(crate) fn column(&self) -> usize {
        let read = self.file.len() - self.rest.len();
        let read = self.file.get(..read).unwrap_or(self.file);
        read.iter().rev().take_while(|&&b| b != b'\n').count()
    }

    /// An error about `field` at this position.
    ///
    /// Lines are counted only here, so that successful parsing does not pay for it.
    #[inline]
    pub(crate) fn error(&self, field: &'static str, reason: &'static str) -> ParseError {
        error(self.file, self.rest, field, reason)
    }

    /// Skips `text` if it is next.
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

    /// Skips `text`, which must be next.
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

    /// [`literal`](Self::literal) for code that is compiled for many types.
    #[inline(never)]
    pub(crate) fn shared_literal(
        &mut self,
        text: &[u8],
        field: &'static str,
    ) -> Result<(), ParseError> {
        self.literal(text, field)
    }

    /// Consumes the text before a value.
    #[inline(never)]
    pub(crate) fn before(&mut self, spec: &Spec) -> Result<(), ParseError> {
        self.literal(spec.before(), spec.field)
    }

    /// Consumes the text after a value.
    #[inline(never)]
    pub(crate) fn after(&mut self, spec: &Spec) -> Result<(), ParseError> {
        self.literal(spec.after(), spec.field)
    }

    /// Consumes the text before an element of a list.
    #[inline(never)]
    pub(crate) fn open(&mut self, spec: &Spec) -> Result<(), ParseError> {
        self.literal(spec.open(), spec.field)
    }

    /// Consumes the text after an element of a list.
    #[inline(never)]
    pub(crate) fn close(&mut self, spec: &Spec) -> Result<(), ParseError> {
        self.literal(spec.close(), spec.field)
    }

    #[inline]
    fn no_literal(&self, field: &'static str) -> ParseError {
        no_literal(self.file, self.rest, field)
    }

    /// The part of the line before `spec.after`, without the blanks that pad it to `spec.width`. It
    /// is consumed, the text after it is not. `None` if the spec has no width.
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

    /// Fails if anything is left to read.
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

    /// Takes the rest of the line, without its newline.
    pub(crate) fn take_line(&mut self) -> &'a [u8] {
        let len = bytes::find(self.rest, b'\n');
        self.take(len.unwrap_or(self.rest.len()))
    }
}
