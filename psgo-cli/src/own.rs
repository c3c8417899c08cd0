//! psgo's own processes, which are not what anybody looks for.

use std::{env, ffi::OsString, os::unix::ffi::OsStrExt as _, path::Path};

use psgo::{Pid, Process, View};

use crate::{failure::Failure, supervisor};

/// psgo and its supervisor, as they are called in this view; none where they are not seen.
pub(crate) fn own_pids(view: &View) -> Result<Vec<Pid>, Failure> {
    let mut own: Vec<Pid> = view.this_process().into_iter().collect();
    if let (true, Some(worker)) = (supervisor::is_supervised(), own.first()) {
        own.extend(view.process(*worker)?.ppid()?);
    }
    Ok(own)
}

/// psgo, its supervisor, and those of its ancestors that were started to run `psgo find`: their
/// command lines have its words for no other reason (`sudo psgo find X`, `sh -c 'psgo find X'`).
pub(crate) fn own_and_wrappers(view: &View) -> Result<Vec<Pid>, Failure> {
    let mut own = own_pids(view)?;
    let program = env::args_os()
        .next()
        .unwrap_or_else(|| OsString::from("psgo"));
    let program = Path::new(&program)
        .file_name()
        .unwrap_or(&program)
        .as_bytes();
    let mut child = own.last().copied();
    while let Some(pid) = child {
        // An ancestor that ends, or that nobody may ask, is none that is known to wrap psgo.
        let parent = view.process(pid).and_then(|process| process.ppid());
        let Ok(Some(parent)) = parent else { break };
        if own.contains(&parent) {
            break;
        }
        let process = view.process(parent);
        if process.is_ok_and(|process| finds(&process, program)) {
            own.push(parent);
        }
        child = Some(parent);
    }
    Ok(own)
}

/// Whether the command line of a process has that of `psgo find` in it.
fn finds(process: &Process, program: &[u8]) -> bool {
    let cmdline = process.cmdline();
    cmdline.is_ok_and(|cmdline| {
        let words: Vec<_> = cmdline.args().collect();
        names_find(&words.join(&b' '), program)
    })
}

/// Whether `find` stands somewhere behind the name of the program.
fn names_find(text: &[u8], program: &[u8]) -> bool {
    let place = |text: &[u8], word: &[u8]| {
        let mut windows = text.windows(word.len().max(1));
        windows.position(|part| part == word)
    };
    let after = place(text, program).map(|at| &text[at + program.len()..]);
    after.is_some_and(|after| place(after, b" find ").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_that_runs_psgo_find_is_a_wrapper() {
        for line in [
            "sudo psgo find x",
            "sh -c timeout 5 /usr/bin/psgo find x",
            "psgo -timeout 1 find x",
        ] {
            assert!(names_find(line.as_bytes(), b"psgo"), "{line}");
        }
        for line in [
            "bash",
            "vi find psgo",
            "find / -name psgo",
            "psgo",
            "x psgo finder",
        ] {
            assert!(!names_find(line.as_bytes(), b"psgo"), "{line}");
        }
    }
}
