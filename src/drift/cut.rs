//! Command lines that are too long to be kept.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::value::Text;

/// The most bytes of a command line that are kept.
///
/// Longer ones are cut there; behind what is kept stand the length of the whole and its SHA-256:
/// ` [cut: 1800042 bytes, sha256 9f86…]`. So the lines of any number of processes fit into memory, and
/// still differ if their processes do.
pub const MOST: usize = 4096;

const BEFORE_LENGTH: &[u8] = b" [cut: ";
const BEFORE_HASH: &[u8] = b" bytes, sha256 ";
const AT_END: &[u8] = b"]";
const DIGITS: usize = 64;

/// The command line as far as it is kept; `None` if that is all of it.
///
/// What is cut is longer than [`MOST`], so that no other command line looks like it.
fn shortened(cmdline: &[u8]) -> Option<Text> {
    if cmdline.len() <= MOST {
        return None;
    }
    // Not within a character.
    let begins = |at: &usize| cmdline.get(*at).is_some_and(|byte| byte & 0xc0 != 0x80);
    let end = (MOST - 3..=MOST).rev().find(begins).unwrap_or(MOST);
    let kept = cmdline.get(..end).unwrap_or(cmdline);
    let length = cmdline.len().to_string();
    let hash = hex(cmdline);
    let parts = [
        kept,
        BEFORE_LENGTH,
        length.as_bytes(),
        BEFORE_HASH,
        hash.as_bytes(),
        AT_END,
    ];
    Some(Text::from(&parts.concat()[..]))
}

/// Its SHA-256, which is that of `sha256sum` and the same in every version of psgo.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(DIGITS);
    for byte in Sha256::digest(bytes) {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether it has been cut.
fn is_shortened(cmdline: &[u8]) -> bool {
    let all = || {
        let rest = cmdline.strip_suffix(AT_END)?;
        let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
        let rest = rest.strip_suffix(BEFORE_HASH)?;
        let digits = rest
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let rest = rest
            .get(..rest.len() - digits)?
            .strip_suffix(BEFORE_LENGTH)?;
        let is_hash = hash.iter().all(u8::is_ascii_hexdigit);
        Some(is_hash && digits > 0 && (MOST - 3..=MOST).contains(&rest.len()))
    };
    all().unwrap_or(false)
}

/// A command line that was read or typed as it is kept; one that has been cut stays as it is.
pub(super) fn kept(cmdline: &[u8]) -> Text {
    let cut = if is_shortened(cmdline) {
        None
    } else {
        shortened(cmdline)
    };
    cut.unwrap_or_else(|| Text::from(cmdline))
}

/// Cuts the command lines of one process after the other.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    /// The last one that was cut, and what became of it: those of a service's workers are mostly
    /// the same.
    last: Option<(Text, Text)>,
}

impl Cutter {
    /// What is kept of the command line that a process has. It may look like one that has been cut,
    /// and is cut all the same.
    pub(super) fn cut(&mut self, cmdline: &Text) -> Text {
        if cmdline.as_bytes().len() <= MOST {
            return cmdline.clone();
        }
        if let Some((_, cut)) = self.last.as_ref().filter(|(last, _)| last == cmdline) {
            return cut.clone();
        }
        let cut = shortened(cmdline.as_bytes()).unwrap_or_else(|| cmdline.clone());
        self.last = Some((cmdline.clone(), cut.clone()));
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(cmdline: &[u8]) -> Text {
        Cutter::default().cut(&Text::from(cmdline))
    }

    #[test]
    fn a_long_command_line_is_its_beginning_its_length_and_its_hash() {
        let just = vec![b'a'; MOST];
        assert_eq!(cut(&just).as_bytes(), just);
        let whole = vec![b'a'; 10_000];
        let end = " [cut: 10000 bytes, sha256 \
                   27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711]";
        let expected = [&just, end.as_bytes()].concat();
        assert_eq!(cut(&whole).as_bytes(), expected);
        let mut other = whole.clone();
        other[9_999] = b'b';
        assert_ne!(cut(&other), cut(&whole));
        assert_ne!(cut(&whole[1..]), cut(&whole));
    }

    #[test]
    fn no_character_is_cut_in_two() {
        let text = "x".repeat(MOST - 2) + "\u{1f600}" + &"x".repeat(9);
        let cut = cut(text.as_bytes());
        assert!(
            cut.as_str()
                .unwrap()
                .starts_with(&("x".repeat(MOST - 2) + " [cut: "))
        );
        assert!(is_shortened(cut.as_bytes()));
        // Where there are no characters, it is cut all the same.
        assert!(is_shortened(
            super::tests::cut(&[0x80; 2 * MOST]).as_bytes()
        ));
    }

    #[test]
    fn what_looks_cut_is_taken_for_that_only_where_it_is_typed() {
        let whole = vec![b'a'; 5000];
        let once = cut(&whole);
        assert!(is_shortened(once.as_bytes()) && !is_shortened(&whole));
        assert_eq!(kept(&whole), once);
        assert_eq!(kept(once.as_bytes()), once);
        // A process can call itself so, and is another.
        assert_ne!(cut(once.as_bytes()), once);
        for short in [&b""[..], b"]", &once.as_bytes()[MOST..]] {
            assert!(!is_shortened(short));
            assert_eq!(kept(short).as_bytes(), short);
        }
    }

    #[test]
    fn the_last_one_is_remembered() {
        let mut cutter = Cutter::default();
        let (a, b) = (Text::from(&[b'a'; 5000][..]), Text::from(&[b'b'; 5000][..]));
        let cuts = [&a, &a, &b, &a].map(|text| cutter.cut(text));
        assert_eq!(cuts[0], cuts[1]);
        assert_eq!(cuts[0], cuts[3]);
        assert_ne!(cuts[0], cuts[2]);
    }

    #[test]
    fn the_hashes_are_those_of_the_standard() {
        let million = vec![b'a'; 1_000_000];
        for (bytes, hash) in [
            (
                &b""[..],
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                b"abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (
                &million,
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
        ] {
            assert_eq!(hex(bytes), hash);
        }
    }

    #[test]
    fn every_length_around_a_block_is_padded() {
        let hashes: std::collections::HashSet<_> = (0..200).map(|len| hex(&vec![0; len])).collect();
        assert_eq!(hashes.len(), 200);
    }
}
