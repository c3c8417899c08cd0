//! `psgo timers` against what was set, on the host and in a container.

use std::{
    io::Read as _,
    os::fd::AsRawFd as _,
    process::{Command, Stdio},
    time::Duration,
};

use nix::{
    sys::{
        signal::{SigEvent, SigevNotify, Signal},
        timer::Timer,
        timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
    },
    time::ClockId as Clock,
    unistd::gettid,
};
use psgo::{JoinOptions, Pid, ProcChoice, Query, View, descriptor::Subject};
use serde_json::{Value, json};

use crate::{
    command::psgo,
    machine::{process::Held, wait_for},
    oracle::kernel,
};

const NAMES: &str = "id,kind,clock,notify,signal,target,value,interval,left,flags,ticks,pid";

/// Whoever reads between two looks of the test's own sees a time between both.
const LEFT: Duration = Duration::from_secs(100_000);

/// Two POSIX timers, of which one tells this thread, and a timerfd.
fn timers() -> (Timer, Timer, TimerFd) {
    let silent = SigEvent::new(SigevNotify::SigevNone);
    let silent = Timer::new(Clock::CLOCK_REALTIME, silent).unwrap();
    let telling = SigEvent::new(SigevNotify::SigevThreadId {
        signal: Signal::SIGURG,
        thread_id: gettid().as_raw(),
        si_value: 0x4711,
    });
    let telling = Timer::new(Clock::CLOCK_MONOTONIC, telling).unwrap();
    let timerfd = TimerFd::new(ClockId::CLOCK_BOOTTIME, TimerFlags::TFD_CLOEXEC).unwrap();
    let every = Expiration::IntervalDelayed(LEFT.into(), Duration::from_secs(1500).into());
    timerfd.set(every, TimerSetTimeFlags::empty()).unwrap();
    (silent, telling, timerfd)
}

#[test]
#[ignore = "started by timers_of_a_container_are_told_by_its_own_numbers, which ends it"]
fn has_timers_for_ever() {
    let timers = timers();
    println!("\nready");
    let _ = std::io::stdin().read(&mut [0]);
    drop(timers);
}

#[test]
fn timers_are_what_was_set() {
    let (silent, telling, timerfd) = timers();
    let me = std::process::id();
    let pid = me.to_string();
    let args = ["timers", "-pids", &pid, "-format", NAMES, "-output", "json"];
    let rows = psgo(&args).succeeds().json();
    let left = match timerfd.get().unwrap().unwrap() {
        Expiration::IntervalDelayed(left, _) => Duration::from(left),
        other => panic!("{other:?}"),
    };
    let of = |kind: &str, clock: &str| {
        let found = rows
            .iter()
            .find(|row| row["kind"] == kind && row["clock"] == clock);
        found
            .unwrap_or_else(|| panic!("{kind} {clock} in {rows:?}"))
            .clone()
    };
    let row = of("posix", "REALTIME");
    assert_eq!(
        (&row["notify"], &row["target"]),
        (&json!("none"), &json!(me))
    );
    // When it expires the kernel does not tell.
    assert_eq!(
        (&row["left"], &row["interval"]),
        (&Value::Null, &Value::Null)
    );
    let row = of("posix", "MONOTONIC");
    assert_eq!(row["signal"], json!(Signal::SIGURG as i32));
    assert_eq!(row["target"], json!(gettid().as_raw()));
    assert_eq!(
        (&row["notify"], &row["value"]),
        (&json!("signal"), &json!("0x4711"))
    );
    assert_eq!((&row["flags"], &row["ticks"]), (&Value::Null, &Value::Null));
    let row = of("timerfd", "BOOTTIME");
    assert_eq!(
        row["id"],
        json!(std::os::fd::AsFd::as_fd(&timerfd).as_raw_fd())
    );
    assert_eq!(
        (&row["interval"], &row["ticks"]),
        (&json!(1500.0), &json!(0))
    );
    assert_eq!((&row["flags"], &row["notify"]), (&json!([]), &Value::Null));
    let told = row["left"].as_f64().unwrap();
    assert!(
        (left.as_secs_f64()..=LEFT.as_secs_f64()).contains(&told),
        "{told} {left:?}"
    );
    drop((silent, telling));
}

#[test]
fn timers_of_a_container_are_told_by_its_own_numbers() {
    crate::machine::must_be_root();
    let mut command = Command::new("unshare");
    command
        .args(["-m", "-p", "-f", "--kill-child", "--mount-proc"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "timers::has_timers_for_ever",
            "--ignored",
            "--nocapture",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let held = Held::start(&mut command);
    let target = wait_for("it has its timers", || {
        let [target] = kernel::children(held.pid())[..] else {
            return None;
        };
        let pid = target.to_string();
        let names = ["timers", "-pids", &pid, "-format", "id", "-no-header"];
        (psgo(&names).text().lines().count() == 3).then_some(target)
    });
    for choice in [ProcChoice::Container, ProcChoice::Host] {
        let mut options = JoinOptions::default();
        options.proc = choice;
        let pid = Pid::new(u32::try_from(target).unwrap());
        let view = View::join(pid).options(&options).open().unwrap();
        let names = ["pid", "kind", "notify", "target"];
        let query = Query::of(Subject::Timers, names).unwrap().view(view);
        let mut rows = query.table().unwrap().to_strings();
        rows.sort_unstable();
        // The test's own thread there is not the first one.
        let thread = rows[1][3].clone();
        let wanted = [
            ["1", "posix", "none", "1"],
            ["1", "posix", "signal", thread.as_str()],
            ["1", "timerfd", "?", "?"],
        ];
        assert_eq!(rows, wanted, "{choice:?}");
        let inside: u32 = thread.parse().unwrap();
        assert!((2..100).contains(&inside), "{choice:?}: {thread}");
    }
}
