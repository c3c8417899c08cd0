//! Measures psgo beside `ps`, the Go library of its name and the floor: what the kernel takes for
//! the same files, read and thrown away. `benches/run` builds what this needs and calls it.
//!
//! All that is compared is run in turns, many times, and only ratios are to be believed: what else
//! the machine does slows down all in the same way.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{idle::Idle, report::Report, subject::Programs};

mod container;
mod idle;
mod limits;
mod listing;
mod machine;
mod measure;
mod plot;
mod report;
mod sockets;
mod start;
mod subject;
mod watch;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USE: &str = "\
use: benches/run [FLAGS]
  --counts N,…    idle processes to make [100,1000,10000,50000]
  --rounds N      turns of each program [9]
  --only PART,…   of listing, container, sockets, start [all]
  --docs DIR      where benchmarks.md, .svg and .json go; nowhere unless told";

#[derive(Debug)]
struct Options {
    counts: Vec<usize>,
    rounds: usize,
    only: Vec<String>,
    docs: Option<PathBuf>,
    /// The command that is measured.
    psgo: PathBuf,
    /// The program over the Go library, where it could be built.
    go: Option<PathBuf>,
    /// What the benchmark of the parsers printed.
    parsers: Option<PathBuf>,
}

impl Options {
    fn parse(args: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            counts: vec![100, 1_000, 10_000, 50_000],
            rounds: 9,
            only: Vec::new(),
            docs: None,
            psgo: PathBuf::new(),
            go: None,
            parsers: None,
        };
        let mut args = args.into_iter();
        while let Some(flag) = args.next() {
            let value = args.next().ok_or(USE)?;
            match flag.as_str() {
                "--counts" => {
                    let counts = value.split(',').map(|n| n.trim().parse());
                    options.counts = counts.collect::<std::result::Result<_, _>>()?;
                    options.counts.sort_unstable();
                }
                "--rounds" => options.rounds = value.parse::<usize>()?.max(1),
                "--only" => options.only = value.split(',').map(str::to_owned).collect(),
                "--docs" => options.docs = Some(value.into()),
                "--psgo" => options.psgo = value.into(),
                "--go" => options.go = Some(value.into()),
                "--parsers" => options.parsers = Some(value.into()),
                _ => return Err(USE.into()),
            }
        }
        if options.psgo.as_os_str().is_empty() {
            return Err("no command to measure: benches/run builds it and passes --psgo".into());
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> ExitCode {
    let mut args = env::args().skip(1).peekable();
    if args.peek().is_some_and(|arg| arg == limits::GUARD) {
        return limits::guard(args.skip(1));
    }
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benches: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: impl IntoIterator<Item = String>) -> Result<()> {
    let options = Options::parse(args)?;
    let programs = Programs::find(&options.psgo, options.go.as_deref())?;
    let mut report = Report::new(machine::Machine::here(), &programs, options.rounds);
    report.say_machine();

    let most = options.counts.last().copied().unwrap_or(0);
    // Held to the end: dropping it puts them back.
    let _limits = limits::raise(most + machine::processes());
    if options.wants("start") {
        report.start(start::measure(&programs)?);
    }
    if options.wants("sockets") {
        report.sockets(sockets::measure(&programs)?);
    }
    if options.wants("listing") {
        let mut idle = Idle::start(&programs.idle)?;
        for &count in &options.counts {
            let reached = idle.grow(count)?;
            report.listing(listing::measure(&programs, count, reached, options.rounds)?);
            if reached < count {
                break;
            }
        }
    }
    if options.wants("container") {
        report.container(container::measure(&programs, options.rounds)?);
    }
    report.goals();
    if let Some(path) = &options.parsers {
        report.parsers(&fs::read_to_string(path)?);
    }
    if let Some(docs) = &options.docs {
        write(docs, &report)?;
    }
    Ok(())
}

fn write(docs: &Path, report: &Report) -> Result<()> {
    fs::create_dir_all(docs)?;
    fs::write(docs.join("benchmarks.md"), report.markdown())?;
    fs::write(docs.join("benchmarks.json"), report.json()?)?;
    fs::write(docs.join("benchmarks.svg"), plot::svg(report.listings()))?;
    Ok(())
}
