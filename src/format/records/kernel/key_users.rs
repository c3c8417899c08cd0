//! `/proc/key-users`: how many keys each user has.

use crate::format::{Rows, record};

record! {
    /// How many keys each user has, and may have.
    ///
    /// `/proc/key-users` (`proc_key_users_show` of `security/keys/proc.c`).
    pub struct KeyUsers: "key-users" {
        /// The users of the reader's user namespace.
        rows: Rows<KeyUser> = "{%r\n}",
    }
}

record! {
    /// How many keys one user has.
    pub struct KeyUser {
        /// User id.
        uid: u32 = "%5u: ",
        /// References to it in the kernel.
        usage: u32 = "%5d ",
        /// Keys.
        nkeys: u32 = "%d/",
        /// Keys that were filled.
        nikeys: u32 = "%d ",
        /// Keys that count.
        qnkeys: u32 = "%d/",
        /// How many of them there may be.
        maxkeys: u32 = "%d ",
        /// Size of those, in bytes.
        qnbytes: u32 = "%d/",
        /// How large they may be, in bytes.
        maxbytes: u32 = "%d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn limits_are_those_of_sysctl() {
        let users: KeyUsers = law::holds(&std::fs::read("/proc/key-users").unwrap());
        let root = users.rows.iter().find(|row| row.uid == 0).unwrap();
        for (limit, name) in [
            (root.maxkeys, "root_maxkeys"),
            (root.maxbytes, "root_maxbytes"),
        ] {
            let set = std::fs::read_to_string(format!("/proc/sys/kernel/keys/{name}")).unwrap();
            assert_eq!(set.trim(), limit.to_string());
        }
        let file = b"    0:    10 9/8 4/1000000 110/25000000\n";
        let users: KeyUsers = law::holds(file);
        let root = &users.rows[0];
        assert_eq!((root.usage, root.nkeys, root.nikeys), (10, 9, 8));
        assert_eq!((root.qnkeys, root.qnbytes), (4, 110));
        law::mutants::<KeyUsers>(&[file], 2_000);
    }
}
