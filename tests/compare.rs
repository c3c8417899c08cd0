//! psgo against the kernel and against the Go library, cell by cell, and these two against each
//! other.

use std::collections::BTreeSet;

use crate::{
    command::{Row, list, psgo, psgo_after, row},
    oracle::{
        ALL,
        cells::{Cells, Look, View},
        go, kernel,
    },
};

/// One comparison: who asks, of which containers, with what further flags.
pub(crate) struct Case<'a> {
    pub(crate) prefix: &'a [String],
    pub(crate) flags: &'a [&'a str],
    pub(crate) targets: &'a [i32],
    /// Only these rows are compared; all rows must be there in any case.
    pub(crate) only: Option<&'a [i32]>,
}

impl<'a> Case<'a> {
    pub(crate) fn root(targets: &'a [i32]) -> Self {
        Self {
            prefix: &[],
            flags: &["-join"],
            targets,
            only: None,
        }
    }

    fn view(&self) -> View {
        View::joined(self.targets[0])
    }

    /// The right rows of those that are compared, by the host's numbers.
    fn right(&self, view: &View) -> Vec<(i32, Cells)> {
        let rows: Vec<(i32, Cells)> = view
            .shown()
            .iter()
            .filter(|pid| self.only.is_none_or(|only| only.contains(pid)))
            .map(|&pid| (pid, view.cells(pid)))
            .collect();
        assert!(!rows.is_empty());
        for (_, cells) in &rows {
            assert!(cells.keys().copied().eq(ALL), "the oracle knows all cells");
        }
        rows
    }

    /// psgo's JSON and psgo's text, cell by cell, against the kernel.
    #[track_caller]
    pub(crate) fn psgo_agrees_with_the_kernel(&self) {
        let view = self.view();
        let right = self.right(&view);
        let (json, json_look) = Look::during(|| self.psgo("json").json());
        let (csv, csv_look) = Look::during(|| self.psgo("csv").csv(&ALL));
        if self.only.is_none() {
            assert_eq!(json.len(), right.len(), "rows: {json:#?}");
        }
        let keys: BTreeSet<&str> = json
            .iter()
            .flat_map(Row::keys)
            .map(String::as_str)
            .collect();
        assert!(keys.into_iter().eq(ALL));
        for (pid, right) in right {
            let same = |found: &str| right["pid"].is_text(found, json_look);
            let row = json.iter().find(|row| same(&row["pid"].to_string()));
            let row = row.unwrap_or_else(|| panic!("no row of {pid} in {json:#?}"));
            let text = csv.iter().find(|row| same(&row["pid"])).expect("a row");
            for (name, cell) in &right {
                let (json, text) = (&row[*name], &text[*name]);
                assert!(
                    cell.is_json(json, json_look),
                    "{pid} {name}: {json}, not {cell:?}"
                );
                assert!(
                    cell.is_text(text, csv_look),
                    "{pid} {name}: {text:?}, not {cell:?}"
                );
            }
        }
    }

    fn psgo(&self, output: &str) -> crate::command::Answer {
        let (pids, names) = (list(self.targets), ALL.join(","));
        let mut args = vec!["-pids", &pids, "-format", &names, "-output", output];
        args.extend(self.flags);
        let answer = psgo_after(self.prefix, &args).exits(0);
        // Among all processes of the host are those of other tests, whose names cannot be read.
        let of_others = |line: &str| self.only.is_some() && line.contains("ids have no names");
        assert!(answer.stderr.lines().all(of_others), "{answer:?}");
        answer
    }

    fn go(&self, names: &[&str]) -> Vec<go::Row> {
        go::rows(self.prefix, self.flags, self.targets, names)
    }

    /// The two oracles: where they differ, the Go library has a defect that is known by its name.
    #[track_caller]
    pub(crate) fn oracles_agree(&self) {
        let view = self.view();
        let right = self.right(&view);
        let names = go_names();
        let (rows, look) = Look::during(|| self.go(&names));
        if self.only.is_none() {
            assert_eq!(rows.len(), right.len(), "rows: {rows:#?}");
        }
        for (pid, right) in right {
            let row = rows
                .iter()
                .find(|row| right["pid"].is_text(&row["pid"], look))
                .unwrap_or_else(|| panic!("no row of {pid} in {rows:#?}"));
            for name in &names {
                let (cell, go) = (&right[name], &row[*name]);
                assert!(
                    cell.is_text(go, look) || view.defect(name, pid, cell, go).is_some(),
                    "{pid} {name}: Go says {go:?}, the kernel {cell:?}"
                );
            }
        }
    }

    /// psgo's text against the Go library's, but for its defects.
    #[track_caller]
    pub(crate) fn psgo_agrees_with_go(&self) {
        let view = self.view();
        let names = go_names();
        let rows = self.go(&names);
        let csv = self.psgo("csv").csv(&ALL);
        let mut same = 0;
        for (pid, right) in self.right(&view) {
            let of = |row: &&go::Row| right["pid"].is_text(&row["pid"], NOW);
            let go = rows.iter().find(of).expect("Go's row");
            let text = csv.iter().find(of).expect("psgo's row");
            for name in &names {
                if text[*name] == go[*name] {
                    same += 1;
                } else {
                    let defect = view.defect(name, pid, &right[name], &go[*name]);
                    assert!(
                        defect.is_some(),
                        "{pid} {name}: psgo {:?}, Go {:?}",
                        text[*name],
                        go[*name]
                    );
                }
            }
        }
        // Of thirty columns, at most a third may be unlike.
        assert!(same >= 20, "only {same} cells are the same");
    }

    #[track_caller]
    pub(crate) fn all_agree(&self) {
        self.psgo_agrees_with_the_kernel();
        self.psgo_agrees_with_go();
    }
}

/// For cells in which time has no part.
pub(crate) const NOW: Look = Look {
    before: 0.0,
    after: 0.0,
};

fn go_names() -> Vec<&'static str> {
    let names: Vec<&str> = ALL
        .into_iter()
        .filter(|name| !go::LACKS.contains(name))
        .collect();
    assert_eq!(names.len(), 30);
    names
}

/// The right rows, or a refusal with a reason: never others' rows, never a silent nothing.
#[track_caller]
pub(crate) fn right_or_refused(target: i32) {
    let asked = target.to_string();
    let names = "pid,hpid,comm,uid";
    let answer = psgo(&[
        "-pids", &asked, "-join", "-format", names, "-output", "json",
    ]);
    let level = kernel::ns_pids(target).unwrap().len() - 1;
    match answer.code {
        Some(0) => {
            assert_eq!(answer.stderr, "");
            let rows = answer.json();
            let expected = kernel::visible_in(target);
            assert!(!expected.is_empty());
            assert_eq!(rows.len(), expected.len(), "{rows:?}");
            for pid in expected {
                let row = row(&rows, kernel::ns_pids(pid).unwrap()[level]);
                let comm = kernel::comm(pid).unwrap();
                assert_eq!(row["hpid"], pid);
                assert_eq!(row["comm"].as_str().unwrap().as_bytes(), comm);
            }
        }
        Some(1 | 2) => {
            assert!(answer.stderr.contains(&asked), "{}", answer.stderr);
            let rows = if answer.stdout.is_empty() {
                Vec::new()
            } else {
                answer.json()
            };
            assert!(rows.is_empty(), "{rows:?}");
        }
        code => panic!("{code:?}: {}", answer.stderr),
    }
}
