//! `/proc/PID/cmdline`: the arguments of a process, or the title that it put there.

use crate::{
    format::{File, ParseError, Record},
    value::{Fields, Value},
};

/// `/proc/PID/cmdline`, the memory in which a process got its arguments (`get_mm_cmdline`).
///
/// `execve` leaves the arguments there, each ended by a NUL; the process may have put anything
/// else there since, with or without a NUL. It is empty for a kernel thread and a zombie. The
/// record is that memory, for it has no other form; nothing in it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cmdline {
    memory: Vec<u8>,
}

impl Cmdline {
    /// Takes the whole of `file`.
    ///
    /// # Errors
    ///
    /// None: any bytes are a command line.
    pub fn parse(file: &[u8]) -> Result<Self, ParseError> {
        Ok(Self {
            memory: file.to_vec(),
        })
    }

    /// Appends the bytes that [`parse`](Self::parse) took to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.memory);
    }

    /// The file as it stands.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.memory
    }

    /// Is there nothing, as for kernel threads and zombies?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty()
    }

    /// The arguments, empty ones too; the NUL that ends the last one begins no other.
    ///
    /// A [title](Self::title) is given as the file has it: the text, and an empty argument for
    /// each NUL too many.
    pub fn args(&self) -> impl Iterator<Item = &[u8]> {
        let memory = self.memory.strip_suffix(b"\0").unwrap_or(&self.memory);
        let none = self.memory.is_empty();
        memory.split(|&b| b == 0).skip(usize::from(none))
    }

    /// The title that the process wrote over its arguments (`setproctitle`), without the NULs
    /// and blanks that fill up its old place.
    ///
    /// It is known by its form: one text that no single NUL ends. A program whose arguments
    /// after its name are all empty looks the same, and a title that is written as `execve`
    /// would have done is not known: `None`, as for an empty file.
    #[must_use]
    pub fn title(&self) -> Option<&[u8]> {
        let filling = |b: &&u8| matches!(b, 0 | b' ');
        let filled = self.memory.iter().rev().take_while(filling).count();
        let (text, filling) = self
            .memory
            .split_at_checked(self.memory.len().checked_sub(filled)?)?;
        let rewritten = !text.is_empty() && !text.contains(&0) && filling != b"\0";
        rewritten.then_some(text)
    }
}

impl Record for Cmdline {
    #[inline]
    fn parse(file: &[u8]) -> Result<Self, ParseError> {
        Self::parse(file)
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
}

impl File for Cmdline {
    const PATH: &'static str = "cmdline";
    const ABOUT: &'static str = " The arguments of a process, or the title that it put there.";

    #[inline]
    fn records(&self, each: &mut dyn FnMut(Fields)) {
        let args = self.args().map(Value::text).collect();
        let title = self.title().map_or(Value::MISSING, Value::text);
        each(
            [("args", Value::List(args)), ("title", title)]
                .into_iter()
                .collect(),
        );
    }

    #[inline]
    fn unknown(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    fn args(file: &[u8]) -> Vec<String> {
        let cmdline: Cmdline = law::holds(file);
        let text = |arg: &[u8]| arg.escape_ascii().to_string();
        cmdline.args().map(text).collect()
    }

    #[test]
    fn a_nul_ends_an_argument_and_begins_none() {
        let user = include_bytes!("../../../tests/fixtures/proc/user/cmdline");
        assert_eq!(args(user), ["sh", "-p", "-c", "read x; :", "", "b"]);
        assert_eq!(args(b"sh\0"), ["sh"]);
        assert_eq!(args(b"a\0\0"), ["a", ""]);
        assert_eq!(args(b"\0"), [""]);
        assert_eq!(args(b"a b"), ["a b"]);
        assert_eq!(args(b"a\0b"), ["a", "b"]);
    }

    #[test]
    fn a_kernel_thread_has_no_arguments() {
        let file = include_bytes!("../../../tests/fixtures/proc/kthreadd/cmdline");
        assert!(law::holds::<Cmdline>(file).is_empty());
        assert!(args(file).is_empty());
    }

    #[test]
    fn a_title_is_known_by_its_filling() {
        for (file, title) in [
            (
                &b"nginx: worker process"[..],
                Some(&b"nginx: worker process"[..]),
            ),
            (b"sshd: root\0\0\0\0", Some(b"sshd: root")),
            (b"postgres: writer      \0", Some(b"postgres: writer")),
            (b"sh\0", None),
            (b"sh\0-c\0", None),
            (b"sh\0-c", None),
            (b"\0\0", None),
            (b"  ", None),
            (b"", None),
        ] {
            assert_eq!(law::holds::<Cmdline>(file).title(), title);
        }
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("cmdline") {
            let cmdline: Cmdline = law::holds(&file);
            assert_eq!(cmdline.args().next().is_none(), file.is_empty());
        }
    }
}
