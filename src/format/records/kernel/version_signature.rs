//! `/proc/version_signature`: which package of Ubuntu's the kernel is.

use crate::format::record;

record! {
    /// Which package of Ubuntu's the kernel is.
    ///
    /// `/proc/version_signature` (`proc_version_signature` of Ubuntu's kernels, no others).
    pub struct VersionSignature: "version_signature" {
        /// `Ubuntu`.
        distribution: Vec<u8> = "%s ",
        /// The package's version: `5.15.0-91.101-generic`.
        release: Vec<u8> = "%s ",
        /// The kernel that it was made from: `5.15.131`.
        upstream: Vec<u8> = "%s\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn it_names_the_kernel_that_it_was_made_from() {
        // Made by hand after the form of Ubuntu 22.04.
        let file = b"Ubuntu 5.15.0-91.101-generic 5.15.131\n";
        let signature: VersionSignature = law::holds(file);
        assert_eq!(signature.release, b"5.15.0-91.101-generic");
        assert_eq!(signature.upstream, b"5.15.131");
        law::mutants::<VersionSignature>(&[file], 2_000);
    }
}
