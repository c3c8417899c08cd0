//! Threads, and what each waits for.

use std::{collections::HashMap, time::Duration};

use psgo::{Process, State, Thread, Value};

use super::{stack::calls, syscall::Called};
use crate::inspect::{
    document::{Document, int, known, list, maybe, object},
    page::Page,
    text::{shown, span, text},
};

/// More threads than these are not asked for what they wait for, unless their section is asked for alone.
const MANY: usize = 1000;

pub(super) fn page(page: &mut Page, process: &Process) {
    let threads = match process.threads() {
        Ok(threads) => threads,
        Err(error) => return page.missing("threads", &error),
    };
    page.row("threads", &threads.len().to_string());
    let alone = page.depth.alone;
    let most = if alone { usize::MAX } else { MANY };
    let first = threads.get(..most).unwrap_or(&threads);
    for file in ["stack", "wchan", "syscall"] {
        process.read_ahead_of(first, file);
    }
    let waits = first.iter().map(|thread| Waits::of(page, process, thread));
    let mut groups: Vec<(Waits, Vec<&Thread>)> = Vec::new();
    let mut places: HashMap<Waits, usize> = HashMap::new();
    for (thread, waits) in first.iter().zip(waits) {
        // Alone every thread has its row.
        let place = places.get(&waits).filter(|_| !alone);
        match place.and_then(|place| groups.get_mut(*place)) {
            Some((_, group)) => group.push(thread),
            None => {
                places.insert(waits.clone(), groups.len());
                groups.push((waits, vec![thread]));
            }
        }
    }
    let shown = groups.get(..page.depth.rows).unwrap_or(&groups);
    let rows: Vec<_> = shown
        .iter()
        .map(|(waits, group)| row(waits, group))
        .collect();
    page.table(
        [
            "TID",
            "COUNT",
            "NAME",
            "STATE",
            "USER",
            "SYSTEM",
            "CPU",
            "WAITS IN",
            "SYSTEM CALL",
            "KERNEL STACK",
        ],
        &rows,
    );
    let shown = shown.iter().map(|(_, group)| group.len()).sum();
    page.more(threads.len(), shown, "threads");
}

/// What threads that wait alike have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Waits {
    state: State,
    channel: String,
    call: String,
    stack: String,
}

impl Waits {
    fn of(page: &Page, process: &Process, thread: &Thread) -> Self {
        let channel = match process.wait_channel_of(thread) {
            Ok(name) => name.map(text).unwrap_or_default(),
            Err(_) => "?".to_owned(),
        };
        let call = Called::of_thread(process, thread);
        let stack = process.kernel_stack_of(thread).map(|stack| {
            let names = stack.rows.iter().filter_map(|row| row.symbol.name());
            names.map(shown).collect::<Vec<_>>().join(" ")
        });
        Self {
            state: thread.state,
            channel,
            call: call.map_or_else(|_| "?".to_owned(), |call| call.name()),
            stack: stack.unwrap_or_else(|error| format!("? ({})", page.why(&error))),
        }
    }
}

/// The row of threads that wait alike: the first of them, how many there are, and their time together.
fn row(waits: &Waits, group: &[&Thread]) -> [String; 10] {
    let tid = group.first().map(|thread| thread.tid.to_string());
    let mut names = group.iter().map(|thread| thread.name.to_string());
    let mut name = names.next().unwrap_or_default();
    if names.any(|other| other != name) {
        name.push_str(" …");
    }
    let sum = |time: fn(&Thread) -> Duration| {
        let times = group.iter().map(|thread| time(thread));
        span(times.fold(Duration::ZERO, Duration::saturating_add))
    };
    let cpu = match group {
        [one] => one.processor.to_string(),
        _ => String::new(),
    };
    [
        tid.unwrap_or_default(),
        group.len().to_string(),
        name,
        waits.state.as_str().to_owned(),
        sum(|thread| thread.user),
        sum(|thread| thread.system),
        cpu,
        waits.channel.clone(),
        waits.call.clone(),
        waits.stack.clone(),
    ]
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
    let all = threads.map(|threads| {
        for file in ["stack", "wchan", "syscall"] {
            process.read_ahead_of(&threads, file);
        }
        list(threads.iter().map(|thread| {
            let wchan = process.wait_channel_of(thread);
            let wchan = wchan.map(|name| maybe(name.map(Value::Text)));
            let stack = process.kernel_stack_of(thread).map(|stack| calls(&stack));
            object([
                ("id", int(thread.tid.get())),
                ("name", Value::Text(thread.name.clone())),
                ("state", Value::text(thread.state.as_str())),
                ("processor", int(thread.processor)),
                ("wait_channel", known(wchan)),
                (
                    "syscall",
                    known(Called::of_thread(process, thread).map(|call| call.value())),
                ),
                ("kernel_stack", known(stack)),
            ])
        }))
    });
    doc.put_own("threads", all);
}
