//! `/proc/bus/pci/devices`: the devices on PCI.

use crate::{
    format::{Cursor, Field, ParseError, Rows, Spec, record},
    value::{Fields, Value},
};

record! {
    /// The devices on PCI, and their addresses.
    ///
    /// `/proc/bus/pci/devices` (`show_device`).
    pub struct PciDevices: "bus/pci/devices" {
        /// The devices.
        rows: Rows<PciDevice> = "{%r}",
    }
}

record! {
    /// A device on PCI.
    pub struct PciDevice {
        /// Where it is.
        place: PciPlace = "%r\t",
        /// What it is.
        id: PciId = "%r\t",
        /// Its interrupt; 0 is none.
        irq: u32 = "%x",
        /// Where its six regions begin, with the kind of region in the low bits, and its ROM.
        start: [u64; 7] = "{\t%16x}",
        /// How large they are, in bytes.
        size: [u64; 7] = "{\t%16x}\t",
        /// Its driver; empty if it has none.
        driver: Vec<u8> = "%s\n",
    }
}

/// Where a device is: bus, slot and function, as four digits of hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PciPlace(pub u16);

/// What a device is: its maker's number and its own, as eight digits of hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PciId(pub u32);

const PLACE: Spec = Spec::new("place", "%04x");
const ID: Spec = Spec::new("id", "%08x");

impl PciPlace {
    /// Its bus.
    #[must_use]
    pub const fn bus(self) -> u16 {
        self.0 >> 8
    }

    /// Its slot on that bus.
    #[must_use]
    pub const fn slot(self) -> u16 {
        self.0 >> 3 & 0x1f
    }

    /// Its function in that slot.
    #[must_use]
    pub const fn function(self) -> u16 {
        self.0 & 7
    }
}

impl PciId {
    /// Its maker.
    #[must_use]
    pub const fn vendor(self) -> u32 {
        self.0 >> 16
    }

    /// Which of its maker's devices it is.
    #[must_use]
    pub const fn device(self) -> u32 {
        self.0 & 0xffff
    }
}

impl Field for PciPlace {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        u16::take(cursor, &PLACE).map(Self)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.0.put(&PLACE, out);
    }

    /// As `lspci` has it: `00:1f.3`.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let (bus, slot, function) = (self.bus(), self.slot(), self.function());
        Value::text(format!("{bus:02x}:{slot:02x}.{function}"))
    }
}

impl Field for PciId {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        u32::take(cursor, &ID).map(Self)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.0.put(&ID, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(format!("{:04x}:{:04x}", self.vendor(), self.device()))
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        fields.push("vendor", Value::text(format!("0x{:04x}", self.vendor())));
        fields.push("device", Value::text(format!("0x{:04x}", self.device())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_device_is_what_sysfs_says() {
        let Ok(file) = std::fs::read("/proc/bus/pci/devices") else {
            println!("skipped: no PCI here");
            return;
        };
        let devices: PciDevices = law::holds(&file);
        for device in &devices.rows {
            let fields = device.fields();
            let directory = format!(
                "/sys/bus/pci/devices/0000:{}",
                fields.find("place").unwrap()
            );
            let read = |name: &str| std::fs::read_to_string(format!("{directory}/{name}"));
            assert_eq!(
                read("vendor").unwrap().trim(),
                fields.find("vendor").unwrap().to_string()
            );
            assert_eq!(
                read("device").unwrap().trim(),
                fields.find("device").unwrap().to_string()
            );
            let first = read("resource").unwrap();
            let start = first.split_whitespace().next().unwrap();
            let start = u64::from_str_radix(&start[2..], 16).unwrap();
            assert_eq!(device.start[0] & !0xf, start);
        }
        assert!(!devices.rows.is_empty());
        law::mutants::<PciDevices>(&[&file], 5_000);
    }
}
