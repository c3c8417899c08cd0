//! Descriptors of processes that the Go psgo does not have.

use std::collections::BTreeSet;

use super::definition::descriptors;
use crate::{
    container::Container,
    format::pid::Cgroup,
    snapshot::{Seen, Slot},
    value::Value,
};

descriptors! {
    //name  code  header  holds  needs     what it is
    ancestors "" "ANCESTORS" Numbers [JOBS ANCESTRY] "its parent, the parent of that and so on"
    cgroup  ""    "CGROUP" Text    [CGROUP]      "path of its control group"
    container ""  "CONTAINER" Text [CGROUP]      "ID of its container, by the path of its control group; the outermost"
    containers "" "CONTAINERS" Texts [CGROUP]    "containers that its control groups name, the outermost first: RUNTIME:ID; what runs in one may have made up those after it"
    cwd     ""    "CWD"   Text     [CWD]         "working directory"
    exe     ""    "EXE"   Text     [EXE]         "path of its program"
    fds     ""    "FDS"   Number   [FDS]         "number of open descriptors"
    files   ""    "FILES" Texts    [FDS]         "paths of open files"
    gid     ""    "GID"   Number   [EFFECTIVE]   "effective group ID"
    hgid    ""    "HGID"  Number   [HOST EFFECTIVE]   "effective group ID on the host, known after a join"
    kthread ""    "KTHREAD" Number [STAT]      "1 for a kernel thread, 0 for any other process"
    lports  ""    "LPORTS" Numbers [FDS SOCKETS] "ports on which it listens"
    majfltps ""   "MAJFLT/s" Rate     [STAT CLOCK] "page faults a second that needed storage, known in a watch"
    minfltps ""   "MINFLT/s" Rate     [STAT CLOCK] "page faults a second that needed none, known in a watch"
    mntns   ""    "MNTNS" Number   [MNTNS]       "number of its mount namespace"
    netns   ""    "NETNS" Number   [NETNS]       "number of its network namespace"
    nlwp    ""    "NLWP"  Number   [STAT]        "number of threads"
    nnp     ""    "NNP"   Number   [STATUS]      "no_new_privs: 1 if execve can grant no privileges"
    peers   ""    "PEERS" Texts    [FDS SOCKETS] "other ends of its connections"
    pidns   ""    "PIDNS" Number   [PIDNS]       "number of its PID namespace"
    pmem    ""    "%MEM"  Percent  [RSS MEMORY]  "resident memory in percent of that of the machine"
    readps  ""    "READ/s" Size     [STAT CLOCK IO] "read from storage each second, in KiB, known in a watch"
    rgid    ""    "RGID"  Number   [STATUS]      "real group ID"
    ruid    ""    "RUID"  Number   [STATUS]      "real user ID"
    sid     ""    "SID"   Number   [JOBS]        "session ID"
    userns  ""    "USERNS" Number  [USERNS]      "number of its user namespace"
    wchan   ""    "WCHAN" Text     [WCHAN]       "kernel function in which it waits"
    writeps ""    "WRITE/s" Size     [STAT CLOCK IO] "sent to storage each second, in KiB, known in a watch"
}

fn ancestors(seen: &Seen<'_>) -> Value {
    seen.ancestors().map_or(Value::MISSING, |pids| {
        Value::List(pids.iter().map(|pid| number(pid.get())).collect())
    })
}

fn cgroup(seen: &Seen<'_>) -> Value {
    let path = seen.facts().cgroup.as_ref().and_then(Cgroup::main);
    path.map_or(Value::MISSING, |row| Value::text(&*row.path.path))
}

fn container(seen: &Seen<'_>) -> Value {
    let container = seen
        .facts()
        .cgroup
        .as_ref()
        .and_then(Container::from_cgroups);
    container.map_or(Value::MISSING, |container| Value::Text(container.id))
}

fn containers(seen: &Seen<'_>) -> Value {
    let groups = seen.facts().cgroup.as_ref();
    let all = groups.map(Container::all_from_cgroups);
    all.filter(|all| !all.is_empty())
        .map_or(Value::MISSING, |all| {
            Value::List(all.iter().map(|one| Value::text(one.to_string())).collect())
        })
}

fn cwd(seen: &Seen<'_>) -> Value {
    seen.facts()
        .cwd
        .as_ref()
        .map_or(Value::MISSING, Value::text)
}

fn exe(seen: &Seen<'_>) -> Value {
    seen.facts()
        .exe
        .as_ref()
        .map_or(Value::MISSING, Value::text)
}

fn fds(seen: &Seen<'_>) -> Value {
    seen.opened().map_or(Value::MISSING, |opened| {
        let fds = opened
            .iter()
            .filter(|opened| matches!(opened.slot, Slot::Fd(_)));
        Value::from(fds.count() as u64)
    })
}

fn files(seen: &Seen<'_>) -> Value {
    seen.opened().map_or(Value::MISSING, |opened| {
        let paths = opened
            .iter()
            .filter(|opened| opened.target.starts_with(b"/"));
        let paths: BTreeSet<_> = paths.map(|opened| opened.target.as_slice()).collect();
        Value::List(paths.into_iter().map(Value::text).collect())
    })
}

fn gid(seen: &Seen<'_>) -> Value {
    let gid = seen.effective_gid().and_then(|read| seen.gid(read));
    gid.map_or(Value::MISSING, |gid| number(gid.get()))
}

fn hgid(seen: &Seen<'_>) -> Value {
    let gid = seen.effective_gid().and_then(|read| seen.host_gid(read));
    gid.map_or(Value::MISSING, |gid| number(gid.get()))
}

fn kthread(seen: &Seen<'_>) -> Value {
    seen.stat().map_or(Value::MISSING, |stat| {
        number(stat.is_kernel_thread().into())
    })
}

fn lports(seen: &Seen<'_>) -> Value {
    seen.opened().map_or(Value::MISSING, |opened| {
        let sockets = opened.iter().filter_map(|opened| opened.socket.as_ref());
        let listening = sockets.filter(|socket| socket.is_listening());
        let ports: BTreeSet<_> = listening
            .filter_map(|socket| Some(socket.local?.port()))
            .collect();
        Value::List(
            ports
                .into_iter()
                .map(|port| Value::Int(port.into()))
                .collect(),
        )
    })
}

fn majfltps(seen: &Seen<'_>) -> Value {
    seen.major_faults().map_or(Value::MISSING, Value::Rate)
}

fn minfltps(seen: &Seen<'_>) -> Value {
    seen.minor_faults().map_or(Value::MISSING, Value::Rate)
}

fn mntns(seen: &Seen<'_>) -> Value {
    seen.facts().mntns.map_or(Value::MISSING, Value::from)
}

fn netns(seen: &Seen<'_>) -> Value {
    seen.facts().netns.map_or(Value::MISSING, Value::from)
}

fn nlwp(seen: &Seen<'_>) -> Value {
    seen.stat()
        .map_or(Value::MISSING, |stat| Value::Int(stat.num_threads))
}

fn nnp(seen: &Seen<'_>) -> Value {
    let flag = seen.status().and_then(|status| status.no_new_privs);
    flag.map_or(Value::MISSING, number)
}

fn peers(seen: &Seen<'_>) -> Value {
    seen.opened().map_or(Value::MISSING, |opened| {
        let sockets = opened.iter().filter_map(|opened| opened.socket.as_ref());
        let ends: BTreeSet<_> = sockets.filter_map(|socket| socket.remote).collect();
        Value::List(
            ends.into_iter()
                .map(|end| Value::text(end.to_string()))
                .collect(),
        )
    })
}

fn pidns(seen: &Seen<'_>) -> Value {
    seen.facts().pidns.map_or(Value::MISSING, Value::from)
}

fn pmem(seen: &Seen<'_>) -> Value {
    seen.memory_percent().map_or(Value::MISSING, Value::Percent)
}

fn readps(seen: &Seen<'_>) -> Value {
    seen.read_rate().map_or(Value::MISSING, bytes)
}

fn rgid(seen: &Seen<'_>) -> Value {
    let gid = seen.real_gid().and_then(|read| seen.gid(read));
    gid.map_or(Value::MISSING, |gid| number(gid.get()))
}

fn ruid(seen: &Seen<'_>) -> Value {
    let uid = seen.real_uid().and_then(|read| seen.uid(read));
    uid.map_or(Value::MISSING, |uid| number(uid.get()))
}

fn sid(seen: &Seen<'_>) -> Value {
    seen.sid()
        .map_or(Value::MISSING, |sid| Value::Int(sid.into()))
}

fn userns(seen: &Seen<'_>) -> Value {
    seen.facts().userns.map_or(Value::MISSING, Value::from)
}

fn wchan(seen: &Seen<'_>) -> Value {
    let wchan = seen.facts().wchan.as_ref();
    let function = wchan.and_then(|read| read.wchan.function());
    function.map_or(Value::MISSING, Value::text)
}

fn writeps(seen: &Seen<'_>) -> Value {
    seen.write_rate().map_or(Value::MISSING, bytes)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A rate is not negative.
fn bytes(rate: f64) -> Value {
    Value::Size(rate as u64)
}

fn number(n: u32) -> Value {
    Value::Int(n.into())
}
