//! `/proc/PID/maps`: the mappings of a process's address space.

use super::{Deletable, Dev};
use crate::{
    format::{Cursor, Field, LinePath, ParseError, Rows, Spec, record},
    value::{Fields, Value},
};

record! {
    /// The mappings of a process's address space.
    ///
    /// `/proc/PID/maps` (`show_map_vma`). It is empty for a kernel thread and a zombie. Only who
    /// may trace the process may read it.
    pub struct Maps: "maps" {
        /// The mappings, by address.
        rows: Rows<Mapping> = "{%r}",
    }
}

record! {
    /// One mapping: a range of addresses, and what is behind it.
    pub struct Mapping {
        /// First address.
        start: u64 = "%08x-",
        /// First address after it.
        end: u64 = "%08x ",
        /// What may be done there.
        perms: Perms = "%s ",
        /// Where in the file it begins, in bytes.
        offset: u64 = "%08x ",
        /// The device that the file is on; 0:0 if there is no file.
        dev: Dev = "%02x ",
        /// Inode of the file; 0 if there is none.
        inode: u64 = "%u ",
        /// The file, or the kernel's word for what is there.
        pathname: MapName = "%r\n",
    }
}

impl Mapping {
    /// How many bytes there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Are there none?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What may be done in a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Perms([u8; 4]);

impl Perms {
    /// May it be read?
    #[must_use]
    pub const fn is_readable(self) -> bool {
        self.0[0] == b'r'
    }

    /// May it be written?
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.0[1] == b'w'
    }

    /// May it be executed?
    #[must_use]
    pub const fn is_executable(self) -> bool {
        self.0[2] == b'x'
    }

    /// Do all see what is written there, the file too?
    #[must_use]
    pub const fn is_shared(self) -> bool {
        self.0[3] == b's'
    }
}

/// Nothing.
impl Default for Perms {
    fn default() -> Self {
        Self(*b"---p")
    }
}

impl Field for Perms {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        match cursor.rest() {
            [
                r @ (b'r' | b'-'),
                w @ (b'w' | b'-'),
                x @ (b'x' | b'-'),
                s @ (b's' | b'p'),
                ..,
            ] => {
                let perms = Self([*r, *w, *x, *s]);
                cursor.take(4);
                Ok(perms)
            }
            _ => Err(cursor.error(spec.field, "not of the form rwxp")),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.0)
    }
}

/// What is behind a mapping; nothing if it is only memory.
///
/// A file's path, or what the kernel calls it: `[heap]`, `[stack]`, `[vdso]`, `[anon:NAME]`
/// (`prctl(PR_SET_VMA_ANON_NAME)`), `/SYSV00000000` (shared memory of System V),
/// `/memfd:NAME`, `anon_inode:[io_uring]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MapName {
    name: Option<Deletable<LinePath>>,
    /// In the column of a kernel of 32 bits.
    narrow: bool,
}

impl MapName {
    /// The path or the word, without ` (deleted)`.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        self.name.as_ref().map(|name| &*name.path.0)
    }

    /// Has the file been removed?
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.name.as_ref().is_some_and(|name| name.deleted)
    }
}

/// How many blanks stand before the name: as many as bring it to the column of the kernel's
/// width, one at least.
const fn blanks(narrow: bool, column: usize) -> usize {
    let blanks = if narrow { 49_usize } else { 73 }.saturating_sub(column);
    if blanks == 0 { 1 } else { blanks }
}

impl Field for MapName {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.at_line_end() {
            return Ok(Self::default());
        }
        let column = cursor.column();
        let found = cursor.rest().iter().take_while(|&&b| b == b' ').count();
        let fits = [false, true]
            .into_iter()
            .find(|&narrow| found >= blanks(narrow, column));
        let Some(narrow) = fits else {
            return Err(cursor.error(spec.field, "not in the column where the kernel prints it"));
        };
        cursor.take(blanks(narrow, column));
        Ok(Self {
            name: Some(Deletable::take(cursor, spec)?),
            narrow,
        })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(name) = &self.name {
            let column = out.iter().rev().take_while(|&&b| b != b'\n').count();
            out.extend(std::iter::repeat_n(b' ', blanks(self.narrow, column)));
            name.put(spec, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.name().map_or(Value::MISSING, Value::text)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        fields.push(spec.field, self.value(spec));
        let deleted = self.name.as_ref().map(|name| Value::Bool(name.deleted));
        fields.push("deleted", deleted.unwrap_or(Value::MISSING));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const FILE: &[u8] = include_bytes!("../../../tests/fixtures/proc/maps");

    fn row(text: &str) -> Mapping {
        let maps: Maps = law::holds(text.as_bytes());
        maps.rows[0].clone()
    }

    #[test]
    fn a_mapping_has_its_columns() {
        let maps: Maps = law::holds(FILE);
        let program = &maps.rows[1];
        assert_eq!(program.pathname.name(), Some(&b"/usr/bin/cat"[..]));
        assert_eq!((program.dev.major, program.dev.minor), (254, 0));
        assert!(program.perms.is_readable() && program.perms.is_executable());
        assert!(!program.perms.is_writable() && !program.perms.is_shared());
        assert_eq!((program.offset, program.len()), (0x2000, 0x5000));
        let heap = maps
            .rows
            .iter()
            .find(|row| row.pathname.name() == Some(b"[heap]"));
        assert_eq!(
            (heap.unwrap().dev, heap.unwrap().inode),
            (Dev::default(), 0)
        );
        assert!(maps.rows.iter().any(|row| row.pathname.name().is_none()));
        assert_eq!(maps.rows.iter().map(Mapping::len).max(), Some(0x0015_6000));
    }

    /// Made by hand after the form of `show_map_vma`.
    #[test]
    fn a_name_may_hold_anything_and_be_gone() {
        let odd = row(
            "7f0000000000-7f0000001000 rw-s 00000000 00:01 5                          /a  b\\012c (deleted)\n",
        );
        assert_eq!(odd.pathname.name(), Some(&b"/a  b\nc"[..]));
        assert!(odd.pathname.is_deleted() && odd.perms.is_shared());
        let narrow = row("08048000-08054000 r-xp 00000000 08:01 1234       /bin/x\n");
        assert_eq!(narrow.pathname.name(), Some(&b"/bin/x"[..]));
        let inode = row(
            "7fffffff0000-7fffffff1000 rw-p ffffffffffffffff fffff:fffff 18446744073709551615  /a\n",
        );
        assert_eq!(inode.pathname.name(), Some(&b"/a"[..]));
        assert_eq!(inode.dev.minor, 0xfffff);
    }

    #[test]
    fn another_form_of_a_mapping_is_refused() {
        for bad in [
            "8048000-08054000 r-xp 00000000 08:01 1234       /bin/x\n",
            "08048000-08054000 r-xq 00000000 08:01 1234       /bin/x\n",
            "08048000-08054000 r-xp 00000000 8:01 1234        /bin/x\n",
            "08048000-08054000 r-xp 00000000 08:01 1234      /bin/x\n",
            "08048000-08054000 r-xp 00000000 08:01 1234\n",
            "08048000-08054000 r-xp 00000000 08:01 1234 ",
        ] {
            assert!(Maps::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Maps>(&[FILE], 5_000);
    }

    /// The links of `map_files` are named by the addresses, and lead to the files.
    #[test]
    fn a_file_is_where_its_link_leads() {
        use std::os::unix::ffi::OsStrExt as _;

        let maps: Maps = law::holds(&std::fs::read("/proc/self/maps").unwrap());
        let mut compared = 0;
        for row in &maps.rows {
            let path = format!("/proc/self/map_files/{:x}-{:x}", row.start, row.end);
            // Other tests' threads map and unmap.
            if row.inode > 0
                && let Ok(target) = std::fs::read_link(path)
            {
                assert_eq!(row.pathname.name(), Some(target.as_os_str().as_bytes()));
                compared += 1;
            }
        }
        assert!(compared > 0);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("maps") {
            law::holds::<Maps>(&file);
        }
    }
}
