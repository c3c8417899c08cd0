//! `/proc/net/netlink`, `packet`, `pfkey`, `bnep`, `hci`, `l2cap`, `rfcomm`, `sco` …: the sockets of
//! other families.

use super::{ColumnNames, Padded};
use crate::{
    format::{Cursor, Field, ParseError, Pointer, Rest, Rows, Spec, Word, named, record},
    value::{Fields, Value},
};

record! {
    /// Sockets of netlink.
    ///
    /// `/proc/net/netlink` (`netlink_native_seq_show`).
    pub struct Netlink: "net/netlink" {
        /// The names of the columns.
        head: ColumnNames = "%h{sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode}",
        /// The sockets.
        rows: Rows<NetlinkSocket> = "{%r\n}",
    }
}

record! {
    /// A socket of netlink.
    pub struct NetlinkSocket {
        /// Its address in the kernel.
        sk: Padded<Pointer> = "%r",
        /// Protocol: which part of the kernel it speaks to.
        eth: Padded<NetlinkProtocol> = "%d",
        /// Its address, which is often the pid of the process that bound it first; 0 for the kernel's.
        pid: Padded<i64> = "%d",
        /// The groups whose messages it gets, a mask of the first 32.
        groups: Padded<u32> = "%08x",
        /// Memory of what was not read, in bytes.
        rmem: Padded<i64> = "%d",
        /// Memory of what was not sent, in bytes.
        wmem: Padded<i64> = "%d",
        /// Does it list something? 0 or 1; before 3.10 an address in the kernel.
        dump: Padded<Dump> = "%r",
        /// References to it.
        locks: Option<Padded<i64>> = "%d",
        /// Messages dropped, a count. Since 2.6.32.
        drops: Option<Padded<i64>> = "%d",
        /// Inode; 0 for the kernel's before 3.10. Since 2.6.37.
        inode: Option<Padded<u64>> = "%u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

named! {
    /// Which part of the kernel a socket of netlink speaks to (`NETLINK_…`).
    pub struct NetlinkProtocol(u32) {
        0 = "ROUTE",
        1 = "UNUSED",
        2 = "USERSOCK",
        3 = "FIREWALL",
        4 = "SOCK_DIAG",
        5 = "NFLOG",
        6 = "XFRM",
        7 = "SELINUX",
        8 = "ISCSI",
        9 = "AUDIT",
        10 = "FIB_LOOKUP",
        11 = "CONNECTOR",
        12 = "NETFILTER",
        13 = "IP6_FW",
        14 = "DNRTMSG",
        15 = "KOBJECT_UEVENT",
        16 = "GENERIC",
        18 = "SCSITRANSPORT",
        19 = "ECRYPTFS",
        20 = "RDMA",
        21 = "CRYPTO",
        22 = "SMC",
    }
}

/// Whether a socket of netlink lists something: yes or no, or by which structure of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dump {
    /// Since 3.10: is there one?
    Runs(bool),
    /// The structure's address; 0 without one.
    At(Pointer),
    /// No structure, as kernels before 2.6.38 print no address.
    Null,
}

impl Default for Dump {
    fn default() -> Self {
        Self::Runs(false)
    }
}

impl Dump {
    /// Does it?
    #[must_use]
    pub const fn runs(self) -> bool {
        match self {
            Self::Runs(runs) => runs,
            Self::At(pointer) => pointer.address() != 0,
            Self::Null => false,
        }
    }
}

impl Field for Dump {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.skip(b"(null)") {
            return Ok(Self::Null);
        }
        match cursor.rest() {
            [b'0' | b'1', b' ' | b'\n', ..] => Ok(Self::Runs(cursor.take(1) == b"1")),
            _ => Pointer::take(cursor, spec).map(Self::At),
        }
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self {
            Self::Runs(runs) => out.push(if *runs { b'1' } else { b'0' }),
            Self::At(pointer) => pointer.put(spec, out),
            Self::Null => out.extend_from_slice(b"(null)"),
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Bool(self.runs())
    }
}

record! {
    /// Sockets that see packets of the link.
    ///
    /// `/proc/net/packet` (`packet_seq_show`).
    pub struct Packet: "net/packet" {
        /// The names of the columns.
        head: ColumnNames = "%h{sk RefCnt Type Proto Iface R Rmem User Inode}",
        /// The sockets.
        rows: Rows<PacketSocket> = "{%r\n}",
    }
}

record! {
    /// A socket that sees packets of the link.
    pub struct PacketSocket {
        /// Its address in the kernel.
        sk: Padded<Pointer> = "%r",
        /// References to it.
        ref_cnt: Padded<i64> = "%d",
        /// Type.
        r#type: Padded<PacketKind> = "%d",
        /// The protocol of the packets that it sees (`ETH_P_…`), 0x0003 for all.
        proto: Padded<u32> = "%04x",
        /// Index of the device; 0 for all devices.
        iface: Padded<i32> = "%d",
        /// Does it see packets now? 0 or 1.
        r: Padded<i32> = "%d",
        /// Memory of what was not read, in bytes.
        rmem: Padded<u64> = "%u",
        /// The user of the socket, in the reader's user namespace.
        user: Padded<u32> = "%u",
        /// Inode.
        inode: Padded<u64> = "%u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

named! {
    /// What a socket that sees packets of the link gets.
    pub struct PacketKind(u32) {
        2 = "DGRAM",
        3 = "RAW",
        10 = "PACKET",
    }
}

record! {
    /// Sockets that manage the keys of `IPsec`.
    ///
    /// `/proc/net/pfkey` (`pfkey_seq_show`).
    pub struct Pfkey: "net/pfkey" {
        /// The names of the columns.
        head: ColumnNames = "%h{sk RefCnt Rmem Wmem User Inode}",
        /// The sockets.
        rows: Rows<PfkeySocket> = "{%r\n}",
    }
}

record! {
    /// A socket that manages the keys of `IPsec`.
    pub struct PfkeySocket {
        /// Its address in the kernel.
        sk: Padded<Pointer> = "%r",
        /// References to it.
        ref_cnt: Padded<i64> = "%d",
        /// Memory of what was not read, in bytes.
        rmem: Padded<u64> = "%u",
        /// Memory of what was not sent, in bytes.
        wmem: Padded<u64> = "%u",
        /// The user of the socket, in the reader's user namespace.
        user: Padded<u32> = "%u",
        /// Inode.
        inode: Padded<u64> = "%u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Sockets of Bluetooth.
    ///
    /// `/proc/net/bnep`, `cmtp`, `hci`, `hidp`, `iso`, `l2cap`, `rfcomm`, `sco` (`bt_seq_show`).
    pub struct Bluetooth: "net/bnep" {
        /// The names of the columns; `Src` and `Dst` until 3.7.
        head: ColumnNames = "%h{sk RefCnt Rmem Wmem User Inode Src Dst Parent}",
        /// The sockets.
        rows: Rows<BluetoothSocket> = "{%r\n}",
    }
}

record! {
    /// A socket of Bluetooth.
    pub struct BluetoothSocket {
        /// Its address in the kernel.
        sk: Padded<Pointer> = "%r",
        /// References to it.
        ref_cnt: Padded<i64> = "%d",
        /// Memory of what was not read, in bytes.
        rmem: Padded<u64> = "%u",
        /// Memory of what was not sent, in bytes.
        wmem: Padded<u64> = "%u",
        /// The user of the socket, in the reader's user namespace.
        user: Padded<u32> = "%u",
        /// Inode.
        inode: Padded<u64> = "%u",
        /// The two ends; missing since 3.8.
        ends: BluetoothEnds = "%r",
        /// Inode of the socket that it was accepted from; 0 without one.
        parent: Padded<u64> = "%u",
        /// What the protocol adds.
        further: Further = "%r",
    }
}

/// The addresses of a socket of Bluetooth, where the kernel prints them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BluetoothEnds(Option<(Padded<Word>, Padded<Word>)>);

impl BluetoothEnds {
    /// Its own end and the other, `00:00:00:00:00:00` where there is none.
    #[must_use]
    pub fn both(&self) -> Option<(&[u8], &[u8])> {
        let (src, dst) = self.0.as_ref()?;
        Some((&src.0, &dst.0))
    }
}

impl Field for BluetoothEnds {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        // A number has no colon.
        if cursor.rest().get(2) != Some(&b':') {
            return Ok(Self(None));
        }
        let src = Padded::take(cursor, spec)?;
        Ok(Self(Some((src, Padded::take(cursor, spec)?))))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some((src, dst)) = &self.0 {
            src.put(spec, out);
            dst.put(spec, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.both().map_or(Value::MISSING, |(src, dst)| {
            Value::List(vec![Value::text(src), Value::text(dst)])
        })
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        let both = self.both();
        let end = |end: Option<&[u8]>| end.map_or(Value::MISSING, Value::text);
        fields.push("src", end(both.map(|both| both.0)));
        fields.push("dst", end(both.map(|both| both.1)));
    }
}

/// Words at the end of a line that mean something else in each of several files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Further(pub Vec<Padded<Word>>);

impl Field for Further {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut words = Vec::new();
        while !cursor.at_line_end() {
            words.push(Padded::take(cursor, spec)?);
        }
        Ok(Self(words))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for word in &self.0 {
            word.put(spec, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        if self.0.is_empty() {
            return Value::MISSING;
        }
        Value::List(self.0.iter().map(|word| Value::text(&word.0)).collect())
    }
}

record! {
    /// Labels of flows of IPv6.
    ///
    /// `/proc/net/ip6_flowlabel` (`ip6fl_seq_show`).
    pub struct Ip6Flowlabel: "net/ip6_flowlabel" {
        /// The names of the columns.
        head: ColumnNames = "%h{Label S Owner Users Linger Expires Dst Opt}",
        /// The labels.
        rows: Rows<FlowLabel> = "{%r\n}",
    }
}

record! {
    /// A label of a flow of IPv6.
    pub struct FlowLabel {
        /// The label, 20 bits.
        label: Padded<u32> = "%05X",
        /// Who may use it: 1 one socket, 2 a process, 3 a user, 255 anybody.
        s: Padded<u32> = "%d",
        /// The process or the user; 0 for anybody.
        owner: Padded<i64> = "%d",
        /// How many sockets use it.
        users: Padded<i64> = "%d",
        /// How long it stays after its last use, in seconds.
        linger: Padded<i64> = "%d",
        /// When it ends, in seconds from now.
        expires: Padded<i64> = "%d",
        /// Where to.
        dst: Padded<super::Ip6> = "%r",
        /// Length of the options that go with it, in bytes.
        opt: Padded<i64> = "%d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn old_and_new_sockets_of_netlink_have_the_same_names() {
        let now = b"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n00000000f33f362b 16  -4109      00000011 0        0        1     2        7        4       \n";
        let netlink: Netlink = law::holds(now);
        let fields = netlink.rows[0].fields();
        assert_eq!(fields.find("eth"), Some(&Value::text("GENERIC")));
        assert_eq!(fields.find("pid"), Some(&Value::Int(-4109)));
        assert_eq!(fields.find("dump"), Some(&Value::Bool(true)));
        assert_eq!(fields.find("groups"), Some(&Value::text("0x00000011")));
        assert_eq!(fields.find("inode"), Some(&Value::Int(4)));
        law::mutants::<Netlink>(&[now], 5_000);
        // By hand, after the forms of Linux 3.2 and 2.6.18.
        let old = b"sk       Eth Pid    Groups   Rmem     Wmem     Dump     Locks     Drops     Inode\nffff8807f6649000 0   1234   00000000 0        0        0000000000000000 2        0        7105    \n";
        let netlink: Netlink = law::holds(old);
        assert!(!netlink.rows[0].dump.runs());
        assert_eq!(netlink.rows[0].inode.map(|inode| inode.value), Some(7105));
        law::mutants::<Netlink>(&[old], 5_000);
        law::holds::<Netlink>(
            b"sk       Eth Pid    Groups   Rmem     Wmem     Dump     Locks\nf7c9e200 0   0      00000000 0        0        (null) 2\n",
        );
    }

    #[test]
    fn sockets_of_pfkey_have_wider_addresses_than_their_column() {
        // By hand, after the form of the kernel; no machine here has the file.
        let file = b"sk       RefCnt Rmem   Wmem   User   Inode\n00000000f33f362b 3      768    0      1000   4026531\n0000000000000000 2      1234567 0      0      7816  \n";
        let sockets: Pfkey = law::holds(file);
        let fields = sockets.rows[0].fields();
        assert_eq!(fields.find("ref_cnt"), Some(&Value::Int(3)));
        assert_eq!(fields.find("rmem"), Some(&Value::Int(768)));
        assert_eq!(fields.find("wmem"), Some(&Value::Int(0)));
        assert_eq!(fields.find("user"), Some(&Value::Int(1000)));
        assert_eq!(fields.find("inode"), Some(&Value::Int(4_026_531)));
        assert_eq!(sockets.rows[0].sk.address(), 0xf33f_362b);
        assert_eq!(sockets.rows[1].rmem.value, 1_234_567);
        law::mutants::<Pfkey>(&[file], 5_000);
        // Without a socket.
        law::holds::<Pfkey>(b"sk       RefCnt Rmem   Wmem   User   Inode\n");
    }

    #[test]
    fn sockets_of_bluetooth_had_ends() {
        // By hand, after the forms of Linux 3.2 and of this kernel; no machine here has Bluetooth.
        let old = b"sk               RefCnt Rmem   Wmem   User   Inode  Src Dst Parent\nffff880800b39c00 2      0      0      0      7816   00:00:00:00:00:00 02:00:00:00:00:01 0     \n";
        let sockets: Bluetooth = law::holds(old);
        let fields = sockets.rows[0].fields();
        assert_eq!(fields.find("dst"), Some(&Value::text("02:00:00:00:00:01")));
        law::mutants::<Bluetooth>(&[old], 5_000);
        let now = b"sk               RefCnt Rmem   Wmem   User   Inode  Parent\n00000000f33f362b 2      0      0      0      7816   0      1 25\n";
        let sockets: Bluetooth = law::holds(now);
        assert_eq!(sockets.rows[0].ends.both(), None);
        assert_eq!(sockets.rows[0].further.0.len(), 2);
    }

    #[test]
    fn a_label_is_of_a_flow() {
        let file = b"Label S Owner  Users  Linger Expires  Dst                              Opt\n00ABC 1 0      1      6      59       20010db8000000000000000000000001 0   \n";
        let labels: Ip6Flowlabel = law::holds(file);
        let fields = labels.rows[0].fields();
        assert_eq!(fields.find("dst"), Some(&Value::text("2001:db8::1")));
        assert_eq!(fields.find("label"), Some(&Value::text("0x00ABC")));
        law::mutants::<Ip6Flowlabel>(&[file], 5_000);
    }
}
