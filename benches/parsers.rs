//! What reading one file's bytes costs, without the kernel's part: the parsers of the files of a
//! process, on the files kept for the tests; and of the largest files there are, on this
//! machine's.

use std::{fs, hint::black_box, io, ops::ControlFlow};

use divan::{AllocProfiler, Bencher, counter::BytesCount};
use procfs_core::{FromBufRead as _, process::MemoryMaps};
use psgo::format::{
    self,
    pid::{Cmdline, Stat, Statm, Status},
};

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

/// A file of this machine, and how many bytes it has.
fn live(bencher: Bencher, path: &str, bench: impl Fn(&[u8]) -> bool) {
    let file = fs::read(path).unwrap_or_default();
    if !bench(&file) {
        return eprintln!("{path} is not understood");
    }
    let bencher = bencher.counter(BytesCount::of_slice(&file));
    bencher.bench_local(|| bench(black_box(&file)));
}

/// Whether psgo understands it whole.
fn understands(path: &str, file: &[u8]) -> bool {
    format::parse(path, file).is_some_and(|parsed| black_box(parsed).is_ok())
}

/// The symbols of the kernel, 5 MB, as records. procfs-core has no parser for them.
#[divan::bench(sample_count = 20)]
fn kallsyms(bencher: Bencher) {
    live(bencher, "/proc/kallsyms", |file| {
        understands("kallsyms", file)
    });
}

/// The same, one by one: in constant memory.
#[divan::bench(sample_count = 20)]
fn kallsyms_one_by_one(bencher: Bencher) {
    let stream = |mut file: &[u8]| -> Option<()> {
        let input: &mut dyn io::Read = &mut file;
        let mut each = |piece: &dyn format::Piece| {
            black_box(piece.unknown());
            ControlFlow::Continue(())
        };
        format::find("kallsyms")?.stream(input, &mut each).ok()
    };
    live(bencher, "/proc/kallsyms", |file| stream(file).is_some());
}

/// The mappings of this process.
#[divan::bench]
fn smaps(bencher: Bencher) {
    live(bencher, "/proc/self/smaps", |file| {
        understands("self/smaps", file)
    });
}

#[divan::bench]
fn smaps_by_procfs_core(bencher: Bencher) {
    live(bencher, "/proc/self/smaps", |file| {
        black_box(MemoryMaps::from_buf_read(file)).is_ok()
    });
}
