//! What an object has beyond psutil: `ext`, and what only psgo tells, `psgo`.

use psgo::{
    Fields, FileKind, OpenDescriptor, Process, Socket, Text, Thread, Value,
    bytes::Escaped,
    caps::CapSet,
    format::{
        File,
        pid::{OomScore, OomScoreAdj, Stack, Symbol},
    },
};

use super::document::{Document, int, list, maybe, object, told};

/// A record's fields, but for those that are not there.
fn record<T: File>(record: &T) -> Value {
    let mut rows: Vec<Fields> = Vec::new();
    record.records(&mut |fields| rows.push(known(fields)));
    if T::ROWS {
        return list(rows.into_iter().map(Value::Fields));
    }
    maybe(rows.pop().map(Value::Fields))
}

fn known(fields: Fields) -> Fields {
    fields
        .into_iter()
        .filter(|(_, value)| match value {
            Value::List(values) => !values.is_empty(),
            value => *value != Value::Missing,
        })
        .collect()
}

pub(super) fn identity(process: &Process, doc: &mut Document) {
    let own = process.own_pid().map(|pid| int(pid.get()));
    doc.own.push("own_pid", maybe(own));
    doc.own.push("age", Value::Duration(process.age()));
    let is_kernel = process.is_kernel_thread().map(Value::Bool);
    doc.ext.push("kernel_thread", told(is_kernel));
}

pub(super) fn state(process: &Process, doc: &mut Document) {
    let stack = process.kernel_stack();
    doc.ext
        .push("kernel_stack", told(stack.map(|stack| calls(&stack))));
    let score = process
        .read::<OomScore>()
        .map(|oom| Value::from(oom.oom_score));
    doc.ext.push("oom_score", told(score));
    let added = process
        .read::<OomScoreAdj>()
        .map(|oom| int(oom.oom_score_adj));
    doc.ext.push("oom_score_adj", told(added));
    let tracer = process.tracer();
    let number = tracer.map(|tracer| int(tracer.map_or(0, psgo::Pid::get)));
    doc.ext.push("tracer_pid", told(number));
    let wchan = process
        .wait_channel()
        .map(|name| maybe(name.map(Value::Text)));
    doc.own.push("wait_channel", told(wchan));
    doc.own
        .push("syscall", told(process.syscall().map(|call| record(&call))));
    doc.own.push(
        "timers",
        told(process.timers().map(|timers| record(&timers))),
    );
}

/// The calls of a kernel stack, as the kernel prints them.
pub(super) fn calls(stack: &Stack) -> Value {
    list(stack.rows.iter().map(|row| Value::Text(call(&row.symbol))))
}

pub(super) fn call(symbol: &Symbol) -> Text {
    match symbol {
        Symbol::Function {
            name,
            offset,
            size,
            module,
        } => {
            let mut text = name.clone();
            text.extend_from_slice(format!("+{offset:#x}/{size:#x}").as_bytes());
            if let Some(module) = module {
                text.extend_from_slice(b" [");
                text.extend_from_slice(module);
                text.push(b']');
            }
            Text::from(&*text)
        }
        Symbol::Name(name) => Text::from(&**name),
        Symbol::Address(address) => Text::from(format!("{address:#x}")),
    }
}

pub(super) fn ids(process: &Process, doc: &mut Document) {
    let groups = process.groups();
    let groups = groups.map(|all| list(all.into_iter().map(|gid| int(gid.get()))));
    doc.ext.push("groups", told(groups));
    let login = process.login_user();
    let login = login.map(|uid| maybe(uid.map(|uid| int(uid.get()))));
    doc.ext.push("loginuid", told(login));
    let status = process.status();
    let status = status.as_ref().ok();
    let of = |number: Option<u32>| maybe(number.map(int));
    doc.ext
        .push("umask", of(status.and_then(|status| status.umask)));
    doc.ext
        .push("seccomp", of(status.and_then(|status| status.seccomp)));
    let bare = status.and_then(|status| status.no_new_privs);
    doc.ext
        .push("no_new_privs", maybe(bare.map(|n| Value::Bool(n == 1))));
    let caps = process.capabilities();
    let mask = |set: CapSet| Value::text(format!("{:016x}", set.mask()));
    doc.ext.push(
        "cap_eff",
        told(
            caps.as_ref()
                .map(|caps| mask(caps.effective))
                .map_err(Clone::clone),
        ),
    );
    let sets = caps.map(|caps| {
        object([
            ("effective", Value::Caps(caps.effective)),
            ("permitted", Value::Caps(caps.permitted)),
            ("inheritable", Value::Caps(caps.inheritable)),
            ("bounding", Value::Caps(caps.bounding)),
            ("ambient", maybe(caps.ambient.map(Value::Caps))),
        ])
    });
    doc.own.push("capabilities", told(sets));
    let filters = status.and_then(|status| status.seccomp_filters);
    doc.own.push("seccomp_filters", of(filters));
    let file = |id: u32| ("file", int(id));
    let uids = process.uids().map(|ids| object([file(ids.file.get())]));
    doc.own.push("uids", told(uids));
    let gids = process.gids().map(|ids| object([file(ids.file.get())]));
    doc.own.push("gids", told(gids));
    let label = process.label().map(|label| maybe(label.map(Value::Text)));
    doc.own.push("label", told(label));
}

pub(super) fn memory(process: &Process, doc: &mut Document) {
    let faults = process.stat().map(|stat| {
        object([
            ("minor", Value::from(stat.cminflt)),
            ("major", Value::from(stat.cmajflt)),
        ])
    });
    doc.own.push("children_page_faults", told(faults));
}

pub(super) fn files(process: &Process, doc: &mut Document) {
    let all = process.descriptors();
    let short = all.as_ref().map(|all| list(all.iter().map(short)));
    doc.ext.push("fds", told(short.map_err(Clone::clone)));
    let full = all.map(|all| list(all.iter().map(descriptor)));
    doc.own.push("descriptors", told(full));
}

fn short(descriptor: &OpenDescriptor) -> Value {
    let info = descriptor.info.as_ref();
    object([
        ("fd", int(descriptor.fd)),
        ("kind", Value::text(descriptor.kind.as_str())),
        ("target", Value::text(&descriptor.target)),
        ("pos", maybe(info.map(|info| Value::Int(info.pos)))),
        ("flags", maybe(info.map(|info| int(info.flags.0)))),
    ])
}

fn descriptor(descriptor: &OpenDescriptor) -> Value {
    let mut fields: Fields = [
        ("fd", int(descriptor.fd)),
        ("kind", Value::text(descriptor.kind.as_str())),
        ("what", maybe(descriptor.what().map(Value::text))),
        ("path", maybe(descriptor.path().map(Value::text))),
        ("deleted", Value::Bool(descriptor.deleted)),
    ]
    .into_iter()
    .collect();
    if let Some(socket) = &descriptor.socket {
        fields.push("socket", self::socket(socket));
    }
    let is_odd = matches!(descriptor.kind, FileKind::Anonymous | FileKind::Other)
        || descriptor.what() == Some(b"pidfd");
    if let Some(info) = &descriptor.info {
        let info = if is_odd {
            record(info)
        } else {
            // Of all others the kernel tells no more.
            object([
                ("mnt_id", maybe(info.mnt_id.map(int))),
                ("ino", maybe(info.ino.map(Value::from))),
            ])
        };
        fields.push("info", info);
    }
    Value::Fields(fields)
}

fn socket(socket: &Socket) -> Value {
    let end =
        |end: Option<std::net::SocketAddr>| maybe(end.map(|end| Value::text(end.to_string())));
    let fields = [
        ("protocol", Value::text(socket.protocol)),
        ("state", maybe(socket.state.map(Value::text))),
        ("type", maybe(socket.kind.map(Value::text))),
        ("received", maybe(socket.received.map(Value::from))),
        ("sent", maybe(socket.sent.map(Value::from))),
        ("local", end(socket.local)),
        ("remote", end(socket.remote)),
        ("path", maybe(socket.path.as_ref().map(Value::text))),
        ("inode", Value::from(socket.inode.unwrap_or(0))),
        ("uid", maybe(socket.uid.map(|uid| int(uid.get())))),
    ];
    Value::Fields(known(fields.into_iter().collect()))
}

pub(super) fn namespaces(process: &Process, doc: &mut Document) {
    let all = process.namespaces().map(|all| {
        let all = all.into_iter();
        let fields = all.map(|ns| (Text::from(ns.name), maybe(ns.id.map(Value::from))));
        Value::Fields(fields.collect())
    });
    doc.ext.push("ns", told(all));
}

pub(super) fn container(process: &Process, doc: &mut Document) {
    let groups = process.cgroups().map(|groups| record(&groups));
    doc.own.push("cgroups", told(groups));
    let container = process.container().map(|container| {
        maybe(container.map(|container| {
            object([
                ("runtime", Value::text(container.runtime.as_str())),
                ("id", Value::Text(container.id)),
                ("pod", maybe(container.pod.map(Value::Text))),
            ])
        }))
    });
    doc.own.push("container", told(container));
    let limits = process.cgroup_limits().map(|limits| {
        let size = |bytes: Option<u64>| maybe(bytes.map(Value::Size));
        let number = |count: Option<u64>| maybe(count.map(Value::from));
        object([
            ("memory_max", size(limits.memory_max)),
            ("memory_high", size(limits.memory_high)),
            ("memory_current", size(limits.memory_current)),
            ("swap_max", size(limits.swap_max)),
            ("pids_max", number(limits.pids_max)),
            ("pids_current", number(limits.pids_current)),
            ("cpus", maybe(limits.cpus.map(Value::Real))),
        ])
    });
    doc.own.push("cgroup_limits", told(limits));
    let pressure = process.cgroup_pressure().map(|pressure| {
        let of = |pressure: Option<&psgo::format::kernel::Pressure>| maybe(pressure.map(record));
        object([
            ("cpu", of(pressure.cpu.as_ref())),
            ("memory", of(pressure.memory.as_ref())),
            ("io", of(pressure.io.as_ref())),
        ])
    });
    doc.own.push("cgroup_pressure", told(pressure));
}

pub(super) fn threads(process: &Process, doc: &mut Document, threads: &[Thread]) {
    process.read_ahead_of(threads, "stack");
    process.read_ahead_of(threads, "wchan");
    let all = threads.iter().map(|thread| {
        let wchan = process.wait_channel_of(thread);
        let wchan = wchan.map(|name| maybe(name.map(Value::Text)));
        let stack = process.kernel_stack_of(thread).map(|stack| calls(&stack));
        object([
            ("id", int(thread.tid.get())),
            ("name", Value::Text(thread.name.clone())),
            ("state", Value::text(thread.state.as_str())),
            ("processor", int(thread.processor)),
            ("wait_channel", told(wchan)),
            ("kernel_stack", told(stack)),
        ])
    });
    doc.own.push("threads", list(all));
}

/// Bytes as people read them.
pub(super) fn shown(bytes: &[u8]) -> String {
    Escaped(bytes).to_string()
}
