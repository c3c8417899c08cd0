//! `/proc/version`: which kernel runs, who built it, and with what.

use crate::format::record;

record! {
    /// Which kernel runs, who built it, and with what.
    ///
    /// `/proc/version` (`linux_proc_banner` of `init/version.c`). The first, the second and the
    /// last are what `uname` says in the reader's UTS namespace.
    pub struct Version: "version" {
        /// Name of the system: `Linux`.
        sysname: Vec<u8> = "%s version ",
        /// Release: `6.1.0`.
        release: Vec<u8> = "%s (",
        /// The user who built it.
        compile_by: Vec<u8> = "%s@",
        /// The machine where it was built.
        compile_host: Vec<u8> = "%s) (",
        /// The tools it was built with, which may have parentheses of their own.
        compiler: Vec<u8> = "%*s) ",
        /// Count and time of the build, and some of its configuration.
        version: Vec<u8> = "%s\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn it_says_what_uname_does() {
        let version: Version = law::holds(&std::fs::read("/proc/version").unwrap());
        let uname = nix::sys::utsname::uname().unwrap();
        assert_eq!(version.sysname, uname.sysname().as_encoded_bytes());
        assert_eq!(version.release, uname.release().as_encoded_bytes());
        assert_eq!(version.version, uname.version().as_encoded_bytes());
    }

    #[test]
    fn tools_may_have_parentheses() {
        // Made by hand after the form of Debian's.
        let file = b"Linux version 6.1.0-1-amd64 (a@b.org) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU \
                     ld (GNU Binutils for Debian) 2.40) #1 SMP Debian 6.1.0-1 (2023-01-07)\n";
        let version: Version = law::holds(file);
        assert_eq!(
            (&*version.compile_by, &*version.compile_host),
            (&b"a"[..], &b"b.org"[..])
        );
        assert!(version.compiler.ends_with(b"for Debian) 2.40"));
        assert_eq!(version.version, b"#1 SMP Debian 6.1.0-1 (2023-01-07)");
        law::mutants::<Version>(&[file], 5_000);
    }
}
