//! The characters that cannot be seen, or that change how others are shown.

use std::ops::RangeInclusive;

/// Ranges of code points, in order: all that have the general category `Cf` (format), `Zl` or `Zp`
/// (separators of lines and paragraphs) or the property `Default_Ignorable_Code_Point` in Unicode
/// 16.0. They are zero-width characters, soft hyphens, fillers, variation selectors, tags, the
/// controls of bidirectional text, and the like. Code points that are reserved for further ones
/// are among them.
const INVISIBLE: [RangeInclusive<u32>; 25] = [
    0xad..=0xad,
    0x34f..=0x34f,
    0x600..=0x605,
    0x61c..=0x61c,
    0x6dd..=0x6dd,
    0x70f..=0x70f,
    0x890..=0x891,
    0x8e2..=0x8e2,
    0x115f..=0x1160,
    0x17b4..=0x17b5,
    0x180b..=0x180f,
    0x200b..=0x200f,
    0x2028..=0x202e,
    0x2060..=0x206f,
    0x3164..=0x3164,
    0xfe00..=0xfe0f,
    0xfeff..=0xfeff,
    0xffa0..=0xffa0,
    0xfff0..=0xfffb,
    0x1_10bd..=0x1_10bd,
    0x1_10cd..=0x1_10cd,
    0x1_3430..=0x1_343f,
    0x1_bca0..=0x1_bca3,
    0x1_d173..=0x1_d17a,
    0xe_0000..=0xe_0fff,
];

/// Whether nothing would be seen of it, or others would be shown in another place because of it.
pub(super) fn is_invisible(c: char) -> bool {
    let c = u32::from(c);
    // The first range that does not end before it.
    let at = INVISIBLE.partition_point(|range| *range.end() < c);
    INVISIBLE.get(at).is_some_and(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_in_order_and_apart() {
        assert!(INVISIBLE.iter().all(|range| range.start() <= range.end()));
        let pairs = INVISIBLE.iter().zip(&INVISIBLE[1..]);
        for (before, after) in pairs {
            assert!(before.end() + 1 < *after.start(), "{before:x?} {after:x?}");
        }
    }

    #[test]
    fn what_can_be_seen_is_not_invisible() {
        for c in "aZ~ \u{a0}éß·—…€日本語한👩💻\u{301}\u{3000}\u{e000}\u{fffd}".chars()
        {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn each_end_of_a_range_is_in_it_and_its_neighbours_are_not() {
        for range in &INVISIBLE {
            let is = |c: u32| is_invisible(char::from_u32(c).unwrap());
            assert!(is(*range.start()) && is(*range.end()), "{range:x?}");
            assert!(!is(range.start() - 1) && !is(range.end() + 1), "{range:x?}");
        }
    }
}
