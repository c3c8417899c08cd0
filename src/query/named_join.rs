//! Joins of containers by their names and IDs, and of pods.

use std::{fmt::Write as _, sync::Arc};

use super::containers::Containers;
use crate::{
    bytes::Escaped,
    container::ContainerPath,
    error::{Error, ErrorKind, Result},
    namespace::HeldProcess,
    runtimes::{Container, Pod, Within},
    snapshot::{Ask, Extra, Listing, Needs, Pace, Seen},
    value::{Text, Value},
    view::{JoinOptions, JoinedViews, Skipped, Target, View},
    watchdog::Patience,
};

/// So many are named in an error.
const NAMED: usize = 5;

/// How often a container is looked up that ends while it is joined.
const ATTEMPTS: usize = 3;

/// Joins one PID namespace.
pub(super) fn open(base: &View, target: Target<'_>, options: &JoinOptions) -> Result<View> {
    let joined = joined(base, target, options, false)?;
    let mut views = joined.views.into_iter();
    match (views.next(), views.next()) {
        (Some(view), None) => Ok(view),
        (None, _) => Err(joined
            .skipped
            .into_iter()
            .next()
            .map_or_else(|| ended(target), |skipped| skipped.error)),
        (Some(_), Some(_)) => Err(Error::new(
            ErrorKind::Invalid,
            target.shown(),
            "the containers of this pod have PID namespaces of their own: name one of them",
        )),
    }
}

/// Joins each PID namespace.
pub(super) fn open_each(
    base: &View,
    target: Target<'_>,
    options: &JoinOptions,
) -> Result<JoinedViews> {
    joined(base, target, options, true)
}

fn ended(target: Target<'_>) -> Error {
    Error::new(
        ErrorKind::Gone,
        target.shown(),
        "the container ended while it was joined",
    )
}

/// The PID namespaces of what is meant; of a pod with that of what holds it together, if `all`.
fn joined(
    base: &View,
    target: Target<'_>,
    options: &JoinOptions,
    all: bool,
) -> Result<JoinedViews> {
    for _ in 0..ATTEMPTS {
        let containers = base.containers()?;
        let chosen = choose(&containers, target).map_err(|error| lacking(error, &containers))?;
        let paths: Vec<_> = chosen
            .iter()
            .map(|container| container.path().clone())
            .collect();
        let has_others = chosen.iter().any(|container| !container.is_sandbox());
        let wanted = chosen
            .iter()
            .filter(|container| all || !has_others || !container.is_sandbox());
        let mut joined = JoinedViews::default();
        let mut is_gone = false;
        for container in wanted {
            match join(base, container, &paths, options, &joined.views) {
                Ok(view) => joined.views.extend(view),
                Err(error) if error.kind() == ErrorKind::Gone => is_gone = true,
                Err(error) => {
                    let pid = container.first.pid;
                    joined.skipped.push(Skipped::named(pid, None, error));
                }
            }
        }
        // One of a pod may end at any time.
        if !is_gone || !joined.views.is_empty() {
            return match (joined.views.is_empty(), joined.skipped.first()) {
                (true, Some(skipped)) => Err(skipped.error.clone()),
                _ => Ok(joined),
            };
        }
    }
    Err(ended(target))
}

/// Joins a container; `None` where its PID namespace is that of a view that there is.
fn join(
    base: &View,
    container: &Container,
    paths: &[ContainerPath],
    options: &JoinOptions,
    views: &[View],
) -> Result<Option<View>> {
    let mut patience = Patience::new(options.timeout);
    let held = HeldProcess::hold(&base.0.proc, container.first, &mut patience)?;
    // It is the process that was found, by its number and start: is it still where it was?
    let now = held
        .groups()
        .and_then(|all| ContainerPath::from_cgroups(&all));
    if let Some(now) = now
        && !now.is_same(container.path())
    {
        let reason = "has left the container that is joined";
        let thing = format!("process {}", container.first.pid);
        return Err(Error::new(ErrorKind::Gone, thing, reason));
    }
    let is_known = |view: &View| view.shares_processes_with(&held);
    if views.iter().any(is_known) {
        return Ok(None);
    }
    let own = held.own_number().unwrap_or(container.first.pid);
    let mut view = base.join_held(held, options, &patience)?;
    let init = crate::ids::ProcessId {
        pid: own,
        ..container.first
    };
    let within = Within::new(paths.to_vec(), init);
    if !is_its_own(&view, &within)? {
        view.keep_within(Arc::new(within));
    }
    Ok(Some(view))
}

/// Whether a view shows the processes of these containers alone.
fn is_its_own(view: &View, within: &Within) -> Result<bool> {
    if view.shows_processes_of_host() {
        return Ok(false);
    }
    let ask = Ask {
        view,
        pids: None,
        needs: Needs::CGROUP | Needs::CONTAINER,
        pace: Pace {
            timeout: view.patience(),
            ..Pace::default()
        },
    };
    let within = within.clone();
    let other = move |seen: &Seen<'_>, _: &mut Vec<Value>| {
        let is_other = seen
            .container()
            .is_some_and(|found| !within.has(&found.path));
        if is_other {
            Extra::Made(Box::new(()), 0)
        } else {
            Extra::None
        }
    };
    let mut listing = Listing::start(ask, None, Box::new(other))?;
    while let Some(row) = listing.next()? {
        if let Extra::Made(..) = row.extra {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The containers that are meant: one, or those of a pod.
fn choose<'c>(all: &'c [Container], target: Target<'_>) -> Result<Vec<&'c Container>> {
    let is_meant = |container: &&Container| match target {
        Target::Named(text) => container.has_name(text) || container.has_id(text),
        Target::Name(name) => container.has_name(name),
        Target::Id(id) => container.has_id(id),
        Target::Pod { namespace, name } => container.pod().is_some_and(|pod| {
            let is = |text: &Option<Text>, asked: &str| {
                text.as_ref()
                    .is_some_and(|text| text.as_bytes() == asked.as_bytes())
            };
            is(&pod.name, name) && namespace.is_none_or(|asked| is(&pod.namespace, asked))
        }),
        Target::Pid(_) | Target::Started { .. } | Target::Pidfd(_) => false,
    };
    let meant: Vec<_> = all.iter().filter(is_meant).collect();
    let is_pod = matches!(target, Target::Pod { .. });
    let is_one = match meant.as_slice() {
        [] => {
            let mut reason = format!(
                "there is no such {}",
                if is_pod { "pod" } else { "container" }
            );
            if all.is_empty() {
                reason += ", and no container was found at all; -join PID takes a process";
            } else {
                let _ = write!(reason, "; there are {}", listed(all.iter()));
            }
            return Err(Error::new(ErrorKind::Absent, target.shown(), reason));
        }
        [first, rest @ ..] if is_pod => rest.iter().all(|other| is_of_one_pod(first, other)),
        meant => meant.len() == 1,
    };
    if is_one {
        return Ok(meant);
    }
    let reason = format!(
        "several are called so: {}; {}",
        listed(meant.into_iter()),
        if is_pod {
            "pod=NAMESPACE/POD names one"
        } else {
            "id= and more digits name one"
        }
    );
    Err(Error::new(ErrorKind::Invalid, target.shown(), reason))
}

fn is_of_one_pod(one: &Container, other: &Container) -> bool {
    let key = |container: &Container| {
        let pod = container.pod()?.clone();
        let name = pod.name.filter(|_| pod.uid.is_none());
        Some((pod.uid, pod.namespace, name, container.user()))
    };
    key(one) == key(other)
}

/// The same error, with what could not be read.
fn lacking(error: Error, containers: &Containers) -> Error {
    let outcome = containers.outcome();
    let mut lacks: Vec<_> = outcome
        .partial
        .iter()
        .map(|unread| {
            format!(
                "{} ({})",
                Escaped(unread.what.as_bytes()),
                unread.why.as_str()
            )
        })
        .collect();
    let skipped = outcome.skipped.len();
    if skipped > 0 {
        lacks.push(format!("{skipped} processes"));
    }
    if error.kind() != ErrorKind::Absent || lacks.is_empty() {
        return error;
    }
    lacks.truncate(NAMED);
    let reason = format!("{error}; not read: {}", lacks.join(", "));
    Error::new(ErrorKind::Absent, "", reason)
}

/// `web (podman, 3f2a9c1b2d4e, pid 4711)`, the first five.
fn listed<'c>(all: impl ExactSizeIterator<Item = &'c Container>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let named: Vec<_> = all.take(NAMED).map(described).collect();
    let mut text = named.join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

fn described(container: &Container) -> String {
    let mut text = container
        .name()
        .map_or_else(|| "?".to_owned(), Text::to_string);
    let runtime = container.runtime().map_or("?", |runtime| runtime.as_str());
    let id = container.id().as_bytes();
    let id = Escaped(id.get(..SHOWN_OF_ID).unwrap_or(id));
    let _ = write!(text, " ({runtime}, {id}");
    if let Some(Pod {
        namespace, name, ..
    }) = container.pod()
        && let Some(name) = name
    {
        let _ = match namespace {
            Some(namespace) => write!(text, ", pod {namespace}/{name}"),
            None => write!(text, ", pod {name}"),
        };
    }
    if let Some(user) = container.user() {
        let _ = write!(text, ", uid {user}");
    }
    let _ = write!(text, ", pid {})", container.first().pid);
    text
}

/// Of an ID so many digits are shown.
const SHOWN_OF_ID: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        container::Runtime,
        ids::{Pid, ProcessId, Uid},
        runtimes::{Found, Named},
    };

    fn container(pid: u32, id: &str, name: &str, pod: Option<(&str, &str)>) -> Container {
        let mut path = ContainerPath::new(Text::from(id.as_bytes()));
        path.runtime = Some(Runtime::Podman);
        let named = Named {
            name: Some(Text::from(name.as_bytes())),
            pod: pod.map(|(namespace, name)| Pod {
                namespace: Some(Text::from(namespace.as_bytes())),
                name: Some(Text::from(name.as_bytes())),
                uid: None,
            }),
            ..Named::default()
        };
        Container {
            found: Arc::new(Found {
                path,
                has_group: true,
                groups: None,
                named: Some(Arc::new(named)),
                why: crate::value::Missing::None,
            }),
            pids: vec![Pid::new(pid)],
            first: ProcessId {
                pid: Pid::new(pid),
                start: Some(1),
            },
        }
    }

    fn some() -> Vec<Container> {
        let of_pod = Some(("shop", "web-1"));
        let mut all = vec![
            container(1, "aaaa1111aaaa1111", "web", None),
            container(2, "aaaa2222aaaa2222", "db", None),
            container(3, "12345678aaaa3333", "aaaa2", None),
            container(4, "bbbb4444bbbb4444", "front", of_pod),
            container(5, "bbbb5555bbbb5555", "front", Some(("test", "web-1"))),
            container(6, "cccc6666cccc6666", "side\x1b[2J", of_pod),
            container(7, "dddd7777dddd7777", "4711", None),
        ];
        all.push(container(8, "aaaa1111aaaa1111", "web", None));
        let found = Arc::get_mut(&mut all[7].found).unwrap();
        found.path.user = Some(Uid::new(1000));
        all
    }

    fn meant(text: &str) -> Result<Vec<u32>, (ErrorKind, String)> {
        let all = some();
        let chosen = choose(&all, Target::parse(text).unwrap());
        let chosen = chosen.map_err(|error| (error.kind(), error.to_string()))?;
        Ok(chosen.iter().map(|one| one.first.pid.get()).collect())
    }

    #[test]
    fn a_container_is_found_by_its_name_or_the_beginning_of_its_id() {
        for (text, pids) in [
            ("db", &[2][..]),
            ("/db", &[2]),
            ("aaaa2222", &[2]),
            ("id=1234", &[3]),
            ("name=aaaa2", &[3]),
            ("name=4711", &[7]),
            ("pod=shop/web-1", &[4, 6]),
            ("pod=test/web-1", &[5]),
            ("bbbb4444bbbb4444", &[4]),
        ] {
            assert_eq!(meant(text).unwrap(), pids, "{text}");
        }
    }

    #[test]
    fn what_means_several_is_refused_and_they_are_named() {
        // Two users' containers, the beginning of two IDs, a name that begins another's ID.
        for text in ["web", "aaaa1111", "id=aaaa", "front", "aaaa2", "pod=web-1"] {
            let (kind, error) = meant(text).unwrap_err();
            assert_eq!(kind, ErrorKind::Invalid, "{text}: {error}");
        }
        assert_eq!(
            meant("web").unwrap_err().1,
            "web: several are called so: web (podman, aaaa1111aaaa, pid 1), \
             web (podman, aaaa1111aaaa, uid 1000, pid 8); id= and more digits name one"
        );
    }

    #[test]
    fn of_an_unknown_name_it_is_told_what_there_is() {
        for text in [
            "nothing",
            "aaa",
            "name=aaaa1111",
            "id=ffff",
            "pod=shop/web",
            "WEB",
        ] {
            let (kind, _) = meant(text).unwrap_err();
            assert_eq!(kind, ErrorKind::Absent, "{text}");
        }
        let all = some();
        let error = choose(&all[3..], Target::Named("nothing")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nothing: there is no such container; there are \
             front (podman, bbbb4444bbbb, pod shop/web-1, pid 4), \
             front (podman, bbbb5555bbbb, pod test/web-1, pid 5), \
             side\\x1b[2J (podman, cccc6666cccc, pod shop/web-1, pid 6), \
             4711 (podman, dddd7777dddd, pid 7), \
             web (podman, aaaa1111aaaa, uid 1000, pid 8)"
        );
        let error = choose(&[], Target::Named("no\nthing")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no\\nthing: there is no such container, and no container was found at all; -join PID \
             takes a process"
        );
    }
}
