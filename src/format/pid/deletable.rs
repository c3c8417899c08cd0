//! `Deletable`: a path of which the kernel says that it is gone.

use crate::{
    format::{Cursor, Field, ParseError, Spec},
    value::{Fields, Value},
};

/// What the kernel adds to a path that is gone.
pub(crate) const DELETED: &[u8] = b" (deleted)";

/// A path, and whether ` (deleted)` stood after it: what it named has been removed.
///
/// Something whose own name ends so looks the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deletable<T> {
    /// The path.
    pub path: T,
    /// Has what it named been removed?
    pub deleted: bool,
}

/// The template is that of the path.
impl<T: Field + Clone + AsMut<Vec<u8>>> Field for Deletable<T> {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut path = T::take(cursor, spec)?;
        let bytes = path.as_mut();
        let deleted = bytes.ends_with(DELETED);
        if deleted {
            bytes.truncate(bytes.len() - DELETED.len());
        }
        Ok(Self { path, deleted })
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if !self.deleted {
            return self.path.put(spec, out);
        }
        // Where blanks are escaped, so is that one.
        let mut path = self.path.clone();
        path.as_mut().extend_from_slice(DELETED);
        path.put(spec, out);
    }

    fn value(&self, spec: &Spec) -> Value {
        self.path.value(spec)
    }

    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        self.path.describe(spec, fields);
        fields.push("deleted", Value::Bool(self.deleted));
    }
}
