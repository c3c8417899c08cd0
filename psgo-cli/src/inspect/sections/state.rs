//! What the process does: its state, what it waits for, its timers.

use psgo::{
    Process, Value,
    format::pid::{OomScore, OomScoreAdj},
};

use super::{
    ending, locks, signals,
    stack::{call, calls},
    syscall::Called,
    timers,
};
use crate::inspect::{
    document::{Document, int, maybe, object, record},
    page::Page,
    text::or_none,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.state() {
        Ok(state) if matches!(state.letter(), 'Z' | 'D' | 'X') => {
            page.warn("state", state.as_str());
        }
        state => page.told("state", state.map(|state| state.as_str().to_owned())),
    }
    match process.exit_status() {
        Ok(Some(status)) => page.row("ended", &ending::told(status)),
        Ok(None) => {}
        Err(error) => page.missing("ended", &error),
    }
    page.told("waits in", process.wait_channel().map(or_none));
    page.told(
        "system call",
        Called::of(process).map(|called| called.text()),
    );
    locks::page(page, process);
    page.told(
        "kernel stack",
        process.kernel_stack().map(|stack| {
            let calls: Vec<_> = stack
                .rows
                .iter()
                .map(|row| call(&row.symbol).to_string())
                .collect();
            or_none((!calls.is_empty()).then(|| calls.join(" ")))
        }),
    );
    match process.tracer() {
        Ok(Some(tracer)) => page.warn("traced by", &tracer.to_string()),
        Ok(None) => {}
        Err(error) => page.missing("traced by", &error),
    }
    let oom = process.oom();
    page.told(
        "oom score",
        oom.map(|oom| format!("{} (adjusted by {})", oom.score, oom.adjustment)),
    );
    let switches = process.context_switches();
    page.told(
        "context switches",
        switches.map(|n| format!("{} voluntary, {} involuntary", n.voluntary, n.involuntary)),
    );
    signals::page(page, process);
    timers::page(page, process);
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    doc.put(
        "status",
        process.state().map(|state| Value::text(state.as_str())),
    );
    let switches = process.context_switches().map(|switches| {
        object([
            ("voluntary", Value::from(switches.voluntary)),
            ("involuntary", Value::from(switches.involuntary)),
        ])
    });
    doc.put("num_ctx_switches", switches);
    let stack = process.kernel_stack();
    doc.put_ext("kernel_stack", stack.map(|stack| calls(&stack)));
    let score = process
        .read::<OomScore>()
        .map(|oom| Value::from(oom.oom_score));
    doc.put_ext("oom_score", score);
    let added = process
        .read::<OomScoreAdj>()
        .map(|oom| int(oom.oom_score_adj));
    doc.put_ext("oom_score_adj", added);
    let tracer = process.tracer();
    let number = tracer.map(|tracer| int(tracer.map_or(0, psgo::Pid::get)));
    doc.put_ext("tracer_pid", number);
    let wchan = process
        .wait_channel()
        .map(|name| maybe(name.map(Value::Text)));
    doc.put_own("wait_channel", wchan);
    doc.put_own("syscall", Called::of(process).map(|called| called.value()));
    doc.put_own("exit_status", ending::value(process));
    doc.put_own("awaited_locks", locks::value(process));
    doc.put_own("signals", signals::value(process));
    doc.put_own("timers", process.timers().map(|timers| record(&timers)));
}
