//! Bytes to numbers, and back.

/// The whole of `text` as a decimal number, written the one way that the kernel writes it.
///
/// Nothing for a plus sign, a leading zero, a blank, `-0`, an empty text, or a number that `T`
/// cannot hold: a number that comes back as other bytes was not understood.
#[must_use]
pub fn decimal<T: TryFrom<i128>>(text: &[u8]) -> Option<T> {
    whole::<T, 10>(text)
}

/// The decimal number that a C string is, as [`decimal`] otherwise; behind its NUL may be more.
pub(crate) fn c_decimal(text: &[u8]) -> Option<u32> {
    if let Some((number, _)) = common_integer::<0>(text) {
        return u32::try_from(number).ok();
    }
    let (number, len) = leading_integer::<u32, 10>(text, false).ok()?;
    (text.get(len) == Some(&0)).then_some(number)
}

/// The whole of `text` as a hexadecimal number of lower case, as [`decimal`] otherwise.
#[must_use]
pub fn hex<T: TryFrom<i128>>(text: &[u8]) -> Option<T> {
    whole::<T, 16>(text)
}

fn whole<T: TryFrom<i128>, const RADIX: u64>(text: &[u8]) -> Option<T> {
    let (number, len) = leading_integer::<T, RADIX>(text, false).ok()?;
    (len == text.len()).then_some(number)
}

/// The number at the start of `text` and how many bytes it takes; the error is the reason.
///
/// Leading zeros only if `zeros`, as in a column that is filled with them. A sign only for
/// decimals: in other radices the kernel prints the bits.
#[expect(
    clippy::inline_always,
    reason = "the result is then never built in memory"
)]
#[inline(always)]
pub(crate) fn leading_integer<T: TryFrom<i128>, const RADIX: u64>(
    text: &[u8],
    zeros: bool,
) -> Result<(T, usize), &'static str> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] if RADIX == 10 => (true, digits),
        _ => (false, text),
    };
    let (magnitude, len) = leading_digits::<RADIX>(digits);
    if len == 0 || (negative && magnitude == 0) {
        return Err("not a number");
    }
    if !zeros && len > 1 && digits.first() == Some(&b'0') {
        return Err("a leading zero");
    }
    if len == TOO_MANY {
        return Err("out of range");
    }
    let magnitude = i128::from(magnitude);
    let number = if negative { -magnitude } else { magnitude };
    let number = T::try_from(number).map_err(|_| "out of range")?;
    Ok((number, len + usize::from(negative)))
}

/// The number at the start of `text`, and what is behind it, if it is one as most are: before `END`,
/// of at most 18 digits, and if it is negative of one. Whatever else may stand there,
/// [`leading_integer`] knows about.
#[expect(
    clippy::inline_always,
    reason = "most numbers of a line of many are one digit, which is less than a call"
)]
#[inline(always)]
pub(crate) fn common_integer<const END: u8>(text: &[u8]) -> Option<(i64, &[u8])> {
    match text {
        [digit @ b'0'..=b'9', rest @ ..] if rest.first() == Some(&END) => {
            Some((i64::from(digit - b'0'), rest))
        }
        _ => match longer_integer::<END>(text) {
            (_, 0) => None,
            (number, len) => Some((number, text.get(len..)?)),
        },
    }
}

/// The same of more than a digit, and how long it is; a length of 0 for all else.
fn longer_integer<const END: u8>(text: &[u8]) -> (i64, usize) {
    match text {
        [b'1'..=b'9', ..] => {}
        [b'-', digit @ b'1'..=b'9', end, ..] if *end == END => {
            return (-i64::from(digit - b'0'), 2);
        }
        _ => return (0, 0),
    }
    let Some((&eight, more)) = text.split_first_chunk() else {
        return (0, 0);
    };
    // Eight bytes as one word, in which digits have become 0 to 9. To these so much is added that
    // the highest bit is set of anything larger; what a byte carries is no concern of those before.
    let word = u64::from_le_bytes(eight) ^ each(b'0');
    let others = (word.wrapping_add(each(0x7f - 9)) | word) & each(0x80);
    let len = others.trailing_zeros() as usize / 8;
    match eight.get(len) {
        // As if it began with zeros.
        Some(&end) if end == END => (eight_digits(word << (64 - 8 * len)), len),
        Some(_) => (0, 0),
        None => longest_integer::<END>(eight_digits(word), more),
    }
}

/// The same that begins with these eight digits.
#[inline(never)]
fn longest_integer<const END: u8>(first: i64, more: &[u8]) -> (i64, usize) {
    let mut number = first;
    for (len, byte) in (8..19).zip(more) {
        match byte {
            // One more could be too many.
            b'0'..=b'9' if len < 18 => number = number * 10 + i64::from(byte - b'0'),
            _ if *byte == END => return (number, len),
            _ => break,
        }
    }
    (0, 0)
}

/// A word of bytes that are all the same.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The number of eight digits, the first of them in the lowest byte: in each step two neighbours
/// become one number of twice as many digits.
const fn eight_digits(digits: u64) -> i64 {
    let twos = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = twos.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000 << 32 | 1) >> 32).cast_signed()
}

/// The hexadecimal number of upper case at the start of `text`, as [`leading_integer`] otherwise.
pub(crate) fn leading_upper_hex<T: TryFrom<i128>>(
    text: &[u8],
    zeros: bool,
) -> Result<(T, usize), &'static str> {
    let digits = text
        .iter()
        .take_while(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    let len = digits.clone().count();
    if len > 1 && !zeros && text.first() == Some(&b'0') {
        return Err("a leading zero");
    }
    let number = digits.copied().try_fold(0_u64, |number, b| {
        let digit = if b.is_ascii_digit() {
            b - b'0'
        } else {
            b - b'A' + 10
        };
        number.checked_mul(16)?.checked_add(digit.into())
    });
    if len == 0 {
        return Err("not a number");
    }
    let number = i128::from(number.ok_or("out of range")?);
    Ok((T::try_from(number).map_err(|_| "out of range")?, len))
}

/// The length of digits whose number has more than 64 bits.
const TOO_MANY: usize = usize::MAX;

/// The number that the digits at the start of `text` are, and how many they are.
///
/// Not a `Result`, because two words come back in registers: this is what parsing spends most
/// of its time on.
fn leading_digits<const RADIX: u64>(text: &[u8]) -> (u64, usize) {
    let mut number = 0_u64;
    let mut len = 0;
    for &byte in text {
        let Some(digit) = digit::<RADIX>(byte) else {
            break;
        };
        number = number.wrapping_mul(RADIX).wrapping_add(digit);
        len += 1;
    }
    // So many digits always fit, which is cheaper than asking at each one.
    if len > if RADIX == 10 { 19 } else { 15 } {
        return many_digits::<RADIX>(text, len);
    }
    (number, len)
}

/// The number that so many digits are, which may not fit.
#[cold]
fn many_digits<const RADIX: u64>(text: &[u8], len: usize) -> (u64, usize) {
    let digits = text.iter().take(len);
    let number = digits
        .filter_map(|&byte| digit::<RADIX>(byte))
        .try_fold(0_u64, |number, digit| {
            number.checked_mul(RADIX)?.checked_add(digit)
        });
    number.map_or((0, TOO_MANY), |number| (number, len))
}

#[inline]
fn digit<const RADIX: u64>(byte: u8) -> Option<u64> {
    let digit = u64::from(byte.wrapping_sub(b'0'));
    if digit < RADIX.min(10) {
        return Some(digit);
    }
    match byte {
        b'a'..=b'f' if RADIX == 16 => Some(u64::from(byte - b'a' + 10)),
        _ => None,
    }
}

/// Appends `number` in the form that [`decimal`] reads; std's way costs twice the time.
pub(crate) fn push_decimal(number: i128, out: &mut Vec<u8>) {
    let Ok(mut magnitude) = u64::try_from(number.unsigned_abs()) else {
        return out.extend_from_slice(number.to_string().as_bytes());
    };
    let mut text = [b'0'; 21];
    let mut start = text.len() - 1;
    loop {
        // A remainder of ten is one digit.
        #[allow(clippy::cast_possible_truncation)]
        let digit = (magnitude % 10) as u8;
        text[start] |= digit;
        magnitude /= 10;
        // Twenty digits are the most.
        if magnitude == 0 || start <= 1 {
            break;
        }
        start -= 1;
    }
    if number < 0 {
        start -= 1;
        text[start] = b'-';
    }
    out.extend_from_slice(&text[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(decimal::<u64>(b"0"), Some(0));
        assert_eq!(decimal::<u64>(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(decimal::<i64>(b"-9223372036854775808"), Some(i64::MIN));
        for other in [
            "",
            "+1",
            "01",
            "00",
            " 1",
            "1 ",
            "-0",
            "-",
            "1a",
            "0x1",
            "18446744073709551616",
            "99999999999999999999999999999999999999999999",
        ] {
            assert_eq!(decimal::<u64>(other.as_bytes()), None, "{other}");
            assert_eq!(decimal::<i64>(other.as_bytes()), None, "{other}");
        }
        assert_eq!(decimal::<u32>(b"-1"), None);
        assert_eq!(decimal::<u32>(b"4294967296"), None);
        assert_eq!(decimal::<i64>(b"9223372036854775808"), None);
    }

    #[test]
    fn a_number_is_written_as_it_is_read() {
        for number in [
            0,
            7,
            -1,
            10,
            1_000_000,
            i64::MIN.into(),
            u64::MAX.into(),
            i128::MIN,
        ] {
            let mut out = b"x".to_vec();
            push_decimal(number, &mut out);
            assert_eq!(out, format!("x{number}").into_bytes());
        }
    }

    #[test]
    fn a_common_number_is_that_which_any_number_is() {
        let common = |text: &[u8]| {
            let found = common_integer::<b' '>(text);
            found.map_or((0, 0), |(number, rest)| (number, text.len() - rest.len()))
        };
        let known = |text: &[u8]| match leading_integer::<i64, 10>(text, false) {
            Ok((number, len)) if text.get(len) == Some(&b' ') => (number, len),
            _ => (0, 0),
        };
        let mut number = 0_i64;
        for len in 0..19_u32 {
            for number in [number, i64::pow(10, len) - 1, -number] {
                let text = format!("{number} {number}          ");
                let is_common =
                    (number < 0 && number > -10) || (0..i64::pow(10, 18)).contains(&number);
                let whole = known(text.as_bytes());
                let whole = if is_common { whole } else { (0, 0) };
                assert_eq!(common(text.as_bytes()), whole, "{text}");
                // However little stands behind it.
                for end in 0..text.len() {
                    let found = common(&text.as_bytes()[..end]);
                    assert!(
                        found == (0, 0) || (found == whole && end > whole.1),
                        "{text}"
                    );
                }
            }
            number = number * 10 + i64::from(len) % 9 + 1;
        }
        for other in [
            "",
            " ",
            "-",
            "- ",
            "-0 ",
            "01 ",
            "1x ",
            "1234567x ",
            "12345678x ",
            "x ",
            "+1 ",
            // Of 19 digits and more.
            "9999999999999999999 ",
            "18446744073709551615 ",
            "99999999999999999999999999 ",
        ] {
            let text = format!("{other}\n0000000000");
            assert_eq!(common(text.as_bytes()), (0, 0), "{text}");
        }
        for byte in 0..=255_u8 {
            for digits in ["1", "123", "1234567", "12345678", "1234567890"] {
                let text = [digits.as_bytes(), &[byte][..], b" 1234567890 "].concat();
                assert_eq!(common(&text), known(&text), "{digits} {byte}");
            }
        }
    }

    #[test]
    fn a_c_string_is_a_number_as_a_whole() {
        for number in [0, 7, 42, 1234, 12_345, 4_194_304, 12_345_678, u32::MAX] {
            let text = format!("{number}\0");
            assert_eq!(c_decimal(text.as_bytes()), Some(number));
            assert_eq!(
                c_decimal(format!("{text}12345678").as_bytes()),
                Some(number)
            );
            assert_eq!(c_decimal(number.to_string().as_bytes()), None);
        }
        for other in [
            "",
            "01",
            "-1",
            "+1",
            "1 ",
            "x",
            "1x",
            "4294967296",
            "99999999999999999999999999",
            "self",
            "1234567x",
        ] {
            let text = format!("{other}\0\0\0\0\0\0\0\0");
            assert_eq!(c_decimal(text.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn hex_has_lower_case_and_no_sign() {
        assert_eq!(hex::<u64>(b"1fffeffffff"), Some(0x1ff_feff_ffff));
        for other in ["", "1F", "0a", "-1", "0x1", "1g", "10000000000000000"] {
            assert_eq!(hex::<u64>(other.as_bytes()), None, "{other}");
            assert_eq!(hex::<i64>(other.as_bytes()), None, "{other}");
        }
    }
}
