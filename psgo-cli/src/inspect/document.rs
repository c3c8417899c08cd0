//! A process as an object: the schema `psutil-parity/1`.
//!
//! What cannot be told is null, and `errors` has the reason. Under `ext` is what the schema has
//! beyond psutil; under `psgo` what only psgo tells.

use psgo::{
    Error, ErrorKind, Fields, Pid, Process, Result, Socket, Text, Value,
    format::pid::{Limit, Limits},
};

use super::{extra, grammar::Section};

const SCHEMA: &str = "psutil-parity/1";

/// An object that grows.
#[derive(Debug, Default)]
pub(super) struct Document {
    top: Fields,
    pub(super) ext: Fields,
    pub(super) own: Fields,
    errors: Fields,
}

impl Document {
    /// A field of the schema.
    fn put(&mut self, name: &'static str, value: Result<Value>) {
        match value {
            Ok(value) => self.top.push(name, value),
            Err(error) => {
                self.top.push(name, Value::Missing);
                self.errors.push(name, Value::text(reason(&error)));
            }
        }
    }
}

/// The object of a process of which nothing can be told.
pub(super) fn of_error(pid: Pid, error: &Error) -> Fields {
    [
        ("schema", Value::text(SCHEMA)),
        ("pid", int(pid.get())),
        ("error", Value::text(reason(error))),
    ]
    .into_iter()
    .collect()
}

/// The schema's word for why something cannot be told.
pub(super) fn reason(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Denied => "access_denied",
        ErrorKind::Zombie => "zombie",
        ErrorKind::Gone => "no_such_process",
        ErrorKind::TimedOut => "timed_out",
        ErrorKind::Absent | ErrorKind::Unsupported => "not_implemented",
        ErrorKind::NotTrusted => "not_trusted",
        _ => "error",
    }
}

/// The object of a process.
pub(super) fn of(process: &Process, sections: &[Section], environ: bool) -> Fields {
    let mut doc = Document::default();
    for section in sections {
        match section {
            Section::Identity => identity(process, &mut doc),
            Section::Family => family(process, &mut doc),
            Section::State => state(process, &mut doc),
            Section::Ids => ids(process, &mut doc),
            Section::Memory => memory(process, &mut doc),
            Section::Cpu => cpu(process, &mut doc),
            Section::Io => io(process, &mut doc),
            Section::Files => files(process, &mut doc),
            Section::Sockets => sockets(process, &mut doc),
            Section::Limits => limits(process, &mut doc),
            Section::Namespaces => extra::namespaces(process, &mut doc),
            Section::Container => extra::container(process, &mut doc),
            Section::Threads => threads(process, &mut doc),
            Section::Environ => self::environ(process, &mut doc, environ),
        }
    }
    let mut all: Fields = [
        ("schema", Value::text(SCHEMA)),
        ("pid", int(process.pid().get())),
    ]
    .into_iter()
    .collect();
    for (name, value) in doc.top {
        all.push(name, value);
    }
    all.push("ext", Value::Fields(doc.ext));
    all.push("psgo", Value::Fields(doc.own));
    all.push("errors", Value::Fields(doc.errors));
    all
}

pub(super) fn int(number: impl Into<i64>) -> Value {
    Value::Int(number.into())
}

/// A number of things.
pub(super) fn count(number: usize) -> Value {
    Value::from(number as u64)
}

pub(super) fn object<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::Fields(fields.into_iter().collect())
}

pub(super) fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(values.into_iter().collect())
}

pub(super) fn maybe(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Missing)
}

fn pids(pids: &[Pid]) -> Value {
    list(pids.iter().map(|pid| int(pid.get())))
}

fn identity(process: &Process, doc: &mut Document) {
    doc.top
        .push("is_running", Value::Bool(process.is_running()));
    doc.put("name", process.name().map(Value::Text));
    let (exe, cwd) = (process.exe(), process.cwd());
    let path =
        |linked: Option<&psgo::LinkTarget>| linked.map_or(Text::word(""), |exe| exe.path.clone());
    let shown = exe.as_ref().map(|exe| Value::Text(path(exe.as_ref())));
    doc.put("exe", shown.map_err(Clone::clone));
    let args = process
        .cmdline()
        .map(|cmdline| list(cmdline.args().map(Value::text)));
    doc.put("cmdline", args);
    let shown = cwd.as_ref().map(|cwd| Value::Text(cwd.path.clone()));
    doc.put("cwd", shown.map_err(Clone::clone));
    let started = process.started_at();
    let started = started.duration_since(std::time::SystemTime::UNIX_EPOCH);
    doc.put(
        "create_time",
        Ok(Value::Duration(started.unwrap_or_default())),
    );
    doc.put(
        "start_time_boot",
        Ok(Value::Duration(process.started_after_boot())),
    );
    let terminal = process.terminal().map(|name| maybe(name.map(Value::Text)));
    doc.put("terminal", terminal);
    let deleted =
        |linked: Option<&psgo::LinkTarget>| maybe(linked.map(|to| Value::Bool(to.deleted)));
    doc.ext.push("comm", told(process.comm().map(Value::Text)));
    let root = process.root().map(|root| Value::Text(root.path));
    doc.ext.push("root", told(root));
    let is_gone = exe.map(|exe| deleted(exe.as_ref()));
    doc.ext.push("exe_deleted", told(is_gone));
    doc.ext
        .push("cwd_deleted", told(cwd.map(|cwd| deleted(Some(&cwd)))));
    extra::identity(process, doc);
}

/// Null for what cannot be told.
pub(super) fn told(value: Result<Value>) -> Value {
    value.unwrap_or(Value::Missing)
}

fn family(process: &Process, doc: &mut Document) {
    let ppid = process.ppid();
    doc.put("ppid", ppid.map(|ppid| int(ppid.map_or(0, Pid::get))));
    let parents = process.parents().map(|parents| {
        let parents: Vec<_> = parents.iter().map(Process::pid).collect();
        pids(&parents)
    });
    doc.put("parents", parents);
    doc.put("children", process.children().map(|all| pids(&all)));
    doc.put(
        "children_recursive",
        process.descendants().map(|all| pids(&all)),
    );
    let job = process.job();
    let number = |pid: Option<Pid>| int(pid.map_or(0, Pid::get));
    doc.ext
        .push("pgid", told(job.clone().map(|job| number(job.group))));
    doc.ext
        .push("sid", told(job.map(|job| number(job.session))));
    let all = process.pids().map(|all| pids(&all));
    doc.ext.push("nspid", told(all));
}

fn state(process: &Process, doc: &mut Document) {
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
    extra::state(process, doc);
}

fn ids(process: &Process, doc: &mut Document) {
    doc.put("username", process.user().map(Value::Text));
    let uids = process.uids().map(|ids| {
        object([
            ("real", int(ids.real.get())),
            ("effective", int(ids.effective.get())),
            ("saved", int(ids.saved.get())),
        ])
    });
    doc.put("uids", uids);
    let gids = process.gids().map(|ids| {
        object([
            ("real", int(ids.real.get())),
            ("effective", int(ids.effective.get())),
            ("saved", int(ids.saved.get())),
        ])
    });
    doc.put("gids", gids);
    extra::ids(process, doc);
}

fn memory(process: &Process, doc: &mut Document) {
    let info = process.memory().map(|memory| {
        object([
            ("rss", Value::Size(memory.resident)),
            ("vms", Value::Size(memory.size)),
            ("shared", Value::Size(memory.shared)),
            ("text", Value::Size(memory.text)),
            ("data", Value::Size(memory.data)),
        ])
    });
    doc.put("memory_info", info);
    let size = |bytes: Option<u64>| Value::Size(bytes.unwrap_or(0));
    let detail = process.memory_detail().map(|memory| {
        object([
            ("peak_rss", size(memory.peak_resident)),
            ("peak_vms", size(memory.peak_size)),
            ("rss_anon", size(memory.anonymous)),
            ("rss_file", size(memory.file)),
            ("rss_shmem", size(memory.shmem)),
            ("swap", size(memory.swap)),
            ("hugetlb", size(memory.hugetlb)),
        ])
    });
    doc.put("memory_info_ex", detail);
    doc.put("memory_percent", process.memory_percent().map(Value::Real));
    let footprint = process.footprint().map(|footprint| {
        object([
            ("uss", Value::Size(footprint.unique)),
            ("pss", Value::Size(footprint.proportional)),
            ("swap", Value::Size(footprint.swap)),
        ])
    });
    doc.put("memory_footprint", footprint);
    let maps = process.mapped_memory().map(|maps| {
        list(maps.into_iter().map(|map| {
            let path = map.path.unwrap_or(Text::word("[anon]"));
            object([
                ("path", Value::Text(path)),
                ("rss", Value::Size(map.resident)),
                ("size", Value::Size(map.size)),
                ("pss", Value::Size(map.proportional)),
                ("shared_clean", Value::Size(map.shared_clean)),
                ("shared_dirty", Value::Size(map.shared_dirty)),
                ("private_clean", Value::Size(map.private_clean)),
                ("private_dirty", Value::Size(map.private_dirty)),
                ("referenced", Value::Size(map.referenced)),
                ("anonymous", Value::Size(map.anonymous)),
                ("swap", Value::Size(map.swap)),
            ])
        }))
    });
    doc.put("memory_maps", maps);
    let faults = process.page_faults().map(|faults| {
        object([
            ("minor", Value::from(faults.minor)),
            ("major", Value::from(faults.major)),
        ])
    });
    doc.put("page_faults", faults);
    extra::memory(process, doc);
}

fn cpu(process: &Process, doc: &mut Document) {
    doc.put("nice", process.nice().map(Value::Int));
    let priority = process.io_priority().map(|priority| {
        object([
            ("class", Value::text(priority.class.as_str())),
            ("value", int(priority.value)),
        ])
    });
    doc.put("ionice", priority);
    let affinity = process.affinity();
    doc.put(
        "cpu_affinity",
        affinity.map(|all| list(all.into_iter().map(int))),
    );
    doc.put("cpu_num", process.processor().map(int));
    let times = process.cpu_times().map(|times| {
        object([
            ("user", Value::Duration(times.user)),
            ("system", Value::Duration(times.system)),
            ("children_user", Value::Duration(times.children_user)),
            ("children_system", Value::Duration(times.children_system)),
            ("iowait", Value::Duration(times.io_wait)),
        ])
    });
    doc.put("cpu_times", times);
    let stat = process.stat();
    let policy = stat
        .as_ref()
        .map_or(Value::Missing, |stat| int(stat.policy));
    doc.ext.push("sched_policy", policy);
    let priority = stat.map_or(Value::Missing, |stat| int(stat.rt_priority));
    doc.ext.push("rt_priority", priority);
    doc.own
        .push("cpu_percent", told(process.cpu_percent().map(Value::Real)));
}

fn io(process: &Process, doc: &mut Document) {
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
    doc.own.push("cancelled_write_bytes", told(cancelled));
}

fn files(process: &Process, doc: &mut Document) {
    let files = process.open_files().map(|files| {
        list(files.iter().map(|file| {
            object([
                ("fd", int(file.fd)),
                ("path", Value::text(&file.path)),
                ("position", Value::Int(file.position)),
                ("mode", Value::text(file.mode())),
                ("flags", int(file.flags)),
            ])
        }))
    });
    doc.put("open_files", files);
    doc.put("num_fds", process.descriptor_count().map(count));
    extra::files(process, doc);
}

fn sockets(process: &Process, doc: &mut Document) {
    let connections = process.sockets().map(|sockets| {
        list(
            sockets
                .iter()
                .filter_map(|open| connection(open.fd, &open.socket)),
        )
    });
    doc.put("net_connections", connections);
}

/// A socket as the schema has it; nothing for one of a kind that it does not know.
fn connection(fd: u32, socket: &Socket) -> Option<Value> {
    let (family, kind) = match socket.protocol {
        "tcp" => ("inet", "stream"),
        "tcp6" => ("inet6", "stream"),
        "udp" | "udplite" => ("inet", "dgram"),
        "udp6" | "udplite6" => ("inet6", "dgram"),
        "raw" => ("inet", "raw"),
        "raw6" => ("inet6", "raw"),
        "unix" => (
            "unix",
            match socket.kind {
                Some("STREAM") => "stream",
                Some("DGRAM") => "dgram",
                Some("SEQPACKET") => "seqpacket",
                _ => "raw",
            },
        ),
        _ => return None,
    };
    let end = |end: Option<std::net::SocketAddr>| {
        let end = end.filter(|end| end.port() != 0);
        maybe(end.map(|end| {
            object([
                ("ip", Value::text(end.ip().to_string())),
                ("port", int(end.port())),
            ])
        }))
    };
    let (local, remote) = if family == "unix" {
        (
            Value::text(socket.path.as_deref().unwrap_or_default()),
            Value::text(""),
        )
    } else {
        (end(socket.local), end(socket.remote))
    };
    // Datagrams have no states: what the kernel prints for them is only whether there is a peer.
    let state = if kind == "stream" && family != "unix" {
        socket.state.unwrap_or("NONE")
    } else {
        "NONE"
    };
    Some(object([
        ("fd", int(fd)),
        ("family", Value::text(family)),
        ("type", Value::text(kind)),
        ("laddr", local),
        ("raddr", remote),
        ("status", Value::text(state)),
    ]))
}

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

fn limits(process: &Process, doc: &mut Document) {
    let all = |limits: Limits| {
        let number = |limit: Limit| match limit {
            Limit::Of(number) => Value::from(number),
            Limit::Unlimited => Value::Missing,
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

fn threads(process: &Process, doc: &mut Document) {
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
    extra::threads(process, doc, threads.as_deref().unwrap_or_default());
}

fn environ(process: &Process, doc: &mut Document, with_values: bool) {
    if !with_values {
        doc.top.push("environ", Value::Missing);
        doc.errors.push("environ", Value::text("withheld"));
        return;
    }
    let environ = process.environ();
    let pairs = environ.as_ref().map(|environ| {
        let variables = environ.variables().filter_map(|(name, value)| {
            let value = value.filter(|_| !name.is_empty())?;
            Some(list([Value::text(name), Value::text(value)]))
        });
        list(variables)
    });
    doc.put("environ", pairs.map_err(Clone::clone));
    let odd = environ.map(|environ| {
        let is_odd =
            |entry: &&[u8]| matches!(entry.iter().position(|&b| b == b'='), None | Some(0));
        list(environ.entries().filter(is_odd).map(Value::text))
    });
    doc.own.push("environ_without_names", told(odd));
}
