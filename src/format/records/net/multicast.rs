//! `/proc/net/ip_mr_vif`, `ip_mr_cache`, `ip6_mr_vif`, `ip6_mr_cache`: routes of packets for many.

use super::{Ip4Word, Ip6Colons};
use crate::format::{Head, Rest, Rows, record};

record! {
    /// Devices that packets for many are routed over, by IPv4.
    ///
    /// `/proc/net/ip_mr_vif` (`ipmr_vif_seq_show`).
    pub struct IpMrVif: "net/ip_mr_vif" {
        /// The names of the columns.
        head: Head = "%h{Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote\n}",
        /// The devices.
        rows: Rows<MulticastDevice> = "{%r\n}",
    }
}

record! {
    /// A device that packets for many are routed over, by IPv4.
    pub struct MulticastDevice {
        /// Its number here.
        vif: u32 = "%2u ",
        /// Its name; `none` where it has none.
        interface: Vec<u8> = "%-10s ",
        /// Bytes that came in.
        bytes_in: u64 = "%8u ",
        /// Packets that came in, a count.
        pkts_in: u64 = "%7u  ",
        /// Bytes that went out.
        bytes_out: u64 = "%8u ",
        /// Packets that went out, a count.
        pkts_out: u64 = "%7u ",
        /// Flags: 1 a tunnel, 4 the register of PIM, 8 by index.
        flags: u32 = "%05X ",
        /// Own address; the index of the device where the flags say so.
        local: Ip4Word = "%r ",
        /// The other end of a tunnel.
        remote: Ip4Word = "%r",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Devices that packets for many are routed over, by IPv6.
    ///
    /// `/proc/net/ip6_mr_vif` (`ip6mr_vif_seq_show`). Since 2.6.26.
    pub struct Ip6MrVif: "net/ip6_mr_vif" {
        /// The names of the columns.
        head: Head = "%h{Interface      BytesIn  PktsIn  BytesOut PktsOut Flags\n}",
        /// The devices.
        rows: Rows<MulticastDevice6> = "{%r\n}",
    }
}

record! {
    /// A device that packets for many are routed over, by IPv6.
    pub struct MulticastDevice6 {
        /// Its number here.
        vif: u32 = "%2u ",
        /// Its name; `none` where it has none.
        interface: Vec<u8> = "%-10s ",
        /// Bytes that came in.
        bytes_in: u64 = "%8u ",
        /// Packets that came in, a count.
        pkts_in: u64 = "%7u  ",
        /// Bytes that went out.
        bytes_out: u64 = "%8u ",
        /// Packets that went out, a count.
        pkts_out: u64 = "%7u ",
        /// Flags: 1 the register of PIM.
        flags: u32 = "%05X",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Routes of packets for many, by IPv4.
    ///
    /// `/proc/net/ip_mr_cache` (`ipmr_mfc_seq_show`).
    pub struct IpMrCache: "net/ip_mr_cache" {
        /// The names of the columns.
        head: Head = "%h{Group    Origin   Iif     Pkts    Bytes    Wrong Oifs\n}",
        /// The routes.
        rows: Rows<MulticastRoute> = "{%r\n}",
    }
}

record! {
    /// A route of packets for many, by IPv4.
    pub struct MulticastRoute {
        /// The group.
        group: Ip4Word = "%r ",
        /// Where they come from.
        origin: Ip4Word = "%r ",
        /// By which device; -1 where that is not known yet.
        iif: i32 = "%-3d ",
        /// Packets, a count.
        pkts: u64 = "%8u ",
        /// Bytes.
        bytes: u64 = "%8u ",
        /// Packets that came by another device, a count.
        wrong: u64 = "%8u",
        /// Where they go.
        oifs: Vec<OutDevice> = "{ %r}",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Routes of packets for many, by IPv6.
    ///
    /// `/proc/net/ip6_mr_cache` (`ipmr_mfc_seq_show`). Since 2.6.26.
    pub struct Ip6MrCache: "net/ip6_mr_cache" {
        /// The names of the columns.
        head: Head = "%h{Group                            Origin                           Iif      Pkts  Bytes     Wrong  Oifs\n}",
        /// The routes.
        rows: Rows<MulticastRoute6> = "{%r\n}",
    }
}

record! {
    /// A route of packets for many, by IPv6.
    pub struct MulticastRoute6 {
        /// The group.
        group: Ip6Colons = "%r ",
        /// Where they come from.
        origin: Ip6Colons = "%r ",
        /// By which device; -1 where that is not known yet.
        iif: i32 = "%-3d ",
        /// Packets, a count.
        pkts: u64 = "%8u ",
        /// Bytes.
        bytes: u64 = "%8u ",
        /// Packets that came by another device, a count.
        wrong: u64 = "%8u",
        /// Where they go.
        oifs: Vec<OutDevice> = "{ %r}",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// Where packets for many go.
    pub struct OutDevice {
        /// The device's number here.
        vif: i32 = "%2d:",
        /// Packets with less hops left are not sent there.
        ttl: i32 = "%-3d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn packets_for_many_have_routes() {
        // By hand, after the form of this kernel, which routes none.
        let file = b"Group    Origin   Iif     Pkts    Bytes    Wrong Oifs\n010200EF 050200C0 0         12     1200        0  1:1    3:255\n";
        let cache: IpMrCache = law::holds(file);
        let row = &cache.rows[0];
        assert_eq!((row.oifs[1].vif, row.oifs[1].ttl), (3, 255));
        assert_eq!(row.fields().find("group"), Some(&Value::text("239.0.2.1")));
        law::mutants::<IpMrCache>(&[file], 5_000);
        let six = b"Group                            Origin                           Iif      Pkts  Bytes     Wrong  Oifs\nff0e:0000:0000:0000:0000:0000:0000:0001 2001:0db8:0000:0000:0000:0000:0000:0001 -1         0        0        0\n";
        let cache: Ip6MrCache = law::holds(six);
        assert_eq!(cache.rows[0].origin.0.to_string(), "2001:db8::1");
        law::mutants::<Ip6MrCache>(&[six], 5_000);
    }

    #[test]
    fn devices_carry_them() {
        // By hand, after the form of this kernel, which routes none.
        let vifs: IpMrVif = law::holds(
            b"Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote\n 0 eth0            120       1         0       0 00000 050200C0 00000000\n",
        );
        assert_eq!(vifs.rows[0].local.0.to_string(), "192.0.2.5");
        assert_eq!(vifs.rows[0].interface, b"eth0");
    }
}
