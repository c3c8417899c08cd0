//! `Test`: a column, an operator and what cells are compared with; made of what was written.

use super::{
    grammar::{Clause, Comparison, Operator},
    needed::{Named, Reference, What},
    operand::{self, Operand, is_plain, related},
    words::{self, Meaning},
};
use crate::{
    bytes::Escaped,
    descriptor::{Descriptor, Extract, Holds},
    error::Result,
    ids::Pid,
    value::{Missing, Value},
};

/// A test of a row.
#[derive(Debug, Clone)]
pub(super) struct Test {
    /// Its place among the columns.
    column: usize,
    operator: Operator,
    against: Against,
}

/// What the cell is compared with.
#[derive(Debug, Clone)]
enum Against {
    Operand(Operand),
    /// Another cell of the row, by its place among the columns.
    Column(usize),
    /// A cell of another process, by its place among the references.
    Reference(usize),
    /// The ID of a container or its beginning, or the name, which that column has.
    IdOrName(Operand, usize, Operand),
}

impl Test {
    /// Does it hold for a row with these cells?
    pub(super) fn holds(&self, cells: &[Value], references: &[Reference]) -> bool {
        let cell = |column: usize| cells.get(column).unwrap_or(&Value::MISSING);
        let own = cell(self.column);
        match &self.against {
            Against::Operand(operand) => operand.holds(self.operator, own),
            Against::Column(column) => related(self.operator, own, cell(*column)),
            Against::Reference(index) => references
                .get(*index)
                .is_some_and(|reference| related(self.operator, own, &reference.cell)),
            Against::IdOrName(id, column, name) => {
                let is_it = |operand: &Operand, cell| operand.holds(Operator::Equal, cell);
                let is_it = is_it(id, own) || is_it(name, cell(*column));
                is_it == (self.operator == Operator::Equal) && !own.is_missing()
            }
        }
    }
}

impl Test {
    /// A column for which it cannot be decided, where `why` tells of each why it could not be read.
    pub(super) fn unknown(&self, why: impl Fn(usize) -> Option<Missing>) -> Option<usize> {
        let is_unread = |column: usize| why(column).map(|_| column);
        match &self.against {
            // What is unknown is what it asks for.
            Against::Operand(Operand::Unknown) => None,
            // No text that is given is as long.
            Against::Operand(Operand::Text(_)) if why(self.column) == Some(Missing::TooLong) => {
                None
            }
            Against::Column(other) | Against::IdOrName(_, other, _) => {
                is_unread(self.column).or_else(|| is_unread(*other))
            }
            Against::Operand(_) | Against::Reference(_) => is_unread(self.column),
        }
    }
}

impl Test {
    /// Whether it asks for nothing but columns that are `known`, by their places.
    pub(super) fn asks_only(&self, known: impl Fn(usize) -> bool) -> bool {
        known(self.column)
            && match &self.against {
                Against::Operand(_) => true,
                Against::Column(other) | Against::IdOrName(_, other, _) => known(*other),
                Against::Reference(_) => false,
            }
    }
}

/// Where something is wrong, in bytes, and what.
type Wrong = (usize, String);

/// What the tests of a filter need.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) columns: Vec<&'static Descriptor>,
    pub(super) names: Vec<Named>,
    pub(super) references: Vec<Reference>,
}

impl Parts {
    /// Makes a test of what was written.
    pub(super) fn test(
        &mut self,
        clause: &Clause,
        find: &impl Fn(&str) -> Result<&'static Descriptor>,
    ) -> Result<Test, Wrong> {
        match clause {
            Clause::Comparison(comparison) => self.comparison(comparison, find),
            Clause::Flag { name, at, is_set } => {
                let Ok(descriptor) = find(name) else {
                    return Err((at.start, no_column(name)));
                };
                let Some(value) = words::flag(descriptor, *is_set) else {
                    let reason = "expected one of = != < <= > >= ~ !~ after the column";
                    return Err((at.end, reason.to_owned()));
                };
                let operand = match descriptor.holds {
                    Holds::Text => Operand::text(value),
                    _ => Operand::Number((*is_set).into()),
                };
                Ok(Test {
                    column: self.column(descriptor),
                    operator: Operator::Equal,
                    against: Against::Operand(operand),
                })
            }
        }
    }

    fn comparison(
        &mut self,
        comparison: &Comparison,
        find: &impl Fn(&str) -> Result<&'static Descriptor>,
    ) -> Result<Test, Wrong> {
        let found = find(&comparison.name);
        let descriptor = found.map_err(|error| (comparison.name_at.start, error.to_string()))?;
        let at = comparison.value_at.start;
        let made = self.against(comparison, descriptor, find);
        let (descriptor, against) =
            made.map_err(|reason| (at, format!("{}: {reason}", descriptor.name)))?;
        let column = self.column(descriptor);
        let (against, also) = self.or_name(comparison, descriptor, against, find);
        let what = match (words::meaning(descriptor), &against) {
            (Meaning::Name(names, _), Against::Operand(Operand::Text(_))) => {
                Some(What::Name(names))
            }
            (Meaning::Container, Against::Operand(Operand::Id(_)) | Against::IdOrName(..)) => {
                let named = also.and_then(|at| self.columns.get(at).copied());
                Some(What::Container(descriptor, named))
            }
            (_, Against::Operand(Operand::Number(number))) if descriptor.name == "ancestors" => {
                let pid = u32::try_from(*number).ok().filter(|pid| *pid > 0);
                pid.map(|pid| What::Ancestor(Pid::new(pid)))
            }
            _ => None,
        };
        if let Some(what) = what
            && comparison.operator.is_of_equality()
        {
            self.names.push(Named {
                what,
                name: comparison.value.clone(),
                column,
                also,
                at,
            });
        }
        Ok(Test {
            column,
            operator: comparison.operator,
            against,
        })
    }

    /// What the column of a container's ID is compared with: its name too, unless it can be no name
    /// but a part of an ID. With it the place of the column of names.
    fn or_name(
        &mut self,
        comparison: &Comparison,
        descriptor: &'static Descriptor,
        against: Against,
        find: &impl Fn(&str) -> Result<&'static Descriptor>,
    ) -> (Against, Option<usize>) {
        /// podman and Docker show so many digits of an ID.
        const DIGITS: usize = 12;
        let text = comparison.value.as_str();
        let is_of_id = text.len() >= DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_asked =
            descriptor.name == "container" && comparison.operator.is_of_equality() && !is_of_id;
        match against {
            Against::Operand(id @ Operand::Id(_)) if is_asked => {
                let Ok(names) = find("cname") else {
                    return (Against::Operand(id), None);
                };
                let at = self.column(names);
                let name = text.strip_prefix('/').unwrap_or(text);
                let name = Operand::text(name);
                (Against::IdOrName(id, at, name), Some(at))
            }
            against => (against, None),
        }
    }

    /// The place of a column, which is added if it is not there.
    fn column(&mut self, descriptor: &'static Descriptor) -> usize {
        let is_it = |column: &&Descriptor| std::ptr::eq(*column, descriptor);
        self.columns.iter().position(is_it).unwrap_or_else(|| {
            self.columns.push(descriptor);
            self.columns.len() - 1
        })
    }

    /// What is compared with what; the error says why that makes no sense.
    fn against(
        &mut self,
        comparison: &Comparison,
        descriptor: &'static Descriptor,
        find: &impl Fn(&str) -> Result<&'static Descriptor>,
    ) -> Result<(&'static Descriptor, Against), String> {
        let (text, operator) = (comparison.value.as_str(), comparison.operator);
        let operand = |operand| Ok((descriptor, Against::Operand(operand)));
        if comparison.is_quoted {
            return operand(quoted(text, operator, descriptor)?);
        }
        if text == "?" {
            return operand(Operand::unknown(operator)?);
        }
        if !operator.is_of_expressions() && text.starts_with(['=', '<', '>', '~']) {
            return Err(format!(
                "{} is no value: unequal is !=, and a text that begins so goes in quotes",
                Escaped(text.as_bytes())
            ));
        }
        if operator.is_of_expressions() {
            return operand(expression(&comparison.name, text, descriptor)?);
        }
        let pid = text.strip_prefix('@').and_then(|pid| pid.parse().ok());
        let of_process = match descriptor.extract {
            Extract::Process(_) => Some(descriptor),
            // What a socket has is compared with the same of the process.
            Extract::Socket(_) if descriptor.name == "netns" => {
                crate::descriptor::find(descriptor.name).ok()
            }
            _ => None,
        };
        if let (Some(pid), Some(column)) = (pid, of_process) {
            if descriptor.holds == Holds::Caps && operator.is_of_order() {
                return Err(operand::NO_ORDER.to_owned());
            }
            self.references.push(Reference {
                pid: Pid::new(pid),
                column,
                cell: Value::MISSING,
                at: comparison.value_at.start,
            });
            return Ok((descriptor, Against::Reference(self.references.len() - 1)));
        }
        if descriptor.holds != Holds::Caps && text.contains(',') {
            return Err(several(&comparison.name, text));
        }
        let meaning = words::meaning(descriptor);
        if let Meaning::Name(_, id) = meaning
            && text.bytes().all(|byte| byte.is_ascii_digit())
        {
            let id = id.and_then(|id| find(id).ok()).ok_or_else(|| {
                format!("{text} is the number of a group, and names are compared")
            })?;
            let number = in_range(text, operator, id)?;
            return Ok((id, Against::Operand(number)));
        }
        let made = match descriptor.holds {
            Holds::Text | Holds::Texts => word_of(text, operator, descriptor),
            Holds::Number | Holds::Numbers => in_range(text, operator, descriptor),
            holds => Operand::quantity(text, operator, holds),
        };
        // A name of a column of the same kind; of texts, only where they name the same things.
        let is_text = matches!(descriptor.holds, Holds::Text | Holds::Texts);
        if made.is_err() || is_text {
            match find(text) {
                Ok(other) if is_text && std::ptr::eq(other, descriptor) => {}
                Ok(other) if words::can_be_compared(descriptor, other) => {
                    if descriptor.holds == Holds::Caps && operator.is_of_order() {
                        return Err(operand::NO_ORDER.to_owned());
                    }
                    return Ok((descriptor, Against::Column(self.column(other))));
                }
                Ok(other) if !is_text => {
                    return Err(format!(
                        "{} is a column of another kind: {}",
                        other.name, other.doc
                    ));
                }
                _ => {}
            }
        }
        operand(made?)
    }
}

/// What is in quotes is that text and nothing else.
fn quoted(text: &str, operator: Operator, column: &Descriptor) -> Result<Operand, String> {
    if operator.is_of_expressions() {
        return expression("", text, column);
    }
    let meaning = words::meaning(column);
    match column.holds {
        Holds::Text | Holds::Texts => match meaning {
            Meaning::Command => Ok(Operand::text(text).of_command(text)),
            Meaning::Words(words) if operator.is_of_equality() => word(words, text),
            _ => Ok(Operand::text(text)),
        },
        Holds::Number | Holds::Numbers => in_range(text, operator, column),
        holds => Operand::quantity(text, operator, holds),
    }
}

/// A regular expression. `name` is the column as it was written, where no quotes say that a comma is
/// meant.
fn expression(name: &str, text: &str, column: &Descriptor) -> Result<Operand, String> {
    if !name.is_empty() && text.contains(',') && is_plain(text) {
        return Err(several(name, text));
    }
    let made = Operand::expression(text)?;
    match words::meaning(column) {
        Meaning::Command if is_plain(text) => {
            Ok(made.of_command(text.strip_prefix('^').unwrap_or(text)))
        }
        Meaning::Words(words) if !words.iter().any(|(shown, _)| made.may_be(shown)) => {
            Err(none_of(words, text))
        }
        _ => Ok(made),
    }
}

/// What a text without quotes means for a column of texts.
fn word_of(text: &str, operator: Operator, column: &Descriptor) -> Result<Operand, String> {
    let meaning = words::meaning(column);
    if operator.is_of_order() {
        return Ok(Operand::text(text));
    }
    if text.contains(['*', '?']) {
        let made = Operand::glob(text)?;
        return match meaning {
            Meaning::Command => {
                let literal = text.split(['*', '?']).next().unwrap_or_default();
                Ok(made.of_command(literal))
            }
            Meaning::Words(words) if !words.iter().any(|(shown, _)| made.may_be(shown)) => {
                Err(none_of(words, text))
            }
            _ => Ok(made),
        };
    }
    match meaning {
        Meaning::Command => Ok(Operand::text(text).of_command(text)),
        Meaning::Container => Ok(Operand::Id(text.as_bytes().to_vec())),
        Meaning::Words(words) => word(words, text),
        Meaning::Terminal => {
            let name = text.strip_prefix("/dev/").unwrap_or(text);
            let forms = ["", "tty", "pts/"].map(|start| format!("{start}{name}").into_bytes());
            Ok(Operand::OneOf(forms.into()))
        }
        Meaning::Path if !text.starts_with('/') => Err(format!(
            "{shown} does not begin with a slash, as every path does: {}=*/{shown}",
            column.name,
            shown = Escaped(text.as_bytes()),
        )),
        // An address without its port.
        Meaning::End => match text.trim_matches(['[', ']']).parse() {
            Ok(std::net::IpAddr::V4(address)) => Operand::glob(&format!("{address}:*")),
            Ok(std::net::IpAddr::V6(address)) => Operand::glob(&format!("[{address}]:*")),
            Err(_) => Ok(Operand::text(text)),
        },
        _ => Ok(Operand::text(text)),
    }
}

fn word(words: &[(&'static str, &'static [&'static str])], text: &str) -> Result<Operand, String> {
    let word = words::word(words, text).ok_or_else(|| none_of(words, text))?;
    Ok(Operand::text(word))
}

fn none_of(words: &[(&'static str, &'static [&'static str])], text: &str) -> String {
    format!(
        "{} is none of {}",
        Escaped(text.as_bytes()),
        words::all(words)
    )
}

/// A number that a cell can be.
fn in_range(text: &str, operator: Operator, column: &Descriptor) -> Result<Operand, String> {
    let meaning = words::meaning(column);
    let flag = match text {
        "yes" | "true" => Some(Operand::Number(1)),
        "no" | "false" => Some(Operand::Number(0)),
        _ => None,
    };
    if let (Meaning::Flag, Some(flag)) = (meaning, flag) {
        return Ok(flag);
    }
    let made = Operand::quantity(text, operator, column.holds)?;
    let (least, most) = match meaning {
        Meaning::Flag => (0, 1),
        Meaning::Range(least, most) => (least, most),
        _ => return Ok(made),
    };
    match made {
        Operand::Number(number)
            if operator.is_of_equality() && !(least..=most).contains(&number) =>
        {
            Err(format!("it is never {number}, but {least} to {most}"))
        }
        made => Ok(made),
    }
}

/// A comma, where a text alone is expected.
fn several(name: &str, text: &str) -> String {
    let text = Escaped(text.as_bytes());
    format!(
        "{text} has a comma: {name} in ({text}) for one of several, quotes for a text that has it"
    )
}

/// That a word that stands alone is no column, and what may have been meant.
fn no_column(word: &str) -> String {
    let shown = Escaped(word.as_bytes());
    let meant = if word.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("type pid={shown} for the process of that number")
    } else if word.starts_with('/') {
        format!("type exe={shown} for the processes that run that program")
    } else {
        format!("type comm={shown} for the processes of that name")
    };
    format!("\"{shown}\" is no column: {meant}")
}
