//! `Scalar`: a file that holds one number.

use super::{Field, ParseError, Record, Spec, integer::Integer, record::parse_whole};

/// A file that holds one decimal number and a newline, as most of `/proc/sys` do:
/// `sys/kernel/cap_last_cap`, `sys/kernel/overflowuid`.
///
/// `T` is `u32`, `u64`, `i32` or `i64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scalar<T>(pub T);

const SPEC: Spec = Spec::new("value", "%d\n");

#[expect(private_bounds, reason = "the numbers are a closed set")]
impl<T: Integer> Scalar<T> {
    /// Understands the whole of `file`.
    ///
    /// # Errors
    ///
    /// If it is anything but one number that `T` can hold, and a newline.
    pub fn parse(file: &[u8]) -> Result<Self, ParseError> {
        parse_whole(file, &SPEC).map(Self)
    }

    /// Appends the bytes that [`parse`](Self::parse) understood to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.0.write(&SPEC, out);
    }
}

impl<T: Integer> Record for Scalar<T> {
    fn parse(file: &[u8]) -> Result<Self, ParseError> {
        Self::parse(file)
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn the_last_capability_is_a_number() {
        let file = include_bytes!("../../tests/fixtures/proc/cap_last_cap");
        assert_eq!(law::holds::<Scalar<u32>>(file), Scalar(40));
        assert_eq!(law::holds::<Scalar<i64>>(b"-1\n"), Scalar(-1));
        law::mutants::<Scalar<u64>>(&[file, b"18446744073709551615\n"], 5_000);
    }

    #[test]
    fn another_form_of_the_number_is_refused() {
        for file in [
            "",
            "\n",
            "40",
            "040\n",
            "+40\n",
            " 40\n",
            "40 \n",
            "40\n\n",
            "4294967296\n",
        ] {
            assert!(Scalar::<u32>::parse(file.as_bytes()).is_err(), "{file:?}");
        }
        let error = Scalar::<u32>::parse(b"4O\n").unwrap_err();
        assert_eq!(error.to_string(), "line 1: value: not a number");
    }
}
