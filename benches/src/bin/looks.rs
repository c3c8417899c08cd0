//! Two looks of a watch at the default columns, in this process: prints how many milliseconds each
//! took, how many of processor time, and how many rows the second had.
//!
//! The first look opens the files of all processes and keeps them open as far as the limit on
//! descriptors goes, which is raised as far as it may be; the second reads them again.

use std::{error::Error, time::Instant};

use psgo::Query;

#[path = "../own.rs"]
mod own;

fn main() -> Result<(), Box<dyn Error>> {
    own::raise_descriptor_limit();
    let mut watcher = Query::new::<&str>([])?.watch()?;
    let (mut walls, mut cpus) = ([0.0; 2], [0.0; 2]);
    let mut rows = 0;
    for (wall, cpu) in walls.iter_mut().zip(&mut cpus) {
        let (start, before) = (Instant::now(), own::processor_time());
        let look = watcher.sample()?;
        *wall = start.elapsed().as_secs_f64() * 1e3;
        *cpu = own::processor_time() - before;
        rows = look.table.rows().len();
    }
    let ([first, second], [first_cpu, second_cpu]) = (walls, cpus);
    println!("{first} {second} {first_cpu} {second_cpu} {rows}");
    Ok(())
}
