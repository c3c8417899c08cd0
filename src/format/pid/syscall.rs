//! `/proc/PID/syscall`: the system call that a process is in.

use super::syscall_names::find;
use crate::{
    format::{Cursor, Field, Flat, ParseError, Spec, record},
    value::{Fields, Value},
};

record! {
    /// The system call that a thread is in.
    ///
    /// `/proc/PID/syscall` (`proc_pid_syscall`), since 2.6.28. Only who may trace the process may
    /// read it.
    pub struct Syscall: "syscall" {
        /// What the thread does.
        state: Flat<SyscallState> = "%r\n",
    }
}

/// What a thread does, as far as system calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyscallState {
    /// It runs, so that nothing is known.
    #[default]
    Running,
    /// It was stopped outside of a system call, by a page fault for one.
    Outside {
        /// The kernel's word for no call, -1.
        nr: i64,
        /// Stack pointer.
        sp: u64,
        /// Where in the program it is.
        pc: u64,
    },
    /// It is in a system call.
    Inside {
        /// Number of the call, which depends on the architecture.
        nr: i64,
        /// Its arguments; of those that the call does not have, anything.
        args: [u64; 6],
        /// Stack pointer.
        sp: u64,
        /// Where in the program it is.
        pc: u64,
    },
}

impl SyscallState {
    /// The name of the call, and those of `args` that it has: all where that is not known. `None` outside
    /// of a call, for one that psgo does not know, and of a program of 32 bits, whose calls have other
    /// numbers. The numbers are those of the machine for which psgo was built.
    #[must_use]
    pub fn call(&self) -> Option<(&'static str, &[u64])> {
        let Self::Inside { nr, args, sp, pc } = self else {
            return None;
        };
        // Of such a program both lie below 4 GiB, of others the stack at least does not.
        let is_long = |place: u64| u32::try_from(place).is_err();
        if !is_long(*sp) && !is_long(*pc) {
            return None;
        }
        let call = find(*nr)?;
        Some((call.name, args.get(..call.arguments)?))
    }
}

const NR: Spec = Spec::new("nr", "%d");
const ARGS: Spec = Spec::new("args", "{ 0x%x}");
const SP: Spec = Spec::new("sp", " 0x%x");
const PC: Spec = Spec::new("pc", " 0x%x");

impl Field for SyscallState {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        if cursor.skip(b"running") {
            return Ok(Self::Running);
        }
        let nr = i64::read(cursor, &NR)?;
        if nr < 0 {
            let (sp, pc) = (u64::read(cursor, &SP)?, u64::read(cursor, &PC)?);
            return Ok(Self::Outside { nr, sp, pc });
        }
        Ok(Self::Inside {
            nr,
            args: Field::read(cursor, &ARGS)?,
            sp: u64::read(cursor, &SP)?,
            pc: u64::read(cursor, &PC)?,
        })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let (nr, sp, pc) = match self {
            Self::Running => return out.extend_from_slice(b"running"),
            Self::Outside { nr, sp, pc } | Self::Inside { nr, sp, pc, .. } => (nr, sp, pc),
        };
        nr.write(&NR, out);
        if let Self::Inside { args, .. } = self {
            args.write(&ARGS, out);
        }
        sp.write(&SP, out);
        pc.write(&PC, out);
    }

    /// `state`: `running`, `outside` or `inside`; `nr` and `args` of a call; `sp`, `pc`.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let (state, nr, args, places) = match self {
            Self::Running => ("running", None, None, None),
            Self::Outside { sp, pc, .. } => ("outside", None, None, Some((sp, pc))),
            Self::Inside { nr, args, sp, pc } => ("inside", Some(nr), Some(args), Some((sp, pc))),
        };
        let known = |value: Option<Value>| value.unwrap_or(Value::MISSING);
        let fields = [
            ("state", Value::text(state)),
            ("nr", known(nr.map(|nr| nr.value(&NR)))),
            ("args", known(args.map(|args| args.value(&ARGS)))),
            ("sp", known(places.map(|(sp, _)| sp.value(&SP)))),
            ("pc", known(places.map(|(_, pc)| pc.value(&PC)))),
        ];
        Value::Fields(fields.into_iter().collect::<Fields>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_thread_is_in_a_call_or_outside_or_runs() {
        let call: Syscall = law::holds(b"0 0x3 0x7f0 0x20000 0x0 0xffffffffffffffff 0x6 0x7 0x8\n");
        let SyscallState::Inside { nr, args, sp, pc } = *call.state else {
            panic!("{call:?}");
        };
        assert_eq!((nr, args[1], args[4]), (0, 0x7f0, u64::MAX));
        assert_eq!((args[5], sp, pc), (6, 7, 8));
        assert_eq!(
            call.fields().to_string(),
            "state=inside nr=0 args=0x3,0x7f0,0x20000,0x0,0xffffffffffffffff,0x6 sp=0x7 pc=0x8"
        );
        let outside: Syscall = law::holds(b"-1 0x1 0x2\n");
        let expected = SyscallState::Outside {
            nr: -1,
            sp: 1,
            pc: 2,
        };
        assert_eq!(*outside.state, expected);
        assert_eq!(
            *law::holds::<Syscall>(b"running\n").state,
            SyscallState::Running
        );
        for bad in [
            "-1 0x1 0x2 0x3\n",
            "0 0x1 0x2\n",
            "0 0x01 0x2\n",
            "running",
            "\n",
        ] {
            assert!(Syscall::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        law::mutants::<Syscall>(
            &[b"0 0x3 0x7f0 0x20 0x0 0xff 0x6 0x7 0x8\n", b"-1 0x1 0x2\n"],
            2_000,
        );
    }

    #[test]
    fn this_thread_is_reading() {
        let file = std::fs::read("/proc/thread-self/syscall").unwrap();
        let syscall: Syscall = law::holds(&file);
        let SyscallState::Inside { nr, .. } = *syscall.state else {
            panic!("{syscall:?}");
        };
        assert_eq!(nr, libc::SYS_read);
        let (name, args) = syscall.state.call().unwrap();
        assert_eq!((name, args.len()), ("read", 3));
        // A program of 32 bits.
        let old = law::holds::<Syscall>(b"3 0x3 0x7 0x2 0x0 0x0 0x0 0xffffd000 0xf7f00549\n");
        assert_eq!(old.state.call(), None);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("syscall") {
            law::holds::<Syscall>(&file);
        }
    }
}
