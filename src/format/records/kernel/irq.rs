//! `/proc/irq/…`: which CPUs serve an interrupt.

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Spec, record},
    value::Value,
};

record! {
    /// The CPUs that may serve an interrupt, or do, as a mask.
    ///
    /// `smp_affinity`, `effective_affinity` and `affinity_hint` of `/proc/irq/N`, and
    /// `/proc/irq/default_smp_affinity`.
    pub struct IrqMask: "irq/*/smp_affinity" {
        /// The CPUs.
        cpus: Mask = "%r\n",
    }
}

record! {
    /// The CPUs that may serve an interrupt, or do, as a list.
    ///
    /// `smp_affinity_list` and `effective_affinity_list` of `/proc/irq/N`.
    pub struct IrqList: "irq/*/smp_affinity_list" {
        /// The CPUs.
        cpus: Ranges = "%r\n",
    }
}

record! {
    /// The NUMA node that an interrupt belongs to.
    ///
    /// `/proc/irq/N/node`.
    pub struct IrqNode: "irq/*/node" {
        /// The node; -1 is none.
        node: i32 = "%d\n",
    }
}

record! {
    /// How often an interrupt came that nobody wanted.
    ///
    /// `/proc/irq/N/spurious` (`irq_spurious_proc_show`).
    pub struct IrqSpurious: "irq/*/spurious" {
        /// How often it came, counted from 0 again after 100,000.
        count: u32 = "count %u\n",
        /// How often nobody wanted it.
        unhandled: u32 = "unhandled %u\n",
        /// When that last was, in milliseconds since boot.
        last_unhandled: u32 = "last_unhandled %u ms\n",
    }
}

/// A set as a mask: hex, 32 bits at a time with commas between, the highest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mask {
    groups: Vec<u32>,
    /// Digits of the first group.
    digits: usize,
}

impl Mask {
    /// Is `number` in the set?
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        let group = self.groups.iter().rev().nth(number as usize / 32);
        group.is_some_and(|group| group >> (number % 32) & 1 == 1)
    }
}

impl Field for Mask {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut mask = Self::default();
        loop {
            let (group, len) = bytes::leading_integer::<u32, 16>(cursor.rest(), true)
                .map_err(|reason| cursor.error(spec.field, reason))?;
            if mask.groups.is_empty() {
                mask.digits = len;
            }
            if len > 8 || (len < 8 && !mask.groups.is_empty()) {
                return Err(cursor.error(spec.field, "not 8 digits for each 32 bits"));
            }
            cursor.take(len);
            mask.groups.push(group);
            if !cursor.skip(b",") {
                return Ok(mask);
            }
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (i, group) in self.groups.iter().enumerate() {
            let (comma, width) = if i == 0 { ("", self.digits) } else { (",", 8) };
            out.extend_from_slice(format!("{comma}{group:0width$x}").as_bytes());
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut text = b"0x".to_vec();
        self.put(spec, &mut text);
        Value::text(text)
    }
}

/// A set as a list of numbers and ranges: `0-3,8`; empty for none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranges(pub Vec<(u32, u32)>);

impl Ranges {
    /// Is `number` in the set?
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        let mut ranges = self.0.iter();
        ranges.any(|&(first, last)| (first..=last).contains(&number))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        let ranges = self.0.iter();
        ranges
            .map(|&(first, last)| u64::from(last.saturating_sub(first)) + 1)
            .sum()
    }
}

impl Field for Ranges {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut ranges = Vec::new();
        if cursor.at_line_end() {
            return Ok(Self(ranges));
        }
        let number = |cursor: &mut Cursor<'_>| {
            let (number, len) = bytes::leading_integer::<u32, 10>(cursor.rest(), false)
                .map_err(|reason| cursor.error(spec.field, reason))?;
            cursor.take(len);
            Ok(number)
        };
        loop {
            let first = number(cursor)?;
            let mut last = first;
            if cursor.skip(b"-") {
                last = number(cursor)?;
                if last <= first {
                    return Err(cursor.error(spec.field, "a range of one, or of none"));
                }
            }
            ranges.push((first, last));
            if !cursor.skip(b",") {
                break;
            }
        }
        Ok(Self(ranges))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (i, &(first, last)) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            bytes::push_decimal(first.into(), out);
            if last != first {
                out.push(b'-');
                bytes::push_decimal(last.into(), out);
            }
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut text = Vec::new();
        self.put(spec, &mut text);
        Value::text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_mask_and_a_list_say_the_same() {
        let mask: IrqMask = law::holds(b"f,00000000,00000005\n");
        let list: IrqList = law::holds(b"0,2,64-67\n");
        for cpu in 0..200 {
            assert_eq!(mask.cpus.contains(cpu), list.cpus.contains(cpu), "{cpu}");
        }
        assert_eq!(list.cpus.count(), 6);
        assert_eq!(law::holds::<IrqList>(b"\n").cpus.count(), 0);
        law::mutants::<IrqMask>(&[b"f,00000000,00000005\n", b"03\n"], 3_000);
        law::mutants::<IrqList>(&[b"0,2,64-67\n"], 3_000);
    }

    #[test]
    fn every_interrupt_here_has_both_forms() {
        let mut compared = 0;
        for entry in std::fs::read_dir("/proc/irq").unwrap().flatten() {
            let read = |name: &str| std::fs::read(entry.path().join(name)).ok();
            let (Some(mask), Some(list)) = (read("smp_affinity"), read("smp_affinity_list")) else {
                continue;
            };
            let (mask, list): (IrqMask, IrqList) = (law::holds(&mask), law::holds(&list));
            assert!((0..64).all(|cpu| mask.cpus.contains(cpu) == list.cpus.contains(cpu)));
            compared += 1;
        }
        assert!(compared > 0, "no interrupt that can be looked at");
    }
}
