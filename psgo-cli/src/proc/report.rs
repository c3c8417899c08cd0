//! Records that all have the same fields, as a table for people.

use std::io::{self, Write};

use psgo::{Fields, Value};

use crate::output::{Layout, Rows as _, table::Table};

/// Writes the table, with its columns at least as wide as `widths`; gives their widths.
pub(super) fn table(
    records: Vec<Fields>,
    has_header: bool,
    widths: &[usize],
    layout: Layout,
    out: &mut dyn Write,
) -> io::Result<Vec<usize>> {
    let Some(first) = records.first() else {
        return Ok(Vec::new());
    };
    let headers: Vec<String> = first
        .iter()
        .map(|(name, _)| name.to_string().to_uppercase())
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let header = has_header.then_some(&headers[..]);
    let mut table = Table::new(headers.len(), header, layout, out);
    table.widen(widths);
    for record in records {
        let cells: Vec<Value> = record.into_iter().map(|(_, value)| value).collect();
        table.row(&cells)?;
    }
    table.finish()?;
    Ok(table.widths())
}
