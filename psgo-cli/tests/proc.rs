//! `psgo proc`: what it prints of files of /proc and of copies, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

#[path = "common/answer.rs"]
mod answer;

use answer::{ended, psgo};

fn command(args: &[&str]) -> Command {
    psgo(&[&["proc"], args].concat())
}

fn proc(args: &[&str]) -> (i32, String, String) {
    ended(&command(args).output().unwrap())
}

#[track_caller]
fn told(args: &[&str]) -> String {
    let (code, out, err) = proc(args);
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
    out
}

/// Of standard input.
fn of_input(args: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    ended(&child.wait_with_output().unwrap())
}

/// A directory of the test's own.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let name = format!("psgo-proc-{}-{name}", std::process::id());
        let dir = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&dir.0).unwrap();
        dir
    }

    /// Writes a file into it, and says where it is.
    fn with(&self, path: &str, bytes: &[u8]) -> String {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn fixture(path: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/proc");
    fs::read(fixtures.join(path)).unwrap()
}

/// Three sockets: one listens, two are a connection.
const TCP: &str = include_str!("../../tests/fixtures/proc/tcp");

#[test]
fn a_record_has_a_form_for_everyone() {
    let (pid_max, file) = ("/proc/sys/kernel/pid_max", "kernel.pid_max");
    let number = fs::read_to_string(pid_max).unwrap();
    for name in [pid_max, file, "sys/kernel/pid_max"] {
        assert_eq!(told(&[name, "-output", "raw"]), number);
    }
    let json: Value = serde_json::from_str(&told(&["stat", "-output", "json"])).unwrap();
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let btime = stat.lines().find_map(|line| line.strip_prefix("btime "));
    assert_eq!(json["btime"].to_string(), btime.unwrap());
    let csv = told(&["stat", "-output", "csv", "-only", "btime,cpu.user"]);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("btime,cpu.user"));
    assert!(lines.next().unwrap().starts_with(btime.unwrap()));
    let text = told(&["stat", "-only", "btime"]);
    assert_eq!(text, format!("btime  {}\n", btime.unwrap()));
}

#[test]
fn a_copy_is_known_by_its_name_or_told() {
    let dir = Dir::new("copy");
    let named = dir.with("backup/net/tcp", TCP.as_bytes());
    let nameless = dir.with("copy.1.txt", TCP.as_bytes());
    assert_eq!(told(&[&named, "-output", "raw"]), TCP);
    assert_eq!(told(&[&nameless, "-as", "net/tcp", "-output", "raw"]), TCP);
    let input = of_input(
        &["-", "-as", "/proc/net/tcp", "-output", "raw"],
        TCP.as_bytes(),
    );
    assert_eq!(input, (0, TCP.to_owned(), String::new()));
    // Relative, as from a shell.
    let relative = command(&["./copy.1.txt", "-as=net/tcp", "-output", "raw"])
        .current_dir(&dir.0)
        .output()
        .unwrap();
    assert_eq!(ended(&relative).1, TCP);

    let (code, out, err) = proc(&[&nameless]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("say what it is a copy of"), "{err}");
    let (code, _, err) = proc(&["-"]);
    assert_eq!(code, 2);
    assert!(err.contains("-as"), "{err}");
    let (code, _, err) = proc(&[&nameless, "-as", "net/tpc"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean net/tcp"), "{err}");
}

#[test]
fn a_table_is_an_array_lines_or_columns() {
    let dir = Dir::new("table");
    let copy = dir.with("net/tcp", TCP.as_bytes());
    let array: Value = serde_json::from_str(&told(&[&copy, "-output", "json"])).unwrap();
    let lines: Vec<Value> = told(&[&copy, "-output", "ndjson"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(array, Value::Array(lines));
    assert_eq!(array[1]["remote_port"], 0xC3FA);
    let only = ["-only", "local_port,st,inode", "-output", "csv"];
    let csv = told(&[&[copy.as_str()], &only[..], &["-delimiter", "|"]].concat());
    assert_eq!(
        csv,
        "local_port|st|inode\n2200|LISTEN|6717348\n2200|ESTABLISHED|6717350\n\
         50170|ESTABLISHED|6717349\n"
    );
    let (code, _, err) = proc(&[&copy, "-only", "local_port,nothing"]);
    assert_eq!(code, 2);
    assert!(err.contains("no record has a field \"nothing\""), "{err}");
}

#[test]
fn what_is_not_understood_is_told_by_line_and_field() {
    let dir = Dir::new("malformed");
    let broken = TCP.replace("6717350", "6717E50");
    let copy = dir.with("net/tcp", broken.as_bytes());
    for form in ["fields", "raw", "json", "ndjson", "csv"] {
        let (code, _, err) = proc(&[&copy, "-output", form]);
        assert_eq!(code, 2, "{form}");
        let wanted = format!("psgo: {copy}: line 3: inode: not a number\n");
        assert_eq!(err, wanted, "{form}");
    }
    // What came before is right, and whole.
    let (_, out, _) = proc(&[&copy, "-output", "ndjson"]);
    assert_eq!(out.lines().count(), 1);
    let statm = fixture("user/statm");
    let (code, out, err) = of_input(&["-", "-as", "PID/statm"], &statm[1..statm.len() - 1]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("psgo: standard input: line 1: "), "{err}");
}

#[test]
fn unknown_and_absent_files_are_told_apart() {
    let tells = |path: &str, part: &str| {
        let (code, out, err) = proc(&[path]);
        assert_eq!(
            (code, out.as_str(), err.lines().count()),
            (2, "", 1),
            "{err}"
        );
        assert!(err.contains(part), "{path}: {err}");
    };
    tells("net/tcp66", "(did you mean net/tcp6");
    tells("kmsg", "a stream of messages");
    tells("self/mem", "the memory of the process");
    tells("4294967295/stat", "no such process");
    tells("self/fdinfo/4000000", "No such file or directory");
    tells("sys/kernel/../../self/stat", "knows no file");
    tells("sys/../../etc/passwd", "knows no file");
}

#[test]
fn a_file_of_several_processes_tells_whose_each_record_is() {
    let me = std::process::id().to_string();
    let (code, out, err) = proc(&[
        "status",
        "-pids",
        &format!("{me},4294967295"),
        "-only",
        "pid",
        "-output",
        "json",
    ]);
    assert_eq!(
        (code, err.as_str()),
        (1, "psgo: process 4294967295: no such process\n")
    );
    assert_eq!(out, format!("[\n{{\"process\":{me},\"pid\":{me}}}\n]\n"));
    assert_eq!(told(&["status", "-pids", "", "-output", "json"]), "[]\n");
}

#[test]
fn another_proc_is_read_where_one_says() {
    let dir = Dir::new("other");
    dir.with("net/tcp", TCP.as_bytes());
    dir.with("7/statm", b"1 2 3 4 0 5 0\n");
    let root = dir.0.to_str().unwrap();
    let inodes = told(&["net/tcp", "-proc", root, "-only", "inode", "-output", "csv"]);
    assert_eq!(inodes, "inode\n6717348\n6717350\n6717349\n");
    assert_eq!(
        told(&["7/statm", "-proc", root, "-output", "raw"]),
        "1 2 3 4 0 5 0\n"
    );
    let (code, _, err) = proc(&["8/statm", "-proc", root]);
    assert_eq!(
        (code, err.as_str()),
        (2, "psgo: process 8: no such process\n")
    );
    let (code, _, err) = proc(&["7/io", "-proc", root]);
    assert_eq!(code, 2);
    assert!(err.ends_with("7/io: No such file or directory\n"), "{err}");
}

#[test]
fn a_pipe_in_a_copy_of_proc_keeps_nobody_waiting() {
    let dir = Dir::new("pipe");
    let pipe = dir.0.join("7/statm");
    fs::create_dir(dir.0.join("7")).unwrap();
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    // Somebody who might write, and never does.
    let writer = fs::File::options()
        .read(true)
        .write(true)
        .open(&pipe)
        .unwrap();
    let start = Instant::now();
    let root = dir.0.to_str().unwrap();
    let (code, out, _) = proc(&["7/statm", "-proc", root, "-timeout", "0.3"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(start.elapsed() < Duration::from_secs(20));
    drop(writer);
}

#[test]
fn every_file_of_this_machine_comes_back() {
    let (code, out, err) = proc(&["-check", "-output", "ndjson"]);
    let rows: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let failed: Vec<_> = rows.iter().filter(|row| row["result"] == "Fail").collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(code, 0, "{err}");
    let result = |file: &str| {
        let row = rows.iter().find(|row| row["file"] == file);
        row.map_or(Value::Null, |row| row["result"].clone())
    };
    for file in [
        "loadavg",
        "net/tcp",
        "self/status",
        "self/smaps",
        "sys/kernel/pid_max",
    ] {
        assert_eq!(result(file), "Pass", "{file}");
    }
    assert_eq!(result("kmsg"), "Skip");
    assert_eq!(result("sys/vm/stat_refresh"), "Skip");
    assert!(err.ends_with(" skipped\n"), "{err}");
}

#[test]
fn a_file_that_does_not_come_back_is_a_fail() {
    let dir = Dir::new("fail");
    dir.with("uptime", b"350735.47 234388.9\n");
    dir.with("stat", &fixture("stat"));
    let args = ["-check", "-proc", dir.0.to_str().unwrap()];
    let (_, out, _) = proc(&args);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[..2], ["RESULT   FILE     REASON", "Pass     stat"]);
    let (code, out, err) = proc(&[&args[..], &["-output", "csv"]].concat());
    assert_eq!(code, 1);
    assert_eq!(err, "psgo: 1 pass, 1 fail, 0 skipped\n");
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("result,file,reason"));
    assert_eq!(lines.next(), Some("Pass,stat,"));
    assert!(
        lines.next().unwrap().starts_with("Fail,uptime,line 1: "),
        "{out}"
    );
}

#[test]
fn the_list_says_what_is_here() {
    let rows: Value = serde_json::from_str(&told(&["-list", "-output", "json"])).unwrap();
    let find = |name: &str| {
        let rows = rows.as_array().unwrap();
        let is_it = |row: &&Value| row["file"].as_array().unwrap().contains(&name.into());
        rows.iter().find(is_it).unwrap_or_else(|| panic!("{name}"))
    };
    let row = find("net/tcp");
    assert_eq!(
        (&row["shape"], &row["here"]),
        (&"rows".into(), &true.into())
    );
    assert_eq!(find("PID/exe")["shape"], "link");
    assert_eq!(find("PID/stat")["here"], true);
    assert_eq!(find("kmsg")["shape"], "none");
    let text = told(&["-list"]);
    assert!(text.starts_with("FILE"), "{text}");
}

/// Lines of a child's output as they come.
fn lines(child: &mut std::process::Child) -> impl Iterator<Item = String> + use<> {
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::lines(out).map(Result::unwrap)
}

fn watched(args: &[&str]) -> std::process::Child {
    let mut command = command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn a_watch_tells_what_moved_by_so_much() {
    let dir = Dir::new("watch");
    let io = |rchar: u32, wchar: u32| {
        format!(
            "rchar: {rchar}\nwchar: {wchar}\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n\
             write_bytes: 6\ncancelled_write_bytes: 7\n"
        )
    };
    let path = dir.with("7/io", io(100, 1000).as_bytes());
    let root = dir.0.to_str().unwrap().to_owned();
    let every = ["-watch", "0.02", "-percent", "10", "-output", "csv"];
    let mut child = watched(&[&["7/io", "-proc", &root], &every[..]].concat());
    let mut lines = lines(&mut child);
    // It is moved until that was seen: both numbers, one of them by less than is asked for.
    let is_seen = std::sync::atomic::AtomicBool::new(false);
    let rows = std::thread::scope(|scope| {
        scope.spawn(|| {
            // At no steady pace, which could be that of the looks.
            let pauses = [5, 31, 7, 23, 11, 17, 13].into_iter().cycle();
            for (new, pause) in [io(150, 1001), io(100, 1000)].iter().cycle().zip(pauses) {
                if is_seen.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                let next = dir.with("next", new.as_bytes());
                fs::rename(next, &path).unwrap();
                std::thread::sleep(Duration::from_millis(pause));
            }
        });
        let rows: Vec<String> = lines.by_ref().take(5).collect();
        is_seen.store(true, std::sync::atomic::Ordering::Relaxed);
        rows
    });
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    lines.for_each(drop);
    assert!(child.wait().unwrap().success());
    assert_eq!(rows[0], "date,key,field,before,after,delta,percent");
    for row in &rows[1..] {
        let row = row.split_once(',').unwrap().1;
        let (up, down) = ("?,rchar,100,150,50,50.000", "?,rchar,150,100,-50,-33.333");
        assert!(row == up || row == down, "{row}");
    }
}

#[test]
fn a_watch_ends_when_its_processes_have_ended() {
    let busy = || {
        Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .unwrap()
    };
    let mut processes = [busy(), busy()];
    let pids = processes.each_ref().map(std::process::Child::id);
    let both = format!("{},{}", pids[0], pids[1]);
    let mut child = watched(&[
        "stat", "-pids", &both, "-watch", "0.05", "-output", "ndjson",
    ]);
    let mut lines = lines(&mut child).map(|line| serde_json::from_str::<Value>(&line).unwrap());
    for (process, pid) in processes.iter_mut().zip(pids) {
        let moved = lines.find(|line| line["process"] == pid && line["field"] == "utime");
        assert!(moved.unwrap()["delta"].as_i64().unwrap() > 0);
        process.kill().unwrap();
        process.wait().unwrap();
    }
    lines.for_each(drop);
    let (code, _, err) = ended(&child.wait_with_output().unwrap());
    // A look that began before the first end may see the second one first.
    let (mut told, mut wanted): (Vec<_>, _) = (
        err.lines().map(str::to_owned).collect(),
        pids.map(|pid| format!("psgo: process {pid} has ended")),
    );
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!((code, told.as_slice()), (1, &wanted[..]));
}

#[test]
fn wrong_use_is_told() {
    for (args, part) in [
        (&[][..], "needs a path"),
        (&["stat", "-list"], "take no path"),
        (&["-list", "-check"], "not both"),
        (
            &["stat", "-as", "net/tcp"],
            "stat: No such file or directory",
        ),
        (&["/proc/stat", "-as", "net/tcp"], "-as is for copies"),
        (
            &["stat", "-output", "raw", "-only", "cpu"],
            "takes no -only",
        ),
        (&["stat", "-delimiter", "|"], "-delimiter needs -output csv"),
        (
            &["stat", "-output", "csv", "-delimiter", "ab"],
            "is not one character",
        ),
        (&["stat", "-percent", "5"], "-percent needs -watch"),
        (&["stat", "-by", "path"], "-by needs -watch"),
        (
            &["stat", "-watch", "1", "-output", "json"],
            "-watch needs -output",
        ),
        (&["stat", "-watch", "1", "-percent", "x"], "is not a number"),
        (
            &["stat", "-watch", "1", "-count", "1", "-by", "path"],
            "-by path is for rows",
        ),
        (&["stat", "-fill-mappings"], "unknown flag"),
        (&["./stat", "-join", "1"], "a copy is no process's"),
        (
            &["stat", "-output", "table"],
            "is none of fields, raw, json, ndjson, csv",
        ),
    ] {
        let (code, out, err) = proc(args);
        assert_eq!(
            (code, out.as_str(), err.lines().count()),
            (2, "", 1),
            "{args:?} {err}"
        );
        assert!(err.contains(part), "{args:?}: {err}");
    }
}
