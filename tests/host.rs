//! The host's own processes, seen without a join.

use std::process::Command;

use serde_json::Value;

use crate::{
    command::{list, psgo, psgo_after, row},
    machine::{process::sleeping, run},
    oracle::{
        ALL,
        cells::{Look, View},
    },
};

#[test]
fn every_cell_of_a_process_agrees_with_the_kernel() {
    // The h* columns are unknown without a join, as psgo's own tests want it.
    let processes: Vec<_> = (0..3).map(|_| sleeping()).collect();
    let pids: Vec<i32> = processes
        .iter()
        .map(crate::machine::process::Held::pid)
        .collect();
    let (asked, names, view) = (list(&pids), ALL.join(","), View::host());
    let answer = |output| {
        Look::during(|| psgo(&["-pids", &asked, "-format", &names, "-output", output]).succeeds())
    };
    let ((json, json_look), (csv, csv_look)) = (answer("json"), answer("csv"));
    let (json, csv) = (json.json(), csv.csv(&ALL));
    assert_eq!((json.len(), csv.len()), (3, 3));
    for ((pid, json), csv) in pids.iter().zip(&json).zip(&csv) {
        for (name, cell) in view.cells(*pid) {
            assert!(
                cell.is_json(&json[name], json_look),
                "{name}: {}, not {cell:?}",
                json[name]
            );
            assert!(
                cell.is_text(&csv[name], csv_look),
                "{name}: {}, not {cell:?}",
                csv[name]
            );
        }
    }
}

#[test]
fn the_columns_that_procps_has_agree_with_it() {
    // Its name of each column, psgo's name of it.
    let columns = [
        ("pid", "pid"),
        ("ppid", "ppid"),
        ("pgid", "pgid"),
        ("ni", "nice"),
        ("vsz", "vsz"),
        ("rss", "rss"),
        ("euser:40", "user"),
        ("ruser:40", "ruser"),
        ("egroup:40", "group"),
        ("rgroup:40", "rgroup"),
        ("euid", "uid"),
        ("s", "state"),
        ("tty", "tty"),
        ("comm", "comm"),
    ];
    let processes: Vec<_> = (0..3).map(|_| sleeping()).collect();
    let pids: Vec<i32> = processes
        .iter()
        .map(crate::machine::process::Held::pid)
        .collect();
    let pids = list(&pids);
    let theirs = columns.map(|(theirs, _)| format!("{theirs}=")).join(",");
    let ours = columns.map(|(_, ours)| ours);
    let ps = run(Command::new("ps").args(["-ww", "-o", &theirs, "-p", &pids]));
    let csv = psgo(&["-pids", &pids, "-format", &ours.join(","), "-output", "csv"]).succeeds();
    let csv = csv.csv(&ours);
    assert_eq!(ps.lines().count(), 3);
    assert_eq!(csv.len(), 3);
    for (line, row) in ps.lines().zip(csv) {
        for (word, name) in line.split_whitespace().zip(ours) {
            assert_eq!(row[name], word, "{name} of {line}");
        }
    }
}

/// The names after psgo's own on the first line are on the others; a name is a first word.
fn all_descriptors() -> Vec<String> {
    let answer = psgo(&["-list"]).succeeds();
    let names: Vec<String> = answer
        .text()
        .split([',', '\n'])
        .filter_map(|part| part.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert!(names.len() >= ALL.len());
    names
}

#[test]
fn every_descriptor_answers_for_every_process() {
    // A1: no process and no cell ends a listing, whoever asks and whatever may not be read.
    let sleeping = sleeping();
    let nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]
    .map(str::to_owned);
    for prefix in [&[][..], &nobody[..]] {
        for name in all_descriptors() {
            let format = format!("pid,{name}");
            let format = if name == "pid" { "pid" } else { &format };
            let rows = psgo_after(prefix, &["-format", format, "-output", "json"])
                .exits(0)
                .json();
            let mine = row(&rows, sleeping.pid().into());
            assert!(mine.contains_key(&name), "{name}");
            assert!(rows.len() > 2, "{name}");
        }
    }
}

#[test]
fn all_descriptors_together_answer_for_every_process() {
    let sleeping = sleeping();
    let format = all_descriptors().join(",");
    let rows = psgo(&["-format", &format, "-output", "json"])
        .exits(0)
        .json();
    let mine = row(&rows, sleeping.pid().into());
    for name in ALL {
        // What has no answer is null; the keys are those of every row.
        assert!(rows.iter().all(|row| row.contains_key(name)), "{name}");
    }
    assert_eq!(mine["comm"], "sleep");
    for name in ["hpid", "huid", "huser", "hgroup", "hgroups"] {
        assert!(rows.iter().all(|row| row[name] == Value::Null), "{name}");
    }
}

#[test]
fn few_descriptors_suffice_for_many_processes() {
    // A10: no file stays open.
    let few = ["prlimit", "--nofile=32:32"].map(str::to_owned);
    let processes: Vec<_> = (0..64).map(|_| sleeping()).collect();
    let names = ALL.join(",");
    let rows = psgo_after(&few, &["-format", &names, "-output", "json"])
        .succeeds()
        .json();
    for process in &processes {
        row(&rows, process.pid().into());
    }
}
