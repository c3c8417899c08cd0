//! Descriptors of containers.

use super::{
    contained::{Contained, What},
    definition::descriptors,
};
use crate::{
    runtimes::{Container, Pod},
    value::{Missing, Text, Value},
};

descriptors! {
    Container;
    //name          code header         holds    needs            what it is
    cpu             ""   "%CPU"         Percent  [OF_CPU CLOCK]   "processor time in percent of one processor: since it started; in a watch since the previous sample"
    id              ""   "ID"           Text     []               "ID; of a namespace that no runtime claims what the kernel calls it"
    image           ""   "IMAGE"        Text     [CONTAINER_NAME] "image, as it was asked for"
    listening       ""   "LISTENING"    Numbers  [FDS SOCKETS]    "ports on which its processes listen"
    memory          ""   "MEMORY"       Size     [OF_MEMORY]      "memory without the cache of files not used lately, in KiB"
    memory_limit    ""   "MEMLIMIT"     Size     [OF_MEMORY]      "limit of memory, in KiB: the least of its own and of all above; unknown without one; of the host what it has"
    memory_percent  ""   "%MEM"         Percent  [OF_MEMORY]      "memory in percent of the limit"
    memory_usage    ""   "MEMUSAGE"     Size     [OF_MEMORY]      "memory with all of the cache, in KiB"
    name            ""   "NAME"         Text     [CONTAINER_NAME] "name; in Kubernetes that of the container in its pod; host for the machine with all that runs on it"
    oom_kills       ""   "OOMKILLS"     Number   [OF_EVENTS]      "processes killed for want of memory"
    pid             ""   "PID"          Number   []               "first process"
    pod             ""   "POD"          Text     [CONTAINER_NAME] "name of its pod"
    podns           ""   "PODNS"        Text     [CONTAINER_NAME] "Kubernetes namespace of that pod"
    processes       ""   "PROCESSES"    Number   []               "processes"
    read            ""   "READ"         Size     [OF_IO]          "bytes read from devices, in KiB"
    received        ""   "RECEIVED"     Size     [OF_DEVICES]     "bytes that its network devices received, lo left out, in KiB; unknown where others share the network"
    runtime         ""   "RUNTIME"      Text     [CONTAINER_NAME] "docker, podman, containerd, cri-o, runc and so on"
    sent            ""   "SENT"         Size     [OF_DEVICES]     "bytes that its network devices sent, lo left out, in KiB; unknown where others share the network"
    started         ""   "STARTED"      Time     [CONTAINER_NAME STAT ZONE] "when it was started, by the files of the runtime, or its first process was"
    state           ""   "STATE"        Text     [OF_EVENTS]      "running, or paused: frozen by its control group"
    threads         ""   "THREADS"      Number   [STAT]           "threads"
    throttled       ""   "THROTTLED"    Duration [OF_EVENTS]      "time for which its processors were throttled"
    written         ""   "WRITTEN"      Size     [OF_IO]          "bytes written to devices, in KiB"
}

fn cpu(row: &Contained<'_>) -> Value {
    figure(row.cpu, Value::Percent)
}

fn id(row: &Contained<'_>) -> Value {
    match row.what {
        What::Container(container) => Value::Text(container.id().clone()),
        What::Namespace(inode) => Value::text(format!("pid:[{inode}]")),
        What::Host => Value::MISSING,
    }
}

/// What is known of a container.
fn known(row: &Contained<'_>, what: impl Fn(&Container) -> Option<&Text>) -> Value {
    match row.what {
        What::Container(container) => match what(container) {
            Some(text) => Value::Text(text.clone()),
            None => Value::Missing(container.found.why),
        },
        What::Namespace(_) | What::Host => Value::MISSING,
    }
}

fn of_pod(row: &Contained<'_>, what: impl Fn(&Pod) -> Option<&Text>) -> Value {
    known(row, |container| container.pod().and_then(&what))
}

fn image(row: &Contained<'_>) -> Value {
    known(row, Container::image)
}

fn listening(row: &Contained<'_>) -> Value {
    row.listening.clone()
}

fn memory(row: &Contained<'_>) -> Value {
    figure(row.totals.memory, Value::Size)
}

fn memory_limit(row: &Contained<'_>) -> Value {
    figure(row.totals.memory_limit, Value::Size)
}

fn memory_percent(row: &Contained<'_>) -> Value {
    figure(row.totals.memory_percent(), Value::Percent)
}

fn memory_usage(row: &Contained<'_>) -> Value {
    figure(row.totals.memory_usage, Value::Size)
}

fn name(row: &Contained<'_>) -> Value {
    match row.what {
        What::Host => Value::Text(Text::word("host")),
        _ => known(row, Container::name),
    }
}

fn oom_kills(row: &Contained<'_>) -> Value {
    figure(row.totals.oom_kills, Value::from)
}

fn pid(row: &Contained<'_>) -> Value {
    row.pid
        .map_or(Value::MISSING, |pid| Value::Int(pid.get().into()))
}

fn pod(row: &Contained<'_>) -> Value {
    of_pod(row, |pod| pod.name.as_ref())
}

fn podns(row: &Contained<'_>) -> Value {
    of_pod(row, |pod| pod.namespace.as_ref())
}

fn processes(row: &Contained<'_>) -> Value {
    Value::from(u64::try_from(row.processes).unwrap_or(u64::MAX))
}

fn read(row: &Contained<'_>) -> Value {
    figure(row.totals.read, Value::Size)
}

fn received(row: &Contained<'_>) -> Value {
    figure(row.network.map(|(received, _)| received), Value::Size)
}

fn runtime(row: &Contained<'_>) -> Value {
    match row.what {
        What::Container(container) => match container.runtime() {
            Some(runtime) => Value::Text(Text::word(runtime.as_str())),
            None => Value::Missing(container.found.why),
        },
        What::Namespace(_) | What::Host => Value::MISSING,
    }
}

fn sent(row: &Contained<'_>) -> Value {
    figure(row.network.map(|(_, sent)| sent), Value::Size)
}

fn started(row: &Contained<'_>) -> Value {
    let started = row.started.clone();
    started.map_or(Value::MISSING, |time| Value::Time(Box::new(time)))
}

fn state(row: &Contained<'_>) -> Value {
    let word = |is_frozen| Value::Text(Text::word(if is_frozen { "paused" } else { "running" }));
    match row.what {
        What::Container(_) => match row.totals.is_frozen {
            // It has processes, and nothing that could freeze them.
            Err(Missing::None) => word(false),
            is_frozen => figure(is_frozen, word),
        },
        What::Namespace(_) | What::Host => word(false),
    }
}

fn threads(row: &Contained<'_>) -> Value {
    row.threads.map_or(Value::MISSING, Value::from)
}

fn throttled(row: &Contained<'_>) -> Value {
    figure(row.totals.throttled, Value::Duration)
}

fn written(row: &Contained<'_>) -> Value {
    figure(row.totals.written, Value::Size)
}

/// The cell of a figure.
fn figure<T>(figure: Result<T, Missing>, cell: impl FnOnce(T) -> Value) -> Value {
    figure.map_or_else(Value::Missing, cell)
}
