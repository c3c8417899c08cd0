//! `/proc/net/netfilter/*`: who logs packets and who takes them from queues.

use super::{CommaList, Word};
use crate::format::{Rest, Rows, named, record};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

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
}
