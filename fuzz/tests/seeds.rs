//! What can be told without a fuzzer.

use psgo_fuzz::{ROWS, seeds};

#[test]
fn every_parser_has_seeds_and_keeps_its_law_on_them() {
    for row in ROWS {
        let inputs = seeds(row).expect(row.name);
        assert!(!inputs.is_empty(), "{}", row.name);
        for input in inputs {
            (row.law)(&input);
            // And on everything that is cut off.
            (0..input.len().min(4096)).for_each(|len| (row.law)(&input[..len]));
        }
    }
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ROWS.len());
}
