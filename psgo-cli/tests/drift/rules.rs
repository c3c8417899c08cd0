//! Rules as they are given to the command.

use std::fs;

use crate::place::{FIRST, Place, tree};

#[test]
fn a_rule_that_cannot_be_read_stops_everything() {
    let place = Place::new();
    place.psgo(&["write"]);
    let rules = place.path("rules.toml");
    let ask = |args: &[&str]| place.psgo(&[args, &["-rules", &rules]].concat());
    assert_eq!(
        ask(&["show"]),
        (2, format!("psgo: {rules}: there is no such file\n"))
    );
    fs::write(
        &rules,
        "\n[[rule]]\nname = 'a'\nstart = 'a'\nignore = 'all'\n",
    )
    .unwrap();
    let wrong = format!("psgo: {rules}:5: \"all\" is none of process, tree, below, nothing\n");
    for args in [
        &["show"][..],
        &["dump"],
        &["write"],
        &["rules"],
        &["rules", "-check"],
        &["rules", "-explain", "1"],
    ] {
        assert_eq!(ask(args), (2, wrong.clone()), "{args:?}");
    }
    fs::write(&rules, b"# \n# \xff").unwrap();
    assert_eq!(ask(&["dump"]), (2, format!("psgo: {rules}:2: not UTF-8\n")));
}

const LOCAL: &str = "\
# Ours.
builtin = true

[[rule]]
name = 'workers'
start = 'worker'
ancestor = { start = '/usr/sbin/a ' }
ignore = 'tree'
";

#[test]
fn local_rules_come_before_the_builtin_ones() {
    let place = Place::new();
    let rules = place.path("rules.toml");
    fs::write(&rules, LOCAL).unwrap();
    let ask = |args: &[&str]| place.psgo(&[args, &["-rules", &rules]].concat());
    let without = tree(FIRST).replace(&tree("      worker~\n"), "");
    assert_eq!(ask(&["dump"]), (0, without.clone()));
    assert_eq!(
        ask(&["rules", "-check"]),
        (0, format!("{rules}: 1 rule\nbuilt-in: 22 rules\n"))
    );
    assert_eq!(
        ask(&["rules", "-explain", "11"]),
        (
            0,
            format!("command line: worker\nleft out: rule \"workers\", {rules}:4\n")
        )
    );
    assert_eq!(
        ask(&["rules", "-explain", "1"]),
        (
            0,
            "command line: /sbin/init splash\nbecomes: INIT (rule \"init\", built-in:13)\n\
             shown: no rule is about it\n"
                .to_owned()
        )
    );
    assert_eq!(
        ask(&["rules", "-explain", "99"]),
        (1, "psgo: left out: 99 (no such process)\n".to_owned())
    );

    // What is printed is a file that can take the place of all others.
    let (code, all) = ask(&["rules"]);
    assert_eq!(code, 0);
    let printed = place.path("printed.toml");
    fs::write(&printed, all).unwrap();
    let ask = |args: &[&str]| place.psgo(&[args, &["-rules", &printed]].concat());
    assert_eq!(
        ask(&["rules", "-check"]),
        (0, format!("{printed}: 23 rules\n"))
    );
    assert_eq!(ask(&["dump"]), (0, without));

    fs::write(&rules, LOCAL.replace("builtin = true", "builtin = false")).unwrap();
    let (_, dump) = place.psgo(&["dump", "-rules", &rules]);
    assert!(dump.contains("/sbin/init splash"), "{dump}");
}

#[test]
fn the_examples_can_be_read() {
    let place = Place::new();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/drift-examples.toml");
    let (code, text) = place.psgo(&["rules", "-check", "-rules", examples]);
    assert_eq!(
        (code, text.lines().next().unwrap()),
        (0, &*format!("{examples}: 5 rules"))
    );
}
