//! The files of `psgo drift`: the list of what should run, and the rules.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
};

use psgo::{
    bytes::Escaped,
    drift::{Line, Rules},
};

use crate::failure::{Failure, system_words};

/// Where the rules are unless `-rules` says: the first of these files that exists.
const RULES: [&str; 2] = ["/usr/local/etc/psgo/drift.toml", "/etc/psgo/drift.toml"];

/// Otherwise all files of the first of these directories that exists.
const RULE_DIRS: [&str; 2] = ["/usr/local/etc/psgo/drift.d", "/etc/psgo/drift.d"];

/// How to repair a list.
const ANEW: &str = "psgo drift write makes it anew";

/// A path as it is shown.
pub(super) fn shown(path: &Path) -> String {
    Escaped(path.as_os_str().as_encoded_bytes()).to_string()
}

fn trouble(path: &Path, reason: &str) -> Failure {
    Failure::trouble(format!("{}: {reason}", shown(path)))
}

/// The failure of a system call on `path`.
fn failed(path: &Path, error: &io::Error) -> Failure {
    trouble(path, &system_words(error))
}

/// `path` with `end` appended to its name.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The list that is kept at `path`.
///
/// # Errors
///
/// It does not exist, cannot be read, or is not whole.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, Failure> {
    let bytes = bytes(path)?.ok_or_else(|| {
        trouble(
            path,
            "there is no list yet; psgo drift write saves what runs now",
        )
    })?;
    parse(path, &bytes)
}

/// Parses the bytes of a list.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Line>, Failure> {
    if bytes.is_empty() {
        return Err(trouble(path, &format!("the list is empty; {ANEW}")));
    }
    let wrong = |number: usize, reason: &str| {
        let place = beside(path, &format!(":{number}"));
        trouble(&place, &format!("{reason}; {ANEW}"))
    };
    let text = utf8(bytes).map_err(|number| wrong(number, "not UTF-8"))?;
    if !text.ends_with('\n') {
        let last = text.lines().count();
        return Err(wrong(last, "the list ends in the middle of a line"));
    }
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line: Line = line
            .parse()
            .map_err(|error: psgo::Error| wrong(number, &error.to_string()))?;
        if (line.level == 0) != lines.is_empty() {
            return Err(wrong(number, "the root is the first line, and no other"));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// The text, or the line at which it is not UTF-8.
fn utf8(bytes: &[u8]) -> Result<&str, usize> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (good, _) = bytes.split_at(error.valid_up_to());
        String::from_utf8_lossy(good).matches('\n').count() + 1
    })
}

/// The bytes of a file; `None` if it does not exist.
pub(super) fn bytes(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match regular(path)? {
        Some(_) => fs::read(path)
            .map(Some)
            .map_err(|error| failed(path, &error)),
        None => Ok(None),
    }
}

/// The metadata of a regular file; `None` if it does not exist. Reading anything else might never
/// end.
fn regular(path: &Path) -> Result<Option<Metadata>, Failure> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata)),
        Ok(_) => Err(trouble(path, "not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Saves `text` at `path`, and the previous content at `path.old`.
///
/// It is written to a file beside it, which is renamed once all of it is on disk. So there is a
/// whole list at any time, whatever fails.
pub(super) fn save(name: &Path, text: &str) -> Result<(), Failure> {
    // A symbolic link is kept.
    let path = &fs::canonicalize(name).unwrap_or_else(|_| name.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let old = regular(path)?;
    let replace = || {
        let new = Beside::write(path, "new", text.as_bytes(), old.as_ref())?;
        if let Some(metadata) = &old {
            let kept = Beside::link(path, metadata)?;
            kept.rename(&beside(path, ".old"))?;
        }
        new.rename(path)
    };
    replace().map_err(|error| {
        let reason = system_words(&error);
        trouble(
            name,
            &format!("cannot write: {reason}; nothing has changed"),
        )
    })?;
    // Syncs the names too. Where a directory cannot be synced, they reach the disk later.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A temporary file, removed on drop unless it was renamed.
struct Beside {
    path: PathBuf,
    has_name: bool,
}

impl Beside {
    fn at(path: &Path, end: &str) -> Self {
        // Two processes must not write to the same file.
        let path = beside(path, &format!(".{end}-{}", std::process::id()));
        // One that an interrupted process with this pid left.
        let _ = fs::remove_file(&path);
        Self {
            path,
            has_name: false,
        }
    }

    /// A file of these bytes, synced, with the owner and permissions of the previous one.
    fn write(path: &Path, end: &str, bytes: &[u8], before: Option<&Metadata>) -> io::Result<Self> {
        let new = Self::at(path, end);
        let mut file = File::create_new(&new.path)?;
        if let Some(before) = before {
            // Only root may change the owner.
            let _ = chown(&new.path, Some(before.uid()), Some(before.gid()));
            file.set_permissions(before.permissions())?;
        }
        // Only now that the permissions are set: who may not read the list may not read this
        // either.
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(new)
    }

    /// A hard link to the file at `path`, or a copy where hard links are not supported.
    fn link(path: &Path, metadata: &Metadata) -> io::Result<Self> {
        let kept = Self::at(path, "kept");
        if fs::hard_link(path, &kept.path).is_ok() {
            return Ok(kept);
        }
        // Its drop would remove the next file, which has the same name.
        drop(kept);
        Self::write(path, "kept", &fs::read(path)?, Some(metadata))
    }

    fn rename(mut self, name: &Path) -> io::Result<()> {
        fs::rename(&self.path, name)?;
        self.has_name = true;
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.has_name {
            // If this fails, the file stays; there is nothing else to do.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file of rules.
#[derive(Debug)]
pub(super) struct Source {
    /// Its path as it is shown.
    pub(super) name: String,
    pub(super) text: String,
    /// The number of its rules.
    pub(super) count: usize,
}

/// The rules in force, and the files they come from.
pub(super) fn rules(given: Option<&Path>) -> Result<(Rules, Vec<Source>), Failure> {
    let paths = match given {
        Some(path) => vec![path.to_owned()],
        None => usual()?,
    };
    let (mut rules, mut sources) = (Rules::default(), Vec::new());
    for path in paths {
        let bytes = bytes(&path)?.ok_or_else(|| trouble(&path, "there is no such file"))?;
        let text = utf8(&bytes)
            .map_err(|number| trouble(&beside(&path, &format!(":{number}")), "not UTF-8"))?;
        let text = text.to_owned();
        rules = rules.then(add(&mut sources, shown(&path), text)?);
    }
    if rules.wants_builtin() {
        let text = Rules::builtin_text().to_owned();
        rules = rules.then(add(&mut sources, "built-in".to_owned(), text)?);
    }
    Ok((rules, sources))
}

fn add(sources: &mut Vec<Source>, name: String, text: String) -> Result<Rules, Failure> {
    let rules = Rules::parse(&name, &text)?;
    let count = rules.iter().len();
    sources.push(Source { name, text, count });
    Ok(rules)
}

/// The files in the usual places.
fn usual() -> Result<Vec<PathBuf>, Failure> {
    let is_there = |path: &Path| match path.try_exists() {
        Ok(is_there) => Ok(is_there),
        Err(error) => Err(failed(path, &error)),
    };
    for path in RULES.map(PathBuf::from) {
        if is_there(&path)? {
            return Ok(vec![path]);
        }
    }
    for folder in RULE_DIRS.map(PathBuf::from) {
        if is_there(&folder)? {
            return in_folder(&folder).map_err(|error| failed(&folder, &error));
        }
    }
    Ok(Vec::new())
}

/// The files that end in `.toml`, sorted by name, without hidden ones: editors leave those behind.
fn in_folder(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let names = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names: Vec<OsString> = names.collect::<io::Result<_>>()?;
    names.retain(|name| {
        let name = name.as_encoded_bytes();
        name.ends_with(b".toml") && !name.starts_with(b".")
    });
    names.sort_unstable();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}
