//! What reading one file's bytes costs, without the kernel's part: the parsers of the files of a
//! process, on the files kept for the tests.

use std::hint::black_box;

use divan::{AllocProfiler, Bencher};
use psgo::format::pid::{Cmdline, Stat, Statm, Status};

/// Counts allocations too: a parser that allocates does so for each process.
#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

macro_rules! files {
    ($($who:literal)*; $name:literal) => {
        [$(($who, include_bytes!(concat!("../tests/fixtures/proc/", $who, "/", $name)).as_slice())),*]
    };
}

type File = (&'static str, &'static [u8]);

const STAT: [File; 6] = files!("user" "nested" "odd_name" "zombie" "kthreadd" "kworker"; "stat");
const STATUS: [File; 6] =
    files!("user" "nested" "odd_name" "zombie" "kthreadd" "kworker"; "status");
const STATM: [File; 4] = files!("user" "nested" "zombie" "kthreadd"; "statm");
const CMDLINE: [File; 4] = files!("user" "nested" "zombie" "kthreadd"; "cmdline");

fn names<const N: usize>(files: [File; N]) -> [&'static str; N] {
    files.map(|(who, _)| who)
}

fn bytes(files: &[File], who: &str) -> &'static [u8] {
    let found = files.iter().find(|(name, _)| *name == who);
    found.map_or(&[], |(_, bytes)| bytes)
}

#[divan::bench(args = names(STAT))]
fn stat(bencher: Bencher, who: &str) {
    let file = bytes(&STAT, who);
    bencher.bench(|| black_box(Stat::parse(black_box(file))).is_ok());
}

#[divan::bench(args = names(STATUS))]
fn status(bencher: Bencher, who: &str) {
    let file = bytes(&STATUS, who);
    bencher.bench(|| black_box(Status::parse(black_box(file))).is_ok());
}

#[divan::bench(args = names(STATM))]
fn statm(bencher: Bencher, who: &str) {
    let file = bytes(&STATM, who);
    bencher.bench(|| black_box(Statm::parse(black_box(file))).is_ok());
}

#[divan::bench(args = names(CMDLINE))]
fn cmdline(bencher: Bencher, who: &str) {
    let file = bytes(&CMDLINE, who);
    bencher.bench(|| black_box(Cmdline::parse(black_box(file))).is_ok());
}
