//! The law of every format: the first two bytes of an input choose one, the rest is the file.

use std::{
    fs,
    io::{self, Read},
    ops::ControlFlow,
    path::Path,
};

use psgo::{
    Fields, View,
    format::{self, Format},
};

use crate::laws::harmless;

/// Inputs longer than this are no seeds.
const LONGEST: u64 = 8000;

/// The format that these bytes choose.
fn chosen(bytes: [u8; 2]) -> Option<&'static Format> {
    let count = format::all().count();
    format::all().nth(usize::from(u16::from_le_bytes(bytes)) % count)
}

/// A file is not understood, or it is written as it was read; row by row it is the same.
pub(crate) fn format(input: &[u8]) {
    let [first, second, file @ ..] = input else {
        return;
    };
    let Some(format) = chosen([*first, *second]) else {
        return;
    };
    let (mut records, mut streamed, mut written) = (Vec::new(), Vec::new(), Vec::new());
    let ended = format.stream(&mut &file[..], &mut |piece| {
        piece.write(&mut written);
        streamed.extend(piece.fields());
        ControlFlow::Continue(())
    });
    match format.parse(file) {
        Ok(parsed) => {
            ended.unwrap_or_else(|error| panic!("{}: {error}", format.name()));
            assert!(written == file, "{} by pieces", format.name());
            written.clear();
            parsed.write(&mut written);
            assert!(written == file, "{}", format.name());
            let _ = parsed.unknown();
            parsed.records(&mut |fields| records.push(fields));
            assert!(records == streamed, "{} by pieces", format.name());
            records.iter().for_each(shown);
        }
        Err(error) => {
            assert!(ended.is_err(), "{} by pieces", format.name());
            let lines = file.split(|&b| b == b'\n').count();
            assert!(error.line <= lines, "{}: {error}", format.name());
            harmless(&error);
        }
    }
}

fn shown(fields: &Fields) {
    harmless(fields);
    serde_json::to_string(fields).expect("fields are an object");
}

/// What the kernel wrote of each format: the fixtures of that name, and a file of this machine.
pub(crate) fn seeds(fixtures: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    let mut dirs = vec![fixtures.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                dirs.push(path);
            } else if fs::metadata(&path)?.len() <= LONGEST {
                let name = path.file_name().unwrap_or_default();
                files.push((name.to_string_lossy().into_owned(), fs::read(path)?));
            }
        }
    }
    files.sort();
    let view = View::host().map_err(io::Error::other)?;
    let here = view.files().map_err(io::Error::other)?;
    let mut inputs = Vec::new();
    for (index, format) in (0_u16..).zip(format::all()) {
        let mut add = |file: &[u8]| inputs.push([&index.to_le_bytes(), file].concat());
        let is_its = |fixture: &str| {
            let names = format.names.iter();
            let mut last = names.filter_map(|name| name.rsplit('/').next());
            last.any(|last| fixture.contains(last))
        };
        for (name, file) in &files {
            if is_its(name) && format.parse(file).is_ok() {
                add(file);
            }
        }
        let mut its = here
            .iter()
            .filter(|path| format::at(path).is_some_and(|found| found.name() == format.name()));
        let live = its.find_map(|path| {
            let mut bytes = Vec::new();
            let mut file = view.open(path).ok()?.take(LONGEST + 1);
            file.read_to_end(&mut bytes).ok()?;
            (bytes.len() as u64 <= LONGEST && !bytes.is_empty()).then_some(bytes)
        });
        if let Some(file) = live {
            add(&file);
        }
    }
    Ok(inputs)
}
