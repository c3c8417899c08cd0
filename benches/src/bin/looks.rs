//! Two looks of a watch at the default columns, in this process: prints how many milliseconds each
//! took, how many of processor time, and how many rows the second had.
//!
//! The first look opens the files of all processes and keeps them open as far as the limit on
//! descriptors goes, which is raised as far as it may be; the second reads them again.

use std::{error::Error, time::Instant};

use psgo::Query;

fn main() -> Result<(), Box<dyn Error>> {
    raise_descriptor_limit();
    let mut watcher = Query::new::<&str>(&[])?.watch()?;
    let (mut walls, mut cpus) = ([0.0; 2], [0.0; 2]);
    let mut rows = 0;
    for (wall, cpu) in walls.iter_mut().zip(&mut cpus) {
        let (start, before) = (Instant::now(), processor_time());
        let look = watcher.look()?;
        *wall = start.elapsed().as_secs_f64() * 1e3;
        *cpu = processor_time() - before;
        rows = look.table.rows().len();
    }
    let ([first, second], [first_cpu, second_cpu]) = (walls, cpus);
    println!("{first} {second} {first_cpu} {second_cpu} {rows}");
    Ok(())
}

/// Of all threads, in milliseconds.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn processor_time() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to live memory of the right type.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// As the command does before it watches.
fn raise_descriptor_limit() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to live memory of the right type.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}
