//! `/proc/PID/attr/current` and others: the security labels of a process.

use crate::{
    format::{Cursor, Field, ParseError, Spec, record},
    value::Value,
};

record! {
    /// A security label of a process, or one that it will give.
    ///
    /// `/proc/PID/attr/current`, `prev`, `exec`, `fscreate`, `keycreate`, `sockcreate`, and those of
    /// one security module in a directory of its name (`proc_pid_attr_read`). It is empty where
    /// nothing is set; reading fails without a security module.
    pub struct Attr: "attr/current" {
        /// The label.
        label: SecurityLabel = "%r",
    }
}

/// A security label, without the newline (`AppArmor`) or the NUL (`SELinux`) that ends it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityLabel {
    /// The label: `unconfined`, `/usr/bin/man (enforce)`, `system_u:system_r:init_t:s0`.
    pub label: Vec<u8>,
    end: Option<u8>,
}

impl SecurityLabel {
    /// The profile and the mode of a label of `AppArmor`: `/usr/bin/man` and `enforce`.
    #[must_use]
    pub fn profile_and_mode(&self) -> Option<(&[u8], &[u8])> {
        let rest = self.label.strip_suffix(b")")?;
        let at = crate::bytes::rfind_part(rest, b" (")?;
        let (profile, mode) = rest.split_at_checked(at)?;
        Some((profile, mode.strip_prefix(b" (")?))
    }
}

/// To the end of the file.
impl Field for SecurityLabel {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let text = cursor.take(cursor.rest().len());
        Ok(match text {
            [label @ .., end @ (b'\n' | 0)] => Self {
                label: label.to_vec(),
                end: Some(*end),
            },
            label => Self {
                label: label.to_vec(),
                end: None,
            },
        })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.label);
        out.extend(self.end);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        if self.label.is_empty() {
            return Value::MISSING;
        }
        Value::text(&self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    /// Made by hand: the kernel here has no security module.
    #[test]
    fn a_label_comes_without_its_end() {
        let app: Attr = law::holds(b"/usr/bin/a b (enforce)\n");
        let expected = (&b"/usr/bin/a b"[..], &b"enforce"[..]);
        assert_eq!(app.label.profile_and_mode(), Some(expected));
        let selinux: Attr = law::holds(b"system_u:system_r:init_t:s0\0");
        assert_eq!(selinux.label.label, b"system_u:system_r:init_t:s0");
        assert_eq!(selinux.label.profile_and_mode(), None);
        assert_eq!(law::holds::<Attr>(b"_").label.label, b"_");
        assert_eq!(
            law::holds::<Attr>(b"").fields().find("label"),
            Some(&Value::MISSING)
        );
    }
}
