//! `/proc/misc`: which driver has which minor number of the major number 10.

use crate::format::{Rows, record};

record! {
    /// Which driver has which minor number of the major number 10.
    ///
    /// `/proc/misc` (`misc_seq_show` of `drivers/char/misc.c`).
    pub struct Misc: "misc" {
        /// The drivers, the last one added first.
        rows: Rows<MiscDevice> = "{%r\n}",
    }
}

record! {
    /// A driver and its minor number.
    pub struct MiscDevice {
        /// Minor number.
        minor: u32 = "%3d ",
        /// Name of the driver.
        name: Vec<u8> = "%s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn numbers_are_those_of_sysfs() {
        let misc: Misc = law::holds(&std::fs::read("/proc/misc").unwrap());
        let mut compared = 0;
        for device in &misc.rows {
            let dir = format!("/sys/class/misc/{}", device.name.escape_ascii());
            if let Ok(dev) = std::fs::read_to_string(dir + "/dev") {
                assert_eq!(dev.trim(), format!("10:{}", device.minor));
                compared += 1;
            }
        }
        assert!(compared > 0, "nothing in /sys/class/misc");
        law::mutants::<Misc>(&[b"234 btrfs-control\n  1 psaux\n"], 2_000);
    }
}
