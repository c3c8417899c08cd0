//! `/proc/net/igmp`, `igmp6`, `if_inet6`, `anycast6`, `mcfilter`, `mcfilter6`: addresses of devices,
//! and the groups that they are in.

use super::{Ip4Number, Ip4Word, Ip6};
use crate::format::net::HexCount;
use crate::format::{Head, Rows, flags, named, record};

record! {
    /// The IPv6 addresses of devices.
    ///
    /// `/proc/net/if_inet6` (`if6_seq_show`).
    pub struct IfInet6: "net/if_inet6" {
        /// The addresses.
        rows: Rows<DeviceAddress6> = "{%r\n}",
    }
}

record! {
    /// An IPv6 address of a device.
    pub struct DeviceAddress6 {
        /// The address.
        address: Ip6 = "%r ",
        /// Index of the device.
        ifindex: HexCount = "%02x ",
        /// Bits that are the network's.
        prefix_len: HexCount = "%02x ",
        /// Where it means something.
        scope: AddressScope = "%02x ",
        /// Flags, the lowest 8 of them.
        flags: AddressFlags = "%02x ",
        /// Name of the device.
        device: Vec<u8> = "%8s",
    }
}

named! {
    /// Where an IPv6 address means something.
    pub struct AddressScope(u32) {
        0x00 = "global",
        0x10 = "host",
        0x20 = "link",
        0x40 = "site",
        0x80 = "compat",
    }
}

flags! {
    /// Flags of an IPv6 address (`IFA_F_…`).
    pub struct AddressFlags(u32) {
        0x01 = "TEMPORARY",
        0x02 = "NODAD",
        0x04 = "OPTIMISTIC",
        0x08 = "DADFAILED",
        0x10 = "HOMEADDRESS",
        0x20 = "DEPRECATED",
        0x40 = "TENTATIVE",
        0x80 = "PERMANENT",
    }
}

record! {
    /// The groups of IPv4 that devices are in.
    ///
    /// `/proc/net/igmp` (`igmp_mc_seq_show`).
    pub struct Igmp: "net/igmp" {
        /// The names of the columns.
        head: Head = "%h{Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n}",
        /// The devices.
        rows: Rows<IgmpDevice> = "{%r}",
    }
}

record! {
    /// A device, and the groups of IPv4 that it is in.
    pub struct IgmpDevice {
        /// Index of the device.
        idx: i32 = "%d\t",
        /// Name of the device.
        device: Vec<u8> = "%-10s: ",
        /// How many groups there are.
        count: i32 = "%5d ",
        /// Version of IGMP that is spoken: `V1`, `V2`, `V3`, or `NONE`.
        querier: Vec<u8> = "%7s\n",
        /// The groups.
        groups: Vec<IgmpGroup> = "{\t\t\t\t%r\n}",
    }
}

record! {
    /// A group of IPv4 that a device is in.
    pub struct IgmpGroup {
        /// Its address.
        group: Ip4Word = "%r ",
        /// How many sockets want it.
        users: i32 = "%5d ",
        /// Does a timer run?
        timer_running: i32 = "%d:",
        /// When it ends, in clock ticks.
        timer: HexCount = "%08X\t\t",
        /// Was this machine the last to report it?
        reporter: i32 = "%d",
    }
}

record! {
    /// The groups of IPv6 that devices are in.
    ///
    /// `/proc/net/igmp6` (`igmp6_mc_seq_show`).
    pub struct Igmp6: "net/igmp6" {
        /// The groups.
        rows: Rows<Igmp6Group> = "{%r\n}",
    }
}

record! {
    /// A group of IPv6 that a device is in.
    pub struct Igmp6Group {
        /// Index of the device.
        idx: i32 = "%-4d ",
        /// Name of the device.
        device: Vec<u8> = "%-15s ",
        /// Its address.
        group: Ip6 = "%r ",
        /// How many want it.
        users: i32 = "%5d ",
        /// Flags.
        flags: Igmp6Flags = "%08X ",
        /// When its timer ends, in clock ticks; 0 if none runs.
        timer: i64 = "%d",
    }
}

flags! {
    /// Flags of a group of IPv6 (`MAF_…`).
    pub struct Igmp6Flags(u32) {
        0x01 = "TIMER_RUNNING",
        0x02 = "LAST_REPORTER",
        0x04 = "LOADED",
        0x08 = "NOREPORT",
        0x10 = "GSQUERY",
    }
}

record! {
    /// The anycast addresses of devices.
    ///
    /// `/proc/net/anycast6` (`ac6_seq_show`).
    pub struct Anycast6: "net/anycast6" {
        /// The addresses.
        rows: Rows<AnycastAddress> = "{%r\n}",
    }
}

record! {
    /// An anycast address of a device.
    pub struct AnycastAddress {
        /// Index of the device.
        ifindex: i32 = "%-4d ",
        /// Name of the device.
        device: Vec<u8> = "%-15s ",
        /// The address.
        address: Ip6 = "%r ",
        /// How many want it.
        users: i32 = "%5d",
    }
}

record! {
    /// The senders that groups of IPv4 are limited to, or exclude.
    ///
    /// `/proc/net/mcfilter` (`igmp_mcf_seq_show`).
    pub struct Mcfilter: "net/mcfilter" {
        /// The names of the columns.
        head: Head = "%h{Idx Device        MCA        SRC    INC    EXC\n}",
        /// The senders.
        rows: Rows<Filter> = "{%r\n}",
    }
}

record! {
    /// A sender that sockets want in a group of IPv4, or do not.
    pub struct Filter {
        /// Index of the device.
        idx: i32 = "%3d ",
        /// Name of the device, its first 6 bytes.
        device: Vec<u8> = "%6s ",
        /// Address of the group.
        group: Ip4Number = "0x%r ",
        /// Address of the sender.
        source: Ip4Number = "0x%r ",
        /// How many sockets want it.
        include: u64 = "%6u ",
        /// How many sockets do not want it.
        exclude: u64 = "%6u",
    }
}

record! {
    /// The senders that groups of IPv6 are limited to, or exclude.
    ///
    /// `/proc/net/mcfilter6` (`igmp6_mcf_seq_show`).
    pub struct Mcfilter6: "net/mcfilter6" {
        /// The names of the columns.
        head: Head = "%h{Idx Device                Multicast Address                   Source Address    INC    EXC\n}",
        /// The senders.
        rows: Rows<Filter6> = "{%r\n}",
    }
}

record! {
    /// A sender that sockets want in a group of IPv6, or do not.
    pub struct Filter6 {
        /// Index of the device.
        idx: i32 = "%3d ",
        /// Name of the device, its first 6 bytes.
        device: Vec<u8> = "%6s ",
        /// Address of the group.
        group: Ip6 = "%r ",
        /// Address of the sender.
        source: Ip6 = "%r ",
        /// How many sockets want it.
        include: u64 = "%6u ",
        /// How many sockets do not want it.
        exclude: u64 = "%6u",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_device_has_its_groups() {
        let file = b"Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n4\teth0      :     2      V2\n\t\t\t\tFB0000E0     1 1:000000C8\t\t1\n\t\t\t\t010000E0     1 0:00000000\t\t0\n";
        let igmp: Igmp = law::holds(file);
        let eth0 = &igmp.rows[1];
        assert_eq!((&*eth0.device, eth0.groups.len()), (&b"eth0"[..], 2));
        assert_eq!(eth0.groups[0].group.0.to_string(), "224.0.0.251");
        assert_eq!(eth0.groups[0].timer.0, 200);
        law::mutants::<Igmp>(&[file], 5_000);
    }

    #[test]
    fn addresses_stand_in_the_order_of_the_network() {
        let addresses: IfInet6 =
            law::holds(b"fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n");
        let fields = addresses.rows[0].fields();
        let address = "fe80::fc:ff:fe00:1";
        assert_eq!(fields.find("address"), Some(&Value::text(address)));
        assert_eq!(fields.find("scope"), Some(&Value::text("link")));
        assert_eq!(fields.find("ifindex"), Some(&Value::Int(4)));
        // By hand, after the form of this kernel, which has no such group.
        let filter: Mcfilter = law::holds(
            b"Idx Device        MCA        SRC    INC    EXC\n  4   eth0 0xe00000fb 0xc0000201      1      0\n",
        );
        assert_eq!(filter.rows[0].group.0.to_string(), "224.0.0.251");
        assert_eq!(filter.rows[0].source.0.to_string(), "192.0.2.1");
    }
}
