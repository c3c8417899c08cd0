//! Things the tests start, and their certain end.
//!
//! Whatever is started is first told to a keeper, a small shell that undoes it when the test
//! process ends in any way. What is shared between tests lives in statics, which Rust never drops:
//! the keeper is what ends it.

pub(crate) mod engines;
pub(crate) mod namespaces;
pub(crate) mod podman;
pub(crate) mod process;
pub(crate) mod user;

use std::{
    fs,
    io::Write as _,
    os::unix::{
        fs::PermissionsExt,
        process::{CommandExt as _, ExitStatusExt as _},
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

/// The keeper: its life is this process's life, and a moment.
struct Keeper {
    shell: Child,
    orders: Option<ChildStdin>,
}

static KEEPER: LazyLock<Mutex<Keeper>> = LazyLock::new(|| {
    let mut shell = Command::new("sh")
        .args(["-c", include_str!("keeper.sh"), "keeper"])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("sh starts");
    let orders = shell.stdin.take();
    at_exit();
    Mutex::new(Keeper { shell, orders })
});

/// Lets the keeper finish before this process is seen to end, so that a caller who looks right
/// after the tests finds nothing.
#[allow(unsafe_code)]
fn at_exit() {
    extern "C" fn wait_for_keeper() {
        if let Ok(mut keeper) = KEEPER.lock() {
            drop(keeper.orders.take());
            let _ = keeper.shell.wait();
        }
    }
    // SAFETY: the function only uses a static that lives for ever, and does not unwind.
    let failed = unsafe { libc::atexit(wait_for_keeper) };
    assert_eq!(failed, 0, "atexit");
}

/// Has one line of shell run when the test process ends; the last told is the first run.
pub(crate) fn at_end(undo: &str) {
    assert!(!undo.contains('\n'));
    let mut keeper = KEEPER.lock().expect("the keeper lives");
    let orders = keeper.orders.as_mut().expect("the tests have not ended");
    writeln!(orders, "{undo}").expect("the keeper listens");
}

/// A directory of this run alone, which everybody may enter: the rootless user works there too.
pub(crate) fn dir() -> &'static Path {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let dir = nix::unistd::mkdtemp(&std::env::temp_dir().join("psgo-test.XXXXXX"))
            .expect("a temporary directory");
        at_end(&format!("remove {}", dir.display()));
        fs::set_permissions(&dir, <fs::Permissions as PermissionsExt>::from_mode(0o755)).unwrap();
        dir
    });
    &DIR
}

/// Waits until `found` finds something; there is no test here that takes a good machine a second.
pub(crate) fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "waited in vain: {what}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs a command that must succeed; its standard output without the last newline.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim_end_matches('\n')
        .to_owned()
}

/// The tests that make namespaces cannot be run by another user, and none of them is skipped.
pub(crate) fn must_be_root() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "these tests make containers and namespaces: run them as root (tests/run)"
    );
}

#[test]
fn what_the_tests_start_ends_with_them() {
    must_be_root();
    // Another run of this very program starts one of everything and is then killed.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "machine::one_of_everything_then_killed"])
        .args(["--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(9), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let told = |key: &str| -> Vec<String> {
        let found: Vec<String> = told
            .lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
            .map(str::to_owned)
            .collect();
        assert!(
            !found.is_empty(),
            "{key} in {told}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        found
    };
    let (dir, user, pids) = (told("dir"), told("user"), told("pid"));
    assert_eq!(pids.len(), 7);
    wait_for("its directory is removed", || {
        (!Path::new(&dir[0]).exists()).then_some(())
    });
    wait_for("its user is removed", || {
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        (!passwd.contains(&format!("{}:", user[0]))).then_some(())
    });
    for pid in pids {
        let (pid, start) = pid.split_once(' ').unwrap();
        assert_ne!(
            crate::oracle::kernel::start_ticks(pid.parse().unwrap()).map(|ticks| ticks.to_string()),
            Some(start.to_owned()),
            "{pid} lives"
        );
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(&dir[0]), "{mounts}");
    for proc in crate::oracle::kernel::pids() {
        let cmdline = fs::read(format!("/proc/{proc}/cmdline")).unwrap_or_default();
        let cmdline = String::from_utf8_lossy(&cmdline);
        assert!(!cmdline.contains(&dir[0]), "{proc}: {cmdline}");
    }
}

#[test]
#[ignore = "run by what_the_tests_start_ends_with_them, which expects it to be killed"]
fn one_of_everything_then_killed() {
    let rootless = podman::rootless();
    let nested = namespaces::nested(2);
    let sleeping = process::sleeping();
    let pids = [
        podman::plain().pid,
        rootless.plain.pid,
        nested.inner,
        sleeping.pid(),
        engines::docker().container.pid,
        engines::containerd().named.pid,
        engines::runc().container.pid,
    ];
    println!("\ndir {}", dir().display());
    println!("user {}", rootless.user.name);
    for pid in pids {
        let start = crate::oracle::kernel::start_ticks(pid).unwrap();
        println!("pid {pid} {start}");
    }
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).unwrap();
}
