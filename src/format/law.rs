//! The round-trip law as test helpers: what was parsed is written back byte for byte.

use std::{
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use super::{Format, ParseError, Record};

/// Parses `file`, which must succeed, and checks that it is written back unchanged.
#[track_caller]
pub(crate) fn holds<R: Record>(file: &[u8]) -> R {
    match check::<R>(file) {
        Ok(record) => record,
        Err(error) => panic!("{error} in {}", file.escape_ascii()),
    }
}

/// Parses `file`; if that succeeds, checks that it is written back unchanged.
#[track_caller]
fn check<R: Record>(file: &[u8]) -> Result<R, ParseError> {
    let record = R::parse(file)?;
    let mut out = Vec::new();
    record.write(&mut out);
    assert!(
        out == file,
        "read  {}\nwrote {}",
        file.escape_ascii(),
        out.escape_ascii()
    );
    Ok(record)
}

/// Checks the law on `count` mutations of `files`, the same ones at each run.
#[track_caller]
pub(crate) fn mutants<R: Record>(files: &[&[u8]], count: usize) {
    // Miri is about a thousand times slower.
    let count = if cfg!(miri) { count / 200 } else { count };
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut understood = 0;
    for i in 0..count {
        let mut file = files[i % files.len()].to_vec();
        for _ in 0..=dice.below(3) {
            mutate(&mut file, &mut dice);
        }
        understood += usize::from(check::<R>(&file).is_ok());
    }
    // Some mutants must parse and some must not, or the test would prove nothing.
    assert!(
        understood > 0 && understood < count,
        "{understood} of {count}"
    );
}

/// Checks the law on `count` mutations of `file`, as [`mutants`] does.
#[track_caller]
pub(crate) fn mutants_of(format: &Format, file: &[u8], count: usize) {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for _ in 0..count {
        let mut file = file.to_vec();
        for _ in 0..=dice.below(3) {
            mutate(&mut file, &mut dice);
        }
        if let Ok(parsed) = format.parse(&file) {
            let mut out = Vec::new();
            parsed.write(&mut out);
            assert!(
                out == file,
                "{}\nread  {}\nwrote {}",
                format.name(),
                file.escape_ascii(),
                out.escape_ascii()
            );
            parsed.records(&mut |_| ());
        }
    }
}

fn mutate(file: &mut Vec<u8>, dice: &mut Dice) {
    const TELLING: &[u8] = b" \t\n0019+-()/.:,axf\\\0\xff";
    let telling = TELLING[dice.below(TELLING.len())];
    let at = dice.below(file.len() + 1);
    let line = |file: &[u8]| {
        let start = file[..at]
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |i| i + 1);
        let end = file[at..].iter().position(|&b| b == b'\n');
        start..end.map_or(file.len(), |i| at + i + 1)
    };
    match dice.below(9) {
        0 => file.insert(at, telling),
        1 | 2 if at < file.len() => file[at] = telling,
        3 if at < file.len() => file[at] ^= 1 << dice.below(8),
        4 | 5 if at < file.len() => {
            file.remove(at);
        }
        6 => file.truncate(at),
        7 => {
            let line = line(file);
            file.drain(line);
        }
        _ => {
            // Move a line, or duplicate it.
            let range = line(file);
            let text = file[range.clone()].to_vec();
            if dice.below(3) > 0 {
                file.drain(range);
            }
            let starts: Vec<usize> = std::iter::once(0)
                .chain((1..=file.len()).filter(|&i| file[i - 1] == b'\n'))
                .collect();
            let start = starts[dice.below(starts.len())];
            file.splice(start..start, text);
        }
    }
}

/// Xorshift: reproducible pseudo-random numbers.
struct Dice(u64);

impl Dice {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the low bits are random enough"
    )]
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}

/// The contents of `file` for every process that still has it, and answers: one that stands still,
/// for whatever reason, does not hold up the tests.
pub(crate) fn live(file: &str) -> Vec<Vec<u8>> {
    let file = file.to_owned();
    each_live(move |path| std::fs::read(path.join(&file)).ok())
}

/// What `read` makes of the directory of every process that is not silent.
pub(crate) fn each_live<T: Send + 'static>(
    read: impl FnMut(&Path) -> Option<T> + Clone + Send + 'static,
) -> Vec<T> {
    let mut pids: Vec<u32> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| crate::bytes::decimal(entry.unwrap().file_name().as_encoded_bytes()))
        .collect();
    let (mut all, mut patience) = (Vec::new(), SILENCE);
    // A thread that is held stays behind, and another goes on.
    while !pids.is_empty() {
        let (sender, answers) = mpsc::channel();
        let (mut read, its_pids) = (read.clone(), pids.clone());
        thread::spawn(move || {
            for pid in its_pids {
                let made = read(&Path::new("/proc").join(pid.to_string()));
                if sender.send(made).is_err() {
                    break;
                }
            }
        });
        let mut answered = 0;
        let silent = loop {
            match answers.recv_timeout(patience) {
                Ok(made) => all.extend(made),
                Err(RecvTimeoutError::Timeout) => break pids.get(answered).copied(),
                Err(RecvTimeoutError::Disconnected) => break None,
            }
            answered += 1;
        };
        match silent {
            Some(silent) => {
                eprintln!("process {silent} does not answer");
                // There may be hundreds.
                patience /= 2;
                pids.drain(..=answered);
            }
            None => pids.clear(),
        }
    }
    all
}

/// Longer than any process that answers takes.
const SILENCE: Duration = Duration::from_secs(5);
