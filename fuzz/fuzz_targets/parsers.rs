//! Looks for bytes that break the law of one row, which the environment names:
//! `PARSER=pid-stat`. Without a name it prints all of them; with `SEEDS=DIR` it puts the row's
//! seeds there and ends.

#![no_main]

use std::{env, fs, path::Path, process, sync::OnceLock};

use libfuzzer_sys::fuzz_target;
use psgo_fuzz::{ROWS, Row, seeds};

static ROW: OnceLock<Row> = OnceLock::new();

fuzz_target!(
    init: {
        let row = chosen();
        if let Some(dir) = env::var_os("SEEDS") {
            sow(&row, Path::new(&dir));
            process::exit(0);
        }
        ROW.get_or_init(|| row);
    },
    |input: &[u8]| {
        if let Some(row) = ROW.get() {
            (row.law)(input);
        }
    }
);

fn chosen() -> Row {
    let name = env::var("PARSER").unwrap_or_default();
    if name.is_empty() {
        for row in ROWS {
            println!("{}", row.name);
        }
        process::exit(0);
    }
    let row = ROWS.iter().find(|row| row.name == name);
    *row.unwrap_or_else(|| {
        eprintln!("no parser is called {name}");
        process::exit(2);
    })
}

fn sow(row: &Row, dir: &Path) {
    let inputs = seeds(row).expect("the fixtures are there");
    for (i, input) in inputs.iter().enumerate() {
        fs::write(dir.join(format!("seed-{i}")), input).expect("the directory is there");
    }
}
