//! Import circles: groups of files of one room that cannot be read one after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

use super::{
    imports::{Edges, Tree},
    sources::{Source, library, room_of, sources, without_tests},
};

/// One text for each circle among the files for which `is_in` holds.
fn circles(tree: &Tree, edges: &[Edges], is_in: impl Fn(&Path) -> bool) -> Vec<String> {
    let is_in: Vec<_> = tree.files.iter().map(|path| is_in(path)).collect();
    let mut edges = edges.to_vec();
    for (from, edges) in edges.iter_mut().enumerate() {
        edges.retain(|to, _| is_in[from] && is_in[*to]);
    }
    let files = 0..edges.len();
    let reach: Vec<_> = files.clone().map(|from| reachable(&edges, from)).collect();
    let mut told = BTreeSet::<usize>::new();
    let mut circles = Vec::new();
    for first in files.clone() {
        if !reach[first].contains(&first) || told.contains(&first) {
            continue;
        }
        let is_in_it = |file: &usize| reach[first].contains(file) && reach[*file].contains(&first);
        let group: Vec<_> = files.clone().filter(is_in_it).collect();
        told.extend(&group);
        let mut text = String::new();
        for from in &group {
            for (to, words) in edges[*from].iter().filter(|(to, _)| group.contains(to)) {
                let [from, to] = [*from, *to].map(|file| tree.files[file].display());
                writeln!(text, "  {from} -> {to}: {}", essential(words).join(", ")).unwrap();
            }
        }
        circles.push(text);
    }
    circles
}

/// The words without those that begin where another one ends: `A::new` beside `super::A`.
fn essential(words: &BTreeSet<String>) -> Vec<&str> {
    let is_new = |word: &&String| {
        let Some((first, _)) = word.split_once("::") else {
            return true;
        };
        let names_it = |other: &String| other.rsplit("::").next() == Some(first);
        !words.iter().any(names_it)
    };
    words.iter().filter(is_new).map(String::as_str).collect()
}

/// The files to which the edges lead from `from`: itself only if it is in a circle.
fn reachable(edges: &[Edges], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![from];
    while let Some(file) = ahead.pop() {
        let fresh = edges[file].keys().filter(|to| reached.insert(**to));
        ahead.extend(fresh);
    }
    reached
}

fn tree(sources: &[Source], root: &str) -> Tree {
    let below = |source: &Source| source.path.strip_prefix(root).unwrap().to_owned();
    let files = sources.iter().map(|source| (below(source), &*source.text));
    Tree::new(&files.collect::<Vec<_>>())
}

#[test]
fn no_room_has_an_import_circle() {
    let library = library();
    let rooms: BTreeSet<_> = library.iter().map(Source::room).collect();
    let library_tree = tree(&library, "src");
    let edges = library_tree.edges();
    let circles_of = |room: &str| circles(&library_tree, &edges, |path| room_of(path) == room);
    let mut found: BTreeMap<_, _> = rooms.iter().map(|room| (*room, circles_of(room))).collect();
    let command = tree(&without_tests(sources("psgo-cli/src")), "psgo-cli/src");
    found.insert("psgo-cli", circles(&command, &command.edges(), |_| true));

    let mut wrong = String::new();
    for (room, circles) in found {
        for circle in circles {
            let _ = write!(wrong, "{room}: a circle\n{circle}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), *text))
            .collect();
        let tree = Tree::new(&files);
        circles(&tree, &tree.edges(), |_| true)
    }

    #[test]
    fn a_circle_is_told_with_the_words_that_make_it() {
        let found = circles_of(&[
            ("lib.rs", "mod room;"),
            ("room/mod.rs", "mod a; mod b; mod c; pub use c::C;"),
            ("room/a.rs", "use super::b::{self, B as Other};"),
            ("room/b.rs", "fn b() { crate::room::a::run() }"),
            ("room/c.rs", "use super::{a::A, b::B};"),
        ]);
        assert_eq!(
            found,
            [
                "  room/a.rs -> room/b.rs: super::b::B\n  room/b.rs -> room/a.rs: crate::room::a::run\n"
            ]
        );
    }

    #[test]
    fn a_circle_of_three_is_found_through_nested_groups_and_names_of_modules() {
        let found = circles_of(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            (
                "a.rs",
                "use crate::{b::{self, x::{Y}}, z};\n fn f() { b::g::<u8>() }",
            ),
            (
                "b.rs",
                "use {super::c as other};\n fn g<T>() { other::h() }",
            ),
            ("c.rs", "mod inner { use super::super::a::f; } fn h() {}"),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].lines().count(), 3, "{}", found[0]);
    }

    #[test]
    fn a_re_export_leads_to_the_file_that_defines() {
        let parent = "mod a; mod b; pub use a::{A, a}; pub(crate) use b::{B, run}; pub mod again { pub use super::b::*; }";
        let a = ("room/a.rs", "pub struct A; pub fn a() {}");
        let b = (
            "room/b.rs",
            "use super::a; pub struct B; pub fn run<T>(_: T) { a() }",
        );
        let found = |a: (&str, &str), b: (&str, &str)| {
            circles_of(&[("lib.rs", "mod room;"), ("room/mod.rs", parent), a, b])
        };
        assert!(found(a, b).is_empty());
        for text in [
            "pub struct A(super::B);",
            "pub struct A; fn f() { crate::room::run(A) }",
            "pub struct A; use super::again::B;",
            "pub struct A; use super::again::*; fn f() { run(A) }",
        ] {
            let text = format!("{text} pub fn a() {{}}");
            let found = found(("room/a.rs", &text), b);
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].contains("room/a.rs -> room/b.rs"), "{}", found[0]);
        }
    }

    #[test]
    fn a_parent_that_uses_a_child_is_not_used_by_it() {
        let child = ("room/a.rs", "use super::LIMIT; pub fn a() {}");
        let found = |parent| circles_of(&[("lib.rs", "mod room;"), ("room/mod.rs", parent), child]);
        for parent in [
            "mod a; pub const LIMIT: u8 = 1; fn f() { a::a() }",
            "mod a; use a::a; pub const LIMIT: u8 = 1; fn f() { a() }",
            "mod a; pub use a::a; pub const LIMIT: u8 = 1; fn f() { a() }",
            "mod a; pub const LIMIT: u8 = 1; fn f() { self::a::a() }",
            "mod a; limits!(LIMIT); fn f() { a::a() }",
        ] {
            assert_eq!(found(parent).len(), 1, "{parent}");
        }
        // It only declares the child and shows what it has.
        assert!(found("mod a; pub use a::a; pub const LIMIT: u8 = 1;").is_empty());
        assert!(found("mod a; mod b { pub const LIMIT: u8 = 1; } fn f() { b::LIMIT; }").is_empty());
    }

    #[test]
    fn tests_comments_and_texts_do_not_count() {
        for a in [
            "// use super::b::B;",
            "/* a /* comment */ crate::b::B */",
            "const A: &str = \"crate::b::B \\\" crate::b::B\";",
            "const A: &str = r#\"\" crate::b::B\"#;",
            "const A: char = '\"'; // crate::b::B",
            "#[cfg(test)] use crate::b::B;",
            "#[cfg(test)]\nmod tests { use crate::b::B; fn f() { crate::b::B {} } }",
            "#[cfg(all(test, unix))] #[test] fn f() { crate::b::B; }",
        ] {
            let b = "use super::a::A; struct B;";
            let with =
                |a: &str| circles_of(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)]);
            assert!(with(a).is_empty(), "{a}");
            assert_eq!(
                with(&format!(
                    "{a}\nstruct C<'a>(&'a crate::b::B);\nconst Z: char = '\"';"
                ))
                .len(),
                1,
                "{a}"
            );
        }
    }
}
