//! `/proc/net/tcp` and `tcp6`: the TCP sockets of a network namespace.

use super::{Absent, HexCount, SocketAddress};
use crate::format::{Head, Pointer, Rest, Rows, named, record};

record! {
    /// TCP sockets over IPv4.
    ///
    /// `/proc/net/tcp` (`tcp4_seq_show`). Lines are filled up to 149 columns.
    pub struct Tcp: "net/tcp" {
        /// The names of the columns.
        head: Head = "%h{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n}",
        /// The sockets: those that listen, then the others.
        rows: Rows<TcpSocket> = "{%-149r\n}",
    }
}

record! {
    /// TCP sockets over IPv6.
    ///
    /// `/proc/net/tcp6` (`tcp6_seq_show`). A socket that listens on `::` may serve IPv4 too.
    pub struct Tcp6: "net/tcp6" {
        /// The names of the columns.
        head: Head = "%h{  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n}",
        /// The sockets: those that listen, then the others.
        rows: Rows<TcpSocket> = "{%r\n}",
    }
}

record! {
    /// A TCP socket.
    pub struct TcpSocket {
        /// Its place in the file.
        sl: u32 = "%4d: ",
        /// Its own end.
        local: SocketAddress = "%r ",
        /// The other end; all zero while it listens.
        remote: SocketAddress = "%r ",
        /// State.
        st: TcpState = "%02X ",
        /// Bytes sent that are not acknowledged; of one that listens 0.
        tx_queue: HexCount = "%08X:",
        /// Bytes received that were not read; of one that listens, how many wait for `accept`.
        rx_queue: HexCount = "%08X ",
        /// Timer that runs: 0 none, 1 retransmission, 2 keep-alive, 3 `TIME_WAIT`, 4 zero window.
        tr: u32 = "%02X:",
        /// When it ends, in clock ticks.
        when: HexCount = "%08X ",
        /// Time-outs without an answer.
        retrnsmt: HexCount = "%08X ",
        /// The user of the socket, in the reader's user namespace.
        uid: u32 = "%5u ",
        /// Probes without an answer.
        timeout: i32 = "%8d ",
        /// Inode; 0 for one that no process has any more.
        inode: u64 = "%u ",
        /// References to it.
        refcnt: i32 = "%d ",
        /// Its address in the kernel.
        pointer: Pointer = "%r",
        /// Time after which to send again, in clock ticks. Missing in `TIME_WAIT` and before the
        /// connection is made, as all that follows.
        rto: Option<u64> = " %u",
        /// Time to wait before acknowledging, in clock ticks.
        ato: Option<u64> = " %u",
        /// Quick acknowledgements, times two; and one if the connection goes to and fro.
        quick: Option<u32> = " %u",
        /// Congestion window, in segments.
        cwnd: Option<u32> = " %u",
        /// Where slow start ends, in segments; -1 is nowhere yet.
        ssthresh: Option<i32> = " %d",
        /// Not counted here; UDP's.
        drops: Absent = "%r",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

named! {
    /// The state of a TCP socket.
    pub struct TcpState(u32) {
        1 = "ESTABLISHED",
        2 = "SYN_SENT",
        3 = "SYN_RECV",
        4 = "FIN_WAIT1",
        5 = "FIN_WAIT2",
        6 = "TIME_WAIT",
        7 = "CLOSE",
        8 = "CLOSE_WAIT",
        9 = "LAST_ACK",
        10 = "LISTEN",
        11 = "CLOSING",
        12 = "NEW_SYN_RECV",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_row_has_both_ends_and_the_state() {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";
        let row = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4213 1 0000000000000000 100 0 0 10 0";
        let file = format!("{head}{row:149}\n");
        let tcp: Tcp = law::holds(file.as_bytes());
        let socket = &tcp.rows[0];
        assert_eq!(socket.local.0.to_string(), "127.0.0.1:8080");
        assert_eq!(socket.st.name(), Some("LISTEN"));
        let fields = socket.fields();
        assert_eq!(
            fields.find("local_address"),
            Some(&Value::text("127.0.0.1"))
        );
        assert_eq!(fields.find("st"), Some(&Value::text("LISTEN")));
        assert_eq!(fields.find("st_raw"), Some(&Value::text("0x0A")));
    }
}
