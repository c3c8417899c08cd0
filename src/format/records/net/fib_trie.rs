//! `/proc/net/fib_trie`, `fib_triestat`: the tree in which the routes of IPv4 are looked up.

use super::Ip4;
use crate::{
    format::{Cursor, Field, Item, ParseError, Rows, Spec, Word, lines, record},
    value::{Fields, Value},
};

record! {
    /// The trees of the routes of IPv4, one for each table.
    ///
    /// `/proc/net/fib_trie` (`fib_trie_seq_show`).
    pub struct FibTrie: "net/fib_trie" {
        /// The tables.
        tables: Rows<FibTable> = "{%r}",
    }
}

record! {
    /// The tree of the routes of one table.
    pub struct FibTable {
        /// `Main`, `Local`, or `Id` and the number.
        table: TableName = "%r:\n",
        /// What the tree holds, from its root.
        entries: Vec<FibEntry> = "{  %r\n}",
    }
}

/// The name of a table: `Main`, `Local`, or `Id 7`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableName(pub Vec<u8>);

impl Field for TableName {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let name = Vec::<u8>::take(cursor, spec)?;
        // Everything else in the tree begins with blanks.
        if !name.first().is_some_and(u8::is_ascii_alphabetic) {
            return Err(cursor.error(spec.field, "not the name of a table"));
        }
        Ok(Self(name))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.value(spec)
    }
}

/// An entry of the tree, and how deep it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FibEntry {
    /// How many entries it is below.
    pub depth: usize,
    /// What it is.
    pub kind: FibKind,
}

/// What an entry of the tree of routes is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FibKind {
    /// Where the tree branches.
    Node(FibNode),
    /// An address, of which there are routes.
    Leaf(Ip4),
    /// A route to the address above.
    Route(FibRoute),
}

impl Default for FibKind {
    fn default() -> Self {
        Self::Leaf(Ip4::default())
    }
}

record! {
    /// Where the tree branches.
    pub struct FibNode {
        /// What all addresses below it begin with.
        address: Ip4 = "%r/",
        /// How many bits that are.
        length: u32 = "%u ",
        /// How many bits tell its branches apart.
        bits: u32 = "%u ",
        /// Branches that are nodes with all their branches.
        full_children: u32 = "%u ",
        /// Branches that are not there.
        empty_children: u32 = "%u",
    }
}

record! {
    /// A route in the tree.
    pub struct FibRoute {
        /// Bits of the address that count.
        prefix_length: u32 = "/%u ",
        /// `universe`, `site`, `link`, `host`, `nowhere`, or `scope=7`.
        scope: Word = "%r ",
        /// `UNICAST`, `LOCAL`, `BROADCAST` and so on.
        r#type: Word = "%r",
        /// Type of service, where the route is for one.
        tos: Option<u32> = " tos=%u",
    }
}

const INDENT: &[u8] = b"   ";
const BARE: Spec = Spec::new("entry", "%r");

/// The template has the form of a list's, with two blanks before each: `"{  %r\n}"`.
impl Field for FibEntry {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut depth = 0;
        while cursor.skip(INDENT) {
            depth += 1;
        }
        let kind = if cursor.skip(b"+-- ") {
            FibKind::Node(FibNode::take(cursor, &BARE)?)
        } else if cursor.skip(b"|-- ") {
            FibKind::Leaf(Ip4::take(cursor, spec)?)
        } else {
            FibKind::Route(FibRoute::take(cursor, &BARE)?)
        };
        Ok(Self { depth, kind })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for _ in 0..self.depth {
            out.extend_from_slice(INDENT);
        }
        match &self.kind {
            FibKind::Node(node) => {
                out.extend_from_slice(b"+-- ");
                node.put(&BARE, out);
            }
            FibKind::Leaf(address) => {
                out.extend_from_slice(b"|-- ");
                address.put(spec, out);
            }
            FibKind::Route(route) => route.put(&BARE, out),
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        let depth = u64::try_from(self.depth).unwrap_or(u64::MAX);
        fields.push("depth", Value::from(depth));
        let (kind, own) = match &self.kind {
            FibKind::Node(node) => ("node", node.fields()),
            FibKind::Leaf(address) => (
                "leaf",
                [("address", address.value(spec))].into_iter().collect(),
            ),
            FibKind::Route(route) => ("route", route.fields()),
        };
        fields.push("kind", Value::text(kind));
        for (name, value) in own {
            fields.push(name, value);
        }
        Value::Fields(fields)
    }
}

impl Item for FibEntry {}

record! {
    /// How large and how deep the trees of the routes of IPv4 are.
    ///
    /// `/proc/net/fib_triestat` (`fib_triestat_seq_show`).
    pub struct FibTriestat: "net/fib_triestat" {
        /// Size of a leaf and of a node, in bytes.
        sizes: FibSizes = "Basic info: %r\n",
        /// The tables.
        tables: Rows<FibTableStat> = "{%r}",
    }
}

record! {
    /// Sizes of the parts of a tree of routes.
    pub struct FibSizes {
        /// Of a leaf, in bytes.
        leaf: u32 = "size of leaf: %u bytes, ",
        /// Of a node, in bytes.
        tnode: u32 = "size of tnode: %u bytes.",
    }
}

record! {
    /// How large and how deep the tree of one table is.
    pub struct FibTableStat {
        /// `Main`, `Local`, or `Id` and the number.
        table: TableName = "%r:\n",
        /// Depth of a leaf on average, in hundredths.
        average_depth: u64 = "\tAver depth:     %.2f\n",
        /// Depth of the deepest leaf.
        max_depth: u32 = "\tMax depth:      %u\n",
        /// Leaves.
        leaves: u32 = "\tLeaves:         %u\n",
        /// Prefixes that have routes. Since 2.6.25.
        prefixes: FibPrefixes = "%r",
        /// Nodes.
        internal_nodes: u32 = "\tInternal nodes: %u\n",
        /// How many nodes have how many bits.
        nodes_by_bits: Vec<NodesByBits> = "\t{  %r}\n",
        /// Pointers in the nodes.
        pointers: u64 = "\tPointers: %u\n",
        /// Pointers to nothing.
        null_ptrs: u64 = "Null ptrs: %u\n",
        /// Memory of the tree, in KiB.
        total_size: u64 = "Total size: %u  kB\n",
        /// How it was used, where the kernel counts that (`CONFIG_IP_FIB_TRIE_STATS`).
        counters: FibCounters = "%r",
    }
}

record! {
    /// How many nodes have so many bits.
    pub struct NodesByBits {
        /// Bits that tell its branches apart.
        bits: u32 = "%u: ",
        /// So many nodes.
        nodes: u32 = "%u",
    }
}

/// A line that kernels before 2.6.25 lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FibPrefixes(pub Option<u32>);

const PREFIXES: Spec = Spec::new("prefixes", "\tPrefixes:       %u\n");

impl Field for FibPrefixes {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        if !cursor.rest().starts_with(PREFIXES.before()) {
            return Ok(Self(None));
        }
        u32::read(cursor, &PREFIXES).map(|number| Self(Some(number)))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if let Some(number) = self.0 {
            number.write(&PREFIXES, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.0
            .map_or(Value::MISSING, |number| Value::Int(number.into()))
    }
}

/// How the tree was used, where the kernel counts that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FibCounters(pub Option<FibUse>);

lines! {
    /// How often a tree was used.
    pub struct FibUse until ends_use {
        /// Look-ups.
        gets: u64 = "gets = %u\n",
        /// Look-ups that had to go back.
        backtracks: u64 = "backtracks = %u\n",
        /// Routes that fit.
        semantic_match_passed: u64 = "semantic match passed = %u\n",
        /// Routes that did not.
        semantic_match_miss: u64 = "semantic match miss = %u\n",
        /// Look-ups that came to nothing.
        null_node_hit: u64 = "null node hit= %u\n",
        /// Nodes that were not made larger for want of memory.
        skipped_node_resize: u64 = "skipped node resize = %u\n",
    }
}

/// An empty line ends it.
fn ends_use(text: &[u8]) -> bool {
    text.is_empty() || text.starts_with(b"\n")
}

const COUNTERS: &[u8] = b"\nCounters:\n---------\n";

impl Field for FibCounters {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if !cursor.skip(COUNTERS) {
            return Ok(Self(None));
        }
        let counters = FibUse::take(cursor, spec)?;
        cursor.literal(b"\n", spec.field)?;
        Ok(Self(Some(counters)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(counters) = &self.0 {
            out.extend_from_slice(COUNTERS);
            counters.put(spec, out);
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let counters = self.0.as_ref();
        counters.map_or(Value::MISSING, |counters| counters.value(spec))
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.0.as_ref().is_some_and(Field::unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_tree_has_nodes_leaves_and_routes() {
        let file = b"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 127.0.0.0/8 2 0 2\n        |-- 127.0.0.1\n           /32 host LOCAL tos=16\nId 7:\n  |-- 192.0.2.0\n     /24 scope=7 UNICAST\n";
        let trie: FibTrie = law::holds(file);
        let fields = trie.tables[0].fields();
        assert_eq!(fields.find("table"), Some(&Value::text("Main")));
        let Some(Value::List(entries)) = fields.find("entries") else {
            panic!("{fields}");
        };
        let Value::Fields(route) = &entries[5] else {
            panic!("{entries:?}");
        };
        assert_eq!(route.find("type"), Some(&Value::text("LOCAL")));
        assert_eq!(route.find("tos"), Some(&Value::Int(16)));
        assert_eq!(route.find("depth"), Some(&Value::Int(3)));
        law::mutants::<FibTrie>(&[file], 5_000);
    }

    #[test]
    fn a_tree_has_its_size() {
        let table = b"Basic info: size of leaf: 48 bytes, size of tnode: 40 bytes.\nMain:\n\tAver depth:     2.42\n\tMax depth:      3\n\tLeaves:         7\n\tPrefixes:       8\n\tInternal nodes: 5\n\t  1: 1  2: 3  3: 1\n\tPointers: 22\nNull ptrs: 11\nTotal size: 2  kB\n";
        // By hand, after the form of a kernel that counts.
        let counted = b"\nCounters:\n---------\ngets = 1\nbacktracks = 2\nsemantic match passed = 3\nsemantic match miss = 4\nnull node hit= 5\nskipped node resize = 6\n\nLocal:\n\tAver depth:     0.00\n\tMax depth:      0\n\tLeaves:         0\n\tInternal nodes: 0\n\t\n\tPointers: 0\nNull ptrs: 0\nTotal size: 0  kB\n";
        let file = [&table[..], &counted[..]].concat();
        let stat: FibTriestat = law::holds(&file);
        let main = &stat.tables[0];
        assert_eq!((main.average_depth, main.prefixes.0), (242, Some(8)));
        assert_eq!(main.nodes_by_bits.len(), 3);
        assert_eq!(main.counters.0.as_ref().map(|used| used.gets), Some(1));
        assert_eq!(stat.tables[1].prefixes.0, None);
        law::mutants::<FibTriestat>(&[&file, table], 5_000);
    }
}
