//! `/proc/kallsyms`: the symbols of the kernel.

use crate::{
    Value, bytes,
    format::{Cursor, Field, ParseError, Pointer, Rows, Spec, record},
};

record! {
    /// The symbols of the kernel and its modules.
    ///
    /// `/proc/kallsyms` (`s_show` of `kernel/kallsyms.c`). Some megabytes:
    /// [`Format::stream`](crate::format::Format::stream) gives the symbols one by one.
    pub struct Kallsyms: "kallsyms" {
        /// The symbols, those of the kernel by address, then those of modules.
        rows: Rows<Symbol> = "{%r\n}",
    }
}

record! {
    /// A symbol.
    pub struct Symbol {
        /// Its address; 0 to who may not know.
        address: Pointer = "%r ",
        /// Its type, as `nm` has it: `T` is code, `D` data; lower case if it is local.
        kind: u8 = "%c ",
        /// Its name.
        name: SymbolName = "%s",
        /// The module that has it; also `bpf` and other makers of code, in the same brackets.
        module: Option<Vec<u8>> = "\t[%s]",
    }
}

/// The name of a symbol, up to a tab or the end of the line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SymbolName(pub Vec<u8>);

impl Field for SymbolName {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let line = cursor.rest();
        let newline = bytes::find(line, b'\n').unwrap_or(line.len());
        let line = line.get(..newline).unwrap_or(line);
        let tab = bytes::find(line, b'\t').unwrap_or(line.len());
        Ok(Self(cursor.take(tab).to_vec()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_symbol_may_be_a_modules() {
        let file = b"ffffffff81000080 T entry_SYSCALL_64\n0000000000000000 b state.1\t[ext4]\n\
                     c0008000 t stext\n";
        let symbols: Kallsyms = law::holds(file);
        let [entry, state, old] = &symbols.rows[..] else {
            panic!("{symbols:?}");
        };
        assert_eq!(entry.address.address(), 0xffff_ffff_8100_0080);
        assert_eq!(
            (entry.kind, &*entry.name.0),
            (b'T', &b"entry_SYSCALL_64"[..])
        );
        assert_eq!(
            (&*state.name.0, state.module.as_deref()),
            (&b"state.1"[..], Some(&b"ext4"[..]))
        );
        assert_eq!(old.address.address(), 0xc000_8000);
        assert_eq!(entry.fields().find("kind"), Some(&Value::text("T")));
        law::mutants::<Kallsyms>(&[file], 5_000);
    }

    #[test]
    fn code_lies_between_its_two_ends() {
        let file = std::fs::read("/proc/kallsyms").unwrap();
        let symbols: Kallsyms = law::holds(&file);
        assert_eq!(symbols.rows.len(), file.split(|&b| b == b'\n').count() - 1);
        let address = |name: &[u8]| {
            let of = |symbol: &&Symbol| symbol.name.0 == name;
            symbols.rows.iter().find(of).unwrap().address.address()
        };
        let (start, end) = (address(b"_stext"), address(b"_etext"));
        assert!(start < end, "the addresses are hidden: kptr_restrict");
        assert!((start..end).contains(&address(b"schedule")));
    }
}
