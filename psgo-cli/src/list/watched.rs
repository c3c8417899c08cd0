//! A listing that is watched.

use std::{
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use psgo::{
    ErrorKind, Pid, ProcessId, Query, Row, Skipped, Time, Watcher, bytes::Escaped,
    descriptor::Subject,
};

use super::{
    grammar::List,
    peers::Peers,
    query::{hosts, scoped, stamp},
    resolve::{self, Hosts},
};
use crate::{
    console::{self, Console},
    failure::{Answer, Failure},
    flags::{Join, Output, Pace, Scope, Style},
    left_out,
    output::{self, Moment, Rows as _, Stamp, measure::cut},
    sync::lock,
    terminal::{self, Size},
    watch::{self, Status, Watched},
};

/// Lists again and again, at that pace.
pub(super) fn watch(list: &List, query: Query, pace: Pace) -> Result<Answer, Failure> {
    // Errors in the columns are reported before the first sample.
    drop(output::rows(&list.style, &query, None, std::io::sink())?);
    let stamp = stamp(list)?;
    console::raise_descriptor_limit();
    let is_of_sockets = list.subject == Subject::Sockets;
    // New sockets are added below older ones, not drawn over them.
    let is_screen = list.style.output == Output::Table
        && terminal::is_screen()
        && !is_of_sockets
        && !list.is_quiet;
    // Before any thread is started, since a thread inherits the signal mask.
    let console = Console::open(is_screen)?;
    let peers = Arc::new(Mutex::new(Peers::default()));
    let news = News {
        peers: Arc::clone(&peers),
        hosts: hosts(list)?,
    };
    let listing = Listing {
        subject: list.subject,
        scope: list.scope.clone(),
        finds: !list.words.is_empty(),
        style: list.style,
        // Of sockets, the new ones are limited, and these are known only when all were read.
        sampled: match list.limit {
            _ if is_of_sockets => query.clone().with_column(PEER)?,
            Some(limit) => query.clone().limit(limit),
            None => query.clone(),
        },
        query,
        limit: list.limit.unwrap_or(usize::MAX),
        found: list.is_quiet.then(Arc::default),
        stamp,
        news: is_of_sockets.then_some(news),
        watcher: None,
        not_joined: Vec::new(),
        samples: 0,
        last: None,
        came: 0,
        went: 0,
        left_out: None,
        ended: None,
        was_left_out: None,
        answer: Answer::Complete,
        widths: Vec::new(),
        drawn: None,
    };
    let answer = watch::watch(pace, is_screen, list.is_quiet, console, Box::new(listing))?;
    if list.is_quiet {
        return Ok(answer);
    }
    if list.style.output == Output::Table {
        let peers = lock(&peers);
        let mut out = output::stdout();
        peers.write(!list.style.no_header, output::layout(&list.style), &mut out)?;
        out.flush()?;
    }
    Ok(answer)
}

/// An extra column, after those that are shown.
const PEER: &str = "raddr";

/// What only a watch of sockets has.
#[derive(Debug)]
struct News {
    /// Shown at the end of the watch.
    peers: Arc<Mutex<Peers>>,
    hosts: Option<Hosts>,
}

impl News {
    /// Counts the peers of these rows, the last cell of each.
    fn count(&mut self, sampled: &Query, rows: &[&Row]) {
        if let Some(hosts) = &mut self.hosts {
            let rows = rows.iter();
            hosts.learn(rows.flat_map(|row| resolve::hosts(sampled, row.values())));
        }
        let mut peers = lock(&self.peers);
        for row in rows {
            let peer = row.values().last().and_then(resolve::host);
            if let Some((peer, _)) = peer {
                let name = self.hosts.as_ref().and_then(|hosts| hosts.name(peer));
                peers.count(peer, name);
            }
        }
    }
}

/// A listing that is watched.
#[derive(Debug)]
struct Listing {
    subject: Subject,
    scope: Scope,
    /// Whether psgo itself is left out.
    finds: bool,
    style: Style,
    /// What is shown.
    query: Query,
    /// The same with the extra columns, without views.
    sampled: Query,
    /// No more rows of a sample are shown.
    limit: usize,
    /// Where nothing is shown and the first row ends it: whether there was one.
    found: Option<Arc<AtomicBool>>,
    stamp: Option<Stamp>,
    /// For sockets, of which only new ones are shown.
    news: Option<News>,
    /// Set by the first sample.
    watcher: Option<Watcher>,
    not_joined: Vec<Skipped>,
    samples: u64,
    last: Option<psgo::Sample>,
    /// Sums over all samples.
    came: u64,
    went: u64,
    /// What the last sample left out.
    left_out: Option<String>,
    /// Says that what is listed has ended, or is not there, once that is so.
    ended: Option<String>,
    /// What was left out by the last sample that left anything out.
    was_left_out: Option<String>,
    /// Incomplete if any sample was.
    answer: Answer,
    /// The widths of the columns drawn before, so that columns do not move when numbers get
    /// shorter.
    widths: Vec<usize>,
    drawn: Option<Size>,
}

impl Listing {
    /// The time of the last sample, in the form that `shown` gives it; empty if unknown.
    fn time(&self, shown: fn(&Time) -> String) -> String {
        let time = self.last.as_ref().and_then(psgo::Sample::time);
        time.as_ref().map_or_else(String::new, shown)
    }
}

impl Listing {
    /// With `-quiet`: whether there was a row.
    fn has_found(&self) -> bool {
        let found = self.found.as_ref();
        found.is_some_and(|found| found.load(Relaxed))
    }
}

impl Watched for Listing {
    fn sample(&mut self) -> Result<(), Failure> {
        // Frees the rows of the last sample before the next is taken.
        self.last = None;
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            None => {
                let (query, not_joined) = scoped(&self.scope, self.finds, self.sampled.clone())?;
                self.not_joined = not_joined;
                self.watcher.insert(query.watch()?)
            }
        };
        let sample = match watcher.sample() {
            // The container whose sockets were read has ended.
            Err(_) if self.samples > 0 && watcher.has_ended() => {
                self.ended = Some(ended(&self.scope));
                return Ok(());
            }
            // So has what the filter names.
            Err(error) if self.samples > 0 && error.kind() == ErrorKind::Gone => {
                self.ended = Some(format!("what the filter names has ended: {error}"));
                return Ok(());
            }
            sample => sample.map_err(Failure::of_listing)?,
        };
        self.samples += 1;
        let has_ended = watcher.has_ended();
        self.came += sample.appeared.len() as u64;
        self.went += sample.vanished.len() as u64;
        let outcome = sample.table.outcome();
        let (line, answer) =
            left_out::summary(self.subject, self.scope.asked(), &self.not_joined, outcome);
        let unasked = left_out::unasked(outcome);
        let numbers = unasked.into_iter().chain(left_out::unnamed(outcome));
        let line = line.into_iter().chain(numbers).reduce(|a, b| a + "; " + &b);
        if answer == Answer::Incomplete {
            self.answer = answer;
        }
        if line.is_some() {
            self.was_left_out.clone_from(&line);
        }
        self.left_out = line;
        if has_ended {
            // What was not there at the first sample did not end, and is named already.
            let said = self.left_out.clone().filter(|_| self.samples == 1);
            self.ended = Some(said.unwrap_or_else(|| ended(&self.scope)));
        }
        if let Some(news) = &mut self.news {
            let shown = shown(&sample, self.samples == 1, true, self.limit);
            news.count(&self.sampled, &shown);
        }
        if let Some(found) = &self.found {
            found.store(self.limit > 0 && !sample.table.rows().is_empty(), Relaxed);
        }
        self.last = Some(sample);
        Ok(())
    }

    fn print(&mut self, out: &mut dyn Write) -> Result<(), Failure> {
        let Some(sample) = self.last.as_ref().filter(|_| self.found.is_none()) else {
            return Ok(());
        };
        let is_first = self.samples == 1;
        let shown = shown(sample, is_first, self.news.is_some(), self.limit);
        // Where there is nothing new, and at the end, there is no empty table.
        if self.style.output == Output::Table
            && !is_first
            && (self.news.is_some() || self.ended.is_some())
            && shown.is_empty()
        {
            return Ok(());
        }
        if self.style.output == Output::Table && !is_first {
            out.write_all(b"\n")?;
        }
        let at = self.time(Time::to_rfc3339_millis);
        let moment = Moment {
            at: &at,
            is_first,
            stamp: self.stamp.as_ref(),
        };
        let mut rows = output::rows(&self.style, &self.query, Some(moment), out)?;
        let hosts = self.news.as_ref().and_then(|news| news.hosts.as_ref());
        for row in shown {
            // The extra columns are not shown.
            let values = &row.values()[..self.query.columns().len()];
            match hosts {
                Some(hosts) => rows.row(&hosts.named(&self.query, values))?,
                None => rows.row(values)?,
            }
        }
        rows.finish()?;
        Ok(())
    }

    fn draw(&mut self, size: Size, out: &mut dyn Write) -> Result<(), Failure> {
        let Some(sample) = &self.last else {
            return Ok(());
        };
        if self.drawn.replace(size) != Some(size) {
            self.widths.clear();
        }
        let headers = sample.table.headers();
        let header = output::header(&self.style, &headers);
        let mut layout = output::layout(&self.style);
        layout.limit = Some(
            layout
                .limit
                .map_or(size.columns, |limit| limit.min(size.columns)),
        );
        let columns = sample.table.columns();
        let mut table = output::table(&self.style, columns, header, layout, &mut *out);
        table.widen(&self.widths);
        let rows = sample.table.rows();
        let room = size.rows.saturating_sub(usize::from(header.is_some()));
        // The line that counts the remaining rows needs a line itself.
        let shown = if rows.len() > room {
            room.saturating_sub(1)
        } else {
            rows.len()
        };
        for row in &rows[..shown] {
            table.row(row.values())?;
        }
        table.finish()?;
        self.widths.clear();
        self.widths.extend(table.widths());
        if rows.len() > shown {
            let more = format!("... {} more", rows.len() - shown);
            writeln!(out, "{}", cut(&more, size.columns))?;
        }
        Ok(())
    }

    fn status(&self) -> Status {
        let Some(sample) = &self.last else {
            return Status::default();
        };
        let (one, many) = match self.subject {
            Subject::Processes => ("process", "processes"),
            Subject::Sockets => ("socket", "sockets"),
            Subject::Timers => ("timer", "timers"),
            Subject::Containers => ("row", "rows"),
            _ => ("open file", "open files"),
        };
        let count = match sample.table.rows().len() {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let mut text = format!(
            "{count}, {} came, {} went",
            sample.appeared.len(),
            sample.vanished.len()
        );
        if let Some(line) = &self.left_out {
            text.push_str("; ");
            text.push_str(line);
        }
        Status {
            time: self.time(Time::time_of_day),
            text,
        }
    }

    fn sum(&self) -> String {
        format!("{} came, {} went", self.came, self.went)
    }

    fn is_over(&self) -> bool {
        self.ended.is_some() || self.has_found()
    }

    fn answer(&self) -> (Option<&str>, Answer) {
        if self.has_found() {
            return (None, Answer::Complete);
        }
        if let Some(ended) = &self.ended {
            return (Some(ended), Answer::Incomplete);
        }
        let answer = match self.found {
            Some(_) => Answer::No,
            None => self.answer,
        };
        (self.was_left_out.as_deref(), answer)
    }
}

/// Says that what is listed has ended.
fn ended(scope: &Scope) -> String {
    let pids: Option<Vec<Pid>> = scope
        .pids
        .as_ref()
        .map(|processes| processes.iter().map(|process| process.pid).collect());
    match (&scope.join, pids.as_deref()) {
        (Some(Join::Into(target)), None) => match target.parse::<ProcessId>() {
            Ok(process) => format!("the container of process {} has ended", process.pid),
            Err(_) => format!("the container {} has ended", Escaped(target.as_bytes())),
        },
        (Some(Join::Each), Some([pid])) => format!("the container of process {pid} has ended"),
        (Some(Join::Each), Some(pids)) => {
            format!(
                "the containers of processes {} have ended",
                left_out::named(pids)
            )
        }
        (_, Some([pid])) => format!("process {pid} has ended"),
        (_, Some(pids)) => format!("processes {} have ended", left_out::named(pids)),
        // Nothing was named, and this host does not end.
        (_, None) => "what was listed has ended".to_owned(),
    }
}

/// The rows of a sample that are shown, the first `limit`: of all, or of those that are new.
fn shown(sample: &psgo::Sample, is_first: bool, only_new: bool, limit: usize) -> Vec<&Row> {
    if only_new && !is_first {
        sample.new_rows().take(limit).collect()
    } else {
        sample.table.rows().iter().take(limit).collect()
    }
}
