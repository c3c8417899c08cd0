//! What the system told of files: the names in a directory, the kind of a file.

use super::{Stat, list::names};

/// Whether it is a regular file.
pub(crate) fn is_regular(stat: &Stat) -> bool {
    stat.st_mode & libc::S_IFMT == libc::S_IFREG
}

/// The names in what `getdents64` told of a directory, but for those of itself and of the one above.
pub(crate) fn names_in(entries: &[u8]) -> Vec<Vec<u8>> {
    let names = names(entries).filter_map(|name| name.split(|&b| b == 0).next());
    let names = names.filter(|name| !matches!(*name, b"" | b"." | b".."));
    names.map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry as the kernel has it, of a length that is filled up.
    fn entry(name: &str) -> Vec<u8> {
        let length = (19 + name.len() + 1).next_multiple_of(8);
        let mut entry = vec![0; 16];
        entry.extend(u16::try_from(length).unwrap().to_ne_bytes());
        entry.push(8);
        entry.extend(name.as_bytes());
        entry.resize(length, 0);
        entry
    }

    #[test]
    fn names_are_those_of_whole_entries() {
        let all = [".", "..", "a", "a name of some length"]
            .map(entry)
            .concat();
        let names = [b"a".to_vec(), b"a name of some length".to_vec()];
        assert_eq!(names_in(&all), names);
        assert_eq!(names_in(&all[..all.len() - 1]), names[..1]);
        assert_eq!(names_in(&[0; 64]), [b""; 0]);
    }
}
