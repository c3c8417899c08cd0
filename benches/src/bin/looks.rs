//! Two looks of a watch at the default columns, in this process: prints how many milliseconds each
//! took, and how many rows the second had.
//!
//! The first look opens the files of all processes and keeps them open as far as the limit on
//! descriptors goes, which is raised as far as it may be; the second reads them again.

use std::{error::Error, time::Instant};

use psgo::Query;

fn main() -> Result<(), Box<dyn Error>> {
    raise_descriptor_limit();
    let mut watcher = Query::new::<&str>(&[])?.watch()?;
    let mut times = [0.0; 2];
    let mut rows = 0;
    for time in &mut times {
        let start = Instant::now();
        let look = watcher.look()?;
        *time = start.elapsed().as_secs_f64() * 1e3;
        rows = look.table.rows().len();
    }
    let [first, second] = times;
    println!("{first} {second} {rows}");
    Ok(())
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
