//! `/proc/pagetypeinfo`: free memory by the kind of use it is kept for.

use crate::{
    format::{Cursor, Field, Item, Maybe, ParseError, Spec, record},
    value::Value,
};

record! {
    /// Free memory, and all of it, by the kind of use that it is kept for.
    ///
    /// `/proc/pagetypeinfo` (`pagetypeinfo_show`), for root alone.
    pub struct Pagetypeinfo: "pagetypeinfo" {
        /// The order of a block: it has two to the power of that many pages.
        page_block_order: u32 = "Page block order: %d\n",
        /// Pages in a block, a count.
        pages_per_block: u64 = "Pages per block:  %u\n",
        /// The orders of the columns of `free`.
        orders: Vec<u32> = "\nFree pages count per migrate type at order  %6d{ } \n",
        /// Free pieces of each zone and kind.
        free: Vec<FreePages> = "{Node %r}",
        /// The kinds of the columns of `blocks`.
        types: MigrateTypes = "\nNumber of blocks type  %12s\n",
        /// Blocks of each zone.
        blocks: Vec<ZoneBlocks> = "{Node %r}",
        /// Blocks of more than one kind, where the kernel knows the owners of pages.
        mixed: Maybe<MixedBlocks> = "{\nNumber of mixed blocks %r}",
    }
}

record! {
    /// The free pieces of memory of one kind in one zone.
    pub struct FreePages {
        /// NUMA node.
        node: u32 = "%4d, zone ",
        /// Zone.
        zone: Vec<u8> = "%8s, type ",
        /// The kind of use: `Movable` pages can be put elsewhere.
        migrate_type: Vec<u8> = "%12s ",
        /// How many pieces there are of each order.
        free: Vec<FreeCount> = "%r{ } \n",
    }
}

/// How many free pieces there are; the kernel stops counting at 100,000.
///
/// Printed as `"%6u"`, with a `>` before it if there are more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FreeCount {
    /// How many.
    pub count: u64,
    /// Are there more than that?
    pub or_more: bool,
}

const COUNT: Spec = Spec::new("free", "%6u");

impl Field for FreeCount {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let or_more = cursor.skip(b">");
        let count = u64::take(cursor, &COUNT)?;
        Ok(Self { count, or_more })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if self.or_more {
            out.push(b'>');
        }
        self.count.put(&COUNT, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.count.value(spec)
    }
}

impl Item for FreeCount {}

record! {
    /// The blocks of a zone.
    pub struct ZoneBlocks {
        /// NUMA node.
        node: u32 = "%d, zone ",
        /// Zone.
        zone: Vec<u8> = "%8s ",
        /// How many blocks there are of each kind.
        blocks: Vec<u64> = "%12u{ } \n",
    }
}

record! {
    /// Blocks with pages of another kind than their own.
    pub struct MixedBlocks {
        /// The kinds of the columns.
        types: MigrateTypes = "%12s\n",
        /// How many of each zone.
        blocks: Vec<ZoneBlocks> = "{Node %r}",
    }
}

/// Names, each filled up on the left and with a blank after it, up to the end of the line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrateTypes(pub Vec<Vec<u8>>);

impl Field for MigrateTypes {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut names = Vec::new();
        while !cursor.at_line_end() {
            let blanks = cursor.rest().iter().take_while(|&&b| b == b' ').count();
            let name = cursor.rest().iter().skip(blanks);
            let len = name.take_while(|b| !b.is_ascii_whitespace()).count();
            if len == 0 || blanks != spec.width.saturating_sub(len) {
                return Err(cursor.error(spec.field, "not as wide as the kernel prints it"));
            }
            cursor.take(blanks);
            names.push(cursor.take(len).to_vec());
            cursor.literal(b" ", spec.field)?;
        }
        Ok(Self(names))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for name in &self.0 {
            name.put(spec, out);
            out.push(b' ');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.0.iter().map(Value::text).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/pagetypeinfo");

    #[test]
    fn free_pieces_are_those_of_buddyinfo() {
        // Both change at any time, and by the reading itself: each count but those of single and
        // of few pages is the same in one of many pairs.
        let mut differ = None;
        for _ in 0..1000 {
            let buddyinfo = std::fs::read_to_string("/proc/buddyinfo").unwrap();
            let info: Pagetypeinfo = law::holds(&std::fs::read("/proc/pagetypeinfo").unwrap());
            let counts = buddyinfo.lines().enumerate().flat_map(|(line, text)| {
                let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
                let rows = info.free.iter();
                let zone: Vec<_> = rows
                    .filter(|free| free.zone == words[3].as_bytes())
                    .collect();
                let differs = move |order: &usize| {
                    let counts = zone.iter().map(|free| free.free[*order].count);
                    counts.sum::<u64>().to_string() != words[4 + order]
                };
                let orders = (4..info.orders.len()).filter(differs);
                orders.map(|order| (line, order)).collect::<Vec<_>>()
            });
            let now: BTreeSet<_> = counts.collect();
            let still = differ.map_or(now.clone(), |before| &before & &now);
            if still.is_empty() {
                return;
            }
            differ = Some(still);
        }
        panic!("zone and order {differ:?}");
    }

    #[test]
    fn a_block_is_of_one_kind() {
        let info: Pagetypeinfo = law::holds(HERE);
        assert_eq!((info.page_block_order, info.pages_per_block), (9, 512));
        assert_eq!(info.types.0[1], b"Movable");
        assert_eq!(info.blocks[1].zone, b"DMA32");
        assert_eq!(info.orders.last(), Some(&10));
        assert!(info.mixed.is_none());
    }

    #[test]
    fn counting_ends_at_a_hundred_thousand() {
        let text = str::from_utf8(HERE).unwrap();
        // Made by hand after the form of Linux 5.4 with page_owner.
        let file = text.replacen("type    Unmovable      0 ", "type    Unmovable >100000 ", 1);
        let file = format!(
            "{file}\nNumber of mixed blocks    Unmovable      Movable \nNode 0, zone      DMA            1           20 \n"
        );
        let info: Pagetypeinfo = law::holds(file.as_bytes());
        assert_eq!(
            info.free[0].free[0],
            FreeCount {
                count: 100_000,
                or_more: true
            }
        );
        assert_eq!(info.mixed.as_ref().unwrap().blocks[0].blocks, [1, 20]);
        law::mutants::<Pagetypeinfo>(&[file.as_bytes(), HERE], 5_000);
    }
}
