//! The man page, of the same description as the help; it is kept in `docs/psgo.1`.

use clap_mangen::{
    Man,
    roff::{Roff, bold, italic, roman},
};
use psgo::descriptor::{self, Descriptor};

use crate::args;

/// The page.
fn page() -> Vec<u8> {
    let mut command = args::command();
    command.build();
    let man = Man::new(command.clone()).manual("psgo").source("psgo");
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();

    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for subcommand in command.get_subcommands() {
        let values = subcommand
            .get_positionals()
            .filter_map(|arg| arg.get_value_names());
        let values: Vec<_> = values
            .flatten()
            .map(|name| italic(format!(" {name}")))
            .collect();
        let name = bold(format!("psgo {}", subcommand.get_name()));
        roff.control("TP", []);
        roff.text([&[name][..], &values].concat());
        roff.text([roman(subcommand.get_about().unwrap().to_string())]);
    }
    let mut section = |title: &str, things: &[(&str, &str)]| {
        roff.control("SH", [title]);
        for (thing, what) in things {
            roff.control("TP", []);
            roff.text([bold(*thing)]);
            roff.text([roman(*what)]);
        }
    };
    section("EXAMPLES", &args::EXAMPLES);
    section("EXIT STATUS", &args::EXITS);
    roff.control("SH", ["DESCRIPTORS"]);
    let mut all: Vec<_> = descriptor::all().collect();
    all.sort_unstable_by_key(|descriptor| descriptor.name);
    for Descriptor {
        name,
        code,
        header,
        doc,
        ..
    } in all
    {
        let code = if code.is_empty() {
            String::new()
        } else {
            format!(", {code}")
        };
        roff.control("TP", []);
        roff.text([bold(*name), roman(code)]);
        roff.text([roman(format!("{header}: {doc}"))]);
    }
    roff.to_writer(&mut page).unwrap();
    page
}

/// `PSGO_WRITE_DOCS=1 cargo test -p psgo-cli man` writes it anew.
#[test]
fn the_man_page_is_that_of_the_description() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/psgo.1");
    let page = page();
    if std::env::var_os("PSGO_WRITE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert!(
        std::fs::read(path).is_ok_and(|kept| kept == page),
        "docs/psgo.1 is out of date: PSGO_WRITE_DOCS=1 cargo test -p psgo-cli man"
    );
}
