//! `-watch`: the numbers of a file that change.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    ops::ControlFlow,
    time::SystemTime,
};

use psgo::{ErrorKind, Fields, Value};

use super::{
    forms,
    grammar::{By, Form, Least, Proc, Watch},
    indented, records, report,
    targets::{ProcFile, targets},
};
use crate::{
    console::{self, Console},
    failure::{self, Answer, Failure},
    flags::Style,
    output,
    terminal::Size,
    watch::{self, Status, Watched},
};

/// The fields that identify a mapping of a process.
const MAPPING: [&str; 3] = ["start", "end", "pathname"];

/// The name of a mapping without a path.
const NO_PATH: &str = "(no path)";

/// Numbers that identify something, and are not amounts.
const NO_AMOUNTS: [&str; 3] = ["inode", "kernel_page_size", "mmu_page_size"];

/// A text among the first fields of a row is its name.
const NAME_WITHIN: usize = 4;

/// Watches the file at `path`.
pub(super) fn watch(proc: &Proc, path: &str, watch: Watch) -> Result<Answer, Failure> {
    let (targets, errors) = targets(&proc.scope, path)?;
    let answer = failure::say_all(&errors);
    console::raise_descriptor_limit();
    // Before any thread is started, since a thread inherits the signal mask.
    let console = Console::open(false)?;
    let moves = Moves {
        style: proc.style,
        delimiter: proc.delimiter,
        only: proc.only.clone(),
        least: watch.least,
        by: watch.by,
        has_pids: targets.iter().any(|target| target.pid.is_some()),
        targets: targets.into_iter().map(|target| (target, None)).collect(),
        moved: Vec::new(),
        ended: Vec::new(),
        header: Vec::new(),
        widths: Vec::new(),
        at: SystemTime::now(),
        samples: 0,
        count: 0,
        answer,
    };
    watch::watch(watch.pace, false, false, console, Box::new(moves))
}

/// A number that can change.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Whole(i128),
    /// In bytes.
    Size(i128),
    Real(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Int(n) => Self::Whole((*n).into()),
            Value::Uint(n) => Self::Whole((*n).into()),
            Value::Size(bytes) => Self::Size((*bytes).into()),
            Value::Real(n) | Value::Percent(n) | Value::Rate(n) => Self::Real(*n),
            Value::Duration(span) => Self::Real(span.as_secs_f64()),
            _ => return None,
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "it is compared with what people type"
    )]
    fn real(self) -> f64 {
        match self {
            Self::Whole(n) | Self::Size(n) => n as f64,
            Self::Real(n) => n,
        }
    }

    fn with(self, other: Self, whole: fn(i128, i128) -> i128, real: fn(f64, f64) -> f64) -> Self {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Self::Whole(whole(a, b)),
            (Self::Size(a), Self::Size(b)) => Self::Size(whole(a, b)),
            (a, b) => Self::Real(real(a.real(), b.real())),
        }
    }

    fn plus(self, other: Self) -> Self {
        self.with(other, i128::saturating_add, |a, b| a + b)
    }

    fn minus(self, other: Self) -> Self {
        self.with(other, i128::saturating_sub, |a, b| a - b)
    }

    /// Zero of the same kind.
    fn zero(self) -> Self {
        self.minus(self)
    }

    fn value(self) -> Value {
        match self {
            Self::Whole(n) | Self::Size(n) => i64::try_from(n).map_or_else(
                |_| u64::try_from(n).map_or(Value::Real(self.real()), Value::Uint),
                Value::Int,
            ),
            Self::Real(n) => Value::Real(n),
        }
    }

    /// For people: with its unit, and as a difference with its sign.
    fn shown(self, is_difference: bool) -> Value {
        let sign = if is_difference && self.real() > 0.0 {
            "+"
        } else {
            ""
        };
        Value::text(match self {
            Self::Size(n) => {
                let size = Value::Size(u64::try_from(n.unsigned_abs()).unwrap_or(u64::MAX));
                let minus = if n < 0 { "-" } else { sign };
                format!("{minus}{}", indented::text(&size))
            }
            Self::Whole(n) => format!("{sign}{n}"),
            Self::Real(n) => format!("{sign}{n:.3}"),
        })
    }
}

/// The numbers of a file at one time, by the row's key and the field's name.
type Numbers = BTreeMap<(String, String), Number>;

/// A number that has changed.
#[derive(Debug)]
struct Move {
    /// The process, where several are watched.
    process: Option<u32>,
    key: String,
    field: String,
    before: Option<Number>,
    after: Option<Number>,
    delta: Number,
    percent: Option<f64>,
}

/// A watched file: of each of several processes, or of the machine.
struct Moves {
    style: Style<Form>,
    delimiter: u8,
    only: Vec<String>,
    least: Least,
    by: By,
    has_pids: bool,
    /// The files that still exist, and their last numbers.
    targets: Vec<(ProcFile, Option<Numbers>)>,
    moved: Vec<Move>,
    /// The processes that ended since the last sample.
    ended: Vec<String>,
    /// The header of the lines written before.
    header: Vec<String>,
    widths: Vec<usize>,
    at: SystemTime,
    samples: u64,
    count: u64,
    answer: Answer,
}

impl Moves {
    fn read(&self, target: &ProcFile) -> Result<Numbers, Failure> {
        let mut numbers = Numbers::new();
        let mut wrong = None;
        let mut index = 0_usize;
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        let file = target.open()?;
        let has_rows = file.format().rows;
        file.pieces(|piece| {
            let Some(record) = piece.fields() else {
                return ControlFlow::Continue(());
            };
            index += 1;
            let (mut key, skip) = match (self.by, record.find("pathname")) {
                (By::Total, _) => ("total".to_owned(), 0),
                (By::Path, Some(path)) => (named(path), 0),
                (By::Path, None) => {
                    wrong = Some("-by path is for rows that have one, as those of PID/smaps");
                    return ControlFlow::Break(());
                }
                (By::Mapping, _) if has_rows => key(&record, index),
                (By::Mapping, _) => (String::new(), 0),
            };
            if has_rows && self.by == By::Mapping {
                let times = times.entry(key.clone()).or_default();
                *times += 1;
                if *times > 1 {
                    key = format!("{key} #{times}");
                }
            }
            self.add(&record, skip, &key, &mut numbers);
            ControlFlow::Continue(())
        })?;
        match wrong {
            Some(wrong) => Err(Failure::wrong_use(wrong)),
            None => Ok(numbers),
        }
    }

    /// Adds the numbers of a record to those of its key; the first fields are the key itself.
    fn add(&self, record: &Fields, skip: usize, key: &str, numbers: &mut Numbers) {
        let fields: Fields = record
            .iter()
            .skip(skip)
            .filter(|(name, _)| {
                let name = name.as_str().unwrap_or_default();
                !NO_AMOUNTS.contains(&name) && !MAPPING.contains(&name)
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        records::leaves(&fields, &mut |field, value| {
            let is_asked = self.only.is_empty()
                || self.only.iter().any(|only| {
                    field
                        .strip_prefix(only.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                });
            if let (true, Some(number)) = (is_asked, Number::of(value)) {
                let sum = numbers.entry((key.to_owned(), field));
                sum.and_modify(|sum| *sum = sum.plus(number))
                    .or_insert(number);
            }
        });
    }

    /// The changes between two samples that are large enough to be shown.
    fn compare(&self, process: Option<u32>, before: &Numbers, after: &Numbers) -> Vec<Move> {
        let gone = before.keys().filter(|name| !after.contains_key(name));
        let names = after.keys().chain(gone);
        let moved = names.filter_map(|name| {
            let (was, is) = (before.get(name).copied(), after.get(name).copied());
            let zero = was.or(is)?.zero();
            let delta = is.unwrap_or(zero).minus(was.unwrap_or(zero));
            let base = was.map_or(0.0, Number::real);
            let percent = (base != 0.0).then(|| delta.real() / base * 100.0);
            let is_told = delta.real() != 0.0
                && delta.real().abs() >= self.least.change
                // From zero to anything is more than any percentage.
                && percent.is_none_or(|percent| percent.abs() >= self.least.percent);
            is_told.then(|| Move {
                process,
                key: name.0.clone(),
                field: name.1.clone(),
                before: was,
                after: is,
                delta,
                percent,
            })
        });
        moved.collect()
    }

    /// A move as a record.
    fn record(&self, moved: &Move) -> Fields {
        let is_for_people = self.style.output == Form::Fields;
        let value = |number: Option<Number>, is_difference| match number {
            None => Value::MISSING,
            Some(number) if is_for_people => number.shown(is_difference),
            Some(number) => number.value(),
        };
        let time = psgo::local_time(self.at);
        let date = match (time, is_for_people) {
            (None, _) => Value::MISSING,
            (Some(time), true) => Value::text(time.time_of_day()),
            (Some(time), false) => Value::Time(Box::new(time)),
        };
        let mut fields = Fields::new();
        fields.push("date", date);
        if self.has_pids {
            let process = moved
                .process
                .map_or(Value::MISSING, |pid| Value::Int(pid.into()));
            fields.push("process", process);
        }
        // The single row of a file has no key.
        let key = Some(&moved.key).filter(|key| !key.is_empty());
        fields.push("key", key.map_or(Value::MISSING, Value::text));
        fields.push("field", Value::text(&moved.field));
        fields.push("before", value(moved.before, false));
        fields.push("after", value(moved.after, false));
        fields.push("delta", value(Some(moved.delta), true));
        fields.push(
            "percent",
            moved.percent.map_or(Value::MISSING, Value::Percent),
        );
        fields
    }

    /// A table for people, whose columns do not move between samples.
    fn table(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let rows: Vec<Fields> = self.moved.iter().map(|moved| self.record(moved)).collect();
        let layout = output::layout(&self.style);
        let widths = report::table(rows, self.widths.is_empty(), &self.widths, layout, out)?;
        if !widths.is_empty() {
            self.widths = widths;
        }
        Ok(())
    }
}

/// The key of a row, and how many of its first fields make it up.
fn key(record: &Fields, index: usize) -> (String, usize) {
    if let [Some(start), Some(end), Some(path)] = MAPPING.map(|name| record.find(name)) {
        return (format!("{start}-{end} {}", named(path)), 0);
    }
    let is_name = |value: &Value| matches!(value, Value::Text(_));
    match record
        .iter()
        .take(NAME_WITHIN)
        .position(|(_, value)| is_name(value))
    {
        Some(last) => {
            let parts = record.iter().take(last + 1);
            let parts: Vec<String> = parts.map(|(_, value)| value.to_string()).collect();
            (parts.join(" "), last + 1)
        }
        None => (index.to_string(), 0),
    }
}

fn named(path: &Value) -> String {
    match path.to_string() {
        path if path.is_empty() || path == "?" => NO_PATH.to_owned(),
        path => path,
    }
}

impl Watched for Moves {
    fn sample(&mut self) -> Result<(), Failure> {
        self.at = SystemTime::now();
        self.samples += 1;
        self.moved.clear();
        let is_one = !self.has_pids;
        for (target, last) in std::mem::take(&mut self.targets) {
            let numbers = match self.read(&target) {
                Ok(numbers) => numbers,
                Err(Failure::Library(error)) if last.is_some() || !is_one => {
                    if error.kind() != ErrorKind::Gone {
                        self.answer = Answer::Incomplete;
                        self.ended.push(error.to_string());
                    } else if last.is_some() {
                        let process = target.path.split('/').next().unwrap_or_default();
                        self.answer = Answer::Incomplete;
                        self.ended.push(format!("process {process} has ended"));
                    } else {
                        self.answer = Answer::Incomplete;
                        self.ended.push(error.to_string());
                    }
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            if let Some(before) = &last {
                let process = target.pid.map(psgo::Pid::get);
                let moved = self.compare(process, before, &numbers);
                self.count += moved.len() as u64;
                self.moved.extend(moved);
            }
            self.targets.push((target, Some(numbers)));
        }
        Ok(())
    }

    fn print(&mut self, out: &mut dyn Write) -> Result<(), Failure> {
        for ended in self.ended.drain(..) {
            failure::say(&ended);
        }
        if self.style.output == Form::Fields {
            self.table(out)?;
            return Ok(());
        }
        let rows: Vec<Fields> = self.moved.iter().map(|moved| self.record(moved)).collect();
        let header = self.header.clone();
        let mut records = forms::records_after(self.style.output, self.delimiter, header, out);
        for row in &rows {
            records.record(row)?;
        }
        records.finish()?;
        drop(records);
        if let Some(row) = rows.first() {
            self.header = row.iter().map(|(name, _)| name.to_string()).collect();
        }
        Ok(())
    }

    /// Changes are a log: they are never drawn over each other.
    fn draw(&mut self, _: Size, out: &mut dyn Write) -> Result<(), Failure> {
        self.print(out)
    }

    fn status(&self) -> Status {
        Status::default()
    }

    fn sum(&self) -> String {
        format!("{} moves", self.count)
    }

    fn is_over(&self) -> bool {
        self.targets.is_empty()
    }

    fn answer(&self) -> (Option<&str>, Answer) {
        (None, self.answer)
    }
}
