//! `Rules`: which processes a tree shows, and how their command lines are made comparable.

use crate::error::Result;

use super::{rule::Rule, toml};

/// The rules that come with psgo: those of psdiff.
const BUILTIN: &str = include_str!("builtin.toml");

/// The name of the file of the rules that come with psgo.
const BUILTIN_NAME: &str = "built-in";

/// Rules, in the order in which they are applied. The default is none.
///
/// Of the rules that [adjust](super::Action::Adjust) a command line, the first that matches is
/// applied. Of the others, the first that matches the adjusted command line is.
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

    /// The TOML text of the rules that come with psgo, with comments.
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

    /// Whether the built-in rules apply as well: no file says `builtin = false`.
    #[must_use]
    pub fn wants_builtin(&self) -> bool {
        self.wants_builtin
    }

    /// The rules, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.rules.iter()
    }
}

impl<'a> IntoIterator for &'a Rules {
    type Item = &'a Rule;
    type IntoIter = std::slice::Iter<'a, Rule>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::rule::Action, *};

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
    fn the_rules_that_come_with_psgo_can_be_read() {
        let rules = Rules::builtin().unwrap();
        assert!(rules.wants_builtin() && rules.iter().len() > 20);
        for rule in &rules {
            assert!(rule.comment().is_some(), "{}", rule.name());
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
