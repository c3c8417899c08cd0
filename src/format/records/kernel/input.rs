//! `/proc/bus/input/devices` and `handlers`: keyboards, mice, and who listens to them.

use crate::format::{Labels, NumberOrText, Rows, Tags, record};

record! {
    /// Keyboards, mice and other devices that one puts something in with.
    ///
    /// `/proc/bus/input/devices` (`input_devices_seq_show`).
    pub struct InputDevices: "bus/input/devices" {
        /// The devices.
        rows: Rows<InputDevice> = "{%r\n}",
    }
}

record! {
    /// A device that one puts something in with.
    pub struct InputDevice {
        /// The bus that it is on, as in `linux/input.h`.
        bus: u32 = "I: Bus=%04x ",
        /// Its maker.
        vendor: u32 = "Vendor=%04x ",
        /// Which of its maker's devices it is.
        product: u32 = "Product=%04x ",
        /// Its version.
        version: u32 = "Version=%04x\n",
        /// Its name.
        name: Vec<u8> = "N: Name=\"%s\"\n",
        /// Where it is plugged in.
        phys: Vec<u8> = "P: Phys=%s\n",
        /// Its directory below `/sys`.
        sysfs: Vec<u8> = "S: Sysfs=%s\n",
        /// What tells it from others of its kind.
        uniq: Vec<u8> = "U: Uniq=%s\n",
        /// Who listens to it: `kbd`, and files of `/dev/input`, a blank after each.
        handlers: Vec<u8> = "H: Handlers=%s\n",
        /// What it can do, as masks in hex with blanks between: `PROP`, `EV`, `KEY`.
        bits: Labels = "{B: %s=\n}",
    }
}

record! {
    /// Who listens to what is put in.
    ///
    /// `/proc/bus/input/handlers` (`input_handlers_seq_show`).
    pub struct InputHandlers: "bus/input/handlers" {
        /// Those who listen.
        rows: Rows<InputHandler> = "{%r\n}",
    }
}

record! {
    /// One who listens to what is put in.
    pub struct InputHandler {
        /// Its place in the list.
        number: u32 = "N: Number=%u",
        /// Its name.
        name: NumberOrText = " Name=%r",
        /// `Minor`, the first number of its files in `/dev/input`; `(filter)` for one that may
        /// keep things from the others.
        flags: Tags = "{ %s=}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_keyboard_has_handlers_and_keys() {
        // Made by hand after the form of Linux 5.10; no device is plugged in here.
        let file =
            b"I: Bus=0011 Vendor=0001 Product=0002 Version=ab41\nN: Name=\"AT \"2\" keyboard\"\n\
            P: Phys=isa0060/serio0/input0\nS: Sysfs=/devices/platform/i8042/input3\nU: Uniq=\n\
            H: Handlers=sysrq kbd event3 \nB: PROP=0\nB: EV=120013\nB: KEY=1000 7ff\n\n";
        let devices: InputDevices = law::holds(file);
        let keyboard = &devices.rows[0];
        assert_eq!(
            (keyboard.bus, &*keyboard.name),
            (0x11, &b"AT \"2\" keyboard"[..])
        );
        assert_eq!(keyboard.handlers, b"sysrq kbd event3 ");
        assert_eq!(
            keyboard.fields().find("KEY"),
            Some(&Value::text("1000 7ff"))
        );
        law::mutants::<InputDevices>(&[file], 5_000);
    }

    #[test]
    fn a_handler_has_a_name() {
        let file = b"N: Number=0 Name=kbd\nN: Number=1 Name=sysrq (filter)\nN: Number=2 Name=evdev Minor=64\n";
        let handlers: InputHandlers = law::holds(file);
        let fields = handlers.rows[2].fields();
        assert_eq!(
            (fields.find("name"), fields.find("Minor")),
            (Some(&Value::text("evdev")), Some(&Value::Int(64)))
        );
        assert!(handlers.rows[1].flags.flags().eq([b"(filter)"]));
        law::mutants::<InputHandlers>(&[file], 5_000);
    }
}
