//! `Source`: a file that is read piece by piece, so that a large file is never in memory as a whole.

use std::{
    fmt, io,
    ops::{ControlFlow, Range},
};

use super::{Cursor, ParseError};
use crate::value::Fields;

/// Why a file could not be read to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// Reading failed.
    Io(io::Error),
    /// Parsing failed.
    Parse(ParseError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => fmt::Display::fmt(error, f),
            Self::Parse(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Parse(error) => Some(error),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ParseError> for ReadError {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

/// The result of reading a stream to its end.
pub(crate) type Stream = Result<(), ReadError>;

/// A piece of a file: its column names, or a row.
pub trait Piece {
    /// Appends its bytes to `out`.
    fn write(&self, out: &mut Vec<u8>);

    /// Its fields by name; `None` for column names.
    fn fields(&self) -> Option<Fields>;

    /// Whether it holds anything psgo does not know.
    fn unknown(&self) -> bool;
}

/// The function that receives the pieces.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(&dyn Piece) -> ControlFlow<()>;

/// Bytes to read at a time.
const CHUNK: usize = 64 << 10;

/// Maximum size of a piece; no line or block that the kernel writes comes near it.
const LARGEST: usize = 4 << 20;

/// A file that is read piece by piece.
pub(crate) struct Source<'a> {
    input: &'a mut dyn io::Read,
    buffer: Vec<u8>,
    /// The part of the buffer that is not parsed yet.
    unread: Range<usize>,
    /// Newlines before it, a count.
    lines: usize,
    ended: bool,
}

impl<'a> Source<'a> {
    pub(crate) fn new(input: &'a mut dyn io::Read) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            unread: 0..0,
            lines: 0,
            ended: false,
        }
    }

    /// Whether the end has been reached.
    pub(crate) fn is_at_end(&mut self) -> Result<bool, ReadError> {
        while self.unread.is_empty() && !self.ended {
            self.fill()?;
        }
        Ok(self.unread.is_empty())
    }

    /// Ends the stream; the rest is not read.
    pub(crate) fn stop(&mut self) {
        self.ended = true;
        self.unread = 0..0;
    }

    /// Fails if anything is left.
    pub(crate) fn end(&mut self) -> Stream {
        if self.is_at_end()? {
            return Ok(());
        }
        let mut error = Cursor::new(&[]).error("file", "more than the kernel writes");
        error.line += self.lines;
        Err(error.into())
    }

    /// Reads one piece. If it cannot be parsed, or ends where the buffer ends, it may be incomplete:
    /// more is fetched and it is tried again.
    pub(crate) fn read<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(&mut Cursor<'_>) -> Result<T, ParseError>,
    ) -> Result<T, ReadError> {
        loop {
            let unread = self.buffer.get(self.unread.clone()).unwrap_or_default();
            let whole = if self.ended {
                unread.len()
            } else {
                unread
                    .iter()
                    .rposition(|&b| b == b'\n')
                    .map_or(0, |at| at + 1)
            };
            let mut cursor = Cursor::new(unread.get(..whole).unwrap_or_default());
            let value = read(&mut cursor);
            match value {
                Ok(value) if self.ended || !cursor.rest().is_empty() => {
                    let taken = whole - cursor.rest().len();
                    let text = unread.get(..taken).unwrap_or_default();
                    #[expect(clippy::naive_bytecount, reason = "a row is short")]
                    let lines = text.iter().filter(|&&b| b == b'\n').count();
                    self.lines += lines;
                    self.unread.start += taken;
                    return Ok(value);
                }
                Err(mut error) if self.ended || unread.len() >= LARGEST => {
                    error.line += self.lines;
                    return Err(error.into());
                }
                Ok(_) if unread.len() >= LARGEST => {
                    let mut error = cursor.error(field, "longer than any that the kernel writes");
                    error.line = self.lines + 1;
                    return Err(error.into());
                }
                _ => self.fill()?,
            }
        }
    }

    /// Reads more input.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer
            .drain(..self.unread.start.min(self.buffer.len()));
        self.unread = 0..self.unread.len();
        // Double the size each time, so that a long piece is parsed few times.
        let wanted = CHUNK.max(self.unread.len());
        self.buffer.resize(self.unread.end + wanted, 0);
        let free = self.buffer.get_mut(self.unread.end..).unwrap_or_default();
        let read = loop {
            match self.input.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.ended = read == 0;
        self.unread.end += read;
        Ok(())
    }
}
