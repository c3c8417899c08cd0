//! `/proc/interrupts`: how often each CPU was interrupted by what.

use std::ops::Deref;

use crate::{
    Value, bytes,
    format::{Aligned, Cursor, Field, ParseError, Rows, Spec, field::Item, record},
    value::Fields,
};

record! {
    /// How often each CPU was interrupted by what.
    ///
    /// `/proc/interrupts` (`show_interrupts` of `kernel/irq/proc.c`, and
    /// `arch_show_interrupts`). CPUs that are offline have no column.
    pub struct Interrupts: "interrupts" {
        /// The CPUs, in the order of the counts.
        cpus: Cpus = "%r\n",
        /// Interrupts by number, then those that the architecture names.
        rows: Rows<Interrupt> = "{%r\n}",
    }
}

record! {
    /// How often each CPU was interrupted by one thing, as its line has it.
    pub struct IrqLine {
        /// Number, or the architecture's name: `LOC`, `IPI0`.
        irq: Aligned<Vec<u8>> = "%s:",
        /// For each CPU, a count since boot; only one where CPUs are not told apart (`ERR`).
        counts: IrqCounts = "%r",
        /// What it is.
        about: IrqAbout = "%r",
    }
}

/// The line of CPU names above a table of counts.
///
/// Printed as blanks, and `"CPU%-8d"` for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cpus(Aligned<CpuList>);

/// What stands behind the blanks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct CpuList(Vec<u32>);

impl Cpus {
    /// The numbers of the CPUs.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.0.0
    }
}

const CPU: Spec = Spec::new("cpus", "CPU%-8d");

impl Field for CpuList {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut numbers = Vec::new();
        while !cursor.at_line_end() {
            numbers.push(u32::read(cursor, &CPU)?);
        }
        Ok(Self(numbers))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for number in &self.0 {
            number.write(&CPU, out);
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.value(spec)
    }
}

impl Field for Cpus {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        Aligned::take(cursor, &CPU).map(Self)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.0.put(&CPU, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.0.value(&CPU)
    }
}

/// The counts of one interrupt.
///
/// Printed as `" %10u"` each; where the name before takes the place of the first blank, as `IPI0`
/// does on arm64, without that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IrqCounts {
    counts: Vec<u64>,
    close: bool,
}

impl IrqCounts {
    /// For each CPU.
    #[must_use]
    pub fn each(&self) -> &[u64] {
        &self.counts
    }

    /// On all CPUs together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, &n| sum.saturating_add(n))
    }
}

const CLOSE: Spec = Spec::new("counts", "%10u");
const COUNT: Spec = Spec::new("counts", " %10u");

impl Field for IrqCounts {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut counts = Vec::new();
        let close = is_count(cursor.rest(), CLOSE.width);
        if close {
            counts.push(u64::read(cursor, &CLOSE)?);
        }
        while cursor.rest().first() == Some(&b' ')
            && is_count(cursor.rest().get(1..).unwrap_or_default(), COUNT.width)
        {
            counts.push(u64::read(cursor, &COUNT)?);
        }
        Ok(Self { counts, close })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (i, count) in self.counts.iter().enumerate() {
            count.write(if self.close && i == 0 { &CLOSE } else { &COUNT }, out);
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.counts.value(spec)
    }

    /// The counts, and their sum as `total`.
    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        fields.push("total", self.total().into());
        fields.push("counts", self.counts.value(&COUNT));
    }
}

/// Does `text` begin with a number that fills `width` columns and no more?
fn is_count(text: &[u8], width: usize) -> bool {
    let (column, after) = text.split_at_checked(width).unwrap_or((text, &[]));
    let blanks = column.iter().take_while(|&&b| b == b' ').count();
    let digits = column.get(blanks..).unwrap_or_default();
    column.len() == width
        && !digits.is_empty()
        && digits.iter().all(u8::is_ascii_digit)
        && matches!(after, [] | [b' ' | b'\n', ..])
}

/// What an interrupt is: the architecture's words, or a chip, its line and who handles it.
///
/// Kernels and architectures have columns of their own here, so it is kept as one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IrqAbout(Vec<u8>);

impl IrqAbout {
    /// All of it, without the blanks around.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        self.0.trim_ascii()
    }

    /// The chip of a numbered interrupt, as in `IO-APIC`; before 3.14 with the kind of flow:
    /// `IO-APIC-edge`.
    #[must_use]
    pub fn chip(&self) -> &[u8] {
        word(self.text()).0
    }

    /// Its line on that chip and the kind of flow, as in `5-edge`, `29 Level`; empty before 3.14.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        let rest = word(self.text()).1;
        let (number, after) = word(rest);
        if !number.first().is_some_and(u8::is_ascii_digit) {
            return &[];
        }
        let (kind, _) = word(after);
        let end = if matches!(kind, b"Level" | b"Edge") {
            rest.len() - after.len() + kind.len()
        } else {
            number.len()
        };
        rest.get(..end).unwrap_or_default()
    }

    /// Who handles it; nobody where the driver has let it go.
    pub fn actions(&self) -> impl Iterator<Item = &[u8]> {
        let rest = word(self.text()).1;
        let rest = rest.get(self.line().len()..).unwrap_or_default();
        let rest = rest.trim_ascii_start();
        let mut left = (!rest.is_empty()).then_some(rest);
        std::iter::from_fn(move || {
            let rest = left.take()?;
            let Some(end) = bytes::find_part(rest, b", ") else {
                return Some(rest);
            };
            left = rest.get(end + 2..);
            rest.get(..end)
        })
    }
}

/// The first word of `text`, and what comes after the blanks that end it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let (word, rest) = bytes::split_once(text, b' ').unwrap_or((text, &[]));
    (word, rest.trim_ascii_start())
}

impl Field for IrqAbout {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if !cursor.at_line_end() && !cursor.rest().starts_with(b" ") {
            return Err(cursor.error(spec.field, "no blank before it"));
        }
        Ok(Self(cursor.take_line().to_vec()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.text())
    }
}

/// How often each CPU was interrupted by one thing, and by what.
///
/// By name it has `irq`, `total` and `counts`; a numbered one has `chip`, `line` and `actions`,
/// and one that the architecture names has `about`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interrupt(IrqLine);

impl Deref for Interrupt {
    type Target = IrqLine;

    fn deref(&self) -> &IrqLine {
        &self.0
    }
}

impl Interrupt {
    /// Its number; nothing for one that the architecture names.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        bytes::decimal(&self.irq)
    }
}

impl Field for Interrupt {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        IrqLine::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        if self.number().is_none() {
            return Value::Fields(self.fields());
        }
        let mut fields = Fields::new();
        fields.push("irq", Value::text(&*self.irq));
        self.counts.describe(&COUNT, &mut fields);
        fields.push("chip", Value::text(self.about.chip()));
        fields.push("line", Value::text(self.about.line()));
        let actions = self.about.actions().map(Value::text).collect();
        fields.push("actions", Value::List(actions));
        Value::Fields(fields)
    }
}

impl Item for Interrupt {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{kernel::Stat, law};

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/interrupts");

    fn words(list: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<String> {
        list.map(|word| word.as_ref().escape_ascii().to_string())
            .collect()
    }

    #[test]
    fn a_numbered_one_has_a_chip_and_who_handles_it() {
        let interrupts: Interrupts = law::holds(HERE);
        assert_eq!(interrupts.cpus.numbers(), [0, 1]);
        let find = |irq: &[u8]| {
            interrupts
                .rows
                .iter()
                .find(|row| **row.irq == *irq)
                .unwrap()
        };
        let disk = find(b"36");
        assert_eq!(disk.number(), Some(36));
        assert_eq!(disk.counts.each().len(), 2);
        assert_eq!(disk.about.chip(), b"PCI-MSIX-0000:00:02.0");
        assert_eq!(disk.about.line(), b"1-edge");
        assert_eq!(words(disk.about.actions()), ["virtio1-req.0"]);
        let timer = find(b"LOC");
        assert_eq!(
            (timer.number(), timer.about.text()),
            (None, &b"Local timer interrupts"[..])
        );
        assert_eq!(find(b"ERR").counts.each(), [0]);
    }

    #[test]
    fn each_architecture_and_age_has_its_columns() {
        // Made by hand after the forms of Linux 3.2 on x86, 6.1 on arm64 and 5.10 on powerpc.
        let file = b"           CPU0       CPU2       \n\
            \x20 0:         44 4294967295   IO-APIC-edge      timer\n\
            \x2016:          1          2   IO-APIC-fasteoi   uhci hcd:usb3, ehci\n\
            \x2011:       3071       2906     GICv3  27 Level     arch_timer\n\
            \x20 2:          0          0    XT-PIC\n\
            IPI0:     12345 1234567890       Rescheduling interrupts\n\
            Err:          0\n";
        let interrupts: Interrupts = law::holds(file);
        assert_eq!(interrupts.cpus.numbers(), [0, 2]);
        let about = |row: usize| &interrupts.rows[row].about;
        assert_eq!(interrupts.rows[0].counts.total(), 4_294_967_339);
        assert_eq!(
            (about(0).chip(), about(0).line()),
            (&b"IO-APIC-edge"[..], &b""[..])
        );
        assert_eq!(words(about(1).actions()), ["uhci hcd:usb3", "ehci"]);
        assert_eq!(
            (about(2).chip(), about(2).line()),
            (&b"GICv3"[..], &b"27 Level"[..])
        );
        assert_eq!(words(about(2).actions()), ["arch_timer"]);
        assert_eq!(about(3).actions().count(), 0);
        assert_eq!(interrupts.rows[4].counts.each(), [12_345, 1_234_567_890]);
        assert_eq!(about(4).text(), b"Rescheduling interrupts");
        law::mutants::<Interrupts>(&[file, HERE], 5_000);
    }

    #[test]
    fn numbered_ones_are_counted_in_stat_too() {
        let stat = || {
            Stat::parse(&std::fs::read("/proc/stat").unwrap())
                .unwrap()
                .intr
                .unwrap()
        };
        let before = stat();
        let interrupts: Interrupts = law::holds(&std::fs::read("/proc/interrupts").unwrap());
        let after = stat();
        let numbered = interrupts
            .rows
            .iter()
            .filter_map(|row| Some((row.number()?, row)));
        let mut compared = 0;
        for (number, row) in numbered {
            let at = usize::try_from(number).unwrap();
            let range = before.each[at]..=after.each[at];
            assert!(range.contains(&row.counts.total()), "{row:?}");
            compared += 1;
        }
        assert!(compared > 0);
    }
}
