//! `Text`: bytes that are meant to be read by people.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::bytes;

/// Bytes that are meant to be read by people: usually UTF-8, never assumed to be.
///
/// Cloning is cheap. [`Display`](fmt::Display) escapes, see [`bytes::Escaped`].
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Static(&'static [u8]),
    /// A length and that many bytes, as of most names, without an allocation. Counting references
    /// to them would be a point of contention between the threads that read.
    Short(u8, [u8; SHORT]),
    Shared(Arc<[u8]>),
}

/// What fits beside a length in the space of a pointer and a length.
const SHORT: usize = 22;

impl Text {
    /// A word known when psgo was built.
    #[must_use]
    pub const fn word(word: &'static str) -> Self {
        Self(Repr::Static(word.as_bytes()))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Static(bytes) => bytes,
            Repr::Short(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// How many bytes it takes besides itself.
    pub(super) fn weight(&self) -> usize {
        match &self.0 {
            Repr::Shared(bytes) => bytes.len(),
            Repr::Static(_) | Repr::Short(..) => 0,
        }
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }
}

impl From<&'static str> for Text {
    fn from(word: &'static str) -> Self {
        Self::word(word)
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(bytes);
                Self(Repr::Short(len, short))
            }
            _ => Self(Repr::Shared(bytes.into())),
        }
    }
}

impl FromIterator<u8> for Text {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        let bytes = bytes.into_iter();
        if bytes.size_hint().1.is_some_and(|most| most <= SHORT) {
            let (mut short, mut len) = ([0; SHORT], 0);
            for (place, byte) in short.iter_mut().zip(bytes) {
                *place = byte;
                len += 1;
            }
            return Self(Repr::Short(len, short));
        }
        Self(Repr::Shared(bytes.collect()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_bytes())
    }
}

impl PartialEq for Text {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // The bytes behind a short text are always zero, so both arrays are compared at once.
            (Repr::Short(a_len, a), Repr::Short(b_len, b)) => a_len == b_len && a == b,
            _ => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&bytes::Escaped(self.as_bytes()), f)
    }
}

/// A string; `{"b64": "…"}` where it is not UTF-8.
#[cfg(feature = "serde")]
impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::{display::Base64Display, engine::general_purpose::STANDARD};

        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => {
                let base64 = Base64Display::new(self.as_bytes(), &STANDARD).to_string();
                serializer.collect_map([("b64", base64)])
            }
        }
    }
}
