//! `/proc/schedstat`: what the scheduler counts, for each CPU.

use crate::{
    format::{Field, Rows, Spec, record},
    value::{Fields, Value},
};

record! {
    /// What the scheduler counted since boot, for each CPU.
    ///
    /// `/proc/schedstat` (`show_schedstat`); versions 14 to 17 of it are known.
    pub struct Schedstat: "schedstat" {
        /// The version of the format.
        version: u32 = "version %d\n",
        /// Now, in jiffies.
        timestamp: u64 = "timestamp %u\n",
        /// Each CPU that is online.
        rows: Rows<SchedCpu> = "{cpu%r}",
    }
}

record! {
    /// What the scheduler counted for one CPU.
    pub struct SchedCpu {
        /// Its number.
        cpu: u32 = "%d",
        /// What was counted: of nine, the first is `sched_yield`, the fourth a switch to the idle
        /// thread, the last three are nanoseconds run, nanoseconds waited, and time slices.
        counts: CpuCounts = "{ %u}\n",
        /// The groups of CPUs among which it shares work, the smallest first.
        domains: Vec<SchedDomain> = "{domain%r\n}",
    }
}

record! {
    /// What was counted when work was shared in a group of CPUs.
    pub struct SchedDomain {
        /// Its number.
        domain: u32 = "%d ",
        /// Its name. Since version 17.
        name: DomainName = "%r",
        /// Its CPUs: a mask in hex, a comma after each 32 bits.
        cpus: crate::format::NumberOrText = "%r",
        /// What was counted. In versions 14 and 15 the lists are of idle, busy and newly idle
        /// CPUs, since 16 of busy, idle and newly idle ones.
        counts: DomainCounts = "{ %u}",
    }
}

/// The name of a scheduler's domain; empty before version 17.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainName(pub Vec<u8>);

impl Field for DomainName {
    fn take(
        cursor: &mut crate::format::Cursor<'_>,
        _: &Spec,
    ) -> Result<Self, crate::format::ParseError> {
        let text = cursor.rest();
        let end = text.iter().position(|b| matches!(b, b' ' | b'\n'));
        let name = text.get(..end.unwrap_or(0)).unwrap_or_default();
        // Names are of upper case (`MC`, `NUMA`), masks of lower case.
        if !name.iter().any(u8::is_ascii_uppercase) || text.get(name.len()) != Some(&b' ') {
            return Ok(Self::default());
        }
        cursor.take(name.len() + 1);
        Ok(Self(name.to_vec()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if !self.0.is_empty() {
            out.extend_from_slice(&self.0);
            out.push(b' ');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        if self.0.is_empty() {
            return Value::MISSING;
        }
        Value::text(&self.0)
    }
}

/// What each count of a CPU is called, of the nine that there are.
const CPU: &[&str] = &[
    "yld_count",
    "sched_switch",
    "sched_count",
    "sched_goidle",
    "ttwu_count",
    "ttwu_local",
    "rq_cpu_time",
    "run_delay",
    "pcount",
];

/// What is counted for each kind of idleness, up to version 16 and since 17.
const BALANCE: &[&str] = &[
    "lb_count",
    "lb_balanced",
    "lb_failed",
    "lb_imbalance",
    "lb_gained",
    "lb_hot_gained",
    "lb_nobusyq",
    "lb_nobusyg",
];
const BALANCE_17: &[&str] = &[
    "lb_count",
    "lb_balanced",
    "lb_failed",
    "lb_imbalance_load",
    "lb_imbalance_util",
    "lb_imbalance_task",
    "lb_imbalance_misfit",
    "lb_gained",
    "lb_hot_gained",
    "lb_nobusyq",
    "lb_nobusyg",
];

/// What is counted for the domain.
const DOMAIN: &[&str] = &[
    "alb_count",
    "alb_failed",
    "alb_pushed",
    "sbe_count",
    "sbe_balanced",
    "sbe_pushed",
    "sbf_count",
    "sbf_balanced",
    "sbf_pushed",
    "ttwu_wake_remote",
    "ttwu_move_affine",
    "ttwu_move_balance",
];

/// Counts whose names follow from how many there are; otherwise they are one list.
macro_rules! counts {
    ($(#[$meta:meta])* $name:ident, $describe:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name(pub Vec<u64>);

        impl Field for $name {
            fn take(
                cursor: &mut crate::format::Cursor<'_>,
                spec: &Spec,
            ) -> Result<Self, crate::format::ParseError> {
                Vec::<u64>::take(cursor, spec).map(Self)
            }

            fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
                self.0.put(spec, out);
            }

            fn value(&self, spec: &Spec) -> Value {
                self.0.value(spec)
            }

            fn describe(&self, spec: &Spec, fields: &mut Fields) {
                let describe: fn(&[u64], &mut Fields) -> bool = $describe;
                if !describe(&self.0, fields) {
                    fields.push(spec.field, self.value(spec));
                }
            }
        }
    };
}

counts! {
    /// The counts of one CPU.
    CpuCounts, |counts, fields| {
        let known = counts.len() == CPU.len();
        if known {
            for (name, &count) in CPU.iter().zip(counts) {
                fields.push(*name, Value::from(count));
            }
        }
        known
    }
}

counts! {
    /// The counts of one domain: for each of three kinds of idleness, then for all.
    DomainCounts, |counts, fields| {
        let balance = match counts.len() {
            36 => BALANCE,
            45 => BALANCE_17,
            _ => return false,
        };
        for (i, name) in balance.iter().enumerate() {
            let each = counts.iter().skip(i).step_by(balance.len()).take(3);
            fields.push(*name, Value::List(each.copied().map(Value::from).collect()));
        }
        for (name, &count) in DOMAIN.iter().zip(counts.iter().skip(3 * balance.len())) {
            fields.push(*name, Value::from(count));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    /// Made by hand after the form of each version; the kernel here counts nothing.
    fn file(version: u32) -> String {
        let numbers = |from: u64, count: u64| {
            let numbers: Vec<_> = (from..from + count).map(|n| n.to_string()).collect();
            format!(" {}", numbers.join(" "))
        };
        let (name, count) = if version == 17 { ("MC ", 45) } else { ("", 36) };
        let domain = |n| format!("domain{n} {name}00000000,0000000f{}\n", numbers(100, count));
        let cpu = |n| format!("cpu{n}{}\n{}{}", numbers(1, 9), domain(0), domain(1));
        format!(
            "version {version}\ntimestamp 4297960957\n{}{}",
            cpu(0),
            cpu(3)
        )
    }

    #[test]
    fn counts_have_the_names_of_their_version() {
        for (version, imbalance, last) in
            [(15, "lb_imbalance", 135), (17, "lb_imbalance_util", 144)]
        {
            let schedstat: Schedstat = law::holds(file(version).as_bytes());
            assert_eq!((schedstat.version, schedstat.rows.len()), (version, 2));
            let cpu = &schedstat.rows[1];
            assert_eq!((cpu.cpu, cpu.domains.len()), (3, 2));
            assert_eq!(cpu.fields().find("run_delay"), Some(&Value::Int(8)));
            let domain = cpu.domains[1].fields();
            let each = |from: i64, step: i64| {
                Value::List((0..3).map(|i| Value::Int(from + i * step)).collect())
            };
            let step = if version == 17 { 11_i64 } else { 8 };
            assert_eq!(domain.find("lb_balanced"), Some(&each(101, step)));
            assert!(domain.find(imbalance).is_some());
            assert_eq!(domain.find("ttwu_move_balance"), Some(&Value::Int(last)));
            assert_eq!(domain.find("cpus"), Some(&Value::text("00000000,0000000f")));
            let name = if version == 17 {
                Value::text("MC")
            } else {
                Value::MISSING
            };
            assert_eq!(domain.find("name"), Some(&name));
        }
    }

    #[test]
    fn other_counts_are_kept_without_names() {
        let schedstat: Schedstat =
            law::holds(b"version 14\ntimestamp 1\ncpu0 1 2 3\ndomain0 f 1\n");
        let fields = schedstat.rows[0].fields();
        assert!(matches!(fields.find("counts"), Some(Value::List(counts)) if counts.len() == 3));
        law::mutants::<Schedstat>(&[file(15).as_bytes(), file(17).as_bytes()], 10_000);
    }
}
