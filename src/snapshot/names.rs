//! Asking for the names that the cells of a process will show.

use super::{needs::Needs, seen::Seen, task::Task};
use crate::view::Inner;

/// Keeps the name of the effective user for the next processes, which are often the same user's.
pub(super) fn remember_user(view: &Inner, task: &mut Task) {
    let seen = Seen { task, view };
    let uid = seen.effective_uid().and_then(|read| seen.uid(read));
    if let Some(uid) = uid.filter(|uid| !task.knows_user(*uid)) {
        let name = Seen { task, view }.user(uid);
        task.user = Some((uid, name));
    }
}

/// Asks for the names that are needed.
pub(super) fn learn(view: &Inner, needs: Needs, task: &Task) {
    let seen = Seen { task, view };
    if needs.intersects(Needs::USERS | Needs::HOST_USERS) {
        for uid in seen.effective_uid().into_iter().chain(seen.real_uid()) {
            if needs.contains(Needs::USERS)
                && let Some(uid) = seen.uid(uid)
                && !task.knows_user(uid)
            {
                view.users().learn(uid.get());
            }
            if needs.contains(Needs::HOST_USERS) {
                seen.host_uid(uid)
                    .inspect(|uid| view.host_users().learn(uid.get()));
            }
        }
    }
    if !needs.intersects(Needs::GROUPS | Needs::HOST_GROUPS) {
        return;
    }
    let gids = seen.effective_gid().into_iter().chain(seen.real_gid());
    for gid in gids {
        if needs.contains(Needs::GROUPS) {
            seen.gid(gid).inspect(|gid| view.groups().learn(gid.get()));
        }
        if needs.contains(Needs::HOST_GROUPS) {
            seen.host_gid(gid)
                .inspect(|gid| view.host_groups().learn(gid.get()));
        }
    }
    let (mut nameless, mut nameless_on_host) = (0, 0);
    for gid in seen.groups().into_iter().flatten() {
        if needs.contains(Needs::GROUPS)
            && let Some(gid) = seen.gid(gid)
        {
            view.groups().learn_of_many(gid.get(), &mut nameless);
        }
        if needs.contains(Needs::HOST_GROUPS)
            && let Some(gid) = seen.host_gid(gid)
        {
            let names = view.host_groups();
            names.learn_of_many(gid.get(), &mut nameless_on_host);
        }
    }
}
