//! `/proc/execdomains`: the systems whose programs can be run.

use crate::format::{Rows, record};

record! {
    /// The systems whose programs can be run.
    ///
    /// `/proc/execdomains` (`execdomains_proc_show` of `kernel/exec_domain.c`). Since 4.1 that is
    /// Linux alone.
    pub struct Execdomains: "execdomains" {
        /// The systems.
        rows: Rows<Execdomain> = "{%r\n}",
    }
}

record! {
    /// A system whose programs can be run.
    pub struct Execdomain {
        /// The first of its personalities.
        low: u32 = "%d-",
        /// The last of its personalities.
        high: u32 = "%d\t",
        /// Its name.
        name: Vec<u8> = "%-16s\t",
        /// The module that runs them.
        module: Vec<u8> = "[%s]",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn linux_is_personality_0() {
        let file = b"0-0\tLinux           \t[kernel]\n";
        let domains: Execdomains = law::holds(file);
        let [linux] = &domains.rows[..] else {
            panic!("{domains:?}");
        };
        assert_eq!((linux.low, linux.high), (0, 0));
        assert_eq!(
            (&*linux.name, &*linux.module),
            (&b"Linux"[..], &b"kernel"[..])
        );
        law::mutants::<Execdomains>(&[file], 2_000);
    }
}
