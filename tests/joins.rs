//! What a join does to the process that joins, and what the containers of podman show of it.

use crate::{
    command::{list, psgo, psgo_after, row},
    machine::podman,
    oracle::kernel,
};

#[test]
fn a_pod_is_one_namespace() {
    // Each PID namespace is listed once, whichever of its members are named.
    let pod = podman::pod();
    let pids = list(&[pod.members[1].pid, pod.infra.pid, pod.members[0].pid]);
    let answer = psgo(&[
        "-pids", &pids, "-join", "-format", "pid,hpid", "-output", "json",
    ]);
    let rows = answer.succeeds().json();
    assert_eq!(rows.len(), 3);
    assert_eq!(row(&rows, 1)["hpid"], pod.infra.pid);
}

#[test]
fn several_containers_have_one_header_and_all_rows() {
    // W28
    let (a, b) = (podman::plain(), podman::uidmap());
    let count = kernel::visible_in(a.pid).len() + kernel::visible_in(b.pid).len();
    assert_eq!(count, 6);
    let pids = list(&[a.pid, b.pid]);
    let answer = psgo(&["-pids", &pids, "-join", "-format", "hpid,user"]).succeeds();
    let lines = answer.lines();
    assert_eq!(lines.len(), 1 + count);
    assert!(lines[0].starts_with("HPID"));
    assert!(lines[1].starts_with(&a.pid.to_string()), "{lines:?}");
    let users: Vec<&str> = lines[1..]
        .iter()
        .map(|line| line.split_whitespace().nth(1).unwrap())
        .collect();
    assert_eq!(
        users.iter().filter(|&&user| user == "alice").count(),
        2,
        "{users:?}"
    );
}

#[test]
fn names_are_the_containers_and_host_names_the_hosts() {
    let container = podman::groups();
    let asked = container.pid.to_string();
    let args = [
        "-pids",
        &asked,
        "-join",
        "-format",
        "pid,user,groups,hgroups",
        "-output",
        "json",
    ];
    let rows = psgo(&args).succeeds().json();
    let row = row(&rows, 1);
    assert_eq!(row["user"], "alice");
    let written = |name: &str| row[name].to_string();
    assert!(written("groups").contains("crew"), "{row:?}");
    // 44 has a name on the host alone.
    let host = kernel::names(std::path::Path::new("/etc/group"));
    let video = host.get(&44).expect("Debian's group 44");
    assert!(!written("groups").contains(video), "{row:?}");
    assert!(written("hgroups").contains(video), "{row:?}");
}

#[test]
fn all_capabilities_of_a_privileged_container_are_full_or_named() {
    // W24: full is what this kernel has, and no bit is called unknown.
    let asked = podman::privileged().pid.to_string();
    let answer = psgo(&["-pids", &asked, "-join", "-format", "capeff,capbnd"]).succeeds();
    assert!(!answer.text().contains("unknown"));
    assert!(answer.text().contains("full") || answer.text().contains("SYS_ADMIN"));
}

#[test]
fn with_the_hosts_pids_every_number_is_its_own() {
    // W5
    let asked = podman::host_pid().pid.to_string();
    let answer = psgo(&[
        "-pids", &asked, "-join", "-format", "pid,hpid", "-output", "json",
    ]);
    let rows = answer.succeeds().json();
    assert!(rows.len() > 10);
    for row in rows {
        assert_eq!(row["pid"], row["hpid"]);
    }
}

#[test]
fn a_rootless_users_own_listing_has_no_broken_line() {
    // W8: an id outside the map used to end in a newline.
    let rootless = podman::rootless();
    let asked = rootless.plain.pid.to_string();
    let names = "pid,huser,huid,hgroup,hgroups";
    let args = [
        "-pids",
        &asked,
        "-join",
        "-fill-mappings",
        "-format",
        names,
        "-no-header",
    ];
    for prefix in [rootless.user.prefix(), rootless.podman.unshare()] {
        let answer = psgo_after(&prefix, &args).succeeds();
        assert_eq!(answer.lines().len(), 3, "{}", answer.text());
        assert!(
            answer.text().contains(&rootless.user.name),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn fill_mappings_needs_a_join() {
    assert!(
        !psgo(&["-fill-mappings", "-format", "pid"])
            .exits(2)
            .stderr
            .is_empty()
    );
}
