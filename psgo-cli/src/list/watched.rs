//! A listing that is watched.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use psgo::{Query, Row, Skipped, Watcher, descriptor::Subject};

use super::{
    grammar::List,
    peers::Peers,
    query::{hosts, query, scoped},
    resolve::{self, Hosts},
};
use crate::{
    console::{self, Console},
    failure::{Answer, Failure},
    flags::{Output, Pace, Scope, Style},
    left_out,
    output::{self, Moment, Rows as _, measure::cut, table::Table},
    sync::lock,
    terminal::{self, Size},
    watch::{self, Status, Watched},
};

/// Lists again and again, at that pace.
pub(super) fn watch(list: &List, query: Query, pace: Pace) -> Result<Answer, Failure> {
    // What is wrong with the columns is told before anything is looked at.
    drop(output::rows(&list.style, &query, None, std::io::sink())?);
    console::raise_descriptor_limit();
    let is_of_sockets = list.subject == Subject::Sockets;
    // What is new is not drawn over what was new before.
    let is_screen = list.style.output == Output::Table && terminal::is_screen() && !is_of_sockets;
    // Before there is a thread, which would not know whose the signals are.
    let console = Console::open(is_screen)?;
    let peers = Arc::new(Mutex::new(Peers::default()));
    let news = News {
        peers: Arc::clone(&peers),
        hosts: hosts(list)?,
    };
    let listing = Listing {
        subject: list.subject,
        scope: list.scope.clone(),
        style: list.style,
        sampled: if is_of_sockets {
            self::query(list, PEER)?
        } else {
            query.clone()
        },
        query,
        news: is_of_sockets.then_some(news),
        watcher: None,
        not_joined: Vec::new(),
        samples: 0,
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
    if list.style.output == Output::Table {
        let peers = lock(&peers);
        let mut out = output::stdout();
        peers.write(!list.style.no_header, output::layout(&list.style), &mut out)?;
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
    style: Style,
    /// What is shown.
    query: Query,
    /// The same, and what is needed besides; of no place yet.
    sampled: Query,
    /// Of sockets only what is new is shown.
    news: Option<News>,
    /// There from the first look on.
    watcher: Option<Watcher>,
    not_joined: Vec<Skipped>,
    samples: u64,
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
    fn sample(&mut self) -> Result<(), Failure> {
        // Before there are the next ones: memory holds the rows of one look.
        self.last = None;
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            None => {
                let (query, not_joined) = scoped(&self.scope, self.sampled.clone())?;
                self.not_joined = not_joined;
                self.watcher.insert(query.watch()?)
            }
        };
        let look = watcher.look()?;
        self.samples += 1;
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
            news.count(&self.sampled, &shown(&look, self.samples == 1, true));
        }
        self.last = Some(look);
        Ok(())
    }

    fn print(&mut self, out: &mut dyn Write) -> Result<(), Failure> {
        let Some(look) = &self.last else {
            return Ok(());
        };
        let is_first = self.samples == 1;
        let shown = shown(look, is_first, self.news.is_some());
        if self.style.output == Output::Table
            && !is_first
            && self.news.is_some()
            && shown.is_empty()
        {
            return Ok(());
        }
        if self.style.output == Output::Table && !is_first {
            out.write_all(b"\n")?;
        }
        let at = self.time("%Y-%m-%dT%H:%M:%S%.3f%:z");
        let moment = Moment { at: &at, is_first };
        let mut rows = output::rows(&self.style, &self.query, Some(moment), out)?;
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
        let header = (!self.style.no_header).then_some(&headers[..]);
        let mut layout = output::layout(&self.style);
        layout.limit = Some(
            layout
                .limit
                .map_or(size.columns, |limit| limit.min(size.columns)),
        );
        layout.is_clipped = true;
        let mut table = Table::new(headers.len(), header, layout, &mut *out);
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
            writeln!(out, "{}", cut(&more, size.columns))?;
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
