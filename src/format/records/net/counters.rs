//! `Counters` and `CounterGroups`: counts by the kernel's own names.

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Spec, record},
    value::{Fields, Value},
};

/// A count and its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counter {
    /// What the kernel calls it.
    pub name: Vec<u8>,
    /// How often; or another number, such as -1 for no limit. It fits in 64 bits.
    pub value: i128,
}

impl Counter {
    fn number(&self) -> Value {
        i64::try_from(self.value).map_or_else(
            |_| u64::try_from(self.value).map_or(Value::MISSING, Value::Uint),
            Value::Int,
        )
    }
}

/// The number at the start of `text`, of 64 bits with or without a sign, and its length.
fn number(text: &[u8]) -> Option<(i128, usize)> {
    if text.first() == Some(&b'-') {
        let (number, len) = bytes::leading_integer::<i64, 10>(text, false).ok()?;
        return Some((number.into(), len));
    }
    let (number, len) = bytes::leading_integer::<u64, 10>(text, false).ok()?;
    Some((number.into(), len))
}

/// Lines of a name and a count, with a tab before the count: `%-32s\t%lu`.
///
/// To whoever reads by name, each is a field of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counters<const WIDTH: usize>(pub Vec<Counter>);

impl<const WIDTH: usize> Counters<WIDTH> {
    /// The first count of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<i128> {
        let counter = self
            .0
            .iter()
            .find(|counter| counter.name == name.as_bytes());
        counter.map(|counter| counter.value)
    }
}

impl<const WIDTH: usize> Field for Counters<WIDTH> {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut counters = Vec::new();
        while !cursor.rest().is_empty() {
            let text = cursor.rest();
            let line = text.get(..bytes::find(text, b'\n').unwrap_or(text.len()));
            let counter = line.and_then(|line| {
                let (filled, value) = bytes::split_once(line, b'\t')?;
                let name = filled.trim_ascii_end();
                let (value, len) = number(value).filter(|(_, len)| *len == value.len())?;
                let width = name.len().max(WIDTH);
                let right = filled.len() == width
                    && !name.is_empty()
                    && !name.contains(&b' ')
                    && filled.get(name.len()..)?.iter().all(|&b| b == b' ');
                right.then(|| {
                    let name = name.to_vec();
                    (Counter { name, value }, width + 1 + len)
                })
            });
            let Some((counter, len)) = counter else {
                return Err(cursor.error(spec.field, "not a name and a number"));
            };
            counters.push(counter);
            cursor.take(len);
            cursor.literal(b"\n", spec.field)?;
        }
        Ok(Self(counters))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for counter in &self.0 {
            out.extend_from_slice(&counter.name);
            let fill = WIDTH.saturating_sub(counter.name.len());
            out.extend(std::iter::repeat_n(b' ', fill));
            out.push(b'\t');
            bytes::push_decimal(counter.value, out);
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Fields(
            self.0
                .iter()
                .map(|counter| (counter.name.as_slice(), counter.number()))
                .collect(),
        )
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for counter in &self.0 {
            fields.push(counter.name.as_slice(), counter.number());
        }
    }
}

/// Counts of one protocol: a line of names, and a line of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CounterGroup {
    /// What both lines begin with: `TcpExt`.
    pub name: Vec<u8>,
    /// The counts.
    pub counters: Vec<Counter>,
    /// Two blanks before the numbers, and an empty line before the names: 2.6.25 and later had
    /// them where more than 16 kinds of ICMP messages were counted.
    apart: bool,
    after_empty: bool,
}

impl CounterGroup {
    /// The group's name as a field is called: `tcp_ext` of `TcpExt`.
    #[must_use]
    pub fn field_name(&self) -> Vec<u8> {
        let mut name = Vec::new();
        for (i, byte) in self.name.iter().enumerate() {
            let before = i.checked_sub(1).and_then(|i| self.name.get(i));
            let next = self.name.get(i + 1);
            let begins = byte.is_ascii_uppercase()
                && before.is_some_and(|before| {
                    !before.is_ascii_uppercase() || next.is_some_and(u8::is_ascii_lowercase)
                });
            if begins {
                name.push(b'_');
            }
            name.push(byte.to_ascii_lowercase());
        }
        name
    }
}

/// Groups of counts, each two lines: of the names, and of the numbers in the same order.
///
/// To whoever reads by name, each group is a field of the file: `tcp_ext.SyncookiesSent`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CounterGroups(pub Vec<CounterGroup>);

impl CounterGroups {
    /// The count of that name in the first group of that name: `find("TcpExt", "TW")`.
    #[must_use]
    pub fn find(&self, group: &str, name: &str) -> Option<i128> {
        let group = self.0.iter().find(|own| own.name == group.as_bytes())?;
        let mut counters = group.counters.iter();
        let counter = counters.find(|counter| counter.name == name.as_bytes());
        counter.map(|counter| counter.value)
    }
}

fn group(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<CounterGroup, ParseError> {
    let after_empty = cursor.skip(b"\n");
    let names = cursor.take_line();
    let Some((name, names)) = bytes::split_once(names, b':').filter(|(name, _)| !name.is_empty())
    else {
        return Err(cursor.error(spec.field, "not the names of a group"));
    };
    cursor.literal(b"\n", spec.field)?;
    cursor.literal(name, spec.field)?;
    cursor.literal(b":", spec.field)?;
    let apart = cursor.rest().starts_with(b"  ");
    if apart {
        cursor.take(1);
    }
    let mut counters = Vec::new();
    let mut names = names.split(|&b| b == b' ');
    if names.next().is_some_and(|first| !first.is_empty()) {
        return Err(cursor.error(spec.field, "no blank before the names"));
    }
    for name in names {
        if name.is_empty() {
            return Err(cursor.error(spec.field, "a name is missing"));
        }
        cursor.literal(b" ", spec.field)?;
        let Some((value, len)) = number(cursor.rest()) else {
            return Err(cursor.error(spec.field, "not a number"));
        };
        cursor.take(len);
        counters.push(Counter {
            name: name.to_vec(),
            value,
        });
    }
    if apart && counters.is_empty() {
        return Err(cursor.error(spec.field, "no numbers"));
    }
    cursor.literal(b"\n", spec.field)?;
    Ok(CounterGroup {
        name: name.to_vec(),
        counters,
        apart,
        after_empty,
    })
}

impl Field for CounterGroups {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut groups = Vec::new();
        while !cursor.rest().is_empty() {
            groups.push(group(cursor, spec)?);
        }
        Ok(Self(groups))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for group in &self.0 {
            if group.after_empty {
                out.push(b'\n');
            }
            out.extend_from_slice(&group.name);
            out.push(b':');
            for counter in &group.counters {
                out.push(b' ');
                out.extend_from_slice(&counter.name);
            }
            out.push(b'\n');
            out.extend_from_slice(&group.name);
            out.push(b':');
            if group.apart {
                out.push(b' ');
            }
            for counter in &group.counters {
                out.push(b' ');
                bytes::push_decimal(counter.value, out);
            }
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for group in &self.0 {
            let counters = group.counters.iter();
            let counters = counters.map(|counter| (counter.name.as_slice(), counter.number()));
            fields.push(
                group.field_name().as_slice(),
                Value::Fields(counters.collect()),
            );
        }
    }
}

record! {
    /// Counts of TCP, IP and MPTCP beyond the standard's.
    ///
    /// `/proc/net/netstat` (`netstat_seq_show`): `TcpExt`, `IpExt` since 2.6.26, `MPTcpExt` since 5.7.
    /// The names grow with each kernel.
    pub struct Netstat: "net/netstat" {
        /// Each group by its name, such as `tcp_ext.SyncookiesSent`.
        groups: CounterGroups = "%r",
    }
}

record! {
    /// Counts of IP, ICMP, TCP and UDP, by the names of the standard.
    ///
    /// `/proc/net/snmp` (`snmp_seq_show`, RFC 2011 to 2013). `IcmpMsg` has only those kinds of
    /// messages that were seen.
    pub struct Snmp: "net/snmp" {
        /// Each group by its name, such as `tcp.CurrEstab`.
        groups: CounterGroups = "%r",
    }
}

record! {
    /// Counts of IPv6, its ICMP and UDP.
    ///
    /// `/proc/net/snmp6` (`snmp6_seq_show`).
    pub struct Snmp6: "net/snmp6" {
        /// Each by the kernel's name, such as `Ip6InReceives`.
        counters: Counters<32> = "%r",
    }
}

record! {
    /// Counts of IPv6 and its ICMP on one device.
    ///
    /// `/proc/net/dev_snmp6/DEVICE` (`snmp6_dev_seq_show`). The first is no count, it is `ifIndex`.
    pub struct DevSnmp6: "net/dev_snmp6/*" {
        /// Each by the kernel's name, such as `Ip6InReceives`.
        counters: Counters<32> = "%r",
    }
}

record! {
    /// Counts of the errors of `IPsec`.
    ///
    /// `/proc/net/xfrm_stat` (`xfrm_statistics_seq_show`). Since 2.6.25.
    pub struct XfrmStat: "net/xfrm_stat" {
        /// Each by the kernel's name, such as `XfrmInError`.
        counters: Counters<24> = "%r",
    }
}

record! {
    /// Counts of SCTP.
    ///
    /// `/proc/net/sctp/snmp` (`sctp_snmp_seq_show`).
    pub struct SctpSnmp: "net/sctp/snmp" {
        /// Each by the kernel's name, such as `SctpCurrEstab`.
        counters: Counters<32> = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_count_is_found_by_its_name() {
        let file = b"Ip: Forwarding\nIp: 1\nTcpExt: TW MaxConn\nTcpExt: 18446744073709551615 -1\n\
                     MPTcpExt: A\nMPTcpExt: 7\n";
        let snmp: Snmp = law::holds(file);
        assert_eq!(snmp.groups.find("TcpExt", "MaxConn"), Some(-1));
        let fields = snmp.fields();
        assert_eq!(fields.find("tcp_ext.TW"), Some(&Value::Uint(u64::MAX)));
        assert_eq!(fields.find("mp_tcp_ext.A"), Some(&Value::Int(7)));
        law::mutants::<Snmp>(&[file], 5_000);
    }

    #[test]
    fn each_name_has_its_number() {
        for file in ["Ip: A B\nIp: 1\n", "Ip: A\nIp: 1 2\n", "Ip: A\nUdp: 1\n"] {
            assert!(Netstat::parse(file.as_bytes()).is_err(), "{file}");
        }
    }

    #[test]
    fn lines_of_sixteen_kinds_of_messages_are_apart() {
        // By hand, after the form of Linux 2.6.26.
        let file = b"Icmp: A\nIcmp: 1\n\nIcmpMsg: InType3\nIcmpMsg:  5\n\nTcp: B\nTcp: 2\n";
        let snmp: Snmp = law::holds(file);
        assert_eq!(snmp.groups.find("IcmpMsg", "InType3"), Some(5));
    }

    #[test]
    fn a_line_has_a_name_and_a_count() {
        let file =
            b"ifIndex                         \t4\nIp6InReceives                   \t12411\n";
        let counters: DevSnmp6 = law::holds(file);
        assert_eq!(
            counters.fields().find("Ip6InReceives"),
            Some(&Value::Int(12411))
        );
        assert_eq!(counters.counters.find("ifIndex"), Some(4));
        law::mutants::<DevSnmp6>(&[file], 5_000);
        let error = DevSnmp6::parse(b"ifIndex \t4\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1: counters: not a name and a number"
        );
    }
}
