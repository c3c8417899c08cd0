//! That what is read and called for other processes stands in the table of `src/wait/`.

use std::collections::BTreeSet;

use super::sources::{Source, library};
use crate::wait::{CALLS, Call, Name, OF_THIS_PROCESS};

/// The functions that `sys` offers, but for those of the joiner's own files.
fn offered() -> BTreeSet<String> {
    let library = library();
    let own = [
        "src/sys/mod.rs",
        "src/sys/behind.rs",
        "src/sys/diag.rs",
        "src/sys/list.rs",
        "src/sys/listed.rs",
        "src/sys/machine.rs",
    ];
    let sys = library
        .iter()
        .filter(|source| own.iter().any(|own| source.path.ends_with(own)));
    let lines: Vec<_> = sys.flat_map(Source::code).collect();
    let mut offered = BTreeSet::new();
    for line in lines {
        if let Some((_, rest)) = line.split_once("pub(crate) fn ") {
            let name = rest.split(['(', '<']).next().unwrap();
            offered.insert(name.to_owned());
        }
    }
    assert!(offered.len() > 20, "{offered:?}");
    offered
}

#[test]
fn every_call_of_sys_has_its_row() {
    let last = |name: &str| name.rsplit("::").next().unwrap().to_owned();
    let calls = CALLS
        .iter()
        .flat_map(|call| call.through)
        .map(|name| last(name));
    let known: BTreeSet<_> = calls
        .chain(OF_THIS_PROCESS.iter().map(|name| (*name).to_owned()))
        .collect();
    assert_eq!(offered(), known);
}

#[test]
fn each_call_is_made_where_its_row_says() {
    for source in library() {
        let path = source.path.to_str().unwrap();
        if path.starts_with("src/sys/") {
            continue;
        }
        for line in source.code() {
            for Call {
                through, only_in, ..
            } in CALLS
            {
                let calls = |name: &&&str| {
                    let ends = |rest: &str| rest.starts_with(['(', ')', ',']);
                    let call = format!("sys::{name}");
                    let mut rests = line.split(&call).skip(1);
                    rests.any(ends) && !line.contains("nix::sys::")
                };
                if let Some(name) = through.iter().find(calls) {
                    assert!(only_in.contains(&path), "{path} calls {name}: {line}");
                }
            }
        }
    }
}

/// A name that is not of the table is made in two places alone, of what a caller asks for.
#[test]
fn names_are_asked_for_where_callers_name_files() {
    let mut found = BTreeSet::new();
    for source in library() {
        let path = source.path.to_str().unwrap().to_owned();
        let asks = |line: &str| line.contains("Name::asked(") || line.contains("Path::asked(");
        if !path.starts_with("src/wait/") && source.code().any(asks) {
            found.insert(path.clone());
        }
        let knows = |line: &str| line.contains("Name::known(") || line.contains("Path::known(");
        assert!(
            path.starts_with("src/wait/") || !source.code().any(knows),
            "{path}: process_file! and machine_file! are for that"
        );
    }
    let expected = [
        "src/process/files.rs",
        "src/process/identity.rs",
        "src/view/place.rs",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

/// What `Process` itself asks for by name is in the table.
#[test]
fn what_processes_are_asked_for_has_its_row() {
    let mut found = 0;
    for source in library().iter().filter(|source| source.room() == "process") {
        for line in source.code() {
            for start in [
                "FileOf::process(\"",
                "thread.file(\"",
                "self.number(\"",
                "self.linked(\"",
            ] {
                for rest in line.split(start).skip(1) {
                    let name = rest.split('"').next().unwrap();
                    assert!(
                        Name::asked(name).is_known(),
                        "{}: {name}",
                        source.path.display()
                    );
                    found += 1;
                }
            }
        }
    }
    assert!(found > 10, "{found}");
}
