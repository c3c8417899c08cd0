//! `Fields`: values by name, as a record of a file has them.

use std::{cmp::Ordering, fmt};

use super::{Text, Value};

/// Values by name, in the order in which they were added.
///
/// ```
/// use psgo::{Fields, Value};
///
/// let fields: Fields = [("size", Value::Int(4567)), ("resident", Value::Int(393))]
///     .into_iter()
///     .collect();
/// assert_eq!(fields.find("resident"), Some(&Value::Int(393)));
/// assert_eq!(fields.to_string(), "size=4567 resident=393");
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Vec<(Text, Value)>);

impl Fields {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a value after the others.
    pub fn push(&mut self, name: impl Into<Text>, value: Value) {
        self.0.push((name.into(), value));
    }

    /// The first value of that name; `a.b` is `b` of the fields that `a` is, where nothing is
    /// called `a.b` itself.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Value> {
        let find = |name: &str| {
            let mut fields = self.iter();
            fields.find_map(|(key, value)| (key.as_bytes() == name.as_bytes()).then_some(value))
        };
        if let Some(value) = find(name) {
            return Some(value);
        }
        name.match_indices('.').find_map(|(dot, _)| {
            let (outer, inner) = (&name[..dot], &name[dot + 1..]);
            match find(outer)? {
                Value::Fields(fields) => fields.find(inner),
                _ => None,
            }
        })
    }

    /// Each name and its value.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By the first that differs, by its name, then by its value.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs
            .map(|((name, value), (other_name, other))| {
                name.cmp(other_name).then_with(|| value.compare(other))
            })
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl<N: Into<Text>> FromIterator<(N, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(fields: I) -> Self {
        let fields = fields.into_iter();
        Self(fields.map(|(name, value)| (name.into(), value)).collect())
    }
}

impl IntoIterator for Fields {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// `name=value`, with blanks between; what is unknown is left out.
impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.iter().filter(|(_, value)| !value.is_missing());
        for (i, (name, value)) in known.enumerate() {
            let between = if i > 0 { " " } else { "" };
            match value {
                Value::Fields(fields) => write!(f, "{between}{name}=({fields})")?,
                value => write!(f, "{between}{name}={value}")?,
            }
        }
        Ok(())
    }
}

/// An object; a name that is not UTF-8 is escaped as text is.
#[cfg(feature = "serde")]
impl serde::Serialize for Fields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            match name.as_str() {
                Some(name) => map.serialize_entry(name, value)?,
                None => map.serialize_entry(&name.to_string(), value)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<const N: usize>(fields: [(&'static str, Value); N]) -> Fields {
        fields.into_iter().collect()
    }

    #[test]
    fn a_name_with_a_point_is_found_whole_or_by_its_parts() {
        let inner = fields([("b", Value::Int(1)), ("c.d", Value::Int(2))]);
        let all = fields([("a", Value::Fields(inner)), ("a.x", Value::Int(3))]);
        assert_eq!(all.find("a.b"), Some(&Value::Int(1)));
        assert_eq!(all.find("a.c.d"), Some(&Value::Int(2)));
        assert_eq!(all.find("a.x"), Some(&Value::Int(3)));
        assert_eq!(all.find("a.y"), None);
    }

    #[test]
    fn text_leaves_out_what_is_unknown() {
        let inner = fields([("port", Value::Int(22)), ("name", Value::MISSING)]);
        let all = fields([("local", Value::Fields(inner)), ("x\n", Value::Bool(true))]);
        assert_eq!(all.to_string(), "local=(port=22) x\\n=yes");
    }

    #[test]
    fn the_order_is_by_the_first_that_differs() {
        let one = fields([("a", Value::Int(1)), ("b", Value::Int(9))]);
        let two = fields([("a", Value::Int(2))]);
        assert_eq!(one.compare(&two), Ordering::Less);
        assert_eq!(two.compare(&one), Ordering::Greater);
        assert_eq!(one.compare(&one.clone()), Ordering::Equal);
    }
}
