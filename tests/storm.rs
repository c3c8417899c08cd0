//! Listings while processes come and go by the thousand.

use std::{
    env,
    process::Command,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use crate::{
    command::{psgo, row},
    machine::{
        process::{Held, quiet, sleeping},
        wait_for,
    },
    oracle::kernel,
};

/// Five seconds, or as many as `PSGO_STORM_SECONDS` says.
fn length() -> Duration {
    let seconds = env::var("PSGO_STORM_SECONDS").map_or(5, |text| text.parse().expect("seconds"));
    Duration::from_secs(seconds)
}

/// Whether the time is over and `is_enough`: a busy machine gets twenty times the time.
fn is_over(start: Instant, is_enough: bool) -> bool {
    let elapsed = start.elapsed();
    elapsed >= length() && (is_enough || elapsed >= 20 * length())
}

/// How many processes [`storm`] has started.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// Starts and ends short processes in two threads until the listings are done.
fn storm(listings: impl FnOnce()) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let children: Vec<_> = (0..8)
                        .filter_map(|_| quiet(&mut Command::new("true")).spawn().ok())
                        .collect();
                    STARTED.fetch_add(children.len(), Ordering::Relaxed);
                    for mut child in children {
                        let _ = child.wait();
                    }
                }
            });
        }
        // The threads must see the end also when a listing fails.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(listings));
        over.store(true, Ordering::Relaxed);
        if let Err(failure) = result {
            std::panic::resume_unwind(failure);
        }
    });
}

#[test]
fn a_fork_storm_hides_no_lasting_process_and_fails_no_listing() {
    // A2, W34: what ends while it is read is left out in silence; what lasts is always there.
    let lasting: Vec<_> = (0..20).map(|_| sleeping()).collect();
    let formats = [
        "pid,user,args",
        "pid,ppid,comm,state,tty,time,pcpu,etime,stime,nice,pgid,vsz,rss",
        "pid,groups,capeff,seccomp,label,rgroup,uid",
    ];
    let mut listings = 0;
    let started = || STARTED.load(Ordering::Relaxed);
    storm(|| {
        let start = Instant::now();
        while !is_over(start, listings >= 3 && started() > 100) {
            for format in formats {
                let rows = psgo(&["-format", format, "-output", "json"])
                    .succeeds()
                    .json();
                for process in &lasting {
                    row(&rows, process.pid().into());
                }
                listings += 1;
            }
        }
    });
    assert!(listings >= 3, "{listings} listings");
    assert!(started() > 100, "{} processes", started());
}

#[test]
fn a_fork_storm_inside_a_container_fails_no_joined_listing() {
    // The first shell lasts, the one with the storm too; the sleeps are what is looked for.
    let storm = "while :; do /bin/true & /bin/true; wait; done";
    let storming = Held::start(quiet(Command::new("unshare").args([
        "-m",
        "-p",
        "-f",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        &format!("for n in 1 2 3 4 5; do sleep 100000 & done; {storm}"),
    ])));
    let (target, lasting) = wait_for("the sleeping children", || {
        let [target] = kernel::children(storming.pid())[..] else {
            return None;
        };
        let sleeping = |pid: &i32| kernel::comm(*pid).is_some_and(|comm| comm == b"sleep");
        let mut lasting = kernel::children(target);
        lasting.retain(sleeping);
        (lasting.len() == 5).then_some((target, lasting))
    });
    let asked = target.to_string();
    let args = [
        "-pids",
        &asked,
        "-join",
        "-format",
        "pid,hpid,huser,user,args,groups",
        "-output",
        "json",
    ];
    let start = Instant::now();
    let mut listings = 0;
    while !is_over(start, listings >= 3) {
        let rows = psgo(&args).succeeds().json();
        for pid in &lasting {
            assert_eq!(
                rows.iter().filter(|row| row["hpid"] == *pid).count(),
                1,
                "{pid} in {rows:?}"
            );
        }
        listings += 1;
    }
    assert!(listings >= 3, "{listings} listings");
}
