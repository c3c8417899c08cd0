//! `/proc/PID/limits`: the resource limits of a process.

use crate::{
    format::{Cursor, Field, Head, ParseError, Rows, Spec, record},
    value::Value,
};

record! {
    /// The resource limits of a process.
    ///
    /// `/proc/PID/limits` (`proc_pid_limits`), since 2.6.24. Only the owner may read it before
    /// 2.6.36.
    pub struct Limits: "limits" {
        /// The line of column names.
        head: Head = "%h{Limit                     Soft Limit           Hard Limit           Units     \n}",
        /// A limit each.
        rows: Rows<LimitsRow> = "{%r\n}",
    }
}

record! {
    /// One resource limit.
    pub struct LimitsRow {
        /// What is limited, in the kernel's words: `Max open files`.
        limit: Vec<u8> = "%-25s ",
        /// What holds now (`rlim_cur`).
        soft_limit: Limit = "%-20r ",
        /// How far the process itself may raise that (`rlim_max`).
        hard_limit: Limit = "%-20r ",
        /// What is counted: `bytes`, `seconds`, `us`. Nothing for priorities.
        units: Option<Vec<u8>> = "%-10s",
    }
}

impl Limits {
    /// The limit that the kernel calls `name`, such as `Max open files`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&LimitsRow> {
        self.rows.iter().find(|row| row.limit == name.as_bytes())
    }
}

/// How much of something a process may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limit {
    /// No more than so much.
    Of(u64),
    /// As much as there is.
    #[default]
    Unlimited,
}

/// The template has the column's width, as a text's.
impl Field for Limit {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.rest().starts_with(b"unlimited ") {
            let text = Vec::<u8>::take(cursor, spec)?;
            if text == b"unlimited" {
                return Ok(Self::Unlimited);
            }
            return Err(cursor.error(spec.field, "not as wide as the kernel prints it"));
        }
        u64::take(cursor, spec).map(Self::Of)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self {
            Self::Of(limit) => limit.put(spec, out),
            Self::Unlimited => b"unlimited".to_vec().put(spec, out),
        }
    }

    /// A number, or `unlimited`.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        match self {
            Self::Of(limit) => Value::from(*limit),
            Self::Unlimited => Value::text("unlimited"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::format::law;

    const FILE: &[u8] = include_bytes!("../../../tests/fixtures/proc/limits");

    #[test]
    fn a_limit_is_a_number_or_none() {
        let limits: Limits = law::holds(FILE);
        assert_eq!(limits.rows.len(), 16);
        let files = limits.find("Max open files").unwrap();
        assert_eq!(files.soft_limit, Limit::Of(20000));
        assert_eq!(files.units.as_deref(), Some(&b"files"[..]));
        let stack = limits.find("Max stack size").unwrap();
        assert_eq!(stack.soft_limit, Limit::Of(8_388_608));
        assert_eq!(stack.hard_limit, Limit::Unlimited);
        assert_eq!(limits.find("Max nice priority").unwrap().units, None);
        let fields = stack.fields();
        assert_eq!(fields.find("hard_limit"), Some(&Value::text("unlimited")));
    }

    #[test]
    fn a_number_wider_than_its_column_pushes_the_others() {
        let row = format!(
            "{:25} {:20} {:20} {:10}\n",
            "Max x",
            "unlimited",
            u64::MAX,
            "a"
        );
        let head = FILE.split_inclusive(|&b| b == b'\n').next().unwrap();
        let limits: Limits = law::holds(&[head, row.as_bytes()].concat());
        assert_eq!(limits.rows[0].hard_limit, Limit::Of(u64::MAX));
        for bad in ["unlimited  ", "unlimitedx ", "020 "] {
            let row = format!("{:25} {bad}{:20} {:10}\n", "Max x", 1, "a");
            assert!(
                Limits::parse(&[head, row.as_bytes()].concat()).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Limits>(&[FILE], 5_000);
    }

    #[test]
    fn limits_are_those_that_prlimit_sees() {
        let id = std::process::id().to_string();
        let columns = [
            "--pid",
            &id,
            "--raw",
            "--noheadings",
            "--output",
            "RESOURCE,SOFT,HARD",
        ];
        let answer = Command::new("prlimit").args(columns).output().unwrap();
        let limits: Limits = law::holds(&std::fs::read("/proc/self/limits").unwrap());
        let mut compared = 0;
        for line in String::from_utf8(answer.stdout).unwrap().lines() {
            let [resource, soft, hard] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let name = match resource {
                "AS" => "Max address space",
                "CORE" => "Max core file size",
                "CPU" => "Max cpu time",
                "DATA" => "Max data size",
                "FSIZE" => "Max file size",
                "LOCKS" => "Max file locks",
                "MEMLOCK" => "Max locked memory",
                "MSGQUEUE" => "Max msgqueue size",
                "NICE" => "Max nice priority",
                "NOFILE" => "Max open files",
                "NPROC" => "Max processes",
                "RSS" => "Max resident set",
                "RTPRIO" => "Max realtime priority",
                "RTTIME" => "Max realtime timeout",
                "SIGPENDING" => "Max pending signals",
                "STACK" => "Max stack size",
                other => panic!("{other}"),
            };
            let row = limits.find(name).unwrap();
            let text = |field| row.fields().find(field).unwrap().to_string();
            assert_eq!(text("soft_limit"), soft, "{name}");
            assert_eq!(text("hard_limit"), hard, "{name}");
            compared += 1;
        }
        assert_eq!(compared, limits.rows.len());
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("limits") {
            assert_eq!(law::holds::<Limits>(&file).rows.len(), 16);
        }
    }
}
