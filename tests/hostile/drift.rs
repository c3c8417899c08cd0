//! Users who wait beside the lists of `psgo drift`, and processes that are in its way.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink},
        process::ExitStatusExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use nix::{
    fcntl::{FcntlArg, fcntl},
    libc,
    sys::stat::Mode,
    unistd::mkfifo,
};

use crate::{
    command::{self, psgo, psgo_after},
    machine::{dir, must_be_root},
};

/// Nobody's number here.
const STRANGER: u32 = 1000;

const LIST: &str = "root  {user=root}\n  INIT  {user=root}\n";

/// A directory of this test alone, with a list in it.
fn folder(name: &str) -> (PathBuf, PathBuf) {
    must_be_root();
    let folder = dir().join(name);
    fs::create_dir(&folder).unwrap();
    mode(&folder, 0o755);
    let list = folder.join("list");
    fs::write(&list, LIST).unwrap();
    mode(&list, 0o600);
    (folder, list)
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn give(path: &Path) {
    lchown(path, Some(STRANGER), Some(STRANGER)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// Everything that a directory holds, as it is kept.
fn held(folder: &Path) -> Vec<(String, u32, u32, u64, u64)> {
    let entry = |name: String| {
        let found = fs::symlink_metadata(folder.join(&name)).unwrap();
        (name, found.uid(), found.mode(), found.ino(), found.size())
    };
    names(folder).into_iter().map(entry).collect()
}

/// All that takes a list refuses this one for the reason given, and changes nothing.
#[track_caller]
fn refused(name: &str, prepare: impl FnOnce(&Path, &Path), reason: &str) {
    let (folder, list) = folder(name);
    prepare(&folder, &list);
    let before = held(&folder);
    let path = list.to_str().unwrap();
    for args in [
        &["write"][..],
        &["add", "root", "cat"],
        &["remove", "root", "cat"],
        &["show"],
    ] {
        let answer = psgo(&[&["drift"], args, &["-db", path]].concat()).exits(2);
        assert_eq!(answer.text(), "", "{args:?}");
        let told = answer.stderr.replace(folder.to_str().unwrap(), "DIR");
        // Those of other tests here may not answer.
        let of_others = |line: &&str| !line.starts_with("psgo: cannot be compared: ");
        let told: Vec<_> = told.lines().filter(of_others).collect();
        assert_eq!(told, [format!("psgo: {reason}")], "{args:?}");
        assert_eq!(held(&folder), before, "{args:?}");
    }
}

#[test]
fn no_list_is_kept_where_another_user_can_replace_it() {
    let owned = "belongs to user 1000, not to root; chown it if its content can be trusted, or use \
                 another place";
    refused(
        "drift-stranger",
        |folder, _| give(folder),
        &format!("DIR: {owned}"),
    );
    let open = |mode, path: &str| {
        format!(
            "{path}: others may replace what is in this directory (mode {mode}); chmod go-w {path}, \
             or use another place"
        )
    };
    refused(
        "drift-open",
        |folder, _| mode(folder, 0o777),
        &open("777", "DIR"),
    );
    refused(
        "drift-group",
        |folder, _| mode(folder, 0o775),
        &open("775", "DIR"),
    );
    // What belongs to another is refused wherever it is, also where he could only put it.
    let sticky = |prepare: fn(&Path)| {
        move |folder: &Path, list: &Path| {
            prepare(list);
            mode(folder, 0o1777);
        }
    };
    refused(
        "drift-others-list",
        sticky(give),
        &format!("DIR/list: {owned}"),
    );
    refused(
        "drift-others-link",
        sticky(|list| {
            fs::remove_file(list).unwrap();
            symlink("/etc/passwd", list).unwrap();
            give(list);
        }),
        &format!("DIR/list: {owned}"),
    );
    refused(
        "drift-writable-list",
        |_, list| mode(list, 0o666),
        "DIR/list: others may change it (mode 666); chmod go-w DIR/list if its content can be trusted",
    );
    refused(
        "drift-two-names",
        |folder, list| fs::hard_link(list, folder.join("other")).unwrap(),
        "DIR/list: it has 2 names (hard links), so it may be somebody else's file; use a copy of it",
    );
    refused(
        "drift-pipe",
        |_, list| {
            fs::remove_file(list).unwrap();
            mkfifo(list, Mode::S_IRUSR).unwrap();
        },
        "DIR/list: not a regular file",
    );
}

#[test]
fn a_way_to_a_list_that_another_user_can_change_is_not_gone() {
    let (folder, _) = folder("drift-way");
    let (theirs, ours) = (folder.join("theirs"), folder.join("ours"));
    for dir in [&theirs, &theirs.join("root"), &ours] {
        fs::create_dir(dir).unwrap();
        mode(dir, 0o755);
    }
    give(&theirs);
    symlink("../ours", theirs.join("link")).unwrap();
    symlink("theirs/root", folder.join("to-theirs")).unwrap();
    symlink("ours", folder.join("to-ours")).unwrap();
    let write = |path: &str| {
        let db = folder.join(path);
        psgo(&["drift", "write", "-db", db.to_str().unwrap()])
    };
    for path in ["theirs/root/list", "theirs/link/list", "to-theirs/list"] {
        let answer = write(path).exits(2);
        let wrong = format!("psgo: {}: belongs to user 1000", theirs.display());
        assert!(
            answer.stderr.starts_with(&wrong),
            "{path}: {}",
            answer.stderr
        );
    }
    assert!(names(&theirs.join("root")).is_empty());
    write("to-ours/list").exits(0);
    assert_eq!(names(&ours), ["list"]);
    // A link that leads nowhere yet stays a link.
    symlink("ours/other", folder.join("dangling")).unwrap();
    write("dangling").exits(0);
    assert_eq!(names(&ours), ["list", "other"]);
    symlink("round", folder.join("round")).unwrap();
    let answer = write("round").exits(2);
    let words = "Too many levels of symbolic links\n";
    assert!(answer.stderr.ends_with(words), "{}", answer.stderr);
}

#[test]
fn rules_of_another_user_are_not_followed() {
    let (folder, _) = folder("drift-others-rules");
    let rules = folder.join("rules.toml");
    fs::write(&rules, "builtin = false\n").unwrap();
    mode(&rules, 0o644);
    let check = || {
        psgo(&[
            "drift",
            "rules",
            "-check",
            "-rules",
            rules.to_str().unwrap(),
        ])
    };
    // Package managers give files with the same content one inode.
    fs::hard_link(&rules, folder.join("same")).unwrap();
    check().succeeds();
    mode(&rules, 0o664);
    let answer = check().exits(2);
    let wrong = format!("psgo: {}: others may change it", rules.display());
    assert!(answer.stderr.starts_with(&wrong), "{}", answer.stderr);
    mode(&rules, 0o644);
    give(&rules);
    let answer = check().exits(2);
    let wrong = format!("psgo: {}: belongs to user 1000", rules.display());
    assert!(answer.stderr.starts_with(&wrong), "{}", answer.stderr);
}

#[test]
fn where_everybody_may_create_files_a_list_of_ones_own_is_safe() {
    let (folder, list) = folder("drift-sticky");
    mode(&folder, 0o1777);
    // He cannot remove the list, but be there before all other files.
    let lock = folder.join(".list.psgo-lock");
    for name in [".list.psgo-new", ".list.psgo-kept", "list.old"] {
        symlink("/etc/passwd", folder.join(name)).unwrap();
        give(&folder.join(name));
    }
    let passwd = fs::metadata("/etc/passwd").unwrap();
    let add = || psgo(&["drift", "add", "root", "cat", "-db", list.to_str().unwrap()]);
    add().exits(0);
    let now = fs::metadata("/etc/passwd").unwrap();
    assert_eq!((now.uid(), now.mode()), (passwd.uid(), passwd.mode()));
    assert_eq!((now.ino(), now.mtime()), (passwd.ino(), passwd.mtime()));
    assert_eq!(names(&folder), ["list", "list.old"]);
    assert_eq!(fs::read_to_string(folder.join("list.old")).unwrap(), LIST);
    fs::write(&lock, "").unwrap();
    give(&lock);
    let answer = add().exits(2);
    let wrong = format!("psgo: {}: belongs to user 1000", lock.display());
    assert!(answer.stderr.starts_with(&wrong), "{}", answer.stderr);
}

#[test]
fn of_many_who_change_a_list_at_once_none_is_lost() {
    let (folder, list) = folder("drift-at-once");
    let list = list.to_str().unwrap();
    thread::scope(|scope| {
        for number in 0..20 {
            let name = format!("daemon-{number}");
            scope.spawn(move || psgo(&["drift", "add", "root", &name, "-db", list]).exits(0));
        }
        // Whoever reads meanwhile finds a whole list.
        scope.spawn(|| {
            for _ in 0..10 {
                let answer = psgo(&["drift", "show", "-missing", "-db", list]);
                // None is missing before the first was added.
                assert!(matches!(answer.code, Some(0 | 1)), "{}", answer.stderr);
                assert_eq!(answer.stderr, "");
            }
        });
    });
    let text = fs::read_to_string(list).unwrap();
    for number in 0..20 {
        assert!(text.contains(&format!("    daemon-{number}  {{")), "{text}");
    }
    assert_eq!(names(&folder), ["list", "list.old"]);
}

#[test]
fn what_a_killed_one_leaves_is_gone_after_the_next() {
    let (folder, list) = folder("drift-killed");
    let add = ["drift", "add", "root", "cat", "-db", list.to_str().unwrap()];
    for (call, left) in [
        // As long as they are not whole, the files have no names.
        ("fsync:signal=TERM:when=1", &[".list.psgo-lock", "list"][..]),
        (
            "renameat:signal=KILL:when=1",
            &[
                ".list.psgo-kept",
                ".list.psgo-lock",
                ".list.psgo-new",
                "list",
            ],
        ),
    ] {
        let inject = format!("inject={call}");
        let words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &*inject];
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(command::path()).args(add);
        let status = command.stdout(Stdio::null()).status().unwrap();
        assert!(
            status.signal().is_some() || status.code() > Some(128),
            "{status}"
        );
        assert_eq!(names(&folder), left, "{call}");
        assert_eq!(fs::read_to_string(&list).unwrap(), LIST, "{call}");
    }
    psgo(&add).exits(0);
    assert_eq!(names(&folder), ["list", "list.old"]);
}

#[test]
fn who_keeps_a_list_from_being_changed_is_named() {
    let (folder, list) = folder("drift-locked");
    let lock = folder.join(".list.psgo-lock");
    let file = fs::File::create(&lock).unwrap();
    let whole = libc::flock {
        l_type: libc::F_WRLCK.try_into().unwrap(),
        l_whence: libc::SEEK_SET.try_into().unwrap(),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_SETLK(&whole)).unwrap();
    let add = ["drift", "add", "root", "cat", "-db", list.to_str().unwrap()];
    let answer = psgo(&add).exits(2);
    assert_eq!(
        answer.stderr,
        format!(
            "psgo: {}: another psgo drift (process {}) has been changing it for 10 seconds; \
             wait for that to end, or end it; nothing has changed\n",
            list.display(),
            std::process::id()
        )
    );
    drop(file);
    psgo(&add).exits(0);
    assert_eq!(names(&folder), ["list", "list.old"]);
}

#[test]
fn a_list_is_for_its_owner_alone_unless_others_were_let_in() {
    let (folder, list) = folder("drift-permissions");
    fs::remove_file(&list).unwrap();
    let sub = folder.join("new");
    let in_sub = sub.join("list");
    let shell = ["sh", "-c", "umask 0; exec \"$@\"", "sh"].map(str::to_owned);
    for path in [&list, &in_sub] {
        let args = ["drift", "write", "-db", path.to_str().unwrap()];
        psgo_after(&shell, &args).exits(0);
        let found = fs::metadata(path).unwrap();
        assert_eq!(found.mode() & 0o7777, 0o600);
    }
    assert_eq!(fs::metadata(&sub).unwrap().mode() & 0o7777, 0o755);
    mode(&list, 0o640);
    chown(&list, None, Some(STRANGER)).unwrap();
    psgo(&["drift", "add", "root", "cat", "-db", list.to_str().unwrap()]).exits(0);
    for name in ["list", "list.old"] {
        let found = fs::metadata(folder.join(name)).unwrap();
        let kept = (found.mode() & 0o7777, found.uid(), found.gid());
        assert_eq!(kept, (0o640, 0, STRANGER), "{name}");
    }
}

/// The command in which nothing that is denied to an owner can be read either, on a copy of the
/// `/proc` of some processes.
fn psgo_on(copy: &Path, args: &[&str]) -> command::Answer {
    let words = [
        "setpriv",
        "--bounding-set",
        "-dac_override,-dac_read_search",
    ]
    .map(str::to_owned);
    psgo_after(&words, &[args, &["-proc", copy.to_str().unwrap()]].concat())
}

/// A copy of what is compared of a process; `pid` and `ppid` take the place of its own.
fn copied(proc: &Path, pid: u32, ppid: u32, cmdline: &str) -> PathBuf {
    let place = proc.join(pid.to_string());
    fs::create_dir_all(&place).unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/proc/user");
    let stat = fs::read_to_string(fixture.join("stat")).unwrap();
    let mut fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ppid = ppid.to_string();
    fields[1] = &ppid;
    fs::write(
        place.join("stat"),
        format!("{pid} (a) {}", fields.join(" ")),
    )
    .unwrap();
    let status = fs::read_to_string(fixture.join("status")).unwrap();
    let line = |line: &str| match line.split_once('\t') {
        Some(("Tgid:" | "Pid:", _)) => format!("{}\t{pid}\n", line.split('\t').next().unwrap()),
        Some(("Uid:", _)) => "Uid:\t0\t0\t0\t0\n".to_owned(),
        _ => format!("{line}\n"),
    };
    fs::write(
        place.join("status"),
        status.lines().map(line).collect::<String>(),
    )
    .unwrap();
    fs::write(place.join("cmdline"), cmdline.replace(' ', "\0")).unwrap();
    place
}

#[test]
fn a_process_whose_command_line_is_unknown_is_neither_lost_nor_another() {
    let (folder, list) = folder("drift-unknown");
    let proc = folder.join("proc");
    copied(&proc, 1, 0, "init");
    for pid in 10..17 {
        copied(&proc, pid, 1, &format!("daemon -n {pid}"));
    }
    let db = ["-db", list.to_str().unwrap()];
    let ask = |args: &[&str]| {
        let reads_list = !matches!(args, ["dump" | "rules", ..]);
        let db = if reads_list { &db[..] } else { &[] };
        psgo_on(&proc, &[&["drift"], args, db].concat())
    };
    ask(&["write"]).succeeds();
    let denied = |pids: std::ops::Range<u32>| {
        for pid in pids {
            mode(&proc.join(format!("{pid}/cmdline")), 0o000);
        }
    };
    denied(16..17);
    let one = "psgo: cannot be compared: 16 (permission denied)\n";
    let unknown = "    \\?  {user=0}\n";
    let known = |pids: std::ops::Range<u32>| -> String {
        let lines: Vec<_> = pids
            .map(|pid| format!("    daemon -n {pid}  {{user=0}}\n"))
            .collect();
        lines.concat()
    };
    // A copy has no names.
    let head = "root  {user=root}\n  INIT  {user=0}\n";
    let dump = ask(&["dump"]).exits(1);
    assert_eq!(dump.text(), format!("{head}{unknown}{}", known(10..16)));
    assert_eq!(dump.stderr, one);
    // One that may be missing, and one that may be it.
    let both = format!(
        "?{}-{}",
        &format!(" {unknown}"),
        &format!(" {}", known(16..17))
    );
    for (args, changes) in [
        (&["show"][..], &*both),
        (&["show", "-missing"], &both),
        (&["show", "-extra"], &format!("? {unknown}")),
    ] {
        let show = ask(args).exits(1);
        assert_eq!((show.text(), &*show.stderr), (changes, one), "{args:?}");
    }
    let json = ask(&["show", "-extra", "-output", "json"]).exits(1).json();
    assert_eq!(
        serde_json::to_value(&json).unwrap(),
        serde_json::json!([{
            "change": "unknown", "level": 2, "cmdline": null, "user": "0",
            "pid": 16, "reason": "denied"
        }])
    );
    let explain = ask(&["rules", "-explain", "16"]).exits(1);
    assert_eq!(
        explain.lines()[0],
        "command line: unknown (permission denied)"
    );
    // What is saved is known.
    let write = ask(&["write"]).exits(1);
    assert_eq!(write.stderr, one);
    let text = fs::read_to_string(&list).unwrap();
    assert_eq!(text, head.to_owned() + &known(10..16));
    // Even if nothing else has changed, the answer is not that all is well.
    assert_eq!(ask(&["show"]).exits(1).text(), format!("? {unknown}"));
    assert_eq!(ask(&["write"]).exits(1).stderr, one);
    denied(10..16);
    let many = "psgo: cannot be compared: 10 11 12 13 14 and 2 more (permission denied)\n";
    assert_eq!(ask(&["dump"]).exits(1).stderr, many);
    // A list that was made of a dump is none.
    fs::write(&list, dump.text()).unwrap();
    let wrong = ask(&["show"]).exits(2).stderr;
    let reason =
        "list:3: a process whose command line was unknown; psgo drift write makes it anew\n";
    assert!(wrong.ends_with(reason), "{wrong}");
}

#[test]
fn no_file_of_the_kernel_is_read_for_a_list_or_rules() {
    for path in ["/proc/kmsg", "/proc/version", "/sys/kernel/uevent_seqnum"] {
        for args in [
            &["drift", "-db", path][..],
            &["drift", "dump", "-rules", path],
        ] {
            let answer = command::Answer::of(&mut command::command_after(&[], args)).exits(2);
            let expected = format!("psgo: {path}: a file of the kernel's, which is no list\n");
            assert_eq!(answer.stderr, expected, "{args:?}");
        }
    }
}
