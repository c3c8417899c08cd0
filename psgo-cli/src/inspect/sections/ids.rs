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
    doc.put_own("seccomp_filters", Ok(of(filters)));
    let file = |id: u32| ("file", int(id));
    let uids = process.uids().map(|ids| object([file(ids.file.get())]));
    doc.put_own("uids", uids);
    let gids = process.gids().map(|ids| object([file(ids.file.get())]));
    doc.put_own("gids", gids);
    let label = process.label().map(|label| maybe(label.map(Value::Text)));
    doc.put_own("label", label);
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
