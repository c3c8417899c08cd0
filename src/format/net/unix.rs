//! `/proc/net/unix`: the sockets of the Unix domain.

use super::HexCount;
use crate::{
    bytes,
    format::{Cursor, Field, Head, ParseError, Pointer, Rows, Spec, flags, named, record},
    value::Value,
};

record! {
    /// Sockets of the Unix domain.
    ///
    /// `/proc/net/unix` (`unix_seq_show`). A path stands there as it is, newlines included, so a row
    /// may take several lines: it ends where the next line has the form of a row. Whoever binds a
    /// socket to a path of that form makes a row, and nothing tells it from others.
    pub struct Unix: "net/unix" {
        /// The names of the columns.
        head: Head = "%h{Num       RefCount Protocol Flags    Type St Inode Path\n}",
        /// The sockets.
        rows: Rows<UnixSocket> = "{%r\n}",
    }
}

record! {
    /// A socket of the Unix domain.
    renewable pub struct UnixSocket {
        /// Its address in the kernel.
        num: Pointer = "%r: ",
        /// References to it.
        ref_count: HexCount = "%08X ",
        /// Protocol: 0.
        protocol: u32 = "%08X ",
        /// Flags.
        flags: UnixFlags = "%08X ",
        /// Type.
        r#type: UnixType = "%04X ",
        /// State.
        st: UnixState = "%02X ",
        /// Inode; 0 for one that no process has yet, such as one that waits for `accept`.
        inode: u64 = "%5u",
        /// What it is bound to; missing for one that is not.
        path: UnixPath = "%r",
    }
}

flags! {
    /// Flags of a socket of the Unix domain.
    pub struct UnixFlags(u32) {
        0x10000 = "ACC",
    }
}

named! {
    /// What a socket sends.
    pub struct UnixType(u32) {
        1 = "STREAM",
        2 = "DGRAM",
        3 = "RAW",
        5 = "SEQPACKET",
    }
}

named! {
    /// The state of a socket of the Unix domain. One that listens is unconnected and has the flag
    /// `ACC`.
    pub struct UnixState(u32) {
        0 = "FREE",
        1 = "UNCONNECTED",
        2 = "CONNECTING",
        3 = "CONNECTED",
        4 = "DISCONNECTING",
    }
}

/// What a socket of the Unix domain is bound to, if it is.
///
/// An abstract name begins with `@` in place of its NUL; so may a path, which looks the same. Other
/// NULs of an abstract name are `@` too, before 4.10 they are NULs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnixPath(pub Option<Vec<u8>>);

impl Field for UnixPath {
    const OPTIONAL: bool = true;

    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        if !cursor.skip(b" ") {
            return Ok(Self(None));
        }
        let text = cursor.rest();
        let mut len = 0;
        loop {
            let line = text.get(len..).unwrap_or_default();
            len += bytes::find(line, b'\n').unwrap_or(line.len());
            match text.get(len + 1..) {
                Some(next) if !next.is_empty() && !begins_row(next) => len += 1,
                _ => break,
            }
        }
        Ok(Self(Some(cursor.take(len).to_vec())))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if let Some(path) = &self.0 {
            out.push(b' ');
            out.extend_from_slice(path);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.0.as_ref().map_or(Value::MISSING, Value::text)
    }
}

/// Does a row begin here?
fn begins_row(text: &[u8]) -> bool {
    let line = bytes::find(text, b'\n').unwrap_or(text.len());
    // What stands before the path is never so long.
    let line = text.get(..line.min(120)).unwrap_or(text);
    let mut socket = UnixSocket::default();
    socket.renew_up_to(line, "inode").is_ok() && {
        let mut row = Vec::new();
        socket.write(&mut row);
        matches!(line.get(row.len()), None | Some(b' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HEAD: &str = "Num       RefCount Protocol Flags    Type St Inode Path\n";

    #[test]
    fn a_path_may_hold_newlines_and_bytes_that_are_no_text() {
        let mut file = HEAD.as_bytes().to_vec();
        file.extend_from_slice(
            b"00000000cda77c56: 00000002 00000000 00010000 0001 01 17011 /tmp/a\n\n b\xff\n\n\
              00000000cda77c57: 00000002 00000000 00000000 0002 01  1595\n\
              cda77c58: 00000003 00000000 00000000 0005 03 123456 @a\0b\n",
        );
        let unix: Unix = law::holds(&file);
        let paths: Vec<_> = unix.rows.iter().map(|row| row.path.0.as_deref()).collect();
        assert_eq!(
            paths,
            [Some(&b"/tmp/a\n\n b\xff\n"[..]), None, Some(b"@a\0b")]
        );
        let fields = unix.rows[0].fields();
        assert_eq!(fields.find("st"), Some(&Value::text("UNCONNECTED")));
        assert_eq!(
            fields.find("flags"),
            Some(&Value::List(vec![Value::text("ACC")]))
        );
        assert_eq!(fields.find("type"), Some(&Value::text("STREAM")));
        assert_eq!(unix.rows[2].inode, 123_456);
        law::mutants::<Unix>(&[&file], 5_000);
    }
}
