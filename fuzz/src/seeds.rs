//! Inputs to begin with: what the kernel wrote, and what is written here by hand.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Row, formats};

/// The inputs that `row` begins with.
///
/// # Errors
///
/// The fixtures cannot be read.
pub fn seeds(row: &Row) -> io::Result<Vec<Vec<u8>>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut inputs = Vec::new();
    for seed in row.seeds {
        if seed.is_empty() {
            inputs.extend(formats::seeds(&fixtures.join("proc"))?);
            continue;
        }
        if let Some(text) = seed.strip_prefix('=') {
            inputs.push(text.as_bytes().to_vec());
            continue;
        }
        if seed.contains('+') {
            let files = seed.split('+').map(|file| fs::read(fixtures.join(file)));
            inputs.push(files.collect::<io::Result<Vec<_>>>()?.join(&1));
            continue;
        }
        for path in matching(&fixtures, seed)? {
            inputs.push(fs::read(path)?);
        }
    }
    Ok(inputs)
}

fn matching(fixtures: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let Some((before, after)) = pattern.split_once("*/") else {
        return Ok(vec![fixtures.join(pattern)]);
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(fixtures.join(before))? {
        let path = entry?.path().join(after);
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
