//! `psgo drift`: compares what runs with what should run.

use std::{
    io::{self, Write},
    path::Path,
    thread,
    time::Duration,
};

use psgo::{
    bytes::Escaped,
    drift::{self, Change, Line},
};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    ansi::{GREEN, RED, YELLOW, painted},
    failure::{self, Answer, Failure},
    output::{
        self,
        json::{self, Items as _},
    },
    supervisor,
};
use grammar::{Action, Edit, Form, Sides};
use sampler::Sampler;
use store::Locked;
use trusted::Absent;

mod files;
mod grammar;
mod rules;
mod sampler;
mod store;
mod trouble;
mod trusted;

pub(crate) use grammar::{Drift, describe, request};

/// The pauses between the samples of `-retry`: long enough for a restart.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_secs(1),
];

/// Does what `drift` asks for.
pub(crate) fn drift(drift: &Drift) -> Result<Answer, Failure> {
    if !matches!(drift.action, Action::Edit(_))
        && let Some(line) = files::unread_rules(drift.rules.as_deref())
    {
        failure::say(&line);
    }
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

fn text(lines: &[Line]) -> String {
    let line = |line: &Line| format!("{line}\n");
    lines.iter().map(line).collect()
}

fn dump(drift: &Drift) -> Result<Answer, Failure> {
    let mut sampler = Sampler::new(drift)?;
    let lines = sampler.tree()?;
    let mut out = output::stdout();
    match drift.style.output {
        Form::Text => lines.iter().try_for_each(|line| writeln!(out, "{line}"))?,
        Form::Json => {
            let records = lines.iter().map(|line| Record { change: None, line });
            array(&mut out, records)?;
        }
    }
    out.flush()?;
    Ok(sampler.tell())
}

fn write(drift: &Drift, verbose: bool) -> Result<Answer, Failure> {
    let path = &drift.db;
    let mut sampler = Sampler::new(drift)?;
    let mut lines = sampler.tree()?;
    let answer = sampler.tell();
    // What will be compared with is what is known to run.
    lines.retain(|line| line.unknown.is_none());
    if lines.len() < 2 {
        return Err(Failure::trouble("there is no process to save".to_owned()));
    }
    let new = text(&lines);
    let list = locked(path, Absent::Create)?;
    let before = list.read()?;
    if before
        .as_ref()
        .is_some_and(|before| !is_list(&before.bytes))
    {
        let path = trouble::shown(path);
        return Err(Failure::trouble(format!(
            "{path}: this is no list of psgo drift, and stays as it is"
        )));
    }
    if before.as_ref().map(|before| &before.bytes[..]) == Some(new.as_bytes()) {
        report(drift, false, verbose, &[])?;
        return Ok(answer);
    }
    list.save(&new, before.as_ref())?;
    drop(list);
    let old = match &before {
        Some(before) => files::parse(path, &before.bytes),
        None => Ok(Vec::new()),
    };
    // The saved list is whole, even if the previous one could not be parsed.
    let old = old.unwrap_or_default();
    report(drift, true, verbose, &drift::diff(&old, &lines))?;
    Ok(answer)
}

/// The list at `path`, which no other process changes meanwhile.
fn locked(path: &Path, absent: Absent) -> Result<Locked, Failure> {
    match Locked::new(path, absent)? {
        Some(list) => Ok(list),
        None => Err(files::none(path)),
    }
}

/// Whether it is a list that psgo wrote, or the beginning of one.
fn is_list(bytes: &[u8]) -> bool {
    const BEGINNING: &[u8] = b"root  {user=";
    bytes.starts_with(BEGINNING) || BEGINNING.starts_with(bytes)
}

/// Reports what was done to the list.
fn report(
    drift: &Drift,
    is_written: bool,
    verbose: bool,
    changes: &[Change<'_>],
) -> Result<(), Failure> {
    let mut out = output::stdout();
    if drift.style.output == Form::Text {
        let what = if is_written {
            "Wrote to"
        } else {
            "No changes to"
        };
        writeln!(out, "{what} {}", trouble::shown(&drift.db))?;
    }
    if verbose || drift.style.output == Form::Json {
        print(drift, changes, &mut out)?;
    }
    out.flush()?;
    Ok(())
}

fn show(drift: &Drift, sides: Sides) -> Result<Answer, Failure> {
    let saved = files::read(&drift.db)?;
    let mut sampler = Sampler::new(drift)?;
    let mut now = sampler.tree()?;
    if sides.retry {
        for pause in PAUSES {
            if asked(&drift::diff(&saved, &now), sides).is_empty() {
                break;
            }
            let waiting = supervisor::idle();
            thread::sleep(pause);
            drop(waiting);
            now = sampler.tree()?;
        }
    }
    let all = drift::diff(&saved, &now);
    let changes = asked(&all, sides);
    let mut out = output::stdout();
    print(drift, &changes, &mut out)?;
    out.flush()?;
    let answer = sampler.tell();
    Ok(if changes.is_empty() {
        answer
    } else {
        Answer::No
    })
}

/// The changes on the sides asked for. An unknown process may be on either.
fn asked<'a>(changes: &[Change<'a>], sides: Sides) -> Vec<Change<'a>> {
    let is_asked = |change: &&Change<'a>| match change {
        Change::Missing(_) => sides.missing,
        Change::Extra(_) => sides.extra,
        Change::Unknown(_) => true,
    };
    changes.iter().filter(is_asked).copied().collect()
}

fn change(drift: &Drift, edit: &Edit) -> Result<Answer, Failure> {
    let list = locked(&drift.db, Absent::Accept)?;
    let before = list.read()?;
    let saved = files::lines(&drift.db, before.as_ref())?;
    let mut lines = saved.clone();
    if edit.adds {
        drift::add(&mut lines, &edit.cmdline, &edit.user);
    } else if drift::remove(&mut lines, &edit.cmdline, &edit.user) == 0 {
        let (cmdline, user) = (Escaped(&edit.cmdline), Escaped(&edit.user));
        return Err(Failure::trouble(format!(
            "{}: there is no child of the first process that is \"{cmdline}\" of {user}",
            trouble::shown(&drift.db)
        )));
    }
    list.save(&text(&lines), before.as_ref())?;
    drop(list);
    report(drift, true, true, &drift::diff(&saved, &lines))?;
    Ok(Answer::Complete)
}

/// Writes the changes in the form asked for.
fn print(drift: &Drift, changes: &[Change<'_>], out: &mut impl Write) -> io::Result<()> {
    if drift.style.output == Form::Json {
        return array(out, changes.iter().map(Record::of));
    }
    let has_color = drift.style.has_color();
    for change in changes {
        let color = match change {
            Change::Missing(_) => RED,
            Change::Extra(_) => GREEN,
            Change::Unknown(_) => YELLOW,
        };
        let line = format!("{} {}", change.sign(), change.line());
        writeln!(out, "{}", painted(color, &line, has_color))?;
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
            Change::Unknown(line) => ("unknown", line),
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
        let unknown = self.line.unknown;
        let cmdline = unknown.is_none().then_some(&self.line.cmdline);
        map.serialize_entry("cmdline", &cmdline)?;
        map.serialize_entry("user", &self.line.user)?;
        if let Some(unknown) = unknown {
            map.serialize_entry("pid", &unknown.pid)?;
            map.serialize_entry("reason", &unknown.reason)?;
        }
        map.end()
    }
}

/// An array, one record a line.
fn array<'a>(out: &mut impl Write, records: impl Iterator<Item = Record<'a>>) -> io::Result<()> {
    let mut array = json::Array::new(out);
    for record in records {
        array.item(&record)?;
    }
    array.finish()
}
