//! The figures for people and for programs: printed as they come, then as Markdown and JSON.

use std::fmt::Write as _;

use serde_json::json;

use crate::{
    Result,
    container::Containers,
    listing::Listing,
    machine::{self, Machine},
    measure::Spread,
    sockets::Table,
    start::Start,
    subject::{Id, Programs},
};

/// All that was measured in a run, and its text so far.
#[derive(Debug)]
pub(crate) struct Report {
    machine: Machine,
    rounds: usize,
    /// What could not be measured, and why.
    missing: Vec<&'static str>,
    listings: Vec<Listing>,
    start: Vec<Start>,
    sockets: Vec<Table>,
    container: Option<Containers>,
    goals: Vec<Goal>,
    text: String,
}

/// A figure and what it should be.
#[derive(Debug)]
struct Goal {
    what: String,
    figure: Spread,
    /// The same figure in processor time.
    cpu: Option<Spread>,
    at_most: f64,
    unit: &'static str,
}

impl Goal {
    fn is_met(&self) -> bool {
        self.figure.median <= self.at_most
    }
}

/// Of a listing of ten thousand processes: this subject to that, and how much it should be at most.
const RATIOS: [(&str, Id, Id, f64); 12] = [
    (
        "default columns, 1 thread, × floor",
        "psgo-1",
        "floor",
        1.06,
    ),
    (
        "default columns, all cores, × floor on 1 thread",
        "psgo",
        "floor",
        0.57,
    ),
    ("default columns, × the Go library", "psgo", "go", 0.0556),
    ("default columns, × ps", "psgo", "ps", 0.22),
    ("pid,comm, 1 thread, × stat alone", "comm-1", "stat", 1.10),
    (
        "pid,comm, all cores, × stat alone, all cores",
        "comm",
        "stat-all",
        1.10,
    ),
    (
        "pid,user,capeff,seccomp, 1 thread, × stat + status",
        "caps-1",
        "status",
        1.10,
    ),
    ("the same, all cores", "caps", "status-all", 1.10),
    ("NDJSON, × the table", "ndjson", "psgo-1", 1.10),
    (
        "the floor itself, all cores, × floor on 1 thread",
        "floor-all",
        "floor",
        0.57,
    ),
    (
        "the same, each thread with a table of descriptors of its own",
        "floor-own",
        "floor",
        0.57,
    ),
    ("the floor itself, all cores, × ps", "floor-all", "ps", 0.22),
];

impl Report {
    pub(crate) fn new(machine: Machine, programs: &Programs, rounds: usize) -> Self {
        let mut missing = Vec::new();
        if programs.go.is_none() {
            missing.push(
                "The Go library is not here (Debian: golang-go, golang-github-containers-psgo-dev).",
            );
        }
        if programs.ps.is_none() {
            missing.push("`ps` is not here (Debian: procps).");
        }
        Self {
            machine,
            rounds,
            missing,
            listings: Vec::new(),
            start: Vec::new(),
            sockets: Vec::new(),
            container: None,
            goals: Vec::new(),
            text: String::new(),
        }
    }

    pub(crate) fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// Prints it and keeps it.
    fn say(&mut self, text: &str) {
        println!("{text}");
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(crate) fn say_machine(&mut self) {
        let line = self.machine.line();
        self.say(&format!(
            "{line}.\n\nWall time of whole processes, output thrown away, {} rounds in turns: \
             the median, and the least and the most in brackets. A ratio is the median of the \
             rounds' own ratios.",
            self.rounds
        ));
        for line in self.missing.clone() {
            self.say(&format!("\n{line}"));
        }
    }

    pub(crate) fn listing(&mut self, listing: Listing) {
        let mut text = format!(
            "\n## {} idle processes, {} in all\n\n",
            listing.reached, listing.processes
        );
        if listing.reached < listing.wanted {
            let _ = writeln!(
                text,
                "{} were wanted; the machine allows no more.\n",
                listing.wanted
            );
        }
        text.push_str(
            "| program | wall ms | user ms | sys ms | peak MiB | µs each | × its floor | the same, CPU |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for (subject, samples) in &listing.results {
            let wall = samples.wall();
            let times = subject.floor.and_then(|floor| listing.get(floor));
            let _ = writeln!(
                text,
                "| {} | {} | {:.1} | {:.1} | {:.1} | {:.2} | {} | {} |",
                subject.title,
                spread(wall, 1),
                samples.spread(|sample| sample.user).median,
                samples.spread(|sample| sample.sys).median,
                samples.spread(|sample| sample.peak).median / 1024.0,
                listing.each(wall.median),
                times.map_or_else(String::new, |floor| spread(samples.ratio(floor), 2)),
                times.map_or_else(String::new, |floor| spread(samples.cpu_ratio(floor), 2)),
            );
        }
        let _ = writeln!(
            text,
            "\nA watch of the default columns, all cores: the first look {} ms, the second {} ms, \
             {} of the first. The floor of the same, which keeps the same files open and reads \
             them again: {} ms, {} ms, {}.",
            spread(listing.looks.first(), 1),
            spread(listing.looks.second(), 1),
            spread(listing.looks.ratio(), 2),
            spread(listing.floor_looks.first(), 1),
            spread(listing.floor_looks.second(), 1),
            spread(listing.floor_looks.ratio(), 2),
        );
        let _ = write!(text, "\nLoad average after it: {}.", machine::load());
        self.say(&text);
        self.listings.push(listing);
    }

    pub(crate) fn start(&mut self, start: Vec<Start>) {
        let runs = start.first().map_or(0, |start| start.samples.0.len());
        let mut text = format!(
            "\n## From start to exit, {runs} runs\n\n\
             | program | wall ms | user ms | sys ms |\n| --- | --- | --- | --- |"
        );
        for Start { title, samples, .. } in &start {
            let _ = write!(
                text,
                "\n| {title} | {} | {:.2} | {:.2} |",
                spread(samples.wall(), 2),
                samples.spread(|sample| sample.user).median,
                samples.spread(|sample| sample.sys).median,
            );
        }
        self.say(&text);
        self.start = start;
    }

    pub(crate) fn sockets(&mut self, sockets: Vec<Table>) {
        let Some(first) = sockets.first() else {
            return;
        };
        let mut text = format!(
            "\n## 10,000 sockets, all with owners, {} runs\n\n\
             | program | wall ms | user ms | sys ms | of the time of the one above |\n\
             | --- | --- | --- | --- | --- |",
            first.samples.0.len()
        );
        for (index, Table { title, samples, .. }) in sockets.iter().enumerate() {
            let above = (index % 2 == 1).then(|| samples.ratio(&sockets[index - 1].samples));
            let _ = write!(
                text,
                "\n| {title} | {} | {:.2} | {:.2} | {} |",
                spread(samples.wall(), 2),
                samples.spread(|sample| sample.user).median,
                samples.spread(|sample| sample.sys).median,
                above.map_or_else(String::new, |ratio| spread(ratio, 2)),
            );
        }
        self.say(&text);
        self.sockets = sockets;
    }

    pub(crate) fn container(&mut self, container: Containers) {
        let mut text = format!(
            "\n## A container of {} processes: psgo -join PID\n\n",
            container.inside
        );
        if let Some(reason) = &container.missing {
            let _ = write!(text, "Not measured: {reason}.");
        } else {
            text.push_str("| way | others on the host | wall ms |\n| --- | --- | --- |");
            for (way, found) in &container.rows {
                for (others, samples) in found {
                    let wall = spread(samples.wall(), 2);
                    let _ = write!(text, "\n| {way} | {others} | {wall} |");
                }
            }
        }
        self.say(&text);
        self.container = Some(container);
    }

    /// What the benchmark of the parsers printed: one line for each file.
    pub(crate) fn parsers(&mut self, printed: &str) {
        let mut text = String::from(
            "\n## Parsers\n\nThe bytes of one file, without the kernel's part; median, and \
             allocations.\n\n| parser | file | median | allocations |\n| --- | --- | --- | --- |",
        );
        let (mut parser, mut row, mut is_count) = (String::new(), None, false);
        for line in printed.lines() {
            let bare = line.trim_start_matches(['│', '├', '╰', '─', ' ']);
            let cells: Vec<_> = line.split('│').map(str::trim).collect();
            let is_file = line.starts_with("│  ") || line.starts_with("   ");
            match bare.split_once(' ') {
                Some((name, _)) if !is_file => name.clone_into(&mut parser),
                Some((file, _)) if is_file && (bare.contains("µs") || bare.contains("ns")) => {
                    // The parser's own column, the fastest and slowest, the median.
                    let median = cells.iter().rev().nth(3).copied().unwrap_or("");
                    row = Some((file.to_owned(), median.to_owned()));
                    let _ = write!(text, "\n| {parser} | {file} | {median} | 0 |");
                }
                _ => {}
            }
            if is_count && row.take().is_some() {
                let count = bare.split([' ', '│']).next().unwrap_or("");
                text.truncate(text.len() - "0 |".len());
                let _ = write!(text, "{count} |");
            }
            is_count = bare.starts_with("alloc:");
        }
        self.say(&text);
    }

    /// Compares with what was promised.
    pub(crate) fn goals(&mut self) {
        self.goals = self.find_goals();
        if self.goals.is_empty() {
            return;
        }
        let mut text = String::from(
            "\n## What it should be\n\n| figure | measured | at most | | in CPU time |\n| --- | --- | --- | --- | --- |",
        );
        for goal in &self.goals {
            let _ = write!(
                text,
                "\n| {} | {}{} | {}{} | {} | {} |",
                goal.what,
                spread(goal.figure, 3),
                goal.unit,
                goal.at_most,
                goal.unit,
                if goal.is_met() { "met" } else { "**not met**" },
                goal.cpu.map_or_else(String::new, |cpu| spread(cpu, 3)),
            );
        }
        self.say(&text);
    }

    fn find_goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        let mut goal = |what: String, figure, cpu, at_most, unit| {
            goals.push(Goal {
                what,
                figure,
                cpu,
                at_most,
                unit,
            });
        };
        let at = |count| {
            self.listings
                .iter()
                .find(|listing| listing.reached == count)
        };
        if let Some(listing) = at(10_000) {
            for (what, this, other, at_most) in RATIOS {
                if let (Some(this), Some(other)) = (listing.get(this), listing.get(other)) {
                    let cpu = Some(this.cpu_ratio(other));
                    goal(what.to_owned(), this.ratio(other), cpu, at_most, "");
                }
            }
            let what = "second look of a watch, × the first".to_owned();
            let cpu = Some(listing.looks.cpu_ratio());
            goal(what, listing.looks.ratio(), cpu, 0.6, "");
            let what = "the same of the floor itself".to_owned();
            let cpu = Some(listing.floor_looks.cpu_ratio());
            goal(what, listing.floor_looks.ratio(), cpu, 0.6, "");
            let peaks = [
                ("table", "psgo", 8.0),
                ("table of pid,user,capeff,seccomp", "caps", 8.0),
                ("NDJSON", "ndjson", 4.0),
            ];
            for (what, id, at_most) in peaks {
                if let Some(samples) = listing.get(id) {
                    let peak = samples.spread(|sample| sample.peak * 1024.0 / 1e6);
                    goal(format!("peak memory, {what}"), peak, None, at_most, " MB");
                }
            }
        }
        if let (Some(few), Some(many)) = (at(1_000), self.listings.last()) {
            for (what, id) in [("psgo, 1 thread", "psgo-1"), ("the floor itself", "floor")] {
                if let (true, Some(a), Some(b)) = (many.reached > 1_000, few.get(id), many.get(id))
                {
                    let base = few.each(a.wall().median);
                    let each = Spread::of(b.0.iter().map(|sample| many.each(sample.wall) / base));
                    let what = format!("cost of one of {}, × one of 1000: {what}", many.reached);
                    goal(what, each, None, 1.10, "");
                }
            }
        }
        for table in &self.sockets {
            if let Some((other, at_most)) = table.beside {
                let other = &self.sockets[other];
                let what = format!("{} ÷ {}, 10,000 sockets", table.title, other.title);
                let (ratio, cpu) = (
                    table.samples.ratio(&other.samples),
                    table.samples.cpu_ratio(&other.samples),
                );
                goal(what, ratio, Some(cpu), at_most, "");
            }
        }
        for start in &self.start {
            if let Some(at_most) = start.at_most {
                let what = format!("{}, start to exit", start.title);
                goal(what, start.samples.wall(), None, at_most, " ms");
            }
        }
        let rows = self.container.iter().flat_map(|container| &container.rows);
        for (way, found) in rows {
            let walls = found.iter().map(|(_, samples)| samples.wall().median);
            let walls = Spread::of(walls);
            // From the host, all that runs there is looked at.
            if walls.min.is_finite() && way.contains("setns") {
                let what = format!("join, {way}: most less least of any number of others");
                let apart = walls.max - walls.min;
                goal(what, Spread::of([apart]), None, 1.0, " ms");
            }
        }
        goals
    }

    pub(crate) fn markdown(&self) -> String {
        format!(
            "# What a listing costs\n\n\
             `benches/run` has measured and written this page; run it on your own machine. The \
             *floor* is a program of this project (`benches/src/bin/floor.rs`) that finds the \
             processes, opens, reads and closes the files that the columns need, and throws the \
             bytes away: nobody can list by way of `/proc` and cost less.\n\n\
             ![Time for each process, by program and number of processes](benchmarks.svg)\n\n{}",
            self.text
        )
    }

    pub(crate) fn json(&self) -> Result<String> {
        let goals = self.goals.iter().map(|goal| {
            json!({
                "figure": goal.what,
                "measured": goal.figure.json(),
                "in_cpu_time": goal.cpu.map(|cpu| cpu.json()),
                "at_most": goal.at_most,
                "unit": goal.unit.trim(),
                "met": goal.is_met(),
            })
        });
        let container = self.container.iter().flat_map(|container| &container.rows);
        let container = container.flat_map(|(way, found)| {
            found.iter().map(move |(others, samples)| {
                let mut value = samples.json();
                value["way"] = json!(way);
                value["others"] = json!(others);
                value
            })
        });
        let value = json!({
            "machine": self.machine.json(),
            "rounds": self.rounds,
            "listings": self.listings.iter().map(Listing::json).collect::<Vec<_>>(),
            "sockets": self.sockets.iter().map(|table| {
                let mut value = table.samples.json();
                value["program"] = json!(table.title);
                value
            }).collect::<Vec<_>>(),
            "start": self.start.iter().map(|start| {
                let mut value = start.samples.json();
                value["program"] = json!(start.title);
                value
            }).collect::<Vec<_>>(),
            "container": container.collect::<Vec<_>>(),
            "goals": goals.collect::<Vec<_>>(),
        });
        Ok(serde_json::to_string_pretty(&value)? + "\n")
    }
}

/// `1.5 [1.4–1.7]`
fn spread(spread: Spread, digits: usize) -> String {
    let Spread { median, min, max } = spread;
    if median.total_cmp(&min).is_eq() && median.total_cmp(&max).is_eq() {
        return format!("{median:.digits$}");
    }
    format!("{median:.digits$} [{min:.digits$}–{max:.digits$}]")
}
