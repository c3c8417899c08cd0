//! `Search`: which container a process is in, and what that is called, for one listing.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

#[cfg(test)]
use super::watchers::Kept;
use super::{
    asked::{Asked, Host},
    config::Config,
    files::{OF_ONE, Root},
    groups::{AllGroups, GroupSeen, Usage, mounts},
    listed::Found,
    named::Named,
    once::{Aside, Once},
    places,
    state::State,
    store::{Asking, Failures, Kind, Store, bundle_in},
    watchers::{Watchers, keep},
};
use crate::{
    container::{ContainerPath, Runtime},
    format::pid::Cgroup,
    ids::{Pid, Uid},
    sync::lock,
    value::{Missing, Text},
    watchdog::{Patience, wait_with},
};

/// The user whose files are those of the host's own runtimes.
const ROOT: u32 = 0;

/// The ID of a container, and whose it is.
type Key = (Text, Option<Uid>);

/// Finds the containers of processes, for one listing.
#[derive(Debug)]
pub(crate) struct Search {
    config: Config,
    /// Whether processes are asked for by the numbers that they have where the runtimes are.
    has_same_pids: bool,
    names: bool,
    /// The host's root directory; nothing in a copy, which has no files of runtimes.
    root: Option<Root>,
    /// The user whose files are believed of containers that are no user's: root, but for tests.
    owner: u32,
    /// Those of root's runtimes.
    stores: Arc<Vec<Store>>,
    /// Those of each user's.
    of_users: Mutex<HashMap<Uid, Arc<Vec<Store>>>>,
    /// The home directories of users.
    homes: Once<HashMap<u32, Vec<u8>>>,
    watchers: Watchers,
    /// Containers whose groups do not show it.
    by_hand: Vec<(ContainerPath, State)>,
    known: Mutex<HashMap<Key, Arc<Once<Found>>>>,
    groups: Option<AllGroups>,
    failures: Arc<Failures>,
}

impl Search {
    /// Begins to search for what is `asked`. `usage` is what control groups had used at the previous
    /// sample.
    pub(crate) fn begin(
        config: &Config,
        host: &Host<'_>,
        asked: Asked,
        usage: Option<Usage>,
        mut patience: Option<&mut Patience>,
    ) -> Self {
        let Host {
            proc: host,
            is_own,
            has_same_pids,
        } = *host;
        let mut search = Self::empty(config, has_same_pids, asked.names);
        if !host.is_genuine() {
            return search;
        }
        if asked.figures {
            let proc = Arc::clone(host);
            let mounts = wait_with(patience.as_deref_mut(), move || mounts(&proc));
            search.groups = Some(AllGroups::new(mounts, usage));
        }
        if !asked.ids && !asked.names {
            return search;
        }
        let proc = Arc::clone(host);
        let seen = wait_with(patience.as_deref_mut(), move || {
            Ok((Watchers::find(&proc, is_own)?, Root::of(&proc, is_own)?))
        });
        match seen {
            Ok((watchers, root)) => {
                search.watchers = watchers;
                search.find_stores(root, patience.as_deref_mut());
            }
            Err(error) => search.failed(host.named("comm"), &error),
        }
        search.look_for_groups(patience);
        search
    }

    fn empty(config: &Config, has_same_pids: bool, names: bool) -> Self {
        Self {
            config: config.clone(),
            has_same_pids,
            names,
            root: None,
            owner: ROOT,
            stores: Arc::default(),
            of_users: Mutex::default(),
            homes: Once::default(),
            watchers: Watchers::default(),
            by_hand: Vec::new(),
            known: Mutex::default(),
            groups: None,
            failures: Arc::default(),
        }
    }

    /// As of a host whose root directory that is, where `owner` is root.
    #[cfg(test)]
    pub(super) fn in_tree(config: &Config, root: Root, owner: u32, kept: Vec<Kept>) -> Self {
        let mut search = Self::empty(config, true, true);
        search.owner = owner;
        search.watchers.kept = kept;
        search.find_stores(root, None);
        search.look_for_groups(Some(&mut Patience::new(Duration::from_secs(60))));
        search
    }

    /// Finds the directories of root's runtimes, also those that a daemon's configuration names.
    fn find_stores(&mut self, root: Root, mut patience: Option<&mut Patience>) {
        for (dir, file) in places::configs(&root, &self.watchers) {
            let (owner, failures) = (self.owner, Arc::clone(&self.failures));
            let what = dir.named(&file);
            let read = wait_with(patience.as_deref_mut(), move || {
                let mut asking = Asking::new(owner, &failures);
                Ok(places::configured(&dir, &file, &mut asking))
            });
            match read {
                Ok(roots) => keep(roots, &mut self.watchers.kept),
                Err(error) => self.failed(what, &error),
            }
        }
        let stores = places::of_root(&root, &self.config, &self.watchers);
        self.stores = Arc::new(stores);
        self.root = Some(root);
    }

    /// Reads which containers have groups that do not show it. A store that does not answer costs its
    /// own; and nobody asks it again in this listing.
    fn look_for_groups(&mut self, mut patience: Option<&mut Patience>) {
        let mut from = 0;
        while from < self.stores.len() {
            let (owner, failures) = (self.owner, Arc::clone(&self.failures));
            let stores = Arc::clone(&self.stores);
            // How far it is, and what was found: of a thread that is left behind too.
            let at = Arc::new(AtomicUsize::new(from));
            let found = Arc::new(Mutex::new(Vec::new()));
            let (its_at, its_found) = (Arc::clone(&at), Arc::clone(&found));
            let read = wait_with(patience.as_deref_mut(), move || {
                while let Some(store) = stores.get(its_at.load(Relaxed)) {
                    let mut asking = Asking::new(owner, &failures);
                    let all = store.made_by_hand(&mut asking);
                    lock(&its_found).extend(all);
                    its_at.fetch_add(1, Relaxed);
                }
                Ok(())
            });
            let at = at.load(Relaxed);
            self.by_hand.append(&mut lock(&found));
            match (read, self.stores.get(at)) {
                (Err(error), Some(silent)) => self.failed(silent.dir.named(b""), &error),
                _ => return,
            }
            from = at + 1;
        }
    }

    fn failed(&self, what: String, error: &io::Error) {
        let why = match Missing::because_of(error) {
            Missing::None => Missing::Unreadable,
            why => why,
        };
        self.failures.add(what, why);
    }

    /// The container of a process with these control groups. `before` is that of the process asked for
    /// before. No file is read unless it `may` be. What waits for another thread runs `aside`.
    pub(crate) fn find(
        &self,
        pid: Pid,
        groups: Option<&Cgroup>,
        before: Option<Arc<Found>>,
        may_read: bool,
        aside: &mut Aside<'_>,
    ) -> Option<Arc<Found>> {
        let watched = self.watchers.of.get(&pid).filter(|_| self.has_same_pids);
        let by_group = groups.and_then(|groups| {
            ContainerPath::from_cgroups(groups).or_else(|| self.made_by_hand(groups))
        });
        let has_group = by_group.is_some();
        let path = by_group.or_else(|| {
            let watcher = self.watchers.all.get(*watched?);
            watcher.map(|watcher| watcher.path.clone())
        })?;
        let is_same = |before: &Arc<Found>| {
            before.path == path && before.has_group == has_group && before.why != Missing::Silent
        };
        if let Some(before) = before.filter(is_same) {
            return Some(before);
        }
        let nothing = |path, why| {
            Some(Arc::new(Found {
                path,
                has_group,
                groups: None,
                named: None,
                why,
            }))
        };
        if !may_read {
            return nothing(path, Missing::Silent);
        }
        let key = path.key();
        let once = Arc::clone(lock(&self.known).entry(key).or_default());
        let found = once.get(aside, |aside| {
            let (named, why) = if self.names {
                self.named(&path, aside)
            } else {
                (None, Missing::None)
            };
            Found {
                path: path.clone(),
                has_group,
                groups: groups.filter(|_| has_group).map(|all| path.own_groups(all)),
                named,
                why,
            }
        });
        match found {
            // Another process of it has told its group otherwise, or not at all.
            Some(found) if found.path != path || found.has_group != has_group => {
                Some(Arc::new(Found {
                    path,
                    has_group,
                    groups: found.groups.clone(),
                    named: found.named.clone(),
                    why: found.why,
                }))
            }
            Some(found) => Some(found),
            None => nothing(path, Missing::Silent),
        }
    }

    /// The container to whose group one of these belongs, though its form does not show that.
    fn made_by_hand(&self, groups: &Cgroup) -> Option<ContainerPath> {
        let has = |state: &State| groups.rows.iter().any(|row| state.has(&row.path.path));
        let found = self.by_hand.iter().find(|(_, state)| has(state));
        found.map(|(path, _)| path.clone())
    }

    /// What is known of a container, and why not more.
    fn named(&self, path: &ContainerPath, aside: &mut Aside<'_>) -> (Option<Arc<Named>>, Missing) {
        let supplied = self.config.supplied.as_ref();
        let supplied = supplied.and_then(|supplied| supplied.0.named(path));
        if let Some(named) = supplied {
            // Who names its containers itself knows them.
            return (Some(Arc::new(named)), Missing::None);
        }
        let owner = path.user.map_or(self.owner, Uid::get);
        let mut asking = Asking::new(owner, &self.failures);
        let mut named = Named::default();
        let users;
        let stores = match path.user {
            None => &*self.stores,
            Some(user) => {
                users = self.of_user(user, aside);
                &*users
            }
        };
        for kind in order(path.runtime) {
            for store in stores.iter().filter(|store| store.kind == *kind) {
                if named.is_whole() {
                    break;
                }
                if let Some(more) = store.ask(path, &mut asking, aside) {
                    named.fill(more);
                }
            }
        }
        self.ask_watcher(path, &mut named, &mut asking);
        match path.runtime {
            // A runtime with another above it calls its groups so for that.
            None | Some(Runtime::Runc | Runtime::Crun | Runtime::Youki | Runtime::Lxc) => {
                named.runtime = named.runtime.or(path.runtime);
            }
            runtime => named.runtime = runtime,
        }
        if let Some(uid) = &path.pod {
            let pod = named.pod.get_or_insert_default();
            pod.uid.get_or_insert_with(|| uid.clone());
        }
        let why = asking.why;
        let is_known = named != Named::default();
        (is_known.then(|| Arc::new(named)), why)
    }

    /// Asks the process that watches the container, if it is of its user.
    fn ask_watcher(&self, path: &ContainerPath, named: &mut Named, asking: &mut Asking<'_>) {
        let mut all = self.watchers.all.iter();
        let Some(watcher) = all.find(|watcher| watcher.path.is_same(path)) else {
            return;
        };
        named.fill(watcher.named.clone());
        // One in a graph root was read with that.
        let bundle = watcher.bundle.as_deref();
        let bundle = bundle.filter(|bundle| places::graph_root(bundle).is_none());
        if let (false, Some(root), Some(bundle)) = (named.is_whole(), &self.root, bundle) {
            named.fill(bundle_in(&root.dir(bundle), asking).unwrap_or_default());
        }
    }

    /// The directories of a user's own runtimes.
    fn of_user(&self, user: Uid, aside: &mut Aside<'_>) -> Arc<Vec<Store>> {
        if let Some(stores) = lock(&self.of_users).get(&user) {
            return Arc::clone(stores);
        }
        let Some(root) = &self.root else {
            return Arc::default();
        };
        let homes = self.homes.get(aside, |_| {
            let mut asking = Asking::new(self.owner, &self.failures);
            let passwd = asking.read(&root.dir("etc"), &[b"passwd"], OF_ONE);
            places::homes(&passwd.into_iter().next().flatten().unwrap_or_default())
        });
        let home = homes.as_ref().and_then(|homes| homes.get(&user.get()));
        let home = home.map(Vec::as_slice);
        let stores = places::of_user(root, user, home, &self.config, &self.watchers);
        let stores = Arc::new(stores);
        let mut all = lock(&self.of_users);
        Arc::clone(all.entry(user).or_insert(stores))
    }

    /// What the control groups of a process use and may use, read `at` that time by the first who asks.
    pub(crate) fn figures(
        &self,
        groups: &Cgroup,
        at: Duration,
        aside: &mut Aside<'_>,
    ) -> Option<Arc<GroupSeen>> {
        let all = self.groups.as_ref()?;
        Some(all.seen(groups, at, aside))
    }

    /// What control groups had used, for the next sample.
    pub(crate) fn usage(&self) -> Usage {
        let all = self.groups.as_ref();
        all.map(AllGroups::usage).unwrap_or_default()
    }

    /// Gives each file that could not be read, and why.
    pub(crate) fn each_failure(&self, each: impl FnMut(&str, Missing)) {
        self.failures.each(each);
    }
}

/// Whose files are asked for a container of that runtime, the likeliest first.
fn order(runtime: Option<Runtime>) -> &'static [Kind] {
    match runtime {
        Some(Runtime::Docker | Runtime::Balena) => {
            &[Kind::Docker, Kind::Balena, Kind::Containerd, Kind::Kubelet]
        }
        Some(Runtime::BuildKit) => &[],
        Some(Runtime::Podman) => &[Kind::Storage],
        Some(Runtime::CriO) => &[Kind::Storage, Kind::Kubelet],
        Some(Runtime::Containerd) => &[Kind::Containerd, Kind::Kubelet],
        Some(Runtime::Nspawn) => &[Kind::Machines],
        Some(Runtime::Lxc | Runtime::Incus) => &[Kind::Incus],
        Some(Runtime::Runc | Runtime::Crun | Runtime::Youki) => {
            &[Kind::Storage, Kind::Containerd, Kind::State]
        }
        None => &[
            Kind::Docker,
            Kind::Balena,
            Kind::Containerd,
            Kind::Storage,
            Kind::Kubelet,
            Kind::State,
        ],
    }
}
