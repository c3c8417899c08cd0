//! What is measured: the programs, and the ways in which each is called.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) psgo: PathBuf,
    pub(crate) go: Option<PathBuf>,
    pub(crate) ps: Option<PathBuf>,
    pub(crate) floor: PathBuf,
    pub(crate) idle: PathBuf,
    pub(crate) looks: PathBuf,
    pub(crate) join: PathBuf,
}

impl Programs {
    pub(crate) fn find(psgo: &Path, go: Option<&Path>) -> Result<Self> {
        let beside = |name| env::current_exe().map(|exe| exe.with_file_name(name));
        Ok(Self {
            psgo: psgo.to_owned(),
            go: go.map(Path::to_owned),
            ps: in_path("ps"),
            floor: beside("floor")?,
            idle: beside("idle")?,
            looks: beside("looks")?,
            join: beside("join")?,
        })
    }
}

pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let dirs = env::var_os("PATH")?;
    env::split_paths(&dirs)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}

/// The name of a subject, by which others are compared with it.
pub(crate) type Id = &'static str;

/// A program and its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) id: Id,
    /// As a reader knows it.
    pub(crate) title: &'static str,
    program: Program,
    args: &'static [&'static str],
    /// The floor that it stands on.
    pub(crate) floor: Option<Id>,
}

#[derive(Debug, Clone, Copy)]
enum Program {
    Psgo,
    Go,
    Ps,
    Floor,
}

const fn subject(
    id: Id,
    title: &'static str,
    program: Program,
    args: &'static [&'static str],
    floor: Option<Id>,
) -> Subject {
    Subject {
        id,
        title,
        program,
        args,
        floor,
    }
}

/// All of a listing. `{}` stands for the number of threads that psgo takes by itself.
pub(crate) static LISTING: [Subject; 20] = {
    use Program::{Floor, Go, Ps, Psgo};
    const CAPS: &str = "pid,user,capeff,seccomp";
    const DEFAULT: &str = "stat,cmdline,owner";
    const ONE: &str = "-threads=1";
    [
        subject(
            "none",
            "a program that does nothing",
            Floor,
            &["none"],
            None,
        ),
        subject(
            "floor",
            "floor of the default columns, 1 thread",
            Floor,
            &[DEFAULT, "1"],
            None,
        ),
        subject("psgo-1", "psgo -threads 1", Psgo, &[ONE], Some("floor")),
        subject(
            "ndjson",
            "psgo -threads 1 -output ndjson",
            Psgo,
            &[ONE, "-output=ndjson"],
            Some("floor"),
        ),
        subject(
            "json",
            "psgo -threads 1 -output json",
            Psgo,
            &[ONE, "-output=json"],
            Some("floor"),
        ),
        subject(
            "csv",
            "psgo -threads 1 -output csv",
            Psgo,
            &[ONE, "-output=csv"],
            Some("floor"),
        ),
        subject(
            "floor-all",
            "floor of the default columns, all cores",
            Floor,
            &[DEFAULT, "{}"],
            Some("floor"),
        ),
        subject(
            "floor-own",
            "the same, each thread with a table of descriptors of its own",
            Floor,
            &[DEFAULT, "{}", "own"],
            Some("floor"),
        ),
        subject("psgo", "psgo", Psgo, &[], Some("floor")),
        subject(
            "ps",
            "ps -eo user,pid,ppid,pcpu,etime,tty,time,args",
            Ps,
            &["-eo", "user,pid,ppid,pcpu,etime,tty,time,args"],
            Some("floor"),
        ),
        subject("go", "the Go library", Go, &[], Some("floor")),
        subject(
            "stat",
            "floor of stat alone, 1 thread",
            Floor,
            &["stat", "1"],
            None,
        ),
        subject(
            "stat-all",
            "floor of stat alone, all cores",
            Floor,
            &["stat", "{}"],
            Some("stat"),
        ),
        subject(
            "comm-1",
            "psgo -threads 1 -format pid,comm",
            Psgo,
            &[ONE, "-format=pid,comm"],
            Some("stat"),
        ),
        subject(
            "comm",
            "psgo -format pid,comm",
            Psgo,
            &["-format=pid,comm"],
            Some("stat-all"),
        ),
        subject(
            "status",
            "floor of stat and status, 1 thread",
            Floor,
            &["stat,status", "1"],
            None,
        ),
        subject(
            "status-alone",
            "floor of status alone, 1 thread",
            Floor,
            &["status", "1"],
            None,
        ),
        subject(
            "status-all",
            "floor of stat and status, all cores",
            Floor,
            &["stat,status", "{}"],
            Some("status"),
        ),
        subject(
            "caps-1",
            "psgo -threads 1 -format pid,user,capeff,seccomp",
            Psgo,
            &[ONE, "-format", CAPS],
            Some("status"),
        ),
        subject(
            "caps",
            "psgo -format pid,user,capeff,seccomp",
            Psgo,
            &["-format", CAPS],
            Some("status-all"),
        ),
    ]
};

impl Subject {
    /// Its command, if its program is there.
    pub(crate) fn command(&self, programs: &Programs, threads: usize) -> Option<Command> {
        let program = match self.program {
            Program::Psgo => Some(&programs.psgo),
            Program::Go => programs.go.as_ref(),
            Program::Ps => programs.ps.as_ref(),
            Program::Floor => Some(&programs.floor),
        };
        let mut command = Command::new(program?);
        for arg in self.args {
            command.arg(arg.replace("{}", &threads.to_string()));
        }
        Some(command)
    }

    /// Whether it lists all processes by name, so that its lines can be counted.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.id, "psgo-1" | "psgo" | "ps" | "go")
    }
}
