//! Signals, by name.

use psgo::{Process, SignalSet, Value};

use crate::inspect::{
    document::{list, object},
    page::Page,
};

/// From here on the signals that are not in a set are named.
const MOST: usize = 31;

pub(super) fn page(page: &mut Page, process: &Process) {
    let signals = match process.signals() {
        Ok(signals) => signals,
        Err(error) => return page.missing("signals", &error),
    };
    for (name, set) in [
        ("blocks signals", signals.blocked),
        ("ignores", signals.ignored),
        ("catches", signals.caught),
    ] {
        page.row(name, &told(set));
    }
    let pending = match (signals.pending, signals.shared_pending) {
        (own, all) if own.is_empty() && all.is_empty() => return,
        (own, all) if own.is_empty() => told(all),
        (own, all) if all.is_empty() => format!("{} (first thread)", told(own)),
        (own, all) => format!("{}; {} (first thread)", told(all), told(own)),
    };
    page.warn("pending", &pending);
}

fn told(set: SignalSet) -> String {
    let names = |set: SignalSet| set.to_string().replace(',', ", ");
    let others = set.others();
    if others.is_empty() {
        "all".to_owned()
    } else if set.numbers().count() > MOST {
        format!("all but {}", names(others))
    } else {
        names(set)
    }
}

pub(super) fn value(process: &Process) -> psgo::Result<Value> {
    let set = |set: SignalSet| list(set.names().map(Value::Text));
    let signals = process.signals()?;
    Ok(object([
        ("pending", set(signals.pending)),
        ("shared_pending", set(signals.shared_pending)),
        ("blocked", set(signals.blocked)),
        ("ignored", set(signals.ignored)),
        ("caught", set(signals.caught)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_most_signals_the_others_are_named() {
        let told = |mask| told(SignalSet::new(mask));
        assert_eq!(told(0), "none");
        assert_eq!(told(1 << 12 | 1 << 33), "SIGPIPE, SIGRTMIN");
        assert_eq!(told(!(1 << 8 | 1 << 18)), "all");
        assert_eq!(told(!0), "all");
        assert_eq!(told(!(1 << 14 | 1 << 18)), "all but SIGTERM");
    }
}
