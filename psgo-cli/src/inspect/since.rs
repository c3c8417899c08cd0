//! What a process has done since the look before: time, faults, bytes, and how far it is in its files.

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime},
};

use psgo::{
    Error, FileKind, OpenDescriptor, PageFaults, Process, ProcessCpuTimes, Result, Time, Value,
    format::pid::Io, local_time,
};

use super::{
    document::{Document, int, list, maybe, object},
    page::Page,
    text::{shown, size, span},
};

/// What was read at one look.
#[derive(Debug)]
pub(super) struct Look {
    at: Instant,
    /// By the wall clock, in the local zone.
    moment: Option<Time>,
    times: Result<ProcessCpuTimes>,
    faults: Result<PageFaults>,
    io: Result<Io>,
    files: Result<Vec<Place>>,
}

/// Where it is in an open file.
#[derive(Debug, Clone)]
struct Place {
    fd: u32,
    target: Vec<u8>,
    position: i64,
    size: Option<u64>,
    reads_only: bool,
    writes_only: bool,
}

/// A file, and how it went on.
#[derive(Debug)]
struct Progress<'a> {
    place: &'a Place,
    /// Bytes a second; of a file that was not open at the look before, unknown.
    rate: Option<f64>,
}

impl Look {
    pub(super) fn at(process: &Process) -> Self {
        let files = process.descriptors().map(|open| {
            let places = open.iter().filter_map(Place::of);
            places.collect()
        });
        Self {
            at: Instant::now(),
            moment: local_time(SystemTime::now()),
            times: process.cpu_times(),
            faults: process.page_faults(),
            io: process.io(),
            files,
        }
    }

    /// The time of day.
    pub(super) fn time_of_day(&self) -> String {
        let time = self.moment.as_ref().map(Time::time_of_day);
        time.unwrap_or_default()
    }

    /// The files that it has open, those in which it moved most first.
    fn progress<'a>(&'a self, before: Option<&Self>) -> Result<Vec<Progress<'a>>> {
        let files = self.files.as_ref().map_err(Clone::clone)?;
        let seconds = before.map(|before| self.seconds_since(before));
        let old = before.and_then(|before| before.files.as_ref().ok());
        let old = old.into_iter().flatten();
        let old: HashMap<u32, &Place> = old.map(|place| (place.fd, place)).collect();
        let progress = |place: &'a Place| {
            let before = old.get(&place.fd).filter(|old| old.target == place.target);
            let rate = before.zip(seconds).map(|(before, seconds)| {
                let moved = place.position.saturating_sub(before.position);
                #[expect(clippy::cast_precision_loss, reason = "a rate")]
                let moved = moved as f64;
                moved / seconds
            });
            Progress { place, rate }
        };
        let mut all: Vec<_> = files.iter().map(progress).collect();
        let speed = |progress: &Progress<'_>| progress.rate.unwrap_or_default().abs();
        all.sort_by(|a, b| speed(b).total_cmp(&speed(a)));
        Ok(all)
    }

    fn seconds_since(&self, before: &Self) -> f64 {
        let span = self.at.saturating_duration_since(before.at);
        span.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl Place {
    /// Of a regular file whose position is known.
    fn of(open: &OpenDescriptor) -> Option<Self> {
        if !matches!(open.kind, Some(FileKind::File | FileKind::Memfd)) {
            return None;
        }
        Some(Self {
            fd: open.fd,
            target: open.target.clone(),
            position: open.info.as_ref()?.pos?,
            size: open.size,
            reads_only: open.mode() == Some("r"),
            writes_only: open.mode() == Some("w"),
        })
    }

    /// How much of the file is behind it; of one that is only written it says nothing.
    fn done(&self) -> Option<f64> {
        if self.writes_only {
            return None;
        }
        let size = self.size.filter(|size| *size > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let done = 100.0 * self.position as f64 / size as f64;
        Some(done)
    }
}

impl Progress<'_> {
    /// How long the rest takes if it goes on so, of a file that is only read.
    fn left(&self) -> Option<Duration> {
        let place = self.place;
        let position = u64::try_from(place.position).ok()?;
        let rest = place.size?.checked_sub(position)?;
        let rate = self.rate.filter(|rate| *rate > 0.0 && place.reads_only)?;
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let seconds = rest as f64 / rate;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// Each second so many, of what was counted at two looks.
fn rate(now: u64, before: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let counted = now.saturating_sub(before) as f64;
    counted / seconds
}

/// The same of something that can be unknown at both.
fn rate_of<T>(
    now: &Result<T>,
    before: Option<&Result<T>>,
    seconds: f64,
    count: impl Fn(&T) -> u64,
) -> Result<Option<f64>> {
    let now = now.as_ref().map_err(Error::clone)?;
    let Some(Ok(before)) = before else {
        return Ok(None);
    };
    Ok(Some(rate(count(now), count(before), seconds)))
}

/// In percent of one processor.
fn percent(nanos: f64) -> f64 {
    nanos / 1e7
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// What is counted: its name in the object, and how much of it there was each second.
fn rates(look: &Look, before: Option<&Look>) -> [(&'static str, Result<Option<f64>>); 10] {
    let seconds = before.map_or(1.0, |before| look.seconds_since(before));
    let time = |count: fn(&ProcessCpuTimes) -> u64| {
        let before = before.map(|before| &before.times);
        let rate = rate_of(&look.times, before, seconds, count);
        rate.map(|rate| rate.map(percent))
    };
    let faults = |count: fn(&PageFaults) -> u64| {
        let before = before.map(|before| &before.faults);
        rate_of(&look.faults, before, seconds, count)
    };
    let io = |count: fn(&Io) -> u64| {
        let before = before.map(|before| &before.io);
        rate_of(&look.io, before, seconds, count)
    };
    [
        ("cpu_user_percent", time(|times| nanos(times.user))),
        ("cpu_system_percent", time(|times| nanos(times.system))),
        ("minor_faults", faults(|faults| faults.minor)),
        ("major_faults", faults(|faults| faults.major)),
        ("read_chars", io(|io| io.rchar)),
        ("read_count", io(|io| io.syscr)),
        ("read_bytes", io(|io| io.read_bytes)),
        ("write_chars", io(|io| io.wchar)),
        ("write_count", io(|io| io.syscw)),
        ("write_bytes", io(|io| io.write_bytes)),
    ]
}

/// How a rate of bytes is shown.
fn bytes(rate: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "of what is counted upwards, far below 2^63"
    )]
    let whole = rate.abs().round() as u64;
    let sign = if rate < 0.0 { "-" } else { "" };
    format!("{sign}{}/s", size(whole))
}

pub(super) fn page(page: &mut Page, look: &Look, before: Option<&Look>) {
    page.section("since the look before");
    let [
        user,
        system,
        minor,
        major,
        read,
        reads,
        loaded,
        written,
        writes,
        stored,
    ] = rates(look, before).map(|(_, rate)| rate);
    let all = |rates: [Result<Option<f64>>; 3], text: &dyn Fn([f64; 3]) -> String| {
        let [a, b, c] = rates;
        let (a, b, c) = (a?, b?, c?);
        Ok(match (a, b, c) {
            (Some(a), Some(b), Some(c)) => text([a, b, c]),
            // There was no look before.
            _ => "?".to_owned(),
        })
    };
    let none = || Ok(Some(0.0));
    page.told(
        "cpu",
        all([user, system, none()], &|[user, system, _]| {
            let sum = user + system;
            format!("{sum:.1}%, {user:.1}% user, {system:.1}% system")
        }),
    );
    page.told(
        "page faults",
        all([minor, major, none()], &|[minor, major, _]| {
            format!("{minor:.1}/s minor, {major:.1}/s major")
        }),
    );
    page.told(
        "read",
        all([read, reads, loaded], &|[read, reads, loaded]| {
            let (read, loaded) = (bytes(read), bytes(loaded));
            format!("{read} in {reads:.1} calls/s, {loaded} from storage")
        }),
    );
    page.told(
        "written",
        all([written, writes, stored], &|[written, writes, stored]| {
            let (written, stored) = (bytes(written), bytes(stored));
            format!("{written} in {writes:.1} calls/s, {stored} to storage")
        }),
    );
    let progress = match look.progress(before) {
        Ok(progress) => progress,
        Err(error) => return page.missing("files", &error),
    };
    if progress.is_empty() {
        return page.row("files", "none open");
    }
    let row = |progress: &Progress<'_>| {
        let place = progress.place;
        let unknown = || "?".to_owned();
        [
            place.fd.to_string(),
            place.position.to_string(),
            place.size.map_or_else(unknown, |size| size.to_string()),
            place
                .done()
                .map_or_else(String::new, |done| format!("{done:.1}%")),
            progress.rate.map_or_else(unknown, bytes),
            progress.left().map_or_else(String::new, |left| {
                span(Duration::from_secs(left.as_secs()))
            }),
            shown(&place.target),
        ]
    };
    let rows: Vec<_> = progress.iter().take(page.depth.rows).map(row).collect();
    page.table(
        ["FD", "POSITION", "SIZE", "DONE", "RATE", "LEFT", "TARGET"],
        &rows,
    );
    page.more(progress.len(), rows.len(), "files");
}

pub(super) fn json(doc: &mut Document, look: &Look, before: Option<&Look>) {
    let real = |rate: Option<f64>| maybe(rate.map(Value::Real));
    let file = |progress: &Progress<'_>| {
        let place = progress.place;
        object([
            ("fd", int(place.fd)),
            ("target", Value::text(&place.target)),
            ("position", Value::Int(place.position)),
            ("size", maybe(place.size.map(Value::Size))),
            ("rate", real(progress.rate)),
            ("left", maybe(progress.left().map(Value::Duration))),
        ])
    };
    let at = look.moment.as_ref().map(Time::to_rfc3339_millis);
    let seconds = before.map(|before| look.seconds_since(before));
    let mut fields: psgo::Fields = [
        ("at", maybe(at.map(Value::text))),
        ("seconds", real(seconds)),
    ]
    .into_iter()
    .collect();
    for (name, rate) in rates(look, before) {
        fields.push(name, rate.map_or(Value::MISSING, real));
    }
    let files = look.progress(before);
    let files = files.map(|files| list(files.iter().map(file)));
    fields.push("files", files.unwrap_or(Value::MISSING));
    doc.put_own("since", Ok(Value::Fields(fields)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(position: i64, size: Option<u64>) -> Place {
        Place {
            fd: 3,
            target: b"/x".to_vec(),
            position,
            size,
            reads_only: true,
            writes_only: false,
        }
    }

    #[test]
    fn the_rest_takes_as_long_as_the_rate_says() {
        let half = place(500, Some(1000));
        let left = |place: &Place, rate| Progress { place, rate }.left();
        assert_eq!(left(&half, Some(100.0)), Some(Duration::from_secs(5)));
        assert_eq!(left(&half, Some(0.0)), None);
        assert_eq!(left(&half, Some(-3.0)), None);
        assert_eq!(left(&half, None), None);
        assert_eq!(left(&place(500, None), Some(1.0)), None);
        // It is behind the end.
        assert_eq!(left(&place(500, Some(400)), Some(1.0)), None);
        assert_eq!(half.done(), Some(50.0));
        assert_eq!(place(0, Some(0)).done(), None);
    }

    #[test]
    fn a_rate_of_bytes_has_a_unit_and_a_sign() {
        assert_eq!(bytes(2048.0), "2.0 KiB/s");
        assert_eq!(bytes(-2048.0), "-2.0 KiB/s");
        assert_eq!(bytes(0.4), "0 B/s");
        assert!((percent(250e6) - 25.0).abs() < 1e-9);
        assert!((rate(5, 9, 2.0)).abs() < 1e-9);
    }
}
