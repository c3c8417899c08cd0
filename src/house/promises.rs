//! The tests that the docs name for what they say exist.

use std::fs;

use super::sources::{Source, project, sources};

/// What names tests: the promises, and how each read can wait.
const PAGES: [&str; 2] = ["docs/threat-model.md", "docs/waiting.md"];

/// The tests that are named: in backquotes, as Rust has them, of several words.
fn named(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_test = |name: &&str| {
        let is_of_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c);
        let last = name.rsplit("::").next().unwrap_or_default();
        let is_of_words = !last.starts_with('_') && last.matches('_').count() > 2;
        name.chars().all(is_of_path) && is_of_words
    };
    quoted.filter(is_test).collect()
}

/// Whether the file has this test, whose modules are in its path.
fn has(source: &Source, test: &str) -> bool {
    let mut parts: Vec<_> = test.split("::").collect();
    let name = parts.pop().unwrap_or_default();
    parts.retain(|part| *part != "tests");
    let path: Vec<_> = source
        .path
        .iter()
        .filter_map(|part| part.to_str())
        .map(|part| part.strip_suffix(".rs").unwrap_or(part))
        .collect();
    let says = |line: &str| line.trim() == "#[test]";
    parts.iter().all(|part| path.contains(part))
        && source.text.contains(&format!("\nfn {name}()"))
            | source.text.contains(&format!("\n    fn {name}()"))
        && source.text.lines().any(says)
}

#[test]
fn what_is_named_like_a_test_is_found() {
    assert_eq!(
        named("so (`a::that_it_is_so`, `it_is_so_too`), not `Outcome::silent` or `statm_is_not`"),
        ["a::that_it_is_so", "it_is_so_too"]
    );
}

#[test]
fn every_test_that_is_named_exists() {
    let all: Vec<_> = ["src", "tests", "psgo-cli/src", "psgo-cli/tests"]
        .into_iter()
        .flat_map(sources)
        .collect();
    for page in PAGES {
        let text = fs::read_to_string(project().join(page)).unwrap();
        let named = named(&text);
        assert!(named.len() > 20, "{page}: {named:?}");
        let absent = |test: &&str| !all.iter().any(|source| has(source, test));
        let absent: Vec<_> = named.into_iter().filter(absent).collect();
        assert!(
            absent.is_empty(),
            "{page} names no test of the tree: {absent:?}"
        );
    }
}
