//! Listings of a view that keeps to some containers, where others share their PID namespace.

use std::collections::HashMap;

use super::{
    ancestry,
    ask::{Ask, Outcome},
    listing::Listing,
    members::{Place, Told, select},
    needs::Needs,
    retained::Retained,
    rows::Extra,
    seen::Seen,
    unread::Unread,
    work::Extract,
};
use crate::{
    error::{ErrorKind, Result},
    ids::{Pid, ProcessId},
    namespace::{another, gone},
    runtimes::Within,
    value::{Missing, Value},
    view::View,
};

impl<'a> Listing<'a> {
    /// Starts to read what is asked for, of the processes to which the view keeps. `extract` makes the
    /// cells of each process and the extra; what is in `retained` is not read again.
    pub(crate) fn start(
        ask: Ask<'_>,
        retained: Option<&'a mut Retained>,
        extract: Box<Extract>,
    ) -> Result<Self> {
        let Some((members, outcome)) = members(&ask)? else {
            let are_named = ask.pids.is_some();
            return Self::begin(ask, are_named, retained, extract);
        };
        let (mut lost, mut kept) = (Vec::new(), Vec::new());
        let are_named = ask.pids.is_some();
        if let Some(named) = ask.pids {
            for asked in named {
                match members.binary_search_by_key(&asked.pid, |member| member.pid) {
                    Err(_) => lost.push((asked.pid, gone(asked.pid))),
                    Ok(at) => match members.get(at) {
                        Some(member) if asked.start.is_none() || asked.start == member.start => {
                            kept.push(*member);
                        }
                        _ => lost.push((asked.pid, another(asked.pid))),
                    },
                }
            }
        } else {
            kept = members;
        }
        let ask = Ask {
            pids: Some(&kept),
            ..ask
        };
        let mut listing = Self::begin(ask, are_named, retained, extract)?;
        listing.add(lost, outcome);
        Ok(listing)
    }
}

/// Whether the view shows a process, by all that it keeps to.
pub(crate) fn has_member(view: &View, process: ProcessId) -> Result<bool> {
    let ask = Ask {
        view,
        pids: None,
        needs: Needs::empty(),
        pace: super::ask::Pace {
            timeout: view.patience(),
            ..super::ask::Pace::default()
        },
    };
    let members = members(&ask)?;
    Ok(members.is_none_or(|(members, _)| members.contains(&process)))
}

/// The processes to which the view keeps, and what could not be read of others; `None` where it keeps to
/// none.
fn members(ask: &Ask<'_>) -> Result<Option<(Vec<ProcessId>, Outcome)>> {
    let Some(within) = ask.view.within() else {
        return Ok(None);
    };
    let (told, mut outcome) = all(ask, &ask.view.without_bounds(), within)?;
    outcome
        .skipped
        .retain(|skipped| skipped.error.kind() != ErrorKind::Gone);
    for (pid, told) in &told {
        if told.is_unread {
            Unread::add(
                &mut outcome.partial,
                "cgroup",
                Missing::Unreadable,
                Some(*pid),
            );
        }
    }
    let mut members: Vec<_> = select(&told, within.init)
        .into_iter()
        .map(|pid| ProcessId {
            pid,
            start: told.get(&pid).and_then(|told| told.start),
        })
        .collect();
    members.sort_unstable();
    Ok(Some((members, outcome)))
}

fn all(ask: &Ask<'_>, view: &View, within: &Within) -> Result<(HashMap<Pid, Told>, Outcome)> {
    let ask = Ask {
        view,
        pids: None,
        needs: Needs::STAT | Needs::JOBS | Needs::CGROUP | Needs::CONTAINER,
        pace: ask.pace.clone(),
    };
    let within = within.clone();
    let tell = move |seen: &Seen<'_>, _: &mut Vec<Value>| {
        let place = match seen.container() {
            Some(found) if within.has(&found.path) => Place::Inside,
            Some(_) => Place::Elsewhere,
            None => Place::Nowhere,
        };
        let told = Told {
            start: seen.stat().map(|stat| stat.starttime),
            parent: seen.ppid().and_then(ancestry::number),
            place,
            is_unread: seen.facts().cgroup.is_none(),
        };
        Extra::Made(Box::new(told), size_of::<Told>())
    };
    let mut listing = Listing::begin(ask, false, None, Box::new(tell))?;
    let mut told = HashMap::new();
    while let Some(row) = listing.next()? {
        told.extend(row.extra.made().map(|made| (row.pid, made)));
    }
    Ok((told, listing.finish()))
}
