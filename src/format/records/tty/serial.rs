//! `/proc/tty/driver/…`: the serial ports of a driver.

use crate::format::{Rows, Tags, record};

record! {
    /// The serial ports of a driver.
    ///
    /// `/proc/tty/driver/*` (`uart_proc_show`, `serial_proc_show`), for root alone.
    pub struct SerialDriver: "tty/driver/*" {
        /// What the driver says of itself: `serinfo:1.0 driver revision:`.
        info: Vec<u8> = "%s\n",
        /// The ports.
        rows: Rows<SerialPort> = "{%r\n}",
    }
}

record! {
    /// A serial port.
    pub struct SerialPort {
        /// Its number.
        line: u32 = "%d:",
        /// What is known of it: `uart`, `port` or `mmio` (hex), `irq`, bytes sent `tx` and
        /// received `rx`, errors (`fe`, `pe`, `brk`, `oe`); words without a value are the signals
        /// that are on, with `|` between.
        signals: Tags = "{ %s:}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_port_says_what_it_is() {
        // The first line is this kernel's; the last by hand after the form of usbserial.
        let file = b"serinfo:1.0 driver revision:\n\
            0: uart:16550A port:000003F8 irq:26 tx:218 rx:0 RTS|CTS|DTR|DSR|CD\n\
            1: module:ftdi_sio name:\"FTDI USB\" vendor:0403 num_ports:1 path:usb-1-1\n";
        let driver: SerialDriver = law::holds(file);
        let port = driver.rows[0].fields();
        assert_eq!(port.find("uart"), Some(&Value::text("16550A")));
        assert_eq!(
            (port.find("irq"), port.find("tx")),
            (Some(&Value::Int(26)), Some(&Value::Int(218)))
        );
        assert_eq!(
            driver.rows[0].signals.flags().next(),
            Some(&b"RTS|CTS|DTR|DSR|CD"[..])
        );
        let usb = driver.rows[1].fields();
        assert_eq!(usb.find("name"), Some(&Value::text("\"FTDI USB\"")));
        law::mutants::<SerialDriver>(&[file], 5_000);
    }
}
