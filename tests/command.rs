//! The command under test, and its answers.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use serde_json::Value;

use crate::machine::dir;

/// A row of a JSON answer.
pub(crate) type Row = serde_json::Map<String, Value>;

/// The command: `PSGO`, or what cargo builds of this source into the tests' own directory.
///
/// It belongs to another package, so cargo does not build it for these tests. A copy is taken to
/// where the rootless user can execute it, and where no build replaces it meanwhile.
pub(crate) fn path() -> &'static Path {
    static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
        let built = env::var_os("PSGO").map_or_else(build, PathBuf::from);
        let path = dir().join("psgo");
        fs::copy(&built, &path).unwrap_or_else(|error| {
            panic!(
                "{}: {error}: `cargo build --package psgo-cli`, or name the command in PSGO",
                built.display()
            )
        });
        fs::set_permissions(&path, <fs::Permissions as PermissionsExt>::from_mode(0o755)).unwrap();
        path
    });
    &PATH
}

fn build() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let target = tests.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--package", "psgo-cli", "--target-dir"])
        .arg(target.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if target.ends_with("release") {
        cargo.arg("--release");
    }
    crate::machine::run(&mut cargo);
    target.join("psgo")
}

/// What the command said and how it ended.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    asked: String,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: String = self.stderr.chars().take(2000).collect();
        let length = self.stdout.len();
        write!(f, "{}\n{:?}, {length} bytes\n{said}", self.asked, self.code)
    }
}

impl Answer {
    /// The words of `Command` may come from anywhere; none may take longer than a minute.
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let answer = Self {
            code: status.code(),
            stdout,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            asked: format!("{command:?}"),
        };
        assert_ne!(answer.code, Some(124), "no end: {answer:?}");
        assert!(!answer.stderr.contains("panicked"), "{answer:?}");
        answer
    }

    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n{}\n{}",
            self.asked,
            self.stderr,
            String::from_utf8_lossy(&self.stdout)
        );
        self
    }

    /// It succeeded and complained of nothing.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        let answer = self.exits(0);
        assert_eq!(answer.stderr, "", "{}", answer.asked);
        answer
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("text answers are UTF-8")
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.text().lines().collect()
    }

    pub(crate) fn json(&self) -> Vec<Row> {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", self.asked, self.text()))
    }

    /// The rows of a CSV answer by header, which are the cells of the table; `names` are the keys.
    pub(crate) fn csv(&self, names: &[&str]) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(&self.stdout[..])
            .records()
            .map(|record| {
                let record = record.unwrap();
                assert_eq!(record.len(), names.len(), "{}", self.asked);
                names
                    .iter()
                    .map(|&name| name.to_owned())
                    .zip(record.iter().map(str::to_owned))
                    .collect()
            })
            .collect()
    }
}

/// The command with these arguments, after a command line's beginning; it may take a minute.
pub(crate) fn command_after(prefix: &[String], args: &[&str]) -> Command {
    let mut words = vec![
        "timeout".to_owned(),
        "--foreground".to_owned(),
        "60".to_owned(),
    ];
    words.extend_from_slice(prefix);
    words.push(path().to_str().unwrap().to_owned());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(args).current_dir("/");
    command
}

pub(crate) fn psgo(args: &[&str]) -> Answer {
    Answer::of(&mut command_after(&[], args))
}

pub(crate) fn psgo_after(prefix: &[String], args: &[&str]) -> Answer {
    Answer::of(&mut command_after(prefix, args))
}

/// `1,2,3`
pub(crate) fn list(pids: &[i32]) -> String {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    pids.join(",")
}

/// The row of a pid; there is exactly one.
#[track_caller]
pub(crate) fn row(rows: &[Row], pid: i64) -> &Row {
    let found: Vec<&Row> = rows.iter().filter(|row| row["pid"] == pid).collect();
    assert_eq!(found.len(), 1, "rows of {pid} in {rows:?}");
    found[0]
}
