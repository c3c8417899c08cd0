//! `/proc/fs/ext4/…`: what an ext4 file system was mounted with, and what it counted.

use crate::{
    bytes,
    format::{
        Cursor, Field, Head, Labels, Maybe, NumberOrText, ParseError, Rest, Rows, Spec, Tags,
        record,
    },
    value::{Fields, Value},
};

record! {
    /// The options that an ext4 file system has, those that nobody set too.
    ///
    /// `/proc/fs/ext4/DEVICE/options` (`ext4_seq_options_show`).
    pub struct Ext4Options: "fs/ext4/*/options" {
        /// The options, `ro` or `rw` first.
        options: Tags = "{%s=\n}",
    }
}

record! {
    /// How free the groups of blocks of an ext4 file system are.
    ///
    /// `/proc/fs/ext4/DEVICE/mb_groups` (`ext4_mb_seq_groups_show`).
    pub struct Ext4Groups: "fs/ext4/*/mb_groups" {
        /// The names of the columns.
        head: Head = "%h{#group: free  frags first [ 2^0   2^1   2^2   2^3   2^4   2^5   2^6   2^7   2^8   2^9   2^10  2^11  2^12  2^13  ]\n}",
        /// The groups.
        rows: Rows<Ext4Group> = "{#%r\n}",
    }
}

record! {
    /// How free a group of blocks is.
    pub struct Ext4Group {
        /// Its number.
        group: u32 = "%-5u: ",
        /// Free blocks, a count.
        free: u32 = "%-5u ",
        /// Pieces that these make, a count.
        frags: u32 = "%-5u ",
        /// The first free block.
        first: u32 = "%-5u [ ",
        /// Free pieces of two to the power of 0, 1, 2 … blocks, as the buddy allocator has them.
        orders: Vec<u32> = "%-5u{ } ]",
        /// What is wrong with it, if something is; and what psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// What the allocator of blocks of an ext4 file system counted.
    ///
    /// `/proc/fs/ext4/DEVICE/mb_stats` (`ext4_seq_mb_stats_show`).
    pub struct Ext4MbStats: "fs/ext4/*/mb_stats" {
        /// What was counted; only that nothing was, until that is switched on.
        stats: Outline = "%r",
    }
}

record! {
    /// The lists by which the allocator of an ext4 file system finds a group of blocks.
    ///
    /// `/proc/fs/ext4/DEVICE/mb_structs_summary` (`ext4_mb_seq_structs_summary_show`).
    pub struct Ext4MbStructs: "fs/ext4/*/mb_structs_summary" {
        /// How many groups are in each list.
        lists: Outline = "%r",
    }
}

record! {
    /// What an ext4 file system remembers of where its files are.
    ///
    /// `/proc/fs/ext4/DEVICE/es_shrinker_info` (`ext4_seq_es_shrinker_info_show`).
    pub struct Ext4EsShrinker: "fs/ext4/*/es_shrinker_info" {
        /// Extents that are remembered, a count.
        objects: i64 = "stats:\n  %d objects\n",
        /// Those that can be forgotten, a count.
        reclaimable: i64 = "  %d reclaimable objects\n",
        /// How often something was remembered.
        hits: i64 = "  %d/",
        /// How often it was not.
        misses: i64 = "%d cache hits/misses\n",
        /// Files of which something is remembered, a count. Missing where there is none.
        inodes: Maybe<i32> = "{  %d inodes on list\n}",
        /// How long it takes to forget, in microseconds.
        scan_time_us: u64 = "average:\n  %u us scan time\n",
        /// How much is forgotten at a time, a count.
        shrunk: u64 = "  %u shrunk objects\n",
        /// What the most was. Missing where there is no file.
        maximum: Maybe<Ext4EsMaximum> = "{maximum:\n%r}",
    }
}

record! {
    /// The file of which the most is remembered.
    pub struct Ext4EsMaximum {
        /// Its inode.
        inode: u64 = "  %u inode (",
        /// Its extents that are remembered, a count.
        objects: u32 = "%u objects, ",
        /// Those that can be forgotten, a count.
        reclaimable: u32 = "%u reclaimable)\n",
        /// The longest that it took to forget, in microseconds.
        max_scan_time_us: u64 = "  %u us max scan time\n",
    }
}

record! {
    /// The fast commits of an ext4 file system.
    ///
    /// `/proc/fs/ext4/DEVICE/fc_info` (`ext4_fc_info_show`).
    pub struct Ext4FastCommits: "fs/ext4/*/fc_info" {
        /// How many there were.
        commits: i64 = "fc stats:\n%d commits\n",
        /// How many could not be fast.
        ineligible: i64 = "%d ineligible\n",
        /// Blocks that were written, a count.
        numblks: i64 = "%d numblks\n",
        /// How long one took on average, in microseconds.
        avg_commit_time_us: u64 = "%uus avg_commit_time\n",
        /// How often each reason prevented one.
        reasons: Labels = "Ineligible reasons:\n{\"%u\":\t\n}",
    }
}

/// Lines of a label, and mostly a value, with a tab for each level that they are in: to whoever
/// reads by name, `hits` below `cr0_stats` is `cr0_stats.hits`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline(Vec<OutlineLine>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct OutlineLine {
    tabs: usize,
    label: Vec<u8>,
    /// After `: `; of a line that only ends with a colon it is nothing.
    value: Option<NumberOrText>,
    /// Has it no colon?
    is_text: bool,
}

impl Outline {
    /// Each label with those above it, and its value.
    fn each(&self, mut each: impl FnMut(Vec<u8>, &NumberOrText)) {
        let mut above: Vec<(usize, &[u8])> = Vec::new();
        for line in &self.0 {
            while above.last().is_some_and(|(tabs, _)| *tabs >= line.tabs) {
                above.pop();
            }
            match &line.value {
                Some(value) => {
                    let names = above.iter().map(|(_, name)| *name);
                    let names: Vec<_> = names.chain([line.label.as_slice()]).collect();
                    each(names.join(&b'.'), value);
                }
                // So deep is none of the kernel's; what a deeper one is in does not matter.
                None if above.len() < 8 => above.push((line.tabs, &line.label)),
                None => {}
            }
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<NumberOrText> {
        let mut found = None;
        self.each(|key, value| {
            if found.is_none() && key == name.as_bytes() {
                found = Some(value.clone());
            }
        });
        found
    }
}

impl Field for Outline {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut lines = Vec::new();
        while !cursor.rest().is_empty() {
            let line = cursor.take_line();
            cursor.literal(b"\n", spec.field)?;
            let tabs = line.iter().take_while(|&&b| b == b'\t').count();
            let text = line.get(tabs..).unwrap_or_default();
            let (label, value, is_text) = if let Some(at) = bytes::find_part(text, b": ") {
                let value = text.get(at + 2..).unwrap_or_default();
                (
                    text.get(..at).unwrap_or_default(),
                    Some(NumberOrText::new(value)),
                    false,
                )
            } else {
                let label = text.strip_suffix(b":");
                (label.unwrap_or(text), None, label.is_none())
            };
            lines.push(OutlineLine {
                tabs,
                label: label.to_vec(),
                value,
                is_text,
            });
        }
        Ok(Self(lines))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for line in &self.0 {
            out.extend(std::iter::repeat_n(b'\t', line.tabs));
            out.extend_from_slice(&line.label);
            if !line.is_text {
                out.push(b':');
            }
            if let Some(value) = &line.value {
                out.push(b' ');
                value.push(out);
            }
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        self.each(|name, value| fields.push(name.as_slice(), value.to_value()));
        for line in self.0.iter().filter(|line| line.is_text) {
            fields.push("text", Value::text(&line.label));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const GROUPS: &[u8] = b"#group: free  frags first [ 2^0   2^1   2^2   2^3   2^4   2^5   2^6   2^7   2^8   2^9   2^10  2^11  2^12  2^13  ]\n\
        #0    : 63    8     1788  [ 7     4     4     0     2     0     0     0     0     0     0     0     0     0     ]\n\
        #1    : 0     0     32768 [ 0     0     0     0     0     0     0     0     0     0     0     0     0     0     ]\n";

    #[test]
    fn free_blocks_are_those_of_all_orders() {
        let groups: Ext4Groups = law::holds(GROUPS);
        for group in &groups.rows {
            let blocks = (0..)
                .zip(&group.orders)
                .map(|(order, count)| count << order);
            assert_eq!(group.free, blocks.sum::<u32>(), "group {}", group.group);
        }
        law::mutants::<Ext4Groups>(&[GROUPS], 5_000);
    }

    #[test]
    fn options_have_values_or_not() {
        let options: Ext4Options = law::holds(b"rw\nerrors=continue\ncommit=5\n");
        let fields = options.fields();
        assert_eq!(fields.find("commit"), Some(&Value::Int(5)));
        assert_eq!(fields.find("errors"), Some(&Value::text("continue")));
        assert!(options.options.flags().eq([b"rw"]));
        assert!(Ext4Options::parse(b"rw").is_err(), "no newline at its end");
    }

    #[test]
    fn what_is_counted_is_found_by_where_it_stands() {
        // Made by hand after the form of Linux 5.15 where mb_stats is switched on.
        let stats: Ext4MbStats = law::holds(b"mballoc:\n\treqs: 12\n\tcr0_stats:\n\t\thits: 3\n\tcr1_stats:\n\t\thits: 4\n\tbuddies_generated: 1/2\n");
        for (name, value) in [("reqs", 12), ("cr0_stats.hits", 3), ("cr1_stats.hits", 4)] {
            let name = format!("mballoc.{name}");
            assert_eq!(
                stats.stats.find(&name),
                Some(NumberOrText::Int(value)),
                "{name}"
            );
        }
        let file = b"optimize_scan: 1\nmax_free_order_lists:\n\tlist_order_0_groups: 7\n";
        let lists: Ext4MbStructs = law::holds(file);
        assert_eq!(lists.fields().find("optimize_scan"), Some(&Value::Int(1)));
        assert_eq!(
            lists.lists.find("max_free_order_lists.list_order_0_groups"),
            Some(NumberOrText::Int(7))
        );
        law::mutants::<Ext4MbStructs>(&[file], 5_000);
    }

    #[test]
    fn extents_and_fast_commits_are_counted() {
        let empty = b"stats:\n  0 objects\n  0 reclaimable objects\n  5/2 cache hits/misses\naverage:\n  0 us scan time\n  0 shrunk objects\n";
        let info: Ext4EsShrinker = law::holds(empty);
        assert_eq!((info.hits, info.misses, info.inodes.0), (5, 2, None));
        let file = b"fc stats:\n3 commits\n1 ineligible\n9 numblks\n70us avg_commit_time\nIneligible reasons:\n\"Swap boot\":\t2\n";
        let commits: Ext4FastCommits = law::holds(file);
        assert_eq!((commits.commits, commits.avg_commit_time_us), (3, 70));
        assert_eq!(commits.reasons.number("Swap boot"), Some(2));
        law::mutants::<Ext4FastCommits>(&[file], 3_000);
    }
}
