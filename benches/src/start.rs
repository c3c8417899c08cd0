//! From start to exit, where there is nearly nothing to list.

use std::process::Command;

use crate::{
    Result,
    measure::{self, Samples},
    subject::Programs,
};

const RUNS: usize = 200;

/// `psgo -pids 1`, and a program that does nothing.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) psgo: Samples,
    pub(crate) nothing: Samples,
}

pub(crate) fn measure(programs: &Programs) -> Result<Start> {
    let mut psgo = Command::new(&programs.psgo);
    psgo.args(["-pids", "1"]);
    let mut nothing = Command::new(&programs.floor);
    nothing.arg("none");
    let mut samples = measure::in_turns(&mut [psgo, nothing], RUNS)?.into_iter();
    Ok(Start {
        psgo: samples.next().unwrap_or_default(),
        nothing: samples.next().unwrap_or_default(),
    })
}
