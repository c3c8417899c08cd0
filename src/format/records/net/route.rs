//! `/proc/net/route`, `ipv6_route`, `rt_cache`, `rt6_stats`: where packets go.

use super::{Ip4Word, Ip6};
use crate::format::net::HexCount;
use crate::format::{Head, Rest, Rows, flags, record};

record! {
    /// Routes of IPv4, of the main table.
    ///
    /// `/proc/net/route` (`fib_route_seq_show`). Lines are filled up to 127 columns.
    pub struct Route: "net/route" {
        /// The names of the columns.
        head: Head = "%h{Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n}",
        /// The routes.
        rows: Rows<Route4> = "{%-127r\n}",
    }
}

record! {
    /// A route of IPv4.
    pub struct Route4 {
        /// The device; `*` where there is none.
        iface: Vec<u8> = "%s\t",
        /// Where to.
        destination: Ip4Word = "%r\t",
        /// By which gateway; 0 without one.
        gateway: Ip4Word = "%r\t",
        /// Flags.
        flags: RouteFlags = "%04X\t",
        /// Nothing any more: 0.
        ref_cnt: i32 = "%d\t",
        /// Nothing any more: 0.
        r#use: u32 = "%u\t",
        /// The lower, the better.
        metric: i64 = "%d\t",
        /// Mask of the destination.
        mask: Ip4Word = "%r\t",
        /// Greatest size of segments, less 40; 0 where none was set, in bytes.
        mtu: i32 = "%d\t",
        /// Window, in bytes; 0 where none was set.
        window: u32 = "%u\t",
        /// First estimate of the time there and back, in eighths of a millisecond; 0 where none was
        /// set.
        irtt: u32 = "%u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

flags! {
    /// Flags of a route (`RTF_…`).
    pub struct RouteFlags(u32) {
        0x1 = "UP",
        0x2 = "GATEWAY",
        0x4 = "HOST",
        0x8 = "REINSTATE",
        0x10 = "DYNAMIC",
        0x20 = "MODIFIED",
        0x40 = "MTU",
        0x80 = "WINDOW",
        0x100 = "IRTT",
        0x200 = "REJECT",
        0x1_0000 = "DEFAULT",
        0x2_0000 = "ALLONLINK",
        0x4_0000 = "ADDRCONF",
        0x8_0000 = "PREFIX_RT",
        0x10_0000 = "ANYCAST",
        0x20_0000 = "NONEXTHOP",
        0x40_0000 = "EXPIRES",
        0x80_0000 = "ROUTEINFO",
        0x100_0000 = "CACHE",
        0x200_0000 = "FLOW",
        0x400_0000 = "POLICY",
        0x4000_0000 = "PCPU",
        0x8000_0000 = "LOCAL",
    }
}

record! {
    /// Routes of IPv6, of all tables.
    ///
    /// `/proc/net/ipv6_route` (`ipv6_route_native_seq_show`).
    pub struct Ipv6Route: "net/ipv6_route" {
        /// The routes.
        rows: Rows<Route6> = "{%r\n}",
    }
}

record! {
    /// A route of IPv6.
    pub struct Route6 {
        /// Where to.
        destination: Ip6 = "%r ",
        /// Bits of the destination that count.
        destination_len: HexCount = "%02x ",
        /// Where from; 0 for anywhere.
        source: Ip6 = "%r ",
        /// Bits of the source that count.
        source_len: HexCount = "%02x ",
        /// By which gateway; 0 without one.
        next_hop: Ip6 = "%r ",
        /// The lower, the better.
        metric: HexCount = "%08x ",
        /// References to it.
        refcnt: HexCount = "%08x ",
        /// How often it was used.
        r#use: HexCount = "%08x ",
        /// Flags.
        flags: RouteFlags = "%08x ",
        /// The device.
        device: Vec<u8> = "%8s",
    }
}

record! {
    /// Routes of IPv4 that were used; nothing since 3.6.
    ///
    /// `/proc/net/rt_cache` (`rt_cache_seq_show`). Lines are filled up to 127 columns.
    pub struct RtCache: "net/rt_cache" {
        /// The names of the columns.
        head: Head = "%h{Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\tSpecDst                          \n}",
        /// The routes.
        rows: Rows<CachedRoute> = "{%-127r\n}",
    }
}

record! {
    /// A route of IPv4 that was used.
    pub struct CachedRoute {
        /// The device; `*` where there is none.
        iface: Vec<u8> = "%s\t",
        /// Where to.
        destination: Ip4Word = "%r\t",
        /// By which gateway; the destination itself without one.
        gateway: Ip4Word = "%r\t",
        /// Flags (`RTCF_…`).
        flags: CachedFlags = "%8X\t",
        /// References to it.
        ref_cnt: i32 = "%d\t",
        /// How often it was used.
        r#use: i64 = "%d\t",
        /// The lower, the better.
        metric: i64 = "%d\t",
        /// Where from.
        source: Ip4Word = "%r\t",
        /// Greatest size of segments, less 40, in bytes.
        mtu: i32 = "%d\t",
        /// Window, in bytes.
        window: u32 = "%u\t",
        /// Estimate of the time there and back, in eighths of a millisecond.
        irtt: u32 = "%u\t",
        /// Type of service.
        tos: HexCount = "%02X\t",
        /// References to the header of the link; -1 without one.
        hh_ref: i32 = "%d\t",
        /// Is that header up to date?
        hh_uptod: i32 = "%d\t",
        /// Own address to answer from.
        spec_dst: Ip4Word = "%r",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

flags! {
    /// Flags of a route that was used (`RTCF_…`).
    pub struct CachedFlags(u32) {
        0x200 = "DEAD",
        0x400 = "ONLINK",
        0x1000 = "NOTIFY",
        0x2000 = "DIRECTDST",
        0x4000 = "REDIRECTED",
        0x8000 = "TPROXY",
        0x20_0000 = "MASQ",
        0x40_0000 = "SNAT",
        0x80_0000 = "DOREDIRECT",
        0x400_0000 = "DIRECTSRC",
        0x800_0000 = "DNAT",
        0x1000_0000 = "BROADCAST",
        0x2000_0000 = "MULTICAST",
        0x4000_0000 = "REJECT",
        0x8000_0000 = "LOCAL",
    }
}

record! {
    /// Counts of the routes of IPv6.
    ///
    /// `/proc/net/rt6_stats` (`rt6_stats_seq_show`).
    pub struct Rt6Stats: "net/rt6_stats" {
        /// Nodes of the tree.
        fib_nodes: HexCount = "%04x ",
        /// Nodes that have routes.
        fib_route_nodes: HexCount = "%04x ",
        /// Routes made since boot, a count.
        fib_rt_alloc: HexCount = "%04x ",
        /// Routes in the tables.
        fib_rt_entries: HexCount = "%04x ",
        /// Routes in the cache.
        fib_rt_cache: HexCount = "%04x ",
        /// Entries of the table of destinations.
        dst_entries: HexCount = "%04x ",
        /// Routes discarded since boot, a count.
        fib_discarded_routes: HexCount = "%04x\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn words_of_the_machine_are_not_the_order_of_the_network() {
        let row = "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00FFFFFF\t0\t0\t0";
        let head =
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
        let file = format!("{head:127}\n{row:127}\n");
        let route: Route = law::holds(file.as_bytes());
        let fields = route.rows[0].fields();
        assert_eq!(fields.find("gateway"), Some(&Value::text("192.0.2.1")));
        assert_eq!(fields.find("gateway_raw"), Some(&Value::text("010200C0")));
        assert_eq!(fields.find("mask"), Some(&Value::text("255.255.255.0")));
        let flags = ["UP", "GATEWAY"].map(Value::text);
        assert_eq!(fields.find("flags"), Some(&Value::List(flags.into())));
        assert_eq!(fields.find("use"), Some(&Value::Int(0)));
        law::mutants::<Route>(&[file.as_bytes()], 5_000);

        let file = b"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000100 00000001 0000c62d 80200001     eth0\n";
        let routes: Ipv6Route = law::holds(file);
        let fields = routes.rows[0].fields();
        assert_eq!(fields.find("destination"), Some(&Value::text("fe80::")));
        assert_eq!(fields.find("next_hop"), Some(&Value::text("fd00::1")));
        assert_eq!(fields.find("destination_len"), Some(&Value::Int(64)));
        assert_eq!(fields.find("device"), Some(&Value::text("eth0")));
        law::mutants::<Ipv6Route>(&[file], 5_000);
    }

    #[test]
    fn an_old_kernel_kept_routes_that_were_used() {
        // By hand, after the form of Linux 3.2.
        let head = "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\tSpecDst";
        let row = "eth0\t010200C0\t020200C0\t       0\t0\t12\t0\t030200C0\t1500\t0\t0\t00\t-1\t1\t030200C0";
        let file = format!("{head:127}\n{row:127}\n");
        let cache: RtCache = law::holds(file.as_bytes());
        assert_eq!(cache.rows[0].spec_dst.0.to_string(), "192.0.2.3");
        law::mutants::<RtCache>(&[file.as_bytes()], 5_000);
    }
}
