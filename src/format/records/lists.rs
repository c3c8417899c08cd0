//! The list of formats in docs/formats.md, kept equal to the table.
//!
//! `PSGO_WRITE_DOCS=1 cargo test -p psgo lists` writes it anew.

use std::{fs, path::Path};

use super::{
    format::Format,
    formats::{NOT_RECORDS, all},
};

const HEAD: &str = "# Files of `/proc`

The files that psgo reads into records and writes back byte for byte: `psgo proc PATH` prints them,
`View::read`, `View::records` and `format::parse` give them to programs. This list is of the table in
`src/format/`: `PSGO_WRITE_DOCS=1 cargo test -p psgo lists` writes it anew.

`*` stands for any one name, `**` for one or more, `PID` for a process, `self` or `thread-self`, or for
a thread as in `PID/task/TID`. `PID/net/…` is what `net/…` is in the network namespace of the process.

A file is a *record*, *rows* that are a record each, or a *link*, whose target is what there is to read.
What each field means, its unit, and since which kernel it is there, stands in the documentation of the
library, `cargo doc --open`, under `format`.
";

fn rows(title: &str, formats: &[&Format]) -> String {
    let mut text = format!("\n## {title}\n\n| file | shape | what it is |\n| --- | --- | --- |\n");
    for format in formats {
        let before = if format.of_process { "PID/" } else { "" };
        let names = format.names.iter().map(|name| format!("`{before}{name}`"));
        let names: Vec<_> = names.collect();
        let shape = match (format.is_link, format.rows) {
            (true, _) => "link",
            (_, true) => "rows",
            (_, false) => "record",
        };
        let about = format.about.trim();
        assert!(!about.contains(['|', '\n', '<']), "{about}");
        text.extend(["| ", &names.join(" "), " | ", shape, " | ", about, " |\n"]);
    }
    text
}

fn page() -> String {
    type Belongs<'a> = &'a dyn Fn(&Format) -> bool;
    let sections: [(&str, Belongs<'_>); 3] = [
        ("Of a process", &|format| format.of_process),
        ("Of a network namespace", &|format| {
            !format.of_process && format.name().starts_with("net/")
        }),
        ("Of the kernel and the machine", &|format| {
            !format.of_process && !format.name().starts_with("net/")
        }),
    ];
    let mut page = HEAD.to_owned();
    for (title, is_of) in sections {
        let mut formats: Vec<_> = all().filter(|format| is_of(format)).collect();
        formats.sort_by_key(|format| format.name());
        page.push_str(&rows(title, &formats));
    }
    page.push_str("\n## No records\n\n| file | why |\n| --- | --- |\n");
    for (name, reason) in NOT_RECORDS {
        page.extend(["| `", name, "` | ", reason, " |\n"]);
    }
    page
}

#[test]
fn the_docs_list_all_of_the_formats() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let page = page();
    if std::env::var_os("PSGO_WRITE_DOCS").is_some() {
        return fs::write(path, page).unwrap();
    }
    assert!(
        fs::read_to_string(path).is_ok_and(|kept| kept == page),
        "docs/formats.md is out of date: PSGO_WRITE_DOCS=1 cargo test -p psgo lists"
    );
}
