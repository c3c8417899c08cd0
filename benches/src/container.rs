//! The listing of a container of 50 processes, on a host with few and with many others.

use std::{fs, process::Command};

use crate::{
    Result,
    idle::Idle,
    measure::{self, Samples},
    subject::{self, Programs},
};

const INSIDE: usize = 50;
const OTHERS: [usize; 3] = [10, 1_000, 10_000];

/// The ways to look into a container, and psgo's flags that ask for each alone.
const WAYS: [(&str, Option<&[&str]>); 2] = [
    ("from inside (setns)", Some(&[])),
    // psgo takes it where setns is refused; no flag asks for it yet.
    ("from the host", None),
];

/// By others on the host; nothing for a way that cannot be asked for.
type Found = Option<Vec<(usize, Samples)>>;

/// What joining took, by way and by others on the host.
#[derive(Debug)]
pub(crate) struct Containers {
    pub(crate) inside: usize,
    pub(crate) rows: Vec<(&'static str, Found)>,
    /// Why nothing was measured.
    pub(crate) missing: Option<String>,
}

pub(crate) fn measure(programs: &Programs, rounds: usize) -> Result<Containers> {
    let mut containers = Containers {
        inside: INSIDE,
        rows: Vec::new(),
        missing: None,
    };
    let Some(unshare) = subject::in_path("unshare") else {
        containers.missing = Some("unshare (util-linux) is not here".to_owned());
        return Ok(containers);
    };
    let mut container = Command::new(unshare);
    container
        .args(["-m", "-p", "-f", "--kill-child", "--mount-proc"])
        .arg(&programs.idle);
    let mut container = Idle::spawn(&mut container)?;
    if let Err(error) = container.grow(INSIDE) {
        containers.missing = Some(format!("no container could be made: {error}"));
        return Ok(containers);
    }
    let pid = only_child(container.pid())?;
    let mut idle = Idle::start(&programs.idle)?;
    let mut found = vec![Vec::new(); WAYS.len()];
    for others in OTHERS {
        let others = idle.grow(others)?;
        for ((_, flags), found) in WAYS.iter().zip(&mut found) {
            if let Some(flags) = flags {
                let mut command = Command::new(&programs.psgo);
                command.args(["-join", &pid.to_string()]).args(*flags);
                let rows = measure::lines(&mut command)?;
                // The header, and the container's own first process.
                if rows != INSIDE + 2 {
                    return Err(format!("psgo -join: {rows} lines for {INSIDE} + 2").into());
                }
                // Short runs, so more of them.
                let samples = measure::in_turns(&mut [command], rounds * 10)?;
                found.extend(samples.into_iter().map(|samples| (others, samples)));
            }
        }
    }
    let rows = WAYS.iter().zip(found);
    containers.rows = rows
        .map(|((way, flags), found)| (*way, flags.map(|_| found)))
        .collect();
    Ok(containers)
}

/// The process that `parent` has forked.
fn only_child(parent: u32) -> Result<u32> {
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        // State, parent.
        after_name.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    let pids = fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut children = pids.filter(is_child);
    Ok(children.next().ok_or("the container has no process")?)
}
