//! `/proc/locks`: the locks on files, and who waits for them.

use crate::{
    Value,
    format::{Aligned, Cursor, Field, ParseError, Rows, Spec, record},
    value::Fields,
};

record! {
    /// The locks on files, and who waits for them.
    ///
    /// `/proc/locks` (`lock_get_status` of `fs/locks.c`). In a PID namespace, those of processes
    /// outside of it are left out.
    pub struct Locks: "locks" {
        /// The locks, those that wait for one after it.
        rows: Rows<Lock> = "{%r\n}",
    }
}

record! {
    /// A lock.
    pub struct Lock {
        /// Its place in the file; one that waits has that of the lock it waits for.
        id: u64 = "%u:",
        /// How many it waits behind; 0 for one that is held.
        depth: LockDepth = "%r",
        /// `POSIX`, `ACCESS` and `OFDLCK` (`fcntl`), `FLOCK`, `LEASE` and `DELEG`.
        class: Vec<u8> = "%-6s ",
        /// `ADVISORY`; `MANDATORY` before 5.15; of a lease `ACTIVE`, `BREAKING` or `BREAKER`.
        mode: Vec<u8> = "%-9s ",
        /// `READ`, `WRITE` or `UNLCK`.
        access: Vec<u8> = "%s ",
        /// The process, in the reader's PID namespace; -1 for a lock of an open file.
        pid: Aligned<i32> = "%d ",
        /// The file.
        file: LockedFile = "%r ",
        /// The first byte that is locked.
        start: u64 = "%u ",
        /// The last one; missing where it is the file's end, wherever that will be.
        end: LockEnd = "%u",
    }
}

/// How many locks a lock waits behind, one behind the other; 0 for one that is held.
///
/// Printed as a blank, or as so many blanks and `"-> "`. Before 5.12 it was always one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LockDepth(pub u32);

impl Field for LockDepth {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let blanks = cursor.rest().iter().take_while(|&&b| b == b' ').count();
        cursor.take(blanks);
        let depth = if cursor.skip(b"-> ") {
            u32::try_from(blanks).ok().filter(|&depth| depth > 0)
        } else {
            (blanks == 1).then_some(0)
        };
        let depth =
            depth.ok_or_else(|| cursor.error(spec.field, "not as the kernel indents it"))?;
        Ok(Self(depth))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if self.0 == 0 {
            return out.push(b' ');
        }
        out.extend((0..self.0).map(|_| b' '));
        out.extend_from_slice(b"-> ");
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Int(self.0.into())
    }
}

record! {
    /// A file by its device and its inode.
    pub struct FileNumber {
        /// Major number of the device.
        major: u32 = "%02x:",
        /// Minor number of the device.
        minor: u32 = "%02x:",
        /// Inode.
        inode: LockInode = "%u",
    }
}

/// The inode of a locked file.
///
/// Printed as `"%ld"` before 5.6, so a number with the highest bit has a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LockInode {
    number: u64,
    signed: bool,
}

impl LockInode {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.number
    }
}

impl Field for LockInode {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let signed = cursor.rest().starts_with(b"-");
        let number = if signed {
            i64::take(cursor, spec)?.cast_unsigned()
        } else {
            u64::take(cursor, spec)?
        };
        Ok(Self { number, signed })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if self.signed {
            self.number.cast_signed().put(spec, out);
        } else {
            self.number.put(spec, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.number.into()
    }
}

/// The file that a lock is on; nothing where the kernel has lost it (`<none>:0`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockedFile(pub Option<FileNumber>);

const NONE: &[u8] = b"<none>:0";

impl Field for LockedFile {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.skip(NONE) {
            return Ok(Self(None));
        }
        FileNumber::take(cursor, spec).map(|file| Self(Some(file)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match &self.0 {
            Some(file) => file.put(spec, out),
            None => out.extend_from_slice(NONE),
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let number = |of: fn(&FileNumber) -> Value| self.0.as_ref().map_or(Value::MISSING, of);
        let fields = [
            ("major", number(|file| Value::Int(file.major.into()))),
            ("minor", number(|file| Value::Int(file.minor.into()))),
            ("inode", number(|file| file.inode.number().into())),
        ];
        Value::Fields(fields.into_iter().collect())
    }

    /// As `major`, `minor` and `inode`.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        if let Value::Fields(numbers) = self.value(spec) {
            for (name, number) in numbers {
                fields.push(name, number);
            }
        }
    }
}

/// The last byte that is locked; nothing for all to the file's end (`EOF`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LockEnd(pub Option<u64>);

impl Field for LockEnd {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.skip(b"EOF") {
            return Ok(Self(None));
        }
        u64::take(cursor, spec).map(|end| Self(Some(end)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self.0 {
            Some(end) => end.put(spec, out),
            None => out.extend_from_slice(b"EOF"),
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.map_or(Value::MISSING, |end| end.value(spec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../tests/fixtures/proc/locks");

    #[test]
    fn each_kind_is_told_apart_and_waits_behind_another() {
        let locks: Locks = law::holds(HERE);
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let rows: Vec<_> = locks
            .rows
            .iter()
            .map(|lock| {
                (
                    lock.id,
                    lock.depth.0,
                    text(&lock.class),
                    text(&lock.access),
                    *lock.pid,
                )
            })
            .collect();
        let row = |id, depth, class: &str, access: &str, pid| {
            (id, depth, class.to_owned(), access.to_owned(), pid)
        };
        // What was locked when it was captured, and what `lslocks` said of it.
        assert_eq!(
            rows,
            [
                row(1, 0, "POSIX", "READ", 25_768),
                row(2, 0, "LEASE", "WRITE", 25_768),
                row(3, 0, "OFDLCK", "READ", -1),
                row(4, 0, "FLOCK", "WRITE", 25_768),
                row(4, 1, "FLOCK", "READ", 25_998),
                row(5, 0, "POSIX", "WRITE", 25_768),
                row(5, 1, "POSIX", "WRITE", 25_821),
                row(5, 2, "POSIX", "READ", 25_836),
            ]
        );
        let deepest = &locks.rows[7];
        assert_eq!((deepest.start, deepest.end.0), (20, Some(49)));
        let fields = deepest.fields();
        assert_eq!(fields.find("major"), Some(&Value::Int(254)));
        assert_eq!(fields.find("inode"), Some(&Value::Int(10_010_810)));
        assert_eq!(locks.rows[1].mode, b"ACTIVE");
        assert_eq!(locks.rows[2].end.0, None);
        assert_eq!(locks.rows[2].start, 10);
    }

    #[test]
    fn older_kernels_fill_the_column() {
        // Made by hand after the forms of Linux 3.2 and 4.19.
        let file = b"1: POSIX  ADVISORY  READ  16278 09:01:125043015 128 128\n\
                     1: -> POSIX  ADVISORY  WRITE 7 09:01:125043015 0 EOF\n\
                     2: FLOCK  MSNFS     RW    9 00:0f:-9223372036854775807 0 EOF\n\
                     3: ACCESS *NOINODE* UNLCK -1 <none>:0 0 EOF\n";
        let locks: Locks = law::holds(file);
        assert_eq!((*locks.rows[0].pid, locks.rows[1].depth.0), (16_278, 1));
        assert_eq!(&*locks.rows[2].access, b"RW");
        let inode = locks.rows[2].fields().find("inode").cloned();
        assert_eq!(inode, Some(Value::Uint((1 << 63) + 1)));
        assert_eq!(locks.rows[3].fields().find("inode"), Some(&Value::MISSING));
        law::mutants::<Locks>(&[HERE, file], 5_000);
    }
}
