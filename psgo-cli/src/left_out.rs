//! What an answer leaves out, in one line.

use psgo::{ErrorKind, Outcome, Pid, Skipped, descriptor::Subject};

use crate::failure::{Answer, reason};

/// One line that says what the rows of `subject` lack and why, if that is worth saying, and whether
/// the answer is complete without it. `not_joined` are containers that were left out before.
pub(crate) fn summary(
    subject: Subject,
    not_joined: &[Skipped],
    outcome: &Outcome,
) -> (Option<String>, Answer) {
    let skipped = not_joined.iter().chain(&outcome.skipped);
    // One that does not answer keeps something to itself, so it is named though nobody asked for it.
    let is_silent = |skipped: &Skipped| skipped.error.kind() == ErrorKind::TimedOut;
    let is_any_silent = skipped.clone().any(is_silent);
    let reasons = skipped.clone().map(|skipped| Reason {
        pid: (skipped.named || is_silent(skipped)).then_some(skipped.pid),
        text: reason_of(skipped),
        is_gone: skipped.error.kind() == ErrorKind::Gone,
    });
    let (line, mut answer) = summary_of(subject, reasons);
    // This program is short of something, and not the process: its row is missed all the same.
    if skipped
        .clone()
        .any(|skipped| skipped.error.kind() == ErrorKind::Io)
    {
        answer = Answer::Incomplete;
    }
    let unanswered = match (&outcome.silent[..], outcome.abandoned) {
        ([], 0) => None,
        // Of these the line tells.
        ([], _) if is_any_silent => None,
        ([], many) => {
            answer = Answer::Incomplete;
            Some(match many {
                1 => "1 read did not answer".to_owned(),
                many => format!("{many} reads did not answer"),
            })
        }
        (silent, _) => {
            answer = Answer::Incomplete;
            Some(unanswered(silent))
        }
    };
    let files = (!outcome.silent_files.is_empty()).then(|| {
        answer = Answer::Incomplete;
        let files: Vec<_> = outcome
            .silent_files
            .iter()
            .map(|file| format!("proc/{file}"))
            .collect();
        format!(
            "did not answer: {} (cells that need it are shown as ?)",
            files.join(" ")
        )
    });
    let parts: Vec<_> = line.into_iter().chain(unanswered).chain(files).collect();
    ((!parts.is_empty()).then(|| parts.join("; ")), answer)
}

/// `did not answer: 12 13 14 15 16 and 45 more (their unknown cells are shown as ?)`
fn unanswered(silent: &[Pid]) -> String {
    let who = named(silent, FEW, 0);
    format!("did not answer: {who} (their unknown cells are shown as ?)")
}

/// So many processes are named that nobody asked for; the rest are counted.
pub(crate) const FEW: usize = 5;

/// The first `most` of the processes, and how many more there are, `unnamed` ones among them:
/// `4711 7 and 3 more`, `3 processes`.
pub(crate) fn named(pids: &[Pid], most: usize, unnamed: usize) -> String {
    let uncounted = unnamed + pids.len().saturating_sub(most);
    let rest = match (pids.is_empty(), uncounted) {
        (_, 0) => None,
        (false, n) => Some(format!("and {n} more")),
        (true, 1) => Some("1 process".to_owned()),
        (true, n) => Some(format!("{n} processes")),
    };
    let pids = pids.iter().take(most).map(Pid::to_string);
    pids.chain(rest).collect::<Vec<_>>().join(" ")
}

/// One line that says which names were not looked up, if there are any.
pub(crate) fn unasked(outcome: &psgo::Outcome) -> Option<String> {
    let counted = |count, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one} is")),
        many => Some(format!("{many} {one}s are")),
    };
    let users = counted(outcome.unasked_users, "user");
    let groups = counted(outcome.unasked_groups, "group");
    let all: Vec<_> = users.into_iter().chain(groups).collect();
    (!all.is_empty()).then(|| {
        let all = all.join(" and ");
        format!("{all} shown by number, not looked up: too many have no name")
    })
}

/// Why a process or container is not in the answer.
struct Reason {
    /// The pid, if it was asked for by number.
    pid: Option<Pid>,
    text: String,
    is_gone: bool,
}

fn reason_of(Skipped { pid, error, .. }: &Skipped) -> String {
    match error.kind() {
        // The line names the process.
        ErrorKind::Gone => match error.to_string().strip_prefix(&format!("process {pid}: ")) {
            Some(how) => how.to_owned(),
            None => "no such process".to_owned(),
        },
        _ => reason(error),
    }
}

/// No more pids are named for each reason; the rest are counted.
const NAMED: usize = 10;

/// The processes left out for one reason.
struct Group {
    text: String,
    pids: Vec<Pid>,
    unnamed: usize,
}

fn summary_of(subject: Subject, reasons: impl Iterator<Item = Reason>) -> (Option<String>, Answer) {
    // A process that exits while all are being listed is not worth reporting.
    let reasons = reasons.filter(|reason| reason.pid.is_some() || !reason.is_gone);
    // A socket is shown whether its owner is known or not, unless pids are asked for.
    let is_owner = |reason: &Reason| subject == Subject::Sockets && reason.pid.is_none();
    let (owners, left_out): (Vec<_>, Vec<_>) = reasons.partition(is_owner);
    let answer = if left_out.iter().all(|reason| reason.pid.is_none()) {
        Answer::Complete
    } else {
        Answer::Incomplete
    };
    let parts = [
        ("left out", left_out),
        ("not shown as owners of sockets", owners),
    ];
    let parts = parts.into_iter().filter(|(_, who)| !who.is_empty());
    let parts: Vec<_> = parts
        .map(|(what, who)| format!("{what}: {}", grouped(who)))
        .collect();
    ((!parts.is_empty()).then(|| parts.join("; ")), answer)
}

/// `4711 7 (no such process), 3 processes (permission denied)`
fn grouped(reasons: Vec<Reason>) -> String {
    let mut groups: Vec<Group> = Vec::new();
    for reason in reasons {
        let at = groups
            .iter()
            .position(|group| group.text == reason.text)
            .unwrap_or_else(|| {
                groups.push(Group {
                    text: reason.text,
                    pids: Vec::new(),
                    unnamed: 0,
                });
                groups.len() - 1
            });
        match reason.pid {
            Some(pid) => groups[at].pids.push(pid),
            None => groups[at].unnamed += 1,
        }
    }
    let parts: Vec<_> = groups.iter().map(Group::part).collect();
    parts.join(", ")
}

impl Group {
    /// `4711 7 and 3 more (no such process)`
    fn part(&self) -> String {
        let who = named(&self.pids, NAMED, self.unnamed);
        format!("{who} ({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(pid: Option<u32>) -> Reason {
        Reason {
            pid: pid.map(Pid::new),
            text: "no such process".to_owned(),
            is_gone: true,
        }
    }

    fn denied(pid: Option<u32>) -> Reason {
        Reason {
            pid: pid.map(Pid::new),
            text: "permission denied".to_owned(),
            is_gone: false,
        }
    }

    fn told(reasons: Vec<Reason>) -> (String, Answer) {
        told_of(Subject::Processes, reasons)
    }

    fn told_of(subject: Subject, reasons: Vec<Reason>) -> (String, Answer) {
        let (line, answer) = summary_of(subject, reasons.into_iter());
        (line.unwrap_or_default(), answer)
    }

    #[test]
    fn processes_that_do_not_answer_are_named_up_to_five() {
        let silent = |last| (1..=last).map(Pid::new).collect::<Vec<_>>();
        assert_eq!(
            unanswered(&silent(2)),
            "did not answer: 1 2 (their unknown cells are shown as ?)"
        );
        assert_eq!(
            unanswered(&silent(50)),
            "did not answer: 1 2 3 4 5 and 45 more (their unknown cells are shown as ?)"
        );
    }

    #[test]
    fn a_named_pid_is_told_with_its_reason() {
        let (line, answer) = told(vec![gone(Some(4711)), denied(Some(99)), gone(Some(7))]);
        assert_eq!(
            line,
            "left out: 4711 7 (no such process), 99 (permission denied)"
        );
        assert_eq!(answer, Answer::Incomplete);
    }

    #[test]
    fn processes_that_nobody_named_are_counted() {
        let (line, answer) = told((0..3000).map(|_| denied(None)).collect());
        assert_eq!(line, "left out: 3000 processes (permission denied)");
        assert_eq!(answer, Answer::Complete);
    }

    #[test]
    fn that_a_process_ends_is_nothing_to_tell() {
        assert_eq!(told(vec![gone(None)]), (String::new(), Answer::Complete));
    }

    #[test]
    fn thousands_of_named_pids_still_make_one_line() {
        let (line, _) = told((1..=3000).map(|pid| gone(Some(pid))).collect());
        assert_eq!(
            line,
            "left out: 1 2 3 4 5 6 7 8 9 10 and 2990 more (no such process)"
        );
    }

    #[test]
    fn a_socket_is_not_left_out_with_who_may_have_it() {
        let reasons = || vec![denied(None), gone(Some(7)), denied(None), gone(None)];
        let (line, answer) = told_of(Subject::Sockets, reasons());
        assert_eq!(
            line,
            "left out: 7 (no such process); \
             not shown as owners of sockets: 2 processes (permission denied)"
        );
        assert_eq!(answer, Answer::Incomplete);
        let (_, answer) = told_of(Subject::Sockets, vec![denied(None)]);
        assert_eq!(answer, Answer::Complete);
        let (line, _) = told_of(Subject::Files, reasons());
        assert_eq!(
            line,
            "left out: 2 processes (permission denied), 7 (no such process)"
        );
    }

    #[test]
    fn named_and_unnamed_share_a_reason() {
        let (line, answer) = told(vec![denied(Some(1)), denied(None)]);
        assert_eq!(line, "left out: 1 and 1 more (permission denied)");
        assert_eq!(answer, Answer::Incomplete);
    }
}
