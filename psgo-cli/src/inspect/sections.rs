//! The sections of the page.

use std::{fmt::Display, time::Duration};

use psgo::{
    FileKind, Ids, OpenDescriptor, Pid, Process, Result, Text,
    format::{kernel::Pressure, pid::SyscallState},
    local_time,
};

use super::{
    extra::{call, shown},
    figures::{cpu, io, limits, memory, size, span},
    grammar::{Inspect, Section},
    is_alone,
    page::Page,
};

/// More rows of a table than these are told only where the section is asked for alone.
const MANY: usize = 40;

/// Writes the page of a process.
pub(super) fn write(page: &mut Page, process: &Process, inspect: &Inspect) {
    let name = process.name().map_or_else(|_| "?".to_owned(), text);
    page.title(&format!("{} {name}", process.pid()));
    for (section, name) in Section::ALL {
        if !inspect.sections.contains(&section) {
            continue;
        }
        page.section(name);
        let most = if is_alone(inspect, section) {
            usize::MAX
        } else {
            MANY
        };
        match section {
            Section::Identity => identity(page, process),
            Section::Family => family(page, process),
            Section::State => state(page, process),
            Section::Ids => ids(page, process),
            Section::Memory => memory(page, process),
            Section::Cpu => cpu(page, process),
            Section::Io => io(page, process),
            Section::Files => files(page, process, most),
            Section::Sockets => sockets(page, process, most),
            Section::Limits => limits(page, process),
            Section::Namespaces => namespaces(page, process),
            Section::Container => container(page, process),
            Section::Threads => threads(page, process, most),
            Section::Environ => environ(page, process, inspect.environ),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map")]
fn text(text: Text) -> String {
    text.to_string()
}

/// `none` for nothing.
fn or_none<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "for map")]
fn linked(linked: psgo::LinkTarget) -> String {
    let gone = if linked.deleted { " (deleted)" } else { "" };
    format!("{}{gone}", linked.path)
}

fn identity(page: &mut Page, process: &Process) {
    page.told("name", process.name().map(text));
    let exe = process.exe();
    page.told("program", exe.map(|exe| or_none(exe.map(linked))));
    let args = process.cmdline().map(|cmdline| {
        let args: Vec<_> = cmdline.args().map(quoted).collect();
        if args.is_empty() {
            "none".to_owned()
        } else {
            args.join(" ")
        }
    });
    page.told("arguments", args);
    page.told("directory", process.cwd().map(linked));
    page.told("root", process.root().map(linked));
    let at = local_time(process.started_at());
    let ago = span(Duration::from_secs(process.age().as_secs()));
    page.row("started", &format!("{}, {ago} ago", or_none(at)));
    page.told("terminal", process.terminal().map(or_none));
    if process.is_kernel_thread().is_ok_and(|is| is) {
        page.row("kind", "thread of the kernel's own");
    }
}

/// An argument, in quotes where there are none or blanks.
fn quoted(arg: &[u8]) -> String {
    let text = shown(arg);
    if arg.is_empty() || text.contains([' ', '"', '\'']) {
        format!("'{text}'")
    } else {
        text
    }
}

/// A process by its number and its name.
fn named(process: &Process) -> String {
    let name = process.name().map_or_else(|_| "?".to_owned(), text);
    format!("{} {name}", process.pid())
}

fn numbers(pids: &[Pid]) -> String {
    if pids.is_empty() {
        return "none".to_owned();
    }
    let pids: Vec<_> = pids.iter().map(Pid::to_string).collect();
    pids.join(", ")
}

fn family(page: &mut Page, process: &Process) {
    match process.parents() {
        Ok(parents) => page.list("parents", parents.iter().map(named)),
        Err(error) => page.missing("parents", &error),
    }
    let children = process.children();
    page.told("children", children.clone().map(|all| numbers(&all)));
    if children.is_ok_and(|children| !children.is_empty()) {
        let all = process.descendants();
        page.told("descendants", all.map(|all| all.len().to_string()));
    }
    let seen = |pid: Option<Pid>| pid.map_or_else(|| "not seen here".to_owned(), |p| p.to_string());
    match process.job() {
        Ok(job) => {
            page.row("process group", &seen(job.group));
            page.row("session", &seen(job.session));
        }
        Err(error) => page.missing("process group", &error),
    }
    if let Ok(pids) = process.pids()
        && pids.len() > 1
    {
        page.list("pid by namespace", pids.iter().map(Pid::to_string));
    }
    if let Some(own) = process.own_pid().filter(|own| *own != process.pid()) {
        page.row("pid outside", &own.to_string());
    }
}

fn state(page: &mut Page, process: &Process) {
    match process.state() {
        Ok(state) if matches!(state.letter(), 'Z' | 'D' | 'X') => {
            page.warn("state", state.as_str())
        }
        state => page.told("state", state.map(|state| state.as_str().to_owned())),
    }
    page.told("waits in", process.wait_channel().map(or_none));
    let call = process.syscall().map(|syscall| match *syscall.state {
        SyscallState::Running => "none, it runs".to_owned(),
        SyscallState::Outside { .. } => "none".to_owned(),
        SyscallState::Inside { nr, args, .. } => {
            let args = args.map(|arg| format!("{arg:#x}"));
            format!("{nr} ({})", args.join(", "))
        }
    });
    page.told("system call", call);
    page.told(
        "kernel stack",
        process.kernel_stack().map(|stack| {
            let calls: Vec<_> = stack.rows.iter().map(|row| call_of(&row.symbol)).collect();
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
    if let Ok(timers) = process.timers()
        && !timers.rows.is_empty()
    {
        page.list(
            "timers",
            timers
                .rows
                .iter()
                .map(|timer| format!("{} (signal {})", timer.id, timer.signal)),
        );
    }
}

fn call_of(symbol: &psgo::format::pid::Symbol) -> String {
    call(symbol).to_string()
}

fn each<T: Copy + Display + PartialEq>(ids: Ids<T>, name: impl Fn(T) -> Text) -> String {
    let one = |id: T| {
        let (name, id) = (name(id).to_string(), id.to_string());
        if name == id {
            id
        } else {
            format!("{name} ({id})")
        }
    };
    let real = one(ids.real);
    if [ids.effective, ids.saved, ids.file] == [ids.real; 3] {
        return real;
    }
    format!(
        "{real}, effective {}, saved {}, file {}",
        one(ids.effective),
        one(ids.saved),
        one(ids.file)
    )
}

fn ids(page: &mut Page, process: &Process) {
    let uids = process.uids();
    page.told(
        "user",
        uids.map(|ids| each(ids, |uid| process.user_name(uid))),
    );
    let gids = process.gids();
    page.told(
        "group",
        gids.map(|ids| each(ids, |gid| process.group_name(gid))),
    );
    match process.groups() {
        Ok(groups) => page.list(
            "further groups",
            groups.into_iter().map(|gid| text(process.group_name(gid))),
        ),
        Err(error) => page.missing("further groups", &error),
    }
    if let Ok(Some(uid)) = process.login_user() {
        page.row("logged in as", &text(process.user_name(uid)));
    }
    match process.capabilities() {
        Ok(caps) => {
            let sets = [
                ("capabilities", Some(caps.effective)),
                (
                    "  permitted",
                    Some(caps.permitted).filter(|set| *set != caps.effective),
                ),
                (
                    "  inheritable",
                    Some(caps.inheritable).filter(|set| !set.is_empty()),
                ),
                (
                    "  bounding",
                    Some(caps.bounding).filter(|set| !set.is_full()),
                ),
                ("  ambient", caps.ambient.filter(|set| !set.is_empty())),
            ];
            for (name, set) in sets {
                if let Some(set) = set {
                    page.row(name, &set.to_string().replace(',', ", "));
                }
            }
        }
        Err(error) => page.missing("capabilities", &error),
    }
    if let Ok(status) = process.status() {
        let seccomp = match status.seccomp {
            Some(0) => "none".to_owned(),
            Some(1) => "strict".to_owned(),
            Some(2) => match status.seccomp_filters {
                Some(filters) => format!("{filters} filters"),
                None => "filters".to_owned(),
            },
            other => or_none(other),
        };
        page.row("seccomp", &seccomp);
        let bare = status.no_new_privs == Some(1);
        page.row("no new privileges", if bare { "yes" } else { "no" });
        if let Some(umask) = status.umask {
            page.row("umask", &format!("{umask:04o}"));
        }
    }
    page.told("label", process.label().map(or_none));
}

/// What there is to say of a descriptor beside its target.
fn detail(descriptor: &OpenDescriptor) -> String {
    let Some(info) = &descriptor.info else {
        return String::new();
    };
    let mut words = Vec::new();
    if matches!(descriptor.kind, FileKind::File | FileKind::Memfd) {
        words.push(format!("at {}", info.pos));
    }
    words.extend(info.eventfd_count.map(|count| format!("count {count}")));
    if !info.tfd.is_empty() {
        let watched: Vec<_> = info
            .tfd
            .iter()
            .map(|target| target.tfd.to_string())
            .collect();
        words.push(format!("watches {}", watched.join(" ")));
    }
    words.extend(info.sigmask.map(|mask| format!("signals {mask:#x}")));
    words.extend(
        info.it_value
            .map(|time| format!("expires in {}s", time.secs)),
    );
    if !info.inotify.is_empty() {
        words.push(format!("watches {} files", info.inotify.len()));
    }
    words.extend(info.pid.map(|pid| format!("process {pid}")));
    if let Some(socket) = &descriptor.socket {
        words.push(socket.text().to_string());
    }
    words.join(", ")
}

fn files(page: &mut Page, process: &Process, most: usize) {
    let descriptors = match process.descriptors() {
        Ok(descriptors) => descriptors,
        Err(error) => return page.missing("descriptors", &error),
    };
    page.row("descriptors", &descriptors.len().to_string());
    if descriptors.is_empty() {
        return;
    }
    let row = |descriptor: &OpenDescriptor| {
        let access = descriptor
            .info
            .as_ref()
            .map_or("?", |info| match info.flags.access() {
                "O_RDONLY" => "r",
                "O_WRONLY" => "w",
                "O_RDWR" => "rw",
                _ => "-",
            });
        let mut target = shown(&descriptor.target);
        let detail = detail(descriptor);
        if !detail.is_empty() {
            target = format!("{target} ({detail})");
        }
        [
            descriptor.fd.to_string(),
            descriptor.kind.as_str().to_owned(),
            access.to_owned(),
            target,
        ]
    };
    let rows: Vec<_> = descriptors.iter().take(most).map(row).collect();
    page.table(["FD", "KIND", "MODE", "TARGET"], &rows);
    and_more(page, descriptors.len(), rows.len(), "files");
}

fn and_more(page: &mut Page, all: usize, told: usize, section: &str) {
    let more = all.saturating_sub(told);
    if more > 0 {
        page.remark(&format!("and {more} more: -only {section}"));
    }
}

fn sockets(page: &mut Page, process: &Process, most: usize) {
    let sockets = match process.sockets() {
        Ok(sockets) => sockets,
        Err(error) => return page.missing("sockets", &error),
    };
    page.row("sockets", &sockets.len().to_string());
    if sockets.is_empty() {
        return;
    }
    let row = |open: &psgo::OpenSocket| {
        let socket = &open.socket;
        [
            open.fd.to_string(),
            socket.protocol.to_owned(),
            socket.state.unwrap_or("?").to_owned(),
            socket.local_text().map(text).unwrap_or_default(),
            socket.remote_text().map(text).unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = sockets.iter().take(most).map(row).collect();
    page.table(["FD", "PROTOCOL", "STATE", "LOCAL", "REMOTE"], &rows);
    and_more(page, sockets.len(), rows.len(), "sockets");
}

fn namespaces(page: &mut Page, process: &Process) {
    match process.namespaces() {
        Ok(all) => {
            for namespace in all {
                let id = namespace.id.map(|id| id.to_string());
                page.row(&namespace.name, &id.unwrap_or_else(|| "?".to_owned()));
            }
        }
        Err(error) => page.missing("namespaces", &error),
    }
}

fn container(page: &mut Page, process: &Process) {
    match process.container() {
        Ok(Some(container)) => {
            page.row("container", &container.id.to_string());
            page.row("made by", container.runtime.as_str());
            if let Some(pod) = container.pod {
                page.row("pod", &pod.to_string());
            }
        }
        Ok(None) => page.row("container", "none that a control group names"),
        Err(error) => page.missing("container", &error),
    }
    match process.cgroups() {
        Ok(groups) => {
            for row in &groups.rows {
                let names: Vec<_> = row.controllers.iter().map(shown).collect();
                let name = if names.is_empty() {
                    "cgroup".to_owned()
                } else {
                    names.join(",")
                };
                page.row(&name, &shown(&row.path.path));
            }
        }
        Err(error) => page.missing("cgroup", &error),
    }
    match process.cgroup_limits() {
        Ok(limits) => {
            let of = |has: Option<String>, max: Option<String>| {
                let max = max.unwrap_or_else(|| "no limit".to_owned());
                has.map_or(max.clone(), |has| format!("{has} of {max}"))
            };
            let memory = of(limits.memory_current.map(size), limits.memory_max.map(size));
            page.row("memory of group", &memory);
            let pids = of(
                limits.pids_current.map(|n| n.to_string()),
                limits.pids_max.map(|n| n.to_string()),
            );
            page.row("tasks of group", &pids);
            let cpus = limits.cpus.map(|cpus| format!("{cpus:.2}"));
            page.row("cpus of group", &of(None, cpus));
        }
        Err(error) => page.missing("memory of group", &error),
    }
    if let Ok(pressure) = process.cgroup_pressure() {
        let all = [
            ("waits for cpu", pressure.cpu),
            ("waits for memory", pressure.memory),
            ("waits for i/o", pressure.io),
        ];
        for (name, pressure) in all {
            if let Some(Pressure {
                some: Some(some), ..
            }) = pressure
            {
                let percent = |n: u64| format!("{}.{:02}%", n / 100, n % 100);
                let (ten, minute) = (percent(some.avg10), percent(some.avg60));
                page.row(name, &format!("{ten} of 10 s, {minute} of a minute"));
            }
        }
    }
}

fn threads(page: &mut Page, process: &Process, most: usize) {
    let threads = match process.threads() {
        Ok(threads) => threads,
        Err(error) => return page.missing("threads", &error),
    };
    page.row("threads", &threads.len().to_string());
    let known = |value: Result<Option<Text>>| match value {
        Ok(name) => name.map(text).unwrap_or_default(),
        Err(_) => "?".to_owned(),
    };
    let row = |thread: &psgo::Thread| {
        let stack = process.kernel_stack_of(thread);
        let stack = stack.map(|stack| {
            let names = stack.rows.iter().filter_map(|row| row.symbol.name());
            names.map(shown).collect::<Vec<_>>().join(" ")
        });
        [
            thread.tid.to_string(),
            thread.name.to_string(),
            thread.state.as_str().to_owned(),
            span(thread.user.saturating_add(thread.system)),
            known(process.wait_channel_of(thread)),
            stack.unwrap_or_else(|error| format!("? ({})", super::page::why(&error))),
        ]
    };
    let first = threads.get(..most).unwrap_or(&threads);
    process.read_ahead_of(first, "stack");
    let rows: Vec<_> = first.iter().map(row).collect();
    page.table(
        ["TID", "NAME", "STATE", "TIME", "WAITS IN", "KERNEL STACK"],
        &rows,
    );
    and_more(page, threads.len(), rows.len(), "threads");
}

fn environ(page: &mut Page, process: &Process, with_values: bool) {
    let environ = match process.environ() {
        Ok(environ) => environ,
        Err(error) => return page.missing("variables", &error),
    };
    if with_values {
        for (name, value) in environ.variables() {
            page.row(&shown(name), &value.map(shown).unwrap_or_default());
        }
        return;
    }
    let names = environ.variables().filter(|(_, value)| value.is_some());
    page.list("variables", names.map(|(name, _)| shown(name)));
    page.remark("their values: -environ");
}
