//! Capability masks and the names of their bits.
//!
//! A mask comes from `/proc/PID/status` (`CapInh`, `CapPrm`, `CapEff`, `CapBnd`, `CapAmb`: kernel
//! function `render_cap_t`), sixteen hexadecimal digits, bit *n* for capability *n*. Which of the
//! bits mean something is up to the kernel: `/proc/sys/kernel/cap_last_cap` is the last one.

use std::{fmt, sync::LazyLock};

use crate::{Error, ErrorKind, Result, bytes::Escaped, sorting::sort_by};

/// How many capabilities a mask has room for.
const BITS: usize = u64::BITS as usize;

/// A set of capabilities, as a process holds it, and the last one that its kernel knows.
///
/// Its [`Display`](fmt::Display) is psgo's text form: `none`, `full` for every capability of that
/// kernel and no other bit, else the names with `,` between. Full therefore depends on the host:
///
/// ```
/// use psgo::caps::CapSet;
///
/// assert_eq!(CapSet::new(0x2001, 40).to_string(), "CHOWN,NET_RAW");
/// assert_eq!(CapSet::new(0x01ff_ffff_ffff, 40).to_string(), "full");
/// assert_eq!(CapSet::new(0x3f_ffff_ffff, 37).to_string(), "full");
/// assert_eq!(CapSet::new(0, 40).to_string(), "none");
/// assert_eq!(CapSet::new(1 << 41 | 1, 40).to_string(), "CHOWN,CAP_41");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CapSet {
    mask: u64,
    /// At most 63, so that it can be shifted by.
    last: u8,
}

impl CapSet {
    /// The set of the bits in `mask` on a kernel whose last capability is `last`
    /// (`/proc/sys/kernel/cap_last_cap`); 63 is the highest that a mask can hold, and stands for
    /// anything above.
    #[must_use]
    pub const fn new(mask: u64, last: u8) -> Self {
        let last = if last < 63 { last } else { 63 };
        Self { mask, last }
    }

    /// Every capability of a kernel whose last one is `last`.
    #[must_use]
    pub const fn full(last: u8) -> Self {
        let mut set = Self::new(0, last);
        set.mask = set.known();
        set
    }

    /// The set of the named capabilities: `CHOWN` or `CAP_CHOWN` in upper or lower case, `CAP_41`
    /// by number, `none` for no capability and `full` for all up to `last`. Without any name it is
    /// empty.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for the first name that no capability has.
    pub fn from_names<I>(names: I, last: u8) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut set = Self::new(0, last);
        for name in names {
            let name = name.as_ref();
            set.mask |= if name.eq_ignore_ascii_case(b"none") {
                0
            } else if name.eq_ignore_ascii_case(b"full") {
                set.known()
            } else if let Some(bit) = number(name) {
                1 << bit
            } else {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("capability {}", Escaped(name)),
                    "no capability has that name",
                ));
            };
        }
        Ok(set)
    }

    /// The set that a text names: [`from_names`](Self::from_names) of what is between its commas,
    /// blanks around a name aside. It reads what [`Display`](fmt::Display) writes.
    ///
    /// ```
    /// use psgo::caps::CapSet;
    ///
    /// let set = CapSet::parse(b"cap_chown, NET_RAW,CAP_41", 40)?;
    /// assert_eq!(set.mask(), 1 << 41 | 1 << 13 | 1);
    /// assert!(CapSet::parse(b"CHOWN,,KILL", 40).is_err());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for the first name that no capability has; the empty name is one.
    pub fn parse(text: &[u8], last: u8) -> Result<Self> {
        Self::from_names(text.split(|&b| b == b',').map(<[u8]>::trim_ascii), last)
    }

    /// The bits.
    #[must_use]
    pub const fn mask(self) -> u64 {
        self.mask
    }

    /// The last capability of the kernel, at most 63.
    #[must_use]
    pub const fn last(self) -> u8 {
        self.last
    }

    /// Whether no bit is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.mask == 0
    }

    /// Whether every capability of the kernel is set, and no bit above its last one.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.mask == self.known()
    }

    /// The names, without `CAP_`, in alphabetical order; after them, by number and as `CAP_41`,
    /// the bits without a name or above the kernel's last capability.
    ///
    /// ```
    /// use psgo::caps::CapSet;
    ///
    /// let names = CapSet::new(0b11_0001, 4).names().collect::<Vec<_>>();
    /// assert_eq!(names, ["CHOWN", "FSETID", "CAP_5"]);
    /// ```
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let words: &'static Words = &WORDS;
        let named = self.mask & words.named & self.known();
        let numbered = self.mask & !named;
        let in_set = |set: u64| move |&bit: &u8| set >> bit & 1 == 1;
        let named = words.sorted.iter().copied().filter(in_set(named));
        let numbered = (0..64).filter(in_set(numbered));
        named
            .map(|bit| words.names[usize::from(bit)].as_str())
            .chain(numbered.map(|bit| words.numbers[usize::from(bit)].as_str()))
    }

    /// The bits that the kernel has a meaning for.
    const fn known(self) -> u64 {
        u64::MAX >> (63 - self.last)
    }
}

impl fmt::Display for CapSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        if self.is_full() {
            return f.write_str("full");
        }
        for (i, name) in self.names().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// An array of names, also for the full set.
#[cfg(feature = "serde")]
impl serde::Serialize for CapSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

/// The name of capability `number`, without `CAP_`; `None` if it has no name.
///
/// ```
/// assert_eq!(psgo::caps::name(21), Some("SYS_ADMIN"));
/// assert_eq!(psgo::caps::name(63), None);
/// ```
#[must_use]
pub fn name(number: u8) -> Option<&'static str> {
    let name = WORDS.names.get(usize::from(number))?;
    (!name.is_empty()).then_some(name)
}

/// The number of the capability of that name: `SYS_ADMIN` or `CAP_SYS_ADMIN`, in upper or lower
/// case, or `CAP_41`; `None` if no capability has it.
///
/// ```
/// assert_eq!(psgo::caps::number(b"cap_sys_admin"), Some(21));
/// assert_eq!(psgo::caps::number(b"CAP_41"), Some(41));
/// assert_eq!(psgo::caps::number(b"41"), None);
/// ```
#[must_use]
pub fn number(name: &[u8]) -> Option<u8> {
    let bare = match name.split_at_checked(4) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"CAP_") => rest,
        _ => name,
    };
    let is_numbered = bare.len() < name.len() && bare.iter().all(u8::is_ascii_digit);
    if is_numbered {
        let number = std::str::from_utf8(bare).ok()?.parse().ok()?;
        return (usize::from(number) < BITS).then_some(number);
    }
    let words = &*WORDS;
    let of_that_name = |&&bit: &&u8| {
        words.names[usize::from(bit)]
            .as_bytes()
            .eq_ignore_ascii_case(bare)
    };
    words.sorted.iter().find(of_that_name).copied()
}

/// What the bits are called. Made once, so that showing a set allocates nothing.
struct Words {
    /// By bit, `CHOWN`; empty where there is no name.
    names: [String; BITS],
    /// By bit, `CAP_0`.
    numbers: [String; BITS],
    /// The bits that have a name, in the order of their names.
    sorted: Vec<u8>,
    /// The bits that have a name.
    named: u64,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut names = [const { String::new() }; BITS];
    let mut sorted = Vec::new();
    let mut named = 0;
    for cap in ::caps::all() {
        let Some(name) = names.get_mut(usize::from(cap.index())) else {
            continue;
        };
        *name = cap.to_string();
        if let Some(bare) = name.strip_prefix("CAP_") {
            *name = bare.to_owned();
        }
        sorted.push(cap.index());
        named |= cap.bitmask();
    }
    sort_by(&mut sorted, |&a, &b| {
        names[usize::from(a)].cmp(&names[usize::from(b)])
    });
    Words {
        names,
        numbers: std::array::from_fn(|bit| format!("CAP_{bit}")),
        sorted,
        named,
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    fn text(mask: u64, last: u8) -> String {
        CapSet::new(mask, last).to_string()
    }

    #[test]
    fn names_are_in_alphabetical_order_and_not_in_that_of_the_bits() {
        // What a container of podman has: bits 0-10 but 2 and 9, 18, 31.
        let set = CapSet::new(0x8004_05fb, 40);
        let names = set.names().collect::<Vec<_>>();
        assert_eq!(
            names.join(","),
            "CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,NET_BIND_SERVICE,SETFCAP,SETGID,SETPCAP,SETUID,\
             SYS_CHROOT"
        );
        assert!(names.is_sorted());
    }

    #[test]
    fn full_is_what_this_kernel_has() {
        assert_eq!(text(0x3f_ffff_ffff, 37), "full");
        assert_ne!(text(0x3f_ffff_ffff, 40), "full");
        assert_eq!(text(0x01ff_ffff_ffff, 40), "full");
        assert_ne!(text(0x03ff_ffff_ffff, 40), "full");
        assert_eq!(text(1, 0), "full");
    }

    #[test]
    fn bits_without_a_name_come_last_and_by_number() {
        assert_eq!(
            text(1 << 63 | 1 << 41 | 1 << 36, 40),
            "BLOCK_SUSPEND,CAP_41,CAP_63"
        );
        // 9 before 41, which no order of texts would give.
        assert_eq!(text(1 << 41 | 1 << 9 | 1 << 8, 8), "SETPCAP,CAP_9,CAP_41");
        // A kernel of tomorrow that knows 41.
        assert_eq!(text(1 << 41 | 1, 41), "CHOWN,CAP_41");
    }

    #[test]
    fn a_last_capability_beyond_the_mask_overflows_nothing() {
        for last in [62, 63, 64, 127, 255] {
            assert_eq!(text(u64::MAX >> 1, last) == "full", last == 62, "{last}");
            assert_eq!(text(u64::MAX, last) == "full", last >= 63, "{last}");
            assert_eq!(CapSet::full(last).to_string(), "full", "{last}");
            assert_eq!(text(0, last), "none", "{last}");
        }
        assert_eq!(CapSet::new(5, 63), CapSet::new(5, 200));
    }

    #[test]
    fn names_lead_back_to_the_mask() {
        let masks = (0..64)
            .map(|bit| 1 << bit)
            .chain([0, u64::MAX, 0xa000_0540_0000_25fb]);
        for mask in masks {
            for last in [0, 31, 37, 40, 63] {
                let set = CapSet::new(mask, last);
                assert_eq!(CapSet::from_names(set.names(), last).unwrap(), set);
                assert_eq!(
                    CapSet::parse(set.to_string().as_bytes(), last).unwrap(),
                    set
                );
            }
        }
    }

    #[test]
    fn a_name_may_have_its_prefix_and_any_case() {
        for name in [
            "net_admin",
            "NET_ADMIN",
            "CAP_NET_ADMIN",
            "cap_Net_Admin",
            "cap_12",
        ] {
            assert_eq!(number(name.as_bytes()), Some(12), "{name}");
        }
        assert_eq!(CapSet::parse(b"FULL", 40).unwrap(), CapSet::full(40));
        assert_eq!(CapSet::parse(b" None ", 40).unwrap().mask(), 0);
    }

    #[test]
    fn what_no_capability_is_called_is_refused() {
        let wrong: [&[u8]; 13] = [
            b"",
            b"CAP_",
            b"cap",
            b"CAP_64",
            b"CAP_256",
            b"CAP_+4",
            b"CAP_-4",
            b"12",
            b"unknown",
            b"CAP_CAP_CHOWN",
            b"CHOWN KILL",
            b"\xff\0",
            b"CAP_99999999999999999999",
        ];
        for name in wrong {
            assert_eq!(number(name), None, "{}", name.escape_ascii());
            let error = CapSet::from_names([name], 40).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
        let error = CapSet::parse(b"CHOWN,a\x1bb", 40).unwrap_err();
        assert_eq!(
            error.to_string(),
            "capability a\\x1bb: no capability has that name"
        );
    }

    #[test]
    fn every_bit_up_to_checkpoint_restore_has_a_name() {
        assert!((0..=40).all(|bit| name(bit).is_some_and(|name| !name.starts_with("CAP_"))));
        assert_eq!(name(40), Some("CHECKPOINT_RESTORE"));
    }
}
