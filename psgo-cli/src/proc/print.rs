//! A file of `/proc`, or a copy of one, written as records.

use std::{
    io::{self, BufWriter, IsTerminal as _, Read, Write},
    ops::ControlFlow,
    path::Path,
};

use psgo::{
    Fields, Pid, Value,
    bytes::Escaped,
    format::{self, Format, Piece},
};

use super::{
    copies, forms,
    grammar::{Form, Proc},
    records::Records,
    targets::targets,
};
use crate::{
    failure::{self, Answer, Failure},
    output,
    stdout::Stdout,
    supervisor::{self, Patient},
    wrong_use::quoted,
};

/// Writes a file of `/proc`, for each process that is named.
pub(super) fn file(proc: &Proc, path: &str) -> Result<Answer, Failure> {
    let (targets, errors) = targets(&proc.scope, path)?;
    let mut answer = failure::say_all(&errors);
    let is_one = targets.len() == 1 && targets.iter().all(|target| target.pid.is_none());
    let mut out = Raw::new(proc);
    let mut printer = None;
    let mut opened_any = false;
    for target in &targets {
        let ended = target.open().map_err(Failure::from);
        let ended = ended.and_then(|file| {
            opened_any = true;
            let mut written = Ok(());
            let streamed = if proc.style.output == Form::Raw {
                file.pieces(|piece| raw(piece, &mut out, &mut written))
            } else {
                let many = !is_one || file.format().rows;
                let printer =
                    printer.get_or_insert_with(|| Printer::new(proc, many, output::stdout()));
                file.pieces(|piece| on(piece, target.pid, printer, &mut written))
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
                if let Some(printer) = &mut printer {
                    printer.records.flush()?;
                }
                out.flush()?;
                return Err(failure);
            }
            Ok(()) => {}
        }
    }
    out.flush()?;
    match printer {
        Some(printer) => printer.finish()?,
        // Without any process the answer is empty.
        None if !opened_any => Printer::new(proc, true, output::stdout())
            .records
            .finish()?,
        None => {}
    }
    Ok(answer)
}

/// Writes records, or only some of their fields.
struct Printer<'a> {
    records: Box<dyn Records + 'a>,
    only: &'a [String],
    /// Which of those any record had.
    found: Vec<bool>,
    is_empty: bool,
}

impl<'a> Printer<'a> {
    fn new(proc: &'a Proc, many: bool, out: impl Write + 'a) -> Self {
        Self {
            records: forms::records(proc.style.output, proc.delimiter, many, out),
            only: &proc.only,
            found: vec![false; proc.only.len()],
            is_empty: true,
        }
    }

    /// Writes a record. Where several processes are asked for, it begins with the pid.
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

    /// Writes what is buffered. It fails if no record had one of the fields asked for.
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

/// Writes the copy at `path`, of the format of that name or the one that its own name tells.
pub(super) fn copy(proc: &Proc, path: &Path, format: Option<&str>) -> Result<Answer, Failure> {
    let shown = path.display().to_string();
    let format = match format {
        Some(name) => named(name)?,
        None => format::find(&shown).ok_or_else(|| no_format(&shown))?,
    };
    // It may be a pipe.
    let waiting = supervisor::idle();
    let input = copies::open(path).map_err(|error| failed(&shown, &error))?;
    drop(waiting);
    stream(proc, format, &shown, &mut Patient(input))
}

/// Writes standard input, of the format of that name.
pub(super) fn input(proc: &Proc, format: &str) -> Result<Answer, Failure> {
    stream(
        proc,
        named(format)?,
        "standard input",
        &mut Patient(io::stdin()),
    )
}

/// Writes what is read from `input`.
fn stream(
    proc: &Proc,
    format: &Format,
    shown: &str,
    input: &mut dyn Read,
) -> Result<Answer, Failure> {
    if proc.style.output == Form::Raw {
        let mut out = Raw::new(proc);
        let mut written = Ok(());
        let streamed = format.stream(input, &mut |piece| raw(piece, &mut out, &mut written));
        written?;
        out.flush()?;
        streamed.map_err(|error| failed(shown, &error))?;
        return Ok(Answer::Complete);
    }
    let mut printer = Printer::new(proc, format.rows, output::stdout());
    let mut written = Ok(());
    let streamed = format.stream(input, &mut |piece| {
        on(piece, None, &mut printer, &mut written)
    });
    written?;
    match streamed {
        Ok(()) => printer.finish()?,
        Err(error) => {
            printer.records.flush()?;
            return Err(failed(shown, &error));
        }
    }
    Ok(Answer::Complete)
}

/// Standard output for a file as it is.
struct Raw {
    out: BufWriter<Patient<Stdout>>,
    /// Whether it is a terminal, which takes some of the bytes of a stranger for orders.
    is_guarded: bool,
}

impl Raw {
    fn new(proc: &Proc) -> Self {
        Self {
            out: output::stdout(),
            is_guarded: !proc.force && io::stdout().is_terminal(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_guarded && !is_for_terminals(bytes) {
            return Err(io::Error::other(
                "there are control characters in it, and standard output is a terminal \
                 (-output fields escapes them, -force writes them)",
            ));
        }
        self.out.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether a terminal shows all of it, and nothing else happens.
fn is_for_terminals(bytes: &[u8]) -> bool {
    let mut parts = bytes.split(|b| matches!(b, b'\n' | b'\t' | b'\\'));
    parts.all(|part| Escaped(part).to_string().as_bytes() == part)
}

fn raw(piece: &dyn Piece, out: &mut Raw, written: &mut io::Result<()>) -> ControlFlow<()> {
    let mut bytes = Vec::new();
    piece.write(&mut bytes);
    *written = out.write(&bytes);
    flow(written)
}

fn on(
    piece: &dyn Piece,
    pid: Option<Pid>,
    printer: &mut Printer<'_>,
    written: &mut io::Result<()>,
) -> ControlFlow<()> {
    if let Some(fields) = piece.fields() {
        *written = printer.record(fields, pid);
    }
    flow(written)
}

fn flow(written: &io::Result<()>) -> ControlFlow<()> {
    match written {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// The failure to read `thing`.
fn failed(thing: &str, reason: &dyn std::fmt::Display) -> Failure {
    Failure::Trouble(format!("{}: {reason}", Escaped(thing.as_bytes())))
}

/// The format named by `-as`.
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
