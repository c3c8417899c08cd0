//! The first and the second look of a watch.

use std::process::Command;

use crate::{Result, measure::Spread, subject::Programs};

/// What two looks took in milliseconds, wall and processor time, a pair each for every round.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    walls: Vec<[f64; 2]>,
    cpus: Vec<[f64; 2]>,
}

pub(crate) fn measure(programs: &Programs, reached: usize, rounds: usize) -> Result<Looks> {
    let mut looks = Looks::default();
    for _ in 0..rounds {
        let output = Command::new(&programs.looks).output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: std::result::Result<Vec<f64>, _> =
            text.split_whitespace().map(str::parse).collect();
        let [first, second, first_cpu, second_cpu, rows] = numbers?[..] else {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {complaint}", programs.looks.display()).into());
        };
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        if rows < reached as f64 {
            return Err(format!("a look saw {rows} of {reached} processes").into());
        }
        looks.walls.push([first, second]);
        looks.cpus.push([first_cpu, second_cpu]);
    }
    Ok(looks)
}

impl Looks {
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
