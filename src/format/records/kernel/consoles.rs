//! `/proc/consoles`: where the kernel prints to.

use crate::{
    Value,
    format::{Cursor, Field, ParseError, Rest, Rows, Spec, record},
    value::Fields,
};

record! {
    /// Where the kernel prints to.
    ///
    /// `/proc/consoles` (`show_console_dev` of `fs/proc/consoles.c`), since 2.6.38.
    pub struct Consoles: "consoles" {
        /// The consoles.
        rows: Rows<Console> = "{%r\n}",
    }
}

record! {
    /// A console.
    pub struct Console {
        /// Name and number: `ttyS0`, `tty0`.
        name: Vec<u8> = "%-20s ",
        /// What it can do: `R` read, `W` write, `U` unblank, `-` for what it cannot.
        operations: Vec<u8> = "%s (",
        /// What it is.
        flags: ConsoleFlags = "%s)",
        /// Major number of its device; missing where it has none.
        major: Option<u32> = " %4d:",
        /// Minor number of its device.
        minor: Option<u32> = "%d",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

/// What a console is, a letter in its place for each: `EC  p a`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsoleFlags(pub Vec<u8>);

impl ConsoleFlags {
    /// The words for the letters; a letter that psgo does not know is left out.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|letter| match letter {
            b'E' => Some("enabled"),
            b'C' => Some("preferred"),
            b'B' => Some("boot"),
            b'N' => Some("nbcon"),
            b'p' => Some("printbuffer"),
            b'b' => Some("braille"),
            b'a' => Some("anytime"),
            _ => None,
        })
    }
}

impl Field for ConsoleFlags {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        Vec::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.names().map(Value::text).collect())
    }

    /// The words, and the letters beside them as `flags_raw`.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        crate::format::named::describe(self.value(spec), &self.0, spec, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_letter_is_a_property_and_a_device_may_be_missing() {
        let file = b"ttyS0                -W- (EC  p a)    4:64\n\
                     netcon0              -W- (E   p  )\n";
        let consoles: Consoles = law::holds(file);
        let [serial, net] = &consoles.rows[..] else {
            panic!("{consoles:?}");
        };
        assert_eq!(
            (&*serial.name, &*serial.operations),
            (&b"ttyS0"[..], &b"-W-"[..])
        );
        let names: Vec<_> = serial.flags.names().collect();
        assert_eq!(names, ["enabled", "preferred", "printbuffer", "anytime"]);
        assert_eq!((serial.major, serial.minor), (Some(4), Some(64)));
        assert_eq!((net.major, net.minor), (None, None));
        assert_eq!(
            serial.fields().find("flags_raw"),
            Some(&Value::text("EC  p a"))
        );
        law::mutants::<Consoles>(&[file], 5_000);
    }

    #[test]
    fn numbers_are_those_that_sysfs_has() {
        let consoles: Consoles = law::holds(&std::fs::read("/proc/consoles").unwrap());
        for console in &consoles.rows {
            let path = format!("/sys/class/tty/{}/dev", console.name.escape_ascii());
            if let (Ok(dev), Some(major), Some(minor)) =
                (std::fs::read_to_string(path), console.major, console.minor)
            {
                assert_eq!(dev.trim(), format!("{major}:{minor}"));
            }
        }
    }
}
