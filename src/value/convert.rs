//! What is in a [`Value`], by type; and values from plain types.

use std::time::Duration;

use super::{Fields, Missing, Text, Time, Value};
use crate::caps::CapSet;

/// Each accessor returns `None` for a value of another type, and for one that is
/// [missing](Value::Missing).
///
/// ```
/// use psgo::Value;
///
/// assert_eq!(Value::Size(4096).as_bytes(), Some(4096));
/// assert_eq!(Value::Int(7).as_u64(), Some(7));
/// assert_eq!(Value::text("sh").as_str(), Some("sh"));
/// assert_eq!(Value::text("sh").as_i64(), None);
/// ```
impl Value {
    /// Whether the value is unknown.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }

    /// Why the value is unknown; `None` if it is known.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        match self {
            Self::Missing(reason) => Some(*reason),
            _ => None,
        }
    }

    /// A whole number that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Uint(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(number) => u64::try_from(*number).ok(),
            Self::Uint(number) => Some(*number),
            _ => None,
        }
    }

    /// A [percentage](Self::Percent), a [rate](Self::Rate) or a [number with
    /// decimals](Self::Real).
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Percent(number) | Self::Rate(number) | Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// A [size](Self::Size) as a number of bytes.
    #[must_use]
    pub fn as_bytes(&self) -> Option<u64> {
        match self {
            Self::Size(bytes) => Some(*bytes),
            _ => None,
        }
    }

    /// A [flag](Self::Bool).
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A [text](Self::Text), whatever its bytes are.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A [text](Self::Text) that is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_text()?.as_str()
    }

    /// A [span of time](Self::Duration).
    #[must_use]
    pub fn as_duration(&self) -> Option<Duration> {
        match self {
            Self::Duration(span) => Some(*span),
            _ => None,
        }
    }

    /// A [moment](Self::Time).
    #[must_use]
    pub fn as_time(&self) -> Option<&Time> {
        match self {
            Self::Time(time) => Some(time),
            _ => None,
        }
    }

    /// A [set of capabilities](Self::Caps).
    #[must_use]
    pub fn as_caps(&self) -> Option<&CapSet> {
        match self {
            Self::Caps(set) => Some(set),
            _ => None,
        }
    }

    /// A [list](Self::List).
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// [Values by name](Self::Fields).
    #[must_use]
    pub fn as_fields(&self) -> Option<&Fields> {
        match self {
            Self::Fields(fields) => Some(fields),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    i32 => Int
    i64 => Int
    u32 => Int
    bool => Bool
    Text => Text
    Duration => Duration
    Time => Time
    CapSet => Caps
    Vec<Value> => List
    Fields => Fields
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Uint(number), Self::Int)
    }
}

/// `None` is [missing](Value::Missing).
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::MISSING, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accessor_knows_its_own_type_alone() {
        assert_eq!(Value::from(Some(7_u64)), Value::Int(7));
        assert_eq!(Value::from(None::<u64>), Value::MISSING);
        assert_eq!(Value::from(u64::MAX), Value::Uint(u64::MAX));
        assert_eq!(Value::Uint(u64::MAX).as_i64(), None);
        assert_eq!(Value::Int(-1).as_u64(), None);
        assert_eq!(Value::Size(9).as_u64(), None);
        assert_eq!(Value::Percent(1.5).as_f64(), Some(1.5));
        assert!(Value::MISSING.is_missing() && !Value::Int(0).is_missing());
        assert_eq!(Value::text(b"\xff").as_str(), None);
        assert_eq!(Value::text(b"\xff").as_text().unwrap().as_bytes(), b"\xff");
    }
}
