//! The files of `psgo drift`: the list of what should run, and the rules.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use psgo::drift::{Line, Rules};

use crate::failure::Failure;

use super::{
    grammar::DB,
    store::{self, Content, Role},
    trouble::{failed, shown, trouble},
};

/// Where the rules are unless `-rules` says: the first of these files that exists.
const RULES: [&str; 2] = ["/usr/local/etc/psgo/drift.toml", "/etc/psgo/drift.toml"];

/// Otherwise all files of the first of these directories that exists.
const RULE_DIRS: [&str; 2] = ["/usr/local/etc/psgo/drift.d", "/etc/psgo/drift.d"];

/// Where psdiff has its own, in the order in which it looks: it uses the first that exists.
const PSDIFF: [&str; 4] = [
    "usr/local/etc/psdiff.conf",
    "etc/psdiff.conf",
    "usr/local/etc/psdiff.d",
    "etc/psdiff.d",
];

/// The list of psdiff, whose form is psgo's.
const PSDIFF_DB: &str = "/var/lib/psdiff.db";

/// How to repair a list.
const ANEW: &str = "psgo drift write makes it anew";

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
    lines(path, store::read(path, Role::List)?.as_ref())
}

/// The list of which this is the content.
pub(super) fn lines(path: &Path, content: Option<&Content>) -> Result<Vec<Line>, Failure> {
    parse(path, &content.ok_or_else(|| none(path))?.bytes)
}

/// That there is no list at `path`.
pub(super) fn none(path: &Path) -> Failure {
    const NONE: &str = "there is no list yet; psgo drift write saves what runs now";
    if path == Path::new(DB) && Path::new(PSDIFF_DB).exists() {
        let or = format!("{NONE}, and -db {PSDIFF_DB} compares with the list of psdiff");
        return trouble(path, &or);
    }
    trouble(path, NONE)
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
        lines.push(line.shortened());
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
        None => usual()?.0,
    };
    let (mut rules, mut sources) = (Rules::default(), Vec::new());
    for path in paths {
        let content = store::read(&path, Role::Rules)?;
        let content = content.ok_or_else(|| trouble(&path, "there is no such file"))?;
        let text = utf8(&content.bytes)
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

/// What to say of the rules of psdiff below `root`, if there are any: psdiff's own configuration is
/// a Python program, and psgo runs none.
fn psdiff_rules(root: &Path) -> Option<String> {
    let found = PSDIFF.iter().map(|path| root.join(path));
    let found = found.into_iter().find(|path| path.exists())?;
    Some(format!(
        "{}: psdiff's rules are not read; write them to /etc/psgo/drift.toml (docs/drift.md shows \
         how), or create it empty if they are not needed",
        shown(&found)
    ))
}

/// What to say where rules of psdiff are there and none of psgo: `given` are those of `-rules`.
pub(super) fn unread_rules(given: Option<&Path>) -> Option<String> {
    // What is wrong with psgo's own, reading them says.
    let has_own = given.is_some() || usual().map_or(true, |(_, is_there)| is_there);
    (!has_own).then(|| psdiff_rules(Path::new("/"))).flatten()
}

fn add(sources: &mut Vec<Source>, name: String, text: String) -> Result<Rules, Failure> {
    let rules = Rules::parse(&name, &text)?;
    let count = rules.iter().len();
    sources.push(Source { name, text, count });
    Ok(rules)
}

/// The files in the usual places, and whether there is such a place at all.
fn usual() -> Result<(Vec<PathBuf>, bool), Failure> {
    let is_there = |path: &Path| match path.try_exists() {
        Ok(is_there) => Ok(is_there),
        Err(error) => Err(failed(path, &error)),
    };
    for path in RULES.map(PathBuf::from) {
        if is_there(&path)? {
            return Ok((vec![path], true));
        }
    }
    for folder in RULE_DIRS.map(PathBuf::from) {
        if is_there(&folder)? {
            let files = in_folder(&folder).map_err(|error| failed(&folder, &error))?;
            return Ok((files, true));
        }
    }
    Ok((Vec::new(), false))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_psdiff_are_named_where_psdiff_would_find_them() {
        let root = std::env::temp_dir().join(format!("psgo-psdiff-{}", std::process::id()));
        for folder in ["usr/local/etc", "etc"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        assert_eq!(psdiff_rules(&root), None);
        // From the last that psdiff looks for to the first.
        for path in PSDIFF.iter().rev() {
            let path = root.join(path);
            if path.extension().is_some_and(|end| end == "d") {
                fs::create_dir(&path).unwrap();
            } else {
                fs::write(&path, "").unwrap();
            }
            let told = psdiff_rules(&root).unwrap();
            let told = told.strip_prefix(path.to_str().unwrap()).unwrap();
            assert!(
                told.starts_with(": psdiff's rules are not read; "),
                "{told}"
            );
        }
        fs::remove_dir_all(root).unwrap();
    }
}
