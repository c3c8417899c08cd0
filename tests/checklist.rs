//! The table of defects in tests/README.md is complete and names tests that exist.

use std::{fs, path::Path};

#[test]
fn every_known_defect_has_its_line_and_every_named_test_exists() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let table = fs::read_to_string(tests.join("README.md")).unwrap();
    let lines: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .collect();
    let defects = (1..=34)
        .map(|n| format!("W{n}"))
        .chain((1..=18).map(|n| format!("A{n}")));
    for defect in defects {
        let named = lines
            .iter()
            .find(|(names, _)| names.split(", ").any(|name| name == defect));
        let (_, places) = named.unwrap_or_else(|| panic!("{defect} has no line"));
        for place in places.split('`').skip(1).step_by(2) {
            if let Some((module, test)) = place.split_once("::") {
                let source = fs::read_to_string(tests.join(module).with_extension("rs"));
                let source = source.unwrap_or_else(|error| panic!("{place}: {error}"));
                assert!(
                    source.contains(&format!("fn {test}()")),
                    "{defect}: {place}"
                );
            }
        }
    }
}
