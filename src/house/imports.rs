//! Which file uses what another one defines.
//!
//! An edge leads from a file to each file that *defines* something the first one names: what
//! `pub use` passes on is its definer's. `mod x;` is no edge, nor is a `pub use` whose name the file
//! itself does not need. Test code has none.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::words::{tokens, without_tests};

/// A file or an inline module of one.
struct Module {
    file: usize,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// What `use` calls by which name.
    uses: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    defines: BTreeSet<String>,
    /// The paths that the code names, and whether a `use` alone names them.
    paths: BTreeSet<Vec<String>>,
    /// All words outside `use`.
    words: BTreeSet<String>,
}

/// Which files one file uses, and the words that say so.
pub(super) type Edges = BTreeMap<usize, BTreeSet<String>>;

/// What a path leads to.
#[derive(Clone, Copy)]
enum Found {
    Module(usize),
    /// Something that this module defines.
    Item(usize),
}

/// The files below one `lib.rs` or `main.rs`.
pub(super) struct Tree {
    pub(super) files: Vec<PathBuf>,
    modules: Vec<Module>,
}

impl Tree {
    /// Of the files of a crate, by their paths below its `src/`.
    pub(super) fn new(files: &[(PathBuf, &str)]) -> Self {
        let mut tree = Self {
            files: files.iter().map(|(path, _)| path.clone()).collect(),
            modules: Vec::new(),
        };
        tree.add_module(usize::MAX, None);
        for (file, (path, text)) in files.iter().enumerate() {
            let module = tree.module_of(path);
            tree.modules[module].file = file;
            let tokens = without_tests(&tokens(text));
            tree.read(module, &tokens);
        }
        tree
    }

    fn add_module(&mut self, file: usize, parent: Option<usize>) -> usize {
        self.modules.push(Module {
            file,
            parent,
            children: BTreeMap::new(),
            uses: BTreeMap::new(),
            globs: Vec::new(),
            defines: BTreeSet::new(),
            paths: BTreeSet::new(),
            words: BTreeSet::new(),
        });
        self.modules.len() - 1
    }

    fn child(&mut self, parent: usize, name: &str) -> usize {
        if let Some(child) = self.modules[parent].children.get(name) {
            return *child;
        }
        let child = self.add_module(self.modules[parent].file, Some(parent));
        self.modules[parent].children.insert(name.to_owned(), child);
        child
    }

    /// `a/b.rs` and `a/b/mod.rs` are `crate::a::b`.
    fn module_of(&mut self, path: &Path) -> usize {
        let path = path.with_extension("");
        let mut names: Vec<_> = path.iter().map(|name| name.to_str().unwrap()).collect();
        if matches!(*names.last().unwrap(), "mod" | "lib" | "main") {
            names.pop();
        }
        let child = |module, name| self.child(module, name);
        names.into_iter().fold(0, child)
    }

    /// Takes the code of one file.
    fn read(&mut self, module: usize, tokens: &[String]) {
        // The modules that are open, each with the depth of its braces.
        let mut open = vec![(module, 0)];
        let (mut depth, mut at) = (0, 0);
        let token = |at: usize| tokens.get(at).map_or("", String::as_str);
        while at < tokens.len() {
            let module = open.last().unwrap().0;
            match token(at) {
                "{" => depth += 1,
                "}" => {
                    if open.len() > 1 && open.last().unwrap().1 == depth {
                        open.pop();
                    }
                    depth -= 1;
                }
                "mod" if token(at + 2) == "{" => {
                    let name = token(at + 1).to_owned();
                    depth += 1;
                    let file = self.modules[module].file;
                    let inline = self.child(module, &name);
                    self.modules[inline].file = file;
                    open.push((inline, depth));
                    at += 2;
                }
                "mod" if token(at + 2) == ";" => at += 2,
                "use"
                    if is_word(token(at + 1)) || token(at + 1) == "{" || token(at + 1) == "::" =>
                {
                    let is_public = matches!(at.checked_sub(1).map(token), Some("pub" | ")"));
                    at += 1;
                    self.read_use(module, tokens, &mut at, &mut Vec::new(), is_public);
                }
                word if is_word(word) => {
                    const ITEMS: [&str; 9] = [
                        "fn",
                        "struct",
                        "enum",
                        "union",
                        "trait",
                        "type",
                        "const",
                        "static",
                        "macro_rules",
                    ];
                    if ITEMS.contains(&word) {
                        let name = at + 1 + usize::from(token(at + 1) == "!");
                        let name = name + usize::from(token(name) == "mut");
                        // What an impl or a macro has in its braces is at least no module.
                        self.modules[module].defines.insert(token(name).to_owned());
                    }
                    let mut path = vec![word.to_owned()];
                    while token(at + 1) == "::" && is_word(token(at + 2)) {
                        path.push(token(at + 2).to_owned());
                        at += 2;
                    }
                    let module = &mut self.modules[module];
                    module.words.insert(word.to_owned());
                    if path.len() > 1 {
                        module.paths.insert(path);
                    }
                }
                _ => (),
            }
            at += 1;
        }
    }

    /// Takes one tree of a `use`, of which `prefix` has been read; leaves `at` at what ends it.
    fn read_use(
        &mut self,
        module: usize,
        tokens: &[String],
        at: &mut usize,
        prefix: &mut Vec<String>,
        is_public: bool,
    ) {
        let before = prefix.len();
        while let Some(token) = tokens.get(*at) {
            match token.as_str() {
                "::" => *at += 1,
                "*" => {
                    self.modules[module].globs.push(prefix.clone());
                    *at += 1;
                    break;
                }
                "{" => {
                    *at += 1;
                    while tokens.get(*at).is_some_and(|token| token != "}") {
                        self.read_use(module, tokens, at, prefix, is_public);
                        if tokens.get(*at).is_some_and(|token| token == ",") {
                            *at += 1;
                        }
                    }
                    *at += 1;
                    break;
                }
                word if is_word(word) => {
                    prefix.push(word.to_owned());
                    *at += 1;
                    if tokens.get(*at).is_some_and(|token| token == "::") {
                        continue;
                    }
                    let mut name = word.to_owned();
                    if name == "self" {
                        prefix.pop();
                        name = prefix.last().cloned().unwrap_or(name);
                    }
                    if tokens.get(*at).is_some_and(|token| token == "as") {
                        name = tokens.get(*at + 1).cloned().unwrap_or_default();
                        *at += 2;
                    }
                    let module = &mut self.modules[module];
                    if !is_public {
                        module.paths.insert(prefix.clone());
                    }
                    module.uses.insert(name, prefix.clone());
                    break;
                }
                _ => break,
            }
        }
        prefix.truncate(before);
    }

    /// What `path` leads to, written in `module`; nothing if out of the crate.
    fn resolve(
        &self,
        module: usize,
        path: &[String],
        seen: &mut Vec<(usize, String)>,
    ) -> Option<Found> {
        let mut current = module;
        let mut rest = path;
        let mut is_of_crate = false;
        while let Some((first, others)) = rest.split_first() {
            current = match first.as_str() {
                "crate" => 0,
                "self" => current,
                "super" => self.modules[current].parent?,
                _ => break,
            };
            is_of_crate = true;
            rest = others;
        }
        while let Some((name, others)) = rest.split_first() {
            match self.look_up(current, name, others.is_empty(), seen) {
                Some(Found::Module(next)) => (current, is_of_crate) = (next, true),
                Some(found) => return Some(found),
                // A macro defines it.
                None => return is_of_crate.then_some(Found::Item(current)),
            }
            rest = others;
        }
        Some(Found::Module(current))
    }

    /// What `name` is in `module`. A module and something else may have the same name.
    fn look_up(
        &self,
        module: usize,
        name: &str,
        is_last: bool,
        seen: &mut Vec<(usize, String)>,
    ) -> Option<Found> {
        let here = &self.modules[module];
        let child = here.children.get(name).map(|child| Found::Module(*child));
        if !is_last && child.is_some() {
            return child;
        }
        let key = (module, name.to_owned());
        if seen.contains(&key) {
            return here
                .defines
                .contains(name)
                .then_some(Found::Item(module))
                .or(child);
        }
        seen.push(key);
        let defined = here.defines.contains(name).then_some(Found::Item(module));
        let used = (here.uses.get(name)).and_then(|path| self.resolve(module, path, seen));
        let found = used.or(defined).or(child);
        found.or_else(|| {
            here.globs.iter().find_map(|glob| {
                match self.resolve(module, glob, &mut seen.clone())? {
                    Found::Module(other) if other != module => {
                        self.look_up(other, name, is_last, seen)
                    }
                    _ => None,
                }
            })
        })
    }

    /// The edges from each file.
    pub(super) fn edges(&self) -> Vec<Edges> {
        let mut edges = vec![Edges::new(); self.files.len()];
        for (number, module) in self.modules.iter().enumerate() {
            if module.file == usize::MAX {
                continue;
            }
            let mut add = |path: &[String]| {
                if let Some(Found::Item(other)) = self.resolve(number, path, &mut Vec::new()) {
                    let file = self.modules[other].file;
                    if file != module.file && file != usize::MAX {
                        let words = edges[module.file].entry(file).or_default();
                        words.insert(path.join("::"));
                    }
                }
            };
            module.paths.iter().for_each(|path| add(path));
            for word in &module.words {
                if let Some(path) = module.uses.get(word) {
                    add(path);
                } else if !module.globs.is_empty() && !module.defines.contains(word) {
                    add(std::slice::from_ref(word));
                }
            }
        }
        edges
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
