//! Asking for the names that the cells of a process will show.

use super::{needs::Needs, seen::Seen, task::Task};
use crate::{ids::Uid, view::Inner};

/// Keeps the name of the effective user for the next processes, which are often the same user's.
pub(super) fn remember_user(view: &Inner, task: &mut Task) {
    let seen = Seen { task, view };
    let uid = seen.effective_uid().and_then(|read| seen.uid(read).ok());
    if let Some(uid) = uid.filter(|uid| !task.knows_user(*uid)) {
        let name = Seen { task, view }.user(uid);
        task.user = Some((uid, name));
    }
}

/// Asks for the names that are needed.
pub(super) fn learn(view: &Inner, needs: Needs, task: &Task) {
    let seen = Seen { task, view };
    let (names, host) = (seen.names(), view.host_tables());
    if needs.intersects(Needs::USERS | Needs::HOST_USERS) {
        for uid in seen.effective_uid().into_iter().chain(seen.real_uid()) {
            if needs.contains(Needs::USERS)
                && let Ok(uid) = seen.uid(uid)
                && !task.knows_user(uid)
            {
                names.users.learn(uid.get());
            }
            if needs.contains(Needs::HOST_USERS) {
                let uid = seen.host_uid(uid);
                let _ = uid.inspect(|uid| host.users.learn(uid.get()));
            }
        }
    }
    if needs.contains(Needs::CONTAINER_USERS)
        && let (Some(own), Some(names)) = (seen.own_uid(), seen.own_names())
    {
        let _ = own.inspect(|uid| names.users.learn(uid.get()));
    }
    if needs.contains(Needs::USERS | Needs::METADATA) {
        let opened = seen.opened().unwrap_or_default().iter();
        // A process can hold files of as many owners as it likes.
        let (mut last, mut nameless) = (None, 0);
        for owner in opened.filter_map(|opened| opened.behind?.owner) {
            if last.replace(owner) != Some(owner)
                && let Ok(uid) = seen.uid(Uid::new(owner))
                && !task.knows_user(uid)
            {
                names.users.learn_of_many(uid.get(), &mut nameless);
            }
        }
    }
    if !needs.intersects(Needs::GROUPS | Needs::HOST_GROUPS) {
        return;
    }
    let gids = seen.effective_gid().into_iter().chain(seen.real_gid());
    for gid in gids {
        if needs.contains(Needs::GROUPS) {
            let gid = seen.gid(gid);
            let _ = gid.inspect(|gid| names.groups.learn(gid.get()));
        }
        if needs.contains(Needs::HOST_GROUPS) {
            let gid = seen.host_gid(gid);
            let _ = gid.inspect(|gid| host.groups.learn(gid.get()));
        }
    }
    let (mut nameless, mut nameless_on_host) = (0, 0);
    for gid in seen.groups().into_iter().flatten() {
        if needs.contains(Needs::GROUPS)
            && let Ok(gid) = seen.gid(gid)
        {
            names.groups.learn_of_many(gid.get(), &mut nameless);
        }
        if needs.contains(Needs::HOST_GROUPS)
            && let Ok(gid) = seen.host_gid(gid)
        {
            let names = &host.groups;
            names.learn_of_many(gid.get(), &mut nameless_on_host);
        }
    }
}
