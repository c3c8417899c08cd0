//! How psgo ends: its exit codes, and what it says when there is no answer or only part of one.

use std::io::{self, Write as _};

use psgo::ErrorKind;

use crate::supervisor::Patient;

/// There is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Everything that was asked for.
    Complete,
    /// Something that was named is missing.
    Incomplete,
    /// The answer to the question is no.
    No,
}

/// There is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense.
    WrongUse(String),
    /// An error of the library.
    Library(psgo::Error),
    /// What was named is gone: a process by its start, or what a filter names.
    Gone(psgo::Error),
    /// A file that was given, or one of the command's own, cannot be read, written or understood.
    Trouble(String),
    /// The answer could not be written.
    Output(io::Error),
}

impl Failure {
    /// The failure of a listing. That what its filter names is not there is an answer.
    pub(crate) fn of_listing(error: psgo::Error) -> Self {
        match error.kind() {
            ErrorKind::Gone => Self::Gone(error),
            _ => Self::Library(error),
        }
    }

    pub(crate) fn wrong_use(text: impl Into<String>) -> Self {
        Self::WrongUse(text.into())
    }

    pub(crate) fn trouble(text: impl Into<String>) -> Self {
        Self::Trouble(text.into())
    }
}

impl From<psgo::Error> for Failure {
    fn from(error: psgo::Error) -> Self {
        Self::Library(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The failure to start a thread. What the system says of it, "Resource temporarily unavailable",
/// does not tell of which.
pub(crate) fn no_thread(error: &io::Error) -> Failure {
    Failure::Trouble(format!(
        "cannot start a thread: {}; the limits are RLIMIT_NPROC (ulimit -u), RLIMIT_AS (ulimit -v) \
         and pids.max of the control group",
        system_words(error)
    ))
}

/// Prints the error, if there is one, and gives the exit code.
pub(crate) fn exit(result: Result<Answer, Failure>) -> u8 {
    let text = match result {
        Ok(Answer::Complete) => return 0,
        Ok(Answer::Incomplete | Answer::No) => return 1,
        // The reader closed the pipe: `psgo | head -1`.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return 0;
        }
        Err(Failure::Output(error)) => format!("cannot write: {}", system_words(&error)),
        Err(Failure::Gone(error)) => {
            say(&error.to_string());
            return 1;
        }
        Err(Failure::Library(error)) => error.to_string(),
        Err(Failure::WrongUse(text) | Failure::Trouble(text)) => text,
    };
    say(&text);
    2
}

/// Prints one line to standard error.
pub(crate) fn say(text: &str) {
    // If standard error is closed there is nowhere to report it; `eprintln!` would panic.
    let _ = writeln!(Patient(io::stderr()), "psgo: {text}");
}

/// The error's text, without the standard library's ` (os error 28)`.
pub(crate) fn system_words(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.find(" (os error ") {
        text.truncate(at);
    }
    text
}

/// Why something is missing from an answer that itself says what is missing.
pub(crate) fn reason(error: &psgo::Error) -> String {
    match error.kind() {
        ErrorKind::Denied => match error.missing_capability() {
            Some(capability) => format!("permission denied, it takes {capability}"),
            None => "permission denied".to_owned(),
        },
        ErrorKind::TimedOut => "no answer".to_owned(),
        _ => error.to_string(),
    }
}

/// Prints errors, one a line. The answer is incomplete if there is any.
pub(crate) fn say_all<'a>(errors: impl IntoIterator<Item = &'a psgo::Error>) -> Answer {
    let mut answer = Answer::Complete;
    for error in errors {
        say(&error.to_string());
        answer = Answer::Incomplete;
    }
    answer
}
