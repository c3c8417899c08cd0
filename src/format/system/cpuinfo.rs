//! `/proc/cpuinfo`: the CPUs, in the words of each architecture.

use crate::{
    Value, bytes,
    format::{Cursor, Field, ParseError, Rows, Spec, field::Item, record},
    value::{Fields, Text},
};

record! {
    /// The CPUs, in the words of each architecture.
    ///
    /// `/proc/cpuinfo` (`show_cpuinfo` of `arch/*/kernel`). CPUs that are offline are left out.
    ///
    /// A block of labelled lines for each CPU, and on some architectures one for all, before or
    /// after them. By name, labels are in snake case (`model_name`, `cpu_mhz`); those that psgo
    /// knows have values of a type: numbers, sizes, lists of words, yes or no.
    pub struct Cpuinfo: "cpuinfo" {
        /// The blocks.
        rows: Rows<CpuBlock> = "{%r}",
    }
}

/// Labelled lines up to an empty line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuBlock {
    lines: Vec<CpuLine>,
    /// Is there an empty line after it? There need not be at the end of the file.
    closed: bool,
}

/// A line `label : value`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct CpuLine {
    label: Vec<u8>,
    /// Tabs and blanks between the label and the colon.
    before: Vec<u8>,
    /// Tabs and blanks after the colon; nothing where the line has no colon.
    after: Option<Vec<u8>>,
    value: Vec<u8>,
}

impl CpuBlock {
    /// What stands after that label: `model name`, `Features`.
    #[must_use]
    pub fn find(&self, label: &str) -> Option<&[u8]> {
        let mut lines = self.iter();
        lines.find_map(|(known, value)| (known == label.as_bytes()).then_some(value))
    }

    /// Each label and what stands after it.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let lines = self.lines.iter().filter(|line| line.after.is_some());
        lines.map(|line| (line.label.as_slice(), line.value.as_slice()))
    }

    /// The number of the CPU; nothing for a block about all of them.
    #[must_use]
    pub fn processor(&self) -> Option<u32> {
        let number = self.find("processor").or_else(|| self.find("cpu number"));
        number.and_then(bytes::decimal)
    }

    /// What the CPU can do: `flags` of x86, `Features` of ARM, `features` of others.
    pub fn flags(&self) -> impl Iterator<Item = &[u8]> {
        let labels = ["flags", "Features", "features"];
        let flags = labels.iter().find_map(|label| self.find(label));
        words(flags.unwrap_or_default())
    }

    fn fields(&self) -> Fields {
        let lines = self.lines.iter();
        lines
            .map(|line| (name(&line.label), typed(&line.label, &line.value)))
            .collect()
    }
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = text.split(|&b| b == b' ');
    words.filter(|word| !word.is_empty())
}

/// A label in snake case.
fn name(label: &[u8]) -> Text {
    let lower = |b: &u8| match b {
        b' ' | b'-' | b'/' => b'_',
        other => other.to_ascii_lowercase(),
    };
    label.iter().map(lower).collect()
}

/// The value of a known label, of its type; text where it is of no such form, as in `unknown`.
fn typed(label: &[u8], value: &[u8]) -> Value {
    let typed = match label {
        b"processor" | b"cpu family" | b"model" | b"stepping" | b"physical id" | b"siblings"
        | b"core id" | b"cpu cores" | b"apicid" | b"initial apicid" | b"cpuid level"
        | b"clflush size" | b"cache_alignment" | b"CPU architecture" | b"CPU revision"
        | b"cpu number" | b"hart" => bytes::decimal(value).map(Value::Int),
        b"cpu MHz" | b"bogomips" | b"BogoMIPS" => real(value),
        b"cache size" => {
            let kib = value.strip_suffix(b" KB").and_then(bytes::decimal);
            kib.and_then(|kib: u64| kib.checked_mul(1024))
                .map(Value::Size)
        }
        b"fpu" | b"fpu_exception" | b"wp" | b"fdiv_bug" | b"hlt_bug" | b"f00f_bug"
        | b"coma_bug" => match value {
            b"yes" => Some(Value::Bool(true)),
            b"no" => Some(Value::Bool(false)),
            _ => None,
        },
        b"flags" | b"vmx flags" | b"bugs" | b"power management" | b"Features" | b"features" => {
            Some(Value::List(words(value).map(Value::text).collect()))
        }
        _ => None,
    };
    typed.unwrap_or_else(|| Value::text(value))
}

/// A number with a point.
fn real(value: &[u8]) -> Option<Value> {
    let plain = value.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let number = std::str::from_utf8(value).ok().filter(|_| plain)?;
    number.parse().ok().map(Value::Real)
}

impl CpuLine {
    fn new(line: &[u8]) -> Self {
        let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
        let Some((label, value)) = bytes::split_once(line, b':') else {
            return Self {
                label: line.to_vec(),
                ..Self::default()
            };
        };
        let end = label
            .iter()
            .rposition(|b| !is_blank(b))
            .map_or(0, |at| at + 1);
        let start = value.iter().take_while(|b| is_blank(b)).count();
        let (label, before) = label.split_at_checked(end).unwrap_or((label, &[]));
        let (after, value) = value.split_at_checked(start).unwrap_or((&[], value));
        Self {
            label: label.to_vec(),
            before: before.to_vec(),
            after: Some(after.to_vec()),
            value: value.to_vec(),
        }
    }
}

impl Field for CpuBlock {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut lines = Vec::new();
        while !cursor.at_line_end() {
            lines.push(CpuLine::new(cursor.take_line()));
            cursor.literal(b"\n", spec.field)?;
        }
        let closed = cursor.skip(b"\n");
        Ok(Self { lines, closed })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for line in &self.lines {
            out.extend_from_slice(&line.label);
            out.extend_from_slice(&line.before);
            if let Some(after) = &line.after {
                out.push(b':');
                out.extend_from_slice(after);
            }
            out.extend_from_slice(&line.value);
            out.push(b'\n');
        }
        if self.closed {
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Fields(self.fields())
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.lines.iter().any(|line| line.after.is_none())
    }
}

impl Item for CpuBlock {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../tests/fixtures/proc/cpuinfo");

    #[test]
    fn a_cpu_of_x86_is_what_lscpu_prints() {
        let cpuinfo: Cpuinfo = law::holds(HERE);
        let [first, second] = &cpuinfo.rows[..] else {
            panic!("{cpuinfo:?}");
        };
        assert_eq!((first.processor(), second.processor()), (Some(0), Some(1)));
        let fields = first.fields();
        for (name, value) in [
            ("vendor_id", Value::text("GenuineIntel")),
            ("model_name", Value::text("Intel(R) Xeon(R) Processor")),
            ("cpu_family", Value::Int(6)),
            ("model", Value::Int(167)),
            ("stepping", Value::Int(1)),
            ("cpu_cores", Value::Int(2)),
            ("bogomips", Value::Real(5200.0)),
            ("cpu_mhz", Value::Real(2600.0)),
            ("cache_size", Value::Size(491_520 * 1024)),
            ("microcode", Value::text("0x1")),
            (
                "address_sizes",
                Value::text("48 bits physical, 57 bits virtual"),
            ),
            ("fpu", Value::Bool(true)),
            ("power_management", Value::List(vec![])),
        ] {
            assert_eq!(fields.find(name), Some(&value), "{name}");
        }
        assert!(first.flags().any(|flag| flag == b"avx512f"));
        assert!(!first.flags().any(|flag| flag == b"svm"));
        law::mutants::<Cpuinfo>(&[HERE], 3_000);
    }

    #[test]
    fn there_is_a_block_for_each_cpu_that_is_online() {
        let cpuinfo: Cpuinfo = law::holds(&std::fs::read("/proc/cpuinfo").unwrap());
        let cpus = cpuinfo
            .rows
            .iter()
            .filter(|row| row.processor().is_some())
            .count();
        let online = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap();
        let ranges = online.trim().split(',').map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            last.parse::<usize>().unwrap() + 1 - first.parse::<usize>().unwrap()
        });
        assert_eq!(cpus, ranges.sum::<usize>());
    }

    #[test]
    fn other_architectures_have_other_blocks() {
        // Made by hand after the forms of Linux 5.10 on ARM, 6.1 on s390 and 4.19 on powerpc.
        let arm = b"processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nBogoMIPS\t: 38.40\n\
            Features\t: half thumb \nCPU implementer\t: 0x41\nCPU architecture: 7\n\n\
            Hardware\t: BCM2835\nSerial\t\t: 00000000abcdef01\n";
        let cpuinfo: Cpuinfo = law::holds(arm);
        let [cpu, machine] = &cpuinfo.rows[..] else {
            panic!("{cpuinfo:?}");
        };
        assert!(cpu.flags().eq([&b"half"[..], b"thumb"]));
        assert_eq!(cpu.fields().find("cpu_architecture"), Some(&Value::Int(7)));
        assert_eq!(
            (machine.processor(), machine.find("Hardware")),
            (None, Some(&b"BCM2835"[..]))
        );
        let s390 = b"vendor_id       : IBM/S390\nfeatures\t: esan3 zarch \n\
            processor 0: version = FF,  identification = 01,  machine = 2964\n\n\
            cpu number      : 0\n\n";
        let cpuinfo: Cpuinfo = law::holds(s390);
        assert_eq!(cpuinfo.rows[1].processor(), Some(0));
        assert!(
            cpuinfo.rows[0]
                .find("processor 0")
                .unwrap()
                .ends_with(b"2964")
        );
        let power = b"processor\t: 0\nclock\t\t: 3000.0MHz\n\n\ntimebase\t: 512000000\n";
        let cpuinfo: Cpuinfo = law::holds(power);
        assert_eq!(cpuinfo.rows.len(), 3);
        let mut text = Vec::new();
        Cpuinfo::parse(b"no colon\n").unwrap().write(&mut text);
        assert_eq!(text, b"no colon\n");
        law::mutants::<Cpuinfo>(&[arm, s390, power], 5_000);
    }
}
