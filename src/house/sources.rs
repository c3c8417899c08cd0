//! The files of the project.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the project.
pub(super) struct Source {
    /// Below the project's own directory.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    /// The first part of its path below `src/`: `view` of `src/view/join.rs`.
    pub(super) fn room(&self) -> &str {
        room_of(self.path.strip_prefix("src").unwrap_or(&self.path))
    }

    /// Its text but for its unit tests, which stand last.
    pub(super) fn without_tests(&self) -> &str {
        let end = self.text.find("#[cfg(test)]\nmod tests {");
        &self.text[..end.unwrap_or(self.text.len())]
    }

    /// Its lines of code, without unit tests.
    pub(super) fn code(&self) -> impl Iterator<Item = &str> {
        let lines = self.without_tests().lines().map(str::trim);
        lines.filter(|line| !line.starts_with("//"))
    }
}

/// The room of a file below `src/`.
pub(super) fn room_of(path: &Path) -> &str {
    let first = path.iter().next().unwrap().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first)
}

pub(super) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below `dir`.
pub(super) fn sources(dir: &str) -> Vec<Source> {
    let mut dirs = vec![project().join(dir)];
    let mut sources = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                dirs.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(project()).unwrap().to_owned();
                sources.push(Source { path, text });
            }
        }
    }
    assert!(!sources.is_empty(), "{dir}");
    sources
}

/// The files of the library.
pub(super) fn library() -> Vec<Source> {
    without_tests(sources("src"))
}

/// Leaves out the files that are only tests: `#[cfg(test)]`, `mod NAME;`.
pub(super) fn without_tests(sources: Vec<Source>) -> Vec<Source> {
    let mut tests = Vec::new();
    for source in &sources {
        for part in source.text.split("#[cfg(test)]\nmod ").skip(1) {
            if let Some((name, _)) = part.lines().next().and_then(|line| line.split_once(';')) {
                tests.push(source.path.with_file_name(format!("{name}.rs")));
            }
        }
    }
    assert!(!tests.is_empty());
    // A module that is a folder: `src/house.rs` is `src/house/`.
    let is_test = |path: &Path| tests.contains(&path.to_owned());
    let is_library = |source: &Source| {
        let mut folders = source.path.ancestors();
        !folders.any(|path| is_test(&path.with_extension("rs")))
    };
    sources.into_iter().filter(is_library).collect()
}
