//! `/proc/mtrr`: which parts of memory are cached, and how.

use crate::{
    format::{Cursor, Field, ParseError, Rows, Spec, record},
    value::Value,
};

record! {
    /// Which parts of memory x86 caches, and how.
    ///
    /// `/proc/mtrr` (`mtrr_seq_show`), those registers that are in use.
    pub struct Mtrr: "mtrr" {
        /// The registers.
        rows: Rows<MtrrRegister> = "{%r}",
    }
}

record! {
    /// A register for a part of memory.
    pub struct MtrrRegister {
        /// Its number.
        reg: u32 = "reg%02d: base=0x",
        /// The first address.
        base: u64 = "%09x (",
        /// The same, in MiB.
        base_mb: u64 = "%5uMB), size=",
        /// How large the part is, in bytes.
        size: MtrrSize = "%rB, count=",
        /// How often it is asked for.
        count: u32 = "%d: ",
        /// How it is cached: `write-back`, `uncachable`.
        cache: Vec<u8> = "%s\n",
    }
}

/// A size in KiB or, which is printed with another letter, in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MtrrSize {
    count: u64,
    mib: bool,
}

const KIB: Spec = Spec::new("size", "%5uK");
const MIB: Spec = Spec::new("size", "%5uM");

impl MtrrSize {
    /// The size in bytes; nothing where that is no number of 64 bits.
    #[must_use]
    pub const fn bytes(self) -> Option<u64> {
        self.count
            .checked_mul(if self.mib { 1 << 20 } else { 1 << 10 })
    }
}

impl Field for MtrrSize {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut letters = cursor.rest().iter().filter(|b| !b.is_ascii_digit());
        let mib = letters.find(|&&b| b != b' ') == Some(&b'M');
        let count = u64::read(cursor, if mib { &MIB } else { &KIB })?;
        Ok(Self { count, mib })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.count.write(if self.mib { &MIB } else { &KIB }, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.bytes().map_or(Value::MISSING, Value::Size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_register_is_of_a_part_of_memory() {
        // Made by hand after the form of Linux 5.10; no register is in use here.
        let file = b"reg00: base=0x000000000 (    0MB), size= 2048MB, count=1: write-back\n\
                     reg01: base=0x1200000000 (73728MB), size=  512KB, count=1: uncachable\n";
        let mtrr: Mtrr = law::holds(file);
        let register = &mtrr.rows[1];
        assert_eq!(register.base, register.base_mb << 20);
        assert_eq!(register.size.bytes(), Some(512 << 10));
        assert_eq!(register.cache, b"uncachable");
        assert_eq!(mtrr.rows[0].size.bytes(), Some(2 << 30));
        law::mutants::<Mtrr>(&[file], 5_000);
    }
}
