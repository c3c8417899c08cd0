//! That the page and the object tell the same facts.

use std::{
    collections::BTreeSet,
    net::TcpListener,
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
};

use psgo::{Fields, Pid, Process, Value, View};

use super::{Document, Page, SECTIONS, Section};
use crate::inspect::depth::Depth;

/// Each fact of each section: its place in the object, and where it stands on the page: `name` is a
/// row, `NAME` a column, `"word"` part of a cell. A field without one is told by the field before it,
/// in another form.
const FACTS: &str = "
    identity | is_running           | title
    identity | name                 | name
    identity | ext.comm             | comm
    identity | exe                  | program
    identity | ext.exe_deleted      |
    identity | cmdline              | arguments
    identity | cwd                  | directory
    identity | ext.cwd_deleted      |
    identity | ext.root             | root
    identity | psgo.root_deleted    |
    identity | create_time          | started
    identity | start_time_boot      |
    identity | psgo.age             |
    identity | terminal             | terminal
    identity | ext.kernel_thread    | kind
    family | ppid                   | parents
    family | parents                |
    family | psgo.parents           |
    family | children               | children
    family | psgo.children          |
    family | children_recursive     | descendants
    family | ext.pgid               | process group
    family | ext.sid                | session
    family | ext.nspid              | pid by namespace
    family | psgo.own_pid           | pid outside
    state | status                  | state
    state | psgo.wait_channel       | waits in
    state | psgo.syscall            | system call
    state | psgo.exit_status        | ended
    state | psgo.awaited_locks      | waits for lock
    state | psgo.signals            | blocks signals, ignores, catches, pending
    state | ext.kernel_stack        | kernel stack
    state | ext.tracer_pid          | traced by
    state | ext.oom_score           | oom score
    state | ext.oom_score_adj       |
    state | num_ctx_switches        | context switches
    state | psgo.timers             | timers
    ids | username                  | user
    ids | uids                      |
    ids | psgo.uids                 |
    ids | psgo.user_names           |
    ids | gids                      | group
    ids | psgo.gids                 |
    ids | psgo.group_names          |
    ids | ext.groups                | further groups
    ids | psgo.groups_names         |
    ids | ext.loginuid              | logged in as
    ids | psgo.login_name           |
    ids | ext.cap_eff               | capabilities
    ids | psgo.capabilities         | permitted, inheritable, bounding, ambient
    ids | ext.seccomp               | seccomp
    ids | psgo.seccomp_filters      |
    ids | ext.no_new_privs          | no new privileges
    ids | ext.umask                 | umask
    ids | psgo.label                | label
    ids | psgo.unnamed              | names
    memory | memory_info            | resident, address space, shared, code, data and stack
    memory | memory_percent         |
    memory | memory_info_ex         | most resident, most space, of no file, of files, shared memory, swapped out, huge pages
    memory | memory_footprint       | its own alone, its share, its swap
    memory | page_faults            | page faults
    memory | psgo.children_page_faults | of children
    memory | psgo.mappings          | mappings, removed code
    memory | memory_maps            | mapped, SIZE, RESIDENT, SHARE, SHARED CLEAN, SHARED DIRTY, PRIVATE CLEAN, PRIVATE DIRTY, REFERENCED, ANONYMOUS, SWAP, PATH
    cpu | cpu_times                 | time, of children, for storage
    cpu | psgo.cpu_percent          |
    cpu | nice                      | nice
    cpu | ext.sched_policy          | scheduling
    cpu | ext.rt_priority           |
    cpu | ionice                    | i/o priority
    cpu | cpu_num                   | last ran on
    cpu | cpu_affinity              | may run on
    io | io_counters                | read, written, from storage, to storage
    io | psgo.cancelled_write_bytes | taken back
    files | num_fds                 | descriptors
    files | open_files              | FD, KIND, MODE, TARGET, likely a leak
    files | ext.fds                 |
    files | psgo.descriptors        |
    sockets | psgo.sockets          | sockets, by state, in queues, FD, PROTOCOL, TYPE, STATE, RECV-Q, SEND-Q, UID, INODE, LOCAL, REMOTE
    sockets | net_connections       |
    limits | rlimits                | cpu time, file size, data size, stack size, core file size, resident set, processes, open files, locked memory, address space, file locks, pending signals, msgqueue size, nice priority, realtime priority, realtime timeout
    namespaces | ext.ns             | cgroup, ipc, mnt, net, pid, pid_for_children, time, time_for_children, user, uts
    container | psgo.container      | container, made by, pod, group made by
    container | psgo.containers     | in it
    container | psgo.cgroups        | *
    container | psgo.cgroup_limits  | memory of group, taken back from, swap of group, tasks of group, cpus of group
    container | psgo.cgroup_events  | memory peak, memory limit hit, killed for memory, throttled, frozen
    container | psgo.cgroup_pressure | waits for cpu, waits for memory, waits for i/o, all tasks
    threads | num_threads           | threads
    threads | threads               | TID, COUNT, NAME, STATE, USER, SYSTEM, CPU, WAITS IN, SYSTEM CALL, KERNEL STACK
    threads | psgo.threads          |
    environ | psgo.environ_names    | variables
    environ | environ               | *
    environ | psgo.environ_other_bytes | other bytes
    environ | psgo.environ_without_names | other entries
";

/// The facts of one section: the fields of the object, and what stands on the page.
fn facts(section: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let rows = FACTS.trim().lines().map(|line| {
        let mut parts = line.split('|').map(str::trim);
        [(); 3].map(|()| parts.next().unwrap_or_default())
    });
    let (mut fields, mut shown) = (BTreeSet::new(), BTreeSet::new());
    for [of, field, on_page] in rows.filter(|[of, ..]| *of == section) {
        assert_eq!(of, section);
        assert!(fields.insert(field), "{field} stands there twice");
        shown.extend(on_page.split(", ").filter(|name| !name.is_empty()));
    }
    (fields, shown)
}

const DEPTH: Depth = Depth {
    rows: usize::MAX,
    alone: true,
    environ: true,
};

fn object(section: &Section, process: &Process) -> Fields {
    let mut document = Document::new(DEPTH);
    (section.json)(&mut document, process);
    document.finish(process.pid())
}

fn page(section: &Section, process: &Process) -> String {
    let mut page = Page::new(None, false, DEPTH);
    (section.page)(&mut page, process);
    String::from_utf8(page.finish()).unwrap()
}

/// The names of the fields of an object, those inside `ext` and `psgo` with these before them.
fn fields(object: &Fields) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, value) in object.iter() {
        match (&*name.to_string(), value) {
            ("schema" | "pid" | "errors", _) => {}
            (outer @ ("ext" | "psgo"), Value::Fields(inner)) => {
                names.extend(inner.iter().map(|(name, _)| format!("{outer}.{name}")));
            }
            (name, _) => _ = names.insert(name.to_owned()),
        }
    }
    names
}

/// The names of the rows of a page, and of the columns of its tables.
fn names(page: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut in_table = false;
    for line in page.lines() {
        let line = line.strip_prefix("  ").unwrap_or(line);
        let is_head = !line.chars().any(char::is_lowercase) && line.contains("  ");
        if is_head {
            in_table = true;
            let columns = line.split("  ").map(str::trim);
            names.extend(columns.filter(|c| !c.is_empty()).map(str::to_owned));
        } else if !in_table {
            let name: String = line.chars().take(18).collect();
            names.insert(name.trim().to_owned());
        }
    }
    names.remove("");
    names
}

struct Target(Child);

impl Drop for Target {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A process with a socket, and one variable.
fn target() -> Target {
    let socket: OwnedFd = TcpListener::bind("127.0.0.1:0").unwrap().into();
    let child = Command::new("sleep")
        .arg("1000")
        .env_clear()
        .env("NAME", "value")
        .stdin(Stdio::null())
        .stdout(Stdio::from(socket))
        .spawn();
    Target(child.unwrap())
}

#[test]
fn the_page_and_the_object_tell_the_same_facts() {
    let target = target();
    let view = View::host().unwrap();
    let process = view.process(Pid::new(target.0.id())).unwrap();
    for section in &SECTIONS {
        let (known, shown) = facts(section.name);
        let object = object(section, &process);
        let found = fields(&object);
        let expected: BTreeSet<String> = known.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(
            found, expected,
            "{}: the fields of the object",
            section.name
        );
        let page = page(section, &process);
        let found = names(&page);
        // What every process has, or may have.
        let unknown: Vec<_> = found
            .iter()
            .filter(|name| !shown.contains(name.as_str()))
            .collect();
        let may_be_any = shown.contains("*");
        assert!(
            may_be_any || unknown.is_empty(),
            "{}: {unknown:?} is not in the object, or not in the table:\n{page}",
            section.name
        );
    }
}

/// A few facts whose values are short enough to be compared as they stand.
#[test]
fn the_page_and_the_object_have_the_same_values() {
    let target = target();
    let view = View::host().unwrap();
    let process = view.process(Pid::new(target.0.id())).unwrap();
    let of = |name: &str| {
        let section = SECTIONS.iter().find(|section| section.name == name);
        let section = section.unwrap();
        (page(section, &process), object(section, &process))
    };
    let own = |object: &Fields, name: &str| match object.find("psgo") {
        Some(Value::Fields(own)) => own.find(name).cloned().unwrap(),
        other => panic!("{other:?}"),
    };
    let each = |list: &Value, names: &[&str]| -> Vec<Vec<String>> {
        let Value::List(rows) = list else {
            panic!("{list:?}");
        };
        let row = |row: &Value| match row {
            Value::Fields(fields) => {
                let cell = |name: &&str| fields.find(name).map(Value::to_string);
                names
                    .iter()
                    .map(|name| cell(name).unwrap_or_default())
                    .collect()
            }
            other => panic!("{other:?}"),
        };
        rows.iter().map(row).collect()
    };
    let (page, object) = of("files");
    for cells in each(&own(&object, "descriptors"), &["fd", "kind", "mode"]) {
        let has = |line: &str| {
            let mut words = line.split_whitespace();
            cells.iter().all(|cell| words.next() == Some(cell))
        };
        assert!(page.lines().any(has), "{cells:?}\n{page}");
    }
    let (page, object) = of("sockets");
    let sockets = each(
        &own(&object, "sockets"),
        &["fd", "protocol", "state", "local"],
    );
    assert_eq!(sockets.len(), 1);
    for cell in &sockets[0] {
        assert!(page.contains(cell.as_str()), "{cell}\n{page}");
    }
    let (page, object) = of("environ");
    assert!(page.contains("NAME") && own(&object, "environ_names").to_string() == "NAME");
    let (_, object) = of("family");
    let outside = own(&object, "own_pid").to_string();
    assert_eq!(outside, target.0.id().to_string());
}
