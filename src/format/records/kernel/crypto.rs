//! `/proc/crypto`: the algorithms that the kernel can use.

use crate::format::{Rows, lines, record};

record! {
    /// The algorithms that the kernel can use.
    ///
    /// `/proc/crypto` (`c_show` of `crypto/proc.c`, and what each type of them shows). Those of
    /// modules that are not loaded are left out.
    pub struct Crypto: "crypto" {
        /// The algorithms, the last one added first.
        rows: Rows<Algorithm> = "{%r\n}",
    }
}

lines! {
    /// An algorithm. Which lines it has depends on its type.
    pub struct Algorithm until at_empty_line {
        /// What it computes: `cbc(aes)`. Several may compute one thing.
        name: Vec<u8> = "name         : %s\n",
        /// Which of those this is.
        driver: Option<Vec<u8>> = "driver       : %s\n",
        /// The module that has it; `kernel` if none.
        module: Vec<u8> = "module       : %s\n",
        /// That of the highest priority is taken.
        priority: Option<i32> = "priority     : %d\n",
        /// How often it is used, a count.
        refcnt: Option<i32> = "refcnt       : %d\n",
        /// `passed`, or `unknown` as long as it was not tested.
        selftest: Option<Vec<u8>> = "selftest     : %s\n",
        /// Is it only for others to be made of? Since 4.2.
        internal: Option<bool> = "internal     : %s\n",
        /// Is it approved by FIPS 140? Only in that mode. Since 6.3.
        fips: Option<bool> = "fips         : %s\n",
        /// The type: `skcipher`, `shash`, `rng`.
        kind: Vec<u8> = "type         : %s\n",
        /// May its result come later?
        is_async: Option<bool> = "async        : %s\n",
        /// Mask of one that is being made, type `larval`.
        flags: Option<u32> = "flags        : 0x%x\n",
        /// Size of a block, in bytes.
        blocksize: Option<u32> = "blocksize    : %u\n",
        /// Smallest key, in bytes.
        min_keysize: Option<u32> = "min keysize  : %u\n",
        /// Largest key, in bytes.
        max_keysize: Option<u32> = "max keysize  : %u\n",
        /// Size of the initialisation vector, in bytes.
        ivsize: Option<u32> = "ivsize       : %u\n",
        /// Bytes that are best worked on together. Since 4.9.
        chunksize: Option<u32> = "chunksize    : %u\n",
        /// Bytes that it takes at a time. Since 4.10.
        walksize: Option<u32> = "walksize     : %u\n",
        /// Size of its state, in bytes. Since 6.8.
        statesize: Option<u32> = "statesize    : %u\n",
        /// Size of the result, in bytes.
        digestsize: Option<u32> = "digestsize   : %u\n",
        /// Size of the seed, in bytes.
        seedsize: Option<u32> = "seedsize     : %u\n",
        /// Largest authentication tag, in bytes.
        maxauthsize: Option<u32> = "maxauthsize  : %u\n",
        /// How initialisation vectors are made; `<none>`, `<default>` and the like in brackets.
        geniv: Option<Vec<u8>> = "geniv        : %s\n",
    }
}

fn at_empty_line(rest: &[u8]) -> bool {
    rest.starts_with(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/crypto");

    #[test]
    fn a_type_has_its_sizes() {
        let crypto: Crypto = law::holds(HERE);
        let find = |driver: &[u8]| {
            let of = |row: &&Algorithm| row.driver.as_deref() == Some(driver);
            crypto.rows.iter().find(of).unwrap()
        };
        let cbc = find(b"cbc(ecb(aes-fixed-time))");
        assert_eq!(
            (&*cbc.name, &*cbc.kind),
            (&b"cbc(aes)"[..], &b"lskcipher"[..])
        );
        // The sizes of AES, as FIPS 197 has them.
        assert_eq!(
            (cbc.blocksize, cbc.min_keysize, cbc.max_keysize),
            (Some(16), Some(16), Some(32))
        );
        assert_eq!(
            (cbc.ivsize, cbc.digestsize, cbc.internal),
            (Some(16), None, Some(false))
        );
        for row in crypto.rows.iter().filter(|row| row.name == b"sha256") {
            assert_eq!((row.digestsize, row.blocksize), (Some(32), Some(64)));
        }
        law::mutants::<Crypto>(&[&HERE[..2000]], 2_000);
    }

    #[test]
    fn a_line_of_another_kernel_is_kept() {
        // Made by hand after the form of Linux 2.6.18, and of one to come.
        let old = b"name         : md5\nmodule       : kernel\ntype         : digest\n\
                    blocksize    : 64\ndigestsize   : 16\n\n";
        assert_eq!(law::holds::<Crypto>(old).rows[0].driver, None);
        let new = b"name         : md5\nmodule       : kernel\ntype         : digest\n\
                    colour       : red\n\n";
        let crypto: Crypto = law::holds(new);
        assert!(crypto.rows[0].unknown_lines().eq([b"colour       : red"]));
        assert!(Crypto::parse(b"\n").is_err());
    }
}
