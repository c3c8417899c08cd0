//! Reads rules from TOML. Errors name the line.

use std::{ops::Range, sync::Arc};

use regex::bytes::Regex;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    bytes::Escaped,
    error::{Error, ErrorKind, Result},
    ids::Pid,
};

use super::rule::{About, Action, Mask, Pattern, Replacement, Rule, Scope, Step};

/// A value, and where it stands.
type Item<'a> = Spanned<DeValue<'a>>;

/// Stands for the directory of a masked value.
const DIR: &str = "{dir}";

/// The rules of a file, and whether the built-in rules follow.
pub(super) fn read(file: &str, text: &str) -> Result<(Vec<Rule>, bool)> {
    let source = Source {
        file: file.into(),
        text,
    };
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or_default();
        source.wrong(at, error.message().lines().next().unwrap_or("not TOML"))
    })?;
    let (mut rules, mut wants_builtin) = (Vec::new(), true);
    for (key, value) in root.get_ref() {
        match key.get_ref().as_ref() {
            "builtin" => wants_builtin = source.flag(value)?,
            "rule" => {
                let list = value.get_ref().as_array();
                let list = list.ok_or_else(|| source.expected(value, "[[rule]]"))?;
                rules = list
                    .iter()
                    .map(|rule| source.rule(rule))
                    .collect::<Result<_>>()?;
            }
            other => return Err(source.unknown(key.span(), other)),
        }
    }
    Ok((rules, wants_builtin))
}

/// A file that is being read.
struct Source<'a> {
    file: Arc<str>,
    text: &'a str,
}

impl Source<'_> {
    fn line(&self, at: &Range<usize>) -> usize {
        let before = self.text.get(..at.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    fn wrong(&self, at: Range<usize>, reason: &str) -> Error {
        let thing = format!("{}:{}", self.file, self.line(&at));
        Error::new(ErrorKind::NotUnderstood, thing, reason.to_owned())
    }

    fn unknown(&self, at: Range<usize>, key: &str) -> Error {
        let key = Escaped(key.as_bytes());
        self.wrong(at, &format!("unknown key \"{key}\""))
    }

    fn expected(&self, found: &Item<'_>, what: &str) -> Error {
        let kind = match found.get_ref() {
            DeValue::Integer(_) => "an integer",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
            DeValue::String(_) => "a string",
            DeValue::Boolean(_) => "true or false",
            DeValue::Float(_) => "a number",
            DeValue::Datetime(_) => "a date",
        };
        self.wrong(found.span(), &format!("{kind} where {what} is expected"))
    }

    fn flag(&self, value: &Item<'_>) -> Result<bool> {
        let flag = value.get_ref().as_bool();
        flag.ok_or_else(|| self.expected(value, "true or false"))
    }

    /// A key that makes no sense with `false`.
    fn yes(&self, value: &Item<'_>) -> Result<()> {
        if self.flag(value)? {
            return Ok(());
        }
        Err(self.wrong(value.span(), "only true makes sense here"))
    }

    fn text<'v>(&self, value: &'v Item<'_>) -> Result<&'v str> {
        let text = value.get_ref().as_str();
        text.ok_or_else(|| self.expected(value, "a string"))
    }

    fn table<'v, 'd>(&self, value: &'v Item<'d>) -> Result<&'v DeTable<'d>> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.expected(value, "a table"))
    }

    /// One string or several.
    fn texts<T>(
        &self,
        value: &Item<'_>,
        read: impl Fn(&Item<'_>, &str) -> Result<T>,
    ) -> Result<Vec<T>> {
        let Some(list) = value.get_ref().as_array() else {
            let text = value.get_ref().as_str();
            let text = text.ok_or_else(|| self.expected(value, "a string or a list of strings"))?;
            return Ok(vec![read(value, text)?]);
        };
        let items = list.iter().map(|item| read(item, self.text(item)?));
        let list: Vec<_> = items.collect::<Result<_>>()?;
        if list.is_empty() {
            return Err(self.wrong(value.span(), "an empty list matches nothing"));
        }
        Ok(list)
    }

    fn strings(&self, value: &Item<'_>) -> Result<Vec<Vec<u8>>> {
        self.texts(value, |_, text| Ok(text.as_bytes().to_vec()))
    }

    fn regex(&self, value: &Item<'_>, text: &str) -> Result<Regex> {
        Regex::new(text).map_err(|error| {
            // The last line says what, those before it show where.
            let error = error.to_string();
            let what = error.lines().last().unwrap_or_default();
            let what = what.strip_prefix("error: ").unwrap_or(what);
            self.wrong(value.span(), &format!("the regular expression: {what}"))
        })
    }

    fn rule(&self, value: &Item<'_>) -> Result<Rule> {
        let (mut name, mut comment) = (None, None);
        let (mut about, mut actions) = (About::default(), Vec::new());
        for (key, value) in self.table(value)? {
            let word = key.get_ref().as_ref();
            match word {
                "name" => name = Some(self.text(value)?.to_owned()),
                "comment" => comment = Some(self.text(value)?.to_owned()),
                "pid" => about.pid = Some(self.pid(value)?),
                "host" => about.host = Some(self.flag(value)?),
                "ancestor" => about.ancestor = Some(self.ancestor(value)?),
                "adjust" => actions.push(Action::Adjust(self.steps(value)?)),
                "ignore" => actions.push(self.ignore(value)?),
                "once" => {
                    self.yes(value)?;
                    actions.push(Action::Once);
                }
                _ if self.pattern(word, value, &mut about.process)? => (),
                _ => return Err(self.unknown(key.span(), word)),
            }
        }
        let at = value.span();
        let name = name.ok_or_else(|| self.wrong(at.clone(), "the rule has no name"))?;
        let named = |reason: &str| {
            let name = Escaped(name.as_bytes());
            self.wrong(at.clone(), &format!("rule \"{name}\" {reason}"))
        };
        if about.process.is_empty() && about.ancestor.is_none() && about.pid.is_none() {
            return Err(named(
                "is about every process: give start, whole, regex, user, pid or ancestor",
            ));
        }
        let mut actions = actions.into_iter();
        let (Some(action), None) = (actions.next(), actions.next()) else {
            return Err(named("must have one of adjust, ignore and once"));
        };
        Ok(Rule {
            line: self.line(&at),
            file: Arc::clone(&self.file),
            name,
            comment,
            about,
            action,
        })
    }

    /// Takes `key` into a pattern; false if it is no key of one.
    fn pattern(&self, key: &str, value: &Item<'_>, pattern: &mut Pattern) -> Result<bool> {
        match key {
            "start" => pattern.start = Some(self.strings(value)?),
            "whole" => pattern.whole = Some(self.strings(value)?),
            "user" => pattern.user = Some(self.strings(value)?),
            "regex" => {
                let regex = |item: &Item<'_>, text: &str| self.regex(item, text);
                pattern.regex = Some(self.texts(value, regex)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn ancestor(&self, value: &Item<'_>) -> Result<Pattern> {
        let mut pattern = Pattern::default();
        for (key, value) in self.table(value)? {
            if !self.pattern(key.get_ref(), value, &mut pattern)? {
                return Err(self.unknown(key.span(), key.get_ref()));
            }
        }
        if pattern.is_empty() {
            return Err(self.wrong(
                value.span(),
                "every process has an ancestor: give start, whole, regex or user",
            ));
        }
        Ok(pattern)
    }

    fn pid(&self, value: &Item<'_>) -> Result<Pid> {
        let number = value.get_ref().as_integer();
        let number =
            number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        let pid = number.ok_or_else(|| self.expected(value, "a process ID"))?;
        Ok(Pid::new(pid))
    }

    fn ignore(&self, value: &Item<'_>) -> Result<Action> {
        Ok(match self.text(value)? {
            "process" => Action::Ignore(Scope::Process),
            "tree" => Action::Ignore(Scope::Tree),
            "below" => Action::Ignore(Scope::Below),
            "nothing" => Action::Show,
            other => {
                let other = Escaped(other.as_bytes());
                let reason = format!("\"{other}\" is none of process, tree, below, nothing");
                return Err(self.wrong(value.span(), &reason));
            }
        })
    }

    /// One step or several.
    fn steps(&self, value: &Item<'_>) -> Result<Vec<Step>> {
        match value.get_ref().as_array() {
            Some(list) => list.iter().map(|step| self.step(step)).collect(),
            None => Ok(vec![self.step(value)?]),
        }
    }

    fn step(&self, value: &Item<'_>) -> Result<Step> {
        let mut entries = self.table(value)?.iter();
        let (Some((key, inner)), None) = (entries.next(), entries.next()) else {
            return Err(self.wrong(
                value.span(),
                "one step has one key; several steps are a list: [{ … }, { … }]",
            ));
        };
        Ok(match key.get_ref().as_ref() {
            "first-word" => {
                self.yes(inner)?;
                Step::FirstWord
            }
            "sort-arguments" => {
                self.yes(inner)?;
                Step::SortArguments
            }
            "cut" => match self.text(inner)? {
                "" => return Err(self.wrong(inner.span(), "there is nothing to cut from")),
                text => Step::Cut(text.as_bytes().to_vec()),
            },
            "replace" => self.replace(inner)?,
            "keep-options" => Step::KeepOptions(self.strings(inner)?),
            "mask" => {
                let masks = self.table(inner)?.iter();
                let mask = |(option, with): (&Spanned<_>, &Item<'_>)| self.mask(option, with);
                Step::Mask(masks.map(mask).collect::<Result<_>>()?)
            }
            other => return Err(self.unknown(key.span(), other)),
        })
    }

    fn replace(&self, value: &Item<'_>) -> Result<Step> {
        let (mut regex, mut with) = (None, None);
        for (key, value) in self.table(value)? {
            match key.get_ref().as_ref() {
                "regex" => regex = Some(self.regex(value, self.text(value)?)?),
                "with" => with = Some(self.text(value)?.as_bytes().to_vec()),
                other => return Err(self.unknown(key.span(), other)),
            }
        }
        let both = regex.zip(with);
        let (regex, with) =
            both.ok_or_else(|| self.wrong(value.span(), "replace takes regex and with"))?;
        Ok(Step::Replace(Replacement { regex, with }))
    }

    fn mask(&self, option: &Spanned<std::borrow::Cow<'_, str>>, with: &Item<'_>) -> Result<Mask> {
        let text = self.text(with)?;
        let (before, after) = text.split_once(DIR).unwrap_or((text, ""));
        Ok(Mask {
            option: option.get_ref().as_bytes().to_vec(),
            before: before.as_bytes().to_vec(),
            keeps_dir: text.contains(DIR),
            after: after.as_bytes().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn wrong(text: &str) -> String {
        read("drift.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let rule = |line: &str| format!("# first\n\n[[rule]]\nname = 'a'\nstart = 'b'\n{line}\n");
        for (line, error) in [
            ("once = tru", "6: invalid boolean, expected `true`"),
            ("ones = true", "6: unknown key \"ones\""),
            ("once = 1", "6: an integer where true or false is expected"),
            ("once = false", "6: only true makes sense here"),
            ("", "3: rule \"a\" must have one of adjust, ignore and once"),
            (
                "once = true\nignore = 'tree'",
                "3: rule \"a\" must have one of adjust, ignore and once",
            ),
            (
                "ignore = 'all'",
                "6: \"all\" is none of process, tree, below, nothing",
            ),
            (
                "once = true\nregex = ['a',\n 'b(']",
                "8: the regular expression: unclosed group",
            ),
            ("once = true\nuser = []", "7: an empty list matches nothing"),
            (
                "once = true\nuser = 7",
                "7: an integer where a string or a list of strings is expected",
            ),
            (
                "once = true\npid = -1",
                "7: an integer where a process ID is expected",
            ),
            (
                "once = true\nancestor = {}",
                "7: every process has an ancestor: give start, whole, regex or user",
            ),
            (
                "once = true\nancestor = { pid = 1 }",
                "7: unknown key \"pid\"",
            ),
            (
                "adjust = { cut = 'a', first-word = true }",
                "6: one step has one key; several steps are a list: [{ … }, { … }]",
            ),
            ("adjust = [{ cut = '' }]", "6: there is nothing to cut from"),
            ("adjust = { chop = 'a' }", "6: unknown key \"chop\""),
            (
                "adjust = { replace = { regex = 'a' } }",
                "6: replace takes regex and with",
            ),
            (
                "adjust = 'first-word'",
                "6: a string where a table is expected",
            ),
        ] {
            assert_eq!(wrong(&rule(line)), format!("drift.toml:{error}"), "{line}");
        }
    }

    #[test]
    fn a_rule_needs_a_name_and_somebody_to_be_about() {
        assert_eq!(
            wrong("[[rule]]\nonce = true\nstart = 'a'"),
            "drift.toml:1: the rule has no name"
        );
        assert_eq!(
            wrong("\n[[rule]]\nname = 'a\\b'\nonce = true\nhost = true"),
            "drift.toml:2: rule \"a\\\\b\" is about every process: \
             give start, whole, regex, user, pid or ancestor"
        );
        assert_eq!(
            wrong("builtin = true\n[rule]\nname = 'a'"),
            "drift.toml:2: a table where [[rule]] is expected"
        );
        assert_eq!(wrong("rules = []"), "drift.toml:1: unknown key \"rules\"");
    }

    #[test]
    fn no_text_however_deep_makes_it_panic() {
        for deep in ["[", "{a=", "a.", "[[a.", "\"\\u"] {
            let text = format!("rule = {}", deep.repeat(20_000));
            assert!(read("deep", &text).is_err());
        }
    }
}
