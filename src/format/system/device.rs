//! `/proc/net/dev`: devices and what they carried.

use crate::{
    format::{Cursor, Field, Head, ParseError, Rest, Rows, Spec, record},
    value::Value,
};

record! {
    /// What each device has received and sent.
    ///
    /// `/proc/net/dev` (`dev_seq_show`).
    pub struct Dev: "net/dev" {
        /// The names of the columns.
        head: Head = "%h{Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n}",
        /// The devices.
        rows: Rows<Device> = "{%r\n}",
    }
}

record! {
    /// What a device has received and sent.
    pub struct Device {
        /// Its name.
        face: Vec<u8> = "%6s:",
        /// Bytes received.
        rx_bytes: FirstCount = "%7u",
        /// Packets received, a count.
        rx_packets: u64 = " %7u",
        /// Errors of receiving, a count.
        rx_errs: u64 = " %4u",
        /// Packets received and dropped, a count.
        rx_drop: u64 = " %4u",
        /// Overruns of the queue, a count.
        rx_fifo: u64 = " %4u",
        /// Errors of length, of the check sum and of alignment, a count.
        rx_frame: u64 = " %5u",
        /// Compressed packets received, a count.
        rx_compressed: u64 = " %10u",
        /// Packets received that were sent to many, a count.
        multicast: u64 = " %9u",
        /// Bytes sent.
        tx_bytes: u64 = " %8u",
        /// Packets sent, a count.
        tx_packets: u64 = " %7u",
        /// Errors of sending, a count.
        tx_errs: u64 = " %4u",
        /// Packets dropped instead of sent, a count.
        tx_drop: u64 = " %4u",
        /// Underruns of the queue, a count.
        tx_fifo: u64 = " %4u",
        /// Collisions, a count.
        colls: u64 = " %5u",
        /// Errors of the carrier, of heartbeats and windows, and sendings given up, a count.
        tx_carrier: u64 = " %7u",
        /// Compressed packets sent, a count.
        tx_compressed: u64 = " %10u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

/// The first count after the colon: `: %7u`, before 2.6.37 `:%8u`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FirstCount {
    /// The count.
    pub count: u64,
    /// No blank before a number of 8 digits or more.
    tight: bool,
}

impl Field for FirstCount {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let tight = !cursor.skip(b" ");
        let before = cursor.rest().len();
        let count = u64::take(cursor, spec)?;
        if tight && before - cursor.rest().len() < 8 {
            return Err(cursor.error(spec.field, "not as wide as the kernel prints it"));
        }
        Ok(Self { count, tight })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if !self.tight {
            out.push(b' ');
        }
        self.count.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::from(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn an_old_kernel_leaves_no_blank_after_the_colon() {
        let head = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";
        let rest = "146    0    0    0     0          0         0    11353     146    0    0    0     0       0          0";
        // The last by hand, after the form of Linux 2.6.32.
        let file = format!(
            "{head}    lo:   11353     {rest}\n  eth0: 12345678     {rest}\n  eth1:12345678     {rest}\n"
        );
        let dev: Dev = law::holds(file.as_bytes());
        let seen: Vec<_> = dev.rows.iter().map(|row| row.rx_bytes.count).collect();
        assert_eq!(seen, [11353, 12_345_678, 12_345_678]);
        let fields = dev.rows[0].fields();
        assert_eq!(fields.find("rx_packets"), Some(&Value::Int(146)));
        assert_eq!(fields.find("tx_bytes"), Some(&Value::Int(11353)));
        law::mutants::<Dev>(&[file.as_bytes()], 5_000);
    }
}
