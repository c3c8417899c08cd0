//! The names under which people ask for a file of `/proc`.

use std::borrow::Cow;

use super::at;

/// The path below `/proc` of a file that is asked for as `/proc/net/tcp`, `net/tcp` or, in
/// `sysctl`'s way, `net.ipv4.ip_forward`. Nothing for a file elsewhere: one whose path begins with
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
    // Where a point stands before any slash, it is one, and a slash is a point of a name.
    let is_dotted = path
        .find(['.', '/'])
        .is_some_and(|at| path[at..].starts_with('.'));
    if !is_dotted || at(path).is_some() {
        return Some(path.into());
    }
    let swapped = path.chars().map(|c| match c {
        '.' => '/',
        '/' => '.',
        c => c,
    });
    Some(format!("sys/{}", swapped.collect::<String>()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_in_sysctls_names_is_a_point() {
        let eth = in_proc("net.ipv4.conf.eth0/100.rp_filter").unwrap();
        assert_eq!(eth, "sys/net/ipv4/conf/eth0.100/rp_filter");
        let eth = in_proc("sys/net/ipv4/conf/eth0.100/rp_filter").unwrap();
        assert_eq!(eth, "sys/net/ipv4/conf/eth0.100/rp_filter");
        assert_eq!(in_proc("").as_deref(), Some(""));
    }
}
