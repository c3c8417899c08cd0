//! The running processes, listed as often as needed.

use std::ops::ControlFlow;

use psgo::{
    Ended, ErrorKind, Pid, Query,
    descriptor::Subject,
    drift::{self, Line, Processes, Rules},
};

use super::{files, grammar::Drift};
use crate::{
    failure::{self, Answer, Failure},
    left_out::{self, Asked},
    own::own_pids,
};

/// Lists the running processes.
pub(super) struct Sampler {
    query: Query,
    /// psgo itself and its supervisor, which are not listed.
    own: Vec<Pid>,
    pub(super) rules: Rules,
    /// What is to be said of the last sample.
    said: Vec<String>,
}

impl Sampler {
    pub(super) fn new(drift: &Drift) -> Result<Self, Failure> {
        let (rules, _) = files::rules(drift.rules.as_deref())?;
        let view = drift.scope.view().map_err(|failure| match failure {
            // Nothing is compared, and exit status 1 says that there are differences.
            Failure::Gone(error) => Failure::Library(error),
            failure => failure,
        })?;
        let own = own_pids(&view)?;
        let query = drift.scope.limited(Query::new(drift::COLUMNS)?);
        Ok(Self {
            query: query.view(view),
            own,
            rules,
            said: Vec::new(),
        })
    }

    /// The processes that run now, without psgo.
    pub(super) fn processes(&mut self) -> Result<Processes, Failure> {
        let mut processes = Processes::new();
        let mut added = Ok(());
        let mut outcome = self.query.for_each(|row| {
            if row.pid().is_none_or(|pid| !self.own.contains(&pid)) {
                added = processes.add(&row);
            }
            match added {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        added?;
        if outcome.ended != Ended::Complete {
            return Err(Failure::trouble(
                "the listing ended before all processes were read; nothing can be compared",
            ));
        }
        let skipped = &mut outcome.skipped;
        // It is not there any more. Of all others nobody can tell whether they should be.
        skipped.retain(|skipped| skipped.error.kind() != ErrorKind::Gone);
        for skipped in skipped {
            skipped.named = true;
        }
        if !outcome.silent.is_empty() {
            // The tree names them.
            outcome.silent.clear();
            outcome.abandoned = 0;
        }
        // Those of which something is unknown are named as such that cannot be compared.
        outcome.unknown.clear();
        let (line, _) = left_out::summary(Subject::Processes, Asked::default(), &[], &outcome);
        self.said = line
            .into_iter()
            .chain(left_out::unnamed(&outcome))
            .collect();
        Ok(processes)
    }

    /// The same as a tree, by the rules.
    pub(super) fn tree(&mut self) -> Result<Vec<Line>, Failure> {
        let lines = self.processes()?.tree(&self.rules);
        self.said.extend(unknown(&lines));
        Ok(lines)
    }

    /// Says what is not known of the last sample, and whether that is nothing. To be called once
    /// there is an answer.
    pub(super) fn tell(&self) -> Answer {
        for line in &self.said {
            failure::say(line);
        }
        if self.said.is_empty() {
            Answer::Complete
        } else {
            Answer::Incomplete
        }
    }
}

/// One line that names the processes that are unknown.
fn unknown(lines: &[Line]) -> Option<String> {
    let mut groups: Vec<(&str, Vec<Pid>)> = Vec::new();
    for unknown in lines.iter().filter_map(|line| line.unknown) {
        let reason = unknown.reason.as_str();
        match groups.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, pids)) => pids.push(unknown.pid),
            None => groups.push((reason, vec![unknown.pid])),
        }
    }
    let group = |(reason, mut pids): (&str, Vec<Pid>)| {
        pids.sort_unstable();
        let who = left_out::named(&pids);
        format!("{who} ({reason})")
    };
    let groups: Vec<_> = groups.into_iter().map(group).collect();
    (!groups.is_empty()).then(|| format!("cannot be compared: {}", groups.join(", ")))
}
