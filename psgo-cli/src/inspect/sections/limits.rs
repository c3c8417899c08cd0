//! Resource limits.

use psgo::{
    Process, Value,
    format::pid::{Limit, Limits},
};

use crate::inspect::{
    document::{Document, object},
    page::Page,
    text::{shown, size},
};

/// The schema's names of limits, by the kernel's.
const LIMITS: [(&str, &str); 16] = [
    ("as", "Max address space"),
    ("core", "Max core file size"),
    ("cpu", "Max cpu time"),
    ("data", "Max data size"),
    ("fsize", "Max file size"),
    ("locks", "Max file locks"),
    ("memlock", "Max locked memory"),
    ("msgqueue", "Max msgqueue size"),
    ("nice", "Max nice priority"),
    ("nofile", "Max open files"),
    ("nproc", "Max processes"),
    ("rss", "Max resident set"),
    ("rtprio", "Max realtime priority"),
    ("rttime", "Max realtime timeout"),
    ("sigpending", "Max pending signals"),
    ("stack", "Max stack size"),
];

pub(super) fn page(page: &mut Page, process: &Process) {
    let limits = match process.limits() {
        Ok(limits) => limits,
        Err(error) => return page.missing("limits", &error),
    };
    for row in &limits.rows {
        let name = shown(&row.limit);
        let name = name.strip_prefix("Max ").unwrap_or(&name).to_owned();
        let units = row.units.as_deref().unwrap_or_default();
        let number = |limit: Limit| match limit {
            Limit::Of(bytes) if units == b"bytes" => size(bytes),
            Limit::Of(number) => number.to_string(),
            Limit::Unlimited => "unlimited".to_owned(),
        };
        let (soft, hard) = (number(row.soft_limit), number(row.hard_limit));
        let value = if soft == hard {
            soft
        } else {
            format!("{soft}, up to {hard}")
        };
        page.row(&name, &value);
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let all = |limits: Limits| {
        let number = |limit: Limit| match limit {
            Limit::Of(number) => Value::from(number),
            Limit::Unlimited => Value::MISSING,
        };
        let known = LIMITS.iter().filter_map(|(name, kernel)| {
            let row = limits.find(kernel)?;
            let pair = object([
                ("soft", number(row.soft_limit)),
                ("hard", number(row.hard_limit)),
            ]);
            Some((*name, pair))
        });
        Value::Fields(known.collect())
    };
    doc.put("rlimits", process.limits().map(all));
}
