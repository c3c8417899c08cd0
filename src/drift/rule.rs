//! `Rule`: which processes a rule matches, and what it does to them.

use std::sync::Arc;

use regex::bytes::Regex;

use crate::ids::Pid;

/// One rule: its name, where it is defined, which processes it matches and what it does to them.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) name: String,
    pub(super) comment: Option<String>,
    pub(super) file: Arc<str>,
    pub(super) line: usize,
    pub(super) about: About,
    pub(super) action: Action,
}

impl Rule {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it is there, if the file says so.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// The file that defines it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line at which it begins, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// What it does to a process that it matches.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }
}

/// What a rule does to a process that it matches.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Action {
    /// Its command line is changed, before the sorting.
    Adjust(Vec<Step>),
    /// It is left out of the tree, or what is below it, or both.
    Ignore(Scope),
    /// Of several children of one parent with this user and command line one is shown.
    Once,
    /// It is shown, whatever the rules after this one say.
    Show,
}

/// Which processes are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The process itself, but nothing below it.
    Process,
    /// The process and all below it.
    Tree,
    /// All below it, but not the process itself.
    Below,
}

/// One change of a command line, whose words are separated by spaces.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Step {
    /// Only the first word stays.
    FirstWord,
    /// From this text on nothing stays.
    Cut(Vec<u8>),
    /// Every match of a regular expression is replaced.
    Replace(Replacement),
    /// The words after the first are sorted.
    SortArguments,
    /// The first word stays, and of the others these options, each with the word after it.
    KeepOptions(Vec<Vec<u8>>),
    /// The word after each of these options becomes another.
    Mask(Vec<Mask>),
}

/// A regular expression, and the text that replaces each of its matches.
#[derive(Debug, Clone)]
pub struct Replacement {
    pub(super) regex: Regex,
    pub(super) with: Vec<u8>,
}

impl Replacement {
    /// The regular expression, in the syntax of the `regex` crate.
    #[must_use]
    pub fn pattern(&self) -> &str {
        self.regex.as_str()
    }

    /// The text that replaces a match; `$1` stands for its first group.
    #[must_use]
    pub fn with(&self) -> &[u8] {
        &self.with
    }
}

/// How the value of an option is replaced.
#[derive(Debug, Clone)]
pub struct Mask {
    pub(super) option: Vec<u8>,
    pub(super) before: Vec<u8>,
    /// The part of the value before its last slash is kept.
    pub(super) keeps_dir: bool,
    pub(super) after: Vec<u8>,
}

impl Mask {
    /// The option whose value is replaced: `-id`.
    #[must_use]
    pub fn option(&self) -> &[u8] {
        &self.option
    }

    fn applied(&self, value: &[u8]) -> Vec<u8> {
        let dir = if self.keeps_dir {
            crate::bytes::rsplit_once(value, b'/').map_or(value, |(dir, _)| dir)
        } else {
            b""
        };
        [&self.before, dir, &self.after].concat()
    }
}

impl Step {
    /// The command line after it.
    pub(super) fn apply(&self, cmdline: &[u8]) -> Vec<u8> {
        match self {
            Self::FirstWord => cmdline
                .split(|byte| *byte == BLANK)
                .next()
                .unwrap_or(cmdline)
                .to_vec(),
            Self::Cut(from) => {
                let at = crate::bytes::find_part(cmdline, from).unwrap_or(cmdline.len());
                cmdline.get(..at).unwrap_or(cmdline).to_vec()
            }
            Self::Replace(Replacement { regex, with }) => {
                regex.replace_all(cmdline, &with[..]).into_owned()
            }
            Self::SortArguments => {
                let mut words: Vec<_> = words(cmdline).collect();
                if let Some((_, arguments)) = words.split_first_mut() {
                    arguments.sort_unstable();
                }
                words.join(&b' ')
            }
            Self::KeepOptions(options) => kept(cmdline, options),
            Self::Mask(masks) => masked(cmdline, masks),
        }
    }
}

/// The separator of words.
const BLANK: u8 = b' ';

fn words(cmdline: &[u8]) -> impl Iterator<Item = &[u8]> {
    cmdline
        .split(|byte| *byte == BLANK)
        .filter(|word| !word.is_empty())
}

/// The value in a word `option=value`.
fn value_of<'a>(word: &'a [u8], option: &[u8]) -> Option<&'a [u8]> {
    word.strip_prefix(option)?.strip_prefix(b"=")
}

fn kept(cmdline: &[u8], options: &[Vec<u8>]) -> Vec<u8> {
    let mut words = words(cmdline);
    let mut kept: Vec<_> = words.next().into_iter().collect();
    while let Some(word) = words.next() {
        if options.iter().any(|option| word == option) {
            kept.push(word);
            kept.extend(words.next());
        } else if options
            .iter()
            .any(|option| value_of(word, option).is_some())
        {
            kept.push(word);
        }
    }
    kept.join(&b' ')
}

fn masked(cmdline: &[u8], masks: &[Mask]) -> Vec<u8> {
    let mut words = words(cmdline);
    let mut shown: Vec<Vec<u8>> = Vec::new();
    while let Some(word) = words.next() {
        if let Some(mask) = masks.iter().find(|mask| mask.option == word) {
            shown.push(word.to_vec());
            shown.extend(words.next().map(|value| mask.applied(value)));
            continue;
        }
        let of = |mask: &Mask| {
            Some(
                [
                    &mask.option,
                    &b"="[..],
                    &mask.applied(value_of(word, &mask.option)?),
                ]
                .concat(),
            )
        };
        shown.push(masks.iter().find_map(of).unwrap_or_else(|| word.to_vec()));
    }
    shown.join(&b' ')
}

/// Which processes a rule matches: all conditions that it names must hold.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    pub(super) process: Pattern,
    /// Conditions on one of its ancestors.
    pub(super) ancestor: Option<Pattern>,
    pub(super) pid: Option<Pid>,
    /// True: only where no container is joined. False: only where one is.
    pub(super) host: Option<bool>,
}

/// Conditions on a process; of each list, one match is enough.
#[derive(Debug, Clone, Default)]
pub(super) struct Pattern {
    pub(super) start: Option<Vec<Vec<u8>>>,
    pub(super) whole: Option<Vec<Vec<u8>>>,
    pub(super) regex: Option<Vec<Regex>>,
    pub(super) user: Option<Vec<Vec<u8>>>,
}

impl Pattern {
    pub(super) fn is_empty(&self) -> bool {
        self.start.is_none() && self.whole.is_none() && self.regex.is_none() && self.user.is_none()
    }

    /// The same without its conditions on the command line.
    pub(super) fn without_cmdline(&self) -> Self {
        Self {
            user: self.user.clone(),
            ..Self::default()
        }
    }

    /// Whether all conditions hold; one on a command line that is unknown does not.
    pub(super) fn matches(&self, cmdline: Option<&[u8]>, user: &[u8]) -> bool {
        fn any<T>(list: Option<&Vec<T>>, holds: impl Fn(&T) -> bool) -> bool {
            list.is_none_or(|list| list.iter().any(holds))
        }
        let holds = |condition: &dyn Fn(&[u8]) -> bool| cmdline.is_some_and(condition);
        any(self.user.as_ref(), |name| user == name)
            && any(self.start.as_ref(), |start| {
                holds(&|cmdline| cmdline.starts_with(start))
            })
            && any(self.whole.as_ref(), |whole| {
                holds(&|cmdline| cmdline == whole)
            })
            && any(self.regex.as_ref(), |regex| {
                holds(&|cmdline| regex.is_match(cmdline))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_pattern_names_has_to_hold() {
        let pattern = Pattern {
            start: Some(vec![b"a ".to_vec(), b"b".to_vec()]),
            user: Some(vec![b"root".to_vec()]),
            ..Pattern::default()
        };
        assert!(pattern.matches(Some(b"bc"), b"root"));
        assert!(!pattern.matches(Some(b"bc"), b"roo"));
        assert!(!pattern.matches(Some(b"a"), b"root"));
        assert!(!pattern.matches(None, b"root"));
        assert!(pattern.without_cmdline().matches(None, b"root"));
        assert!(
            !Pattern {
                start: Some(Vec::new()),
                ..Pattern::default()
            }
            .matches(Some(b"a"), b"a")
        );
    }
}
