//! `/proc/PID/auxv`: what the kernel told the program at its start.

use crate::{
    format::{File, ParseError, Record},
    value::{Fields, Value},
};

/// `/proc/PID/auxv`, the pairs of numbers that the kernel gave to the program beside its arguments
/// (`auxv_read`, `create_elf_tables`).
///
/// They are binary, of the machine's byte order, and of 8 bytes each, or of 4 for a program of 32
/// bits. The file is empty for a kernel thread and a zombie. Only who may trace the process may
/// read it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Auxv {
    pairs: Vec<AuxvPair>,
    wide: bool,
}

/// A pair: what it is, and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct AuxvPair {
    /// Which value it is (`AT_…`).
    pub key: u64,
    /// The value: a number, or an address in the program.
    pub value: u64,
}

const KEYS: &[(u64, &str)] = &[
    (0, "AT_NULL"),
    (1, "AT_IGNORE"),
    (2, "AT_EXECFD"),
    (3, "AT_PHDR"),
    (4, "AT_PHENT"),
    (5, "AT_PHNUM"),
    (6, "AT_PAGESZ"),
    (7, "AT_BASE"),
    (8, "AT_FLAGS"),
    (9, "AT_ENTRY"),
    (10, "AT_NOTELF"),
    (11, "AT_UID"),
    (12, "AT_EUID"),
    (13, "AT_GID"),
    (14, "AT_EGID"),
    (15, "AT_PLATFORM"),
    (16, "AT_HWCAP"),
    (17, "AT_CLKTCK"),
    (23, "AT_SECURE"),
    (24, "AT_BASE_PLATFORM"),
    (25, "AT_RANDOM"),
    (26, "AT_HWCAP2"),
    (27, "AT_RSEQ_FEATURE_SIZE"),
    (28, "AT_RSEQ_ALIGN"),
    (29, "AT_HWCAP3"),
    (30, "AT_HWCAP4"),
    (31, "AT_EXECFN"),
    (32, "AT_SYSINFO"),
    (33, "AT_SYSINFO_EHDR"),
    (51, "AT_MINSIGSTKSZ"),
];

impl AuxvPair {
    /// What the value is called; nothing for one that psgo does not know.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let key = KEYS.iter().find(|(key, _)| *key == self.key);
        key.map(|(_, name)| *name)
    }

    /// Is it an address, or a mask?
    const fn is_hex(self) -> bool {
        matches!(self.key, 3 | 7 | 9 | 15 | 16 | 24 | 25 | 26 | 29..=33)
    }

    fn to_value(self) -> Value {
        if self.is_hex() {
            return Value::text(format!("{:#x}", self.value));
        }
        Value::from(self.value)
    }
}

impl Auxv {
    /// Understands the whole of `file`.
    ///
    /// # Errors
    ///
    /// If it is no pairs of numbers of 8 or of 4 bytes, or `AT_NULL` is not the last of them alone.
    pub fn parse(file: &[u8]) -> Result<Self, ParseError> {
        if file.is_empty() {
            return Ok(Self::default());
        }
        for wide in [true, false] {
            let pairs = if wide {
                pairs::<8>(file, |bytes| u64::from_ne_bytes(*bytes))
            } else {
                pairs::<4>(file, |bytes| u32::from_ne_bytes(*bytes).into())
            };
            if let Some(pairs) = pairs {
                return Ok(Self { pairs, wide });
            }
        }
        Err(ParseError {
            line: 1,
            field: "auxv",
            reason: "not pairs of numbers that end with a pair of 0",
        })
    }

    /// Appends the bytes that [`parse`](Self::parse) understood to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        for number in self.pairs.iter().flat_map(|pair| [pair.key, pair.value]) {
            match u32::try_from(number) {
                Ok(narrow) if !self.wide => out.extend_from_slice(&narrow.to_ne_bytes()),
                _ => out.extend_from_slice(&number.to_ne_bytes()),
            }
        }
    }

    /// The pairs, without the one that ends them.
    pub fn pairs(&self) -> impl Iterator<Item = AuxvPair> {
        let pairs = self.pairs.iter().copied();
        pairs.take_while(|pair| pair.key != 0)
    }

    /// The value of that key, such as 6 for the size of pages.
    #[must_use]
    pub fn find(&self, key: u64) -> Option<u64> {
        let mut pairs = self.pairs();
        pairs.find_map(|pair| (pair.key == key).then_some(pair.value))
    }
}

/// The pairs of numbers of `N` bytes; nothing if `file` is no such.
fn pairs<const N: usize>(file: &[u8], number: fn(&[u8; N]) -> u64) -> Option<Vec<AuxvPair>> {
    let (numbers, rest) = file.as_chunks::<N>();
    let (both, odd) = numbers.as_chunks::<2>();
    let pair = |[key, value]: &[[u8; N]; 2]| AuxvPair {
        key: number(key),
        value: number(value),
    };
    let pairs: Vec<_> = both.iter().map(pair).collect();
    // No key is near this; read in another width, some are above it.
    let small = pairs.iter().all(|pair| pair.key < 0x1_0000);
    let end = pairs.iter().position(|pair| pair.key == 0)?;
    let whole = rest.is_empty() && odd.is_empty() && end + 1 == pairs.len();
    (whole && small).then_some(pairs)
}

impl Record for Auxv {
    fn parse(file: &[u8]) -> Result<Self, ParseError> {
        Self::parse(file)
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
}

impl File for Auxv {
    const PATH: &'static str = "auxv";
    const ABOUT: &'static str = " What the kernel told the program at its start.";

    /// Each pair under its name in small letters, `at_pagesz`; `at_52` where psgo knows none.
    fn records(&self, each: &mut dyn FnMut(Fields)) {
        let name = |pair: AuxvPair| {
            let number = || format!("at_{}", pair.key);
            pair.name().map_or_else(number, str::to_ascii_lowercase)
        };
        each(
            self.pairs()
                .map(|pair| (name(pair), pair.to_value()))
                .collect(),
        );
    }

    fn unknown(&self) -> bool {
        self.pairs().any(|pair| pair.name().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn the_values_are_those_of_this_process() {
        let auxv: Auxv = law::holds(&std::fs::read("/proc/self/auxv").unwrap());
        let page = std::process::Command::new("getconf")
            .arg("PAGESIZE")
            .output()
            .unwrap();
        let page = String::from_utf8(page.stdout).unwrap();
        assert_eq!(auxv.find(6).unwrap().to_string(), page.trim());
        let ticks = std::process::Command::new("getconf")
            .arg("CLK_TCK")
            .output()
            .unwrap();
        let ticks = String::from_utf8(ticks.stdout).unwrap();
        assert_eq!(auxv.find(17).unwrap().to_string(), ticks.trim());
        auxv.records(&mut |fields| {
            assert_eq!(fields.find("at_pagesz").unwrap().to_string(), page.trim());
            assert!(
                fields
                    .find("at_entry")
                    .unwrap()
                    .to_string()
                    .starts_with("0x")
            );
        });
    }

    #[test]
    fn a_program_of_32_bits_has_narrower_pairs() {
        let narrow: Vec<u8> = [3_u32, 0x0804_8034, 6, 4096, 0, 0]
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect();
        let auxv: Auxv = law::holds(&narrow);
        assert_eq!((auxv.find(6), auxv.pairs().count()), (Some(4096), 2));
        let wide = std::fs::read("/proc/self/auxv").unwrap();
        for bad in [
            &wide[..16],
            &wide[..wide.len() - 1],
            &[&wide[..], &wide].concat(),
        ] {
            assert!(Auxv::parse(bad).is_err());
        }
        law::mutants::<Auxv>(&[&wide, &narrow], 2_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("auxv") {
            law::holds::<Auxv>(&file);
        }
    }
}
