//! `/proc/net/netfilter/*`, `xt_recent/*`, `ipt_hashlimit/*`: who logs packets, who takes them from
//! queues, and what packet filters remember.

use super::CommaList;
use crate::{
    format::{Cursor, Field, ParseError, Rest, Rows, Spec, Word, named, record},
    value::Value,
};

record! {
    /// Who logs packets, for each family of protocols.
    ///
    /// `/proc/net/netfilter/nf_log` (`seq_show` of `nf_log.c`).
    pub struct NfLog: "net/netfilter/nf_log" {
        /// The families.
        rows: Rows<Logger> = "{%r\n}",
    }
}

record! {
    /// Who logs packets of a family of protocols.
    pub struct Logger {
        /// The family.
        family: NetfilterFamily = "%2d ",
        /// Who logs; `NONE` if nobody does.
        logger: Word = "%r",
        /// Who could. Since 2.6.31.
        loggers: Option<CommaList> = " (%s)",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Who takes packets from queues, for each family of protocols; nothing since 3.10.
    ///
    /// `/proc/net/netfilter/nf_queue` (`seq_show` of `nf_queue.c`).
    pub struct NfQueue: "net/netfilter/nf_queue" {
        /// The families.
        rows: Rows<QueueHandler> = "{%r\n}",
    }
}

record! {
    /// Who takes packets of a family of protocols from queues.
    pub struct QueueHandler {
        /// The family.
        family: NetfilterFamily = "%2d ",
        /// Who takes them; `NONE` if nobody does.
        handler: Word = "%r",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

named! {
    /// A family of protocols, as netfilter has them (`NFPROTO_…`).
    pub struct NetfilterFamily(u32) {
        0 = "UNSPEC",
        1 = "INET",
        2 = "IPV4",
        3 = "ARP",
        5 = "NETDEV",
        7 = "BRIDGE",
        10 = "IPV6",
        12 = "DECNET",
    }
}

record! {
    /// Queues of packets for processes.
    ///
    /// `/proc/net/netfilter/nfnetlink_queue` (`seq_show` of `nfnetlink_queue.c`). Since 2.6.14.
    pub struct NfnetlinkQueue: "net/netfilter/nfnetlink_queue" {
        /// The queues.
        rows: Rows<PacketQueue> = "{%r\n}",
    }
}

record! {
    /// A queue of packets for a process.
    pub struct PacketQueue {
        /// Its number.
        queue_num: u32 = "%5d ",
        /// The address of netlink that reads it, which is often a pid.
        peer_portid: i64 = "%6d ",
        /// Packets that wait for a verdict.
        queue_total: u32 = "%5d ",
        /// How much of a packet is given.
        copy_mode: CopyMode = "%1d ",
        /// How many bytes at most.
        copy_range: u32 = "%5d ",
        /// Packets dropped because the queue was full, a count.
        queue_dropped: u32 = "%5d ",
        /// Packets dropped because the reader was slow, a count.
        queue_user_dropped: u32 = "%5d ",
        /// Number of the last packet.
        id_sequence: u32 = "%8d ",
        /// Always 1.
        one: u32 = "%2d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Groups of netlink that packets are logged to.
    ///
    /// `/proc/net/netfilter/nfnetlink_log` (`seq_show` of `nfnetlink_log.c`). Since 2.6.14.
    pub struct NfnetlinkLog: "net/netfilter/nfnetlink_log" {
        /// The groups.
        rows: Rows<LogGroup> = "{%r\n}",
    }
}

record! {
    /// A group of netlink that packets are logged to.
    pub struct LogGroup {
        /// Its number.
        group_num: u32 = "%5d ",
        /// The address of netlink that reads it, which is often a pid.
        peer_portid: i64 = "%6d ",
        /// Packets that are not given yet.
        qlen: u32 = "%5d ",
        /// How much of a packet is given.
        copy_mode: CopyMode = "%1d ",
        /// How many bytes at most.
        copy_range: u32 = "%5d ",
        /// After which time packets are given, in hundredths of a second.
        flushtimeout: u32 = "%6d ",
        /// References to it.
        r#use: u32 = "%2d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

named! {
    /// How much of a packet a process is given.
    pub struct CopyMode(u32) {
        0 = "none",
        1 = "meta",
        2 = "packet",
    }
}

record! {
    /// Addresses that a rule of a packet filter remembers.
    ///
    /// `/proc/net/xt_recent/NAME` (`recent_seq_show`), `ipt_recent` before 2.6.28.
    pub struct XtRecent: "net/xt_recent/*" {
        /// The addresses.
        rows: Rows<RecentAddress> = "{%r\n}",
    }
}

record! {
    /// An address that a rule of a packet filter remembers.
    pub struct RecentAddress {
        /// The address.
        src: Word = "src=%r ",
        /// Hops that were left of the last packet.
        ttl: u32 = "ttl: %u ",
        /// When it was seen last, in jiffies.
        last_seen: u64 = "last_seen: %u ",
        /// Which of the times will be overwritten next.
        oldest_pkt: u32 = "oldest_pkt: %u ",
        /// When it was seen, in jiffies.
        stamps: Stamps = "%r",
    }
}

/// Times with a comma and a blank between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamps(pub Vec<u64>);

impl Field for Stamps {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let number = Spec::new("stamps", "%u");
        let mut stamps = vec![u64::read(cursor, &number)?];
        while !cursor.at_line_end() {
            cursor.literal(b", ", spec.field)?;
            stamps.push(u64::read(cursor, &number)?);
        }
        Ok(Self(stamps))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (i, stamp) in self.0.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(stamp.to_string().as_bytes());
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.0.iter().copied().map(Value::from).collect())
    }
}

record! {
    /// Flows that a rule of a packet filter limits.
    ///
    /// `/proc/net/ipt_hashlimit/NAME`, `ip6t_hashlimit/NAME` (`dl_seq_real_show`).
    pub struct Hashlimit: "net/ipt_hashlimit/*" {
        /// The flows.
        rows: Rows<LimitedFlow> = "{%r\n}",
    }
}

record! {
    /// A flow that a rule of a packet filter limits.
    pub struct LimitedFlow {
        /// When it is forgotten, in seconds from now.
        expires: i64 = "%d ",
        /// Where from: address and port; 0 for what the rule does not tell apart.
        source: Vec<u8> = "%s->",
        /// Where to: address and port.
        destination: Vec<u8> = "%s ",
        /// What it has left, in the kernel's unit.
        credit: u64 = "%u ",
        /// The most that it can have.
        credit_cap: u64 = "%u ",
        /// What a packet costs.
        cost: u64 = "%u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn each_family_has_its_logger() {
        let file =
            b" 0 NONE (nfnetlink_log)\n 2 nf_log_ipv4 (nf_log_ipv4,nfnetlink_log)\n10 NONE ()\n";
        let log: NfLog = law::holds(file);
        let fields = log.rows[1].fields();
        assert_eq!(fields.find("family"), Some(&Value::text("IPV4")));
        let loggers = ["nf_log_ipv4", "nfnetlink_log"].map(Value::text);
        assert_eq!(fields.find("loggers"), Some(&Value::List(loggers.into())));
        law::mutants::<NfLog>(&[file], 5_000);
        // By hand, after the form of Linux 2.6.30.
        let log: NfLog = law::holds(b" 0 NONE\n 2 ipt_LOG\n");
        assert_eq!(log.rows[1].loggers, None);
    }

    #[test]
    fn a_queue_waits_for_a_process() {
        let queues: NfnetlinkQueue =
            law::holds(b"    0   4109     0 2 65531     0     0        0  1\n");
        let fields = queues.rows[0].fields();
        assert_eq!(fields.find("copy_mode"), Some(&Value::text("packet")));
        assert_eq!(fields.find("peer_portid"), Some(&Value::Int(4109)));
    }

    #[test]
    fn a_filter_remembers_addresses_and_flows() {
        let file =
            b"src=127.0.0.1 ttl: 64 last_seen: 4298642123 oldest_pkt: 2 4298642100, 4298642123\n";
        let recent: XtRecent = law::holds(file);
        assert_eq!(recent.rows[0].stamps.0, [4_298_642_100, 4_298_642_123]);
        law::mutants::<XtRecent>(&[file], 5_000);
        let file = b"0 127.0.0.1:0->0.0.0.0:0 6047313952768 137438953000000 27487790600000\n";
        let limit: Hashlimit = law::holds(file);
        assert_eq!(limit.rows[0].source, b"127.0.0.1:0");
        assert_eq!(limit.rows[0].cost, 27_487_790_600_000);
        law::mutants::<Hashlimit>(&[file], 5_000);
    }
}
