//! `psgo proc`: a file of `/proc` as records, or a copy of one.

use std::{
    io::{self, Read, Write},
    ops::ControlFlow,
};

use psgo::{
    Error, Fields, Pid, Value, View,
    bytes::Escaped,
    format::{self, Format, Piece},
};

use crate::{
    args::{Join, Look},
    failure::{self, Answer, Failure},
    list, output,
    wrong_use::quoted,
};
use forms::Records;
use grammar::{Form, What};

mod check;
mod copies;
mod forms;
mod grammar;
mod moves;
mod text;

pub(crate) use grammar::{Proc, describe, request};

/// Answers what was asked.
pub(crate) fn proc(proc: &Proc) -> Result<Answer, Failure> {
    match &proc.what {
        What::File(path) => match proc.watch {
            None => file(proc, path),
            Some(watch) => moves::watch(proc, path, watch),
        },
        What::Copy(path, format) => {
            let shown = path.display().to_string();
            let format = match format {
                Some(name) => named(name)?,
                None => format::find(&shown).ok_or_else(|| no_format(&shown))?,
            };
            let mut input = copies::open(path).map_err(|error| failed(&shown, &error))?;
            copy(proc, format, &shown, &mut *input)
        }
        What::Input(format) => copy(proc, named(format)?, "standard input", &mut io::stdin()),
        What::List => check::list(proc),
        What::Check => check::check(proc),
    }
}

/// What was to be read and could not be.
fn failed(thing: &str, reason: &dyn std::fmt::Display) -> Failure {
    Failure::Trouble(format!("{}: {reason}", Escaped(thing.as_bytes())))
}

/// The format that `-as` tells.
fn named(name: &str) -> Result<&'static Format, Failure> {
    format::find(name).ok_or_else(|| {
        let like = match &format::similar(name)[..] {
            [] => "psgo proc -list shows them all".to_owned(),
            similar => format!("did you mean {}?", similar.join(", ")),
        };
        Failure::WrongUse(format!(
            "-as: no format is called {} ({like})",
            quoted(name)
        ))
    })
}

fn no_format(path: &str) -> Failure {
    let like = match &format::similar(path.rsplit('/').next().unwrap_or(path))[..] {
        [] => "-as net/tcp".to_owned(),
        similar => similar
            .iter()
            .map(|name| format!("-as {name}"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    Failure::WrongUse(format!(
        "{} has the name of no file of /proc: say what it is a copy of ({like})",
        quoted(path)
    ))
}

/// Where records go, and what is left of them.
struct Sheet<'a> {
    records: Box<dyn Records + 'a>,
    only: &'a [String],
    /// Which of those were in some record.
    found: Vec<bool>,
    is_empty: bool,
}

impl<'a> Sheet<'a> {
    fn new(proc: &'a Proc, many: bool, out: impl Write + 'a) -> Self {
        Self {
            records: forms::records(proc.form, proc.delimiter, many, out),
            only: &proc.only,
            found: vec![false; proc.only.len()],
            is_empty: true,
        }
    }

    /// Writes a record; that of a process begins with its number where several are asked for.
    fn record(&mut self, record: Fields, pid: Option<Pid>) -> io::Result<()> {
        self.is_empty = false;
        if self.only.is_empty() && pid.is_none() {
            return self.records.record(&record);
        }
        let mut kept = Fields::new();
        if let Some(pid) = pid {
            kept.push("process", Value::Int(pid.get().into()));
        }
        if self.only.is_empty() {
            record
                .into_iter()
                .for_each(|(name, value)| kept.push(name, value));
            return self.records.record(&kept);
        }
        for (name, found) in self.only.iter().zip(&mut self.found) {
            let value = record.find(name);
            *found |= value.is_some();
            kept.push(name.clone(), value.cloned().unwrap_or(Value::MISSING));
        }
        self.records.record(&kept)
    }

    /// Writes what is left. A field that no record has is a mistake.
    fn finish(mut self) -> Result<(), Failure> {
        self.records.finish()?;
        let missing = self
            .only
            .iter()
            .zip(&self.found)
            .find(|(_, found)| !**found);
        match missing {
            Some((name, _)) if !self.is_empty => Err(Failure::WrongUse(format!(
                "-only: no record has a field {}",
                quoted(name)
            ))),
            _ => Ok(()),
        }
    }
}

/// Writes a copy.
fn copy(
    proc: &Proc,
    format: &Format,
    shown: &str,
    input: &mut dyn Read,
) -> Result<Answer, Failure> {
    if proc.form == Form::Raw {
        let mut out = output::stdout();
        let mut written = Ok(());
        let streamed = format.stream(input, &mut |piece| raw(piece, &mut out, &mut written));
        written?;
        out.flush()?;
        streamed.map_err(|error| failed(shown, &error))?;
        return Ok(Answer::Complete);
    }
    let mut sheet = Sheet::new(proc, format.rows, output::stdout());
    let mut written = Ok(());
    let streamed = format.stream(input, &mut |piece| {
        on(piece, None, &mut sheet, &mut written)
    });
    written?;
    match streamed {
        Ok(()) => sheet.finish()?,
        Err(error) => {
            sheet.records.flush()?;
            return Err(failed(shown, &error));
        }
    }
    Ok(Answer::Complete)
}

fn raw(piece: &dyn Piece, out: &mut dyn Write, written: &mut io::Result<()>) -> ControlFlow<()> {
    let mut bytes = Vec::new();
    piece.write(&mut bytes);
    *written = out.write_all(&bytes);
    flow(written)
}

fn on(
    piece: &dyn Piece,
    pid: Option<Pid>,
    sheet: &mut Sheet<'_>,
    written: &mut io::Result<()>,
) -> ControlFlow<()> {
    if let Some(fields) = piece.fields() {
        *written = sheet.record(fields, pid);
    }
    flow(written)
}

fn flow(written: &io::Result<()>) -> ControlFlow<()> {
    match written {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// A file to read.
#[derive(Debug, Clone)]
struct Target {
    view: View,
    path: String,
    /// The process, where several are asked for.
    pid: Option<Pid>,
}

/// The views that `look` names, and why others cannot be had.
fn views(look: &Look) -> Result<(Vec<View>, Vec<Error>), Failure> {
    let (mut view, join) = (list::base(look)?, list::joining(look));
    if let Some(timeout) = look.timeout {
        view = view.timeout(timeout);
    }
    match (look.join, &look.pids) {
        (Some(Join::Into(pid)), _) => Ok((vec![view.join(pid, &join)?], Vec::new())),
        (Some(Join::Each), Some(pids)) => {
            let (views, skipped) = view.join_each(pids, &join);
            Ok((
                views,
                skipped.into_iter().map(|skipped| skipped.error).collect(),
            ))
        }
        (Some(Join::Each) | None, _) => Ok((vec![view], Vec::new())),
    }
}

/// The files at `path`: in each view, of each process.
fn targets(look: &Look, path: &str) -> Result<(Vec<Target>, Vec<Error>), Failure> {
    let (views, errors) = views(look)?;
    let pids = match look.join {
        Some(Join::Each) => None,
        _ => look.pids.as_deref(),
    };
    let target = |view: &View, path: String, pid| Target {
        view: view.clone(),
        path,
        pid,
    };
    let Some(pids) = pids else {
        let each = views.iter().map(|view| target(view, path.to_owned(), None));
        return Ok((each.collect(), errors));
    };
    let file = format::in_proc(path).unwrap_or_else(|| path.into());
    let file = ["PID/", "self/"]
        .iter()
        .find_map(|start| file.strip_prefix(start))
        .unwrap_or(&file);
    let of = |pid: &Pid| {
        views
            .iter()
            .map(|view| target(view, format!("{pid}/{file}"), Some(*pid)))
            .collect::<Vec<_>>()
    };
    Ok((pids.iter().flat_map(of).collect(), errors))
}

/// Writes a file of `/proc`, of each process that is named.
fn file(proc: &Proc, path: &str) -> Result<Answer, Failure> {
    let (targets, errors) = targets(&proc.look, path)?;
    let mut answer = Answer::Complete;
    for error in &errors {
        failure::say(&error.to_string());
        answer = Answer::Incomplete;
    }
    let is_one = targets.len() == 1 && targets.iter().all(|target| target.pid.is_none());
    let mut out = output::stdout();
    let mut sheet = None;
    let mut opened_any = false;
    for target in &targets {
        let ended = target.view.open(&target.path).map_err(Failure::from);
        let ended = ended.and_then(|file| {
            opened_any = true;
            let mut written = Ok(());
            let streamed = if proc.form == Form::Raw {
                file.pieces(|piece| raw(piece, &mut out, &mut written))
            } else {
                let many = !is_one || file.format().rows;
                let sheet = sheet.get_or_insert_with(|| Sheet::new(proc, many, output::stdout()));
                file.pieces(|piece| on(piece, target.pid, sheet, &mut written))
            };
            written?;
            Ok(streamed?)
        });
        match ended {
            Err(Failure::Library(error)) if !is_one => {
                failure::say(&error.to_string());
                answer = Answer::Incomplete;
            }
            Err(failure) => {
                if let Some(sheet) = &mut sheet {
                    sheet.records.flush()?;
                }
                out.flush()?;
                return Err(failure);
            }
            Ok(()) => {}
        }
    }
    out.flush()?;
    match sheet {
        Some(sheet) => sheet.finish()?,
        // No process at all is an empty answer.
        None if !opened_any => Sheet::new(proc, true, output::stdout()).records.finish()?,
        None => {}
    }
    Ok(answer)
}
