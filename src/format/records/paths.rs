//! The names under which people ask for a file of `/proc`.

use std::borrow::Cow;

use super::formats::setting_path;

/// The path below `/proc` of a file that is asked for as `/proc/net/tcp`, `net/tcp` or, in
/// `sysctl`'s way, `kernel.pid_max`. Nothing for a file elsewhere: one whose path begins with
/// a point or another directory of the root.
///
/// ```
/// use psgo::format::in_proc;
///
/// assert_eq!(in_proc("/proc/net/tcp").unwrap(), "net/tcp");
/// assert_eq!(in_proc("kernel.pid_max").unwrap(), "sys/kernel/pid_max");
/// assert_eq!(in_proc("/backup/net/tcp"), None);
/// assert_eq!(in_proc("./meminfo"), None);
/// ```
#[must_use]
pub fn in_proc(path: &str) -> Option<Cow<'_, str>> {
    let path = match path.strip_prefix("/proc/") {
        Some(below) => return Some(below.into()),
        None if path.starts_with(['/', '.']) => return None,
        None => path,
    };
    Some(setting_path(path).map_or(path.into(), Cow::from))
}
