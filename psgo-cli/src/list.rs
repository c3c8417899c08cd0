//! A listing, once or again and again.

use std::{
    io::Write,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use psgo::{JoinOptions, Pids, Query, Row, Skipped, View, Watcher, descriptor::Subject};

use crate::{
    args::{Join, List, Look, Output, Show},
    console::{self, Console},
    failure::{self, Answer, Failure},
    left_out,
    output::{self, Moment, Rows as _, table::Table},
    peers::Peers,
    resolve::{self, Hosts},
    terminal::{self, Size},
    watch::{self, Pace, Status, Watched},
};

/// Lists what `list` asks for.
pub(crate) fn list(list: &List) -> Result<Answer, Failure> {
    let query = query(list, "")?;
    let is_of_host = |name: &str| resolve::OF_HOSTS.contains(&name);
    let mut columns = query.columns().iter();
    if list.resolve && !columns.any(|column| is_of_host(column.descriptor().name)) {
        return Err(Failure::wrong_use(
            "-resolve needs one of the columns raddr, remote",
        ));
    }
    match list.watch {
        None => once(list, query),
        Some(pace) => again(list, query, pace),
    }
}

/// The query of the columns that are asked for, and `more` behind them.
fn query(list: &List, more: &str) -> Result<Query, Failure> {
    let own = || list.subject.default_descriptors().join(",");
    let format = list.format.clone().unwrap_or_else(own);
    let query = Query::parse_of(list.subject, &(format + more))?;
    let mut query = query.sort(&list.sort)?;
    if let Some(filter) = &list.filter {
        query = query.filter(filter)?;
    }
    if list.all {
        query = query.with_places();
    }
    Ok(query)
}

/// Those who know the names of hosts, if they are asked for.
fn hosts(list: &List) -> Result<Option<Hosts>, Failure> {
    let timeout = list.look.timeout.unwrap_or(Duration::from_secs(2));
    let hosts = list.resolve.then(|| Hosts::new(timeout)).transpose();
    hosts.map_err(|error| Failure::trouble(format!("no thread to resolve on: {error}")))
}

/// Each row as it comes.
fn once(list: &List, query: Query) -> Result<Answer, Failure> {
    let mut rows = output::rows(&list.show, &query, None, output::stdout())?;
    let mut hosts = hosts(list)?;
    let mut unnamed = Vec::new();
    let (query, not_joined) = look(&list.look, query)?;

    let mut written = Ok(());
    let outcome = query.for_each(|row| {
        if hosts.is_some() {
            unnamed.push(row);
            return ControlFlow::Continue(());
        }
        written = rows.row(row.values());
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written?;
    if let Some(hosts) = &mut hosts {
        let all = unnamed.iter();
        hosts.learn(all.flat_map(|row| resolve::hosts(&query, row.values())));
        for row in &unnamed {
            rows.row(&hosts.named(&query, row.values()))?;
        }
    }
    rows.finish()?;

    let left_out = not_joined.iter().chain(&outcome.skipped);
    let (line, answer) = left_out::summary(list.subject, left_out, outcome.abandoned);
    if let Some(line) = line {
        failure::say(&line);
    }
    Ok(answer)
}

fn again(list: &List, query: Query, pace: Pace) -> Result<Answer, Failure> {
    // What is wrong with the columns is told before anything is looked at.
    drop(output::rows(&list.show, &query, None, std::io::sink())?);
    console::raise_descriptor_limit();
    let is_of_sockets = list.subject == Subject::Sockets;
    // What is new is not drawn over what was new before.
    let is_screen = list.show.output == Output::Table && terminal::is_screen() && !is_of_sockets;
    // Before there is a thread, which would not know whose the signals are.
    let console = Console::open(is_screen)?;
    let peers = Arc::new(Mutex::new(Peers::default()));
    let news = News {
        peers: Arc::clone(&peers),
        hosts: hosts(list)?,
    };
    let listing = Listing {
        subject: list.subject,
        place: list.look.clone(),
        show: list.show.clone(),
        looked_at: if is_of_sockets {
            self::query(list, PEER)?
        } else {
            query.clone()
        },
        query,
        news: is_of_sockets.then_some(news),
        watcher: None,
        not_joined: Vec::new(),
        looks: 0,
        last: None,
        came: 0,
        went: 0,
        left_out: None,
        was_left_out: None,
        answer: Answer::Complete,
        widths: Vec::new(),
        drawn: None,
    };
    let answer = watch::watch(pace, is_screen, console, Box::new(listing))?;
    if list.show.output == Output::Table {
        let peers = peers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = output::stdout();
        peers.write(!list.show.no_header, output::look(&list.show), &mut out)?;
        out.flush()?;
    }
    Ok(answer)
}

/// A column behind those that are shown.
const PEER: &str = ",raddr";

/// What a watch of sockets has besides.
#[derive(Debug)]
struct News {
    /// Told when all is over.
    peers: Arc<Mutex<Peers>>,
    hosts: Option<Hosts>,
}

impl News {
    /// Counts the peers of these rows, the last cell of each.
    fn count(&mut self, looked_at: &Query, rows: &[&Row]) {
        if let Some(hosts) = &mut self.hosts {
            let rows = rows.iter();
            hosts.learn(rows.flat_map(|row| resolve::hosts(looked_at, row.values())));
        }
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
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
    place: Look,
    show: Show,
    /// What is shown.
    query: Query,
    /// The same, and what is needed besides; of no place yet.
    looked_at: Query,
    /// Of sockets only what is new is shown.
    news: Option<News>,
    /// There from the first look on.
    watcher: Option<Watcher>,
    not_joined: Vec<Skipped>,
    looks: u64,
    last: Option<psgo::Look>,
    /// Sums over all looks.
    came: u64,
    went: u64,
    /// What the last look left out.
    left_out: Option<String>,
    /// What was left out by the last look that left anything out.
    was_left_out: Option<String>,
    /// Incomplete if any look was.
    answer: Answer,
    /// Of the columns drawn before: digits more or less should not move what stands beside them.
    widths: Vec<usize>,
    drawn: Option<Size>,
}

impl Listing {
    /// The moment of the last look, in some form of chrono's.
    fn time(&self, form: &str) -> String {
        let time = self.last.as_ref().and_then(psgo::Look::time);
        time.map_or_else(String::new, |time| time.moment().format(form).to_string())
    }
}

impl Watched for Listing {
    fn look(&mut self) -> Result<(), Failure> {
        // Before there are the next ones: memory holds the rows of one look.
        self.last = None;
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            None => {
                let (query, not_joined) = look(&self.place, self.looked_at.clone())?;
                self.not_joined = not_joined;
                self.watcher.insert(query.watch()?)
            }
        };
        let look = watcher.look()?;
        self.looks += 1;
        self.came += look.came.len() as u64;
        self.went += look.went.len() as u64;
        let outcome = look.table.outcome();
        let left_out = self.not_joined.iter().chain(&outcome.skipped);
        let (line, answer) = left_out::summary(self.subject, left_out, outcome.abandoned);
        if answer == Answer::Incomplete {
            self.answer = answer;
        }
        if line.is_some() {
            self.was_left_out.clone_from(&line);
        }
        self.left_out = line;
        if let Some(news) = &mut self.news {
            news.count(&self.looked_at, &shown(&look, self.looks == 1, true));
        }
        self.last = Some(look);
        Ok(())
    }

    fn print(&mut self, out: &mut dyn Write) -> Result<(), Failure> {
        let Some(look) = &self.last else {
            return Ok(());
        };
        let is_first = self.looks == 1;
        let shown = shown(look, is_first, self.news.is_some());
        if self.show.output == Output::Table && !is_first && self.news.is_some() && shown.is_empty()
        {
            return Ok(());
        }
        if self.show.output == Output::Table && !is_first {
            out.write_all(b"\n")?;
        }
        let at = self.time("%Y-%m-%dT%H:%M:%S%.3f%:z");
        let moment = Moment { at: &at, is_first };
        let mut rows = output::rows(&self.show, &self.query, Some(moment), out)?;
        let hosts = self.news.as_ref().and_then(|news| news.hosts.as_ref());
        for row in shown {
            // Those behind were looked at for something else.
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
        let Some(look) = &self.last else {
            return Ok(());
        };
        if self.drawn.replace(size) != Some(size) {
            self.widths.clear();
        }
        let headers = look.table.headers();
        let header = (!self.show.no_header).then_some(&headers[..]);
        let mut form = output::look(&self.show);
        form.limit = Some(
            form.limit
                .map_or(size.columns, |limit| limit.min(size.columns)),
        );
        form.is_clipped = true;
        let mut table = Table::new(headers.len(), header, form, &mut *out);
        table.widen(&self.widths);
        let rows = look.table.rows();
        let room = size.rows.saturating_sub(usize::from(header.is_some()));
        // The line that tells of the others takes the place of one.
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
            writeln!(out, "{}", output::table::cut(&more, size.columns))?;
        }
        Ok(())
    }

    fn status(&self) -> Status {
        let Some(look) = &self.last else {
            return Status::default();
        };
        let (one, many) = match self.subject {
            Subject::Processes => ("process", "processes"),
            Subject::Sockets => ("socket", "sockets"),
            Subject::Timers => ("timer", "timers"),
            _ => ("open file", "open files"),
        };
        let count = match look.table.rows().len() {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let mut text = format!(
            "{count}, {} came, {} went",
            look.came.len(),
            look.went.len()
        );
        if let Some(line) = &self.left_out {
            text.push_str("; ");
            text.push_str(line);
        }
        Status {
            time: self.time("%H:%M:%S"),
            text,
        }
    }

    fn sum(&self) -> String {
        format!("{} came, {} went", self.came, self.went)
    }

    fn answer(&self) -> (Option<&str>, Answer) {
        (self.was_left_out.as_deref(), self.answer)
    }
}

/// The rows of a look that are shown: all, or those that are new.
fn shown(look: &psgo::Look, is_first: bool, only_new: bool) -> Vec<&Row> {
    if only_new && !is_first {
        look.new_rows().collect()
    } else {
        look.table.rows().iter().collect()
    }
}

/// The query of what `look` names, and the containers that could not be joined.
fn look(look: &Look, query: Query) -> Result<(Query, Vec<Skipped>), Failure> {
    let query = paced(look, query);
    if let (Some(Join::Each), Some(containers)) = (look.join, &look.pids) {
        let (views, skipped) = base(look)?.join_each(containers, &joining(look));
        return Ok((query.views(views), skipped));
    }
    let pids = look.pids.as_deref().map_or(Pids::All, Pids::Only);
    Ok((query.view(view(look)?).pids(pids), Vec::new()))
}

/// The query with the time-out and the threads that `look` names.
pub(crate) fn paced(look: &Look, mut query: Query) -> Query {
    if let Some(timeout) = look.timeout {
        query = query.timeout(timeout);
    }
    if let Some(threads) = look.threads {
        query = query.threads(threads);
    }
    query
}

/// The one place that `look` names.
pub(crate) fn view(look: &Look) -> Result<View, Failure> {
    let view = base(look)?;
    match look.join {
        Some(Join::Into(pid)) => Ok(view.join(pid, &joining(look))?),
        Some(Join::Each) | None => Ok(view),
    }
}

/// The `/proc` from which containers are joined.
pub(crate) fn base(look: &Look) -> Result<View, Failure> {
    Ok(match &look.proc {
        Some(proc) => View::at(proc)?,
        None => View::host()?,
    })
}

/// How containers are joined.
pub(crate) fn joining(look: &Look) -> JoinOptions {
    let mut join = JoinOptions::default();
    join.fill_mappings = look.fill_mappings;
    if let Some(timeout) = look.timeout {
        join.timeout = timeout;
    }
    join
}
