//! `psgo inspect -watch`.

use std::io::Write;

use psgo::{ErrorKind, Process, ProcessId, View};

use super::{
    Inspect, document::Document, grammar::Form, page::Page, pids, render, since, since::Look, text,
};
use crate::{
    console::{self, Console},
    failure::{Answer, Failure},
    flags::Pace,
    output::measure::cut,
    terminal::{self, Size},
    watch::{self, Status, Watched},
};

/// Looks again and again, at that pace.
pub(super) fn watch(inspect: &Inspect, pace: Pace) -> Result<Answer, Failure> {
    console::raise_descriptor_limit();
    let is_screen = inspect.style.output == Form::Page && terminal::is_screen();
    // Before any thread is started, since a thread inherits the signal mask.
    let console = Console::open(is_screen)?;
    let watching = Watching {
        inspect: inspect.clone(),
        view: None,
        held: Vec::new(),
        ended: Vec::new(),
        samples: 0,
        time: String::new(),
        text: Vec::new(),
        trouble: None,
        last_word: None,
        answer: Answer::Complete,
    };
    watch::watch(pace, is_screen, false, console, Box::new(watching))
}

/// A process that is looked at again and again.
#[derive(Debug)]
struct Held {
    asked: ProcessId,
    process: Process,
    before: Option<Look>,
}

#[derive(Debug)]
struct Watching {
    inspect: Inspect,
    /// Set by the first sample.
    view: Option<View>,
    held: Vec<Held>,
    /// Those that have ended, or were not there.
    ended: Vec<ProcessId>,
    samples: u64,
    /// The time of day of the last sample.
    time: String,
    /// What the last sample shows.
    text: Vec<u8>,
    /// What was wrong with the last sample that had anything wrong.
    trouble: Option<String>,
    /// Says that all have ended, once that is so.
    last_word: Option<String>,
    answer: Answer,
}

impl Watching {
    /// Holds the processes that are named, or that match the filter by now.
    fn hold(&mut self) -> Result<View, Failure> {
        let view = match &self.view {
            Some(view) => view.clone(),
            None => self
                .view
                .insert(self.inspect.scope.view_of_processes()?)
                .clone(),
        };
        if self.samples > 0 && self.inspect.filters.is_empty() {
            return Ok(view);
        }
        let (pids, answer) = pids(&self.inspect, &view)?;
        if answer != Answer::Complete {
            self.answer = answer;
        }
        if !self.inspect.filters.is_empty() {
            self.held
                .retain(|held| pids.iter().any(|asked| asked.pid == held.asked.pid));
        }
        for asked in pids {
            if self.held.iter().any(|held| held.asked.pid == asked.pid) {
                continue;
            }
            match view.process(asked) {
                Ok(process) => self.held.push(Held {
                    asked,
                    process,
                    before: None,
                }),
                Err(error) => self.lost(asked, &error),
            }
        }
        Ok(view)
    }

    /// Notes a process that cannot be looked at.
    fn lost(&mut self, asked: ProcessId, error: &psgo::Error) {
        // One that a filter chose was not named.
        if self.inspect.pids.is_empty() && error.kind() == ErrorKind::Gone {
            return;
        }
        self.answer = Answer::Incomplete;
        self.trouble = Some(error.to_string());
        self.ended.push(asked);
    }
}

impl Watched for Watching {
    fn sample(&mut self) -> Result<(), Failure> {
        self.hold()?;
        self.samples += 1;
        let mut text = Vec::new();
        let held = std::mem::take(&mut self.held);
        for mut one in held {
            let (look, shown) = one.process.oneshot(|process| {
                let look = Look::at(process);
                let shown = look_at(&self.inspect, process, &look, one.before.as_ref());
                (look, shown)
            });
            if !one.process.is_running() {
                self.ended.push(one.asked);
                if !self.inspect.pids.is_empty() {
                    self.answer = Answer::Incomplete;
                    self.trouble = Some(format!("process {} has ended", one.asked.pid));
                }
                continue;
            }
            let silent = one.process.silent_files();
            if !silent.is_empty() {
                let (pid, files) = (one.asked.pid, silent.join(", "));
                self.answer = Answer::Incomplete;
                self.trouble = Some(format!(
                    "process {pid}: {files} did not answer; what they tell is unknown"
                ));
            }
            if !text.is_empty() && self.inspect.style.output == Form::Page {
                text.push(b'\n');
            }
            text.extend(shown);
            self.time = look.time_of_day();
            one.before = Some(look);
            self.held.push(one);
        }
        self.text = text;
        if self.held.is_empty() && !self.inspect.pids.is_empty() {
            self.answer = Answer::Incomplete;
            self.last_word = Some(match (self.ended.as_slice(), &self.trouble) {
                // It was not there at the first look.
                ([_], Some(trouble)) => trouble.clone(),
                (many, _) => {
                    let pids: Vec<_> = many.iter().map(|one| one.pid).collect();
                    format!("processes {} have ended", crate::left_out::named(&pids))
                }
            });
        }
        Ok(())
    }

    fn print(&mut self, out: &mut dyn Write) -> Result<(), Failure> {
        if self.samples > 1 && self.inspect.style.output == Form::Page && !self.text.is_empty() {
            out.write_all(b"\n")?;
        }
        out.write_all(&self.text)?;
        Ok(())
    }

    fn draw(&mut self, size: Size, out: &mut dyn Write) -> Result<(), Failure> {
        let lines: Vec<_> = self.text.split_inclusive(|b| *b == b'\n').collect();
        let shown = if lines.len() > size.rows {
            size.rows.saturating_sub(1)
        } else {
            lines.len()
        };
        for line in lines.iter().take(shown) {
            out.write_all(line)?;
        }
        if lines.len() > shown {
            let more = format!("... {} more lines", lines.len() - shown);
            writeln!(out, "{}", cut(&more, size.columns))?;
        }
        Ok(())
    }

    fn status(&self) -> Status {
        let text = match self.held.len() {
            1 => "1 process".to_owned(),
            many => format!("{many} processes"),
        };
        Status {
            time: self.time.clone(),
            text,
        }
    }

    fn sum(&self) -> String {
        format!(
            "{} still there, {} ended",
            self.held.len(),
            self.ended.len()
        )
    }

    fn is_over(&self) -> bool {
        self.last_word.is_some()
    }

    fn answer(&self) -> (Option<&str>, Answer) {
        let line = self.last_word.as_ref().or(self.trouble.as_ref());
        (line.map(String::as_str), self.answer)
    }
}

/// What a look shows of a process.
fn look_at(inspect: &Inspect, process: &Process, look: &Look, before: Option<&Look>) -> Vec<u8> {
    match inspect.style.output {
        Form::Json => {
            let mut document = Document::new(inspect.depth);
            since::json(&mut document, look, before);
            for section in &inspect.sections {
                (section.json)(&mut document, process);
            }
            render(&document.finish(process.pid()))
        }
        Form::Page => {
            let style = &inspect.style;
            let mut page = Page::new(style.limit(), style.has_color(), inspect.depth);
            page.title(&format!("{}, {}", text::named(process), look.time_of_day()));
            since::page(&mut page, look, before);
            for section in &inspect.sections {
                page.section(section.name);
                (section.page)(&mut page, process);
            }
            page.finish()
        }
    }
}
