//! `-list` and `-check`: every file that psgo knows, and every file that is here.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use psgo::{
    ErrorKind, Fields, Value, View,
    format::{self, Format, NOT_RECORDS},
};

use super::{Proc, forms, grammar::Form, views};
use crate::{
    args::Show,
    failure::{self, Answer, Failure},
    output::{
        self, Rows as _,
        table::{Look, Table},
    },
};

/// Files that are not read unasked, and why.
const HANDS_OFF: [(&str, &str); 1] = [(
    "sys/vm/stat_refresh",
    "reading it makes the kernel bring its counters up to date",
)];

/// A table for people, records for programs.
struct Sheet<'a> {
    proc: &'a Proc,
    rows: Vec<Fields>,
}

impl Sheet<'_> {
    fn finish(self) -> Result<(), Failure> {
        let out = output::stdout();
        if self.proc.form != Form::Fields {
            let mut records = forms::records(self.proc.form, self.proc.delimiter, true, out);
            for row in &self.rows {
                records.record(row)?;
            }
            return Ok(records.finish()?);
        }
        let Some(first) = self.rows.first() else {
            return Ok(());
        };
        let headers: Vec<String> = first
            .iter()
            .map(|(name, _)| name.to_string().to_uppercase())
            .collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let look = Look {
            is_trimmed: true,
            ..output::look(&Show::default())
        };
        let mut table = Table::new(headers.len(), Some(&headers), look, out);
        for row in self.rows {
            let cells: Vec<Value> = row.into_iter().map(|(_, value)| value).collect();
            table.row(&cells)?;
        }
        Ok(table.finish()?)
    }
}

/// What psgo knows, and whether it is here.
pub(super) fn list(proc: &Proc) -> Result<Answer, Failure> {
    let (views, errors) = views(&proc.look)?;
    let mut here = Vec::new();
    for view in &views {
        here.extend(view.files()?);
    }
    let is_here = |format: &Format| {
        let name = format.name();
        here.iter()
            .filter_map(|path| format::at(path))
            .any(|found| found.name() == name)
    };
    let mut rows: Vec<Fields> = format::all()
        .map(|format| {
            let before = if format.of_process { "PID/" } else { "" };
            let names = format.names.iter();
            let names = names.map(|name| Value::text(format!("{before}{name}")));
            row(
                names.collect(),
                shape(format),
                is_here(format),
                format.about,
            )
        })
        .collect();
    rows.extend(NOT_RECORDS.iter().map(|(name, reason)| {
        let path = name.replace("PID/", "self/");
        let is_here = here.contains(&path);
        row(vec![Value::text(name)], "none", is_here, reason)
    }));
    Sheet { proc, rows }.finish()?;
    Ok(told(&errors))
}

fn row(names: Vec<Value>, shape: &'static str, is_here: bool, about: &str) -> Fields {
    [
        ("file", Value::List(names)),
        ("shape", Value::text(shape)),
        ("here", Value::Bool(is_here)),
        ("about", Value::text(about.trim())),
    ]
    .into_iter()
    .collect()
}

fn shape(format: &Format) -> &'static str {
    match (format.is_link, format.rows) {
        (true, _) => "link",
        (_, true) => "rows",
        (_, false) => "record",
    }
}

/// Says what could not be looked at.
fn told(errors: &[psgo::Error]) -> Answer {
    for error in errors {
        failure::say(&error.to_string());
    }
    if errors.is_empty() {
        Answer::Complete
    } else {
        Answer::Incomplete
    }
}

/// How it went with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Fail,
    Skip,
}

/// Reads every file here, and sees that each that psgo knows comes back byte for byte.
pub(super) fn check(proc: &Proc) -> Result<Answer, Failure> {
    let (views, errors) = views(&proc.look)?;
    let mut answer = told(&errors);
    let mut rows = Vec::new();
    let mut counts = [0; 3];
    let is_told = io::stderr().is_terminal();
    for view in &views {
        let files = view.files()?;
        for (done, path) in files.iter().enumerate() {
            if is_told {
                // That nobody sees it is no reason to end.
                let _ = write!(io::stderr(), "\r{done} of {} {path}\x1b[K", files.len());
            }
            let (verdict, reason) = judge(view, path);
            if let Some(count) = counts.get_mut(verdict as usize) {
                *count += 1;
            }
            let verdict = match verdict {
                Verdict::Pass => "Pass",
                Verdict::Skip => "Skip",
                Verdict::Fail => {
                    answer = Answer::Incomplete;
                    "Fail"
                }
            };
            let fields = [
                ("result", Value::text(verdict)),
                ("file", Value::text(path)),
                ("reason", Value::text(reason)),
            ];
            rows.push(fields.into_iter().collect());
        }
    }
    if is_told {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    Sheet { proc, rows }.finish()?;
    let [pass, fail, skip] = counts;
    failure::say(&format!("{pass} pass, {fail} fail, {skip} skipped"));
    Ok(answer)
}

fn judge(view: &View, path: &str) -> (Verdict, String) {
    /// None of the kernel's files is near it.
    const LARGEST: u64 = 64 << 20;
    if let Some((_, reason)) = HANDS_OFF.iter().find(|(file, _)| *file == path) {
        return (Verdict::Skip, (*reason).to_owned());
    }
    let file = match view.open(path) {
        Ok(file) => file,
        Err(error) => return (Verdict::Skip, reason_of(&error, path)),
    };
    let format = file.format();
    let mut bytes = Vec::new();
    if let Err(error) = file.take(LARGEST).read_to_end(&mut bytes) {
        return (Verdict::Skip, failure::system_words(&error));
    }
    let parsed = match format.parse(&bytes) {
        Ok(parsed) => parsed,
        Err(error) => return (Verdict::Fail, error.to_string()),
    };
    let mut written = Vec::new();
    parsed.write(&mut written);
    if written == bytes {
        let unknown = "with something in it that psgo does not know";
        let reason = if parsed.unknown() { unknown } else { "" };
        return (Verdict::Pass, reason.to_owned());
    }
    let same = written
        .iter()
        .zip(&bytes)
        .take_while(|(a, b)| a == b)
        .count();
    (
        Verdict::Fail,
        format!("it comes back otherwise from byte {same} on"),
    )
}

fn reason_of(error: &psgo::Error, path: &str) -> String {
    match error.kind() {
        ErrorKind::UnknownFile => {
            let is_it = |name: &str| name.replace("PID/", "self/") == path;
            let known = NOT_RECORDS.iter().find(|(name, _)| is_it(name));
            known
                .map_or("psgo does not know it", |(_, reason)| reason)
                .to_owned()
        }
        ErrorKind::Denied => "not permitted".to_owned(),
        ErrorKind::Gone => "gone meanwhile".to_owned(),
        ErrorKind::Absent => "not here, or gone meanwhile".to_owned(),
        ErrorKind::TimedOut => "no answer".to_owned(),
        _ => error.to_string(),
    }
}
