//! The descriptors of the Go psgo.

use super::definition::{descriptors, id, ids};
use crate::{
    caps::CapSet,
    format::pid::Status,
    snapshot::{Seen, has_no_cmdline},
    value::{Text, Value},
};

descriptors! {
    //name  code  header           holds    needs                what it is
    args    "%a"  "COMMAND"        Text     [STAT CMDLINE]       "command line; where there is none [NAME] of a kernel thread, [NAME] and defunct of a zombie, (NAME) of another process"
    capamb  ""    "AMBIENT CAPS"   Caps     [STATUS]             "ambient capabilities: none, full or their names"
    capbnd  ""    "BOUNDING CAPS"  Caps     [STATUS]             "bounding set of capabilities"
    capeff  ""    "EFFECTIVE CAPS" Caps     [STATUS]             "effective capabilities"
    capinh  ""    "INHERITED CAPS" Caps     [STATUS]             "inheritable capabilities"
    capprm  ""    "PERMITTED CAPS" Caps     [STATUS]             "permitted capabilities"
    comm    "%c"  "COMMAND"        Text     [STAT]               "command's name, at most 15 bytes"
    etime   "%t"  "ELAPSED"        Duration [STAT CLOCK]         "time since the process started"
    group   "%G"  "GROUP"          Text     [EFFECTIVE GROUPS]   "effective group's name, or its number"
    groups  ""    "GROUPS"         Texts    [STATUS GROUPS]      "supplementary groups"
    hgroup  ""    "HGROUP"         Text     [HOST EFFECTIVE HOST_GROUPS] "effective group on the host, known after a join"
    hgroups ""    "HGROUPS"        Texts    [HOST STATUS HOST_GROUPS] "supplementary groups on the host, known after a join"
    hpid    ""    "HPID"           Number   [HOST HOST_PID]      "process ID on the host, known after a join"
    huid    ""    "HUID"           Number   [HOST EFFECTIVE]     "effective user ID on the host, known after a join"
    huser   ""    "HUSER"          Text     [HOST EFFECTIVE HOST_USERS] "effective user on the host, known after a join"
    label   ""    "LABEL"          Text     [LABEL]              "security label (SELinux, AppArmor)"
    nice    "%n"  "NI"             Number   [STAT OTHERS]        "nice value, -20 to 19"
    pcpu    "%C"  "%CPU"           Percent  [STAT CLOCK]         "CPU time in percent of the time since the start"
    pgid    "%r"  "PGID"           Number   [JOBS]               "process group ID"
    pid     "%p"  "PID"            Number   []                   "process ID"
    ppid    "%P"  "PPID"           Number   [STAT]               "parent's process ID, 0 outside the PID namespace"
    rgroup  "%g"  "RGROUP"         Text     [STATUS GROUPS]      "real group's name, or its number"
    rss     ""    "RSS"            Size     [RSS]                "resident memory: KiB in text, bytes in JSON"
    ruser   "%u"  "RUSER"          Text     [STATUS USERS]       "real user's name, or its number"
    seccomp ""    "SECCOMP"        Text     [STATUS]             "seccomp mode: disabled, strict or filter"
    state   ""    "STATE"          Text     [STAT OTHERS]        "state: R running, S sleeping, D uninterruptible, Z zombie, T stopped, t traced, I idle, X dead"
    stime   ""    "STIME"          Time     [STAT ZONE]          "time at which the process started"
    time    "%x"  "TIME"           Duration [STAT]               "CPU time, without that of its children"
    tty     "%y"  "TTY"            Text     [STAT TTY]           "controlling terminal"
    uid     ""    "UID"            Number   [EFFECTIVE]          "effective user ID"
    user    "%U"  "USER"           Text     [EFFECTIVE USERS]    "effective user's name, or its number"
    vsz     "%z"  "VSZ"            Size     [VSZ]               "virtual memory: KiB in text, bytes in JSON"
}

fn args(seen: &Seen<'_>) -> Value {
    let Some(cmdline) = seen.cmdline() else {
        return Value::MISSING;
    };
    // Blanks instead of the NULs between arguments, and none for those at the end.
    let last = cmdline.iter().rposition(|b| *b != 0);
    if let Some(arguments) = last.and_then(|last| cmdline.get(..=last)) {
        let shown = |b: &u8| if *b == 0 { b' ' } else { *b };
        return Value::Text(arguments.iter().map(shown).collect());
    }
    // Brackets are those of the kernel's threads, and of what ps says of a zombie. A process can empty
    // its command line, and shall not be taken for one of these.
    seen.stat().map_or(Value::MISSING, |stat| {
        let (open, close) = if has_no_cmdline(stat) || stat.state == b'X' {
            if stat.is_kernel_thread() {
                ("[", "]")
            } else {
                ("[", "] <defunct>")
            }
        } else {
            ("(", ")")
        };
        Value::text([open.as_bytes(), &stat.comm, close.as_bytes()].concat())
    })
}

fn capamb(seen: &Seen<'_>) -> Value {
    caps(seen, |status| status.cap_amb)
}

fn capbnd(seen: &Seen<'_>) -> Value {
    caps(seen, |status| status.cap_bnd)
}

fn capeff(seen: &Seen<'_>) -> Value {
    caps(seen, |status| status.cap_eff)
}

fn capinh(seen: &Seen<'_>) -> Value {
    caps(seen, |status| status.cap_inh)
}

fn capprm(seen: &Seen<'_>) -> Value {
    caps(seen, |status| status.cap_prm)
}

fn caps(seen: &Seen<'_>, mask: fn(&Status) -> Option<u64>) -> Value {
    let mask = seen.status().and_then(mask);
    mask.map_or(Value::MISSING, |mask| {
        Value::Caps(CapSet::new(mask, seen.last_cap()))
    })
}

fn comm(seen: &Seen<'_>) -> Value {
    seen.stat()
        .map_or(Value::MISSING, |stat| Value::text(&stat.comm))
}

fn etime(seen: &Seen<'_>) -> Value {
    seen.age().map_or(Value::MISSING, Value::Duration)
}

fn group(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_gid(),
        |read| seen.gid(read),
        |gid| Value::Text(seen.group(gid)),
    )
}

fn groups(seen: &Seen<'_>) -> Value {
    let group = |gid| Value::Text(seen.group(gid));
    ids(seen.groups(), |read| seen.gid(read), group)
}

fn hgroup(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_gid(),
        |read| seen.host_gid(read),
        |gid| Value::Text(seen.host_group(gid)),
    )
}

fn hgroups(seen: &Seen<'_>) -> Value {
    if !seen.joined() {
        // Also of who is in no group: there is no host to speak of.
        return Value::MISSING;
    }
    let group = |gid| Value::Text(seen.host_group(gid));
    ids(seen.groups(), |read| seen.host_gid(read), group)
}

fn hpid(seen: &Seen<'_>) -> Value {
    seen.host_pid()
        .map_or(Value::MISSING, |pid| Value::Int(pid.get().into()))
}

fn huid(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_uid(),
        |read| seen.host_uid(read),
        |uid| Value::Int(uid.get().into()),
    )
}

fn huser(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_uid(),
        |read| seen.host_uid(read),
        |uid| Value::Text(seen.host_user(uid)),
    )
}

fn label(seen: &Seen<'_>) -> Value {
    seen.label().map_or(Value::MISSING, Value::text)
}

fn nice(seen: &Seen<'_>) -> Value {
    seen.stat()
        .map_or(Value::MISSING, |stat| Value::Int(stat.nice))
}

fn pcpu(seen: &Seen<'_>) -> Value {
    seen.cpu_percent().map_or(Value::MISSING, Value::Percent)
}

fn pgid(seen: &Seen<'_>) -> Value {
    seen.pgid()
        .map_or(Value::MISSING, |pgid| Value::Int(pgid.into()))
}

fn pid(seen: &Seen<'_>) -> Value {
    Value::Int(seen.pid().get().into())
}

fn ppid(seen: &Seen<'_>) -> Value {
    seen.ppid()
        .map_or(Value::MISSING, |ppid| Value::Int(ppid.into()))
}

fn rgroup(seen: &Seen<'_>) -> Value {
    id(
        seen.real_gid(),
        |read| seen.gid(read),
        |gid| Value::Text(seen.group(gid)),
    )
}

fn rss(seen: &Seen<'_>) -> Value {
    seen.rss().map_or(Value::MISSING, Value::Size)
}

fn ruser(seen: &Seen<'_>) -> Value {
    id(
        seen.real_uid(),
        |read| seen.uid(read),
        |uid| Value::Text(seen.user(uid)),
    )
}

fn seccomp(seen: &Seen<'_>) -> Value {
    match seen.status().and_then(|status| status.seccomp) {
        Some(0) => Value::Text(Text::word("disabled")),
        Some(1) => Value::Text(Text::word("strict")),
        Some(2) => Value::Text(Text::word("filter")),
        _ => Value::MISSING,
    }
}

fn state(seen: &Seen<'_>) -> Value {
    seen.state()
        .map_or(Value::MISSING, |state| Value::text([state]))
}

fn stime(seen: &Seen<'_>) -> Value {
    seen.started()
        .map_or(Value::MISSING, |time| Value::Time(Box::new(time)))
}

fn time(seen: &Seen<'_>) -> Value {
    seen.cpu_time().map_or(Value::MISSING, Value::Duration)
}

fn tty(seen: &Seen<'_>) -> Value {
    match seen.stat().map(|stat| seen.tty(stat.tty_nr)) {
        Some(Ok(Some(name))) => Value::Text(name),
        Some(Err(why)) => Value::Missing(why),
        Some(Ok(None)) | None => Value::MISSING,
    }
}

fn uid(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_uid(),
        |read| seen.uid(read),
        |uid| Value::Int(uid.get().into()),
    )
}

fn user(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_uid(),
        |read| seen.uid(read),
        |uid| Value::Text(seen.user(uid)),
    )
}

fn vsz(seen: &Seen<'_>) -> Value {
    seen.vsz().map_or(Value::MISSING, Value::Size)
}
