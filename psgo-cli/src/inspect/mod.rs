//! `psgo inspect`: all about a process, as a page or as an object.

use std::io::Write as _;

use psgo::{ErrorKind, Fields, Process, ProcessId, Query, View, descriptor::Subject};

use crate::{
    failure::{self, Answer, Failure},
    left_out, output,
};
use document::{Document, render};
use grammar::Form;
use page::Page;
use sections::SECTIONS;

mod depth;
mod document;
mod grammar;
mod page;
mod resources;
mod sections;
mod since;
mod text;
mod watched;
mod zombie;

pub(crate) use grammar::{Inspect, describe, request};

/// Answers what was asked.
pub(crate) fn inspect(inspect: &Inspect) -> Result<Answer, Failure> {
    if let Some(pace) = inspect.pace {
        return watched::watch(inspect, pace);
    }
    let view = inspect.scope.view_of_processes()?;
    let mut out = output::stdout();
    if inspect.pids.is_empty() && inspect.filters.is_empty() {
        out.write_all(&resources::of_joined(inspect, &view)?)?;
        out.flush()?;
        return Ok(Answer::Complete);
    }
    let mut is_first = true;
    let (pids, mut answer) = pids(inspect, &view)?;
    if pids.is_empty() && !inspect.filters.is_empty() {
        failure::say("no process matches the filter");
    }
    for asked in &pids {
        let pid = asked.pid;
        let told = tell(inspect, &view, *asked);
        match &told {
            Ok((text, silent)) => {
                if !is_first && inspect.style.output == Form::Page {
                    out.write_all(b"\n")?;
                }
                is_first = false;
                out.write_all(text)?;
                if !silent.is_empty() {
                    answer = Answer::Incomplete;
                    out.flush()?;
                    let files = silent.join(", ");
                    failure::say(&format!(
                        "process {pid}: {files} did not answer; what they tell is unknown"
                    ));
                }
            }
            // A process chosen by a filter was not asked for by pid.
            Err(error) if error.kind() == ErrorKind::Gone && inspect.pids.is_empty() => {}
            Err(error) => {
                answer = Answer::Incomplete;
                if inspect.style.output == Form::Json {
                    serde_json::to_writer(&mut out, &document::of_error(pid, error))
                        .map_err(std::io::Error::from)?;
                    out.write_all(b"\n")?;
                }
                out.flush()?;
                failure::say(&error.to_string());
            }
        }
    }
    out.flush()?;
    Ok(answer)
}

/// The processes to inspect: those named, or all that match the filter; and whether these are all.
fn pids(inspect: &Inspect, view: &View) -> Result<(Vec<ProcessId>, Answer), Failure> {
    if inspect.filters.is_empty() {
        return Ok((inspect.pids.clone(), Answer::Complete));
    }
    let mut query = inspect.scope.limited(Query::new(["pid"])?);
    for filter in &inspect.filters {
        query = query.filter(filter)?;
    }
    let query = match inspect.pids.as_slice() {
        [] => query,
        named => query.processes(named.iter().copied()),
    };
    let table = query.view(view.clone()).table();
    let table = table.map_err(Failure::of_listing)?;
    let asked = left_out::Asked {
        is_named: !inspect.pids.is_empty(),
        is_copy: view.is_copy(),
    };
    let (line, answer) = left_out::summary(Subject::Processes, asked, &[], table.outcome());
    if let Some(line) = line {
        failure::say(&line);
    }
    let pids = table.rows().iter().filter_map(psgo::Row::pid);
    Ok((pids.map(Into::into).collect(), answer))
}

/// The files that all sections together read, of those whose reads can wait for the process.
const READ_BY_ALL: [&str; 11] = [
    "stat",
    "status",
    "cmdline",
    "environ",
    "io",
    "maps",
    "smaps_rollup",
    "stack",
    "syscall",
    "wchan",
    "attr/current",
];

/// All about one process, and the files that did not answer. One that ends meanwhile has no answer: half of it would be of no
/// single moment.
fn tell(inspect: &Inspect, view: &View, asked: ProcessId) -> psgo::Result<(Vec<u8>, Vec<String>)> {
    let process = view.process(asked)?;
    let text = process.oneshot(|process| {
        if inspect.sections.len() == SECTIONS.len() {
            process.read_ahead(&READ_BY_ALL);
        }
        match inspect.style.output {
            Form::Json => json(inspect, process),
            Form::Page => page(inspect, view.is_copy(), process),
        }
    });
    if !process.is_running() {
        view.process(asked)?;
    }
    Ok((text, process.silent_files()))
}

fn json(inspect: &Inspect, process: &Process) -> Vec<u8> {
    render(&object(inspect, process))
}

fn object(inspect: &Inspect, process: &Process) -> Fields {
    let mut document = Document::new(inspect.depth);
    for section in &inspect.sections {
        (section.json)(&mut document, process);
    }
    document.finish(process.pid())
}

fn page(inspect: &Inspect, is_of_copy: bool, process: &Process) -> Vec<u8> {
    let style = &inspect.style;
    let page = Page::new(style.limit(), style.has_color(), inspect.depth);
    let mut page = page.of_copy(is_of_copy);
    page.title(&text::named(process));
    if inspect.sections.len() == SECTIONS.len() && zombie::is_one(process) {
        zombie::page(&mut page, process);
        return page.finish();
    }
    for section in &inspect.sections {
        page.section(section.name);
        (section.page)(&mut page, process);
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use std::{fs, process};

    use psgo::Pid;

    use super::{depth::Depth, *};
    use crate::flags::{Scope, Style};

    /// What stands between backquotes on a page of docs/.
    fn quoted(page: &str) -> Vec<String> {
        let path = format!("{}/../docs/{page}", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        quoted.map(str::to_owned).collect()
    }

    #[test]
    fn the_pages_of_docs_name_what_the_object_has() {
        let view = View::host().unwrap();
        let own = view.process(Pid::new(process::id())).unwrap();
        let inspect = Inspect {
            pids: Vec::new(),
            filters: Vec::new(),
            sections: SECTIONS.iter().collect(),
            depth: Depth {
                rows: usize::MAX,
                alone: false,
                environ: true,
            },
            scope: Scope::default(),
            pace: None,
            style: Style::default(),
        };
        let object = super::object(&inspect, &own);
        let names = |of: &str| -> Vec<String> {
            let Some(psgo::Value::Fields(fields)) = object.find(of) else {
                panic!("{of}");
            };
            fields.iter().map(|(name, _)| name.to_string()).collect()
        };
        let (ext, more) = (names("ext"), names("psgo"));
        let inspect = quoted("inspect.md");
        for name in &ext {
            assert!(inspect.contains(name), "inspect.md lacks ext.{name}");
        }
        for section in &SECTIONS {
            let name = section.name;
            assert!(inspect.iter().any(|word| word == name), "{name}");
        }
        let psutil = quoted("psutil.md");
        for (name, _) in object.iter() {
            let name = name.to_string();
            let is_frame = ["schema", "ext", "psgo", "errors"].contains(&name.as_str());
            assert!(is_frame || psutil.contains(&name), "psutil.md lacks {name}");
        }
        for word in &psutil {
            match word.split_once('.') {
                Some(("ext", name)) => assert!(ext.contains(&name.to_owned()), "{word}"),
                Some(("psgo", name)) => assert!(more.contains(&name.to_owned()), "{word}"),
                _ => {}
            }
        }
    }
}
