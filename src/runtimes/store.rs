//! `Store`: a directory of one runtime, and what its files say of a container.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Arc, Mutex},
    time::Instant,
};

use super::{
    bundle, docker,
    files::{Dir, OF_ALL, OF_DOCKER, OF_ONE, is_name},
    kubelet::Links,
    machine,
    named::Named,
    once::{Aside, Once, PATIENCE},
    state::{self, State},
    storage,
    watchers::TASKS,
};
use crate::{
    container::{ContainerPath, Runtime},
    error::is_no_such_file,
    ids::{Pid, ProcessId},
    sync::lock,
    value::{Missing, Text},
};

/// Whose directory it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A data root of Docker.
    Docker,
    /// The same of balena's engine, which keeps its files so.
    Balena,
    /// A graph root of podman or CRI-O.
    Storage,
    /// A state directory of containerd.
    Containerd,
    /// A root of runc, crun or youki.
    State,
    /// `/var/log`, with the kubelet's links.
    Kubelet,
    /// `/run/systemd/machines`.
    Machines,
    /// A directory with one of each of Incus' containers.
    Incus,
}

/// A directory of a runtime.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) kind: Kind,
    pub(super) dir: Dir,
    /// All containers of a graph root.
    all: Once<storage::All>,
    /// The names in a directory.
    names: Once<Vec<Vec<u8>>>,
    /// The directories in it that have one of their own for each container.
    ids: Once<Ids>,
    links: Once<Links>,
    /// When the reads at work began, of all stores in that directory.
    busy: Arc<Mutex<Vec<Instant>>>,
}

/// Directories with one of their own for each container, by the IDs of the containers.
#[derive(Debug, Default)]
struct Ids {
    of: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// Those whose names could not be read, each with the reason, if it is one: they may have any.
    unlisted: Vec<(Vec<u8>, Missing)>,
}

/// What could not be read, by its name; and for whom it is read.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    /// The user whose files are believed.
    pub(super) owner: u32,
    pub(super) failures: &'a Failures,
    /// The worst reason for which something is not known.
    pub(super) why: Missing,
}

/// What could not be read in a listing.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<Vec<(String, Missing)>>);

/// So many are kept.
const MOST_FAILURES: usize = 64;

impl Failures {
    pub(super) fn add(&self, what: String, why: Missing) {
        let mut all = lock(&self.0);
        let is_known = all.iter().any(|(known, _)| *known == what);
        if !is_known && all.len() < MOST_FAILURES {
            all.push((what, why));
        }
    }

    pub(super) fn each(&self, mut each: impl FnMut(&str, Missing)) {
        for (what, why) in lock(&self.0).iter() {
            each(what, *why);
        }
    }
}

impl<'a> Asking<'a> {
    pub(super) fn new(owner: u32, failures: &'a Failures) -> Self {
        Self {
            owner,
            failures,
            why: Missing::None,
        }
    }

    fn failed(&mut self, what: String, why: Missing) {
        if why != Missing::None {
            self.failures.add(what, why);
            self.why = why;
        }
    }

    /// What is understood of a file.
    pub(super) fn parsed<T>(
        &mut self,
        dir: &Dir,
        file: &[u8],
        parsed: Result<T, serde_json::Error>,
    ) -> Option<T> {
        parsed
            .map_err(|_| self.failed(dir.named(file), Missing::Malformed))
            .ok()
    }

    /// The bytes of files of a directory, those of the owner alone.
    pub(super) fn read(
        &mut self,
        dir: &Dir,
        files: &[&[u8]],
        limit: usize,
    ) -> Vec<Option<Vec<u8>>> {
        let answers = dir.read(files, limit).into_iter().zip(files);
        let answers = answers.map(|(answer, file)| match answer {
            // What is another's is none of this runtime's.
            Ok(read) => (read.owner == self.owner).then_some(read.bytes),
            Err(error) => {
                let why = reason(&error);
                // Of what is refused as a whole one file is as good as another.
                let is_whole = matches!(why, Missing::Denied | Missing::Silent);
                let what = if is_whole {
                    dir.named(b"")
                } else {
                    dir.named(file)
                };
                self.failed(what, why);
                None
            }
        });
        answers.collect()
    }

    /// The names in a directory of the owner.
    fn names(&mut self, dir: &Dir) -> Vec<Vec<u8>> {
        match dir.names() {
            Ok((owner, names)) if owner == self.owner => names,
            Ok(_) => Vec::new(),
            Err(error) => {
                self.failed(dir.named(b""), reason(&error));
                Vec::new()
            }
        }
    }
}

/// Why a file is not known; nothing for one that is not there.
fn reason(error: &io::Error) -> Missing {
    match error.raw_os_error() {
        Some(libc::ENOTDIR | libc::ENODEV) => Missing::None,
        Some(libc::EFBIG) => Missing::TooLong,
        _ if is_no_such_file(error) => Missing::None,
        _ => match Missing::because_of(error) {
            Missing::None => Missing::Unreadable,
            why => why,
        },
    }
}

/// Notes that a store is read, until it is dropped.
struct Busy<'a>(&'a Mutex<Vec<Instant>>, Instant);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut busy = lock(self.0);
        if let Some(at) = busy.iter().position(|since| *since == self.1) {
            busy.swap_remove(at);
        }
    }
}

impl Store {
    /// `same` is another in that directory.
    pub(super) fn new(kind: Kind, dir: Dir, same: Option<&Self>) -> Self {
        Self {
            kind,
            dir,
            all: Once::default(),
            names: Once::default(),
            ids: Once::default(),
            links: Once::default(),
            busy: same.map(|same| Arc::clone(&same.busy)).unwrap_or_default(),
        }
    }

    /// Begins to read; nothing where a read of it does not answer, for which no second thread waits.
    fn begin(&self) -> Option<Busy<'_>> {
        let mut busy = lock(&self.busy);
        if busy.iter().any(|since| since.elapsed() > PATIENCE) {
            return None;
        }
        let now = Instant::now();
        busy.push(now);
        Some(Busy(&self.busy, now))
    }

    /// What it says of a container.
    pub(super) fn ask(
        &self,
        path: &ContainerPath,
        asking: &mut Asking<'_>,
        aside: &mut Aside<'_>,
    ) -> Option<Named> {
        let id = path.id.as_bytes();
        if !is_name(id) {
            return None;
        }
        let Some(_busy) = self.begin() else {
            asking.failed(self.dir.named(b""), Missing::Silent);
            return None;
        };
        match self.kind {
            Kind::Docker | Kind::Balena => {
                let runtime = match self.kind {
                    Kind::Balena => Runtime::Balena,
                    _ => Runtime::Docker,
                };
                if self.dirs_with(id, asking, aside).is_empty() {
                    return None;
                }
                let file = docker::path(id);
                let bytes = self.one(&file, OF_DOCKER, asking)?;
                asking.parsed(&self.dir, &file, docker::parse(&bytes, runtime))
            }
            Kind::Storage => self.in_storage(id, asking, aside),
            Kind::Containerd => self.in_containerd(id, asking, aside),
            Kind::State => {
                if self.dirs_with(id, asking, aside).is_empty() {
                    return None;
                }
                let state = self.state_of(id, asking)?;
                Some(with_bundle(state, &self.dir, asking))
            }
            Kind::Kubelet => self.in_links(path, asking, aside),
            Kind::Machines => {
                let bytes = self.one(id, OF_ONE, asking)?;
                Some(machine::parse(&bytes))
            }
            Kind::Incus => {
                let names = self.names.get(aside, |_| asking.names(&self.dir))?;
                let is_there = names.iter().any(|name| name == id);
                is_there.then(|| Named {
                    runtime: Some(Runtime::Incus),
                    ..Named::default()
                })
            }
        }
    }

    /// The containers that it has directories for. Their names are read once: most directories that are
    /// asked do not have the one that is looked for, or are not there.
    fn ids(&self, asking: &mut Asking<'_>, aside: &mut Aside<'_>) -> Option<Arc<Ids>> {
        self.ids.get(aside, |_| {
            let all = match self.kind {
                Kind::Docker | Kind::Balena => vec![docker::CONTAINERS.to_vec()],
                Kind::State => vec![Vec::new()],
                Kind::Containerd => self.namespaces(asking),
                Kind::Storage | Kind::Kubelet | Kind::Machines | Kind::Incus => Vec::new(),
            };
            let mut ids = Ids::default();
            for below in all {
                match self.below(&below).names() {
                    Ok((owner, names)) if owner == asking.owner => {
                        for name in names {
                            ids.of.entry(name).or_default().push(below.clone());
                        }
                    }
                    // What is another's is none of this runtime's, if it is not told by each file.
                    Ok(_) => ids.unlisted.push((below, Missing::None)),
                    Err(error) => match reason(&error) {
                        Missing::None => {}
                        why => ids.unlisted.push((below, why)),
                    },
                }
            }
            ids
        })
    }

    /// The directory at that path in it; itself for none.
    fn below(&self, path: &[u8]) -> Dir {
        match path {
            b"" => self.dir.clone(),
            path => self.dir.join(path),
        }
    }

    /// Those of its directories that have one for this container, or may.
    fn dirs_with(&self, id: &[u8], asking: &mut Asking<'_>, aside: &mut Aside<'_>) -> Vec<Vec<u8>> {
        let Some(ids) = self.ids(asking, aside) else {
            asking.failed(self.dir.named(b""), Missing::Silent);
            return Vec::new();
        };
        let of = ids.of.get(id).into_iter().flatten();
        // Each is tried, and says why it cannot be read.
        let unlisted = ids.unlisted.iter().map(|(below, _)| below);
        of.chain(unlisted).cloned().collect()
    }

    fn one(&self, file: &[u8], limit: usize, asking: &mut Asking<'_>) -> Option<Vec<u8>> {
        asking.read(&self.dir, &[file], limit).pop().flatten()
    }

    fn in_storage(
        &self,
        id: &[u8],
        asking: &mut Asking<'_>,
        aside: &mut Aside<'_>,
    ) -> Option<Named> {
        let all = self.all.get(aside, |_| {
            let mut all = HashMap::new();
            let lists = storage::lists();
            let files: Vec<&[u8]> = lists.iter().map(|(_, file)| &file[..]).collect();
            let read = asking.read(&self.dir, &files, OF_ALL);
            for ((driver, file), bytes) in lists.iter().zip(read) {
                if let Some(bytes) = bytes {
                    let parsed = storage::parse(&bytes, *driver, &mut all);
                    asking.parsed(&self.dir, file, parsed);
                }
            }
            all
        });
        let Some(all) = all else {
            asking.failed(self.dir.named(b""), Missing::Silent);
            return None;
        };
        let stored = all.get(id)?;
        let bundle = |id: &[u8], asking: &mut Asking<'_>| {
            let file = storage::bundle_path(stored.driver, id);
            let bytes = self.one(&file, OF_ONE, asking)?;
            asking.parsed(&self.dir, &file, bundle::parse(&bytes))
        };
        let own = bundle(id, asking);
        let sandbox = own.as_ref().and_then(|own| own.sandbox.clone());
        let sandbox = sandbox.filter(|sandbox| sandbox != id && is_name(sandbox));
        let sandbox = sandbox.and_then(|sandbox| bundle(&sandbox, asking));
        Some(storage::join(stored.named.clone(), own, sandbox.as_ref()))
    }

    /// The namespaces of containerd, with the directory before each.
    fn namespaces(&self, asking: &mut Asking<'_>) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for tasks in TASKS {
            let names = asking.names(&self.dir.join(tasks));
            all.extend(
                names
                    .into_iter()
                    .map(|name| [tasks.as_bytes(), &name].join(&b'/')),
            );
        }
        all
    }

    fn in_containerd(
        &self,
        id: &[u8],
        asking: &mut Asking<'_>,
        aside: &mut Aside<'_>,
    ) -> Option<Named> {
        let namespaces = self.dirs_with(id, asking, aside);
        if namespaces.is_empty() {
            return None;
        }
        let path =
            |namespace: &Vec<u8>, file: &str| [&namespace[..], id, file.as_bytes()].join(&b'/');
        let configs: Vec<_> = namespaces
            .iter()
            .map(|namespace| path(namespace, "config.json"))
            .collect();
        let files: Vec<&[u8]> = configs.iter().map(|file| &file[..]).collect();
        let read = asking.read(&self.dir, &files, OF_ONE);
        let mut found = read.into_iter().zip(&files).zip(namespaces.iter());
        let (bytes, file, namespace) =
            found.find_map(|((bytes, file), namespace)| Some((bytes?, *file, namespace)))?;
        let mut named = asking
            .parsed(&self.dir, file, bundle::parse(&bytes))
            .unwrap_or_default()
            .named;
        let is_of_docker = namespace.ends_with(b"/moby");
        named.runtime = Some(if is_of_docker {
            Runtime::Docker
        } else {
            Runtime::Containerd
        });
        if named.name.is_none() && named.pod.is_none() && !is_of_docker {
            named.name = chosen(id);
        }
        let init = self.one(&path(namespace, "init.pid"), OF_ONE, asking);
        let init = init.and_then(|pid| crate::bytes::decimal(pid.trim_ascii()));
        named.init = init.map(|pid| ProcessId::from(Pid::new(pid)));
        Some(named)
    }

    fn state_of(&self, id: &[u8], asking: &mut Asking<'_>) -> Option<State> {
        let files = state::files(id);
        let names: Vec<&[u8]> = files.iter().map(|file| &file[..]).collect();
        let read = asking.read(&self.dir, &names, OF_ONE);
        let mut found = read.into_iter().zip(names);
        let (bytes, file) = found.find_map(|(bytes, file)| Some((bytes?, file)))?;
        let mut state = asking.parsed(&self.dir, file, state::parse(&bytes))?;
        state.named.name = chosen(id);
        Some(state)
    }

    fn in_links(
        &self,
        path: &ContainerPath,
        asking: &mut Asking<'_>,
        aside: &mut Aside<'_>,
    ) -> Option<Named> {
        let links = self.links.get(aside, |_| {
            let mut links = Links::default();
            for name in asking.names(&self.dir.join("containers")) {
                links.add_container(&name);
            }
            for name in asking.names(&self.dir.join("pods")) {
                links.add_pod(&name);
            }
            links
        })?;
        let mut named = links
            .containers
            .get(path.id.as_bytes())
            .cloned()
            .unwrap_or_default();
        let pod = path
            .pod
            .as_ref()
            .and_then(|uid| links.pods.get(uid.as_bytes()));
        named.fill(Named {
            pod: pod.cloned(),
            ..Named::default()
        });
        Some(named)
    }

    /// The containers whose ID no control group shows to be one, each with what tells its group.
    pub(super) fn made_by_hand(&self, asking: &mut Asking<'_>) -> Vec<(ContainerPath, State)> {
        if !matches!(self.kind, Kind::State | Kind::Containerd) {
            return Vec::new();
        }
        let busy = self.begin();
        let ids = busy
            .as_ref()
            .and_then(|_| self.ids(asking, &mut |work| work()));
        let Some(ids) = ids else {
            asking.failed(self.dir.named(b""), Missing::Silent);
            return Vec::new();
        };
        for (below, why) in &ids.unlisted {
            asking.failed(self.below(below).named(b""), *why);
        }
        let chosen = |(id, _): &(&Vec<u8>, _)| is_name(id) && chosen(id).is_some();
        let mut all = Vec::new();
        for (id, dirs) in ids.of.iter().filter(chosen) {
            for dir in dirs {
                let found = match self.kind {
                    Kind::State => self.state_of(id, asking),
                    _ => self.state_in(dir, id, asking),
                };
                if let Some(state) = found {
                    let mut path = ContainerPath::new(Text::from(&id[..]));
                    path.runtime = state.named.runtime;
                    all.push((path, state));
                }
            }
        }
        all
    }

    /// What containerd's bundle in that directory says of a container's group.
    fn state_in(&self, dir: &[u8], id: &[u8], asking: &mut Asking<'_>) -> Option<State> {
        let file = [dir, id, b"config.json"].join(&b'/');
        let bytes = self.one(&file, OF_ONE, asking)?;
        let bundle = asking.parsed(&self.dir, &file, bundle::parse(&bytes));
        let group = bundle.and_then(|bundle| bundle.group);
        let mut state = State {
            groups: group.into_iter().collect(),
            ..State::default()
        };
        state.named.runtime = Some(Runtime::Containerd);
        Some(state)
    }
}

/// What a state says, with the annotations of its bundle.
fn with_bundle(state: State, root: &Dir, asking: &mut Asking<'_>) -> Named {
    let mut named = Named::default();
    if let Some(bundle) = &state.bundle
        && bundle.starts_with(b"/")
    {
        named = bundle_in(&root.beside(bundle), asking).unwrap_or_default();
    }
    let name = named.name.take();
    named.fill(state.named);
    // Its own name, where its runtime has a better one.
    named.name = name.or(named.name);
    named
}

/// What the bundle in a directory says.
pub(super) fn bundle_in(dir: &Dir, asking: &mut Asking<'_>) -> Option<Named> {
    let bytes = asking
        .read(dir, &[b"config.json"], OF_ONE)
        .pop()
        .flatten()?;
    let bundle = asking.parsed(dir, b"config.json", bundle::parse(&bytes))?;
    Some(bundle.named)
}

/// An ID that somebody chose is a name.
fn chosen(id: &[u8]) -> Option<Text> {
    let is_made = id.len() == 64 && id.iter().all(u8::is_ascii_hexdigit);
    (!is_made).then(|| Text::from(id))
}
