//! A made-up `/proc`, and a list to compare it with.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

const STAT: &str = include_str!("../../../tests/fixtures/proc/user/stat");
const STATUS: &str = include_str!("../../../tests/fixtures/proc/user/status");

/// A folder with a `/proc` and a list; it goes with this value.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    /// Process 1, a daemon and its child.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // A list that others may change is refused.
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
        let name = format!("psgo-drift-{}-{number}", std::process::id());
        let place = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(place.0.join("proc")).unwrap();
        place.start(1, 0, b"/sbin/init\0splash\0");
        place.start(10, 1, b"/usr/sbin/a\0-x\0");
        place.start(11, 10, b"worker\0");
        place
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// As the kernel would show it, but for the user: any other may have a name or not.
    pub(crate) fn start(&self, pid: u32, ppid: u32, cmdline: &[u8]) {
        let dir = self.0.join(format!("proc/{pid}"));
        fs::create_dir_all(&dir).unwrap();
        let (_, fields) = STAT.rsplit_once(") ").unwrap();
        let mut fields: Vec<_> = fields.split(' ').collect();
        let ppid = ppid.to_string();
        fields[1] = &ppid;
        let own = |line: &str| match line.split_once(":\t") {
            Some(("Tgid" | "Pid", _)) => {
                format!("{}:\t{pid}\n", line.split(':').next().unwrap())
            }
            Some(("Uid", _)) => "Uid:\t0\t0\t0\t0\n".to_owned(),
            _ => format!("{line}\n"),
        };
        fs::write(
            dir.join("status"),
            STATUS.lines().map(own).collect::<String>(),
        )
        .unwrap();
        fs::write(dir.join("cmdline"), cmdline).unwrap();
        fs::write(dir.join("stat"), format!("{pid} (a) {}", fields.join(" "))).unwrap();
    }

    pub(crate) fn stop(&self, pid: u32) {
        // Its row is complete or not there.
        let gone = self.path(&format!("gone-{pid}"));
        fs::rename(self.0.join(format!("proc/{pid}")), gone).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_psgo"));
        // Each command takes those that it reads.
        let db = ["-db".to_owned(), self.path("db")];
        let proc = ["-proc".to_owned(), self.path("proc")];
        let places = match args.first() {
            Some(&"add" | &"remove" | &"manual") => db.to_vec(),
            Some(&"dump") => proc.to_vec(),
            Some(&"rules") if args.contains(&"-explain") => proc.to_vec(),
            Some(&"rules") => Vec::new(),
            _ => [db, proc].concat(),
        };
        command
            .arg("drift")
            .args(args)
            .args(places)
            .stdin(Stdio::null());
        command
    }

    /// Exit code and what was printed, with what was complained of behind it.
    pub(crate) fn psgo(&self, args: &[&str]) -> (i32, String) {
        told(&mut self.command(args))
    }

    pub(crate) fn db(&self) -> String {
        fs::read_to_string(self.path("db")).unwrap()
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != "proc").collect();
        names.sort_unstable();
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn told(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// Everybody's user: a copy has no names.
pub(crate) const USER: &str = "0";

/// What the place shows in the beginning; `~` stands for the user.
pub(crate) fn tree(text: &str) -> String {
    text.replace('~', &format!("  {{user={USER}}}"))
}

pub(crate) const FIRST: &str = "root  {user=root}\n  INIT~\n    /usr/sbin/a -x~\n      worker~\n";
