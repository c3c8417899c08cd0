//! How many connections each peer had, shown when a watch of sockets ends.

use std::{
    cmp::Reverse,
    collections::HashMap,
    io::{self, Write},
    net::IpAddr,
};

use psgo::Value;

use crate::output::{Layout, Rows as _, table::Table};

/// No more peers are counted separately: a watch has no end.
const TOLD_APART: usize = 1 << 16;

/// How many connections each peer had.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    counts: HashMap<IpAddr, u64>,
    names: HashMap<IpAddr, String>,
    /// The connections of all other peers.
    others: u64,
}

impl Peers {
    /// Counts a connection with `peer`, and keeps its name if it is known.
    pub(crate) fn count(&mut self, peer: IpAddr, name: Option<&str>) {
        let peer = peer.to_canonical();
        if self.counts.len() >= TOLD_APART && !self.counts.contains_key(&peer) {
            self.others += 1;
            return;
        }
        *self.counts.entry(peer).or_default() += 1;
        if let Some(name) = name {
            self.names.insert(peer, name.to_owned());
        }
    }

    /// Writes a line for each peer, the one with the most connections first.
    pub(crate) fn write(
        &self,
        has_header: bool,
        layout: Layout,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.counts.is_empty() {
            return Ok(());
        }
        out.write_all(b"\n")?;
        let header = ["SEEN", "PEER", "HOST"];
        let columns = if self.names.is_empty() { 2 } else { 3 };
        let header = has_header.then_some(&header[..columns]);
        let mut table = Table::new(columns, header, layout, out);
        let mut counts: Vec<_> = self.counts.iter().collect();
        counts.sort_unstable_by_key(|(peer, count)| (Reverse(**count), **peer));
        for (peer, count) in counts {
            let name = self.names.get(peer).map(String::as_str);
            let name = name.map_or(Value::MISSING, Value::text);
            let row = [Value::from(*count), Value::text(peer.to_string()), name];
            table.row(&row[..columns])?;
        }
        if self.others > 0 {
            let row = [
                Value::from(self.others),
                Value::text("others"),
                Value::MISSING,
            ];
            table.row(&row[..columns])?;
        }
        table.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(peers: &Peers) -> String {
        let mut out = Vec::new();
        peers.write(true, Layout::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_busiest_peer_comes_first() {
        let mut peers = Peers::default();
        assert_eq!(told(&peers), "");
        let peer = |text: &str| text.parse::<IpAddr>().unwrap();
        peers.count(peer("192.0.2.1"), None);
        for _ in 0..2 {
            peers.count(peer("2001:db8::1"), None);
        }
        assert_eq!(
            told(&peers),
            "\nSEEN   PEER\n2      2001:db8::1\n1      192.0.2.1\n"
        );
        // The same host by its other form.
        peers.count(peer("::ffff:192.0.2.1"), Some("one.example"));
        peers.count(peer("192.0.2.1"), None);
        assert_eq!(
            told(&peers),
            "\nSEEN   PEER          HOST\n3      192.0.2.1     one.example\n2      2001:db8::1   ?\n"
        );
    }

    #[test]
    fn peers_do_not_pile_up() {
        let mut peers = Peers::default();
        for number in 0..(1 << 16) + 10_u32 {
            peers.count(IpAddr::from(number.to_be_bytes()), None);
        }
        assert_eq!((peers.counts.len(), peers.others), (TOLD_APART, 10));
    }
}
