//! `/proc/pressure/*`: how long tasks waited for CPUs, memory, input and output.

use crate::format::{Rest, lines, record};

lines! {
    /// How long tasks waited for CPUs, memory, input and output, or interrupts.
    ///
    /// `/proc/pressure/cpu`, `io`, `irq` and `memory` (`psi_show` of `kernel/sched/psi.c`), since
    /// 4.20 with `CONFIG_PSI`. In a container these are the host's.
    pub struct Pressure: "pressure/cpu" {
        /// At least one task waited; not of `irq`.
        some: Option<Stall> = "some %r\n",
        /// All tasks waited that had anything to do; of `cpu` since 5.13, and 0 there.
        full: Option<Stall> = "full %r\n",
    }
}

record! {
    /// The share of time in which tasks waited.
    pub struct Stall {
        /// Of the last 10 seconds, in hundredths of a percent.
        avg10: u64 = "avg10=%.2f ",
        /// Of the last minute, in hundredths of a percent.
        avg60: u64 = "avg60=%.2f ",
        /// Of the last five minutes, in hundredths of a percent.
        avg300: u64 = "avg300=%.2f ",
        /// All of that time since boot, in microseconds.
        total: u64 = "total=%u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn shares_are_in_hundredths_of_a_percent() {
        let file = b"some avg10=3.86 avg60=9.16 avg300=14.05 total=4860522442\n\
                     full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        let pressure: Pressure = law::holds(file);
        let some = pressure.some.as_ref().unwrap();
        assert_eq!((some.avg10, some.total), (386, 4_860_522_442));
        assert_eq!(
            pressure.fields().find("some.avg300"),
            Some(&Value::Real(14.05))
        );
        law::mutants::<Pressure>(&[file], 5_000);
    }

    #[test]
    fn a_file_may_lack_either_line() {
        assert!(
            law::holds::<Pressure>(b"full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n")
                .some
                .is_none()
        );
        assert!(
            law::holds::<Pressure>(b"some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n")
                .full
                .is_none()
        );
    }

    #[test]
    fn the_total_only_grows() {
        let total = || {
            let file = std::fs::read("/proc/pressure/cpu").unwrap();
            law::holds::<Pressure>(&file).some.unwrap().total
        };
        let before = total();
        assert!(before > 0 && before <= total());
    }
}
