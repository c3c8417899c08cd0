//! `/proc/PID/wchan`: where in the kernel a process sleeps.

use crate::{
    format::{Cursor, Field, ParseError, Spec, record},
    value::Value,
};

record! {
    /// Where in the kernel a process sleeps.
    ///
    /// `/proc/PID/wchan` (`proc_pid_wchan`).
    pub struct Wchan: "wchan" {
        /// The function.
        wchan: WaitChannel = "%s",
    }
}

/// The name of a function of the kernel, or `0`: the process runs, or one may not know. Which of them
/// is the case, the same right to the links of the process tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaitChannel(Vec<u8>);

impl WaitChannel {
    /// The function; nothing where the kernel does not say.
    #[must_use]
    pub fn function(&self) -> Option<&[u8]> {
        (!matches!(&*self.0, b"0" | b"")).then_some(&self.0)
    }
}

/// The template is a text's, `%s`.
impl Field for WaitChannel {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        Vec::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.function().map_or(Value::MISSING, Value::text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_process_that_runs_waits_nowhere() {
        let wchan: Wchan = law::holds(&std::fs::read("/proc/thread-self/wchan").unwrap());
        assert_eq!(wchan.wchan.function(), None);
        assert_eq!(wchan.fields().find("wchan"), Some(&Value::MISSING));
        let asleep: Wchan = law::holds(b"pipe_read");
        assert_eq!(asleep.wchan.function(), Some(&b"pipe_read"[..]));
        assert!(Wchan::parse(b"pipe_read\n").is_err());
        law::mutants::<Wchan>(&[b"pipe_read"], 500);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("wchan") {
            law::holds::<Wchan>(&file);
        }
    }
}
