//! The listing of a host with many idle processes.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    Result, machine,
    measure::{self, Samples},
    subject::{self, Id, Programs, Subject},
    watch::{self, Looks},
};

/// What a listing of so many processes took.
#[derive(Debug)]
pub(crate) struct Listing {
    /// Idle processes that were wanted, and that there were.
    pub(crate) wanted: usize,
    pub(crate) reached: usize,
    /// All processes of the machine.
    pub(crate) processes: usize,
    pub(crate) results: Vec<(&'static Subject, Samples)>,
    pub(crate) looks: Looks,
    pub(crate) floor_looks: Looks,
}

pub(crate) fn measure(
    programs: &Programs,
    wanted: usize,
    reached: usize,
    rounds: usize,
) -> Result<Listing> {
    let mut subjects = Vec::new();
    let mut commands = Vec::new();
    for subject in &subject::LISTING {
        if let Some(mut command) = subject.command(programs, machine::cores()) {
            if subject.is_table() {
                lists_all(subject, &mut command, reached)?;
            }
            subjects.push(subject);
            commands.push(command);
        }
    }
    let processes = machine::processes();
    let samples = measure::in_turns(&mut commands, rounds)?;
    let (looks, floor_looks) = watch::measure(programs, reached, rounds)?;
    Ok(Listing {
        looks,
        floor_looks,
        wanted,
        reached,
        processes,
        results: subjects.into_iter().zip(samples).collect(),
    })
}

/// What does not list all is not compared.
fn lists_all(subject: &Subject, command: &mut Command, reached: usize) -> Result<()> {
    let lines = measure::lines(command)?;
    if lines <= reached {
        let text = format!("{}: {lines} lines for {reached} processes", subject.title);
        return Err(text.into());
    }
    Ok(())
}

impl Listing {
    pub(crate) fn get(&self, id: Id) -> Option<&Samples> {
        let mut results = self.results.iter();
        results
            .find(|(subject, _)| subject.id == id)
            .map(|(_, samples)| samples)
    }

    /// Microseconds for each process.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub(crate) fn each(&self, milliseconds: f64) -> f64 {
        milliseconds * 1e3 / self.processes as f64
    }

    pub(crate) fn json(&self) -> Value {
        let results = self.results.iter().map(|(subject, samples)| {
            let mut value = samples.json();
            value["title"] = json!(subject.title);
            if let Some(floor) = subject.floor.and_then(|id| self.get(id)) {
                value["times_floor"] = samples.ratio(floor).json();
                value["times_floor_cpu"] = samples.cpu_ratio(floor).json();
            }
            (subject.id.to_owned(), value)
        });
        json!({
            "idle_wanted": self.wanted,
            "idle_reached": self.reached,
            "processes": self.processes,
            "watch": {
                "first_ms": self.looks.first().json(),
                "second_ms": self.looks.second().json(),
                "second_of_first": self.looks.ratio().json(),
                "second_of_first_of_the_floor": self.floor_looks.ratio().json(),
            },
            "programs": results.collect::<serde_json::Map<_, _>>(),
        })
    }
}
