//! `/proc/PID/exe`, `cwd`, `root`, `fd/FD` and other symbolic links of the kernel's.

use crate::{
    format::{File, ParseError, Record},
    value::{Fields, Value},
};

/// Where a symbolic link of `/proc` leads, as `readlink` says it.
///
/// `/proc/PID/exe`, `cwd`, `root`, `fd/*`, `ns/*` and `map_files/*` (`d_path`). What has no name in
/// the file system has its kind and inode (`pipe:[4213]`), or its kind alone (`anon_inode:[eventfd]`);
/// ` (deleted)` stands after a name that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Link {
    /// The target, any bytes.
    pub target: Vec<u8>,
}

impl Link {
    /// The kind and the inode of what has no name in the file system: `socket`, `pipe`, `net`.
    #[must_use]
    pub fn kind_and_inode(&self) -> Option<(&[u8], u64)> {
        let colon = crate::bytes::find_part(&self.target, b":[")?;
        let (kind, inode) = self.target.split_at_checked(colon)?;
        let inode = inode.strip_prefix(b":[")?.strip_suffix(b"]")?;
        Some((kind, crate::bytes::decimal(inode)?))
    }
}

impl Record for Link {
    /// Never fails: any bytes are a target.
    fn parse(file: &[u8]) -> Result<Self, ParseError> {
        Ok(Self {
            target: file.to_vec(),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.target);
    }
}

impl File for Link {
    const PATH: &'static str = "exe";
    const ABOUT: &'static str = "Where a symbolic link leads.";

    fn records(&self, each: &mut dyn FnMut(Fields)) {
        each(
            [("target", Value::text(&self.target))]
                .into_iter()
                .collect(),
        );
    }

    fn unknown(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn what_has_no_name_has_a_kind_and_an_inode() {
        let inode = |target: &[u8]| {
            let link: Link = law::holds(target);
            let (kind, inode) = link.kind_and_inode()?;
            Some((kind.to_vec(), inode))
        };
        assert_eq!(inode(b"socket:[4213]"), Some((b"socket".to_vec(), 4213)));
        assert_eq!(inode(b"/tmp/a:[1]b"), None);
        assert_eq!(inode(b"anon_inode:[eventfd]"), None);
    }
}
