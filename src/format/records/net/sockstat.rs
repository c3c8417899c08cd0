//! `/proc/net/sockstat`, `sockstat6`: how many sockets there are.

use crate::format::{Rest, lines, record};

lines! {
    /// How many sockets there are, and what they use.
    ///
    /// `/proc/net/sockstat` (`sockstat_seq_show`).
    pub struct Sockstat: "net/sockstat" {
        /// Sockets of all kinds.
        sockets: SocketsUsed = "sockets: %r\n",
        /// TCP.
        tcp: TcpUse = "TCP: %r\n",
        /// UDP.
        udp: SocketUse = "UDP: %r\n",
        /// UDP-Lite. Since 2.6.20.
        udplite: Option<SocketUse> = "UDPLITE: %r\n",
        /// Raw sockets.
        raw: SocketUse = "RAW: %r\n",
        /// Fragments that wait for others.
        frag: Option<FragmentUse> = "FRAG: %r\n",
    }
}

lines! {
    /// How many sockets of IPv6 there are.
    ///
    /// `/proc/net/sockstat6` (`sockstat6_seq_show`).
    pub struct Sockstat6: "net/sockstat6" {
        /// TCP.
        tcp6: SocketUse = "TCP6: %r\n",
        /// UDP.
        udp6: SocketUse = "UDP6: %r\n",
        /// UDP-Lite. Since 2.6.20.
        udplite6: Option<SocketUse> = "UDPLITE6: %r\n",
        /// Raw sockets.
        raw6: SocketUse = "RAW6: %r\n",
        /// Fragments that wait for others.
        frag6: Option<FragmentUse> = "FRAG6: %r\n",
    }
}

record! {
    /// How many sockets of all kinds there are.
    pub struct SocketsUsed {
        /// How many there are.
        used: i64 = "used %d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Use of TCP.
    pub struct TcpUse {
        /// Sockets in this network namespace.
        inuse: i64 = "inuse %d",
        /// Sockets that no process has any more.
        orphan: Option<i64> = " orphan %d",
        /// Sockets in `TIME_WAIT`.
        tw: Option<i64> = " tw %d",
        /// Sockets that were allocated, of all network namespaces.
        alloc: Option<i64> = " alloc %d",
        /// Memory of their buffers, in pages, of all network namespaces.
        mem: Option<i64> = " mem %d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Use of another protocol.
    pub struct SocketUse {
        /// Sockets in this network namespace.
        inuse: i64 = "inuse %d",
        /// Memory of their buffers, in pages, of all network namespaces; UDP's alone. Since 2.6.25.
        mem: Option<i64> = " mem %d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Use of fragments.
    pub struct FragmentUse {
        /// Packets that are not whole yet.
        inuse: i64 = "inuse %d",
        /// Their memory, in bytes.
        memory: Option<u64> = " memory %u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn each_protocol_has_its_use() {
        let file = b"sockets: used 17\nTCP: inuse 1 orphan 0 tw 2 alloc 3 mem 31\nUDP: inuse 4 mem 5\nUDPLITE: inuse 0\nRAW: inuse 6\nFRAG: inuse 7 memory 8192\n";
        let stat: Sockstat = law::holds(file);
        let fields = stat.fields();
        for (name, value) in [("tcp.tw", 2), ("udp.mem", 5), ("sockets.used", 17)] {
            assert_eq!(fields.find(name), Some(&Value::Int(value)), "{name}");
        }
        assert_eq!(fields.find("frag.memory"), Some(&Value::Int(8192)));
        law::mutants::<Sockstat>(&[file], 5_000);
    }
}
