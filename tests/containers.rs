//! Every cell of every descriptor, over each kind of container: psgo against the kernel and
//! against the Go library, and these two against each other.

use std::collections::BTreeSet;

use crate::{
    command::{Row, list, psgo_after},
    machine::podman,
    oracle::{
        ALL,
        cells::{Cells, Look, View},
        go,
    },
};

/// One comparison: who asks, of which containers, with what further flags.
struct Case<'a> {
    prefix: &'a [String],
    flags: &'a [&'a str],
    targets: &'a [i32],
    /// Only these rows are compared; all rows must be there in any case.
    only: Option<&'a [i32]>,
}

impl<'a> Case<'a> {
    fn root(targets: &'a [i32]) -> Self {
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
    fn psgo_agrees_with_the_kernel(&self) {
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
        psgo_after(self.prefix, &args).succeeds()
    }

    fn go(&self, names: &[&str]) -> Vec<go::Row> {
        go::rows(self.prefix, self.flags, self.targets, names)
    }

    /// The two oracles: where they differ, the Go library has a defect that is known by its name.
    #[track_caller]
    fn oracles_agree(&self) {
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
    fn psgo_agrees_with_go(&self) {
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
    fn all_agree(&self) {
        self.psgo_agrees_with_the_kernel();
        self.psgo_agrees_with_go();
    }
}

/// For cells in which time has no part.
const NOW: Look = Look {
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

#[test]
fn the_oracles_agree_with_each_other() {
    let pod = podman::pod();
    for target in [
        podman::plain().pid,
        podman::user().pid,
        podman::groups().pid,
        podman::uidmap().pid,
        podman::privileged().pid,
        pod.infra.pid,
        pod.members[0].pid,
        podman::nested().outer.pid,
        podman::cgroupns().pid,
        podman::terminal().pid,
        podman::rootless().plain.pid,
    ] {
        Case::root(&[target]).oracles_agree();
    }
    let target = podman::host_pid().pid;
    Case {
        only: Some(&[target, podman::plain().pid]),
        ..Case::root(&[target])
    }
    .oracles_agree();
}

#[test]
fn a_plain_container() {
    Case::root(&[podman::plain().pid]).all_agree();
}

#[test]
fn a_container_of_another_user() {
    Case::root(&[podman::user().pid]).all_agree();
}

#[test]
fn a_container_with_more_groups() {
    // W9: hgroups has names, as groups has.
    Case::root(&[podman::groups().pid]).all_agree();
}

#[test]
fn a_container_with_a_user_namespace() {
    Case::root(&[podman::uidmap().pid]).all_agree();
}

#[test]
fn a_privileged_container() {
    Case::root(&[podman::privileged().pid]).all_agree();
}

#[test]
fn a_container_with_the_hosts_pids() {
    // W5: it lists the host's processes, whose numbers there are their own.
    let target = podman::host_pid().pid;
    let neighbour = podman::plain().pid;
    Case {
        only: Some(&[target, neighbour]),
        ..Case::root(&[target])
    }
    .all_agree();
}

#[test]
fn a_pod_with_shared_pids() {
    let pod = podman::pod();
    // All three are listed whichever of them is asked for, by the names that one has.
    for pid in [pod.infra.pid, pod.members[0].pid, pod.members[1].pid] {
        Case::root(&[pid]).all_agree();
    }
}

#[test]
fn a_nested_namespace_within_a_container() {
    // W26: ids are the container's, also of a process that is root of a namespace of its own.
    Case::root(&[podman::nested().outer.pid]).all_agree();
}

#[test]
fn a_container_with_a_cgroup_namespace() {
    Case::root(&[podman::cgroupns().pid]).all_agree();
}

#[test]
fn a_container_with_a_terminal() {
    Case::root(&[podman::terminal().pid]).all_agree();
    let cells = View::joined(podman::terminal().pid).cells(podman::terminal().pid);
    assert!(cells["tty"].is_text("pts/0", NOW), "{:?}", cells["tty"]);
}

#[test]
fn a_rootless_container_seen_by_root() {
    Case::root(&[podman::rootless().plain.pid]).all_agree();
}

#[test]
fn a_rootless_container_seen_by_its_user() {
    // The library joins by setns alone, which is refused here, so the kernel alone is asked.
    let rootless = podman::rootless();
    Case {
        prefix: &rootless.user.prefix(),
        ..Case::root(&[rootless.plain.pid])
    }
    .psgo_agrees_with_the_kernel();
}

#[test]
fn a_rootless_container_seen_from_within_podman_unshare() {
    // W7, W8, W27: with -fill-mappings the h* ids are the host's, with the host's names.
    let rootless = podman::rootless();
    Case {
        prefix: &rootless.podman.unshare(),
        flags: &["-join", "-fill-mappings"],
        ..Case::root(&[rootless.plain.pid])
    }
    .psgo_agrees_with_the_kernel();
}

#[test]
fn fill_mappings_changes_nothing_in_the_first_user_namespace() {
    // W7: names of host ids are the host's, though a map is given.
    Case {
        flags: &["-join", "-fill-mappings"],
        ..Case::root(&[podman::plain().pid])
    }
    .psgo_agrees_with_the_kernel();
}
