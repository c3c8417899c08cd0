//! The network namespaces of the host: what leads to each, and the sockets there.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    format::pid::LinkKind,
    ids::Pid,
    netlink::{Details, Wanted},
    reader::deadline,
    snapshot::{Needs, Pace, Seen, Slot, Unread},
    socket::Tables,
    value::Missing,
    view::{NetworkAt, View},
    watchdog::Patience,
};

/// What leads to each network namespace, by its number.
pub(super) struct Networks {
    view: View,
    of: BTreeMap<u64, Vec<NetworkAt>>,
}

/// So many ways to a namespace are tried: processes end.
const MOST: usize = 8;

/// What is read of processes that own sockets, and that lead to namespaces if these are looked for.
pub(super) fn needs(finds_networks: bool) -> Needs {
    if finds_networks {
        Needs::FDS | Needs::NETNS
    } else {
        Needs::FDS
    }
}

/// The network namespaces to which a process leads: its own, and those that it has open.
pub(super) fn of_process(seen: &Seen<'_>) -> Vec<(u64, Option<u32>)> {
    let own = seen.facts().netns.map(|number| (number, None));
    let opened = seen.opened().unwrap_or_default().iter();
    let opened = opened.filter_map(|opened| match (opened.slot, LinkKind::of(&opened.target)) {
        (Slot::Fd(fd), LinkKind::Inode(b"net", number)) => Some((number, Some(fd))),
        _ => None,
    });
    own.into_iter().chain(opened).collect()
}

impl Networks {
    /// With that of the calling thread.
    pub(super) fn of(view: &View) -> Self {
        let own = view.network().map(|number| (number, vec![NetworkAt::Own]));
        Self {
            view: view.clone(),
            of: own.into_iter().collect(),
        }
    }

    /// Adds those to which the process leads.
    pub(super) fn add(&mut self, pid: Pid, networks: &[(u64, Option<u32>)]) {
        for (number, fd) in networks {
            let at = match fd {
                Some(fd) => NetworkAt::Descriptor(pid, *fd),
                None => NetworkAt::Process(pid),
            };
            self.add_one(*number, at);
        }
    }

    fn add_one(&mut self, number: u64, at: NetworkAt) {
        let ways = self.of.entry(number).or_default();
        if ways.len() < MOST {
            ways.push(at);
            return;
        }
        // A process in it leads to its text as well.
        let worse = |way: &&mut NetworkAt| matches!(way, NetworkAt::Descriptor(..));
        if let (NetworkAt::Process(_), Some(way)) = (&at, ways.iter_mut().find(worse)) {
            *way = at;
        }
    }

    /// Gives the sockets of each namespace to `add`; what could not be read.
    pub(super) fn each(
        mut self,
        wanted: &Wanted,
        details: Details,
        pace: &Pace,
        time: Duration,
        add: &mut dyn FnMut(Option<u64>, Tables),
    ) -> Vec<Unread> {
        let mut unread = Vec::new();
        match self.view.mounted_networks() {
            Ok(mounted) => {
                for (number, at) in mounted {
                    self.add_one(number, at);
                }
            }
            Err(error) => {
                let why = match Missing::because_of(&error) {
                    Missing::None => Missing::Unsupported,
                    why => why,
                };
                Unread::add_file(&mut unread, "mountinfo", why);
            }
        }
        // All of them together are waited for.
        let (patience, until) = (&mut Patience::new(time), deadline(time));
        for (number, mut ways) in self.of {
            if pace.stops().is_some() {
                break;
            }
            ways.sort_by_key(rank);
            let asked = (wanted, details);
            match self
                .view
                .sockets_of(number, &ways, asked, (patience, until))
            {
                Ok(Some(tables)) => add(Some(number), tables),
                // It is gone.
                Ok(None) => {}
                Err(why) => Unread::add_file(&mut unread, &format!("net:[{number}]"), why),
            }
        }
        unread
    }
}

/// Which of the ways to a namespace is tried first.
fn rank(way: &NetworkAt) -> u8 {
    match way {
        NetworkAt::Own => 0,
        NetworkAt::Process(_) => 1,
        NetworkAt::Mount(_) => 2,
        NetworkAt::Descriptor(..) => 3,
    }
}
