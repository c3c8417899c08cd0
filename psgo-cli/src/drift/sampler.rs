//! The running processes, listed as often as needed.

use std::ops::ControlFlow;

use psgo::{
    Ended, Pid, Query, Row, Value,
    descriptor::Subject,
    drift::{self, Line, Rules},
};

use super::{files, grammar::Drift};
use crate::{
    failure::{self, Failure},
    left_out, supervisor,
};

/// Lists the running processes.
pub(super) struct Sampler {
    query: Query,
    /// psgo itself, which is not listed.
    own: Option<Pid>,
    pub(super) rules: Rules,
    /// What the last sample left out.
    left_out: Option<String>,
}

impl Sampler {
    pub(super) fn new(drift: &Drift) -> Result<Self, Failure> {
        let (rules, _) = files::rules(drift.rules.as_deref())?;
        let view = drift.scope.view()?;
        let own = view.this_process();
        let query = drift.scope.limited(Query::new(drift::COLUMNS)?);
        Ok(Self {
            query: query.view(view),
            own,
            rules,
            left_out: None,
        })
    }

    /// The processes that run now, without psgo.
    pub(super) fn rows(&mut self) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        let outcome = self.query.for_each(|row| {
            rows.push(row);
            ControlFlow::Continue(())
        })?;
        if outcome.ended != Ended::Complete {
            return Err(Failure::trouble(
                "the deadline came before the list was whole",
            ));
        }
        // Its supervisor is psgo too.
        let own = rows.iter().find(|row| row.pid() == self.own);
        let supervisor = own
            .filter(|_| supervisor::is_supervised())
            .and_then(|row| row.get("ppid").and_then(Value::as_u64));
        let is_supervisor = |pid: Pid| supervisor == Some(pid.get().into());
        let is_own = |pid: Pid| Some(pid) == self.own || is_supervisor(pid);
        rows.retain(|row| !row.pid().is_some_and(is_own));
        (self.left_out, _) = left_out::summary(Subject::Processes, &[], &outcome);
        Ok(rows)
    }

    /// The same as a tree, by the rules.
    pub(super) fn tree(&mut self) -> Result<Vec<Line>, Failure> {
        Ok(drift::tree(&self.rows()?, &self.rules)?)
    }

    /// Says what the last sample left out. To be called once there is an answer.
    pub(super) fn tell(&self) {
        if let Some(line) = &self.left_out {
            failure::say(line);
        }
    }
}
