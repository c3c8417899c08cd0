//! `/proc/PID/stack`: the calls in the kernel that a process is in.

use super::Symbol;
use crate::{
    format::{Cursor, Field, ParseError, Pointer, Rows, Spec, record},
    value::Value,
};

record! {
    /// The calls in the kernel that a thread is in.
    ///
    /// `/proc/PID/stack` (`proc_pid_stack`), since 2.6.29. Only root may read it. It is empty for
    /// a process that runs in user mode, or on another processor.
    pub struct Stack: "stack" {
        /// The calls, the innermost first. Old kernels end them with the address of all ones.
        rows: Rows<StackRow> = "{%r}",
    }
}

record! {
    /// One call.
    pub struct StackRow {
        /// Where it returns to.
        address: StackAddress = "[<%r>] ",
        /// The same, by the function that it is in.
        symbol: Symbol = "%r\n",
    }
}

/// An address that the kernel does not tell: it prints `0` in its place since 4.14.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StackAddress(Option<Pointer>);

impl StackAddress {
    /// The address.
    #[must_use]
    pub fn address(self) -> Option<u64> {
        self.0.map(Pointer::address)
    }
}

impl Field for StackAddress {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.rest().starts_with(b"0>") {
            cursor.take(1);
            return Ok(Self(None));
        }
        Pointer::take(cursor, spec).map(|address| Self(Some(address)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self.0 {
            Some(address) => address.put(spec, out),
            None => out.push(b'0'),
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.map_or(Value::MISSING, |address| address.value(spec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const FILE: &[u8] = b"[<0>] proc_pid_stack+0xb1/0x150\n[<0>] x_do+0x1/0x2 [x]\n";

    /// The second made by hand after the form of Linux 3.2.
    #[test]
    fn calls_have_functions() {
        let stack: Stack = law::holds(FILE);
        let Symbol::Function {
            name,
            offset,
            size,
            module,
        } = &stack.rows[1].symbol
        else {
            panic!("{stack:?}");
        };
        assert_eq!((&name[..], *offset, *size), (&b"x_do"[..], 1, 2));
        assert_eq!(module.as_deref(), Some(&b"x"[..]));
        assert_eq!(stack.rows[0].address.address(), None);
        let old: Stack = law::holds(
            b"[<ffffffff811d8ddc>] vfs_read+0xb0/0x180\n[<ffffffffffffffff>] 0xffffffffffffffff\n",
        );
        assert_eq!(old.rows[0].address.address(), Some(0xffff_ffff_811d_8ddc));
        assert_eq!(old.rows[1].symbol, Symbol::Address(u64::MAX));
        law::mutants::<Stack>(&[FILE], 2_000);
    }

    #[test]
    fn this_thread_is_reading_its_stack() {
        let stack: Stack = law::holds(&std::fs::read("/proc/thread-self/stack").unwrap());
        let names: Vec<_> = stack
            .rows
            .iter()
            .filter_map(|row| row.symbol.name())
            .collect();
        assert!(names.contains(&&b"proc_pid_stack"[..]), "{stack:?}");
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("stack") {
            law::holds::<Stack>(&file);
        }
    }
}
