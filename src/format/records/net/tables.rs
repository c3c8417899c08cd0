//! `/proc/net/arp`, `protocols`, `connector`, `psched`, `pnp` and lists of names.

use super::Ip4;
use crate::format::net::HexCount;
use crate::{
    format::{Cursor, Field, Head, ParseError, Rows, Spec, Word, flags, lines, record},
    value::{Fields, Value},
};

record! {
    /// Which hardware has which IPv4 address.
    ///
    /// `/proc/net/arp` (`arp_seq_show`).
    pub struct Arp: "net/arp" {
        /// The names of the columns.
        head: Head = "%h{IP address       HW type     Flags       HW address            Mask     Device\n}",
        /// The neighbours.
        rows: Rows<Neighbour> = "{%r\n}",
    }
}

record! {
    /// Which hardware has an IPv4 address.
    pub struct Neighbour {
        /// The address.
        ip_address: Vec<u8> = "%-16s ",
        /// Type of the hardware (`ARPHRD_…`), 0x1 for Ethernet.
        hw_type: u32 = "0x%-10x",
        /// Flags.
        flags: ArpFlags = "0x%-10x",
        /// The address of the hardware; zeros while nobody answered.
        hw_address: Vec<u8> = "%-17s     ",
        /// Always `*`.
        mask: Vec<u8> = "%s        ",
        /// The device.
        device: Vec<u8> = "%s",
    }
}

flags! {
    /// Flags of a neighbour (`ATF_…`); none while nobody answered.
    pub struct ArpFlags(u32) {
        0x02 = "COM",
        0x04 = "PERM",
        0x08 = "PUBL",
        0x10 = "USETRAILERS",
        0x20 = "NETMASK",
        0x40 = "DONTPUB",
        0x80 = "MAGIC",
    }
}

record! {
    /// The protocols of sockets, and what they take.
    ///
    /// `/proc/net/protocols` (`proto_seq_printf`).
    pub struct Protocols: "net/protocols" {
        /// The names of the columns; `sp` until 6.4.
        head: Head = "%h{protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em\n}{protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n}",
        /// The protocols.
        rows: Rows<Protocol> = "{%r\n}",
    }
}

record! {
    /// A protocol of sockets.
    pub struct Protocol {
        /// Its name.
        protocol: Vec<u8> = "%-9s ",
        /// Size of a socket, in bytes.
        size: u32 = "%4u ",
        /// Sockets there are, in this network namespace.
        sockets: i32 = "%6d  ",
        /// Memory of their buffers, in pages; -1 if it is not counted.
        memory: i64 = "%6d   ",
        /// Is memory short: `yes`, `no`, or `NI` where it does not care?
        press: Vec<u8> = "%-3s ",
        /// Largest header, in bytes.
        maxhdr: u32 = "%6u   ",
        /// Have the sockets a cache of their own: `yes` or `no`?
        slab: Vec<u8> = "%-3s  ",
        /// Where it comes from: `kernel`, or a module.
        module: Vec<u8> = "%-10s ",
        /// Which functions it has.
        functions: Functions = "%r",
    }
}

/// Which functions a protocol has, in the order of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Functions(pub Vec<bool>);

/// The columns' names since 6.5. Before, `sp` stood behind the twelfth.
const FUNCTIONS: [&str; 18] = [
    "cl", "co", "di", "ac", "io", "in", "de", "sh", "ss", "gs", "se", "re", "bi", "br", "ha", "uh",
    "gp", "em",
];

impl Functions {
    /// The names of the columns; nothing if there are as many as in no kernel that psgo knows.
    #[must_use]
    pub fn names(&self) -> Option<Vec<&'static str>> {
        let mut names = FUNCTIONS.to_vec();
        match self.0.len() {
            18 => {}
            19 => names.insert(12, "sp"),
            _ => return None,
        }
        Some(names)
    }
}

impl Field for Functions {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut functions = Vec::new();
        while !cursor.at_line_end() {
            // `%2c` each, with blanks between.
            let blanks: &[u8] = if functions.is_empty() { b" " } else { b"  " };
            cursor.literal(blanks, spec.field)?;
            functions.push(match cursor.take(1) {
                b"y" => true,
                b"n" => false,
                _ => return Err(cursor.error(spec.field, "neither y nor n")),
            });
        }
        Ok(Self(functions))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (i, function) in self.0.iter().enumerate() {
            out.extend_from_slice(if i > 0 { b"  " } else { b" " });
            out.push(if *function { b'y' } else { b'n' });
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let Some(names) = self.names() else {
            return Value::List(self.0.iter().copied().map(Value::Bool).collect());
        };
        let functions = names.into_iter().zip(&self.0);
        let fields: Fields = functions
            .map(|(name, &has)| (name, Value::Bool(has)))
            .collect();
        Value::Fields(fields)
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.names().is_none()
    }
}

record! {
    /// Those who speak by the connector of netlink.
    ///
    /// `/proc/net/connector` (`cn_proc_show`). Since 2.6.14.
    pub struct Connector: "net/connector" {
        /// The names of the columns.
        head: Head = "%h{Name            ID\n}",
        /// Those who speak.
        rows: Rows<ConnectorName> = "{%r\n}",
    }
}

record! {
    /// Who speaks by the connector of netlink.
    pub struct ConnectorName {
        /// Its name.
        name: Vec<u8> = "%-15s ",
        /// Its number, first part.
        idx: u32 = "%u:",
        /// Its number, second part.
        val: u32 = "%u",
    }
}

record! {
    /// The clock of the scheduler of packets.
    ///
    /// `/proc/net/psched` (`psched_show`).
    pub struct Psched: "net/psched" {
        /// Nanoseconds in a microsecond.
        nsec_per_usec: HexCount = "%08x ",
        /// Nanoseconds in a tick of the scheduler.
        nsec_per_tick: HexCount = "%08x ",
        /// Always a million.
        million: HexCount = "%08x ",
        /// Ticks a second of the timer.
        timer_hz: HexCount = "%08x\n",
    }
}

lines! {
    /// How the network was set up while the kernel booted.
    ///
    /// `/proc/net/pnp` (`pnp_seq_show`), in the form of `resolv.conf`.
    pub struct Pnp: "net/pnp" {
        /// By whom: `MANUAL`, or `PROTO: DHCP`, `BOOTP`, `RARP`.
        origin: Vec<u8> = "#%s\n",
        /// The domain.
        domain: Option<Vec<u8>> = "domain %s\n",
        /// Servers of names.
        nameservers: Vec<Ip4> = "{nameserver %r\n}",
        /// The server that was booted from.
        bootserver: Option<Ip4> = "bootserver %r\n",
    }
}

record! {
    /// Servers of time that the network was set up with while the kernel booted.
    ///
    /// `/proc/net/ipconfig/ntp_servers` (`ntp_servers_show`). Since 4.17.
    pub struct NtpServers: "net/ipconfig/ntp_servers" {
        /// Their addresses.
        servers: Rows<Ip4> = "{%r\n}",
    }
}

record! {
    /// Tables, matches or targets of packet filters.
    ///
    /// `/proc/net/ip_tables_names`, `_matches`, `_targets` (`xt_table_seq_show`,
    /// `xt_match_seq_show`, `xt_target_seq_show`); those of `ip6_tables` and `arp_tables`. A name comes
    /// once for each of its revisions.
    pub struct TableNames: "net/ip_tables_names" {
        /// Their names.
        names: Rows<Word> = "{%r\n}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_neighbour_has_its_hardware() {
        let file = b"IP address       HW type     Flags       HW address            Mask     Device\n192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0\n";
        let arp: Arp = law::holds(file);
        let fields = arp.rows[0].fields();
        assert_eq!(fields.find("ip_address"), Some(&Value::text("192.0.2.1")));
        assert_eq!(
            fields.find("hw_address"),
            Some(&Value::text("02:fc:00:00:00:05"))
        );
        assert_eq!(
            fields.find("flags"),
            Some(&Value::List(vec![Value::text("COM")]))
        );
        law::mutants::<Arp>(&[file], 5_000);
    }

    #[test]
    fn a_protocol_has_its_functions_by_name() {
        let (now, old) = ("y  n  n  n  n  n  n  n  n  n  n  n", "n  n  n  n  n  y");
        let names = "cl co di ac io in de sh ss gs se re";
        let head = "protocol  size sockets  memory press maxhdr  slab module     ";
        let row = "AF_VSOCK  1240      0      -1   NI       0   yes  kernel      ";
        let file = format!("{head}{names} bi br ha uh gp em\n{row}{now}  {old}\n");
        let protocols: Protocols = law::holds(file.as_bytes());
        let fields = protocols.rows[0].fields();
        assert_eq!(fields.find("functions.cl"), Some(&Value::Bool(true)));
        assert_eq!(fields.find("functions.bi"), Some(&Value::Bool(false)));
        assert_eq!(fields.find("memory"), Some(&Value::Int(-1)));
        law::mutants::<Protocols>(&[file.as_bytes()], 5_000);
        // By hand, after the form of Linux 3.2.
        let file = format!("{head}{names} sp bi br ha uh gp em\n{row}{now}  y  {old}\n");
        let protocols: Protocols = law::holds(file.as_bytes());
        let fields = protocols.rows[0].fields();
        assert_eq!(fields.find("functions.sp"), Some(&Value::Bool(true)));
        assert_eq!(fields.find("functions.em"), Some(&Value::Bool(true)));
    }

    #[test]
    fn the_network_of_the_boot_is_told() {
        let file = b"#PROTO: DHCP\ndomain example.org\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nbootserver 192.0.2.3\n";
        let pnp: Pnp = law::holds(file);
        assert_eq!(pnp.nameservers.len(), 2);
        assert_eq!(pnp.origin, b"PROTO: DHCP");
        assert!(pnp.bootserver.is_some() && pnp.unknown_lines().count() == 0);
        law::mutants::<Pnp>(&[file], 5_000);
        assert!(Pnp::parse(b"#MANUAL\nnameserver 192.0.02.1\n").is_err());
    }
}
