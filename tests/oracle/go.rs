//! The Go library, asked through a program of a few lines that is built at its first use.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use crate::machine::{dir, run};

pub(crate) type Row = BTreeMap<String, String>;

/// What the Go library of Debian has no descriptor for: it is older than these.
pub(crate) const LACKS: [&str; 2] = ["huid", "uid"];

fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
        // Where the rootless user can execute it too.
        let built = dir().join("oracle");
        run(Command::new("go")
            .args(["build", "-o"])
            .arg(&built)
            .arg("main.go")
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle"))
            .env("GO111MODULE", "off")
            .env("GOPATH", "/usr/share/gocode")
            .env("GOFLAGS", "")
            .env("GOCACHE", cache));
        assert!(fs::metadata(&built).unwrap().len() > 0);
        built
    });
    &PROGRAM
}

/// Asks for the rows of the pids; `prefix` is the beginning of a command line that becomes another.
pub(crate) fn rows(prefix: &[String], flags: &[&str], pids: &[i32], names: &[&str]) -> Vec<Row> {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    let mut words = prefix.to_vec();
    words.push(program().to_str().unwrap().to_owned());
    let output = run(Command::new(&words[0])
        .args(&words[1..])
        .args(flags)
        .args(["-pids", &pids.join(","), "-format", &names.join(",")])
        .current_dir("/"));
    serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// A Go duration in seconds: `1h2m3.4s`, `20ms`.
pub(crate) fn seconds(duration: &str) -> f64 {
    let mut total = 0.0;
    let mut rest = duration;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or_else(|| panic!("{duration:?} is not a duration"));
        let number: f64 = rest[..digits].parse().unwrap();
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "µs" => 1e-6,
                "ns" => 1e-9,
                other => panic!("{duration:?}: unit {other:?}"),
            };
        rest = &rest[unit..];
    }
    total
}

/// A Go time, `2019-12-09 10:50:36 +0100 CET`, in Unix seconds.
pub(crate) fn moment(time: &str) -> i64 {
    let without_zone = time.rsplit_once(' ').unwrap().0;
    chrono::DateTime::parse_from_str(without_zone, "%Y-%m-%d %H:%M:%S %z")
        .unwrap_or_else(|error| panic!("{time:?}: {error}"))
        .timestamp()
}
