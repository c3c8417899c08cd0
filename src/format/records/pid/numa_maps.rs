//! `/proc/PID/numa_maps`: on which memory nodes the mappings of a process are.

use crate::format::pid::Deletable;
use crate::{
    bytes,
    format::{
        Cursor, Field, Item, Maybe, OctalEscaped, ParseError, Present, Rest, Rows, Spec, record,
    },
    value::Value,
};

record! {
    /// On which memory nodes the mappings of a process are.
    ///
    /// `/proc/PID/numa_maps` (`show_numa_map`), since 2.6.14, on kernels with NUMA. It is empty for
    /// a kernel thread and a zombie. Only who may trace the process may read it. Counts are of
    /// pages; those that are 0, or the same as another, are left out.
    pub struct NumaMaps: "numa_maps" {
        /// The mappings, by address.
        rows: Rows<NumaMap> = "{%r}",
    }
}

record! {
    /// One mapping.
    pub struct NumaMap {
        /// First address.
        start: u64 = "%08x ",
        /// From which nodes its memory comes.
        policy: NumaPolicy = "%r",
        /// The file that is mapped.
        file: Maybe<Deletable<NumaPath>> = "{ file=%r}",
        /// Is it the heap?
        heap: Present = " heap%r",
        /// Is it the stack of the first thread?
        stack: Present = " stack%r",
        /// Is it of huge pages?
        huge: Present = " huge%r",
        /// Pages that belong to no file.
        anon: Maybe<u64> = "{ anon=%u}",
        /// Pages that were written to.
        dirty: Maybe<u64> = "{ dirty=%u}",
        /// Pages, if that is neither `anon` nor `dirty`.
        mapped: Maybe<u64> = "{ mapped=%u}",
        /// How many have mapped the page that most have mapped, if that is more than one.
        mapmax: Maybe<u64> = "{ mapmax=%u}",
        /// Pages that are in a swap area too.
        swapcache: Maybe<u64> = "{ swapcache=%u}",
        /// Pages in use, if not all are.
        active: Maybe<u64> = "{ active=%u}",
        /// Pages that are being written out.
        writeback: Maybe<u64> = "{ writeback=%u}",
        /// Pages on each node that has some.
        nodes: Vec<NumaNode> = "{ N%r}",
        /// Size of its pages, in KiB. Since 3.8.
        kernelpagesize_kb: Maybe<u64> = "{ kernelpagesize_kB=%u}",
        /// What a later kernel says besides.
        rest: Rest = "%r\n",
    }
}

record! {
    /// Pages on a node.
    #[derive(Copy)]
    pub struct NumaNode {
        /// Number of the node.
        node: u32 = "%u",
        /// How many pages.
        pages: u64 = "=%u",
    }
}

/// From which nodes memory comes: `default`, `bind:0-1`, `interleave=static:0`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumaPolicy(Vec<u8>);

impl NumaPolicy {
    /// What it is called, flags included: `bind`, `prefer (many)`, `interleave=static`.
    #[must_use]
    pub fn mode(&self) -> &[u8] {
        bytes::split_once(&self.0, b':').map_or(&self.0, |(mode, _)| mode)
    }

    /// The nodes, as a list: `0-1,3`. Nothing where the mode needs none.
    #[must_use]
    pub fn nodes(&self) -> Option<&[u8]> {
        bytes::split_once(&self.0, b':').map(|(_, nodes)| nodes)
    }
}

/// Those modes that have a blank.
const TWO_WORDS: [&[u8]; 2] = [b"prefer (many)", b"weighted interleave"];

/// Up to the blank after it.
impl Field for NumaPolicy {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let mut two = TWO_WORDS.iter().filter(|mode| text.starts_with(mode));
        let start = two.next().map_or(0, |mode| mode.len());
        let mut rest = text.iter().skip(start);
        let end = rest.position(|b| matches!(b, b' ' | b'\n'));
        let len = start + end.unwrap_or(text.len() - start);
        match cursor.take(len) {
            [] => Err(cursor.error(spec.field, "missing")),
            policy => Ok(Self(policy.to_vec())),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.0)
    }
}

/// A path in which blanks, tabs, newlines and `=` are escaped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumaPath(pub Vec<u8>);

impl AsMut<Vec<u8>> for NumaPath {
    fn as_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

const BARE: Spec = Spec::new("file", "%s");

/// Up to the blank after it.
impl Field for NumaPath {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let end = text.iter().position(|b| matches!(b, b' ' | b'\n'));
        let text = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
        let Ok(path) = OctalEscaped::<3>::take(&mut Cursor::new(text), &BARE) else {
            return Err(cursor.error(spec.field, "a byte that the kernel escapes"));
        };
        cursor.take(text.len());
        Ok(Self(path.0))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        OctalEscaped::<3>::from(self.0.clone()).put(&BARE, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.0)
    }
}

impl Item for Deletable<NumaPath> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{law, pid::Maps};

    const FILE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/numa_maps");

    #[test]
    fn a_mapping_has_its_pages() {
        let maps: NumaMaps = law::holds(FILE);
        let program = &maps.rows[0];
        assert_eq!(program.policy.mode(), b"default");
        assert_eq!(program.policy.nodes(), None);
        assert_eq!(program.file.as_ref().unwrap().path.0, b"/usr/bin/cat");
        assert_eq!(program.nodes[0].pages, program.mapped.unwrap());
        assert_eq!(*program.kernelpagesize_kb, Some(4));
        assert!(maps.rows.iter().any(|row| row.heap.0));
        assert!(
            maps.rows
                .iter()
                .any(|row| row.stack.0 && row.active.is_some())
        );
    }

    /// Made by hand after the form of `show_numa_map` and `mpol_to_str`.
    #[test]
    fn policies_of_two_words_and_odd_paths_are_known() {
        let maps: NumaMaps = law::holds(b"7f0000000000 weighted interleave:0-1 huge\n");
        assert_eq!(maps.rows[0].policy.mode(), b"weighted interleave");
        assert_eq!(maps.rows[0].policy.nodes(), Some(&b"0-1"[..]));
        assert!(maps.rows[0].huge.0);
        let maps: NumaMaps = law::holds(
            b"7f0000000000 prefer (many)=static:0 file=/a\\040b\\075\\040(deleted) anon=1 N0=1 N2=3 x=1\n",
        );
        let row = &maps.rows[0];
        let file = row.file.as_ref().unwrap();
        assert_eq!((&*file.path.0, file.deleted), (&b"/a b="[..], true));
        assert_eq!((row.nodes[1].node, row.nodes[1].pages), (2, 3));
        assert_eq!(row.rest.as_bytes(), b" x=1");
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<NumaMaps>(&[FILE], 5_000);
    }

    #[test]
    fn the_mappings_are_those_of_maps() {
        // Of a process that maps nothing between the two readings.
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // It has begun when it gives back a line.
        let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        std::io::Write::write_all(&mut input, b"x\n").unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
        let read = |file| std::fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
        let maps: Maps = law::holds(&read("maps"));
        let numa: NumaMaps = law::holds(&read("numa_maps"));
        // The kernel's own mapping, which `maps` adds at the end, is none of the process.
        let maps = maps
            .rows
            .iter()
            .filter(|row| row.pathname.name() != Some(b"[vsyscall]"));
        for (map, numa) in maps.clone().zip(&numa.rows) {
            assert_eq!(map.start, numa.start);
            if let Some(file) = &*numa.file {
                assert_eq!(map.pathname.name(), Some(&*file.path.0));
            }
        }
        assert_eq!(maps.count(), numa.rows.len());
        drop(input);
        child.wait().unwrap();
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("numa_maps") {
            law::holds::<NumaMaps>(&file);
        }
    }
}
