//! `Dev`: the number of a device that a file lies on.

use crate::{
    format::{Cursor, Field, ParseError, Spec},
    value::Value,
};

/// A device number, as the two numbers that it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dev {
    /// Which driver.
    pub major: u32,
    /// Which of its devices.
    pub minor: u32,
}

/// The template is that of one of the numbers: `%02x` or `%u`, a colon stands between.
impl Field for Dev {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let major = u32::take(cursor, spec)?;
        cursor.literal(b":", spec.field)?;
        let minor = u32::take(cursor, spec)?;
        Ok(Self { major, minor })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.major.put(spec, out);
        out.push(b':');
        self.minor.put(spec, out);
    }

    /// `major:minor` in decimal, however the file has it, so that files can be compared.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(format!("{}:{}", self.major, self.minor))
    }
}
