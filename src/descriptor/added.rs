//! Descriptors of processes that the Go psgo does not have.

use super::definition::{descriptors, id, ids};
use crate::{
    container::ContainerPath,
    format::pid::{Cgroup, CgroupRow},
    ids::Gid,
    snapshot::{Needs, Seen},
    sorting::sort,
    value::Value,
};

descriptors! {
    //name  code  header  holds  needs     what it is
    ancestors "" "ANCESTORS" Numbers [JOBS ANCESTRY] "its parent, the parent of that and so on"
    cgroup  ""    "CGROUP" Text    [CGROUP]      "path of its control group; on version 1 that of systemd's hierarchy, or the first that is not /"
    cgroups ""    "CGROUPS" Texts  [CGROUP]      "number, controllers and path of its control group in each hierarchy, as ps has them: 4:memory:/x"
    container ""  "CONTAINER" Text [CGROUP CONTAINER] "ID of its container, by the path of its control group; the outermost"
    containers "" "CONTAINERS" Texts [CGROUP]    "containers that its control groups name, the outermost first: RUNTIME:ID; what runs in one may have made up those after it"
    cwd     ""    "CWD"   Text     [CWD]         "working directory"
    exe     ""    "EXE"   Text     [EXE]         "path of its program"
    fds     ""    "FDS"   Number   [FD_COUNT]    "number of open descriptors"
    files   ""    "FILES" Texts    [FDS]         "paths of open files"
    gid     ""    "GID"   Number   [EFFECTIVE]   "effective group ID"
    hgid    ""    "HGID"  Number   [HOST EFFECTIVE]   "effective group ID on the host, known after a join"
    kthread ""    "KTHREAD" Number [STAT]      "1 for a kernel thread, 0 for any other process"
    lports  ""    "LPORTS" Numbers [FDS PORTS] "ports on which it listens"
    majfltps ""   "MAJFLT/s" Rate     [STAT CLOCK] "page faults a second that needed storage, known in a watch"
    minfltps ""   "MINFLT/s" Rate     [STAT CLOCK] "page faults a second that needed none, known in a watch"
    mntns   ""    "MNTNS" Number   [MNTNS]       "number of its mount namespace"
    netns   ""    "NETNS" Number   [NETNS]       "number of its network namespace"
    nlwp    ""    "NLWP"  Number   [STAT]        "number of threads"
    nnp     ""    "NNP"   Number   [STATUS]      "no_new_privs: 1 if execve can grant no privileges"
    peers   ""    "PEERS" Texts    [FDS PEERS] "other ends of its connections"
    pidns   ""    "PIDNS" Number   [PIDNS]       "number of its PID namespace"
    pmem    ""    "%MEM"  Percent  [RSS MEMORY]  "resident memory in percent of that of the machine"
    readps  ""    "READ/s" Size     [STAT CLOCK IO] "read from storage each second, in KiB, known in a watch"
    rgid    ""    "RGID"  Number   [STATUS]      "real group ID"
    ruid    ""    "RUID"  Number   [STATUS]      "real user ID"
    sid     ""    "SID"   Number   [JOBS]        "session ID"
    starttime "" "STARTTIME" Number [STAT]       "start in clock ticks after boot: PID@STARTTIME names this process and no later one, for -pids and -join"
    supgid  ""    "SUPGID" Numbers [STATUS]      "supplementary group IDs"
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

fn cgroups(seen: &Seen<'_>) -> Value {
    let groups = seen.facts().cgroup.as_ref();
    groups.map_or(Value::MISSING, |groups| {
        let row = |row: &CgroupRow| {
            let mut line = Vec::new();
            row.write(&mut line);
            Value::text(line.strip_suffix(b"\n").unwrap_or(&line))
        };
        Value::List(groups.rows.iter().map(row).collect())
    })
}

fn container(seen: &Seen<'_>) -> Value {
    #[cfg(any(test, feature = "runtimes"))]
    if let Some(found) = seen.container() {
        return Value::Text(found.path.id.clone());
    }
    let container = seen
        .facts()
        .cgroup
        .as_ref()
        .and_then(ContainerPath::from_cgroups);
    container.map_or(Value::MISSING, |container| Value::Text(container.id))
}

fn containers(seen: &Seen<'_>) -> Value {
    let groups = seen.facts().cgroup.as_ref();
    let all = groups.map(ContainerPath::all_from_cgroups);
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
    seen.descriptor_count().map_or(Value::MISSING, Value::from)
}

/// Each once, in order.
fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.collect();
    sort(&mut items);
    items.dedup();
    items
}

/// What is told of the sockets of a process. That it has none is not known where one of them may
/// stand in a table that could not be read.
fn of_sockets(seen: &Seen<'_>, needs: Needs, told: Vec<Value>) -> Value {
    if told.is_empty() && seen.why_missing(needs).hides_a_value() {
        return Value::MISSING;
    }
    Value::List(told)
}

fn files(seen: &Seen<'_>) -> Value {
    seen.opened().map_or(Value::MISSING, |opened| {
        let paths = opened
            .iter()
            .filter(|opened| opened.target.starts_with(b"/"));
        let paths = distinct(paths.map(|opened| opened.target.as_slice()));
        let untold = opened.iter().map(|opened| opened.unread);
        let mut untold = untold.filter(|why| why.hides_a_value()).peekable();
        match untold.peek() {
            Some(why) if paths.is_empty() => Value::Missing(*why),
            // One that cannot be told stands there without its path.
            _ => {
                let paths = paths.into_iter().map(Value::text);
                Value::List(paths.chain(untold.map(Value::Missing)).collect())
            }
        }
    })
}

fn gid(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_gid(),
        |read| seen.gid(read),
        |gid| number(gid.get()),
    )
}

fn hgid(seen: &Seen<'_>) -> Value {
    id(
        seen.effective_gid(),
        |read| seen.host_gid(read),
        |gid| number(gid.get()),
    )
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
        let ports = distinct(listening.filter_map(|socket| Some(socket.local?.port())));
        let ports = ports.into_iter().map(|port| Value::Int(port.into()));
        of_sockets(seen, Needs::PORTS, ports.collect())
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
        let ends = distinct(sockets.filter_map(|socket| socket.remote));
        let ends = ends.into_iter().map(|end| Value::text(end.to_string()));
        of_sockets(seen, Needs::PEERS, ends.collect())
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
    id(
        seen.real_gid(),
        |read| seen.gid(read),
        |gid| number(gid.get()),
    )
}

fn ruid(seen: &Seen<'_>) -> Value {
    id(
        seen.real_uid(),
        |read| seen.uid(read),
        |uid| number(uid.get()),
    )
}

fn sid(seen: &Seen<'_>) -> Value {
    seen.sid()
        .map_or(Value::MISSING, |sid| Value::Int(sid.into()))
}

fn supgid(seen: &Seen<'_>) -> Value {
    let gid = |gid: Gid| number(gid.get());
    ids(seen.groups(), |read| seen.gid(read), gid)
}

fn starttime(seen: &Seen<'_>) -> Value {
    Value::from(seen.stat().map(|stat| stat.starttime))
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
