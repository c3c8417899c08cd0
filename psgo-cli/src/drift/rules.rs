//! `psgo drift rules`: which rules are in force, and what they do with a process.

use psgo::{
    bytes::Escaped,
    drift::{Reason, Rule},
};

use crate::{
    failure::{self, Answer, Failure},
    output,
};

use super::{
    files::{self, Source},
    grammar::Drift,
    sampler::Sampler,
};

/// Prints all rules as one file, which can replace all others.
pub(super) fn print(drift: &Drift) -> Result<Answer, Failure> {
    let (_, sources) = files::rules(drift.rules.as_deref())?;
    let text: String = sources.iter().map(printed).collect();
    output::print(&format!("# The rules in force.\nbuiltin = false\n{text}"))?;
    Ok(Answer::Complete)
}

/// Reads all rules, and prints how many there are.
pub(super) fn check(drift: &Drift) -> Result<Answer, Failure> {
    let (_, sources) = files::rules(drift.rules.as_deref())?;
    let line = |source: &Source| {
        let rules = if source.count == 1 { "rule" } else { "rules" };
        format!("{}: {} {rules}\n", source.name, source.count)
    };
    output::print(&sources.iter().map(line).collect::<String>())?;
    Ok(Answer::Complete)
}

/// Prints what the rules do with a process.
pub(super) fn explain(drift: &Drift, pid: psgo::Pid) -> Result<Answer, Failure> {
    let mut sampler = Sampler::new(drift)?;
    let processes = sampler.processes()?;
    let Some(told) = processes.explain(&sampler.rules, pid) else {
        failure::say(&format!("left out: {pid} (no such process)"));
        return Ok(Answer::Incomplete);
    };
    let rule = |rule: &Rule| {
        let name = Escaped(rule.name().as_bytes()).to_string();
        format!("rule \"{name}\", {}:{}", rule.file(), rule.line())
    };
    let (before, answer) = match told.line.unknown {
        Some(unknown) => (
            format!("command line: unknown ({})\n", unknown.reason),
            Answer::Incomplete,
        ),
        None => (
            format!("command line: {}\n", told.cmdline),
            Answer::Complete,
        ),
    };
    let change = told.adjusted.map_or_else(String::new, |by| {
        format!("becomes: {} ({})\n", told.line.cmdline, rule(by))
    });
    let verdict = match told.reason {
        Reason::KernelThread => "left out: it is a kernel thread".to_owned(),
        Reason::Shown(by) => format!("shown: {}", rule(by)),
        Reason::Hidden { rule: by, matched } if matched == pid => format!("left out: {}", rule(by)),
        Reason::Hidden { rule: by, matched } => {
            format!("left out: {}, which is about {matched} above it", rule(by))
        }
        Reason::Unknown => "shown: a rule may be about it or not".to_owned(),
        _ => "shown: no rule is about it".to_owned(),
    };
    output::print(&format!("{before}{change}{verdict}\n"))?;
    Ok(answer)
}

/// A file of rules as part of the whole.
fn printed(source: &Source) -> String {
    let mut is_head = true;
    let line = |line: &str| {
        is_head &= !line.trim_start().starts_with('[');
        // Here it would be part of the rule before it.
        let is_own = is_head && line.trim_start().starts_with("builtin");
        format!("{}{line}\n", if is_own { "# " } else { "" })
    };
    let text: String = source.text.lines().map(line).collect();
    format!("\n# From here on: {}\n\n{text}", source.name)
}
