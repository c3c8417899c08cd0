//! The first and the second look of a watch.

use std::process::Command;

use crate::{Result, measure::Spread, subject::Programs};

/// What two looks took, in milliseconds, one pair a round.
#[derive(Debug)]
pub(crate) struct Looks(Vec<(f64, f64)>);

pub(crate) fn measure(programs: &Programs, reached: usize, rounds: usize) -> Result<Looks> {
    let mut looks = Vec::new();
    for _ in 0..rounds {
        let output = Command::new(&programs.looks).output()?;
        let text = String::from_utf8(output.stdout)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let [first, second, rows] = words[..] else {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {complaint}", programs.looks.display()).into());
        };
        if rows.parse::<usize>()? < reached {
            return Err(format!("a look saw {rows} of {reached} processes").into());
        }
        looks.push((first.parse()?, second.parse()?));
    }
    Ok(Looks(looks))
}

impl Looks {
    pub(crate) fn first(&self) -> Spread {
        Spread::of(self.0.iter().map(|(first, _)| *first))
    }

    pub(crate) fn second(&self) -> Spread {
        Spread::of(self.0.iter().map(|(_, second)| *second))
    }

    /// What the second took of the first in the same process.
    pub(crate) fn ratio(&self) -> Spread {
        Spread::of(self.0.iter().map(|(first, second)| second / first))
    }
}
