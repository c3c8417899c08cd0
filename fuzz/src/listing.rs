//! The whole way: a `/proc` made of the input, listed with every descriptor.

use std::{fs, ops::ControlFlow, path::PathBuf, process, sync::OnceLock};

use psgo::{Query, View, descriptor};

use crate::laws::{harmless, shown};

/// What the parts of the input are, each up to a byte 1.
const FILES: &[&str] = &[
    "1/stat",
    "1/status",
    "1/cmdline",
    "1/attr/current",
    "1/statm",
    "tty/drivers",
    "stat",
    "uptime",
    "sys/kernel/cap_last_cap",
    "1/io",
];

/// A directory in memory that is one process's own.
fn proc() -> &'static PathBuf {
    static PROC: OnceLock<PathBuf> = OnceLock::new();
    PROC.get_or_init(|| {
        let proc = PathBuf::from(format!("/dev/shm/psgo-fuzz-{}", process::id()));
        for file in FILES {
            let path = proc.join(file);
            let dir = path.parent().expect("it is in a directory");
            fs::create_dir_all(dir).expect("/dev/shm can be written");
        }
        proc
    })
}

/// Every cell of whatever is listed is harmless.
pub(crate) fn listing(input: &[u8]) {
    let mut parts = input.split(|&b| b == 1);
    for file in FILES {
        let part = parts.next().unwrap_or_default();
        fs::write(proc().join(file), part).expect("/dev/shm can be written");
    }
    let names: Vec<&str> = descriptor::all().map(|d| d.name).collect();
    let view = View::at(proc()).expect("it is there");
    let query = Query::new(&names).expect("all are known").view(view);
    for keys in [&[][..], &["-args", "stime"]] {
        let query = query.clone().sort(keys).expect("both are known");
        let outcome = query.for_each(|row| {
            row.values().iter().for_each(shown);
            assert_eq!(row.values().len(), names.len());
            ControlFlow::Continue(())
        });
        let outcome = outcome.expect("the directory is there");
        assert_eq!(outcome.abandoned, 0);
        for skipped in outcome.skipped {
            harmless(&skipped.error);
        }
    }
}
