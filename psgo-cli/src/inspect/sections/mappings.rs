//! What is mapped, in short.

use std::collections::BTreeSet;

use psgo::{Value, format::pid::Mapping};

use crate::inspect::{
    document::{count, list, object},
    page::Page,
    text::shown,
};

/// So many removed files are named.
const MOST: usize = 5;

/// The mappings of a process, in short.
#[derive(Debug, Default)]
pub(super) struct Summary {
    mappings: usize,
    files: usize,
    /// Files that are mapped to be executed, and whose names were removed, as by an update.
    removed: BTreeSet<Vec<u8>>,
    /// That may be written and executed.
    written_code: usize,
}

impl Summary {
    pub(super) fn of<'a>(mappings: impl Iterator<Item = &'a Mapping>) -> Self {
        let mut summary = Self::default();
        let mut files = BTreeSet::new();
        for mapping in mappings {
            summary.mappings += 1;
            let path = mapping.pathname.name().unwrap_or_default();
            if path.starts_with(b"/") {
                files.insert(path);
                if mapping.perms.is_executable() && mapping.pathname.is_deleted() {
                    summary.removed.insert(path.to_vec());
                }
            }
            if mapping.perms.is_executable() && mapping.perms.is_writable() {
                summary.written_code += 1;
            }
        }
        summary.files = files.len();
        summary
    }
}

pub(super) fn page(page: &mut Page, summary: &Summary) {
    let code = match summary.written_code {
        0 => String::new(),
        count => format!("; {count} may be written and executed"),
    };
    page.row(
        "mappings",
        &format!("{}, of {} files{code}", summary.mappings, summary.files),
    );
    if !summary.removed.is_empty() {
        let mut names: Vec<_> = summary
            .removed
            .iter()
            .take(MOST)
            .map(|path| shown(path))
            .collect();
        let more = summary.removed.len().saturating_sub(MOST);
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        let text = format!("{}: it still runs what was replaced", names.join(", "));
        page.row("removed code", &text);
    }
}

pub(super) fn value(summary: &Summary) -> Value {
    object([
        ("count", count(summary.mappings)),
        ("files", count(summary.files)),
        ("writable_code", count(summary.written_code)),
        (
            "removed_code",
            list(summary.removed.iter().map(Value::text)),
        ),
    ])
}
