//! The state that runc, crun and youki keep of a container: `ROOT/ID/state.json`, `ROOT/ID/status`.

use super::{
    json::{Leaf, pick},
    moment::moment,
    named::Named,
};
use crate::{
    container::Runtime,
    ids::{Pid, ProcessId},
};

/// What a runtime keeps of a container.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) named: Named,
    /// The directory of its bundle.
    pub(super) bundle: Option<Vec<u8>>,
    /// The paths of its control groups, below where the hierarchies are mounted.
    pub(super) groups: Vec<Vec<u8>>,
}

/// The files of a container below a root, each with the runtime that keeps it so. Youki calls its own as
/// runc does.
pub(super) fn files(id: &[u8]) -> [Vec<u8>; 2] {
    [[id, b"/state.json"].concat(), [id, b"/status"].concat()]
}

/// What is wanted of it: as runc, crun and youki call it.
const KEYS: [&str; 10] = [
    "init_process_pid",
    "init_process_start",
    "created",
    "config",
    "cgroup_paths",
    "pid",
    "process-start-time",
    "bundle",
    "cgroup-path",
    "ociVersion",
];

/// What such a file says.
pub(super) fn parse(bytes: &[u8]) -> Result<State, serde_json::Error> {
    let mut state = State::default();
    let (mut pid, mut start) = (None, None);
    let mut runtime = None;
    let wants = |path: &[String]| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        match words[..] {
            [key] => KEYS.contains(&key),
            ["config", "labels"] | ["config", "labels", _] | ["cgroup_paths", _] => true,
            _ => false,
        }
    };
    let mut take = |path: &[String], leaf: Leaf<'_>| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        let number = leaf.number();
        let text = leaf.text();
        match words[..] {
            ["init_process_pid"] => {
                pid = number;
                runtime = Some(Runtime::Runc);
            }
            ["init_process_start"] => start = number,
            ["pid"] => pid = number,
            ["process-start-time"] => {
                start = number;
                runtime = Some(Runtime::Crun);
            }
            // The state as the specification has it, which youki keeps.
            ["ociVersion"] => runtime = runtime.or(Some(Runtime::Youki)),
            ["created"] => state.named.created = text.and_then(moment),
            ["bundle"] => state.bundle = text.map(<[u8]>::to_vec),
            ["config", "labels", _] => {
                let bundle = text.and_then(|label| label.strip_prefix(b"bundle="));
                state.bundle = state.bundle.take().or(bundle.map(<[u8]>::to_vec));
            }
            // crun says it without the mount.
            ["cgroup-path"] => state.groups.extend(text.map(<[u8]>::to_vec)),
            ["cgroup_paths", controller] => {
                state
                    .groups
                    .extend(text.and_then(|path| group(controller, path)));
            }
            _ => {}
        }
    };
    pick(bytes, &wants, &mut take)?;
    state.named.runtime = runtime;
    let pid = pid.and_then(|pid| u32::try_from(pid).ok());
    state.named.init = pid.filter(|pid| *pid > 0).map(|pid| ProcessId {
        pid: Pid::new(pid),
        start: start.filter(|start| *start > 0),
    });
    Ok(state)
}

/// The path of a group in its hierarchy, of its directory below `/sys/fs/cgroup`: in version 1, and where
/// both versions are, the directory of the hierarchy comes first.
fn group(controller: &str, path: &[u8]) -> Option<Vec<u8>> {
    let path = path.strip_prefix(b"/sys/fs/cgroup")?;
    let is_first = controller.is_empty() && !path.starts_with(b"/unified/");
    if is_first {
        return Some(path.to_vec());
    }
    let slash = path.iter().skip(1).position(|&b| b == b'/')?;
    path.get(slash + 1..).map(<[u8]>::to_vec)
}

impl State {
    /// Whether a control group of that path is the container's or lies in it.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        let is_it = |own: &Vec<u8>| {
            let rest = path.strip_prefix(own.as_slice());
            own.len() > 1 && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        self.groups.iter().any(is_it)
    }
}
