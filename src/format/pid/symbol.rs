//! `Symbol`: an address of the kernel's by the function that it is in.

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Spec},
    value::{Fields, Value},
};

/// An address of the kernel's as its `%pB`, `%pS` and `%ps` print it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Symbol {
    /// In a function: `vfs_read+0xbb/0x360 [module]`.
    Function {
        /// The function.
        name: Vec<u8>,
        /// How far from its beginning, in bytes.
        offset: u64,
        /// Its size, in bytes.
        size: u64,
        /// The module that it is from.
        module: Option<Vec<u8>>,
    },
    /// A function, without the place in it.
    Name(Vec<u8>),
    /// An address without a name.
    Address(u64),
}

impl Default for Symbol {
    fn default() -> Self {
        Self::Address(0)
    }
}

impl Symbol {
    /// The function.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Function { name, .. } | Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }

    /// What `text` is.
    fn new(text: &[u8]) -> Option<Self> {
        if let Some(address) = text.strip_prefix(b"0x") {
            return bytes::hex(address).map(Self::Address);
        }
        let (place, module) = match text.strip_suffix(b"]") {
            Some(rest) => {
                let at = bytes::rfind_part(rest, b" [")?;
                let (place, module) = rest.split_at_checked(at)?;
                (place, Some(module.strip_prefix(b" [")?.to_vec()))
            }
            None => (text, None),
        };
        let Some(at) = bytes::rfind_part(place, b"+0x") else {
            let plain = module.is_none() && !text.is_empty() && !text.contains(&b' ');
            return plain.then(|| Self::Name(text.to_vec()));
        };
        let (name, offset) = place.split_at_checked(at)?;
        let (offset, size) = bytes::split_once(offset.strip_prefix(b"+0x")?, b'/')?;
        Some(Self::Function {
            name: name.to_vec(),
            offset: bytes::hex(offset)?,
            size: bytes::hex(size.strip_prefix(b"0x")?)?,
            module,
        })
    }

    fn push(&self, out: &mut Vec<u8>) {
        match self {
            Self::Function {
                name,
                offset,
                size,
                module,
            } => {
                out.extend_from_slice(name);
                out.extend_from_slice(format!("+{offset:#x}/{size:#x}").as_bytes());
                if let Some(module) = module {
                    out.extend_from_slice(b" [");
                    out.extend_from_slice(module);
                    out.push(b']');
                }
            }
            Self::Name(name) => out.extend_from_slice(name),
            Self::Address(address) => out.extend_from_slice(format!("{address:#x}").as_bytes()),
        }
    }
}

/// Up to the end of the line, or the text after it.
impl Field for Symbol {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let end = text.iter().position(|&b| b == b'\n').unwrap_or(text.len());
        let Some(symbol) = text.get(..end).and_then(Self::new) else {
            return Err(cursor.error(spec.field, "neither a function nor an address"));
        };
        cursor.take(end);
        Ok(symbol)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.push(out);
    }

    /// As it stands.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let mut text = Vec::new();
        self.push(&mut text);
        Value::text(text)
    }

    /// The function and the module too.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        fields.push(spec.field, self.value(spec));
        fields.push("function", self.name().map_or(Value::MISSING, Value::text));
        let module = match self {
            Self::Function { module, .. } => module.as_ref(),
            _ => None,
        };
        fields.push("module", module.map_or(Value::MISSING, Value::text));
    }
}
