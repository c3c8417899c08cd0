//! What an answer leaves out, in one line.

use psgo::{ErrorKind, Missing, Outcome, Pid, Skipped, Unread, descriptor::Subject};

use crate::failure::{Answer, reason};

/// What was asked for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asked {
    /// Whether processes were asked for by number.
    pub(crate) is_named: bool,
    /// Whether a copy of a `/proc` is read.
    pub(crate) is_copy: bool,
}

/// One line that says what the rows of `subject` lack and why, if that is worth saying, and whether
/// the answer is complete without it. `not_joined` are containers that were left out before.
pub(crate) fn summary(
    subject: Subject,
    asked: Asked,
    not_joined: &[Skipped],
    outcome: &Outcome,
) -> (Option<String>, Answer) {
    let Asked { is_named, is_copy } = asked;
    let skipped = not_joined.iter().chain(&outcome.skipped);
    // One that does not answer keeps something to itself, so it is named though nobody asked for it.
    let is_silent = |skipped: &Skipped| skipped.error.kind() == ErrorKind::TimedOut;
    let is_any_silent = skipped.clone().any(is_silent);
    let reasons = skipped.clone().map(|skipped| Reason {
        pid: skipped.pid,
        is_named: skipped.named || is_silent(skipped),
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
            .map(|file| ["/proc", file].join("/"))
            .collect();
        format!(
            "did not answer: {} (cells that need it are shown as ?)",
            files.join(" ")
        )
    });
    let sockets = unlisted(outcome.unlisted_sockets);
    let absent = (!outcome.absent_protocols.is_empty()).then(|| {
        let protocols = outcome.absent_protocols.join(" ");
        format!("this kernel does not list sockets of {protocols}")
    });
    let forgeable = forgeable(outcome.forgeable_sockets);
    let partial = (!outcome.partial.is_empty()).then(|| {
        // What a process keeps from others, or a runtime of containers, is missed only of a process
        // that was asked for, or where it would have decided a filter, as of one that is denied as a
        // whole.
        let is_missed = |unread: &Unread| {
            let is_of_runtime = unread.what.starts_with('/');
            let is_its_own = !unread.pids.is_empty() && !unread.what.starts_with("net");
            unread.why != Missing::Untold
                && (is_named || unread.why != Missing::Denied || !(is_its_own || is_of_runtime))
        };
        if outcome.partial.iter().any(is_missed) {
            answer = Answer::Incomplete;
        }
        let files = outcome
            .partial
            .iter()
            .take(FEW)
            .map(|unread| partly(unread, is_copy));
        let rest = outcome.partial.len().saturating_sub(FEW);
        let rest = (rest > 0).then(|| format!("and {rest} more"));
        let files: Vec<_> = files.chain(rest).collect();
        format!("could not be read in full: {}", files.join(", "))
    });
    let undecided = (!outcome.undecided.is_empty()).then(|| {
        answer = Answer::Incomplete;
        let columns: Vec<_> = outcome
            .undecided
            .iter()
            .map(|unread| is_unknown(subject, &[unread.what.as_str()], unread, is_copy))
            .collect();
        format!("the filter is undecided: {}", columns.join(", "))
    });
    let unknown = unknown(subject, outcome, is_copy);
    // The same holds for a cell.
    let mut hidden = outcome.unknown.iter();
    if hidden.any(|unread| is_named || unread.why != Missing::Denied) {
        answer = Answer::Incomplete;
    }
    let parts: Vec<_> = line
        .into_iter()
        .chain(unanswered)
        .chain(files)
        .chain(sockets)
        .chain(absent)
        .chain(forgeable)
        .chain(partial)
        .chain(undecided)
        .chain(unknown)
        .collect();
    ((!parts.is_empty()).then(|| parts.join("; ")), answer)
}

/// Which sockets of the named processes the table has not, if there are any. That is no fault: it is
/// the table of one network namespace.
fn unlisted(count: usize) -> Option<String> {
    let sockets = match count {
        0 => return None,
        1 => "1 socket".to_owned(),
        many => format!("{many} sockets"),
    };
    Some(format!(
        "not shown: {sockets} of another network namespace or family, or not bound \
         (psgo inspect PID -only sockets)"
    ))
}

/// That rows come from text that any user can write into, if some do. That is no fault of the answer.
fn forgeable(count: usize) -> Option<String> {
    let rows = match count {
        0 => return None,
        1 => "1 row of a Unix socket is".to_owned(),
        many => format!("{many} rows of Unix sockets are"),
    };
    Some(format!(
        "{rows} from /proc/PID/net/unix, where a name can pass for a row (source=forgeable)"
    ))
}

/// `did not answer: 12 13 14 15 16 and 45 more (their unknown cells are shown as ?)`
fn unanswered(silent: &[Pid]) -> String {
    let who = named(silent);
    format!("did not answer: {who} (their unknown cells are shown as ?)")
}

/// Why something is unknown. A copy lacks what its kernel may well have.
pub(crate) fn lacking(why: Missing, is_copy: bool) -> &'static str {
    match why {
        Missing::Unsupported if is_copy => "the copy does not have it",
        why => why.as_str(),
    }
}

/// `net/udp of 12 13 (permission denied)`
fn partly(
    Unread {
        what, why, pids, ..
    }: &Unread,
    is_copy: bool,
) -> String {
    let why = lacking(*why, is_copy);
    match &pids[..] {
        [] => format!("{what} ({why})"),
        pids => format!("{what} of {} ({why})", named(pids)),
    }
}

/// The columns that are shown as `?` though there may be a value; those of the same rows together.
/// What did not answer is told already.
fn unknown(subject: Subject, outcome: &Outcome, is_copy: bool) -> Option<String> {
    let is_told =
        !outcome.silent.is_empty() || !outcome.silent_files.is_empty() || outcome.abandoned > 0;
    let is_new = |unread: &&Unread| !(is_told && unread.why == Missing::Silent);
    let mut groups: Vec<(&Unread, Vec<&str>)> = Vec::new();
    for unread in outcome.unknown.iter().filter(is_new) {
        let is_same =
            |of: &Unread| of.why == unread.why && of.rows == unread.rows && of.pids == unread.pids;
        match groups.iter_mut().find(|(of, _)| is_same(of)) {
            Some((_, columns)) => columns.push(&unread.what),
            None => groups.push((unread, vec![&unread.what])),
        }
    }
    let parts = groups.iter();
    let parts: Vec<_> = parts
        .map(|(unread, columns)| is_unknown(subject, columns, unread, is_copy))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `exe is unknown for 317 processes: 12 13 14 15 16 and 312 more (permission denied)`
fn is_unknown(subject: Subject, columns: &[&str], unread: &Unread, is_copy: bool) -> String {
    let (why, rows) = (lacking(unread.why, is_copy), &unread.rows);
    let columns = match columns {
        [one] => format!("{one} is"),
        several => format!("{} are", several.join(", ")),
    };
    match (&unread.pids[..], subject) {
        ([], Subject::Sockets) => {
            format!("{columns} unknown for {} ({why})", many(*rows, "socket"))
        }
        ([], _) => format!("{columns} unknown for {} ({why})", many(*rows, "row")),
        (pids, _) => {
            let count = match pids.len() {
                1 => "1 process".to_owned(),
                many => format!("{many} processes"),
            };
            format!("{columns} unknown for {count}: {} ({why})", named(pids))
        }
    }
}

/// `1 socket`, `2 sockets`
fn many(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    }
}

/// So many processes are named; the rest are counted.
const FEW: usize = 5;

/// The first of the processes, and how many more there are: `4711 7 12 13 14 and 3 more`.
pub(crate) fn named(pids: &[Pid]) -> String {
    let rest = pids.len().saturating_sub(FEW);
    let rest = (rest > 0).then(|| format!("and {rest} more"));
    let pids = pids.iter().take(FEW).map(Pid::to_string);
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

/// Lines that say why ids of users and groups, or some of them, are shown as numbers.
pub(crate) fn unnamed(outcome: &Outcome) -> impl Iterator<Item = String> {
    let containers = outcome.containers.iter();
    let of_containers = containers.filter_map(|container| container.unnamed.as_ref());
    let all = outcome.unnamed.iter().chain(of_containers);
    all.map(|error| format!("ids have no names: {error}"))
}

/// Why a process or container is not in the answer.
struct Reason {
    pid: Pid,
    /// Whether it was asked for by number, or is to be told as if it was.
    is_named: bool,
    text: String,
    is_gone: bool,
}

fn reason_of(Skipped { pid, error, .. }: &Skipped) -> String {
    let text = match error.kind() {
        ErrorKind::Gone => error.to_string(),
        _ => reason(error),
    };
    // The line names the process.
    match text.strip_prefix(&format!("process {pid}: ")) {
        Some(how) => how.to_owned(),
        None if error.kind() == ErrorKind::Gone => "no such process".to_owned(),
        None => text,
    }
}

/// The processes left out for one reason.
struct Group {
    text: String,
    pids: Vec<Pid>,
}

fn summary_of(subject: Subject, reasons: impl Iterator<Item = Reason>) -> (Option<String>, Answer) {
    // A process that exits while all are being listed is not worth reporting.
    let reasons = reasons.filter(|reason| reason.is_named || !reason.is_gone);
    // A socket is shown whether its owner is known or not, unless pids are asked for.
    let is_owner = |reason: &Reason| subject == Subject::Sockets && !reason.is_named;
    let (owners, left_out): (Vec<_>, Vec<_>) = reasons.partition(is_owner);
    let answer = if left_out.iter().any(|reason| reason.is_named) {
        Answer::Incomplete
    } else {
        Answer::Complete
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

/// `4711 7 (no such process), 1 2 3 4 5 and 3 more (permission denied)`
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
                });
                groups.len() - 1
            });
        groups[at].pids.push(reason.pid);
    }
    let parts: Vec<_> = groups.iter().map(Group::part).collect();
    parts.join(", ")
}

impl Group {
    /// `4711 7 and 3 more (no such process)`
    fn part(&self) -> String {
        format!("{} ({})", named(&self.pids), self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(pid: u32) -> Reason {
        Reason {
            pid: Pid::new(pid),
            is_named: true,
            text: "no such process".to_owned(),
            is_gone: true,
        }
    }

    fn denied(pid: u32) -> Reason {
        Reason {
            text: "permission denied".to_owned(),
            is_gone: false,
            ..gone(pid)
        }
    }

    /// The same of a process that nobody asked for.
    fn unasked(reason: Reason) -> Reason {
        Reason {
            is_named: false,
            ..reason
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
    fn sockets_that_no_table_has_are_counted() {
        assert_eq!(unlisted(0), None);
        let told = |count| unlisted(count).unwrap();
        assert!(told(1).starts_with("not shown: 1 socket of another network namespace"));
        assert!(told(16).starts_with("not shown: 16 sockets of another"));
        let mut outcome = Outcome::default();
        outcome.unlisted_sockets = 2;
        let asked = Asked {
            is_named: true,
            is_copy: false,
        };
        let (line, answer) = summary(Subject::Sockets, asked, &[], &outcome);
        assert_eq!((line, answer), (unlisted(2), Answer::Complete));
    }

    #[test]
    fn a_named_pid_is_told_with_its_reason() {
        let (line, answer) = told(vec![gone(4711), denied(99), gone(7)]);
        assert_eq!(
            line,
            "left out: 4711 7 (no such process), 99 (permission denied)"
        );
        assert_eq!(answer, Answer::Incomplete);
    }

    #[test]
    fn processes_that_nobody_named_are_named_up_to_five() {
        let (line, answer) = told((1..=3000).map(|pid| unasked(denied(pid))).collect());
        assert_eq!(
            line,
            "left out: 1 2 3 4 5 and 2995 more (permission denied)"
        );
        assert_eq!(answer, Answer::Complete);
    }

    #[test]
    fn that_a_process_ends_is_nothing_to_tell() {
        assert_eq!(
            told(vec![unasked(gone(9))]),
            (String::new(), Answer::Complete)
        );
    }

    #[test]
    fn thousands_of_named_pids_still_make_one_line() {
        let (line, _) = told((1..=3000).map(gone).collect());
        assert_eq!(line, "left out: 1 2 3 4 5 and 2995 more (no such process)");
    }

    #[test]
    fn a_socket_is_not_left_out_with_who_may_have_it() {
        let reasons = || {
            vec![
                unasked(denied(5)),
                gone(7),
                unasked(denied(6)),
                unasked(gone(8)),
            ]
        };
        let (line, answer) = told_of(Subject::Sockets, reasons());
        assert_eq!(
            line,
            "left out: 7 (no such process); \
             not shown as owners of sockets: 5 6 (permission denied)"
        );
        assert_eq!(answer, Answer::Incomplete);
        let (_, answer) = told_of(Subject::Sockets, vec![unasked(denied(5))]);
        assert_eq!(answer, Answer::Complete);
        let (line, _) = told_of(Subject::Files, reasons());
        assert_eq!(
            line,
            "left out: 5 6 (permission denied), 7 (no such process)"
        );
    }

    #[test]
    fn named_and_unnamed_share_a_reason() {
        let (line, answer) = told(vec![denied(1), unasked(denied(2))]);
        assert_eq!(line, "left out: 1 2 (permission denied)");
        assert_eq!(answer, Answer::Incomplete);
    }
}
