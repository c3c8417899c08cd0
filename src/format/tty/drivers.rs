//! `/proc/tty/drivers`: which driver has which device numbers of terminals.

use crate::{
    format::{Cursor, Field, ParseError, Rows, Spec, record},
    value::Value,
};

record! {
    /// Which driver has which device numbers of terminals.
    ///
    /// `/proc/tty/drivers` (`show_tty_driver` of `fs/proc/proc_tty.c`).
    pub struct Drivers: "tty/drivers" {
        /// One for each driver and major number; `/dev/tty`, `/dev/console` and the like first.
        rows: Rows<Driver> = "{%r}",
    }
}

record! {
    /// The terminals of one driver.
    pub struct Driver {
        /// The driver's name.
        name: Vec<u8> = "%-20s /dev/",
        /// The name of its devices below `/dev`, to which most of them add their number: `ttyS`;
        /// those of `pts` are files in it.
        node: Vec<u8> = "%-8s ",
        /// Major number.
        major: u32 = "%3d ",
        /// Minor numbers.
        minors: Minors = "%r ",
        /// Type and subtype, as in `pty:slave`, `serial`, `type:5.1`.
        kind: Vec<u8> = "%s\n",
    }
}

/// The minor numbers of a driver, from the first to the last.
///
/// Printed as `"%7d"` if it is only one, otherwise as `"%d-%d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Minors {
    /// The first.
    pub first: u32,
    /// The last, itself included.
    pub last: u32,
}

const ONE: Spec = Spec::new("minors", "%7d");
const FIRST: Spec = Spec::new("minors", "%d-");
const LAST: Spec = Spec::new("minors", "%d");

impl Field for Minors {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let digits = cursor.rest().iter().take_while(|b| b.is_ascii_digit());
        if cursor.rest().get(digits.count()) != Some(&b'-') {
            let only = u32::read(cursor, &ONE)?;
            return Ok(Self {
                first: only,
                last: only,
            });
        }
        let first = u32::read(cursor, &FIRST)?;
        let last = u32::read(cursor, &LAST)?;
        if first == last {
            return Err(cursor.error("minors", "a range of one"));
        }
        Ok(Self { first, last })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if self.first == self.last {
            self.first.write(&ONE, out);
        } else {
            self.first.write(&FIRST, out);
            self.last.write(&LAST, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let ends = [("first", self.first), ("last", self.last)];
        let ends = ends.map(|(name, minor)| (name, Value::Int(minor.into())));
        Value::Fields(ends.into_iter().collect())
    }
}

impl Minors {
    /// Is `minor` one of them?
    #[must_use]
    pub fn contains(self, minor: u32) -> bool {
        (self.first..=self.last).contains(&minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../tests/fixtures/proc/tty_drivers");

    #[test]
    fn each_driver_has_its_numbers() {
        let drivers: Drivers = law::holds(HERE);
        let find = |name: &[u8]| drivers.rows.iter().find(|row| row.name == name).unwrap();
        let pts = find(b"pty_slave");
        assert_eq!(
            (&*pts.node, pts.major, &*pts.kind),
            (&b"pts"[..], 136, &b"pty:slave"[..])
        );
        assert_eq!((pts.minors.first, pts.minors.last), (0, 1_048_575));
        let console = find(b"/dev/console");
        assert_eq!(console.node, b"console");
        assert!(console.minors.contains(1) && !console.minors.contains(2));
        assert_eq!(drivers.rows.len(), 8);
    }

    #[test]
    fn a_name_may_be_longer_than_its_column() {
        let drivers: Drivers = law::holds(
            b"a driver of a name so long /dev/longer_node   4 64-95 type:5.1\n\
              xx xx                /dev/x          4      64 serial\n",
        );
        assert_eq!(drivers.rows[0].name, b"a driver of a name so long");
        assert_eq!(drivers.rows[0].node, b"longer_node");
        assert_eq!(drivers.rows[1].name, b"xx xx");
    }

    #[test]
    fn another_width_is_refused() {
        let line = "pty_slave            /dev/pts      136 0-1048575 pty:slave\n";
        law::holds::<Drivers>(line.as_bytes());
        for (old, new) in [
            ("0-1048575", "5-5"),
            ("0-1048575", "5"),
            ("0-1048575", "0-"),
            ("slave   ", "slave  "),
            (" 136", " 0136"),
            (" 136", "  136"),
            ("\n", ""),
        ] {
            let file = line.replacen(old, new, 1);
            assert_ne!(file, line);
            assert!(Drivers::parse(file.as_bytes()).is_err(), "{file}");
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Drivers>(&[HERE], 10_000);
        law::holds::<Drivers>(&std::fs::read("/proc/tty/drivers").unwrap());
    }
}
