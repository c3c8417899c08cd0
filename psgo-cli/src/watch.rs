//! `-watch`: the clock, the keys and the screen for whatever is sampled repeatedly.

use std::{
    io::{self, BufWriter, PipeReader, Read as _, Write},
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use psgo::Value;

use crate::{
    ansi,
    console::{Console, Event},
    failure::{self, Answer, Failure},
    flags::Pace,
    output::measure,
    terminal::{self, Size},
};

/// What can be sampled repeatedly.
pub(crate) trait Watched: Send {
    /// Takes a sample and keeps it.
    fn sample(&mut self) -> Result<(), Failure>;

    /// Writes the last sample to a file or a pipe, after the previous ones.
    fn print(&mut self, out: &mut dyn Write) -> Result<(), Failure>;

    /// Draws the last sample within `size`.
    fn draw(&mut self, size: Size, out: &mut dyn Write) -> Result<(), Failure>;

    /// The last sample in one line, above the drawing.
    fn status(&self) -> Status;

    /// The sum of all samples: `3 came, 2 went`.
    fn sum(&self) -> String;

    /// Whether there is nothing left to sample.
    fn is_over(&self) -> bool {
        false
    }

    /// What was left out, and whether all samples are complete.
    fn answer(&self) -> (Option<&str>, Answer);
}

/// A sample in a few words.
#[derive(Debug, Default)]
pub(crate) struct Status {
    /// Time of day.
    pub(crate) time: String,
    pub(crate) text: String,
}

/// Samples `watched` at that pace, until the count is reached or the user ends it, which is summed up
/// in a line unless it `is_quiet`.
pub(crate) fn watch(
    pace: Pace,
    is_screen: bool,
    is_quiet: bool,
    mut console: Console,
    watched: Box<dyn Watched>,
) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    let screen = is_screen.then_some(Screen {
        every: pace.every,
        is_begun: false,
    });
    let ended = run(pace, &mut console, screen, watched, &mut tally);
    // The terminal first: what follows is an ordinary line.
    drop(console);
    let (line, answer) = match ended? {
        End::Counted(watched) => {
            let (line, answer) = watched.answer();
            (line.map(ToOwned::to_owned), answer)
        }
        End::Asked if is_quiet => (None, Answer::Complete),
        End::Asked => (Some(tally.told(begun.elapsed())), Answer::Complete),
    };
    if let Some(line) = line {
        failure::say(&line);
    }
    Ok(answer)
}

/// How a watch ended.
enum End {
    /// The count was reached, or nothing was left to sample.
    Counted(Box<dyn Watched>),
    /// By a key or a signal.
    Asked,
}

/// The summary of a watch that the user ended.
#[derive(Debug, Default)]
struct Tally {
    samples: u64,
    sum: String,
}

impl Tally {
    /// `3 looks in 4.01s: 1 came, 2 went`
    fn told(&self, span: Duration) -> String {
        let looks = match self.samples {
            0 => {
                return format!(
                    "ended after {}, before the first look was done",
                    short(span)
                );
            }
            1 => "1 look".to_owned(),
            many => format!("{many} looks"),
        };
        format!("{looks} in {}: {}", short(span), self.sum)
    }
}

/// Samples and shows, in turn.
fn run(
    pace: Pace,
    console: &mut Console,
    mut screen: Option<Screen>,
    mut watched: Box<dyn Watched>,
    tally: &mut Tally,
) -> Result<End, Failure> {
    let mut thread = SamplingThread::start()?;
    let mut due = Some(Instant::now());
    loop {
        watched = match thread.sample(watched, console)? {
            Some(watched) => watched,
            None => return Ok(End::Asked),
        };
        tally.samples += 1;
        tally.sum = watched.sum();
        let mut is_shown = false;
        loop {
            let shown = match &mut screen {
                Some(screen) => screen.draw(&mut *watched, console),
                None if is_shown => Ok(()),
                None => print(&mut *watched, console),
            };
            match shown {
                Err(Failure::Output(_)) if console.is_ended() => return Ok(End::Asked),
                other => other?,
            }
            if !is_shown {
                is_shown = true;
                let is_last = pace.count.is_some_and(|count| tally.samples >= count.get());
                if is_last || watched.is_over() {
                    return Ok(End::Counted(watched));
                }
                due = due.and_then(|due| next(due, pace.every, Instant::now()));
            }
            match console.wait(due)? {
                Event::End => return Ok(End::Asked),
                Event::Due => break,
                Event::Changed | Event::Writable | Event::Done => (),
            }
        }
    }
}

/// A thread that takes the samples. A sample takes long where there are many processes or one does
/// not answer, and ending the watch must not wait for it.
struct SamplingThread {
    orders: Sender<Box<dyn Watched>>,
    sampled: Receiver<(Box<dyn Watched>, Result<(), Failure>)>,
    /// One byte for each finished sample, for a wait that also waits for keys.
    done: PipeReader,
    thread: Option<JoinHandle<()>>,
}

impl SamplingThread {
    fn start() -> Result<Self, Failure> {
        let (orders, ordered) = mpsc::channel::<Box<dyn Watched>>();
        let (answer, sampled) = mpsc::channel();
        let (done, mut tell) = io::pipe().map_err(|error| {
            Failure::Trouble(format!(
                "cannot make a pipe: {}",
                failure::system_words(&error)
            ))
        })?;
        // It is not joined: it ends with psgo, or when `orders` is dropped.
        let thread = thread::Builder::new().spawn(move || {
            for mut watched in ordered {
                let result = watched.sample();
                if answer.send((watched, result)).is_err() || tell.write_all(&[0]).is_err() {
                    break;
                }
            }
        });
        let thread = thread.map_err(|error| failure::no_thread(&error))?;
        Ok(Self {
            orders,
            sampled,
            done,
            thread: Some(thread),
        })
    }

    /// Takes a sample; `None` if the end is asked for first.
    fn sample(
        &mut self,
        watched: Box<dyn Watched>,
        console: &mut Console,
    ) -> Result<Option<Box<dyn Watched>>, Failure> {
        // If the thread is gone, no answer comes below.
        let _ = self.orders.send(watched);
        if !console.wait_until(&self.done)? {
            return Ok(None);
        }
        let Ok((watched, result)) = self.sampled.recv() else {
            // The thread ends early only by a panic, which is passed on.
            return match self.thread.take().map(JoinHandle::join) {
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                _ => Ok(None),
            };
        };
        (&self.done).read_exact(&mut [0])?;
        result?;
        Ok(Some(watched))
    }
}

/// When the next sample is due: one interval after the last was due, so that nothing drifts; now,
/// if that is past. `None` if the clock cannot express it.
fn next(due: Instant, every: Duration, now: Instant) -> Option<Instant> {
    due.checked_add(every).map(|next| next.max(now))
}

fn print(watched: &mut dyn Watched, console: &mut Console) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(64 * 1024, console.out());
    let written = watched.print(&mut out);
    if written.is_ok() {
        out.flush()?;
    } else {
        // Dropping the buffer would write its content.
        let _ = out.into_parts();
    }
    written
}

/// The terminal, where each sample is drawn over the previous one.
#[derive(Debug)]
struct Screen {
    every: Duration,
    is_begun: bool,
}

impl Screen {
    fn draw(&mut self, watched: &mut dyn Watched, console: &mut Console) -> Result<(), Failure> {
        let size = terminal::size();
        let room = Size {
            rows: lines(size).saturating_sub(1),
            ..size
        };
        let mut body = Vec::new();
        watched.draw(room, &mut body)?;
        let Status { time, text } = watched.status();
        let status = format!("{time}, every {}: {text}", short(self.every));
        let mut frame = Vec::new();
        if !self.is_begun {
            self.is_begun = true;
            // Scrolls what is on the terminal up, so that it is not overwritten.
            frame.resize(size.rows.saturating_sub(1), b'\n');
        }
        push_frame(&status, &body, size, &mut frame);
        console.out().write_all(&frame)?;
        Ok(())
    }
}

/// How many lines a frame may have: the cursor stays below it, and so does psgo's last line.
fn lines(size: Size) -> usize {
    size.rows.saturating_sub(1).max(1)
}

/// Adds the text of a frame. Each line erases the rest of the old one, which does not flicker.
fn push_frame(status: &str, body: &[u8], size: Size, frame: &mut Vec<u8>) {
    frame.extend(ansi::HOME.as_bytes());
    let status = measure::cut(status, size.columns);
    let body = body.split_inclusive(|b| *b == b'\n');
    let body = body.map(|line| line.strip_suffix(b"\n").unwrap_or(line));
    for line in [status.as_bytes()]
        .into_iter()
        .chain(body)
        .take(lines(size))
    {
        frame.extend(line);
        // After a full line the cursor is still on the last column, which would be erased.
        if shown_width(line) < size.columns {
            frame.extend(ansi::ERASE_TO_END_OF_LINE.as_bytes());
        }
        frame.push(b'\n');
    }
    frame.extend(ansi::ERASE_TO_END_OF_SCREEN.as_bytes());
}

/// How many columns a line takes, without the colours in it.
fn shown_width(line: &[u8]) -> usize {
    let text = String::from_utf8_lossy(line);
    ansi::uncolored(&text).map(measure::width).sum()
}

/// A span to the hundredth of a second, `1m2.5s`.
fn short(span: Duration) -> String {
    let exact = span < Duration::from_millis(10);
    let hundredths = Duration::new(span.as_secs(), span.subsec_millis() / 10 * 10_000_000);
    Value::Duration(if exact { span } else { hundredths }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_keep_to_the_beat_and_never_pile_up() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        // A look took a while: the next is on the beat.
        assert_eq!(next(at(0), second, at(300)), Some(at(1000)));
        assert_eq!(next(at(1000), second, at(1300)), Some(at(2000)));
        // It took three intervals: one look at once, and from there a new beat.
        assert_eq!(next(at(2000), second, at(5100)), Some(at(5100)));
        assert_eq!(next(at(5100), second, at(5200)), Some(at(6100)));
        assert_eq!(next(at(0), Duration::MAX, at(0)), None);
    }

    fn frame(status: &str, body: &str, rows: usize, columns: usize) -> String {
        let mut frame = Vec::new();
        push_frame(status, body.as_bytes(), Size { rows, columns }, &mut frame);
        String::from_utf8(frame).unwrap()
    }

    #[test]
    fn a_picture_erases_what_it_does_not_cover() {
        assert_eq!(
            frame("now", "PID\n1\n", 24, 5),
            "\x1b[Hnow\x1b[K\nPID\x1b[K\n1\x1b[K\n\x1b[J"
        );
    }

    #[test]
    fn a_full_line_does_not_lose_its_last_column() {
        assert_eq!(
            frame("a long status", "\x1b[1mPID X\x1b[0m\n", 24, 5),
            "\x1b[Ha lon\n\x1b[1mPID X\x1b[0m\n\x1b[J"
        );
    }

    #[test]
    fn a_picture_leaves_the_last_line_to_the_cursor() {
        assert_eq!(frame("s", "a\nb\nc\n", 3, 5).matches('\n').count(), 2);
        assert_eq!(frame("s", "a\nb\nc\n", 1, 5).matches('\n').count(), 1);
    }

    #[test]
    fn a_span_is_told_to_the_hundredth() {
        assert_eq!(short(Duration::from_millis(61_234)), "1m1.23s");
        assert_eq!(short(Duration::from_millis(500)), "500ms");
        assert_eq!(short(Duration::from_micros(1500)), "1.5ms");
    }
}
