//! Namespaces that no container runtime made: nested, mapped, and with parts missing or forged.

use std::fs;

use serde_json::Value;

use crate::{
    command::{list, psgo, row},
    compare::{Case, right_or_refused},
    machine::{
        dir,
        namespaces::{BECOME_ROOT, host_pid, mapped, nested, prepared},
        process::sleeping,
    },
    oracle::kernel,
};

/// The cells of these columns, of all that runs where `target` does.
fn cells(target: i32, columns: &str) -> Vec<String> {
    let asked = target.to_string();
    let args = ["-pids", &asked, "-join", "-format", columns, "-no-header"];
    let answer = psgo(&args).succeeds();
    let words = answer.text().split_whitespace();
    words.map(str::to_owned).collect()
}

/// The user of the first process there: by the container's number, and by the host's.
fn uids_of_the_first(target: i32) -> [Value; 2] {
    let asked = target.to_string();
    let args = ["-pids", &asked, "-join", "-format", "pid,uid,huid"];
    let answer = psgo(&[&args[..], &["-output", "json"]].concat()).succeeds();
    let rows = answer.json();
    let first = row(&rows, 1);
    ["uid", "huid"].map(|name| first[name].clone())
}

#[test]
fn namespaces_three_deep() {
    // W1: each level is joined from the host, and each shows the levels below it.
    let deep = nested(3);
    assert_eq!(kernel::ns_pids(deep.inner).unwrap().len(), 4);
    for (level, target) in deep.levels.iter().enumerate() {
        Case::root(&[*target]).psgo_agrees_with_the_kernel();
        // Each further level adds a process and the one that made its namespace.
        assert_eq!(cells(*target, "hpid").len(), 5 - 2 * level);
    }
}

#[test]
fn a_pid_of_a_level_between_is_not_taken_for_the_innermost() {
    // W2: in a family two levels deep the middle number of one is the inner number of the next.
    let family = crate::machine::namespaces::family(2, 4);
    let numbers: Vec<Vec<i64>> = kernel::visible_in(family.inner)
        .into_iter()
        .map(|pid| kernel::ns_pids(pid).unwrap())
        .collect();
    assert_eq!(numbers.len(), 5, "{numbers:?}");
    let confusing = numbers
        .iter()
        .any(|a| numbers.iter().any(|b| a[1] == b[2] && a[0] != b[0]));
    assert!(confusing, "{numbers:?}");
    Case::root(&[family.inner]).psgo_agrees_with_the_kernel();
}

#[test]
fn a_user_namespace_with_maps() {
    let target = mapped("0 300000 70000\n", "0 100000 70000\n", BECOME_ROOT);
    Case::root(&[target.inner]).psgo_agrees_with_the_kernel();
    assert_eq!(uids_of_the_first(target.inner), [0, 300_000]);
}

#[test]
fn a_user_namespace_with_several_ranges() {
    let map = "0 500000 1\n1 600000 10\n1000 700000 1000\n";
    let script = "exec setpriv --reuid=1500 --regid=5 --clear-groups \
        sh -c 'exec sleep 100000'";
    let script =
        format!("setpriv --reuid=0 --regid=0 --clear-groups mount -t proc proc /proc; {script}");
    let target = mapped(map, map, &script);
    Case::root(&[target.inner]).psgo_agrees_with_the_kernel();
    assert_eq!(uids_of_the_first(target.inner), [1500, 700_500]);
}

#[test]
fn the_hosts_pids_in_another_mount_namespace() {
    // W5: all the host's processes are listed, and known by their own numbers.
    let target = host_pid("true");
    let neighbour = sleeping();
    Case {
        only: Some(&[target.pid(), neighbour.pid()]),
        ..Case::root(&[target.pid()])
    }
    .psgo_agrees_with_the_kernel();
}

#[test]
fn without_passwd_and_group_ids_are_numbers() {
    let target = prepared("mount -t tmpfs none /etc");
    Case::root(&[target.inner]).psgo_agrees_with_the_kernel();
    let found = cells(target.inner, "user,group,huser");
    assert_eq!(found, ["0", "0", "root"]);
}

#[test]
fn a_comment_in_passwd_is_nobodys_name() {
    // W23: its numbers are none, and must not be zero.
    let passwd = dir().join("odd-passwd");
    fs::write(
        &passwd,
        "# managed: by: tool\nx:y:notanumber:0::/:\n::::\nreal:x:0:0::/:/bin/sh\n",
    )
    .unwrap();
    let target = prepared(&format!("mount --bind {} /etc/passwd", passwd.display()));
    assert_eq!(cells(target.inner, "user,huser"), ["real", "root"]);
}

#[test]
fn host_names_never_come_from_the_container() {
    // W7, W18, A18
    let passwd = dir().join("evil-passwd");
    fs::write(&passwd, "evilroot:x:0:0::/:/bin/sh\n").unwrap();
    let target = prepared(&format!("mount --bind {} /etc/passwd", passwd.display()));
    let asked = target.inner.to_string();
    for flags in [&["-join"][..], &["-join", "-fill-mappings"]] {
        let args = ["-pids", &asked, "-format", "user,huser,huid", "-no-header"];
        let answer = psgo(&[&args[..], flags].concat()).succeeds();
        let words: Vec<&str> = answer.text().split_whitespace().collect();
        assert_eq!(words, ["evilroot", "root", "0"], "{flags:?}");
    }
}

/// A zone file of one zone: nine hours east of UTC, `JST`.
fn tokyo() -> Vec<u8> {
    let mut file = b"TZif\0".to_vec();
    file.resize(20, 0);
    for count in [0u32, 0, 0, 0, 1, 4] {
        file.extend(count.to_be_bytes());
    }
    file.extend(32400u32.to_be_bytes());
    file.extend(b"\0\0JST\0");
    file
}

#[test]
fn times_are_in_the_hosts_zone() {
    // W18
    let zone = dir().join("tokyo");
    fs::write(&zone, tokyo()).unwrap();
    let target = prepared(&format!(
        "mount -t tmpfs none /etc; cp {} /etc/localtime",
        zone.display()
    ));
    Case::root(&[target.inner]).psgo_agrees_with_the_kernel();
    let asked = target.inner.to_string();
    let joined = psgo(&["-pids", &asked, "-join", "-format", "stime", "-no-header"]).succeeds();
    let host = psgo(&["-pids", &asked, "-format", "stime", "-no-header"]).succeeds();
    assert_eq!(joined.text(), host.text());
    assert!(!joined.text().contains("JST"), "{}", joined.text());
}

#[test]
fn the_moment_of_boot_is_the_hosts() {
    // W17: a container may bind anything over its /proc/stat and /proc/uptime.
    let stat = dir().join("forged-stat");
    fs::write(&stat, "cpu 0 0 0 0\nbtime 100\n").unwrap();
    let uptime = dir().join("forged-uptime");
    fs::write(&uptime, "5.00 5.00\n").unwrap();
    let target = prepared(&format!(
        "mount --bind {} /proc/stat; mount --bind {} /proc/uptime",
        stat.display(),
        uptime.display()
    ));
    Case::root(&[target.inner]).psgo_agrees_with_the_kernel();
}

#[test]
fn without_terminals_a_terminal_is_unknown() {
    // W13: unknown is `?`, and nothing is looked up where there is none.
    let target = prepared("mount -t tmpfs none /dev");
    Case::root(&[target.inner]).psgo_agrees_with_the_kernel();
    assert_eq!(cells(target.inner, "tty"), ["?"]);
}

#[test]
fn a_container_without_proc_is_not_an_empty_answer() {
    // W29, W30
    let target = prepared("umount -l /proc; mount -t tmpfs none /proc");
    right_or_refused(target.inner);
}

#[test]
fn a_proc_of_other_pids_is_not_believed() {
    // W6: the mount namespace still has the outer /proc.
    let target = crate::machine::namespaces::without_own_proc();
    right_or_refused(target.inner);
}

#[test]
fn a_proc_of_inner_pids_is_not_believed() {
    // W6: this process made the mount namespace for its child, whose /proc is there.
    let deep = nested(2);
    let [maker] = kernel::children(deep.levels[0])[..] else {
        panic!("one child");
    };
    assert_eq!(
        kernel::namespace(maker, "pid"),
        kernel::namespace(deep.levels[0], "pid")
    );
    assert_eq!(
        kernel::namespace(maker, "mnt"),
        kernel::namespace(deep.inner, "mnt")
    );
    right_or_refused(maker);
}

#[test]
fn a_forged_proc_breaks_nothing() {
    // A3: files that no kernel writes, at the places where the kernel's would be.
    let forged = dir().join("forged-proc");
    fs::create_dir_all(forged.join("1")).unwrap();
    for (file, text) in [
        ("stat", "(\n"),
        ("status", "Name:\n"),
        ("cmdline", ""),
        ("statm", "x"),
    ] {
        fs::write(forged.join("1").join(file), text).unwrap();
    }
    let target = prepared(&format!("mount --bind {} /proc", forged.display()));
    right_or_refused(target.inner);
}

#[test]
fn a_pipe_in_the_place_of_passwd_holds_nobody_up() {
    // A4
    let pipe = dir().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let target = prepared(&format!(
        "mount --bind {0} /etc/passwd; mount --bind {0} /etc/group",
        pipe.display()
    ));
    let asked = target.inner.to_string();
    let answer = psgo(&[
        "-pids",
        &asked,
        "-join",
        "-format",
        "pid,user,group,comm",
        "-no-header",
    ]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let words: Vec<&str> = answer.text().split_whitespace().collect();
    assert_eq!(words, ["1", "0", "0", "sleep"]);
}

#[test]
fn cgroups_play_no_part() {
    // W4, A8, A9: a process in another cgroup than the joined one, with a colon in its name.
    let cgroups = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"]
        .into_iter()
        .find(|path| fs::exists(format!("{path}/cgroup.procs")).unwrap())
        .expect("a cgroup hierarchy");
    let group = format!("{cgroups}/psgo-test:{}", std::process::id());
    crate::machine::at_end(&format!("rmdir {group}"));
    fs::create_dir(&group).unwrap();
    let family = crate::machine::namespaces::family(1, 2);
    let moved = *kernel::visible_in(family.inner).last().unwrap();
    fs::write(format!("{group}/cgroup.procs"), moved.to_string()).unwrap();
    assert_ne!(
        fs::read(format!("/proc/{moved}/cgroup")).unwrap(),
        fs::read(format!("/proc/{}/cgroup", family.inner)).unwrap()
    );
    Case::root(&[family.inner]).psgo_agrees_with_the_kernel();
    // Joined by the process that is in the odd one, too.
    Case::root(&[moved]).psgo_agrees_with_the_kernel();
}

#[test]
fn several_namespaces_come_in_the_order_given_and_each_once() {
    // W28: the headers are there whatever becomes of the first.
    let (a, b) = (nested(1), nested(1));
    let family = crate::machine::namespaces::family(1, 2);
    let members = kernel::visible_in(family.inner);
    let pids = list(&[b.inner, members[0], a.inner, members[1]]);
    let args = ["-pids", &pids, "-join", "-format", "hpid"];
    let answer = psgo(&args).succeeds();
    let mut right = vec![b.inner];
    right.extend(&members);
    right.push(a.inner);
    let found: Vec<i32> = answer.lines()[1..]
        .iter()
        .map(|pid| pid.trim().parse().unwrap())
        .collect();
    assert_eq!(found, right);
    let pids = format!("99999999,{}", a.inner);
    let answer = psgo(&["-pids", &pids, "-join", "-format", "hpid"]).exits(1);
    assert_eq!(answer.text(), format!("HPID\n{}\n", a.inner));
    assert!(answer.stderr.contains("99999999"), "{}", answer.stderr);
}

#[test]
fn a_joined_pid_has_numbers_of_its_own() {
    let family = crate::machine::namespaces::family(1, 2);
    let target = family.inner.to_string();
    let answer = psgo(&[
        "-pids",
        "1",
        "-join",
        &target,
        "-format",
        "hpid",
        "-no-header",
    ]);
    assert_eq!(answer.succeeds().text().trim(), target);
}

#[test]
fn who_may_not_join_is_told_so() {
    // W3, A7: what cannot be read matches nothing, and no row is made of it.
    let target = nested(1);
    let asked = target.inner.to_string();
    let nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]
    .map(str::to_owned);
    let args = [
        "-pids",
        &asked,
        "-join",
        "-format",
        "pid,hpid",
        "-no-header",
    ];
    let answer = crate::command::psgo_after(&nobody, &args);
    assert!(matches!(answer.code, Some(1 | 2)), "{answer:?}");
    assert_eq!(answer.text(), "");
    assert!(answer.stderr.contains(&asked), "{}", answer.stderr);
}

#[test]
fn the_oracles_agree_about_namespaces_made_by_hand() {
    let deep = nested(2);
    Case::root(&[deep.levels[0]]).oracles_agree();
    Case::root(&[deep.levels[1]]).oracles_agree();
    let mapped = mapped("0 300000 70000\n", "0 100000 70000\n", BECOME_ROOT);
    Case::root(&[mapped.inner]).oracles_agree();
    let bare = prepared("mount -t tmpfs none /etc");
    Case::root(&[bare.inner]).oracles_agree();
    let dark = prepared("mount -t tmpfs none /dev");
    Case::root(&[dark.inner]).oracles_agree();
    let family = crate::machine::namespaces::family(2, 4);
    assert_eq!(kernel::visible_in(family.inner).len(), 5);
}
