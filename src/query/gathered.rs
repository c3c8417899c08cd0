//! `Gathered`: the containers of the processes of a listing, and what these add up to.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    descriptor::{Descriptor, Extract},
    error::Result,
    ids::{Pid, ProcessId, Uid},
    runtimes::{Container, Found},
    snapshot::{Ask, Extra, Listing, Needs, Outcome, Seen},
    sorting::sort_by,
    value::{Missing, Text, Value},
};

/// The containers of the processes of a listing, in the order of their first processes.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) all: Vec<(Container, Sums)>,
    /// The processes of PID namespaces that no runtime claims, by what the kernel calls these.
    pub(super) unclaimed: BTreeMap<u64, (ProcessId, Sums)>,
    /// The network namespaces of processes that are in no container.
    pub(super) outside: BTreeSet<u64>,
    /// All processes together.
    pub(super) host: Sums,
    pub(super) outcome: Outcome,
}

/// What processes add up to.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) processes: usize,
    /// `None` where one of them was not counted.
    pub(super) threads: Option<u64>,
    /// Their network namespaces.
    pub(super) networks: BTreeSet<u64>,
    /// The ports on which they listen.
    ports: BTreeSet<i64>,
    /// Why some of these are unknown.
    why: Option<Missing>,
}

impl Sums {
    fn add(&mut self, member: &Member) {
        let before = if self.processes == 0 {
            Some(0)
        } else {
            self.threads
        };
        self.processes += 1;
        self.threads = before.zip(member.threads).map(|(sum, own)| sum + own);
        self.networks.extend(member.network);
        match &member.ports {
            Value::List(ports) => self
                .ports
                .extend(ports.iter().filter_map(|port| match port {
                    Value::Int(port) => Some(*port),
                    _ => None,
                })),
            Value::Missing(why) if why.is_trouble() => self.why = Some(*why),
            _ => {}
        }
    }

    /// The ports on which they listen; unknown as a whole if those of one are.
    pub(super) fn listening(&self) -> Value {
        match self.why {
            Some(why) => Value::Missing(why),
            None => Value::List(self.ports.iter().copied().map(Value::Int).collect()),
        }
    }
}

/// What a process tells of its container.
struct Member {
    id: ProcessId,
    container: Option<Arc<Found>>,
    threads: Option<u64>,
    pids: Option<u64>,
    network: Option<u64>,
    ports: Value,
}

/// Reads the processes that are asked for, and what is needed of them; `ports` tells on which ports one
/// listens, if that is wanted.
pub(super) fn gather(ask: Ask<'_>, ports: Option<&'static Descriptor>) -> Result<Gathered> {
    // The numbers that files name are those of the host.
    let is_host = ask.view.target().is_none();
    let is_all = !(ask.needs - Needs::STAT - Needs::CGROUP - Needs::CONTAINER_NAME).is_empty();
    let member = move |seen: &Seen<'_>, _: &mut Vec<Value>| {
        let found = seen.container();
        if found.is_none() && !is_all {
            return Extra::None;
        }
        let ports = match ports.map(|ports| ports.extract) {
            Some(Extract::Process(extract)) => match extract(seen) {
                Value::Missing(Missing::None) => {
                    Value::Missing(seen.why_missing(Needs::FDS | Needs::SOCKETS))
                }
                ports => ports,
            },
            _ => Value::MISSING,
        };
        let stat = seen.stat();
        let member = Member {
            id: ProcessId {
                pid: seen.pid(),
                start: stat.map(|stat| stat.starttime),
            },
            container: found.map(Arc::clone),
            threads: stat.and_then(|stat| u64::try_from(stat.num_threads).ok()),
            pids: seen.facts().pidns,
            network: seen.facts().netns,
            ports,
        };
        Extra::Made(Box::new(member), size_of::<Member>())
    };
    let mut listing = Listing::start(ask, None, Box::new(member))?;
    let mut all = All::new(is_host);
    while let Some(row) = listing.next()? {
        if let Some(member) = row.extra.made() {
            all.add(member);
        }
    }
    Ok(all.finish(listing.finish()))
}

/// Containers by ID and by whose they are.
struct All {
    containers: Vec<One>,
    known: HashMap<(Text, Option<Uid>), usize>,
    unclaimed: BTreeMap<u64, (ProcessId, Sums)>,
    outside: BTreeSet<u64>,
    host: Sums,
    /// The PID namespace of process 1.
    own: Option<u64>,
    is_host: bool,
}

struct One {
    container: Container,
    /// Whether its first process is the one that a file names.
    is_named: bool,
    sums: Sums,
}

impl All {
    fn new(is_host: bool) -> Self {
        Self {
            containers: Vec::new(),
            known: HashMap::new(),
            unclaimed: BTreeMap::new(),
            outside: BTreeSet::new(),
            host: Sums::default(),
            own: None,
            is_host,
        }
    }

    fn add(&mut self, mut member: Member) {
        self.host.add(&member);
        if member.id.pid == Pid::new(1) {
            self.own = member.pids;
        }
        let Some(found) = member.container.take() else {
            self.outside.extend(member.network);
            if let Some(pids) = member.pids {
                let (first, sums) = self
                    .unclaimed
                    .entry(pids)
                    .or_insert_with(|| (member.id, Sums::default()));
                if member.id.start < first.start {
                    *first = member.id;
                }
                sums.add(&member);
            }
            return;
        };
        let id = member.id;
        // With its start it is told from a later process of the number.
        let init = found.named.as_ref().and_then(|named| named.init);
        let is_init = self.is_host
            && init.is_some_and(|init| {
                init.pid == id.pid && (init.start.is_none() || init.start == id.start)
            });
        let key = found.path.key();
        let known = self.known.get(&key).copied();
        if let Some(one) = known.and_then(|at| self.containers.get_mut(at)) {
            one.sums.add(&member);
            one.container.pids.push(id.pid);
            if is_init || (!one.is_named && id.start < one.container.first.start) {
                one.container.first = id;
                one.is_named = is_init;
            }
            return;
        }
        let mut sums = Sums::default();
        sums.add(&member);
        self.known.insert(key, self.containers.len());
        self.containers.push(One {
            container: Container {
                pids: vec![id.pid],
                first: id,
                found,
            },
            is_named: is_init,
            sums,
        });
    }

    fn finish(mut self, outcome: Outcome) -> Gathered {
        let all = self.containers.into_iter();
        let mut all: Vec<_> = all.map(|one| (one.container, one.sums)).collect();
        sort_by(&mut all, |(a, _), (b, _)| a.first.pid.cmp(&b.first.pid));
        match self.own {
            Some(own) => drop(self.unclaimed.remove(&own)),
            // Which is that of the view is not known.
            None => self.unclaimed.clear(),
        }
        Gathered {
            all,
            unclaimed: self.unclaimed,
            outside: self.outside,
            host: self.host,
            outcome,
        }
    }
}
