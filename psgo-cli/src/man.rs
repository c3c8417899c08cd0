//! The man page, from the same description as the help. It is kept in `docs/psgo.1`.

use clap::{Arg, Command};
use clap_mangen::{
    Man,
    roff::{Roff, bold, italic, roman},
};
use psgo::descriptor::{Descriptor, Subject};

use crate::{
    args,
    list::tables::{TABLES, Table},
};

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
        tell(&mut roff, "psgo", subcommand, &command);
        for below in subcommand.get_subcommands().filter(|c| !c.is_hide_set()) {
            tell(&mut roff, "psgo drift", below, subcommand);
        }
    }
    let mut section = |title: &str, things: &[(&str, &str)]| {
        roff.control("SH", [title]);
        for (thing, what) in things {
            roff.control("TP", []);
            roff.text([bold(*thing)]);
            roff.text([roman(*what)]);
        }
    };
    section("EXAMPLES", args::EXAMPLES);
    section("EXIT STATUS", &args::EXITS);
    describe(&mut roff, "DESCRIPTORS", Subject::Processes);
    let others = |table: &&Table| table.subject != Subject::Processes;
    for table in TABLES.iter().filter(others) {
        let title = format!("FURTHER DESCRIPTORS OF {}", table.name.to_uppercase());
        describe(&mut roff, &title, table.subject);
    }
    roff.to_writer(&mut page).unwrap();
    page
}

/// A section with the descriptors of a table.
fn describe(roff: &mut Roff, title: &str, subject: Subject) {
    roff.control("SH", [title]);
    let mut all: Vec<_> = subject.descriptors().collect();
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
}

/// A command: its name, its arguments, what it does, and the flags that its parent lacks.
fn tell(roff: &mut Roff, above: &str, command: &Command, parent: &Command) {
    let values = command
        .get_positionals()
        .filter_map(|arg| arg.get_value_names());
    let values: Vec<_> = values
        .flatten()
        .map(|name| italic(format!(" {name}")))
        .collect();
    let name = bold(format!("{above} {}", command.get_name()));
    roff.control("TP", []);
    roff.text([&[name][..], &values].concat());
    roff.text([roman(command.get_about().unwrap().to_string())]);
    let is_known = |arg: &&Arg| {
        let is_it = |other: &Arg| other.get_id() == arg.get_id();
        // The flags of psgo itself are in the section of options.
        above != "psgo" && parent.get_arguments().any(is_it)
    };
    let flags = command.get_arguments().filter(|arg| !arg.is_positional());
    let flags = flags.filter(|arg| arg.get_id() != "help" && !is_known(arg));
    for flag in flags {
        let value = flag.get_value_names().unwrap_or_default();
        let value = value.iter().map(|name| italic(format!(" {name}")));
        let short = flag.get_short().map(|c| format!("-{c}, "));
        let short = short.unwrap_or_default();
        let long = bold(format!("{short}--{}", flag.get_long().unwrap()));
        let takes = flag.get_action().takes_values();
        let value: Vec<_> = value.filter(|_| takes).collect();
        roff.control("RS", []);
        roff.control("TP", []);
        roff.text([&[long][..], &value].concat());
        roff.text([roman(flag.get_help().unwrap().to_string())]);
        roff.control("RE", []);
    }
}

/// `PSGO_WRITE_DOCS=1 cargo test -p psgo-cli man` writes it.
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
