//! `Rules`: which processes a tree shows, and how their command lines are made comparable.

use std::sync::Arc;

use regex::bytes::Regex;

use crate::{error::Result, ids::Pid};

use super::toml;

/// The rules that come with psgo: those of psdiff.
const BUILTIN: &str = include_str!("builtin.toml");

/// The name of the file of the rules that come with psgo.
const BUILTIN_NAME: &str = "built-in";

/// Rules, in the order in which they are asked. The default is none.
///
/// Of those that [adjust](Action::Adjust) a command line the first that matches decides; so does, of
/// the others, the first that matches the adjusted one.
///
/// ```
/// use psgo::drift::Rules;
///
/// let local = r#"
///     [[rule]]
///     name = "haproxy"
///     start = "/usr/sbin/haproxy"
///     adjust = { cut = " -sf " }
/// "#;
/// let local = Rules::parse("drift.toml", local)?;
/// assert!(local.wants_builtin());
/// let all = local.then(Rules::builtin()?);
/// assert_eq!(all.iter().next().unwrap().name(), "haproxy");
///
/// let error = Rules::parse("drift.toml", "\n[[rule]]\nnam = 1").unwrap_err();
/// assert_eq!(error.to_string(), "drift.toml:3: unknown key \"nam\"");
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rules {
    rules: Vec<Rule>,
    wants_builtin: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            wants_builtin: true,
        }
    }
}

impl Rules {
    /// The rules of a TOML file; `file` is what errors call it.
    ///
    /// Its form is described in docs/drift.md.
    ///
    /// # Errors
    ///
    /// [`NotUnderstood`](crate::ErrorKind::NotUnderstood), with the file and the line.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let (rules, wants_builtin) = toml::read(file, text)?;
        Ok(Self {
            rules,
            wants_builtin,
        })
    }

    /// The rules that come with psgo.
    ///
    /// # Errors
    ///
    /// None: a test reads them.
    pub fn builtin() -> Result<Self> {
        Self::parse(BUILTIN_NAME, BUILTIN)
    }

    /// The text of the rules that come with psgo, to be read by people.
    #[must_use]
    pub fn builtin_text() -> &'static str {
        BUILTIN
    }

    /// These, and those of `later` after them.
    #[must_use]
    pub fn then(mut self, later: Self) -> Self {
        self.rules.extend(later.rules);
        self.wants_builtin &= later.wants_builtin;
        self
    }

    /// Whether the built-in ones are to follow: no file says `builtin = false`.
    #[must_use]
    pub fn wants_builtin(&self) -> bool {
        self.wants_builtin
    }

    /// The rules, in their order.
    #[must_use = "an iterator does nothing by itself"]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter()
    }
}

/// One rule: what it is called, where it stands, whom it is about and what becomes of them.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) name: String,
    pub(super) comment: String,
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

    /// Why it is there; empty where nobody says.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// The file in which it stands.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line at which it begins, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// What becomes of a process that it matches.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }
}

/// What becomes of a process that a rule matches.
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

/// One change of a command line, whose words are what stands between blanks.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Step {
    /// Only the first word stays.
    FirstWord,
    /// From this text on nothing stays.
    Cut(Vec<u8>),
    /// Whatever matches is replaced; `$1` stands for a group.
    Replace(Regex, Vec<u8>),
    /// The words after the first are sorted.
    SortArguments,
    /// The first word stays, and of the others these options, each with the word after it.
    KeepOptions(Vec<Vec<u8>>),
    /// The word after each of these options becomes another.
    Mask(Vec<Mask>),
}

/// What becomes of the value of an option.
#[derive(Debug, Clone)]
pub struct Mask {
    pub(super) option: Vec<u8>,
    pub(super) before: Vec<u8>,
    /// What stands before the last slash of the value stays.
    pub(super) keeps_dir: bool,
    pub(super) after: Vec<u8>,
}

impl Mask {
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
            Self::Replace(regex, with) => regex.replace_all(cmdline, &with[..]).into_owned(),
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

/// What stands between words.
const BLANK: u8 = b' ';

fn words(cmdline: &[u8]) -> impl Iterator<Item = &[u8]> {
    cmdline
        .split(|byte| *byte == BLANK)
        .filter(|word| !word.is_empty())
}

/// What stands behind `option=` in a word.
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

/// Whom a rule is about: all of what it names has to hold.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    pub(super) process: Pattern,
    /// What has to hold of a process above it.
    pub(super) ancestor: Option<Pattern>,
    pub(super) pid: Option<Pid>,
    /// Only where no container is joined, or only where one is.
    pub(super) host: Option<bool>,
}

/// What has to hold of a process; of each list, one is enough.
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

    pub(super) fn matches(&self, cmdline: &[u8], user: &[u8]) -> bool {
        fn any<T>(list: Option<&Vec<T>>, holds: impl Fn(&T) -> bool) -> bool {
            list.is_none_or(|list| list.iter().any(holds))
        }
        any(self.user.as_ref(), |name| user == name)
            && any(self.start.as_ref(), |start| cmdline.starts_with(start))
            && any(self.whole.as_ref(), |whole| cmdline == whole)
            && any(self.regex.as_ref(), |regex| regex.is_match(cmdline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a step, as it is written in a file, makes of a command line.
    fn adjusted(step: &str, cmdline: &str) -> String {
        let text = format!("[[rule]]\nname = \"a\"\nstart = \"\"\nadjust = {step}");
        let rules = Rules::parse("test", &text).unwrap();
        let Action::Adjust(steps) = &rules.rules[0].action else {
            panic!("{rules:?}");
        };
        let cmdline = steps
            .iter()
            .fold(cmdline.as_bytes().to_vec(), |line, step| step.apply(&line));
        String::from_utf8(cmdline).unwrap()
    }

    #[test]
    fn a_command_line_is_changed_in_six_ways() {
        for (step, before, after) in [
            (
                "{ first-word = true }",
                "astcanary /run/a 4711",
                "astcanary",
            ),
            ("{ first-word = true }", "astcanary", "astcanary"),
            (
                "{ cut = ' -sf ' }",
                "haproxy -D -sf 1 2 -sf 3",
                "haproxy -D",
            ),
            ("{ cut = ' -sf ' }", "haproxy -D -sf", "haproxy -D -sf"),
            (
                "{ replace = { regex = 'worker(\\d)\\d*', with = '<$1>' } }",
                "a worker12 worker3",
                "a <1> <3>",
            ),
            ("{ sort-arguments = true }", "java -b  -a x", "java -a -b x"),
            ("{ sort-arguments = true }", "", ""),
            (
                "{ keep-options = ['-id', '-name'] }",
                "kvm -m 4 -name web -identity y -id=7 -name",
                "kvm -name web -id=7 -name",
            ),
            (
                "{ mask = { '-id' = '<ID>', '-workdir' = '{dir}/<ID>' } }",
                "shim -id abc  -workdir /run/abc -x -id=d -workdir",
                "shim -id <ID> -workdir /run/<ID> -x -id=<ID> -workdir",
            ),
            (
                "[{ cut = ' -sf ' }, { sort-arguments = true }]",
                "a -z -b -sf 1",
                "a -b -z",
            ),
        ] {
            assert_eq!(adjusted(step, before), after, "{step}");
        }
    }

    #[test]
    fn all_that_a_pattern_names_has_to_hold() {
        let pattern = Pattern {
            start: Some(vec![b"a ".to_vec(), b"b".to_vec()]),
            user: Some(vec![b"root".to_vec()]),
            ..Pattern::default()
        };
        assert!(pattern.matches(b"bc", b"root"));
        assert!(!pattern.matches(b"bc", b"roo"));
        assert!(!pattern.matches(b"a", b"root"));
        assert!(
            !Pattern {
                start: Some(Vec::new()),
                ..Pattern::default()
            }
            .matches(b"a", b"a")
        );
    }

    #[test]
    fn the_rules_that_come_with_psgo_can_be_read() {
        let rules = Rules::builtin().unwrap();
        assert!(rules.wants_builtin() && rules.iter().len() > 20);
        for rule in rules.iter() {
            assert!(!rule.comment().is_empty(), "{}", rule.name());
        }
        let mut names: Vec<_> = rules.iter().map(Rule::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rules.iter().len());
    }

    #[test]
    fn one_file_is_enough_to_do_without_the_builtin_rules() {
        let without = Rules::parse("a", "builtin = false").unwrap();
        let with = Rules::parse("b", "").unwrap();
        assert!(!without.clone().then(with.clone()).wants_builtin());
        assert!(!with.then(without).wants_builtin());
    }
}
