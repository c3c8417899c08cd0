//! Input and output.

use psgo::{Process, Value};

use crate::inspect::{
    document::{Document, object},
    page::Page,
    text::size,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.io() {
        Ok(io) => {
            page.row("read", &format!("{} in {} calls", size(io.rchar), io.syscr));
            page.row(
                "written",
                &format!("{} in {} calls", size(io.wchar), io.syscw),
            );
            page.row("from storage", &size(io.read_bytes));
            page.row("to storage", &size(io.write_bytes));
            // One who truncates what others wrote may have taken back more than it wrote.
            let taken_back = io.cancelled_write_bytes;
            let sign = if taken_back < 0 { "-" } else { "" };
            let taken_back = size(taken_back.unsigned_abs());
            page.row("taken back", &format!("{sign}{taken_back}"));
        }
        Err(error) => page.missing("read", &error),
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let io = process.io();
    let counters = io.as_ref().map(|io| {
        object([
            ("read_count", Value::from(io.syscr)),
            ("write_count", Value::from(io.syscw)),
            ("read_bytes", Value::from(io.read_bytes)),
            ("write_bytes", Value::from(io.write_bytes)),
            ("read_chars", Value::from(io.rchar)),
            ("write_chars", Value::from(io.wchar)),
        ])
    });
    doc.put("io_counters", counters.map_err(Clone::clone));
    let cancelled = io.map(|io| Value::Int(io.cancelled_write_bytes));
    doc.put_own("cancelled_write_bytes", cancelled);
}
