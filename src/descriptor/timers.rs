//! Descriptors of timers.

use super::{definition::descriptors, sources::Timed};
use crate::{
    format::pid::TimerTime,
    value::{Text, Value},
};

descriptors! {
    Timer;
    //name  code  header      holds    needs     what it is
    clock    ""   "CLOCK"     Text     [TIMERS]  "clock by which it runs, or its number"
    flags    ""   "FLAGS"     Texts    [TIMERS]  "how a timerfd was set: ABSTIME, CANCEL_ON_SET"
    id       ""   "ID"        Number   [TIMERS]  "number of a POSIX timer in its process; descriptor of a timerfd"
    interval ""   "INTERVAL"  Duration [TIMERS]  "of a timerfd, from one time to the next; 0 if there is only one"
    kind     ""   "KIND"      Text     [TIMERS]  "posix (timer_create) or timerfd"
    left     ""   "LEFT"      Duration [TIMERS]  "of a timerfd, until it expires next; 0 if it does not"
    notify   ""   "NOTIFY"    Text     [TIMERS]  "how a POSIX timer tells that it has expired: signal, thread or none"
    signal   ""   "SIGNAL"    Number   [TIMERS]  "signal that a POSIX timer sends"
    target   ""   "TARGET"    Number   [TIMERS]  "process or thread that a POSIX timer tells"
    ticks    ""   "TICKS"     Number   [TIMERS]  "how often a timerfd has expired since it was read"
    value    ""   "VALUE"     Text     [TIMERS]  "what a POSIX timer gives along with its signal, in hex"
}

fn clock(timed: &Timed<'_>) -> Value {
    timed.clock().map_or(Value::MISSING, |clock| {
        Value::Text(match clock.name() {
            Some(name) => Text::word(name.strip_prefix("CLOCK_").unwrap_or(name)),
            None => Text::from(clock.0.to_string()),
        })
    })
}

fn flags(timed: &Timed<'_>) -> Value {
    let flags = timed.info().and_then(|info| info.settime_flags);
    flags.map_or(Value::MISSING, |flags| {
        let names = flags.names();
        let short = names.map(|name| name.strip_prefix("TFD_TIMER_").unwrap_or(name));
        Value::List(short.map(|name| Value::Text(Text::word(name))).collect())
    })
}

fn id(timed: &Timed<'_>) -> Value {
    Value::Int(match timed {
        Timed::Posix(timer) => timer.timer.id.into(),
        Timed::Fd(fd, _) => (*fd).into(),
    })
}

fn interval(timed: &Timed<'_>) -> Value {
    time(timed.info().and_then(|info| info.it_interval))
}

fn kind(timed: &Timed<'_>) -> Value {
    Value::Text(Text::word(match timed {
        Timed::Posix(_) => "posix",
        Timed::Fd(..) => "timerfd",
    }))
}

fn left(timed: &Timed<'_>) -> Value {
    time(timed.info().and_then(|info| info.it_value))
}

fn notify(timed: &Timed<'_>) -> Value {
    timed.posix().map_or(Value::MISSING, |timer| {
        Value::Text(Text::word(timer.timer.notify.word()))
    })
}

fn signal(timed: &Timed<'_>) -> Value {
    let timer = timed.posix();
    timer.map_or(Value::MISSING, |timer| {
        Value::Int(timer.timer.signal.into())
    })
}

fn target(timed: &Timed<'_>) -> Value {
    let target = timed.posix().and_then(|timer| timer.target);
    target.map_or(Value::MISSING, |target| Value::Int(target.get().into()))
}

fn ticks(timed: &Timed<'_>) -> Value {
    let ticks = timed.info().and_then(|info| info.ticks);
    ticks.map_or(Value::MISSING, Value::from)
}

fn value(timed: &Timed<'_>) -> Value {
    timed.posix().map_or(Value::MISSING, |timer| {
        Value::text(format!("{:#x}", timer.timer.sigev_value.bits()))
    })
}

fn time(time: Option<TimerTime>) -> Value {
    time.and_then(TimerTime::span)
        .map_or(Value::MISSING, Value::Duration)
}
