//! The first and the second look of a watch, and what the kernel takes for the same.

use std::{process::Command, thread};

use crate::{Result, measure::Spread, subject::Programs};

/// What two looks took in milliseconds, wall and processor time, a pair each for every round.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    walls: Vec<[f64; 2]>,
    cpus: Vec<[f64; 2]>,
}

/// Those of psgo, and the floor's.
pub(crate) fn measure(
    programs: &Programs,
    reached: usize,
    rounds: usize,
) -> Result<(Looks, Looks)> {
    let (mut looks, mut floor) = (Looks::default(), Looks::default());
    let threads = thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    for _ in 0..rounds {
        looks.add(&mut Command::new(&programs.looks), reached)?;
        let mut command = Command::new(&programs.floor);
        floor.add(command.args(["looks", &threads.to_string()]), reached)?;
    }
    Ok((looks, floor))
}

impl Looks {
    fn add(&mut self, command: &mut Command, reached: usize) -> Result<()> {
        let output = command.output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: std::result::Result<Vec<f64>, _> =
            text.split_whitespace().map(str::parse).collect();
        let [first, second, first_cpu, second_cpu, rows] = numbers?[..] else {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {complaint}", command.get_program().display()).into());
        };
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        if rows < reached as f64 {
            return Err(format!("a look saw {rows} of {reached} processes").into());
        }
        self.walls.push([first, second]);
        self.cpus.push([first_cpu, second_cpu]);
        Ok(())
    }

    pub(crate) fn first(&self) -> Spread {
        Spread::of(self.walls.iter().map(|[first, _]| *first))
    }

    pub(crate) fn second(&self) -> Spread {
        Spread::of(self.walls.iter().map(|[_, second]| *second))
    }

    /// What the second took of the first in the same process.
    pub(crate) fn ratio(&self) -> Spread {
        Spread::of(self.walls.iter().map(|[first, second]| second / first))
    }

    /// The same in processor time.
    pub(crate) fn cpu_ratio(&self) -> Spread {
        Spread::of(self.cpus.iter().map(|[first, second]| second / first))
    }
}
