//! Users, groups, capabilities, and what restricts them.

use std::fmt::Display;

use psgo::{Ids, Process, Text, Value, caps::CapSet};

use crate::inspect::{
    document::{Document, int, list, maybe, object},
    page::Page,
    text::{or_none, text},
};

pub(super) fn page(page: &mut Page, process: &Process) {
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
    if let Some(error) = process.unnamed() {
        page.missing("names", &error);
    }
    match process.login_user() {
        Ok(Some(uid)) => page.row("logged in as", &text(process.user_name(uid))),
        Ok(None) => {}
        Err(error) => page.missing("logged in as", &error),
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
                    page.row(name, &capabilities(set));
                }
            }
        }
        Err(error) => page.missing("capabilities", &error),
    }
    let status = process.status();
    if let Err(error) = &status {
        page.missing("seccomp", error);
    }
    if let Ok(status) = status {
        let seccomp = match status.seccomp {
            Some(0) => "none".to_owned(),
            Some(1) => "strict".to_owned(),
            Some(2) => match status.seccomp_filters {
                Some(filters) => format!("{filters} filters"),
                None => "filters".to_owned(),
            },
            // This kernel has no such line, or another number in it.
            Some(other) => other.to_string(),
            None => page.untold(),
        };
        page.row("seccomp", &seccomp);
        let bare = match status.no_new_privs {
            Some(1) => "yes".to_owned(),
            Some(_) => "no".to_owned(),
            None => page.untold(),
        };
        page.row("no new privileges", &bare);
        if let Some(umask) = status.umask {
            page.row("umask", &format!("{umask:04o}"));
        }
    }
    page.told("label", process.label().map(or_none));
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    doc.put("username", process.user().map(Value::Text));
    let uids = process.uids().map(|ids| {
        object([
            ("real", int(ids.real.get())),
            ("effective", int(ids.effective.get())),
            ("saved", int(ids.saved.get())),
        ])
    });
    doc.put("uids", uids);
    let gids = process.gids().map(|ids| {
        object([
            ("real", int(ids.real.get())),
            ("effective", int(ids.effective.get())),
            ("saved", int(ids.saved.get())),
        ])
    });
    doc.put("gids", gids);
    let groups = process.groups();
    let groups = groups.map(|all| list(all.into_iter().map(|gid| int(gid.get()))));
    doc.put_ext("groups", groups);
    let login = process.login_user();
    let login = login.map(|uid| maybe(uid.map(|uid| int(uid.get()))));
    doc.put_ext("loginuid", login);
    let status = process.status();
    // Fields of `ext` are null without a reason.
    let status = status.as_ref().ok();
    let of = |number: Option<u32>| maybe(number.map(int));
    doc.put_ext("umask", Ok(of(status.and_then(|status| status.umask))));
    doc.put_ext("seccomp", Ok(of(status.and_then(|status| status.seccomp))));
    let bare = status.and_then(|status| status.no_new_privs);
    doc.put_ext("no_new_privs", Ok(maybe(bare.map(|n| Value::Bool(n == 1)))));
    let caps = process.capabilities();
    let mask = |set: CapSet| Value::text(format!("{:016x}", set.mask()));
    doc.put_ext(
        "cap_eff",
        caps.as_ref()
            .map(|caps| mask(caps.effective))
            .map_err(Clone::clone),
    );
    let sets = caps.map(|caps| {
        object([
            ("effective", Value::Caps(caps.effective)),
            ("permitted", Value::Caps(caps.permitted)),
            ("inheritable", Value::Caps(caps.inheritable)),
            ("bounding", Value::Caps(caps.bounding)),
            ("ambient", maybe(caps.ambient.map(Value::Caps))),
        ])
    });
    doc.put_own("capabilities", sets);
    let filters = status.and_then(|status| status.seccomp_filters);
    let unnamed = process
        .unnamed()
        .map(|error| Value::text(error.to_string()));
    doc.put_own("unnamed", Ok(maybe(unnamed)));
    doc.put_own("seccomp_filters", Ok(of(filters)));
    let file = |id: u32| ("file", int(id));
    let uids = process.uids();
    let files = uids.as_ref().map(|ids| object([file(ids.file.get())]));
    doc.put_own("uids", files.map_err(Clone::clone));
    let users = uids.map(|ids| names(ids, |uid| process.user_name(uid)));
    doc.put_own("user_names", users);
    let gids = process.gids();
    let files = gids.as_ref().map(|ids| object([file(ids.file.get())]));
    doc.put_own("gids", files.map_err(Clone::clone));
    let groups = gids.map(|ids| names(ids, |gid| process.group_name(gid)));
    doc.put_own("group_names", groups);
    let further = process.groups().map(|all| {
        let names = all.into_iter().map(|gid| process.group_name(gid));
        list(names.map(Value::Text))
    });
    doc.put_own("groups_names", further);
    let login = process.login_user().map(|uid| {
        let name = uid.map(|uid| process.user_name(uid));
        maybe(name.map(Value::Text))
    });
    doc.put_own("login_name", login);
    let label = process.label().map(|label| maybe(label.map(Value::Text)));
    doc.put_own("label", label);
}

/// The names of a set; of one with most capabilities, the names of the others.
fn capabilities(set: CapSet) -> String {
    let full = CapSet::full(set.last());
    let others = CapSet::new(full.mask() & !set.mask(), set.last());
    let is_known = set.mask() & !full.mask() == 0;
    let has_most = set.mask().count_ones() > full.mask().count_ones() / 2;
    let text = |set: CapSet| set.to_string().replace(',', ", ");
    if is_known && has_most && !others.is_empty() {
        format!("all but {}", text(others))
    } else {
        text(set)
    }
}

/// The names of all ids; a number where there is none.
fn names<T: Copy>(ids: Ids<T>, name: impl Fn(T) -> Text) -> Value {
    object([
        ("real", Value::Text(name(ids.real))),
        ("effective", Value::Text(name(ids.effective))),
        ("saved", Value::Text(name(ids.saved))),
        ("file", Value::Text(name(ids.file))),
    ])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_most_capabilities_the_others_are_named() {
        let full = CapSet::full(40);
        let set = |mask| capabilities(CapSet::new(mask, 40));
        assert_eq!(set(full.mask()), "full");
        assert_eq!(set(full.mask() & !(1 << 24)), "all but SYS_RESOURCE");
        assert_eq!(set(full.mask() & !1 & !(1 << 5)), "all but CHOWN, KILL");
        assert_eq!(set(1 | 1 << 5), "CHOWN, KILL");
        assert_eq!(set(0), "none");
        // A bit that this kernel does not know is told.
        assert!(set(full.mask() & !1 | 1 << 50).ends_with(", CAP_50"));
    }
}
