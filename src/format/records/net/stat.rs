//! `/proc/net/stat/*` and `softnet_stat`: what each CPU has counted, in hexadecimal.

use std::ops::ControlFlow;

use crate::format::net::HexCount;
use crate::{
    bytes,
    format::{
        Cursor, Field, ParseError, Piece, Rest, Rows, Source, Spec, Stream, record, stream::Sink,
    },
    value::{Fields, Value},
};

/// A line of names, and under it a row of counts for each CPU that the machine could have.
///
/// Which counts there are, and how many blanks stand between them, changed over the years: the
/// names are those of the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuCounters {
    names: Vec<(Vec<u8>, Vec<u8>)>,
    /// What stands after each count, the same in all rows.
    gaps: Vec<Vec<u8>>,
    rows: Vec<Vec<u64>>,
}

impl CpuCounters {
    /// The names of the counts.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|(name, _)| name.as_slice())
    }

    /// The counts of each CPU, in the order of the names.
    #[must_use]
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.rows
    }

    /// The sum of one count over all CPUs.
    #[must_use]
    pub fn total(&self, name: &str) -> Option<u64> {
        let place = self.names().position(|own| own == name.as_bytes())?;
        let counts = self.rows.iter().filter_map(|row| row.get(place));
        Some(counts.fold(0, |sum, count| sum.wrapping_add(*count)))
    }

    fn fields(&self, row: &[u64]) -> Fields {
        let pairs = self.names().zip(row);
        pairs
            .map(|(name, &count)| (name, Value::from(count)))
            .collect()
    }

    fn put_names(&self, out: &mut Vec<u8>) {
        for (name, gap) in &self.names {
            out.extend_from_slice(name);
            out.extend_from_slice(gap);
        }
        out.push(b'\n');
    }

    fn put_row(&self, row: &[u64], out: &mut Vec<u8>) {
        for (count, gap) in row.iter().zip(&self.gaps) {
            out.extend_from_slice(format!("{count:08x}").as_bytes());
            out.extend_from_slice(gap);
        }
        out.push(b'\n');
    }
}

/// A row's counts and what stands after each.
fn row(line: &[u8]) -> Option<(Vec<u64>, Vec<Vec<u8>>)> {
    let words = super::column::words(line)?;
    let (mut counts, mut gaps) = (Vec::new(), Vec::new());
    for (word, gap) in words {
        let (count, len) = bytes::leading_integer::<u64, 16>(&word, true).ok()?;
        let padded = len == 8 || (len > 8 && word.first() != Some(&b'0'));
        if len != word.len() || !padded {
            return None;
        }
        counts.push(count);
        gaps.push(gap);
    }
    Some((counts, gaps))
}

impl Field for CpuCounters {
    const ROWS: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let line = cursor.take_line();
        let names = super::column::words(line).filter(|names| !names.is_empty());
        // Names are words, not numbers.
        let named = |(name, _): &(Vec<u8>, Vec<u8>)| name.iter().any(|b| matches!(b, b'g'..=b'z'));
        let Some(names) = names.filter(|names| names.iter().all(named)) else {
            return Err(cursor.error(spec.field, "not the names of counts"));
        };
        cursor.literal(b"\n", spec.field)?;
        let mut counters = Self {
            names,
            ..Self::default()
        };
        while !cursor.rest().is_empty() {
            let text = cursor.rest();
            let line = text.get(..bytes::find(text, b'\n').unwrap_or(text.len()));
            let read = line.and_then(row);
            let Some((counts, gaps)) = read.filter(|(counts, _)| !counts.is_empty()) else {
                return Err(cursor.error(spec.field, "not a row of counts"));
            };
            if counts.len() != counters.names.len() {
                return Err(cursor.error(spec.field, "not as many counts as names"));
            }
            if counters.rows.is_empty() {
                counters.gaps = gaps;
            } else if counters.gaps != gaps {
                return Err(cursor.error(spec.field, "other blanks than in the row before"));
            }
            counters.rows.push(counts);
            cursor.take_line();
            cursor.literal(b"\n", spec.field)?;
        }
        Ok(counters)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.put_names(out);
        for row in &self.rows {
            self.put_row(row, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let rows = self.rows.iter();
        Value::List(rows.map(|row| Value::Fields(self.fields(row))).collect())
    }

    fn each_row(&self, _: &Spec, each: &mut dyn FnMut(Value)) {
        for row in &self.rows {
            each(Value::Fields(self.fields(row)));
        }
    }

    /// Read whole, for the names say what the rows are; a machine has few CPUs.
    fn stream(source: &mut Source<'_>, spec: &'static Spec, sink: Sink<'_>) -> Stream {
        let counters = source.read(spec.field, |cursor| Self::read(cursor, spec))?;
        let pieces = std::iter::once(None).chain(counters.rows.iter().map(Some));
        for row in pieces {
            let piece = CpuPiece {
                counters: &counters,
                row: row.map(Vec::as_slice),
            };
            if let ControlFlow::Break(()) = sink(&piece) {
                source.stop();
                break;
            }
        }
        Ok(())
    }
}

/// The line of names, or a row.
struct CpuPiece<'a> {
    counters: &'a CpuCounters,
    row: Option<&'a [u64]>,
}

impl Piece for CpuPiece<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self.row {
            Some(row) => self.counters.put_row(row, out),
            None => self.counters.put_names(out),
        }
    }

    fn fields(&self) -> Option<Fields> {
        self.row.map(|row| self.counters.fields(row))
    }

    fn unknown(&self) -> bool {
        false
    }
}

record! {
    /// What each CPU counted of a table of neighbours: of ARP, and of IPv6.
    ///
    /// `/proc/net/stat/arp_cache`, `ndisc_cache` (`neigh_stat_seq_show`). `entries` is the table's,
    /// the same in each row.
    pub struct NeighbourStat: "net/stat/arp_cache" {
        /// A row for each CPU.
        cpus: CpuCounters = "%r",
    }
}

record! {
    /// What each CPU counted of the connections that netfilter follows.
    ///
    /// `/proc/net/stat/nf_conntrack` (`ct_cpu_seq_show`), `ip_conntrack` before 4.9. `entries` is the
    /// table's, the same in each row.
    pub struct ConntrackStat: "net/stat/nf_conntrack" {
        /// A row for each CPU.
        cpus: CpuCounters = "%r",
    }
}

record! {
    /// What each CPU counted of the cache of routes.
    ///
    /// `/proc/net/stat/rt_cache` (`rt_cpu_seq_show`). The cache is gone since 3.6, and most counts are 0.
    pub struct RtCacheStat: "net/stat/rt_cache" {
        /// A row for each CPU.
        cpus: CpuCounters = "%r",
    }
}

record! {
    /// What each CPU counted of connections answered by a proxy before they are let through.
    ///
    /// `/proc/net/stat/synproxy` (`synproxy_cpu_seq_show`). Since 3.12.
    pub struct SynproxyStat: "net/stat/synproxy" {
        /// A row for each CPU.
        cpus: CpuCounters = "%r",
    }
}

record! {
    /// What each CPU that is online did with packets that came in.
    ///
    /// `/proc/net/softnet_stat` (`softnet_seq_show`).
    pub struct SoftnetStat: "net/softnet_stat" {
        /// A row for each CPU.
        rows: Rows<SoftnetCpu> = "{%r\n}",
    }
}

record! {
    /// What one CPU did with packets that came in.
    pub struct SoftnetCpu {
        /// Packets processed, a count.
        processed: HexCount = "%08x ",
        /// Packets dropped because the queue was full, a count.
        dropped: HexCount = "%08x ",
        /// How often it stopped with work left, for its time or its budget was used up.
        time_squeeze: HexCount = "%08x ",
        /// Nothing any more: 0.
        unused: [HexCount; 5] = "{%08x }",
        /// How often a device was busy with another CPU; 0 since 4.7.
        cpu_collision: HexCount = "%08x",
        /// How often another CPU woke it to take packets. Since 2.6.35.
        received_rps: Option<HexCount> = " %08x",
        /// Packets dropped to leave room for smaller flows, a count. Since 3.11.
        flow_limit_count: Option<HexCount> = " %08x",
        /// Packets that wait. Since 5.5.
        backlog_len: Option<HexCount> = " %08x",
        /// The number of the CPU. Since 5.5.
        cpu_id: Option<HexCount> = " %08x",
        /// Of those that wait, how many nobody has begun with. Since 6.5.
        input_qlen: Option<HexCount> = " %08x",
        /// Of those that wait, how many are being worked on. Since 6.5.
        process_qlen: Option<HexCount> = " %08x",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn each_cpu_has_its_counts_by_name() {
        // By hand, after the form of Linux 3.2, which has blanks at the end of lines.
        let file = b"entries  in_hit in_slow_tot\n0000002f  004a7b02 1000000ca \n0000002f  00000005 00000000 \n";
        let stat: RtCacheStat = law::holds(file);
        assert_eq!(stat.cpus.total("in_slow_tot"), Some(0x1_0000_00ca));
        let mut rows = Vec::new();
        crate::format::File::records(&stat, &mut |fields| rows.push(fields));
        assert_eq!(rows[1].find("in_hit"), Some(&Value::Int(5)));
        law::mutants::<RtCacheStat>(&[file], 5_000);
    }

    #[test]
    fn an_old_kernel_counts_less_of_packets() {
        let file =
            b"00000654 00000001 00000000 00000000 00000000 00000000 00000000 00000000 0000000a\n";
        let stat: SoftnetStat = law::holds(file);
        let row = &stat.rows[0];
        assert_eq!((row.processed.0, row.cpu_collision.0), (0x654, 10));
        assert_eq!(row.received_rps, None);
        law::mutants::<SoftnetStat>(&[file], 5_000);
    }
}
