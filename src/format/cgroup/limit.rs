//! `memory.max`, `pids.max` and the like: how much of something there may be, or is.

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Spec, record},
    value::Value,
};

record! {
    /// How much of something a control group may have, or has.
    ///
    /// `memory.max`, `memory.current`, `pids.max`, `cgroup.max.depth` and their like: memory in
    /// bytes, anything else a count.
    pub struct Limit: "memory.max" {
        /// How much.
        value: Amount = "%r\n",
    }
}

/// How much of something: a number, or all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// No limit: `max`.
    Max,
    /// So much.
    Number(u64),
}

impl Default for Amount {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Amount {
    /// The number; nothing where there is no limit.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::Max => None,
            Self::Number(number) => Some(number),
        }
    }
}

impl Field for Amount {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.skip(b"max") {
            return Ok(Self::Max);
        }
        let (number, len) = bytes::leading_integer::<u64, 10>(cursor.rest(), false)
            .map_err(|reason| cursor.error(spec.field, reason))?;
        cursor.take(len);
        Ok(Self::Number(number))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        match self {
            Self::Max => out.extend_from_slice(b"max"),
            Self::Number(number) => bytes::push_decimal((*number).into(), out),
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.number().map_or(Value::text("max"), Value::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_limit_is_a_number_or_none() {
        assert_eq!(law::holds::<Limit>(b"max\n").value.number(), None);
        assert_eq!(law::holds::<Limit>(b"4096\n").value.number(), Some(4096));
        for other in ["", "max", "Max\n", "-1\n", "04\n", "max 1\n"] {
            assert!(Limit::parse(other.as_bytes()).is_err(), "{other:?}");
        }
    }
}
