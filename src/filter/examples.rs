//! The examples of docs/filters.md, each parsed and run.

use crate::{ErrorKind, Query, descriptor::Subject};

const PAGE: &str = include_str!("../../docs/filters.md");

/// The subject and the filter of each `psgo … -where '…'` that stands in a block.
fn examples() -> Vec<(Subject, &'static str)> {
    let lines = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("    psgo "));
    let example = |line: &'static str| {
        let (command, rest) = line.split_once("-where ")?;
        let quote = rest.chars().next()?;
        let (filter, _) = rest.strip_prefix(quote)?.split_once(quote)?;
        let subject = match command.trim() {
            "" => Subject::Processes,
            "sockets" => Subject::Sockets,
            "files" => Subject::Files,
            other => panic!("{other}: no subject has that name"),
        };
        Some((subject, filter))
    };
    let all = lines.map(|line| example(line).unwrap_or_else(|| panic!("{line}: no filter")));
    all.collect()
}

#[test]
fn every_example_of_the_docs_runs() {
    let examples = examples();
    assert!(examples.len() > 40, "{examples:?}");
    for (subject, text) in examples {
        let query = Query::of(subject, ["pid"]).unwrap().filter(text);
        let query = query.unwrap_or_else(|error| panic!("{text}: {error}"));
        let Err(error) = query.table() else {
            continue;
        };
        // Not everybody may ask it of process 1, and is told so.
        let is_denied = error
            .to_string()
            .contains("is unknown (permission denied; it takes ");
        // The processes and containers that stand in examples need not be here.
        let is_gone = error.kind() == ErrorKind::Gone;
        assert!(
            is_gone || text.contains("=@1") && is_denied,
            "{text}: {error}"
        );
    }
}

#[test]
fn every_form_and_every_error_of_the_docs_is_so() {
    let mut rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let forms: Vec<_> = rows.by_ref().take(18).collect();
    for form in forms {
        let cell = form.trim_start_matches("| ").split(" | ").next().unwrap();
        for text in cell.split("`, `") {
            let text = text.trim_matches('`').replace("\\|", "|");
            let query = Query::new(["pid"]).unwrap().filter(&text);
            assert!(query.is_ok(), "{text}: {:?}", query.err());
        }
    }
    let mut errors = 0;
    for row in rows {
        let (filter, told) = row.trim_matches(['|', ' ']).split_once(" | ").unwrap();
        let query = Query::new(["pid"]).unwrap();
        let error = query.filter(filter.trim_matches('`')).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.to_string(), format!("filter, {told}"));
        errors += 1;
    }
    assert_eq!(errors, 9);
}
