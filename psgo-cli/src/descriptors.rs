//! `-list`: the descriptors, and what they mean.

use psgo::descriptor::{self, Descriptor, Subject};

use crate::{
    failure::{Answer, Failure},
    output::{
        self,
        measure::{NARROWEST, filled, wrapped},
    },
    terminal,
};

/// The original psgo's names on the first line, later ones on the second. On a terminal an
/// explanation follows. Of another subject, its own names come first.
pub(crate) fn list(subject: Subject) -> Result<Answer, Failure> {
    let own = || subject.descriptors();
    let mut text = String::new();
    if subject != Subject::Processes {
        text = names(own()) + "\n";
    }
    for names in [names(descriptor::original()), names(descriptor::added())] {
        text.push_str(&names);
        text.push('\n');
    }
    if let Some(width) = terminal::width() {
        // For people, not for programs: no line is broken by the terminal.
        text = text
            .lines()
            .flat_map(|line| wrapped(line, width))
            .map(|line| line + "\n")
            .collect();
        text.push('\n');
        if subject == Subject::Processes {
            text.push_str(&explained("", width));
        } else {
            text.push_str(&explained_of(own(), "", width));
        }
    }
    output::print(&text)?;
    Ok(Answer::Complete)
}

fn names(descriptors: impl Iterator<Item = &'static Descriptor>) -> String {
    let mut names: Vec<_> = descriptors.map(|descriptor| descriptor.name).collect();
    names.sort_unstable();
    names.join(", ")
}

/// Explains every descriptor: its name, code, header and meaning, within `width` columns.
pub(crate) fn explained(indent: &str, width: usize) -> String {
    explained_of(descriptor::all(), indent, width)
}

fn explained_of(
    descriptors: impl Iterator<Item = &'static Descriptor>,
    indent: &str,
    width: usize,
) -> String {
    let mut all: Vec<_> = descriptors.collect();
    all.sort_unstable_by_key(|descriptor| descriptor.name);
    let longest = |of: fn(&Descriptor) -> &str| all.iter().map(|d| of(d).len()).max().unwrap_or(0);
    let name_width = longest(|d| d.name);
    let header_width = longest(|d| d.header);
    let mut text = String::new();
    for Descriptor {
        name,
        code,
        header,
        doc,
        ..
    } in all
    {
        let start = format!("{indent}{name:name_width$}  {code:2}  {header:header_width$}  ");
        let doc = doc.split_whitespace();
        if start.len() + NARROWEST <= width {
            let next = format!("\n{:1$}", "", start.len());
            text.push_str(&start);
            text.push_str(&filled(doc, width - start.len()).join(&next));
        } else {
            // There is no room beside them, so it stands below.
            let below = indent.len() + 2;
            let next = format!("\n{:below$}", "");
            let words = start.split_whitespace();
            text.push_str(indent);
            text.push_str(&filled(words, width.saturating_sub(indent.len())).join(&next));
            text.push_str(&next);
            text.push_str(&filled(doc, width.saturating_sub(below)).join(&next));
        }
        text.push('\n');
    }
    text
}
