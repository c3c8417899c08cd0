//! The kernel's limits on processes: raised as far as needed, and put back by a process of its
//! own as soon as the pipe to it closes, so that neither Ctrl-C nor a kill leaves them changed.

use std::{
    env, fs, io,
    io::Read as _,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
};

/// The argument that makes this program the process that puts the limits back.
pub(crate) const GUARD: &str = "put-back";

/// Beside what is counted, others start processes too; and pids are not reused at once.
const SPARE: usize = 2_000;

/// Raised limits; dropping it puts them back.
#[derive(Debug)]
pub(crate) struct Raised(Option<Child>);

/// Sees to it that there may be so many processes, as far as this is allowed.
pub(crate) fn raise(processes: usize) -> Raised {
    let needed = processes + SPARE;
    raise_own(needed);
    let mut paths = vec![
        PathBuf::from("/proc/sys/kernel/pid_max"),
        PathBuf::from("/proc/sys/kernel/threads-max"),
    ];
    paths.extend(cgroups());
    let low: Vec<_> = paths
        .into_iter()
        .filter_map(|path| {
            let old = fs::read_to_string(&path).ok()?.trim().to_owned();
            // `max` is no number.
            let is_low = old.parse::<usize>().is_ok_and(|limit| limit < needed);
            is_low.then_some((path, old))
        })
        .collect();
    if low.is_empty() {
        return Raised(None);
    }
    // First the one who puts back, then the change.
    let guard = match start_guard(&low) {
        Ok(guard) => guard,
        Err(error) => {
            println!("limits stay as they are: {error}");
            return Raised(None);
        }
    };
    for (path, old) in low {
        match fs::write(&path, needed.to_string()) {
            Ok(()) => println!("{}: {old} → {needed} for this run", path.display()),
            Err(error) => println!("{}: stays {old}: {error}", path.display()),
        }
    }
    Raised(Some(guard))
}

/// The limit of this process and its children, which ends with them.
fn raise_own(needed: usize) {
    let needed = libc::rlim_t::try_from(needed).unwrap_or(libc::RLIM_INFINITY);
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to live memory of the right type.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NPROC, &raw mut limit) == 0 && limit.rlim_cur < needed {
            limit.rlim_cur = limit.rlim_max.min(needed);
            libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit);
        }
    }
}

/// `pids.max` of our cgroup and of those it lies in, of either version.
fn cgroups() -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut paths = Vec::new();
    for line in own.lines() {
        // `7:pids:/a/b` or `0::/a/b`
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(cgroup)) = (parts.next(), parts.next()) else {
            continue;
        };
        let root = match controllers {
            "" => "/sys/fs/cgroup",
            "pids" => "/sys/fs/cgroup/pids",
            _ => continue,
        };
        let cgroup = PathBuf::from(format!("{root}{cgroup}"));
        let above = cgroup.ancestors().take_while(|dir| dir.starts_with(root));
        paths.extend(above.map(|dir| dir.join("pids.max")));
    }
    paths
}

fn start_guard(low: &[(PathBuf, String)]) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(GUARD);
    for (path, old) in low {
        command.arg(path).arg(old);
    }
    // In a group of its own, no Ctrl-C reaches it.
    command.stdin(Stdio::piped()).process_group(0).spawn()
}

/// Waits for the end of its input and writes the old limits back: pairs of path and value.
pub(crate) fn guard(mut args: impl Iterator<Item = String>) -> ExitCode {
    // However it ends, it has ended.
    let _ = io::stdin().read_to_end(&mut Vec::new());
    let mut code = ExitCode::SUCCESS;
    while let (Some(path), Some(old)) = (args.next(), args.next()) {
        if fs::read_to_string(&path).is_ok_and(|now| now.trim() == old) {
            continue;
        }
        if let Err(error) = fs::write(&path, &old) {
            eprintln!("benches: {path} could not be put back to {old}: {error}");
            code = ExitCode::FAILURE;
        }
    }
    code
}

impl Drop for Raised {
    fn drop(&mut self) {
        if let Some(guard) = &mut self.0 {
            drop(guard.stdin.take());
            if let Err(error) = guard.wait() {
                eprintln!("benches: limits may still be raised: {error}");
            }
        }
    }
}
