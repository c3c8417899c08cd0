//! `/proc/vmallocinfo`: the kernel's areas of virtual memory.

use crate::{
    format::{Cursor, Field, ParseError, Pointer, Rows, Spec, Tags, record},
    value::Value,
};

record! {
    /// The kernel's areas of virtual memory.
    ///
    /// `/proc/vmallocinfo` (`vmalloc_info_show`), for root alone.
    pub struct Vmallocinfo: "vmallocinfo" {
        /// The areas.
        rows: Rows<VmallocArea> = "{%r\n}",
    }
}

record! {
    /// An area of the kernel's virtual memory.
    pub struct VmallocArea {
        /// Its first address.
        start: Pointer = "0x%r-",
        /// The address after its last.
        end: Pointer = "0x%r ",
        /// Its size, in bytes, with a page that guards it.
        size: u64 = "%7d",
        /// Who asked for it; unknown for areas that are being given back.
        caller: Caller = "%r",
        /// What it is: `pages` is a count, `phys` the physical address, `N0` how many pages are
        /// of that node; words without a value say the kind, `vmalloc`, `ioremap`, `vpages`.
        flags: Tags = "{ %s=}",
    }
}

/// Where in the kernel's code something was asked for, and the module that it belongs to:
/// `e1000_probe+0x268/0xa0b [e1000e]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    symbol: Vec<u8>,
    module: Option<Vec<u8>>,
}

impl Caller {
    /// The function, with the offset in it; empty where none is named.
    #[must_use]
    pub fn symbol(&self) -> &[u8] {
        &self.symbol
    }

    /// The module, if it is in one.
    #[must_use]
    pub fn module(&self) -> Option<&[u8]> {
        self.module.as_deref()
    }
}

/// The word at the start of `text`, which has a blank before it.
fn word(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b" ")?;
    let end = text.iter().position(|b| matches!(b, b' ' | b'\n'));
    text.get(..end.unwrap_or(text.len()))
}

impl Field for Caller {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut caller = Self::default();
        let Some(symbol) = word(cursor.rest()) else {
            return Ok(caller);
        };
        // Without names for its code the kernel gives the address.
        if !symbol.starts_with(b"0x") && !symbol.windows(3).any(|part| part == b"+0x") {
            return Ok(caller);
        }
        caller.symbol = symbol.to_vec();
        cursor.take(1 + symbol.len());
        if let Some(name) = word(cursor.rest())
            && let Some(module) = name.strip_prefix(b"[")
            && let Some(module) = module.strip_suffix(b"]")
        {
            caller.module = Some(module.to_vec());
            cursor.take(1 + name.len());
        }
        Ok(caller)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if self.symbol.is_empty() {
            return;
        }
        out.push(b' ');
        out.extend_from_slice(&self.symbol);
        if let Some(module) = &self.module {
            out.extend_from_slice(b" [");
            out.extend_from_slice(module);
            out.push(b']');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        if self.symbol.is_empty() {
            return Value::MISSING;
        }
        Value::text(&self.symbol)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut crate::Fields) {
        fields.push(spec.field, self.value(spec));
        let module = self.module.as_ref();
        fields.push("module", module.map_or(Value::MISSING, Value::text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/vmallocinfo");

    #[test]
    fn an_area_says_who_asked_for_it() {
        // The last two were made by hand after the form of Linux 3.2.
        let file = [
            HERE,
            b"0xffffc9000004c000-0xffffc9000004e000    8192 e1000_probe+0x268/0xa0b [e1000e] phys=fbf48000 ioremap\n\
              0xffffc9000005e000-0xffffc90000060000    8192 vm_map_ram\n",
        ];
        let info: Vmallocinfo = law::holds(&file.concat());
        let [.., probe, last] = info.rows.as_slice() else {
            panic!()
        };
        assert_eq!(probe.caller.symbol(), b"e1000_probe+0x268/0xa0b");
        assert_eq!(probe.caller.module(), Some(&b"e1000e"[..]));
        assert_eq!(probe.end.address() - probe.start.address(), probe.size);
        assert_eq!(probe.fields().find("phys"), Some(&Value::text("fbf48000")));
        assert!(last.caller.symbol().is_empty() && last.flags.flags().eq([b"vm_map_ram"]));
        // A page of each area guards it.
        let fields = info.rows[1].fields();
        assert_eq!(
            (fields.find("pages"), fields.find("N0")),
            (Some(&Value::Int(4)), Some(&Value::Int(4)))
        );
        assert_eq!(info.rows[1].size, 5 * 4096);
        law::mutants::<Vmallocinfo>(&[&file.concat()], 10_000);
    }
}
