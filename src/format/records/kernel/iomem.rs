//! `/proc/iomem` and `/proc/ioports`: who has which addresses of the machine's buses.

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Rows, Spec, record},
    value::Value,
};

record! {
    /// Who has which part of the physical address space.
    ///
    /// `/proc/iomem` (`r_show` of `kernel/resource.c`). All addresses are 0 to readers without
    /// `CAP_SYS_ADMIN`.
    pub struct Iomem: "iomem" {
        /// The regions, each before those that are parts of it.
        rows: Rows<Region> = "{%r}",
    }
}

record! {
    /// Who has which port numbers of the machine.
    ///
    /// `/proc/ioports` (`r_show` of `kernel/resource.c`). All are 0 to readers without
    /// `CAP_SYS_ADMIN`.
    pub struct Ioports: "ioports" {
        /// The regions, each before those that are parts of it.
        rows: Rows<Region> = "{%r}",
    }
}

record! {
    /// A region of addresses; the rows of a greater depth after it are parts of it.
    pub struct Region {
        /// In how many others it is; the kernel shows no more than 4.
        depth: Depth = "%r",
        /// The first address.
        start: Address = "%r-",
        /// The last address, itself included.
        end: Address = "%r : ",
        /// Who has it.
        name: Vec<u8> = "%s\n",
    }
}

/// How deep a region is in others, printed as two blanks for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth(pub u32);

impl Field for Depth {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut depth = 0_u32;
        while cursor.skip(b"  ") {
            depth = depth.saturating_add(1);
        }
        if depth == u32::MAX || cursor.rest().first() == Some(&b' ') {
            return Err(cursor.error(spec.field, "not two blanks for each level"));
        }
        Ok(Self(depth))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for _ in 0..self.0 {
            out.extend_from_slice(b"  ");
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Int(self.0.into())
    }
}

/// An address in hex, filled up with zeros to 4 digits in a space of so few, to 8 in others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Address {
    address: u64,
    short: bool,
}

impl Address {
    /// The address.
    #[must_use]
    pub const fn address(self) -> u64 {
        self.address
    }
}

impl Field for Address {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let (address, len) = bytes::leading_integer::<u64, 16>(cursor.rest(), true)
            .map_err(|reason| cursor.error(spec.field, reason))?;
        let short = len < 8;
        let width = if short { 4 } else { 8 };
        if len < width || (len > width && cursor.rest().first() == Some(&b'0')) {
            return Err(cursor.error(spec.field, "not as wide as the kernel prints it"));
        }
        cursor.take(len);
        Ok(Self { address, short })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let width = if self.short { 4 } else { 8 };
        out.extend_from_slice(format!("{:0width$x}", self.address).as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(format!("{:#x}", self.address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const IOMEM: &[u8] = include_bytes!("../../../../tests/fixtures/proc/iomem");
    const IOPORTS: &[u8] = include_bytes!("../../../../tests/fixtures/proc/ioports");

    #[test]
    fn a_region_is_within_the_one_above_it() {
        for rows in [
            law::holds::<Iomem>(IOMEM).rows,
            law::holds::<Ioports>(IOPORTS).rows,
        ] {
            let mut above: Vec<&Region> = Vec::new();
            for row in &rows {
                above.truncate(row.depth.0 as usize);
                assert_eq!(above.len(), row.depth.0 as usize);
                if let Some(outer) = above.last() {
                    assert!(outer.start.address() <= row.start.address());
                    assert!(row.end.address() <= outer.end.address());
                }
                above.push(row);
            }
        }
    }

    #[test]
    fn memory_is_as_much_as_meminfo_says() {
        let iomem: Iomem = law::holds(&std::fs::read("/proc/iomem").unwrap());
        let ram = iomem.rows.iter().filter(|row| row.name == b"System RAM");
        let ram: u64 = ram
            .map(|row| row.end.address() - row.start.address() + 1)
            .sum();
        let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap();
        let kib: u64 = meminfo.split_whitespace().nth(1).unwrap().parse().unwrap();
        // The kernel itself and its map of the pages are not in MemTotal.
        assert!(
            ram / 1024 >= kib && ram / 1024 / 8 * 7 < kib,
            "{ram} bytes, {kib} KiB"
        );
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Iomem>(&[IOMEM, IOPORTS], 10_000);
    }
}
