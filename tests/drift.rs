//! `psgo drift` on machines: against psdiff's own words, containers, disks that are full.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    command::{self, Answer, psgo, psgo_after},
    machine::{
        dir, must_be_root,
        namespaces::{UNSHARE, nested},
        podman,
        process::{Held, quiet},
        run, wait_for,
    },
    oracle::kernel,
};

fn fixture(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/drift");
    fixtures.join(name)
}

/// A machine of daemons, by the script whose processes psdiff was asked about.
struct Machine {
    _holder: Held,
    init: i32,
}

impl Machine {
    fn start(name: &str) -> Self {
        must_be_root();
        let fifo = dir().join(name);
        run(Command::new("mkfifo").arg(&fifo));
        let holder = Held::start(
            quiet(Command::new("unshare").args(["-p", "-f", "-m", "--mount-proc", "--kill-child"]))
                .arg("bash")
                .args([fixture("machine.sh"), fixture("passwd"), fifo]),
        );
        let init = wait_for("the first process of the machine", || {
            let child = kernel::children(holder.pid()).first().copied()?;
            (kernel::comm(child)? == b"cat").then_some(child)
        });
        Self {
            _holder: holder,
            init,
        }
    }

    /// As on the machine's own shell.
    fn psgo(&self, args: &[&str]) -> Answer {
        let words = ["nsenter", "-m", "-p", "-t"].map(str::to_owned);
        psgo_after(&[&words[..], &[self.init.to_string()]].concat(), args)
    }
}

/// The last answer of several, for it takes a while until all are what they are to be.
fn comes_to(expected: &str, answer: impl Fn() -> Answer) {
    let end = Instant::now() + Duration::from_secs(30);
    let mut told = answer().succeeds();
    while told.text() != expected && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
        told = answer().succeeds();
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(told.text()), lines(expected));
    assert_eq!(told.text(), expected);
}

#[test]
fn a_dump_is_what_psdiff_says() {
    let machine = Machine::start("drift-dump");
    let theirs = fs::read_to_string(fixture("psdiff.dump")).unwrap();
    comes_to(&theirs, || machine.psgo(&["drift", "dump"]));
    // From outside it is a container, whose first process keeps its name. A zombie has left its mount
    // namespace, so that its user has no name.
    let joined = theirs.replacen("  INIT  {", "  /sbin/init splash  {", 1);
    let joined = joined.replace("<defunct>  {user=root}", "<defunct>  {user=0}");
    let init = machine.init.to_string();
    comes_to(&joined, || psgo(&["drift", "dump", "-join", &init]));

    let theirs = fs::read_to_string(fixture("psdiff-examples.dump")).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/drift-examples.toml");
    let examples = examples.to_str().unwrap();
    comes_to(&theirs, || {
        machine.psgo(&["drift", "dump", "-rules", examples])
    });
}

#[test]
fn psgo_does_not_list_itself() {
    // The shell, which is the first process there, shows that it would be seen.
    let shell = ["sh", "-c", "\"$@\"; :", "sh"];
    let prefix = [&UNSHARE[..], &shell].concat();
    let prefix: Vec<_> = prefix.into_iter().map(str::to_owned).collect();
    let unlike = "1234567s";
    // Joined, too: it is of the namespace that it joins.
    for place in [&[][..], &["-join", "1"]] {
        let args = [&["drift", "dump", "-timeout", unlike][..], place].concat();
        let dump = psgo_after(&prefix, &args).succeeds();
        let lines = dump.lines();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(place.is_empty() || lines[1].contains(unlike), "{lines:?}");
    }
}

#[test]
fn a_container_is_compared_with_its_own_list() {
    let container = podman::podman().start(&[], &["sh", "-c", "sleep 100001 & wait"]);
    let pid = container.pid.to_string();
    wait_for("the container's processes", || {
        (kernel::visible_in(container.pid).len() == 2).then_some(())
    });
    let db = dir().join("drift-container/list.db");
    let db = db.to_str().unwrap();
    let ask = |args: &[&str]| psgo(&[&["drift"], args, &["-join", &pid, "-db", db]].concat());
    ask(&["show"]).exits(2);
    ask(&["write"]).succeeds();
    assert_eq!(
        fs::read_to_string(db).unwrap(),
        "\
root  {user=root}
  sh -c sleep 100001 & wait  {user=root}
    sleep 100001  {user=root}
"
    );
    assert_eq!(ask(&["show"]).succeeds().text(), "");
    let more = podman::podman().exec(&container, &["--user", "1000"], &["sleep", "100002"]);
    // The name is the container's.
    let extra = "+   sleep 100002  {user=alice}\n";
    assert_eq!(ask(&["show"]).exits(1).text(), extra);
    assert_eq!(ask(&["show", "-missing"]).succeeds().text(), "");
    for pid in kernel::visible_in(container.pid) {
        if kernel::cmdline(pid).is_some_and(|words| words.last() == Some(&b"100001".to_vec())) {
            run(Command::new("kill").arg(pid.to_string()));
        }
    }
    wait_for("the daemon's end", || {
        (!kernel::visible_in(container.pid).contains(&more)).then_some(())
    });
}

/// What a shell with mounts of its own prints; `$1` is psgo, `$2` a folder.
fn with_mounts(name: &str, script: &str) -> Answer {
    must_be_root();
    let folder = dir().join(name);
    fs::create_dir(&folder).unwrap();
    let words = [
        &["timeout", "60"][..],
        &UNSHARE,
        &["bash", "-euc", script, "bash"],
    ]
    .concat();
    Answer::of(
        Command::new(words[0])
            .args(&words[1..])
            .arg(command::path())
            .arg(folder)
            .env(
                "DOC",
                Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/drift.md"),
            ),
    )
}

#[test]
fn a_full_disk_loses_no_list() {
    let answer = with_mounts(
        "drift-full",
        r#"
        mount -t tmpfs -o size=64k tmpfs "$2"
        cd "$2"
        printf 'root  {user=root}\n  another  {user=root}\n' >list
        cp list before
        head -c 1000000 /dev/zero >filler 2>/dev/null || :
        code=0
        "$1" drift write -db "$PWD/list" 2>&1 || code=$?
        echo "$code"
        cmp list before
        ls -A
        rm filler
        head -c 53248 /dev/zero >filler
        code=0
        "$1" drift add root "$(head -c 30000 /dev/zero | tr '\0' x)" -db "$PWD/list" 2>&1 || code=$?
        echo "$code"
        cmp list before
        ls -A
        rm filler
        "$1" drift add root cat -db "$PWD/list"
        cmp list.old before
        "#,
    )
    .exits(0);
    let folder = dir().join("drift-full");
    let full = format!(
        "psgo: {}/list: cannot write: No space left on device; nothing has changed",
        folder.display()
    );
    let wrote = format!("Wrote to {}/list", folder.display());
    assert_eq!(
        answer.lines(),
        [
            &full,
            "2",
            "before",
            "filler",
            "list",
            &full,
            "2",
            "before",
            "filler",
            "list",
            &wrote,
            "+     cat  {user=root}"
        ]
    );
}

#[test]
fn where_nothing_can_be_written_nothing_is_lost() {
    let answer = with_mounts(
        "drift-read-only",
        r#"
        mount -t tmpfs -o mode=755 tmpfs "$2"
        cd "$2"
        mkdir mine
        printf 'root  {user=root}\n' >mine/list
        chmod 644 mine/list
        ask() { code=0; "$@" 2>&1 || code=$?; echo "$code"; }
        nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
        ask $nobody "$1" drift add root cat -db mine/list
        ask $nobody "$1" drift write -db new/list
        mount -o remount,ro "$2"
        ask "$1" drift add root cat -db mine/list
        ask "$1" drift write -db new/list
        ask "$1" drift write -db mine/list/below
        chmod 000 mine 2>/dev/null || :
        cat mine/list
        ls -A . mine
        "#,
    )
    .exits(0);
    assert_eq!(
        answer.lines(),
        [
            "psgo: mine/list: cannot write: Permission denied; nothing has changed",
            "2",
            "psgo: new: Permission denied",
            "2",
            "psgo: mine/list: cannot write: Read-only file system; nothing has changed",
            "2",
            "psgo: new: Read-only file system",
            "2",
            "psgo: mine/list/below: Not a directory",
            "2",
            "root  {user=root}",
            ".:",
            "mine",
            "",
            "mine:",
            "list"
        ]
    );
}

#[test]
fn rules_are_looked_for_in_two_places_each() {
    let answer = with_mounts(
        "drift-rules",
        r#"
        mount -t tmpfs tmpfs "$2"
        mkdir "$2/upper" "$2/work"
        mount -t overlay -o "lowerdir=/etc,upperdir=$2/upper,workdir=$2/work" overlay /etc
        mount -t tmpfs tmpfs /usr/local/etc
        rule() { printf '[[rule]]\nname="%s"\nstart="%s"\nignore="tree"\n' "$1" "$1" >"$2"; }
        check() { "$1" drift rules -check | grep -v ^built-in: || echo none; }
        check "$1"
        mkdir -p /etc/psgo/drift.d
        rule b /etc/psgo/drift.d/2.toml
        rule a /etc/psgo/drift.d/10.toml
        rule a /etc/psgo/drift.d/.3.toml
        echo no toml >/etc/psgo/drift.d/2.toml~
        check "$1"
        mkdir -p /usr/local/etc/psgo/drift.d
        check "$1"
        rule c /etc/psgo/drift.toml
        check "$1"
        echo 'builtin = false' >/usr/local/etc/psgo/drift.toml
        "$1" drift rules -check
        echo 'builtin = tru' >/usr/local/etc/psgo/drift.toml
        "$1" drift dump 2>&1 || echo $?
        "#,
    )
    .exits(0);
    assert_eq!(
        answer.lines(),
        [
            "none",
            "/etc/psgo/drift.d/10.toml: 1 rule",
            "/etc/psgo/drift.d/2.toml: 1 rule",
            "none",
            "/etc/psgo/drift.toml: 1 rule",
            "/usr/local/etc/psgo/drift.toml: 0 rules",
            "psgo: /usr/local/etc/psgo/drift.toml:1: invalid boolean, expected `true`",
            "2"
        ]
    );
}

/// The pauses of a call, in milliseconds, by strace; and how it ended.
fn pauses(args: &[&str]) -> (Vec<u64>, Option<i32>) {
    let words = [
        "strace",
        "-f",
        "-q",
        "-e",
        "trace=clock_nanosleep",
        "-e",
        "signal=none",
    ];
    let answer = psgo_after(&words.map(str::to_owned), args);
    let number = |text: &str| text.parse::<u64>().unwrap();
    let calls = answer.stderr.lines().filter_map(|line| {
        let (_, span) = line
            .split_once("clock_nanosleep(")?
            .1
            .split_once("{tv_sec=")?;
        let (secs, rest) = span.split_once(", tv_nsec=")?;
        let nanos = rest.split('}').next()?;
        Some(number(secs) * 1000 + number(nanos) / 1_000_000)
    });
    (calls.collect(), answer.code)
}

#[test]
fn a_retry_looks_five_times_and_no_longer_than_it_must() {
    let db = dir().join("drift-retry");
    let nested = nested(1);
    let inside = nested.inner.to_string();
    // What never runs, and nothing of what does.
    fs::write(&db, "root  {user=root}\n  no-such-daemon  {user=root}\n").unwrap();
    let db = db.to_str().unwrap();
    let show = ["drift", "show", "-join", &inside, "-db", db];
    let ask = |args: &[&str]| pauses(&[&show, args].concat());
    let all = vec![100, 300, 600, 1000];
    assert_eq!(ask(&["-retry"]), (all.clone(), Some(1)));
    assert_eq!(ask(&["-retry", "-missing"]), (all.clone(), Some(1)));
    assert_eq!(ask(&["-retry", "-extra"]), (all, Some(1)));
    assert_eq!(ask(&[]), (vec![], Some(1)));
    // Only the side that is asked for counts.
    fs::write(db, "root  {user=root}\n").unwrap();
    assert_eq!(ask(&["-retry", "-missing"]), (vec![], Some(0)));
    assert_eq!(ask(&["-retry", "-extra"]).0.len(), 4);
    assert_eq!(ask(&["-retry"]).0.len(), 4);
}

#[test]
fn the_lines_of_the_documentation_do_what_it_says() {
    let answer = with_mounts(
        "drift-docs",
        r#"
        mount -t tmpfs tmpfs "$2"
        mount -t tmpfs tmpfs /var/lib
        mount -t tmpfs tmpfs /usr/local
        mkdir -p /usr/local/bin /usr/local/lib/psgo /usr/local/etc/psgo
        cp "$1" /usr/local/bin/psgo
        PATH=/usr/local/bin:$PATH
        cd "$2"
        block() {
            awk -v mark="<!-- tried: $1 -->" '
                $0 == mark { seen = 1; next }
                seen && /^```/ { if (inside) exit; inside = 1; next }
                inside' "$DOC"
        }

        block zabbix >conf
        agent() { (exec -a /usr/sbin/zabbix_agentd sh <command); }
        value() { sed -n "s/^UserParameter=$1,//p" conf >command; agent >told; echo "$1: $(cat told)"; }
        value psgo.drift.missing
        echo psgo drift write >command
        agent
        value psgo.drift.missing
        value psgo.drift.extra
        psgo drift add root gone >/dev/null
        value psgo.drift.missing
        value psgo.drift.extra

        block prometheus >/usr/local/lib/psgo/drift-metrics
        block prometheus-rule >/usr/local/etc/psgo/drift.toml
        chmod +x /usr/local/lib/psgo/drift-metrics
        metrics() { /usr/local/lib/psgo/drift-metrics "$2"; grep -v '^#' psgo_drift.prom; }
        psgo drift write >/dev/null
        metrics "$@"
        psgo drift add root gone >/dev/null
        metrics "$@"
        mv /var/lib/psgo/drift.db aside
        metrics "$@" 2>&1
        mv aside /var/lib/psgo/drift.db

        $(block service | sed -n 's/^ExecStart=//p') || echo $?
        psgo drift write
        $(block service | sed -n 's/^ExecStart=//p')
        "#,
    )
    .exits(0);
    let none =
        "psgo: /var/lib/psgo/drift.db: there is no list yet; psgo drift write saves what runs now";
    assert_eq!(
        answer.lines(),
        [
            &*format!("psgo.drift.missing: {none}"),
            "Wrote to /var/lib/psgo/drift.db",
            "psgo.drift.missing: ",
            "psgo.drift.extra: ",
            "psgo.drift.missing: -     gone  {user=root}",
            "psgo.drift.extra: ",
            "psgo_drift_up 1",
            "psgo_drift_missing 0",
            "psgo_drift_extra 0",
            "psgo_drift_unknown 0",
            "psgo_drift_up 1",
            "psgo_drift_missing 1",
            "psgo_drift_extra 0",
            "psgo_drift_unknown 0",
            none,
            "psgo_drift_up 0",
            "-     gone  {user=root}",
            "1",
            "Wrote to /var/lib/psgo/drift.db",
        ]
    );
}

/// The list after a change for which the system refuses something, and how it ended.
fn refused(list: &Path, what: &[&str]) -> (Option<i32>, String) {
    let mut words = vec!["strace", "-f", "-qq", "-o", "/dev/null"];
    words.extend(what.iter().flat_map(|what| ["-e", what]));
    let words: Vec<_> = words.into_iter().map(str::to_owned).collect();
    let list = list.to_str().unwrap();
    let answer = psgo_after(&words, &["drift", "add", "-db", list, "root", "cat"]);
    (answer.code, fs::read_to_string(list).unwrap())
}

#[test]
fn whatever_is_refused_there_is_a_whole_list() {
    let folder = dir().join("drift-refused");
    fs::create_dir(&folder).unwrap();
    let (list, old) = (folder.join("list"), folder.join("list.old"));
    let before = "root  {user=root}\n  INIT  {user=root}\n";
    fs::write(&list, before).unwrap();
    for what in [
        &["inject=write:error=ENOSPC"][..],
        &["inject=fsync:error=EIO"],
        &["inject=fchmod:error=EPERM"],
        &["inject=fsync:error=ENOSPC:when=2+"],
        &["inject=renameat:error=EROFS:when=1"],
        &["inject=renameat:error=EROFS:when=2"],
    ] {
        let (code, after) = refused(&list, what);
        assert_eq!((code, &*after), (Some(2), before), "{what:?}");
        let names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "list.old")
            .collect();
        assert_eq!(names, ["list"], "{what:?}");
    }
    // Where a file without a name cannot be given one, it has one from the beginning.
    let after = format!("{before}    cat  {{user=root}}\n");
    let _ = fs::remove_file(&old);
    assert_eq!(
        refused(&list, &["inject=linkat:error=EPERM"]),
        (Some(0), after)
    );
    assert_eq!(fs::read_to_string(&old).unwrap(), before);
}
