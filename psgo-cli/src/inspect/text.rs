//! Values as the page shows them.

use std::{fmt::Display, time::Duration};

use psgo::{LinkTarget, Process, Text, Value, bytes::Escaped, format::kernel::Stall};

/// Bytes as people read them.
pub(super) fn shown(bytes: &[u8]) -> String {
    Escaped(bytes).to_string()
}

#[expect(clippy::needless_pass_by_value, reason = "for map")]
pub(super) fn text(text: Text) -> String {
    text.to_string()
}

/// The value, or `none`.
pub(super) fn or_none<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// The target of a link, and whether it is deleted.
#[expect(clippy::needless_pass_by_value, reason = "for map")]
pub(super) fn linked(linked: LinkTarget) -> String {
    let gone = match linked.deleted {
        Some(true) => " (deleted)",
        Some(false) => "",
        None => REMOVED_OR_CALLED_SO,
    };
    format!("{}{gone}", linked.path)
}

/// Of a path that ends in ` (deleted)`, whose file has a name.
pub(super) const REMOVED_OR_CALLED_SO: &str = " (removed, or called so)";

/// A percentage, or why it is unknown.
pub(super) fn percent(percent: psgo::Result<f64>) -> String {
    percent.map_or_else(|_| "?%".to_owned(), |percent| format!("{percent:.1}%"))
}

/// A span of time, as everywhere in psgo.
pub(super) fn span(span: Duration) -> String {
    Value::Duration(span).to_string()
}

/// A size in the largest unit of which there is a whole one.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = UNITS.iter().find(|(shift, _)| bytes >> shift > 0);
    let Some((shift, unit)) = unit else {
        return format!("{bytes} B");
    };
    let (whole, rest) = (bytes >> shift, bytes & ((1 << shift) - 1));
    // Less than a unit, so one digit.
    let tenth = (u128::from(rest) * 10) >> shift;
    format!("{whole}.{tenth} {unit}")
}

/// How long tasks waited.
pub(super) fn waited(stall: &Stall) -> String {
    let percent = |n: u64| format!("{}.{:02}%", n / 100, n % 100);
    let [ten, minute, five] = [stall.avg10, stall.avg60, stall.avg300].map(percent);
    let all = span(Duration::from_micros(stall.total));
    format!("{ten} of 10 s, {minute} of a minute, {five} of five; {all} in all")
}

/// A process by its number and its name.
pub(super) fn named(process: &Process) -> String {
    let name = process.name().map_or_else(|_| "?".to_owned(), text);
    format!("{} {name}", process.pid())
}
