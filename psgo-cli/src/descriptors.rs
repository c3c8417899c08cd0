//! `-list`: the descriptors, and what they mean.

use psgo::descriptor::{self, Descriptor, Subject};

use crate::{
    failure::{Answer, Failure},
    output::{
        self,
        measure::{NARROWEST, filled},
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
        let room = width.saturating_sub(start.len()).max(NARROWEST);
        let next = format!("\n{:1$}", "", start.len());
        text.push_str(&start);
        text.push_str(&filled(doc.split_whitespace(), room).join(&next));
        text.push('\n');
    }
    text
}
