//! Descriptors of the container of a process, and of its control group.

use super::definition::descriptors;
use crate::{
    runtimes::{Found, GroupSeen, Named, Pod},
    snapshot::Seen,
    value::{Missing, Text, Value},
};

descriptors! {
    //name  code  header    holds  needs            what it is
    cgcpupercent "" "CG%CPU" Percent [GROUP_FIGURES CLOCK] "processor time of its control group, in percent of one processor, known in a watch"
    cgmem   ""    "CGMEM"   Size   [GROUP_FIGURES]  "memory of its control group without the cache of files not used lately, in KiB; of the group whose limit applies"
    cgmemlimit "" "CGMEMLIMIT" Size [GROUP_FIGURES] "limit of that memory, in KiB: the least of its control group and of all above; unknown without one"
    cgmempercent "" "CG%MEM" Percent [GROUP_FIGURES] "that memory in percent of the limit"
    cgpids  ""    "CGPIDS"  Number [GROUP_FIGURES]  "processes and threads of its control group; of the group whose limit applies"
    cgpressure "" "CG%PSI"  Percent [GROUP_FIGURES] "share of the last ten seconds in which some task of its control group waited for processors, memory or storage: the greatest of the three"
    cgthrottled "" "CGTHROTTLED" Duration [GROUP_FIGURES] "time for which the processors of its control group were throttled"
    cname   ""    "CNAME"   Text   [CONTAINER_NAME] "name of its container, by the files of the runtime; in Kubernetes that of the container in its pod"
    cuser   ""    "CUSER"   Text   [EFFECTIVE USERS CONTAINER CONTAINER_USERS UID_MAP USERNS] "effective user as its own container names it, or the number there; outside of containers as user"
    image   ""    "IMAGE"   Text   [CONTAINER_NAME] "image of its container"
    pod     ""    "POD"     Text   [CONTAINER_NAME] "name of the pod of its container"
    podns   ""    "PODNS"   Text   [CONTAINER_NAME] "Kubernetes namespace of that pod"
    runtime ""    "RUNTIME" Text   [CONTAINER_NAME] "runtime of its container: docker, podman, containerd, cri-o, runc and so on"
}

/// What is known of the container; where there is one and that is not known, why.
fn found<T>(
    seen: &Seen<'_>,
    what: impl FnOnce(&Found) -> Option<T>,
    cell: impl FnOnce(T) -> Value,
) -> Value {
    seen.container().map_or(Value::MISSING, |found| {
        what(found).map_or(Value::Missing(found.why), cell)
    })
}

/// The same of what the files of its runtime say.
fn known(seen: &Seen<'_>, what: impl FnOnce(&Named) -> Option<&Text>) -> Value {
    let of = |found: &Found| found.named.as_deref().and_then(what).cloned();
    found(seen, of, Value::Text)
}

fn cname(seen: &Seen<'_>) -> Value {
    found(seen, |found| found.name().cloned(), Value::Text)
}

fn cuser(seen: &Seen<'_>) -> Value {
    if seen.container().is_none() && seen.own_names().is_none() {
        let user = seen.effective_uid().map(|read| seen.uid(read));
        return user.map_or(Value::MISSING, |uid| match uid {
            Ok(uid) => Value::Text(seen.user(uid)),
            Err(why) => Value::Missing(why),
        });
    }
    match seen.own_uid() {
        Some(Ok(uid)) => {
            let names = seen.own_names().map(|names| &names.users);
            let name = names.map(|names| names.name_or_number(uid.get()));
            Value::Text(name.unwrap_or_else(|| Text::from(uid.to_string().as_bytes())))
        }
        Some(Err(why)) => Value::Missing(why),
        None => Value::MISSING,
    }
}

fn image(seen: &Seen<'_>) -> Value {
    known(seen, |named| named.image.as_ref())
}

fn of_pod(seen: &Seen<'_>, what: impl Fn(&Pod) -> Option<&Text>) -> Value {
    known(seen, |named| named.pod.as_ref().and_then(&what))
}

fn pod(seen: &Seen<'_>) -> Value {
    of_pod(seen, |pod| pod.name.as_ref())
}

fn podns(seen: &Seen<'_>) -> Value {
    of_pod(seen, |pod| pod.namespace.as_ref())
}

fn runtime(seen: &Seen<'_>) -> Value {
    found(seen, Found::runtime, |runtime| {
        Value::Text(Text::word(runtime.as_str()))
    })
}

/// A figure of the control group of a process.
fn figure<T>(
    seen: &Seen<'_>,
    of: impl Fn(&GroupSeen) -> Result<T, Missing>,
    cell: impl Fn(T) -> Value,
) -> Value {
    match seen.figures().map(of) {
        Some(Ok(figure)) => cell(figure),
        Some(Err(why)) => Value::Missing(why),
        None => Value::MISSING,
    }
}

fn cgcpupercent(seen: &Seen<'_>) -> Value {
    figure(seen, |group| group.cpu_percent, Value::Percent)
}

fn cgmem(seen: &Seen<'_>) -> Value {
    figure(seen, |group| group.figures.memory, Value::Size)
}

fn cgmemlimit(seen: &Seen<'_>) -> Value {
    figure(seen, |group| group.figures.memory_limit, Value::Size)
}

fn cgmempercent(seen: &Seen<'_>) -> Value {
    figure(seen, |group| group.figures.memory_percent(), Value::Percent)
}

fn cgpids(seen: &Seen<'_>) -> Value {
    figure(seen, |group| group.figures.pids, Value::from)
}

fn cgpressure(seen: &Seen<'_>) -> Value {
    figure(seen, |group| group.figures.pressure, Value::Percent)
}

fn cgthrottled(seen: &Seen<'_>) -> Value {
    figure(seen, |group| group.figures.throttled, Value::Duration)
}
