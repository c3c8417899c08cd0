//! `/proc/net/udp`, `udplite`, `raw`, `icmp` and the same for IPv6: sockets without connections.

use super::{Absent, Blanks, HexCount, Slot, SocketAddress};
use crate::format::{Head, Pointer, Rest, Rows, named, record};

/// A table as `udp4_seq_show` writes it: lines are filled up to 127 columns.
macro_rules! udp4 {
    ($(#[$($meta:tt)*])* pub struct $table:ident: $path:literal) => {
        record! {
            $(#[$($meta)*])*
            pub struct $table: $path {
                /// The names of the columns.
                head: Head = "%h{   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n}{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n}{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                               \n}",
                /// The sockets.
                rows: Rows<DatagramSocket> = "{%-127r\n}",
            }
        }
    };
}

/// A table over IPv6: all of these kinds have one form (`__ip6_dgram_sock_seq_show`).
macro_rules! over_ip6 {
    ($(#[$($meta:tt)*])* pub struct $table:ident: $path:literal) => {
        record! {
            $(#[$($meta)*])*
            pub struct $table: $path {
                /// The names of the columns.
                head: Head = "%h{  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n}{  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode  drops\n}{  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n}",
                /// The sockets.
                rows: Rows<DatagramSocket> = "{%r\n}",
            }
        }
    };
}

udp4! {
    /// UDP sockets over IPv4.
    ///
    /// `/proc/net/udp` (`udp4_seq_show`). Lines are filled up to 127 columns.
    pub struct Udp: "net/udp"
}

over_ip6! {
    /// UDP sockets over IPv6.
    ///
    /// `/proc/net/udp6` (`udp6_seq_show`). A socket that is bound to `::` may serve IPv4 too.
    pub struct Udp6: "net/udp6"
}

udp4! {
    /// UDP-Lite sockets over IPv4.
    ///
    /// `/proc/net/udplite` (`udp4_seq_show`). Since 2.6.20.
    pub struct UdpLite: "net/udplite"
}

over_ip6! {
    /// UDP-Lite sockets over IPv6.
    ///
    /// `/proc/net/udplite6` (`udp6_seq_show`). Since 2.6.20.
    pub struct UdpLite6: "net/udplite6"
}

record! {
    /// Raw sockets over IPv4.
    ///
    /// `/proc/net/raw` (`raw_seq_show`). The port of the own end is the number of the protocol. Lines were
    /// filled up with blanks before 2.6.25.
    pub struct Raw: "net/raw" {
        /// The names of the columns.
        head: Head = "%h{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n}{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode  drops\n}{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                               \n}{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n}",
        /// The sockets.
        rows: Rows<DatagramSocket> = "{%r\n}",
    }
}

over_ip6! {
    /// Raw sockets over IPv6.
    ///
    /// `/proc/net/raw6` (`raw6_seq_show`). The port of the own end is the number of the protocol.
    pub struct Raw6: "net/raw6"
}

record! {
    /// Sockets for pings over IPv4.
    ///
    /// `/proc/net/icmp` (`ping_v4_seq_show`). The port of the own end is the identifier of the echoes.
    /// Since 3.0.
    pub struct Icmp: "net/icmp" {
        /// The names of the columns.
        head: Head = "%h{  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n}",
        /// The sockets.
        rows: Rows<DatagramSocket> = "{%-127r\n}",
    }
}

over_ip6! {
    /// Sockets for pings over IPv6.
    ///
    /// `/proc/net/icmp6` (`ping_v6_seq_show`). The port of the own end is the identifier of the echoes.
    /// Since 3.12.
    pub struct Icmp6: "net/icmp6"
}

record! {
    /// A socket without a connection, by the same names as a [`TcpSocket`](super::TcpSocket).
    ///
    /// `udp4_format_sock`, `raw_sock_seq_show`, `ping_v4_format_sock`, `__ip6_dgram_sock_seq_show`.
    pub struct DatagramSocket {
        /// Its place in the kernel's table.
        sl: Slot = "%r: ",
        /// Its own end.
        local: SocketAddress = "%r ",
        /// The other end; all zero where `connect` named none.
        remote: SocketAddress = "%r ",
        /// State.
        st: DatagramState = "%02X ",
        /// Bytes of memory for what was not sent yet.
        tx_queue: HexCount = "%08X:",
        /// Bytes of memory for what was received and not read.
        rx_queue: HexCount = "%08X ",
        /// No such socket has a timer: 0.
        tr: u32 = "%02X:",
        /// No such socket has a timer: 0.
        when: HexCount = "%08X ",
        /// Nothing is sent again: 0.
        retrnsmt: HexCount = "%08X ",
        /// The user of the socket, in the reader's user namespace.
        uid: u32 = "%5u ",
        /// Nothing is sent again: 0.
        timeout: i32 = "%8d ",
        /// Inode; 0 for one that no process has any more.
        inode: u64 = "%u ",
        /// References to it.
        refcnt: i32 = "%d ",
        /// Its address in the kernel.
        pointer: Pointer = "%r",
        /// TCP's alone.
        rto: Absent = "%r",
        /// TCP's alone.
        ato: Absent = "%r",
        /// TCP's alone.
        quick: Absent = "%r",
        /// TCP's alone.
        cwnd: Absent = "%r",
        /// TCP's alone.
        ssthresh: Absent = "%r",
        /// Blanks up to column 127, where a kernel before 2.6.25 fills up lines of raw sockets.
        fill: Blanks = "%r",
        /// Packets that came and were dropped, a count. Since 2.6.27.
        drops: Option<i64> = " %d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

named! {
    /// The state of a socket without a connection, as `ss` calls it.
    pub struct DatagramState(u32) {
        1 = "ESTABLISHED",
        7 = "UNCONN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    #[test]
    fn udp_has_its_own_states_and_the_names_of_tcp() {
        // As this kernel has it, and as 2.6.24 had it: a narrower place, and nothing after the
        // address.
        let row = "10610: 0100007F:14E9 00000000:0000 07 00000000:00000900 00:00000000 00000000  1000        0 4213 2 00000000b01acf9d 3";
        let now = format!(" {HEAD} ref pointer drops");
        let file = format!("{now:127}\n{row:127}\n");
        let udp: Udp = law::holds(file.as_bytes());
        let fields = udp.rows[0].fields();
        assert_eq!(fields.find("st"), Some(&Value::text("UNCONN")));
        assert_eq!(fields.find("local_port"), Some(&Value::Int(5353)));
        assert_eq!(fields.find("rx_queue"), Some(&Value::Int(0x900)));
        assert_eq!(fields.find("cwnd"), Some(&Value::MISSING));
        assert_eq!(fields.find("drops"), Some(&Value::Int(3)));
        law::mutants::<Udp>(&[file.as_bytes()], 5_000);

        let row = "  61: 0100007F:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4213 2 ffff88007c10e640";
        let file = format!("{HEAD:127}\n{row:127}\n");
        let udp: Udp = law::holds(file.as_bytes());
        assert_eq!((udp.rows[0].sl.number(), udp.rows[0].drops), (61, None));
    }

    #[test]
    fn a_raw_socket_has_its_protocol_for_a_port() {
        // By hand, after the form of Linux 3.2; then of 2.6.24, where lines were filled up.
        let row = "   58: 00000000:003A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18034 2 ffff88007c10e640 0";
        let file = format!("{HEAD} ref pointer drops\n{row}\n");
        let raw: Raw = law::holds(file.as_bytes());
        assert_eq!(raw.rows[0].local.0.port(), 58);
        let row = "  58: 00000000:003A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18034 2 ffff88007c10e640";
        let file = format!("{HEAD:127}\n{row:127}\n");
        let raw: Raw = law::holds(file.as_bytes());
        assert!(raw.rows[0].rest.is_empty());
        law::mutants::<Raw>(&[file.as_bytes()], 5_000);
    }
}
