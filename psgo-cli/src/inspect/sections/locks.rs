//! The locks on files that a process waits for.

use psgo::{AwaitedLock, LockBefore, Process, Value, format::kernel::Lock};

use crate::inspect::{
    document::{int, list, maybe, object, present},
    page::Page,
    text::{shown, text},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.awaited_locks() {
        Ok(locks) => {
            for wait in &locks {
                page.warn("waits for lock", &told(wait));
            }
        }
        Err(error) => page.missing("waits for lock", &error),
    }
}

/// `POSIX WRITE lock of 0 to 99 of /path, behind 4711 name, which has it`
fn told(wait: &AwaitedLock) -> String {
    let path = match (&wait.path, &wait.lock.file.0) {
        (Some(path), _) => shown(path),
        (None, Some(file)) => {
            let inode = file.inode.number();
            format!("inode {inode} of device {}:{}", file.major, file.minor)
        }
        (None, None) => "a file that the kernel does not name".to_owned(),
    };
    let lock = locked(&wait.lock);
    if wait.behind.is_empty() {
        return format!("{lock} of {path}, held by a process that is not seen here");
    }
    let behind: Vec<_> = wait.behind.iter().map(before).collect();
    format!("{lock} of {path}, behind {}", behind.join(", behind "))
}

fn before(lock: &LockBefore) -> String {
    let who = match (lock.pid, lock.name.clone()) {
        (Some(pid), Some(name)) => format!("{pid} {}", text(name)),
        (Some(pid), None) => format!("{pid} ?"),
        (None, _) => "an open file".to_owned(),
    };
    let verb = if lock.is_held { "has" } else { "waits for" };
    format!("{who}, which {verb} a {}", locked(&lock.lock))
}

/// `POSIX WRITE lock of 0 to 99`
pub(super) fn locked(lock: &Lock) -> String {
    let (class, access) = (shown(&lock.class), shown(&lock.access));
    let end = lock
        .end
        .0
        .map_or("the end".to_owned(), |end| end.to_string());
    format!("{class} {access} lock of {} to {end}", lock.start)
}

pub(super) fn value(process: &Process) -> psgo::Result<Value> {
    let before = |lock: &LockBefore| {
        object([
            ("pid", maybe(lock.pid.map(|pid| int(pid.get())))),
            ("name", maybe(lock.name.clone().map(Value::Text))),
            ("held", Value::Bool(lock.is_held)),
            ("lock", Value::Fields(present(lock.lock.fields()))),
        ])
    };
    let locks = process.awaited_locks()?;
    Ok(list(locks.iter().map(|wait| {
        object([
            ("path", maybe(wait.path.as_ref().map(Value::text))),
            ("lock", Value::Fields(present(wait.lock.fields()))),
            ("behind", list(wait.behind.iter().map(before))),
        ])
    })))
}
