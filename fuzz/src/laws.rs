//! The laws, one function for each kind of parser.

use std::{
    collections::HashMap,
    fmt::Display,
    time::{Duration, SystemTime},
};

use psgo::{
    Gid, IdMap, Query, Text, Time, Uid, Value,
    bytes::{self, Escaped},
    caps::{self, CapSet},
    format::{
        Record, Scalar, kernel,
        pid::{Cmdline, Stat, Status},
        tty::Drivers,
    },
    host::Host,
    ids::{GroupNames, IdMaps, UserNames},
    tty::{self, Driver},
};

/// The law of a record: it is not understood, or it is written as it was read.
fn understood<R: Record>(file: &[u8]) -> Option<R> {
    match R::parse(file) {
        Ok(record) => {
            let mut written = Vec::new();
            record.write(&mut written);
            assert!(written == file, "wrote {}", written.escape_ascii());
            Some(record)
        }
        Err(error) => {
            assert!(error.line <= file.split(|&b| b == b'\n').count());
            harmless(&error);
            None
        }
    }
}

/// What is shown is one line that no terminal obeys.
pub(crate) fn harmless(shown: &impl Display) -> String {
    let text = shown.to_string();
    let commands = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
            )
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(commands), "{}", text.escape_debug());
    text
}

/// What a listing reads of `stat` is what the whole has, and it is read wherever the whole is.
pub(crate) fn stat_listed(file: &[u8]) {
    let listed = Stat::parse_listed(file);
    match (Stat::parse(file), &listed) {
        (Ok(whole), Ok(listed)) => assert_eq!(up_to_vsize(&whole), up_to_vsize(listed)),
        (Ok(_), Err(error)) => panic!("{error}"),
        (Err(_), Ok(listed)) => {
            // Written anew the file begins as it did.
            let fields = up_to_vsize(listed);
            assert!(file.starts_with(&fields), "{}", fields.escape_ascii());
        }
        (Err(_), Err(error)) => drop(harmless(error)),
    }
}

/// The fields of a record that a listing reads, as the kernel writes them.
fn up_to_vsize(stat: &Stat) -> Vec<u8> {
    let mut written = Vec::new();
    stat.write(&mut written);
    // `7 (sh) S`: further columns may have parentheses too.
    let name = stat.pid.to_string().len() + " (".len() + stat.comm.as_slice().len();
    // The state is the third field, vsize the 23rd.
    let blanks = written[name..]
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b' ');
    let end = blanks.map(|(at, _)| name + at).nth(21);
    written.truncate(end.unwrap_or(written.len()));
    written
}

pub(crate) fn status(file: &[u8]) {
    let Some(status) = understood::<Status>(file) else {
        return;
    };
    let unknown = status.unknown_lines().map(<[u8]>::len).sum::<usize>();
    assert!(unknown <= file.len());
    assert!(status.comm().len() <= status.name.len());
    assert!(!status.comm().is_empty() || status.name.is_empty());
}

pub(crate) fn uptime(file: &[u8]) {
    if let Some(uptime) = understood::<kernel::Uptime>(file) {
        let hundredths = |span: Duration| span.as_millis() / 10;
        assert_eq!(hundredths(uptime.since_boot()), uptime.uptime.into());
        assert_eq!(hundredths(uptime.idle_time()), uptime.idle.into());
    }
}

pub(crate) fn cmdline(file: &[u8]) {
    let Some(cmdline) = understood::<Cmdline>(file) else {
        panic!("any bytes are a command line");
    };
    let joined = cmdline.args().collect::<Vec<_>>().join(&0);
    assert!(joined == file || [&joined, &b"\0"[..]].concat() == file);
    if let Some(title) = cmdline.title() {
        assert!(file.starts_with(title) && !title.is_empty() && !title.contains(&0));
        assert!(!title.ends_with(b" "));
    }
}

pub(crate) fn scalar(file: &[u8]) {
    let widest = understood::<Scalar<i64>>(file).map(|n| i128::from(n.0));
    let positive = understood::<Scalar<u64>>(file).map(|n| i128::from(n.0));
    let number = widest.or(positive);
    assert!(widest.is_none() || positive.is_none() || widest == positive);
    let small = understood::<Scalar<u32>>(file).map(|n| n.0);
    assert_eq!(small, number.and_then(|n| u32::try_from(n).ok()));
    let small = understood::<Scalar<i32>>(file).map(|n| n.0);
    assert_eq!(small, number.and_then(|n| i32::try_from(n).ok()));
}

pub(crate) fn numbers(text: &[u8]) {
    fn whole<T: TryFrom<i128> + Display>(text: &[u8]) {
        if let Some(number) = bytes::decimal::<T>(text) {
            assert_eq!(number.to_string().as_bytes(), text);
        }
    }
    whole::<u64>(text);
    whole::<i64>(text);
    whole::<u8>(text);
    if let Some(number) = bytes::hex::<u64>(text) {
        assert_eq!(format!("{number:x}").as_bytes(), text);
    }
    // In the kernel's one form what std reads is what psgo reads.
    let by_std = std::str::from_utf8(text).ok().and_then(|text| {
        let number = text.parse::<i64>().ok()?;
        (number.to_string() == text).then_some(number)
    });
    assert_eq!(bytes::decimal::<i64>(text), by_std);
    let Some((&byte, text)) = text.split_first() else {
        return;
    };
    let first = text.iter().position(|&b| b == byte);
    let parts = first.map(|at| (&text[..at], &text[at + 1..]));
    assert_eq!(bytes::split_once(text, byte), parts);
    let last = text.iter().rposition(|&b| b == byte);
    let parts = last.map(|at| (&text[..at], &text[at + 1..]));
    assert_eq!(bytes::rsplit_once(text, byte), parts);
    // As the kernel escapes it.
    let escaped = text.iter().flat_map(|&b| match b {
        b'\n' => b"\\n".to_vec(),
        b'\\' => b"\\\\".to_vec(),
        b => vec![b],
    });
    assert_eq!(&*bytes::unescape_name(&escaped.collect::<Vec<_>>()), text);
    assert!(bytes::unescape_name(text).len() <= text.len());
}

pub(crate) fn escaped(text: &[u8]) {
    let shown = harmless(&Escaped(text));
    assert_eq!(decoded(shown.as_bytes()).as_deref(), Some(text));
    assert_eq!(Value::text(text).to_string(), shown);
    assert_eq!(Text::from(text).as_bytes(), text);
    let json = serde_json::to_value(Text::from(text)).expect("text is JSON");
    assert_eq!(json.is_string(), std::str::from_utf8(text).is_ok());
}

/// The bytes that were escaped; nothing for an escape that psgo does not write.
fn decoded(mut shown: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        let (byte, rest) = match shown {
            [] => return Some(text),
            [b'\\', b'n', rest @ ..] => (b'\n', rest),
            [b'\\', b't', rest @ ..] => (b'\t', rest),
            [b'\\', b'r', rest @ ..] => (b'\r', rest),
            [b'\\', b'\\', rest @ ..] => (b'\\', rest),
            [b'\\', b'x', high, low, rest @ ..] => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                (u8::from_str_radix(digits, 16).ok()?, rest)
            }
            [b'\\', ..] => return None,
            [byte, rest @ ..] => (*byte, rest),
        };
        text.push(byte);
        shown = rest;
    }
}

pub(crate) fn names_of_users(file: &[u8]) {
    let names = UserNames::parse(file);
    let expected = names_by_hand(file, 2);
    assert_eq!(names.len(), expected.len());
    assert_eq!(names.is_empty(), expected.is_empty());
    for (id, name) in expected {
        assert_eq!(names.name(Uid::new(id)), Some(Text::from(name)));
    }
}

pub(crate) fn names_of_groups(file: &[u8]) {
    let names = GroupNames::parse(file);
    let expected = names_by_hand(file, 1);
    assert_eq!(names.len(), expected.len());
    for (id, name) in expected {
        assert_eq!(names.name(Gid::new(id)), Some(Text::from(name)));
    }
}

/// The same by the words of the documentation, without a care for time and memory.
fn names_by_hand(file: &[u8], ids: usize) -> HashMap<u32, &[u8]> {
    let mut names = HashMap::new();
    for line in file.split(|&b| b == b'\n') {
        let blanks = line.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let fields: Vec<&[u8]> = line[blanks..].split(|&b| b == b':').collect();
        let name = fields[0];
        if fields.len() < 2 + ids || name.is_empty() || name.len() > 255 {
            continue;
        }
        if b"#+-".contains(&name[0]) {
            continue;
        }
        let number = |field: &[u8]| {
            let digits = !field.is_empty() && field.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(field).ok().filter(|_| digits)?;
            text.parse::<u32>().ok()
        };
        let numbers: Option<Vec<u32>> = fields[2..2 + ids].iter().map(|f| number(f)).collect();
        if let Some(numbers) = numbers {
            names.entry(numbers[0]).or_insert(name);
        }
    }
    names
}

pub(crate) fn id_maps(text: &[u8]) {
    match IdMaps::parse(text) {
        Ok(maps) => {
            let shown = harmless(&maps);
            let back = IdMaps::parse(shown.as_bytes());
            assert_eq!(back.expect("it was written"), maps);
            translated(&maps);
        }
        Err(error) => drop(harmless(&error)),
    }
    // And rows that no one has looked at, as `uid_map` may give them.
    let word = |four: &[u8]| u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    let rows = text.chunks_exact(12);
    let maps: IdMaps = rows
        .map(|row| (word(&row[..4]), word(&row[4..8]), word(&row[8..])))
        .collect();
    translated(&maps);
}

/// Each id of a range's ends and those beside them, by arithmetic that cannot overflow.
fn translated(maps: &IdMaps) {
    let ends = |from: u32, size: u32| {
        let end = from.wrapping_add(size);
        [from.wrapping_sub(1), from, end.wrapping_sub(1), end]
    };
    for map in maps.as_slice().iter().take(64) {
        for id in ends(map.container_id, map.size) {
            let found = maps.to_host(id);
            assert_eq!(found, shifted(maps, id, |m| (m.container_id, m.host_id)));
        }
        for id in ends(map.host_id, map.size) {
            let found = maps.to_container(id);
            assert_eq!(found, shifted(maps, id, |m| (m.host_id, m.container_id)));
        }
    }
}

fn shifted(maps: &IdMaps, id: u32, way: impl Fn(&IdMap) -> (u32, u32)) -> Option<u32> {
    maps.as_slice().iter().find_map(|map| {
        let ((from, to), id) = (way(map), u64::from(id));
        let (from, to, size) = (u64::from(from), u64::from(to), u64::from(map.size));
        let inside = (from..from + size).contains(&id);
        inside.then(|| u32::try_from(to + id.checked_sub(from)?).ok())?
    })
}

/// The last capability, a mask, and a text.
pub(crate) fn caps(input: &[u8]) {
    let Some((&[last, ref mask @ ..], text)) = input.split_first_chunk::<9>() else {
        return;
    };
    let set = CapSet::new(u64::from_le_bytes(*mask), last);
    assert_eq!(read_back(set, last), set);
    assert_eq!(set.names().count(), set.mask().count_ones() as usize);
    assert_eq!(CapSet::from_names(set.names(), last).ok(), Some(set));
    match CapSet::parse(text, last) {
        Ok(set) => assert_eq!(read_back(set, last), set),
        Err(error) => drop(harmless(&error)),
    }
    if let Some(number) = caps::number(text) {
        assert!(number < 64);
        assert!(
            caps::name(number).is_none_or(|name| caps::number(name.as_bytes()) == Some(number))
        );
    }
}

fn read_back(set: CapSet, last: u8) -> CapSet {
    CapSet::parse(harmless(&set).as_bytes(), last).expect("it was written")
}

/// A number, a name up to a NUL, and the rows of drivers.
pub(crate) fn terminals(input: &[u8]) {
    let Some((number, rest)) = input.split_first_chunk::<4>() else {
        return;
    };
    let (name, file) = bytes::split_once(rest, 0).unwrap_or((rest, b""));
    let rows = Drivers::parse(file).map(|drivers| drivers.rows);
    let drivers: Vec<Driver> = rows
        .unwrap_or_default()
        .into_iter()
        .map(|row| Driver::new(row.node.clone(), row.major, row.minors.first, row.minors.last))
        .collect();
    if let Some(found) = tty::name(i32::from_le_bytes(*number), &drivers) {
        harmless(&found);
        if let Some(back) = tty::number(found.as_bytes(), &drivers) {
            assert_eq!(tty::name(back, &drivers), Some(found));
        }
    }
    if let Some(number) = tty::number(name, &drivers) {
        let bare = name.strip_prefix(b"/dev/").unwrap_or(name);
        let back = tty::name(number, &drivers);
        assert_eq!(back.as_ref().map(Text::as_bytes), Some(bare));
    }
}

/// Ticks in a second, bytes in a page, boot, now, a start and a use of CPU.
pub(crate) fn host(input: &[u8]) {
    let mut words = input
        .chunks_exact(8)
        .map(|eight| u64::from_le_bytes(eight.try_into().expect("eight bytes")));
    let mut word = || words.next().unwrap_or_default();
    let (ticks, page, boot, now, start, used) = (word(), word(), word(), word(), word(), word());
    let span = |n: u64| Duration::new(n, u32::try_from(n % 1_000_000_000).unwrap_or(0));
    let Some(moment) = SystemTime::UNIX_EPOCH.checked_add(span(boot)) else {
        return;
    };
    let Ok(host) = Host::new(ticks, page, moment) else {
        assert_eq!(ticks, 0);
        return;
    };
    shown(&Value::Duration(host.ticks(used)));
    shown(&Value::Duration(host.age(start, span(now))));
    shown(&Value::Size(host.pages(used)));
    let percent = host.cpu_percent(used, start, span(now));
    assert!(percent.is_finite() && percent >= 0.0);
    shown(&Value::Percent(percent));
    let started = host.started_at(start).duration_since(SystemTime::UNIX_EPOCH);
    let started = started.expect("it booted after 1970");
    // And near the ends of what chrono can hold.
    let (last, near) = (8_210_266_876_799, (boot % 200_000).cast_signed());
    let secs = [started.as_secs(), boot].map(u64::cast_signed);
    for secs in secs.into_iter().chain([last - near, near - last]) {
        let offset = i32::try_from(page % 180_000).unwrap_or(0) - 90_000;
        let moment = Time::new(secs, started.subsec_nanos(), offset, "Z\n");
        if let Some(moment) = moment {
            shown(&Value::Time(Box::new(moment)));
        }
    }
}

/// A cell is harmless as text, JSON, and equal to itself.
pub(crate) fn shown(value: &Value) {
    harmless(value);
    serde_json::to_string(value).expect("every cell is JSON");
    assert!(value.compare(value).is_eq());
}

pub(crate) fn query(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    match Query::parse(text) {
        Ok(query) => {
            assert!(!query.columns().is_empty());
            assert_eq!(query.headers().len(), query.columns().len());
        }
        Err(error) => drop(harmless(&error)),
    }
    let keys: Vec<&str> = text.split(',').collect();
    let query = Query::new::<&str>([]).expect("the default descriptors are known");
    if let Err(error) = query.sort(&keys) {
        harmless(&error);
    }
}

/// A filter is understood, or refused at one of its columns.
pub(crate) fn filter(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let query = Query::new(["pid"]).expect("it is known");
    let Err(error) = query.filter(text) else {
        return;
    };
    let shown = harmless(&error);
    let column = shown.strip_prefix("filter, column ");
    let column = column.and_then(|rest| rest.split_once(':')?.0.parse::<usize>().ok());
    // One past the end is where something is missing.
    let columns = text.chars().count() + 1;
    assert!(column.is_some_and(|column| (1..=columns).contains(&column)), "{shown}");
}
