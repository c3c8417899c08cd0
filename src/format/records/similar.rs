//! What was meant by a name that no file of `/proc` has.

use super::formats::all;
use crate::bytes;

/// The names of files that psgo knows and that are much like `path`, the likest first: for whoever
/// gave a name that no file has.
///
/// ```
/// use psgo::format;
///
/// assert!(format::find("net/tcp66").is_none());
/// assert_eq!(format::similar("net/tcp66")[0], "net/tcp6");
/// assert_eq!(format::similar("self/statuss")[0], "PID/status");
/// assert!(format::similar("tcp6").contains(&"net/tcp6".to_owned()));
/// ```
#[must_use]
pub fn similar(path: &str) -> Vec<String> {
    const MOST: usize = 5;
    let path = path.strip_prefix("/proc/").unwrap_or(path);
    let (first, rest) = path.split_once('/').unwrap_or(("", path));
    let is_process = matches!(first, "self" | "thread-self")
        || (!first.is_empty() && first.bytes().all(|b| b.is_ascii_digit()));
    let asked = if is_process {
        format!("PID/{rest}")
    } else {
        path.to_owned()
    };
    // No name is as long, and comparing takes the product of the lengths.
    if asked.len() > 200 {
        return Vec::new();
    }
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut names: Vec<(usize, String)> = all()
        .flat_map(|format| {
            let before = if format.of_process { "PID/" } else { "" };
            format
                .names
                .iter()
                .map(move |name| format!("{before}{name}"))
        })
        .filter_map(|name| {
            let edits = bytes::distance(asked.as_bytes(), name.as_bytes());
            // A name of which only the directory is another's is more like it than it looks.
            let is_meant = last(&name) == last(&asked) && !name.ends_with('*');
            let edits = if is_meant { edits.min(1) } else { edits };
            (edits <= 1 + asked.len() / 6).then_some((edits, name))
        })
        .collect();
    names.sort();
    names.truncate(MOST);
    names.into_iter().map(|(_, name)| name).collect()
}
