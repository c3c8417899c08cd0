//! Text measured in columns of a terminal: its width, cutting it, breaking it into lines.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Text is broken into lines no narrower than this: in a narrow terminal they may be too long.
pub(crate) const NARROWEST: usize = 16;

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.width()
    }
}

/// As much from the beginning as `room` columns hold.
pub(crate) fn cut(text: &str, room: usize) -> &str {
    if width(text) <= room {
        return text;
    }
    let mut used = 0;
    let past = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > room
    });
    let mut text = past.map_or(text, |(end, _)| &text[..end]);
    // A sequence of characters can be wider than the sum of them, by a variation selector.
    while width(text) > room {
        let mut chars = text.chars();
        chars.next_back();
        text = chars.as_str();
    }
    text
}

/// Words in lines of at most `room` columns; a word that is wider has a line of its own.
pub(crate) fn filled<'a>(words: impl IntoIterator<Item = &'a str>, room: usize) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0_usize);
    for word in words {
        let width = width(word);
        if used > 0 && used.saturating_add(1).saturating_add(width) > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += width;
    }
    lines.push(line);
    lines
}

/// A text in lines of at most `room` columns, broken at blanks, and within words that are wider.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    filled(text.split(' ').flat_map(|word| parts(word, room)), room)
}

/// A word in parts of at most `room` columns.
pub(crate) fn parts(word: &str, room: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), word);
    while width(rest) > room {
        let part = cut(rest, room);
        if part.is_empty() {
            break;
        }
        parts.push(part);
        rest = &rest[part.len()..];
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_at_blanks_and_within_words_that_are_too_wide() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("a abcdefghij k", 4), ["a", "abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("日本語 a", 3), ["日", "本", "語", "a"]);
        assert_eq!(wrapped("", 4), [""]);
        // Wider than any line: it stays whole.
        assert_eq!(wrapped("日", 1), ["日"]);
    }

    #[test]
    fn a_sequence_that_is_wider_than_its_characters_is_cut_by_its_width() {
        let hearts = "❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}";
        assert_eq!(cut(hearts, 4), "❤\u{fe0f}❤\u{fe0f}");
        assert!((0..9).all(|room| width(cut(hearts, room)) <= room));
    }

    #[test]
    fn a_word_that_is_too_wide_has_a_line_of_its_own() {
        assert_eq!(filled(["a", "abcdef", "b", "c"], 3), ["a", "abcdef", "b c"]);
    }
}
