//! Every cell of every descriptor, over each kind of container.

use crate::{
    compare::{Case, NOW, right_or_refused},
    machine::podman,
    oracle::cells::View,
};

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
    // All three are listed whichever of them is asked for, each by its own names.
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
fn a_nested_namespace_joined_by_itself() {
    // W6: its /proc is the container's, and lists the container's processes.
    right_or_refused(podman::nested().inner);
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
