//! Containers: a row for each, with what its control group and its namespaces add up to; and one for the
//! host.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
    vec,
};

use super::item::{Items, Make, of_process};
use crate::{
    control_group::{Asked, Totals, percent_of_time},
    descriptor::{self, Contained, Descriptor, Extract, What},
    error::{ErrorKind, Result},
    format::{
        kernel::{Meminfo, Stat},
        pid::Cgroup,
    },
    ids::{Pid, ProcessId},
    namespace::gone,
    query::{
        gathered::{Gathered, Sums, gather},
        row::Cells,
    },
    runtimes::{Container, mounts},
    snapshot::{Ask, Needs, Outcome, Retained, Seen, Threads},
    value::{Missing, Time, Value},
    view::{Skipped, View, learn_zone, local_zone},
    watchdog::{Patience, wait_with},
};

/// The rows of one view.
pub(in crate::query) struct Rows {
    rows: vec::IntoIter<Cells>,
    outcome: Outcome,
}

impl Rows {
    /// The next row; `None` after the last.
    pub(super) fn next_row(&mut self) -> Option<Cells> {
        self.rows.next()
    }

    pub(super) fn finish(self) -> Outcome {
        self.outcome
    }
}

/// What a row is made of, but for what is read at last.
struct Base<'a> {
    what: What<'a>,
    first: Option<ProcessId>,
    sums: &'a Sums,
}

/// Starts to list the containers, in a watch with what was `retained` of the sample before.
pub(super) fn start(
    columns: &[&'static Descriptor],
    ask: &Ask<'_>,
    retained: Option<&mut Retained>,
) -> Result<Rows> {
    let view = ask.view;
    let with_unclaimed = ask.needs.contains(Needs::PLACES);
    let own = columns
        .iter()
        .filter(|column| matches!(column.extract, Extract::Container(_)));
    let needs = own.fold(Needs::empty(), |sum, column| sum | column.needs);
    let mut gathered = gather_for(ask, needs, with_unclaimed)?;
    let mut outcome = std::mem::take(&mut gathered.outcome);
    let is_meant = named(ask, &gathered, &mut outcome);
    let bases = bases(ask, &gathered, with_unclaimed, &is_meant);
    let patience = Patience::new(ask.pace.left_of(view.patience()));
    let mut patience = (ask.pace.threads != Threads::None).then_some(patience);
    let helpers = ask.pace.helpers();
    let totals = totals(view, needs, &bases, helpers, patience.as_mut());
    let networks = networks(view, needs, &gathered, &bases);
    if let Some(mut patience) = patience {
        if needs.contains(Needs::ZONE) {
            learn_zone(&mut patience);
        }
        outcome.abandoned += patience.left_behind();
    }
    let now = view.0.now();
    let at = view.0.clock_of_samples(now.ok());
    let mut used = HashMap::new();
    let before = retained.as_ref().map(|retained| &retained.of_containers);
    let processes = of_first(columns, ask, &bases, &mut outcome)?;
    let mut rows = Vec::with_capacity(bases.len());
    for ((base, totals), network) in bases.iter().zip(totals).zip(networks) {
        let key = key(base.what);
        let cpu = totals.cpu.and_then(|cpu| match before {
            Some(before) => {
                let (then, before) = before.get(&key).ok_or(Missing::None)?;
                percent_of_time(cpu.saturating_sub(*before), at.checked_sub(*then))
            }
            None => percent_of_time(cpu, age(view, base, now?)),
        });
        if let Ok(cpu) = totals.cpu {
            used.insert(key, (at, cpu));
        }
        let row = Contained {
            what: base.what,
            pid: base.first.map(|first| first.pid),
            processes: base.sums.processes,
            threads: base.sums.threads,
            totals,
            cpu,
            network,
            listening: listening(base),
            started: started(view, base),
        };
        let of_first = row.pid.and_then(|pid| processes.get(&pid));
        let cells = columns.iter().enumerate();
        let cells = cells.map(|(at, column)| match column.extract {
            Extract::Container(extract) => extract(&row),
            _ => of_first
                .and_then(|cells| cells.get(at).cloned())
                .unwrap_or(Value::MISSING),
        });
        rows.push(Cells::new(row.pid, view.target(), cells.collect()));
    }
    if let Some(retained) = retained {
        retained.of_containers = used;
    }
    Ok(Rows {
        rows: rows.into_iter(),
        outcome,
    })
}

/// The containers of all processes.
fn gather_for(ask: &Ask<'_>, needs: Needs, with_unclaimed: bool) -> Result<Gathered> {
    let mut of_processes = Needs::STAT | Needs::CGROUP | Needs::CONTAINER;
    if needs.contains(Needs::CONTAINER_NAME) {
        of_processes |= Needs::CONTAINER_NAME;
    }
    if with_unclaimed {
        of_processes |= Needs::PIDNS;
    }
    if needs.contains(Needs::OF_DEVICES) {
        of_processes |= Needs::NETNS;
    }
    let ports = needs.contains(Needs::SOCKETS);
    let ports = ports.then(|| descriptor::find("lports")).transpose()?;
    if let Some(ports) = ports {
        of_processes |= ports.needs;
    }
    let ask = Ask {
        view: ask.view,
        pids: None,
        needs: of_processes,
        pace: ask.pace.clone(),
    };
    gather(ask, ports)
}

/// Whether a container is that of a process that was named, if any were; those that are in none are
/// left out.
fn named<'a>(
    ask: &Ask<'a>,
    gathered: &Gathered,
    outcome: &mut Outcome,
) -> impl Fn(&Container) -> bool + use<'a> {
    let pids = ask.pids;
    for asked in pids.unwrap_or_default() {
        let mut all = gathered.all.iter();
        if !all.any(|(container, _)| container.pids.contains(&asked.pid)) {
            let error = match ask.view.process(*asked) {
                Err(error) => error,
                Ok(_) => crate::error::Error::new(
                    ErrorKind::Absent,
                    format!("process {}", asked.pid),
                    "is in no container",
                ),
            };
            let error = match error.kind() {
                ErrorKind::Gone => gone(asked.pid),
                _ => error,
            };
            let via = ask.view.target();
            outcome.skipped.push(Skipped::named(asked.pid, via, error));
        }
    }
    move |container| {
        pids.is_none_or(|pids| pids.iter().any(|asked| container.pids.contains(&asked.pid)))
    }
}

/// What rows there are: the host, but through a join and where processes were named; containers; PID
/// namespaces that no runtime claims.
fn bases<'a>(
    ask: &Ask<'_>,
    gathered: &'a Gathered,
    with_unclaimed: bool,
    is_meant: &impl Fn(&Container) -> bool,
) -> Vec<Base<'a>> {
    let mut bases = Vec::with_capacity(gathered.all.len() + 1);
    if ask.pids.is_none() && ask.view.target().is_none() {
        bases.push(Base {
            what: What::Host,
            first: None,
            sums: &gathered.host,
        });
    }
    let containers = gathered.all.iter();
    let containers = containers.filter(|(container, _)| is_meant(container));
    bases.extend(containers.map(|(container, sums)| Base {
        what: What::Container(container),
        first: Some(container.first),
        sums,
    }));
    if with_unclaimed && ask.pids.is_none() {
        bases.extend(
            gathered
                .unclaimed
                .iter()
                .map(|(inode, (first, sums))| Base {
                    what: What::Namespace(*inode),
                    first: Some(*first),
                    sums,
                }),
        );
    }
    bases
}

/// What the control group of each has used, and the machine.
fn totals(
    view: &View,
    needs: Needs,
    bases: &[Base<'_>],
    helpers: usize,
    patience: Option<&mut Patience>,
) -> Vec<Totals> {
    let asked = [
        (Needs::OF_MEMORY, Asked::MEMORY),
        (Needs::OF_CPU, Asked::CPU),
        (Needs::OF_IO, Asked::IO),
        (Needs::OF_EVENTS, Asked::EVENTS),
    ];
    let asked = asked.into_iter().filter(|(need, _)| needs.contains(*need));
    let asked = asked.fold(Asked::empty(), |sum, (_, asked)| sum | asked);
    let nothing = || Totals::unknown(Missing::None);
    let joined = view.0.joined.as_ref();
    let base = joined.map_or(&view.0.proc, |joined| &joined.base);
    if asked.is_empty() || !base.is_genuine() {
        return bases.iter().map(|_| nothing()).collect();
    }
    let groups = bases.iter().map(|base| match base.what {
        What::Container(container) => container.found.groups.clone(),
        What::Namespace(_) | What::Host => None,
    });
    let groups: Vec<Option<Cgroup>> = groups.collect();
    let base = Arc::clone(base);
    // Another's file system may lie over the files of control groups.
    let work = move || Ok(Totals::of_all(&groups, &mounts(&base)?, asked, helpers));
    // Who asks for no other threads has given up the time-out.
    match wait_with(patience, work) {
        Ok(read) => {
            let all = read.into_iter().zip(bases);
            all.map(|(totals, base)| match (totals, base.what) {
                (Some(totals), _) => totals,
                (None, What::Host) => of_host(view, asked),
                (None, _) => nothing(),
            })
            .collect()
        }
        Err(error) => {
            let why = Missing::because_of(&error);
            bases.iter().map(|_| Totals::unknown(why)).collect()
        }
    }
}

/// What the machine has used.
fn of_host(view: &View, asked: Asked) -> Totals {
    let mut totals = Totals::unknown(Missing::None);
    let read = |file: &str| {
        let bytes = view.read_bytes(file, false);
        bytes.map_err(|error| Missing::for_kind(error.kind()))
    };
    if asked.contains(Asked::MEMORY) {
        let meminfo = read("meminfo").and_then(|bytes| {
            let meminfo = Meminfo::parse(&bytes).map_err(|_| Missing::Malformed)?;
            let total = *meminfo.mem_total;
            let usage = total.saturating_sub(*meminfo.mem_free);
            let cache = meminfo.inactive_file.map_or(0, |cache| *cache);
            Ok([total, usage, usage.saturating_sub(cache)].map(|kib| kib.saturating_mul(1024)))
        });
        totals.memory_limit = meminfo.map(|[total, ..]| total);
        totals.memory_usage = meminfo.map(|[_, usage, _]| usage);
        totals.memory = meminfo.map(|[.., memory]| memory);
    }
    if asked.contains(Asked::CPU) {
        totals.cpu = read("stat").and_then(|bytes| {
            let cpu = Stat::parse(&bytes).map_err(|_| Missing::Malformed)?.cpu;
            let interrupts = [cpu.irq, cpu.softirq].into_iter().flatten();
            let ticks = [cpu.user, cpu.nice, cpu.system]
                .into_iter()
                .chain(interrupts);
            Ok(view.0.host.ticks(ticks.fold(0, u64::saturating_add)))
        });
    }
    totals
}

/// Bytes that network devices have received and sent, where no others share the network.
fn networks(
    view: &View,
    needs: Needs,
    gathered: &Gathered,
    bases: &[Base<'_>],
) -> Vec<Result<(u64, u64), Missing>> {
    if !needs.contains(Needs::OF_DEVICES) {
        return bases.iter().map(|_| Err(Missing::None)).collect();
    }
    let mut parties: BTreeMap<u64, usize> = BTreeMap::new();
    let networks = gathered.all.iter().flat_map(|(_, sums)| &sums.networks);
    for network in networks.chain(&gathered.outside) {
        *parties.entry(*network).or_default() += 1;
    }
    let of = |base: &Base<'_>| {
        let first = match (base.what, base.first) {
            (What::Container(_), Some(first)) => first,
            (What::Host, _) => {
                return device_bytes(&view.read_bytes("net/dev", false).map_err(reason)?);
            }
            _ => return Err(Missing::None),
        };
        let mut networks = base.sums.networks.iter();
        let only = networks.next().filter(|_| networks.next().is_none());
        if only.and_then(|only| parties.get(only)) != Some(&1) {
            return Err(Missing::None);
        }
        let process = view.process(first).map_err(reason)?;
        let bytes = view.read_bytes(&format!("{}/net/dev", first.pid), false);
        let bytes = bytes.map_err(reason)?;
        // It was there when its number was opened, if it is still there.
        if !process.is_running() {
            return Err(Missing::None);
        }
        device_bytes(&bytes)
    };
    bases.iter().map(of).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn reason(error: crate::error::Error) -> Missing {
    Missing::for_kind(error.kind())
}

/// The sums of a `net/dev`, without the loopback device.
fn device_bytes(file: &[u8]) -> Result<(u64, u64), Missing> {
    let (mut received, mut sent) = (0_u64, 0_u64);
    for line in file
        .split(|&b| b == b'\n')
        .skip(2)
        .filter(|line| !line.is_empty())
    {
        let (device, counts) = crate::bytes::rsplit_once(line, b':').ok_or(Missing::Malformed)?;
        let mut counts = counts
            .split(|&b| b == b' ')
            .filter(|count| !count.is_empty())
            .map(crate::bytes::decimal::<u64>);
        let (Some(Some(first)), Some(Some(ninth))) = (counts.next(), counts.nth(7)) else {
            return Err(Missing::Malformed);
        };
        if device.trim_ascii() != b"lo" {
            received = received.saturating_add(first);
            sent = sent.saturating_add(ninth);
        }
    }
    Ok((received, sent))
}

/// The cells of the first process of each, where a column is of processes.
fn of_first(
    columns: &[&'static Descriptor],
    ask: &Ask<'_>,
    bases: &[Base<'_>],
    outcome: &mut Outcome,
) -> Result<HashMap<Pid, Vec<Value>>> {
    let mut of_processes = columns
        .iter()
        .filter(|column| matches!(column.extract, Extract::Process(_)))
        .peekable();
    if of_processes.peek().is_none() {
        return Ok(HashMap::new());
    }
    let needs = of_processes.fold(Needs::STAT, |sum, column| sum | column.needs);
    let pids: Vec<_> = bases.iter().filter_map(|base| base.first).collect();
    let ask = Ask {
        view: ask.view,
        pids: Some(&pids),
        needs: needs & ask.needs,
        pace: ask.pace.clone(),
    };
    let columns = columns.to_vec();
    let make = move |seen: &Seen<'_>, cells: &mut Vec<Value>| {
        cells.extend(columns.iter().map(|column| of_process(column, seen)));
    };
    let mut items = Items::start(ask, None, Make::Cells(Box::new(make)))?;
    let mut all = HashMap::new();
    while let Some(row) = items.next_row()? {
        all.extend(row.pid.map(|pid| (pid, row.values)));
    }
    let mut rest = items.finish();
    rest.skipped
        .retain(|skipped| skipped.error.kind() != ErrorKind::Gone);
    outcome.add(rest);
    Ok(all)
}

/// By what it is known in the next sample.
fn key(what: What<'_>) -> Vec<u8> {
    match what {
        What::Container(container) => {
            let user = container.user().map(|user| user.to_string());
            let user = user.unwrap_or_default();
            [container.id().as_bytes(), b"\0", user.as_bytes()].concat()
        }
        What::Namespace(inode) => format!("{inode}\0\0").into_bytes(),
        What::Host => Vec::new(),
    }
}

/// The ports on which it listens. That one of all processes of the host denies its own is usual, and no
/// trouble.
fn listening(base: &Base<'_>) -> Value {
    match (base.what, base.sums.listening()) {
        (What::Host, Value::Missing(Missing::Denied)) => Value::MISSING,
        (_, listening) => listening,
    }
}

/// How long it has run; of the host since it booted.
fn age(view: &View, base: &Base<'_>, now: Duration) -> Option<Duration> {
    match base.first {
        Some(first) => now.checked_sub(view.0.host.ticks(first.start?)),
        None => Some(now),
    }
}

/// When it started: by the files of its runtime, or as its first process did; of the host when it
/// booted.
fn started(view: &View, base: &Base<'_>) -> Option<Time> {
    let told = match base.what {
        What::Container(container) => container.started(),
        What::Namespace(_) | What::Host => None,
    };
    let told = told.and_then(|at| at.duration_since(std::time::SystemTime::UNIX_EPOCH).ok());
    let ticks = match base.first {
        Some(first) => first.start?,
        None => 0,
    };
    let since = match told {
        Some(told) => told,
        None => view.0.started(ticks).ok()?,
    };
    let seconds = i64::try_from(since.as_secs()).ok()?;
    let (offset, zone) = local_zone(seconds);
    Time::new(seconds, since.subsec_nanos(), offset, &zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_network_devices_are_added_without_loopback() {
        let file = b"Inter-|   Receive                                                |  Transmit\n \
            face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n    \
            lo:  1000      10    0    0    0     0          0         0  1000      10    0 0 0 0 0 0\n  \
            eth0: 200       3    0    0    0     0          0         0    70       1    0 0 0 0 0 0\n\
            wlan0:1           3    0    0    0     0          0         0    2       1    0 0 0 0 0 0\n";
        assert_eq!(device_bytes(file), Ok((201, 72)));
        assert_eq!(device_bytes(b"a\nb\n"), Ok((0, 0)));
        assert_eq!(device_bytes(b"a\nb\neth0: x\n"), Err(Missing::Malformed));
        assert_eq!(device_bytes(b"a\nb\neth0\n"), Err(Missing::Malformed));
    }
}
