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

/// The ways to look into a container, and what the helper `join` calls them.
const WAYS: [(&str, &str); 2] = [("from inside (setns)", "inside"), ("from the host", "host")];

/// What joining took, by way and by others on the host.
#[derive(Debug)]
pub(crate) struct Containers {
    pub(crate) inside: usize,
    pub(crate) rows: Vec<(&'static str, Vec<(usize, Samples)>)>,
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
        let mut commands = WAYS.map(|(_, way)| {
            let mut command = Command::new(&programs.join);
            command.args([way, &pid.to_string()]);
            command
        });
        for command in &mut commands {
            let rows = measure::lines(command)?;
            // The header, and the container's own first process.
            if rows != INSIDE + 2 {
                return Err(format!("{command:?}: {rows} lines for {INSIDE} + 2").into());
            }
        }
        // Short runs, so more of them.
        let samples = measure::in_turns(&mut commands, rounds * 10)?;
        for (found, samples) in found.iter_mut().zip(samples) {
            found.push((others, samples));
        }
    }
    containers.rows = WAYS.iter().map(|(way, _)| *way).zip(found).collect();
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
