//! What can be told without a fuzzer.

use psgo_fuzz::{ROWS, seeds};

#[test]
fn every_parser_has_seeds_and_keeps_its_law_on_them() {
    for row in ROWS {
        let inputs = seeds(row).expect(row.name);
        assert!(!inputs.is_empty(), "{}", row.name);
        for input in inputs {
            (row.law)(&input);
            // And where it is cut off, in up to 200 places.
            let cuts = (0..input.len()).step_by(input.len() / 200 + 1);
            cuts.for_each(|len| (row.law)(&input[..len]));
        }
    }
    // The law of `listing` keeps its directory for the next input.
    let proc = format!("/dev/shm/psgo-fuzz-{}", std::process::id());
    std::fs::remove_dir_all(proc).expect("it was there");
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ROWS.len());
}

#[test]
fn a_listing_begins_with_processes_that_are_understood() {
    let row = ROWS.iter().find(|row| row.name == "listing");
    for input in seeds(row.expect("it is one")).expect("the fixtures are there") {
        let stat = input.split(|&b| b == 1).next().unwrap_or_default();
        psgo::format::pid::Stat::parse(stat).expect("it is the kernel's");
    }
}

#[test]
fn every_format_that_is_here_has_a_seed() {
    let row = ROWS.iter().find(|row| row.name == "format");
    let inputs = seeds(row.expect("it is one")).expect("the fixtures are there");
    let chosen: std::collections::HashSet<_> = inputs.iter().map(|input| &input[..2]).collect();
    let all = psgo::format::all().count();
    assert!(chosen.len() * 2 > all, "{} of {all}", chosen.len());
}
