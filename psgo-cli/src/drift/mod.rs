//! `psgo drift`: what should run against what runs.

use std::{
    io::{self, Write},
    thread,
    time::Duration,
};

use psgo::{
    Query, Row,
    bytes::Escaped,
    descriptor::Subject,
    drift::{self, Change, Line, Rules},
};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    failure::{self, Answer, Failure},
    left_out, list, output, terminal,
};

mod files;
mod grammar;
mod rules;

use grammar::{Action, Edit, Output, Sides};
pub(crate) use grammar::{Drift, describe, request};

/// The pauses between the looks of `-retry`: long enough for a restart.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_secs(1),
];

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// Does what `drift` asks for.
pub(crate) fn drift(drift: &Drift) -> Result<Answer, Failure> {
    match &drift.action {
        Action::Dump => dump(drift),
        Action::Write { verbose } => write(drift, *verbose),
        Action::Show(sides) => show(drift, *sides),
        Action::Edit(edit) => change(drift, edit),
        Action::Rules => rules::print(drift),
        Action::Check => rules::check(drift),
        Action::Explain(pid) => rules::explain(drift, *pid),
    }
}

/// Looks, as often as it is asked.
struct Looker {
    query: Query,
    /// psgo itself, which is no daemon.
    own: Option<psgo::Pid>,
    rules: Rules,
    /// What the last look left out.
    left_out: Option<String>,
}

impl Looker {
    fn new(drift: &Drift) -> Result<Self, Failure> {
        let (rules, _) = files::rules(drift.rules.as_deref())?;
        let view = list::view(&drift.look)?;
        let own = view.this_process();
        let query = list::paced(&drift.look, Query::new(&drift::COLUMNS)?);
        Ok(Self {
            query: query.view(view),
            own,
            rules,
            left_out: None,
        })
    }

    /// The processes of now, without psgo.
    fn rows(&mut self) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        let outcome = self.query.for_each(|row| {
            if Some(row.pid()) != self.own {
                rows.push(row);
            }
            std::ops::ControlFlow::Continue(())
        })?;
        let skipped = &outcome.skipped;
        (self.left_out, _) = left_out::summary(Subject::Processes, skipped, outcome.abandoned);
        Ok(rows)
    }

    fn tree(&mut self) -> Result<Vec<Line>, Failure> {
        Ok(drift::tree(&self.rows()?, &self.rules)?)
    }

    /// Says what the last look left out, once there is an answer.
    fn tell(&self) {
        if let Some(line) = &self.left_out {
            failure::say(line);
        }
    }
}

fn text(lines: &[Line]) -> String {
    let line = |line: &Line| format!("{line}\n");
    lines.iter().map(line).collect()
}

fn dump(drift: &Drift) -> Result<Answer, Failure> {
    let mut looker = Looker::new(drift)?;
    let lines = looker.tree()?;
    let mut out = output::stdout();
    match drift.output {
        Output::Text => lines.iter().try_for_each(|line| writeln!(out, "{line}"))?,
        Output::Json => {
            let records: Vec<_> = lines
                .iter()
                .map(|line| Record { change: None, line })
                .collect();
            array(&mut out, &records)?;
        }
    }
    out.flush()?;
    looker.tell();
    Ok(Answer::Complete)
}

fn write(drift: &Drift, verbose: bool) -> Result<Answer, Failure> {
    let path = &drift.db;
    let before = files::bytes(path)?;
    if before.as_ref().is_some_and(|before| !is_list(before)) {
        let path = files::shown(path);
        return Err(Failure::trouble(format!(
            "{path}: this is no list of psgo drift, and stays as it is"
        )));
    }
    let mut looker = Looker::new(drift)?;
    let lines = looker.tree()?;
    looker.tell();
    if lines.len() < 2 {
        return Err(Failure::trouble("there is no process to save".to_owned()));
    }
    let new = text(&lines);
    if before.as_deref() == Some(new.as_bytes()) {
        return told(drift, false, verbose, &[]);
    }
    files::save(path, &new)?;
    let old = match &before {
        Some(before) => files::parse(path, before),
        None => Ok(Vec::new()),
    };
    match old {
        Ok(old) => told(drift, true, verbose, &drift::diff(&old, &lines)),
        // What was saved is whole, whatever was there before.
        Err(_) => told(drift, true, verbose, &drift::diff(&[], &lines)),
    }
}

/// Whether it is what psgo wrote, or the beginning of it.
fn is_list(bytes: &[u8]) -> bool {
    const BEGINNING: &[u8] = b"root  {user=";
    bytes.starts_with(BEGINNING) || BEGINNING.starts_with(bytes)
}

/// Says what became of the list.
fn told(
    drift: &Drift,
    is_written: bool,
    verbose: bool,
    changes: &[Change<'_>],
) -> Result<Answer, Failure> {
    let mut out = output::stdout();
    if drift.output == Output::Text {
        let what = if is_written {
            "Wrote to"
        } else {
            "No changes to"
        };
        writeln!(out, "{what} {}", files::shown(&drift.db))?;
    }
    if verbose || drift.output == Output::Json {
        print(drift, changes, &mut out)?;
    }
    out.flush()?;
    Ok(Answer::Complete)
}

fn show(drift: &Drift, sides: Sides) -> Result<Answer, Failure> {
    let saved = files::read(&drift.db)?;
    let mut looker = Looker::new(drift)?;
    let mut now = looker.tree()?;
    if sides.retry {
        for pause in PAUSES {
            if asked(&drift::diff(&saved, &now), sides).is_empty() {
                break;
            }
            thread::sleep(pause);
            now = looker.tree()?;
        }
    }
    let all = drift::diff(&saved, &now);
    let changes = asked(&all, sides);
    let mut out = output::stdout();
    print(drift, &changes, &mut out)?;
    out.flush()?;
    looker.tell();
    Ok(if changes.is_empty() {
        Answer::Complete
    } else {
        Answer::No
    })
}

/// The changes of the sides that are asked for.
fn asked<'a>(changes: &[Change<'a>], sides: Sides) -> Vec<Change<'a>> {
    let is_asked = |change: &&Change<'a>| match change {
        Change::Missing(_) => sides.missing,
        Change::Extra(_) => sides.extra,
    };
    changes.iter().filter(is_asked).copied().collect()
}

fn change(drift: &Drift, edit: &Edit) -> Result<Answer, Failure> {
    let saved = files::read(&drift.db)?;
    let mut lines = saved.clone();
    if edit.adds {
        drift::add(&mut lines, &edit.cmdline, &edit.user);
    } else if drift::remove(&mut lines, &edit.cmdline, &edit.user) == 0 {
        let (cmdline, user) = (Escaped(&edit.cmdline), Escaped(&edit.user));
        return Err(Failure::trouble(format!(
            "{}: there is no child of the first process that is \"{cmdline}\" of {user}",
            files::shown(&drift.db)
        )));
    }
    files::save(&drift.db, &text(&lines))?;
    told(drift, true, true, &drift::diff(&saved, &lines))
}

/// The changes in the form that is asked for.
fn print(drift: &Drift, changes: &[Change<'_>], out: &mut impl Write) -> io::Result<()> {
    if drift.output == Output::Json {
        return array(out, &changes.iter().map(Record::of).collect::<Vec<_>>());
    }
    let has_color = terminal::has_color(drift.color);
    for change in changes {
        let (sign, color) = if change.is_missing() {
            ('-', RED)
        } else {
            ('+', GREEN)
        };
        let (on, off) = if has_color { (color, PLAIN) } else { ("", "") };
        writeln!(out, "{on}{sign} {}{off}", change.line())?;
    }
    Ok(())
}

/// A line for programs.
struct Record<'a> {
    change: Option<&'static str>,
    line: &'a Line,
}

impl<'a> Record<'a> {
    fn of(change: &Change<'a>) -> Self {
        let (change, line) = match change {
            Change::Missing(line) => ("missing", line),
            Change::Extra(line) => ("extra", line),
        };
        Self {
            change: Some(change),
            line,
        }
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(change) = self.change {
            map.serialize_entry("change", change)?;
        }
        map.serialize_entry("level", &self.line.level)?;
        map.serialize_entry("cmdline", &self.line.cmdline)?;
        map.serialize_entry("user", &self.line.user)?;
        map.end()
    }
}

/// An array, one record a line.
fn array(out: &mut impl Write, records: &[Record<'_>]) -> io::Result<()> {
    out.write_all(b"[")?;
    for (i, record) in records.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, record)?;
    }
    out.write_all(if records.is_empty() { b"]\n" } else { b"\n]\n" })
}
