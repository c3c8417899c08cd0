//! `Format`: a file that psgo knows, whichever it is.

use std::{io, ops::ControlFlow};

use crate::{
    format::{File, ParseError, Piece, ReadError, Record},
    value::Fields,
};

/// A file of `/proc` that psgo understands.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Format {
    /// Its names: below `/proc/PID` where it [is a process's](Self::of_process), otherwise below
    /// `/proc`. `*` stands for any one name in a path, `**` for one or more.
    pub names: &'static [&'static str],
    /// What it is, in one line.
    pub about: &'static str,
    /// Does it describe a process?
    pub of_process: bool,
    /// Is it rows, each a record of its own?
    pub rows: bool,
    /// Is it a symbolic link, whose target is what there is to read?
    pub is_link: bool,
    parse: Parse,
    stream: StreamTo,
}

type Parse = fn(&[u8]) -> Result<Box<dyn Parsed>, ParseError>;
type StreamTo =
    fn(&mut dyn io::Read, &mut dyn FnMut(&dyn Piece) -> ControlFlow<()>) -> Result<(), ReadError>;

/// A file that was understood, whichever it is.
pub trait Parsed {
    /// Appends the bytes of the file to `out`.
    fn write(&self, out: &mut Vec<u8>);

    /// Gives what the file holds by name: each row of a table, otherwise the file as one.
    fn records(&self, each: &mut dyn FnMut(Fields));

    /// Does it hold what psgo does not know, such as lines of a later kernel? They are kept.
    fn unknown(&self) -> bool;
}

impl<T: File> Parsed for T {
    fn write(&self, out: &mut Vec<u8>) {
        Record::write(self, out);
    }

    fn records(&self, each: &mut dyn FnMut(Fields)) {
        <T as File>::records(self, each);
    }

    fn unknown(&self) -> bool {
        <T as File>::unknown(self)
    }
}

impl Format {
    /// The format of `T`, under its one name.
    pub(super) const fn of<T: File + 'static>() -> Self {
        Self::named::<T>(&[T::PATH])
    }

    /// The format of `T`, under several names.
    pub(super) const fn named<T: File + 'static>(names: &'static [&'static str]) -> Self {
        Self {
            names,
            about: T::ABOUT,
            of_process: false,
            rows: T::ROWS,
            is_link: T::IS_LINK,
            parse: |file| Ok(Box::new(T::parse(file)?)),
            stream: T::stream,
        }
    }

    /// The same, as a file that describes a process.
    pub(super) const fn in_process(self) -> Self {
        Self {
            of_process: true,
            ..self
        }
    }

    /// Its first name; `PID/` before it where it is a process's.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.names.first().copied().unwrap_or_default();
        let process = if self.of_process { "PID/" } else { "" };
        format!("{process}{name}")
    }

    /// Understands the whole of `file`.
    ///
    /// # Errors
    ///
    /// Names the first line and field that were not understood.
    pub fn parse(&self, file: &[u8]) -> Result<Box<dyn Parsed>, ParseError> {
        (self.parse)(file)
    }

    /// Reads `input` to its end, and gives each piece of it: rows one by one, in constant memory,
    /// until told to break.
    ///
    /// # Errors
    ///
    /// Of reading, and of understanding; pieces that were given before are right.
    pub fn stream(
        &self,
        input: &mut dyn io::Read,
        each: &mut dyn FnMut(&dyn Piece) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        (self.stream)(input, each)
    }

    /// Is one of its names `path`, which is below `/proc` or `/proc/PID`?
    pub(super) fn is_called(&self, path: &[&str]) -> bool {
        self.names.iter().any(|name| matches(name, path))
    }
}

/// Is `name` meant by `part` of a format's name, in which one `*` stands for a text?
fn is_meant(part: &str, name: &str) -> bool {
    match part.split_once('*') {
        Some((start, end)) => {
            let rest = name.strip_prefix(start);
            let between = rest.and_then(|rest| rest.strip_suffix(end));
            between.is_some_and(|between| !between.is_empty())
        }
        None => part == name,
    }
}

fn matches(name: &str, path: &[&str]) -> bool {
    let mut path = path.iter();
    for part in name.split('/') {
        match (part, path.next()) {
            (_, None) => return false,
            ("**", _) => return true,
            (part, Some(&name)) if !is_meant(part, name) => return false,
            _ => {}
        }
    }
    path.next().is_none()
}
