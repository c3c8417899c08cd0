//! The system call that a thread is in.

use psgo::{
    Fields, Process, Result, SystemCall, Thread, Value,
    format::pid::{Syscall, SyscallState},
};

use crate::inspect::document::{maybe, record};

/// What a thread is in, and the name of that.
pub(super) struct Called {
    syscall: Syscall,
    call: Option<SystemCall>,
}

impl Called {
    /// Of the first thread.
    pub(super) fn of(process: &Process) -> Result<Self> {
        let (syscall, call) = (process.syscall()?, process.system_call()?);
        Ok(Self { syscall, call })
    }

    pub(super) fn of_thread(process: &Process, thread: &Thread) -> Result<Self> {
        let syscall = process.syscall_of(thread)?;
        let call = process.system_call_of(thread)?;
        Ok(Self { syscall, call })
    }

    /// `read(3, 0x7f2c01a2b010, 4096)`; a call without a name by its number. Arguments are as the kernel
    /// has them, those of up to 16 bits in decimal.
    pub(super) fn text(&self) -> String {
        let Some(call) = &self.call else {
            return match *self.syscall.state {
                SyscallState::Running => "none, it runs".to_owned(),
                _ => "none".to_owned(),
            };
        };
        let argument = |arg: &u64| match u16::try_from(*arg) {
            Ok(small) => small.to_string(),
            Err(_) => format!("{arg:#x}"),
        };
        let args: Vec<_> = call.arguments.iter().map(argument).collect();
        format!("{}({})", self.name(), args.join(", "))
    }

    /// Its name or number; nothing outside of a call.
    pub(super) fn name(&self) -> String {
        let name = |call: &SystemCall| {
            let name = call.name.map(str::to_owned);
            name.unwrap_or_else(|| call.number.to_string())
        };
        self.call.as_ref().map(name).unwrap_or_default()
    }

    pub(super) fn value(&self) -> Value {
        let mut fields = Fields::new();
        if let Value::Fields(all) = record(&self.syscall) {
            for (name, value) in all {
                fields.push(name, value);
            }
        }
        let name = self.call.as_ref().and_then(|call| call.name);
        fields.push("name", maybe(name.map(Value::text)));
        Value::Fields(fields)
    }
}
