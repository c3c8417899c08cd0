//! `/proc/PID/environ`: the environment that a process was started with.

use crate::{
    bytes,
    format::{File, ParseError, Record},
    value::{Fields, Value},
};

/// `/proc/PID/environ`, the memory in which a process got its environment (`environ_read`).
///
/// `execve` leaves the variables there, each ended by a NUL. What the process sets later is
/// elsewhere, and what it writes over that place is here, of whatever form. It is empty for a
/// kernel thread and a zombie. Only who may trace the process may read it. The record is that
/// memory, for it has no other form; nothing in it is refused.
///
/// ```
/// use psgo::format::pid::Environ;
///
/// let environ = Environ::parse(b"HOME=/root\0TERM=xterm\0odd\0HOME=/\0")?;
/// assert_eq!(environ.find(b"HOME"), Some(&b"/root"[..]));
/// assert_eq!(environ.entries().count(), 4);
/// # Ok::<(), psgo::format::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environ {
    memory: Vec<u8>,
}

impl Environ {
    /// Takes the whole of `file`.
    ///
    /// # Errors
    ///
    /// None: any bytes are an environment.
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

    /// Each entry, of whatever form; the NUL that ends the last one begins no other.
    pub fn entries(&self) -> impl Iterator<Item = &[u8]> {
        let memory = self.memory.strip_suffix(b"\0").unwrap_or(&self.memory);
        let none = self.memory.is_empty();
        memory.split(|&b| b == 0).skip(usize::from(none))
    }

    /// Each entry as a name and what stands after its first `=`; one without has no value. A
    /// name may come several times.
    pub fn variables(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.entries()
            .map(|entry| match bytes::split_once(entry, b'=') {
                Some((name, value)) => (name, Some(value)),
                None => (entry, None),
            })
    }

    /// The value of the first variable of that name, which is the one that `getenv` gives.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<&[u8]> {
        let mut variables = self.variables();
        variables.find_map(|(other, value)| value.filter(|_| other == name))
    }
}

impl Record for Environ {
    #[inline]
    fn parse(file: &[u8]) -> Result<Self, ParseError> {
        Self::parse(file)
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
}

impl File for Environ {
    const PATH: &'static str = "environ";
    const ABOUT: &'static str = " The environment that a process was started with.";

    /// `variables`: a list of `name` and `value`, so that none is lost.
    #[inline]
    fn records(&self, each: &mut dyn FnMut(Fields)) {
        let variable = |(name, value): (&[u8], Option<&[u8]>)| {
            let value = value.map_or(Value::MISSING, Value::text);
            let fields = [("name", Value::text(name)), ("value", value)];
            Value::Fields(fields.into_iter().collect())
        };
        let variables = Value::List(self.variables().map(variable).collect());
        each([("variables", variables)].into_iter().collect());
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

    #[test]
    fn every_entry_is_kept_also_a_second_one_and_one_that_is_no_variable() {
        let environ: Environ = law::holds(b"A=1\0A=2\0odd\0B=x=y\0=z\0\0C=");
        let entries: Vec<_> = environ.entries().collect();
        let expected = [&b"A=1"[..], b"A=2", b"odd", b"B=x=y", b"=z", b"", b"C="];
        assert_eq!(entries, expected);
        assert_eq!(environ.find(b"A"), Some(&b"1"[..]));
        assert_eq!(environ.find(b"B"), Some(&b"x=y"[..]));
        assert_eq!(environ.find(b"C"), Some(&b""[..]));
        assert_eq!(environ.find(b"odd"), None);
        assert_eq!(law::holds::<Environ>(b"").entries().count(), 0);
        assert_eq!(law::holds::<Environ>(b"\0").entries().count(), 1);
        let mut fields = None;
        environ.records(&mut |record| fields = Some(record));
        let Some(Value::List(variables)) = fields.unwrap().find("variables").cloned() else {
            panic!("no list");
        };
        assert_eq!(variables.len(), 7);
    }

    #[test]
    fn the_environment_of_this_test_is_what_the_library_has() {
        use std::os::unix::ffi::OsStrExt as _;

        let file = std::fs::read("/proc/self/environ").unwrap();
        let environ: Environ = law::holds(&file);
        for (name, value) in std::env::vars_os() {
            let name = name.as_bytes();
            assert_eq!(environ.find(name), Some(value.as_bytes()), "{name:?}");
        }
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("environ") {
            law::holds::<Environ>(&file);
        }
    }
}
