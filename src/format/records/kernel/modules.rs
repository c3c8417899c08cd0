//! `/proc/modules`: the modules of the kernel that are loaded.

use crate::{
    Value, bytes,
    format::{Cursor, Field, ParseError, Pointer, Rest, Rows, Spec, record},
};

record! {
    /// The modules of the kernel that are loaded.
    ///
    /// `/proc/modules` (`m_show` of `kernel/module/procfs.c`); absent where the kernel loads none.
    pub struct Modules: "modules" {
        /// The modules, the last one loaded first.
        rows: Rows<Module> = "{%r\n}",
    }
}

record! {
    /// A module.
    pub struct Module {
        /// Its name.
        name: Vec<u8> = "%s ",
        /// How much memory it takes, in bytes.
        size: u64 = "%u ",
        /// How often it is used; missing where modules cannot be unloaded.
        refcount: Refcount = "%d ",
        /// Which modules use it.
        used_by: UsedBy = "%s ",
        /// `Live`, `Loading` or `Unloading`.
        state: Vec<u8> = "%s 0x",
        /// Where it is; 0 to who may not know.
        address: Pointer = "%r",
        /// Why the kernel is tainted by it, a letter for each reason; `+` and `-` while it is
        /// loaded and unloaded.
        taints: Option<Vec<u8>> = " (%s)",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

/// How often a module is used.
///
/// Printed as `-` where modules cannot be unloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refcount(pub Option<i32>);

impl Field for Refcount {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.rest().starts_with(b"- ") {
            cursor.take(1);
            return Ok(Self(None));
        }
        i32::take(cursor, spec).map(|count| Self(Some(count)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self.0 {
            Some(count) => count.put(spec, out),
            None => out.push(b'-'),
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.map_or(Value::MISSING, |count| count.value(spec))
    }
}

/// The modules that use a module, and `[permanent]` if it cannot be unloaded.
///
/// Printed with a comma after each, `-` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsedBy(Vec<Vec<u8>>);

const PERMANENT: &[u8] = b"[permanent]";

impl UsedBy {
    /// The modules.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        let names = self.0.iter().map(Vec::as_slice);
        names.filter(|name| *name != PERMANENT)
    }

    /// Has it no code to unload it?
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.0.iter().any(|name| name == PERMANENT)
    }
}

impl Field for UsedBy {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = Vec::take(cursor, spec)?;
        if text == b"-" {
            return Ok(Self::default());
        }
        let mut names = Vec::new();
        let mut rest = text.as_slice();
        while !rest.is_empty() || names.is_empty() {
            let (name, after) = bytes::split_once(rest, b',')
                .ok_or_else(|| cursor.error(spec.field, "no comma after it"))?;
            names.push(name.to_vec());
            rest = after;
        }
        Ok(Self(names))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for name in &self.0 {
            out.extend_from_slice(name);
            out.push(b',');
        }
        if self.0.is_empty() {
            out.push(b'-');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.0.iter().map(Value::text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    // Made by hand after the forms of Linux 3.2 and 6.1, of one of 32 bits, and of one that
    // unloads no modules.
    const FILE: &[u8] = b"nf_nat 25254 3 nft_chain_nat,xt_nat, Live 0xffffffffa01cd000\n\
        ext4 1007616 1 - Live 0xffffffffc0400000\n\
        drv 16384 1 [permanent], Loading 0x0000000000000000 (POE+)\n\
        brd 3000 - - Live 0xbf000000 (O)\n";

    #[test]
    fn a_module_says_who_uses_it() {
        let modules: Modules = law::holds(FILE);
        let [nat, ext4, drv, brd] = &modules.rows[..] else {
            panic!("{modules:?}");
        };
        assert!(nat.used_by.names().eq([&b"nft_chain_nat"[..], b"xt_nat"]));
        assert_eq!(
            (nat.size, nat.refcount.0, &*nat.state),
            (25_254, Some(3), &b"Live"[..])
        );
        assert_eq!(ext4.used_by.names().count(), 0);
        assert_eq!(ext4.address.address(), 0xffff_ffff_c040_0000);
        assert!(drv.used_by.is_permanent() && drv.used_by.names().next().is_none());
        assert_eq!(drv.taints.as_deref(), Some(&b"POE+"[..]));
        assert_eq!(brd.refcount.0, None);
        assert_eq!(brd.fields().find("refcount"), Some(&Value::MISSING));
    }

    #[test]
    fn mutants_fail_or_come_back() {
        assert!(Modules::parse(b"a 1 1 b,c Live 0xbf000000\n").is_err());
        law::mutants::<Modules>(&[FILE], 10_000);
    }
}
