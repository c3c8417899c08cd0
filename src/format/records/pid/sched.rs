//! `/proc/PID/sched`: what the scheduler knows of a thread.

use crate::{
    bytes,
    format::{Cursor, Field, Flat, ParseError, Spec, record},
    value::{Fields, Value},
};

record! {
    /// What the scheduler knows of a thread.
    ///
    /// `/proc/PID/sched` (`proc_sched_show_task`), that of the first thread; the others have
    /// theirs in `task/TID`. Since 2.6.23, where the kernel has `CONFIG_SCHED_DEBUG` until 6.14.
    pub struct Sched: "sched" {
        /// Whose it is.
        task: Flat<SchedTask> = "%r\n",
        /// A line of `-`.
        rule: SchedRule = "%r\n",
        /// The values, and the kernel's names of them.
        entries: SchedEntries = "%r",
    }
}

/// The thread that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchedTask {
    /// Its name; nothing is escaped.
    pub comm: Vec<u8>,
    /// Its id in the PID namespace of this `/proc`.
    pub pid: i32,
    /// How many threads the process has.
    pub threads: u32,
}

const PID: Spec = Spec::new("pid", " (%d");
const THREADS: Spec = Spec::new("threads", ", #threads: %u)");

/// Longer than any name is.
const DASHES: &[u8] = b"\n---------------------------------------------------------";

impl Field for SchedTask {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let end = bytes::find_part(cursor.rest(), DASHES);
        let line = cursor.rest().get(..end.unwrap_or(0)).unwrap_or_default();
        // The name may hold any of this; what follows it does not.
        let len = bytes::rfind_part(line, PID.before())
            .ok_or_else(|| cursor.error(PID.field, "not after the name"))?;
        Ok(Self {
            comm: cursor.take(len).to_vec(),
            pid: i32::read(cursor, &PID)?,
            threads: u32::read(cursor, &THREADS)?,
        })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.comm);
        self.pid.write(&PID, out);
        self.threads.write(&THREADS, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let fields = [
            ("comm", Value::text(&self.comm)),
            ("pid", self.pid.value(&PID)),
            ("threads", self.threads.value(&THREADS)),
        ];
        Value::Fields(fields.into_iter().collect())
    }
}

/// A line of `-`, as long as the kernel's lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchedRule {
    len: u8,
}

impl Field for SchedRule {
    const HIDDEN: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let line = cursor.take_line();
        let len = u8::try_from(line.len()).ok();
        len.filter(|_| line.iter().all(|&b| b == b'-'))
            .map(|len| Self { len })
            .ok_or_else(|| cursor.error(spec.field, "not a line of -"))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend(std::iter::repeat_n(b'-', self.len.into()));
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::MISSING
    }
}

/// A value of the scheduler's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchedValue {
    /// A whole number.
    Int(i64),
    /// Nanoseconds; the file has milliseconds, with six decimals.
    Nanoseconds(i64),
}

const INT: Spec = Spec::new("value", ":%21d\n");
const NANOSECONDS: Spec = Spec::new("value", ":%21.6f\n");

/// The values, and the kernel's names of them, `se.exec_start`; which there are depends on the
/// kernel and on the policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchedEntries(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Value {
        name: Vec<u8>,
        blanks: u8,
        value: SchedValue,
    },
    /// A line of another form.
    Text(Vec<u8>),
}

impl SchedEntries {
    /// The value of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<SchedValue> {
        let mut values = self.values();
        values.find_map(|(other, value)| (other == name.as_bytes()).then_some(value))
    }

    /// Each name and its value.
    pub fn values(&self) -> impl Iterator<Item = (&[u8], SchedValue)> {
        self.0.iter().filter_map(|entry| match entry {
            Entry::Value { name, value, .. } => Some((&**name, *value)),
            Entry::Text(_) => None,
        })
    }

    /// The lines of another form, which tell of faults on memory nodes.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(|entry| match entry {
            Entry::Text(line) => Some(&**line),
            Entry::Value { .. } => None,
        })
    }
}

/// How the lines begin that have another form.
const NUMA: [&[u8]; 3] = [b"current_node=", b"numa_faults", b"numa_migrations,"];

impl Entry {
    /// The entry that `line` is, its newline included.
    fn read(line: &[u8]) -> Option<Self> {
        let colon = bytes::find(line, b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let filled = name.iter().rev().take_while(|&&b| b == b' ').count();
        let value = {
            let read = |spec| {
                let mut cursor = Cursor::new(value);
                let number = i64::read(&mut cursor, spec).ok()?;
                cursor.rest().is_empty().then_some(number)
            };
            let whole = read(&INT).map(SchedValue::Int);
            whole.or_else(|| read(&NANOSECONDS).map(SchedValue::Nanoseconds))?
        };
        Some(Self::Value {
            name: name.get(..name.len() - filled)?.to_vec(),
            blanks: u8::try_from(filled).ok()?,
            value,
        })
    }
}

/// Lines to the end of the file.
impl Field for SchedEntries {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut entries = Vec::new();
        while !cursor.rest().is_empty() {
            let line = cursor.rest();
            let Some(end) = bytes::find(line, b'\n') else {
                return Err(cursor.error(spec.field, "no newline at its end"));
            };
            let line = cursor.take(end + 1);
            let text = || Entry::Text(line.get(..end).unwrap_or_default().to_vec());
            entries.push(Entry::read(line).unwrap_or_else(text));
        }
        Ok(Self(entries))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for entry in &self.0 {
            match entry {
                Entry::Value {
                    name,
                    blanks,
                    value,
                } => {
                    out.extend_from_slice(name);
                    out.extend(std::iter::repeat_n(b' ', (*blanks).into()));
                    match value {
                        SchedValue::Int(number) => number.write(&INT, out),
                        SchedValue::Nanoseconds(number) => number.write(&NANOSECONDS, out),
                    }
                }
                Entry::Text(line) => {
                    out.extend_from_slice(line);
                    out.push(b'\n');
                }
            }
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    /// Each under the kernel's name, times in milliseconds.
    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for (name, value) in self.values() {
            let value = match value {
                SchedValue::Int(number) => number.value(&INT),
                SchedValue::Nanoseconds(number) => number.value(&NANOSECONDS),
            };
            fields.push(name, value);
        }
        let lines = self.lines().map(Value::text).collect();
        fields.push("lines", Value::List(lines));
    }

    #[inline]
    fn unknown(&self) -> bool {
        let known = |line: &[u8]| NUMA.iter().any(|start| line.starts_with(start));
        self.lines().any(|line| !known(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{law, pid::Schedstat};

    const FILE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/sched");

    #[test]
    fn values_have_the_names_of_the_kernel() {
        let sched: Sched = law::holds(FILE);
        assert_eq!(
            (&*sched.task.comm, sched.task.threads),
            (&b"a)b (1, c\n"[..], 1)
        );
        let find = |name| sched.entries.find(name);
        assert_eq!(find("policy"), Some(SchedValue::Int(0)));
        assert_eq!(find("prio"), Some(SchedValue::Int(120)));
        let Some(SchedValue::Nanoseconds(ran)) = find("se.sum_exec_runtime") else {
            panic!("{sched:?}");
        };
        let fields = sched.fields();
        let Some(Value::Real(ms)) = fields.find("se.sum_exec_runtime") else {
            panic!("{fields}");
        };
        assert_eq!(
            format!("{ms:.6}").replace('.', "").trim_start_matches('0'),
            ran.to_string()
        );
        assert_eq!(sched.entries.lines().count(), 2);
    }

    /// Made by hand after the form of Linux 3.2 and 4.4.
    #[test]
    fn other_widths_and_lines_are_kept() {
        let file = format!(
            "cat (31750, #threads: 119)\n{}\n{:35}:{:>21}\n{:35}:{:21}\nse.statistics.nr_failed_\
            migrations_affine:{:21}\nnuma_migrations, 0\nnew line\n",
            "-".repeat(57),
            "se.vruntime",
            "-668582.099196",
            "clock-delta",
            116,
            0
        );
        let sched: Sched = law::holds(file.as_bytes());
        assert_eq!(sched.task.threads, 119);
        let vruntime = SchedValue::Nanoseconds(-668_582_099_196);
        assert_eq!(sched.entries.find("se.vruntime"), Some(vruntime));
        assert_eq!(sched.entries.lines().count(), 2);
        assert!(crate::format::File::unknown(&sched));
        law::mutants::<Sched>(&[FILE, file.as_bytes()], 3_000);
    }

    /// Both are the time on a processor.
    #[test]
    fn the_time_is_that_of_schedstat() {
        let task = std::path::Path::new("/proc/thread-self");
        let read = |file| std::fs::read(task.join(file)).unwrap();
        let before: Schedstat = law::holds(&read("schedstat"));
        let sched: Sched = law::holds(&read("sched"));
        let after: Schedstat = law::holds(&read("schedstat"));
        let Some(SchedValue::Nanoseconds(ran)) = sched.entries.find("se.sum_exec_runtime") else {
            panic!("{sched:?}");
        };
        let ran = u64::try_from(ran).unwrap();
        assert!((before.run_time..=after.run_time).contains(&ran));
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("sched") {
            let sched: Sched = law::holds(&file);
            assert!(!crate::format::File::unknown(&sched), "{sched:?}");
        }
    }
}
