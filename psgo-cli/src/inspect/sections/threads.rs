//! Threads, and what each waits for.

use psgo::{Process, Result, Text, Value};

use super::stack::calls;
use crate::inspect::{
    document::{Document, int, known, list, maybe, object},
    page::{Page, why},
    text::{shown, span, text},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    let threads = match process.threads() {
        Ok(threads) => threads,
        Err(error) => return page.missing("threads", &error),
    };
    page.row("threads", &threads.len().to_string());
    let known = |value: Result<Option<Text>>| match value {
        Ok(name) => name.map(text).unwrap_or_default(),
        Err(_) => "?".to_owned(),
    };
    let row = |thread: &psgo::Thread| {
        let stack = process.kernel_stack_of(thread);
        let stack = stack.map(|stack| {
            let names = stack.rows.iter().filter_map(|row| row.symbol.name());
            names.map(shown).collect::<Vec<_>>().join(" ")
        });
        [
            thread.tid.to_string(),
            thread.name.to_string(),
            thread.state.as_str().to_owned(),
            span(thread.user.saturating_add(thread.system)),
            known(process.wait_channel_of(thread)),
            stack.unwrap_or_else(|error| format!("? ({})", why(&error))),
        ]
    };
    let first = threads.get(..page.depth.rows).unwrap_or(&threads);
    process.read_ahead_of(first, "stack");
    process.read_ahead_of(first, "wchan");
    let rows: Vec<_> = first.iter().map(row).collect();
    page.table(
        ["TID", "NAME", "STATE", "TIME", "WAITS IN", "KERNEL STACK"],
        &rows,
    );
    page.more(threads.len(), rows.len(), "threads");
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let threads = process.threads();
    doc.put("num_threads", process.thread_count().map(int));
    let all = threads.as_ref().map(|threads| {
        list(threads.iter().map(|thread| {
            object([
                ("id", int(thread.tid.get())),
                ("user_time", Value::Duration(thread.user)),
                ("system_time", Value::Duration(thread.system)),
            ])
        }))
    });
    doc.put("threads", all.map_err(Clone::clone));
    let threads = threads.unwrap_or_default();
    process.read_ahead_of(&threads, "stack");
    process.read_ahead_of(&threads, "wchan");
    let all = threads.iter().map(|thread| {
        let wchan = process.wait_channel_of(thread);
        let wchan = wchan.map(|name| maybe(name.map(Value::Text)));
        let stack = process.kernel_stack_of(thread).map(|stack| calls(&stack));
        object([
            ("id", int(thread.tid.get())),
            ("name", Value::Text(thread.name.clone())),
            ("state", Value::text(thread.state.as_str())),
            ("processor", int(thread.processor)),
            ("wait_channel", known(wchan)),
            ("kernel_stack", known(stack)),
        ])
    });
    doc.put_own("threads", Ok(list(all)));
}
