//! Where a file of a view is, who can read it, and what there is to read.

use std::{
    io::{self, Cursor, Read},
    sync::Arc,
};

use super::{handle::View, joined::Joined};
use crate::{
    bytes,
    error::{Answer, Error, ErrorKind, Result, is_no_such_file, kind_of},
    ids::Pid,
    namespace::{denied_of_machine, denied_of_process, gone},
    procfs::{OpenFile, Procfs},
    sorting::sort,
    sys::{self, Entry},
    wait::{Name, Path, Reader, machine_file, process_file},
    watchdog::{Patience, Relay},
};

/// A directory tree deeper than this is none of the kernel's.
const DEEPEST: usize = 16;

/// A file, and what is to be known of it before it is read.
struct Place {
    proc: Arc<Procfs>,
    path: String,
    process: Option<Process>,
    /// Which namespaces of the joined process the reading thread has to enter.
    namespaces: &'static [Name<'static>],
}

/// The process that a file describes.
#[derive(Clone, Copy)]
struct Process {
    /// Its number, as it was asked for.
    asked: Pid,
    /// Its number in the `/proc` that is read.
    read: Pid,
    /// Whether it is the one that was joined, by whatever name.
    is_target: bool,
}

/// What was opened.
enum Opened {
    File(OpenFile),
    Target(Cursor<Vec<u8>>),
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Target(target) => target.read(buffer),
        }
    }
}

fn number(part: &str) -> Option<Pid> {
    bytes::decimal(part.as_bytes()).map(Pid::new)
}

impl View {
    /// The bytes of the file `path`, or where the link there leads; it is called `name` in errors.
    pub(super) fn source(
        &self,
        path: &str,
        is_link: bool,
        name: &str,
    ) -> Result<Box<dyn Read + Send>> {
        let inner = &self.0;
        let place = self.place(path, name)?;
        let own = place.path.clone();
        let can_block = inner.joined.is_some()
            || !inner.proc.is_genuine()
            || Path::asked(&place.path).reader() > Reader::CallingThread;
        let enters = !place.namespaces.is_empty();
        let (proc, process) = (Arc::clone(&place.proc), place.process);
        let container = Arc::clone(inner);
        let open = move || {
            // To open them waits as long as the process is inside `execve`.
            if let Some(joined) = &container.joined {
                let names = place.namespaces;
                let others = joined.target().other_namespaces(&joined.base, names)?;
                others.iter().try_for_each(sys::enter_namespace)?;
            }
            Ok(if is_link {
                Opened::Target(Cursor::new(place.proc.link(&Path::asked(&place.path))?))
            } else {
                Opened::File(place.proc.open_file(&Path::asked(&place.path))?)
            })
        };
        let relayed = |open| Relay::open(self.1, open).map(|relay| Box::new(relay) as _);
        let source: io::Result<Box<dyn Read + Send>> = if can_block {
            relayed(open)
        } else if is_link {
            open().map(|file| Box::new(file) as _)
        } else {
            match inner.proc.open_own(&Path::asked(&own)) {
                Ok(Some(file)) => Ok(Box::new(file)),
                // It may be another's.
                Ok(None) => relayed(open),
                Err(error) => Err(error),
            }
        };
        let source = source.map_err(|error| match Answer::of(&error) {
            Answer::Gone => match process {
                Some(process) if proc.process(process.read).is_err() => gone(process.asked),
                _ => Error::of_system(ErrorKind::Absent, name.to_owned(), error),
            },
            Answer::MountedOver => Error::mounted_over(name.to_owned()),
            Answer::Other if enters && error.raw_os_error() == Some(libc::EPERM) => {
                Error::io(name.to_owned(), error).that_takes("CAP_SYS_ADMIN")
            }
            Answer::Invalid | Answer::Other => {
                let error = Error::io(name.to_owned(), error);
                match (error.kind(), process) {
                    (ErrorKind::Denied, Some(_)) => denied_of_process(&proc, error),
                    (ErrorKind::Denied, None) => denied_of_machine(&proc, error),
                    _ => error,
                }
            }
        })?;
        // While it is open its numbers are the process's own, if they were until now.
        match (&inner.joined, process) {
            (Some(joined), Some(process)) if !joined.shows(process) => Err(gone(process.asked)),
            _ => Ok(source),
        }
    }

    /// A path that another process may read, which is `self` for itself, by the number of this one. The
    /// tables of a network are read without the link to them, which a procfs lacks that shows processes
    /// alone (`subset=pid`).
    fn by_number(&self, path: String) -> String {
        let proc = &self.0.proc;
        let below = match path.split_once('/') {
            Some(("self", below)) => below,
            Some(("net", _)) => &path,
            _ => return path,
        };
        if !proc.is_genuine() {
            return path;
        }
        if Path::asked(&path).reader() < Reader::Process {
            return if below == path {
                ["self", below].join("/")
            } else {
                path
            };
        }
        // Where that is unknown, opening the path as it is says why.
        let own = proc.link(&machine_file!("self")).ok();
        let own = own.and_then(|own| String::from_utf8(own).ok());
        own.map_or(path.clone(), |own| format!("{own}/{below}"))
    }

    /// Where the file `path` is.
    fn place(&self, path: &str, name: &str) -> Result<Place> {
        let inner = &self.0;
        let parts: Vec<&str> = path.split('/').collect();
        let Some(joined) = &inner.joined else {
            // Another thread may read it than the one that asks.
            let path = match path.strip_prefix("thread-self/") {
                Some(rest) if inner.proc.is_genuine() => {
                    format!("self/task/{}/{rest}", sys::own_thread())
                }
                _ => path.to_owned(),
            };
            let path = self.by_number(path);
            let pid = parts.first().and_then(|first| number(first));
            return Ok(Place {
                proc: Arc::clone(&inner.proc),
                path,
                process: pid.map(|pid| Process {
                    asked: pid,
                    read: pid,
                    is_target: false,
                }),
                namespaces: &[],
            });
        };
        let (proc, path, process) = joined.locate(&parts, &inner.proc, name)?;
        let namespaces = joined.namespaces(&parts, name)?;
        Ok(Place {
            proc: Arc::clone(proc),
            path,
            process,
            namespaces,
        })
    }

    /// The files that are here, by their names below `/proc`: those of the machine and of one
    /// process, `self`, whether psgo knows them or not. In a copy those of every process in it. What
    /// is below a directory that cannot be listed, as one that only root may list, is left out.
    ///
    /// ```
    /// let files = psgo::View::host()?.files()?;
    /// assert!(files.contains(&"net/tcp".to_owned()));
    /// assert!(files.contains(&"self/stat".to_owned()));
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What kept `/proc`, or the directory of that process, from being listed.
    pub fn files(&self) -> Result<Vec<String>> {
        let (view, thread) = (self.clone(), sys::own_thread());
        // A process that holds the lock of its memory makes wait who lists `map_files`.
        let files = Patience::new(self.patience()).wait_for(move || Ok(view.files_of(thread)));
        files.unwrap_or_else(|error| {
            Err(match kind_of(&error) {
                ErrorKind::TimedOut => self.0.proc.error("", error),
                _ => Error::no_thread(error),
            })
        })
    }

    /// The same, on a thread that can be left behind; `thread` is the one that asks.
    fn files_of(&self, thread: u32) -> Result<Vec<String>> {
        let inner = &self.0;
        let mut files = Vec::new();
        let (of_machine, target, own) = match &inner.joined {
            // No link is followed on the way to a directory that is listed.
            None => {
                let me = inner.proc.link(&machine_file!("self")).ok();
                let me = me.and_then(|me| bytes::decimal(&me).map(Pid::new));
                (&inner.proc, me, me)
            }
            Some(joined) => (&joined.base, Some(joined.pid()), joined.own_number()),
        };
        let root = of_machine.entries("");
        let root = root.map_err(|error| of_machine.error("", error))?;
        for (entry, kind) in root {
            let is_of_process = number(&entry).is_some() || entry.ends_with("self");
            match kind {
                _ if is_of_process && inner.proc.is_genuine() => {}
                Some(Entry::Symlink) if entry == "net" => {
                    if let Some(target) = target {
                        let net = format!("{target}/net");
                        walk(of_machine, &net, "net", DEEPEST, &mut files);
                    }
                }
                Some(Entry::Directory) => walk(of_machine, &entry, &entry, DEEPEST, &mut files),
                _ => files.push(entry),
            }
        }
        let Some(own) = own else {
            sort(&mut files);
            return Ok(files);
        };
        let thread = match &inner.joined {
            None => format!("{own}/task/{thread}"),
            Some(_) => format!("{own}/task/{own}"),
        };
        for (entry, kind) in listed(&inner.proc, &own.to_string(), !inner.proc.is_genuine())? {
            let (path, shown) = (format!("{own}/{entry}"), format!("self/{entry}"));
            match kind {
                // What is in these is elsewhere too.
                Some(Entry::Directory) if matches!(&entry[..], "task" | "net") => {}
                Some(Entry::Directory) => walk(&inner.proc, &path, &shown, DEEPEST, &mut files),
                _ => files.push(shown),
            }
        }
        for (entry, kind) in listed(&inner.proc, &thread, true)? {
            let is_elsewhere = files.contains(&format!("self/{entry}"));
            if kind == Some(Entry::File) && !is_elsewhere {
                files.push(format!("thread-self/{entry}"));
            }
        }
        sort(&mut files);
        Ok(files)
    }
}

/// What is in the directory `path`, which a copy, or another PID namespace, may lack.
fn listed(proc: &Procfs, path: &str, may_lack: bool) -> Result<Vec<(String, Option<Entry>)>> {
    match proc.entries(path) {
        Err(error) if may_lack && is_no_such_file(&error) => Ok(Vec::new()),
        entries => entries.map_err(|error| proc.error(path, error)),
    }
}

/// Adds the files below the directory `path`, which is called `shown`. What cannot be listed is
/// left out.
fn walk(proc: &Procfs, path: &str, shown: &str, depth: usize, files: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    for (entry, kind) in proc.entries(path).unwrap_or_default() {
        let shown = format!("{shown}/{entry}");
        match kind {
            Some(Entry::Directory) => walk(proc, &format!("{path}/{entry}"), &shown, depth, files),
            _ => files.push(shown),
        }
    }
}

impl Joined {
    /// The number of the target in the `/proc` that is read.
    fn own_number(&self) -> Option<Pid> {
        if self.is_from_outside() {
            Some(self.pid())
        } else {
            self.target().own_number()
        }
    }

    /// In which `/proc` the file is, at which path, and whose it is. `inside` is that of the
    /// processes.
    ///
    /// What describes no process is the kernel's own, and nobody's to hide: it is read from the
    /// base's `/proc`, below the target's directory where it is of its network or its mounts. But
    /// the numbers in `locks` are those of the `/proc` in which it is.
    fn locate<'a>(
        &'a self,
        parts: &[&str],
        inside: &'a Arc<Procfs>,
        name: &str,
    ) -> Result<(&'a Arc<Procfs>, String, Option<Process>)> {
        let below =
            |start: String, rest: &[&str]| rest.iter().fold(start, |path, part| path + "/" + part);
        let is_outside = self.is_from_outside();
        let own = || {
            let reason = "this kernel does not tell the target's own number";
            self.own_number()
                .ok_or_else(|| Error::new(ErrorKind::Unsupported, name.to_owned(), reason))
        };
        let target = |read| {
            Some(Process {
                asked: self.pid(),
                read,
                is_target: true,
            })
        };
        let outside = |pid: Pid| {
            let numbers = is_outside.then(|| self.numbers());
            numbers.map_or(Ok(pid), |numbers| numbers.find(pid))
        };
        match parts {
            ["net", ..] | ["mounts"] => {
                let pid = self.pid();
                Ok((&self.base, below(pid.to_string(), parts), target(pid)))
            }
            ["self", rest @ ..] => {
                let own = own()?;
                Ok((inside, below(own.to_string(), rest), target(own)))
            }
            ["thread-self", rest @ ..] => {
                let own = own()?;
                Ok((
                    inside,
                    below(format!("{own}/task/{own}"), rest),
                    target(own),
                ))
            }
            [first, rest @ ..] if number(first).is_some() => {
                let asked = number(first).unwrap_or_default();
                let read = outside(asked)?;
                let path = match rest {
                    ["task", thread, rest @ ..] if is_outside => {
                        let asked = number(thread).unwrap_or_default();
                        let thread = outside(asked).map_err(|error| {
                            if error.kind() != ErrorKind::Gone {
                                return error;
                            }
                            let reason = "no such thread, or this kernel does not tell its number";
                            Error::new(ErrorKind::Absent, name.to_owned(), reason)
                        })?;
                        below(format!("{read}/task/{thread}"), rest)
                    }
                    rest => below(read.to_string(), rest),
                };
                let is_target = false;
                let process = Process {
                    asked,
                    read,
                    is_target,
                };
                Ok((inside, path, Some(process)))
            }
            ["locks"] => Ok((inside, "locks".to_owned(), None)),
            parts => Ok((&self.base, parts.join("/"), None)),
        }
    }

    /// The namespaces of the target on which it depends what the file says.
    fn namespaces(&self, parts: &[&str], name: &str) -> Result<&'static [Name<'static>]> {
        Ok(match parts {
            ["sys", "user", ..] => {
                let me = self.base.process_self();
                let mine = me.and_then(|me| me.link(process_file!("ns/user"))).ok();
                if mine.is_none() || mine.as_deref() != self.target().user_link().ok() {
                    let reason = "it is told of one's own user namespace alone, and no thread \
                                  enters another";
                    return Err(Error::new(ErrorKind::Unsupported, name.to_owned(), reason));
                }
                &[]
            }
            ["sys", ..] => {
                &const {
                    [
                        process_file!("ns/net"),
                        process_file!("ns/ipc"),
                        process_file!("ns/uts"),
                    ]
                }
            }
            ["sysvipc", ..] => &const { [process_file!("ns/ipc")] },
            ["version"] => &const { [process_file!("ns/uts")] },
            [.., "cgroup"] if parts.len() > 1 => &const { [process_file!("ns/cgroup")] },
            _ => &[],
        })
    }

    /// Whether the process, one of whose files has been opened, still has these numbers.
    fn shows(&self, process: Process) -> bool {
        if process.is_target {
            return self.target().is_there();
        }
        !self.is_from_outside() || self.numbers().inside(process.read) == Some(process.asked)
    }
}
