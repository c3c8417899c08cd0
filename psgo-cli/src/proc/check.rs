//! `-list` and `-check`: every file that psgo knows, and every file that exists here.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use psgo::{
    ErrorKind, Fields, JoinedViews, Value, View,
    format::{self, Format, NOT_RECORDS},
};

use super::{
    forms,
    grammar::{Form, Proc},
    report,
};
use crate::{
    ansi::ERASE_TO_END_OF_LINE,
    failure::{self, Answer, Failure},
    output::{self, Layout},
};

/// Files that `-check` does not read, and why.
const HANDS_OFF: [(&str, &str); 1] = [(
    "sys/vm/stat_refresh",
    "reading it makes the kernel bring its counters up to date",
)];

/// Writes a table for people, records for programs.
fn print(proc: &Proc, rows: Vec<Fields>) -> Result<(), Failure> {
    let mut out = output::stdout();
    if proc.style.output == Form::Fields {
        let layout = Layout {
            is_trimmed: true,
            ..output::layout(&proc.style)
        };
        report::table(rows, true, &[], layout, &mut out)?;
        return Ok(());
    }
    let mut records = forms::records(proc.style.output, proc.delimiter, true, out);
    for row in &rows {
        records.record(row)?;
    }
    Ok(records.finish()?)
}

/// Lists the files that psgo knows, and whether they exist here.
pub(super) fn list(proc: &Proc) -> Result<Answer, Failure> {
    let JoinedViews {
        views,
        skipped: not_joined,
        ..
    } = proc.scope.views()?;
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
    print(proc, rows)?;
    Ok(failure::say_all(
        not_joined.iter().map(|skipped| &skipped.error),
    ))
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

/// The result for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Fail,
    Skip,
}

/// Reads every file here, and checks that psgo writes each one it knows back byte for byte.
pub(super) fn check(proc: &Proc) -> Result<Answer, Failure> {
    let JoinedViews {
        views,
        skipped: not_joined,
        ..
    } = proc.scope.views()?;
    let mut answer = failure::say_all(not_joined.iter().map(|skipped| &skipped.error));
    let mut rows = Vec::new();
    let mut counts = [0; 3];
    let is_told = io::stderr().is_terminal();
    for view in &views {
        let files = view.files()?;
        for (done, path) in files.iter().enumerate() {
            if is_told {
                // Failing to show progress is not an error.
                let _ = write!(
                    io::stderr(),
                    "\r{done} of {} {path}{ERASE_TO_END_OF_LINE}",
                    files.len()
                );
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
        let _ = write!(io::stderr(), "\r{ERASE_TO_END_OF_LINE}");
    }
    print(proc, rows)?;
    let [pass, fail, skip] = counts;
    failure::say(&format!("{pass} pass, {fail} fail, {skip} skipped"));
    Ok(answer)
}

fn judge(view: &View, path: &str) -> (Verdict, String) {
    /// No file of the kernel is nearly as large.
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
