//! `/proc/net/dev_mcast`, `ptype`, `wireless`, `vlan/config`: what devices are and take.

use super::HardwareAddress;
use crate::format::{Head, Rest, Rows, net::HexCount, record};

record! {
    /// The groups whose packets each device takes, by their addresses on the link.
    ///
    /// `/proc/net/dev_mcast` (`dev_mc_seq_show`).
    pub struct DevMcast: "net/dev_mcast" {
        /// The groups.
        rows: Rows<LinkGroup> = "{%r\n}",
    }
}

record! {
    /// A group whose packets a device takes.
    pub struct LinkGroup {
        /// Index of the device.
        ifindex: i32 = "%-4d ",
        /// Name of the device.
        device: Vec<u8> = "%-15s ",
        /// References to it.
        refcount: i32 = "%-5d ",
        /// Those of them that were asked for by the user of the device, 0 or 1.
        global_use: i32 = "%-5d ",
        /// The address.
        address: HardwareAddress = "%r",
    }
}

record! {
    /// Who takes which kind of packets.
    ///
    /// `/proc/net/ptype` (`ptype_seq_show`).
    pub struct Ptype: "net/ptype" {
        /// The names of the columns.
        head: Head = "%h{Type Device      Function\n}",
        /// Those who take packets.
        rows: Rows<PacketType> = "{%r\n}",
    }
}

record! {
    /// Who takes a kind of packets.
    pub struct PacketType {
        /// The protocol, four hexadecimal digits; `ALL` for all packets.
        r#type: Vec<u8> = "%-4s ",
        /// The device; empty for all devices.
        device: Vec<u8> = "%-8s ",
        /// The kernel's function, before 3.0 with its offset and size; the module after it.
        function: Vec<u8> = "%s",
    }
}

record! {
    /// The quality of wireless links.
    ///
    /// `/proc/net/wireless` (`wireless_seq_show`).
    pub struct Wireless: "net/wireless" {
        /// The names of the columns, before the version.
        head: Head = "%h{Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n}",
        /// The version of the wireless extensions.
        version: u32 = " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | %u\n",
        /// The devices.
        rows: Rows<WirelessDevice> = "{%r\n}",
    }
}

record! {
    /// The quality of a wireless link.
    pub struct WirelessDevice {
        /// The device.
        face: Vec<u8> = "%6s: ",
        /// State, which means what the driver wants.
        status: HexCount = "%04x  ",
        /// Quality of the link.
        link: i32 = "%3d",
        /// `.` if it is new, otherwise a blank.
        link_updated: u8 = "%c  ",
        /// Level of the signal, dBm where the driver says so.
        level: i32 = "%3d",
        /// `.` if it is new, otherwise a blank.
        level_updated: u8 = "%c  ",
        /// Level of the noise, dBm where the driver says so.
        noise: i32 = "%3d",
        /// `.` if it is new, otherwise a blank.
        noise_updated: u8 = "%c  ",
        /// Packets dropped for another network's identifier, a count.
        nwid: i64 = "%6d ",
        /// Packets that could not be decrypted, a count.
        crypt: i64 = "%6d ",
        /// Packets that could not be put together, a count.
        frag: i64 = "%6d ",
        /// Packets that were sent too often in vain, a count.
        retry: i64 = "%6d ",
        /// Packets lost for another reason, a count.
        misc: i64 = "%6d   ",
        /// Beacons missed, a count.
        beacon: i64 = "%6d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// The devices that stand for virtual LANs.
    ///
    /// `/proc/net/vlan/config` (`vlan_seq_show`).
    pub struct VlanConfig: "net/vlan/config" {
        /// The names of the columns.
        head: Head = "%h{VLAN Dev name\t | VLAN ID\n}{VLAN Dev name    | VLAN ID\n}",
        /// How names of such devices are made.
        name_type: Vec<u8> = "Name-Type: %s\n",
        /// The devices.
        rows: Rows<VlanDevice> = "{%r\n}",
    }
}

record! {
    /// A device that stands for a virtual LAN.
    pub struct VlanDevice {
        /// Its name.
        name: Vec<u8> = "%-15s| ",
        /// Number of the virtual LAN.
        id: u32 = "%u  | ",
        /// The device that carries it.
        device: Vec<u8> = "%s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{format::law, value::Value};

    #[test]
    fn a_kind_of_packets_may_be_of_one_device() {
        // By hand: after the form of this kernel, and of Linux 2.6.32.
        let ptype: Ptype = law::holds(
            b"Type Device      Function\nALL  eth0     tpacket_rcv [af_packet]\n0800          ip_rcv+0x0/0x3f0\n",
        );
        let row = &ptype.rows[1];
        assert_eq!((&*row.r#type, &*row.device), (&b"0800"[..], &b""[..]));
        assert_eq!(ptype.rows[0].device, b"eth0");
        assert_eq!(
            ptype.rows[0].fields().find("type"),
            Some(&Value::text("ALL"))
        );
    }

    #[test]
    fn a_wireless_link_has_its_quality() {
        // By hand, after the form of Linux 3.2; no machine here has such a device.
        let file = b"Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n wlan0: 0000   62.  -48.  -256        0      0      0      4      0        0\n";
        let wireless: Wireless = law::holds(file);
        assert_eq!((wireless.rows[0].link, wireless.rows[0].level), (62, -48));
        law::mutants::<Wireless>(&[file], 5_000);
    }

    #[test]
    fn a_virtual_lan_has_its_device() {
        // By hand, after the form of Linux 3.2; this kernel has no virtual LANs.
        let file = b"VLAN Dev name\t | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\neth0.5         | 5  | eth0\n";
        let vlans: VlanConfig = law::holds(file);
        assert_eq!(
            (vlans.rows[0].id, &*vlans.rows[0].device),
            (5, &b"eth0"[..])
        );
        law::mutants::<VlanConfig>(&[file], 5_000);
    }
}
