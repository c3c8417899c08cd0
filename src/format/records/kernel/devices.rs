//! `/proc/devices`: which driver has which major numbers.

use crate::{
    Value,
    format::{Cursor, Field, ParseError, Spec, field::Item, record},
};

record! {
    /// Which driver has which major numbers.
    ///
    /// `/proc/devices` (`devinfo_show` of `fs/proc/devices.c`). One number may have several.
    pub struct Devices: "devices" {
        /// Those of character devices.
        character: DeviceList = "Character devices:\n%r",
        /// Those of block devices; missing without `CONFIG_BLOCK`.
        block: Option<DeviceList> = "\nBlock devices:\n%r",
    }
}

record! {
    /// A driver and its major number.
    pub struct Device {
        /// Major number.
        major: u32 = "%3d ",
        /// Name of the driver.
        name: Vec<u8> = "%s\n",
    }
}

/// Drivers, a line for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceList(pub Vec<Device>);

impl Field for DeviceList {
    /// Up to an empty line.
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut devices = Vec::new();
        while !cursor.at_line_end() {
            devices.push(Device::take(cursor, spec)?);
        }
        Ok(Self(devices))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for device in &self.0 {
            device.put(spec, out);
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.value(spec)
    }
}

impl Item for DeviceList {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const FILE: &[u8] = b"Character devices:\n  1 mem\n  4 /dev/vc/0\n  4 tty\n203 cpu/cpuid\n\n\
                          Block devices:\n  7 loop\n259 blkext\n";

    #[test]
    fn a_number_may_have_several_drivers() {
        let devices: Devices = law::holds(FILE);
        let names = |major| {
            let with = devices
                .character
                .0
                .iter()
                .filter(move |device| device.major == major);
            with.map(|device| device.name.escape_ascii().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(4), ["/dev/vc/0", "tty"]);
        assert_eq!(devices.block.as_ref().unwrap().0[1].major, 259);
        assert_eq!(
            law::holds::<Devices>(b"Character devices:\n  1 mem\n").block,
            None
        );
        assert!(Devices::parse(b"Character devices:\n  1 mem\n\n").is_err());
        law::mutants::<Devices>(&[FILE], 5_000);
    }

    #[test]
    fn dev_null_is_one_of_mem() {
        use std::os::unix::fs::MetadataExt as _;

        let major = libc::major(std::fs::metadata("/dev/null").unwrap().rdev());
        let devices: Devices = law::holds(&std::fs::read("/proc/devices").unwrap());
        let mem = devices
            .character
            .0
            .iter()
            .find(|device| device.name == b"mem");
        assert_eq!(mem.unwrap().major, major);
    }
}
