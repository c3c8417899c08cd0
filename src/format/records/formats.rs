//! Every file that psgo knows, by its name.

use super::{
    cgroup,
    format::{Format, Parsed},
    kernel, net, pid, sysvipc, tty,
};
use crate::format::ParseError;

/// All formats, those of processes last.
pub fn all() -> impl Iterator<Item = &'static Format> {
    // They are statics: constants would be copied into each crate that uses them, with all that
    // they point to.
    let rooms = [
        kernel::FORMATS,
        net::FORMATS,
        sysvipc::FORMATS,
        tty::FORMATS,
        pid::FORMATS,
    ];
    rooms.into_iter().flatten()
}

/// The formats of the files of a control group. These are not below `/proc`; their names are relative
/// to the group's directory.
pub fn of_cgroup() -> impl Iterator<Item = &'static Format> {
    cgroup::FORMATS.iter()
}

/// The format of the file at `path`: in `/proc` (`/proc/net/tcp`, `net/tcp`, `self/stat`,
/// `42/task/43/status`), or of a copy with the same path below another directory
/// (`/backup/net/tcp6`).
///
/// ```
/// use psgo::format;
///
/// assert_eq!(format::find("/proc/stat").unwrap().name(), "stat");
/// assert_eq!(format::find("self/stat").unwrap().name(), "PID/stat");
/// assert_eq!(format::find("/backup/1234/fdinfo/7").unwrap().name(), "PID/fdinfo/*");
/// assert!(format::find("kcore").is_none());
/// ```
///
/// Settings are also found by their `sysctl` names, see [`setting_path`], and files of control groups
/// by their own names: `memory.stat`.
#[must_use]
pub fn find(path: &str) -> Option<&'static Format> {
    if let Some(setting) = setting_path(path) {
        return find(&setting);
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let in_cgroup = || {
        let name = parts.last()?;
        of_cgroup().find(|format| format.is_called(&[name]))
    };
    // `/sys` is not a copy of `/proc/sys`.
    if path.starts_with("/sys/") {
        return in_cgroup();
    }
    // The longest match wins.
    let ends = (0..parts.len()).filter_map(|start| parts.get(start..));
    ends.clone()
        .find_map(find_in_proc)
        // A copy may be called just `smaps`.
        .or_else(|| ends.clone().find_map(|end| find_one(true, end)))
        .or_else(in_cgroup)
}

/// The format of the file at `path` below `/proc`; unlike [`find`], only of that exact path.
///
/// ```
/// use psgo::format;
///
/// assert_eq!(format::at("1/net/tcp").unwrap().name(), "net/tcp");
/// assert!(format::at("backup/net/tcp").is_none());
/// ```
#[must_use]
pub fn at(path: &str) -> Option<&'static Format> {
    let parts: Vec<&str> = path.split('/').collect();
    // `*` matches a name in a directory, never a way out of it.
    let is_name = |part: &&str| !matches!(*part, "" | "." | "..");
    parts.iter().all(is_name).then(|| find_in_proc(&parts))?
}

/// The format of a file by its whole path below `/proc`.
fn find_in_proc(path: &[&str]) -> Option<&'static Format> {
    let is_process = |name: &str| {
        matches!(name, "self" | "thread-self" | "PID")
            || (!name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()))
    };
    match path {
        [pid, "task", _, rest @ ..] | [pid, rest @ ..] if is_process(pid) => find_one(true, rest)
            // The network namespace of the process.
            .or_else(|| (rest.first() == Some(&"net")).then(|| find_one(false, rest))?),
        // A link to the file of `self`.
        ["mounts"] => find_one(true, path),
        _ => find_one(false, path),
    }
}

/// The path below `/proc` of the setting that `sysctl` calls `name`: `sys/kernel/pid_max` for
/// `kernel.pid_max`. `None` if it is not such a name.
///
/// If a dot comes before the first slash, dots and slashes are swapped: the interface `eth0.100` is
/// `eth0/100` in such a name.
///
/// ```
/// use psgo::format::setting_path;
///
/// assert_eq!(setting_path("kernel.pid_max").unwrap(), "sys/kernel/pid_max");
/// assert_eq!(
///     setting_path("net.ipv4.conf.eth0/100.forwarding").unwrap(),
///     "sys/net/ipv4/conf/eth0.100/forwarding"
/// );
/// assert!(setting_path("net/tcp").is_none());
/// ```
#[must_use]
pub fn setting_path(name: &str) -> Option<String> {
    let (root, _) = name.split_once('.')?;
    if !SETTINGS.contains(&root) {
        return None;
    }
    let swapped = name.chars().map(|c| match c {
        '.' => '/',
        '/' => '.',
        c => c,
    });
    Some("sys/".chars().chain(swapped).collect())
}

/// The directories of `/proc/sys`.
const SETTINGS: &[&str] = &[
    "abi", "crypto", "debug", "dev", "fs", "kernel", "net", "sunrpc", "user", "vm", "xen",
];

fn find_one(of_process: bool, path: &[&str]) -> Option<&'static Format> {
    all().find(|format| format.of_process == of_process && format.is_called(path))
}

/// Parses `file`, which is at `path` or was copied from there, see [`find`]. `None` if psgo does not
/// know such a file.
///
/// ```
/// let loads = psgo::format::parse("uptime", b"350735.47 234388.90\n").unwrap()?;
/// let mut bytes = Vec::new();
/// loads.write(&mut bytes);
/// assert_eq!(bytes, b"350735.47 234388.90\n");
/// # Ok::<(), psgo::format::ParseError>(())
/// ```
///
/// # Errors
///
/// Names the first line and field that could not be parsed.
#[must_use]
pub fn parse(path: &str, file: &[u8]) -> Option<Result<Box<dyn Parsed>, ParseError>> {
    find(path).map(|format| format.parse(file))
}

/// The files of `/proc` that are not records, and why.
pub const NOT_RECORDS: &[(&str, &str)] = &[
    (
        "config.gz",
        "compressed; unpacked it is the kernel's .config, as in /boot",
    ),
    ("kcore", "the memory of the kernel, as a core file"),
    ("kmsg", "a stream of messages, each given once"),
    (
        "kpagecgroup",
        "binary, 8 bytes for each page of the machine",
    ),
    ("kpagecount", "binary, 8 bytes for each page of the machine"),
    ("kpageflags", "binary, 8 bytes for each page of the machine"),
    ("net/rt_acct", "binary, four counts for each of 256 realms"),
    ("sysrq-trigger", "only to be written"),
    (
        "vmcore",
        "the memory of a kernel that crashed, as a core file",
    ),
    ("PID/clear_refs", "only to be written"),
    ("PID/mem", "the memory of the process"),
    (
        "PID/pagemap",
        "binary, 8 bytes for each page of the process",
    ),
];

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fs, io, ops::ControlFlow, path::Path};

    use super::*;
    use crate::format::law;

    #[test]
    fn every_format_says_what_it_is_in_one_line() {
        for format in all() {
            let about = format.about.trim();
            assert!(
                about.ends_with('.') && about.len() < 100,
                "{}: {about}",
                format.name()
            );
        }
    }

    #[test]
    fn a_name_belongs_to_one_format() {
        let mut names = HashSet::new();
        for format in all() {
            for name in format.names {
                assert!(names.insert((format.of_process, name)), "{name}");
            }
        }
    }

    #[test]
    fn a_file_is_known_by_where_it_lies() {
        for (path, name) in [
            ("/proc/net/tcp6", "net/tcp6"),
            ("/backup/net/tcp6", "net/tcp6"),
            ("/proc/1/net/tcp", "net/tcp"),
            ("/proc/mounts", "PID/mounts"),
            ("self/task/7/status", "PID/status"),
            ("thread-self/stat", "PID/stat"),
            ("/a/stat", "stat"),
            ("status", "PID/status"),
            ("/copies/7/gid_map", "PID/uid_map"),
            ("7/fdinfo/0", "PID/fdinfo/*"),
            ("kernel.pid_max", "sys/**"),
            ("net.ipv4.conf.eth0/100.forwarding", "sys/**"),
            ("/proc/sys/net/core/somaxconn", "sys/**"),
            ("/backup/sys/vm/swappiness", "sys/**"),
        ] {
            assert_eq!(
                find(path).map(Format::name).as_deref(),
                Some(name),
                "{path}"
            );
        }
        for path in [
            "",
            "/",
            "7",
            "self",
            "fdinfo",
            "7/fdinfo",
            "7/fdinfo/0/1",
            "tcp6",
            "net",
            "sys",
            "stat.txt",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn no_path_leads_out_of_its_directory() {
        for path in [
            "sys/../../etc/passwd",
            "sys/..",
            "self/fdinfo/..",
            "self/./stat",
            "/stat",
            "sys//kernel",
            "../proc/stat",
        ] {
            assert!(at(path).is_none(), "{path}");
        }
    }

    /// The files here that `format` reads.
    fn files_of(format: &Format) -> Vec<Vec<u8>> {
        let root = if format.of_process {
            "/proc/self"
        } else {
            "/proc"
        };
        let mut files = Vec::new();
        for name in format.names {
            let mut paths = vec![Path::new(root).to_owned()];
            for part in name.split('/') {
                paths = match part {
                    "*" => paths
                        .iter()
                        .filter_map(|path| fs::read_dir(path).ok())
                        .flatten()
                        .filter_map(|entry| Some(entry.ok()?.path()))
                        .take(64)
                        .collect(),
                    "**" => Vec::new(),
                    part => paths.iter().map(|path| path.join(part)).collect(),
                };
            }
            let read = |path| {
                if format.is_link {
                    Some(
                        fs::read_link(path)
                            .ok()?
                            .into_os_string()
                            .into_encoded_bytes(),
                    )
                } else {
                    fs::read(path).ok()
                }
            };
            files.extend(paths.into_iter().filter_map(read));
        }
        files
    }

    #[test]
    fn every_file_here_comes_back_and_holds_nothing_unknown() {
        for format in all() {
            for file in files_of(format) {
                let name = format.name();
                let parsed = format
                    .parse(&file)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                let mut out = Vec::new();
                parsed.write(&mut out);
                assert!(out == file, "{name}");
                assert!(!parsed.unknown(), "{name} holds what psgo does not know");
            }
        }
    }

    #[test]
    fn nearly_every_file_here_fails_or_comes_back() {
        for format in all() {
            for file in files_of(format).into_iter().take(2) {
                let head = file.len().min(2000);
                // Whole lines, so that most of it is still understood.
                let end = file[..head]
                    .iter()
                    .rposition(|&b| b == b'\n')
                    .map_or(head, |at| at + 1);
                law::mutants_of(format, &file[..end], 300);
            }
        }
    }

    /// Files of other kernels, which lie in a directory as they lay in `/proc`: `net/tcp`,
    /// `self/stat`. Those that psgo does not know are named.
    #[test]
    fn captures_come_back() {
        let Ok(root) = std::env::var("PSGO_CAPTURES") else {
            return eprintln!("skipped: PSGO_CAPTURES names no directory of captures");
        };
        let mut dirs = vec![Path::new(&root).to_owned()];
        let mut faults = Vec::new();
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path);
                    continue;
                }
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                let file = fs::read(&path).unwrap();
                let Some(parsed) = parse(&name, &file) else {
                    eprintln!("unknown: {name}");
                    continue;
                };
                let mut out = Vec::new();
                match parsed {
                    Ok(parsed) => {
                        parsed.write(&mut out);
                        if out != file {
                            faults.push(format!("{name}: other bytes"));
                        } else if parsed.unknown() {
                            eprintln!("{name} holds what psgo does not know");
                        }
                    }
                    Err(error) => faults.push(format!("{name}: {error}")),
                }
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }

    /// Gives one byte at each read, as the worst file does.
    struct Slowly<'a>(&'a [u8]);

    impl io::Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(byte)) = (self.0.split_first(), buffer.first_mut())
            else {
                return Ok(0);
            };
            (*byte, self.0) = (*first, rest);
            Ok(1)
        }
    }

    #[test]
    fn a_stream_gives_what_the_whole_file_does() {
        for format in all() {
            for file in files_of(format)
                .into_iter()
                .take(2)
                .filter(|file| file.len() < 20_000)
            {
                let (mut whole, mut streamed) = (Vec::new(), Vec::new());
                format
                    .parse(&file)
                    .unwrap()
                    .records(&mut |fields| whole.push(fields));
                let mut out = Vec::new();
                format
                    .stream(&mut Slowly(&file), &mut |piece| {
                        piece.write(&mut out);
                        streamed.extend(piece.fields());
                        ControlFlow::Continue(())
                    })
                    .unwrap();
                assert_eq!(whole, streamed, "{}", format.name());
                assert!(out == file, "{}", format.name());
            }
        }
    }
}
