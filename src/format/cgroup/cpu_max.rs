//! `cpu.max`: how much a control group may run.

use super::Amount;
use crate::format::record;

record! {
    /// How much of the CPUs a control group may use.
    ///
    /// `cpu.max` (`cpu_max_show`): so many microseconds in each period, of all CPUs together.
    pub struct CpuMax: "cpu.max" {
        /// Time that it may run in a period, in microseconds.
        quota: Amount = "%r ",
        /// How long a period is, in microseconds.
        period: u64 = "%u\n",
    }
}

impl CpuMax {
    /// How many CPUs that is; nothing where there is no limit.
    #[must_use]
    pub fn cpus(&self) -> Option<f64> {
        let quota = self.quota.number()?;
        #[expect(clippy::cast_precision_loss, reason = "a ratio of microseconds")]
        let cpus = quota as f64 / self.period as f64;
        (self.period > 0).then_some(cpus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_quota_is_a_part_of_the_cpus() {
        let half: CpuMax = law::holds(b"50000 100000\n");
        assert_eq!(half.cpus(), Some(0.5));
        let all: CpuMax = law::holds(b"max 100000\n");
        assert_eq!((all.cpus(), all.quota), (None, Amount::Max));
        assert_eq!(all.fields().find("quota"), Some(&Value::text("max")));
        law::mutants::<CpuMax>(&[b"50000 100000\n", b"max 100000\n"], 5_000);
    }
}
