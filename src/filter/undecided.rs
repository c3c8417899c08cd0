//! Which columns keep a filter from being decided, because they could not be read.

use super::{Filter, grammar::Tree, test::Test};
use crate::{
    descriptor::Descriptor,
    value::{Missing, Value},
};

impl Filter {
    /// The columns because of which it cannot be decided whether a row is wanted, whose cells are
    /// `cells`: each with the reason for which it is unknown. None of them if the row is wanted, or
    /// is not, whatever they are.
    pub(crate) fn undecided_by(&self, cells: &[Value]) -> Vec<(&'static Descriptor, Missing)> {
        let why = |at: usize| {
            let why = cells.get(at).and_then(Value::missing);
            why.filter(|why| why.hides_a_value())
        };
        if (0..self.columns.len()).all(|at| why(at).is_none()) {
            return Vec::new();
        }
        let unknown = |test: &Test| test.unknown(why);
        let holds = |test: &Test| test.holds(cells, &self.references);
        let Verdict::Unknown(mut columns) = judge(&self.tree, &unknown, &holds) else {
            return Vec::new();
        };
        columns.sort_unstable();
        columns.dedup();
        let columns = columns.into_iter();
        columns
            .filter_map(|at| Some((*self.columns.get(at)?, why(at)?)))
            .collect()
    }
}

impl Filter {
    /// Whether a row can be wanted of which these cells are known and no others.
    pub(crate) fn may_hold(&self, known: &dyn Fn(&Descriptor) -> Option<Value>) -> bool {
        let told: Vec<_> = self.columns.iter().map(|column| known(column)).collect();
        let is_known = |at: usize| told.get(at).is_some_and(Option::is_some);
        let cells: Vec<_> = told
            .iter()
            .map(|cell| cell.clone().unwrap_or(Value::MISSING))
            .collect();
        let unknown = |test: &Test| (!test.asks_only(is_known)).then_some(0);
        let holds = |test: &Test| test.holds(&cells, &self.references);
        !matches!(judge(&self.tree, &unknown, &holds), Verdict::Fails)
    }
}

/// Whether a tree of tests holds, where some cannot be decided.
enum Verdict {
    Holds,
    Fails,
    /// It depends on these columns.
    Unknown(Vec<usize>),
}

/// Judges a tree by the logic of three values: `unknown` names the column for which a test cannot be
/// decided, `holds` decides the others.
fn judge(
    tree: &Tree<Test>,
    unknown: &impl Fn(&Test) -> Option<usize>,
    holds: &impl Fn(&Test) -> bool,
) -> Verdict {
    let joined = |trees: &[Tree<Test>], decides: bool| {
        let mut columns = Vec::new();
        for tree in trees {
            match judge(tree, unknown, holds) {
                Verdict::Holds if decides => return Verdict::Holds,
                Verdict::Fails if !decides => return Verdict::Fails,
                Verdict::Holds | Verdict::Fails => (),
                Verdict::Unknown(more) => columns.extend(more),
            }
        }
        match columns.is_empty() {
            false => Verdict::Unknown(columns),
            true if decides => Verdict::Fails,
            true => Verdict::Holds,
        }
    };
    match tree {
        Tree::All(trees) => joined(trees, false),
        Tree::Any(trees) => joined(trees, true),
        Tree::Not(tree) => match judge(tree, unknown, holds) {
            Verdict::Holds => Verdict::Fails,
            Verdict::Fails => Verdict::Holds,
            verdict @ Verdict::Unknown(_) => verdict,
        },
        Tree::Test(test) => match unknown(test) {
            Some(column) => Verdict::Unknown(vec![column]),
            None if holds(test) => Verdict::Holds,
            None => Verdict::Fails,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor;

    fn parse(text: &str) -> Filter {
        Filter::parse(text, descriptor::find).unwrap()
    }

    /// The columns for which `text` cannot be decided where these are denied.
    fn undecided(text: &str, denied: &[&str]) -> Vec<&'static str> {
        let filter = parse(text);
        let cell = |column: &&'static Descriptor| match column.name {
            name if denied.contains(&name) => Value::Missing(Missing::Denied),
            "pid" => Value::Int(4711),
            _ => Value::MISSING,
        };
        let cells: Vec<_> = filter.columns().iter().map(cell).collect();
        let columns = filter.undecided_by(&cells).into_iter();
        columns.map(|(column, _)| column.name).collect()
    }

    #[test]
    fn what_is_unknown_is_told_only_where_it_decides() {
        const DENIED: [&str; 4] = ["lports", "exe", "fds", "uid"];
        for (text, columns) in [
            ("lports=80", &["lports"][..]),
            ("lports!=80", &["lports"]),
            ("lports in (80,443)", &["lports"]),
            ("!(exe=/bin/sh)", &["exe"]),
            ("pid=4711 && lports=80", &["lports"]),
            ("pid=1 && lports=80", &[]),
            ("pid=4711 || lports=80", &[]),
            ("pid=1 || lports=80 || exe=/x", &["lports", "exe"]),
            ("(pid=1 && exe=/x) || fds>5", &["fds"]),
            ("!(pid=4711 || exe=/x)", &[]),
            ("lports=80 && lports=81", &["lports"]),
            // By either column.
            ("uid!=ruid", &["uid"]),
            ("ruid!=uid", &["uid"]),
            // Asked for as such.
            ("exe=?", &[]),
            ("exe!=? && fds>5", &[]),
            // There is no terminal, and nobody keeps it back.
            ("tty=pts/0", &[]),
        ] {
            assert_eq!(undecided(text, &DENIED), columns, "{text}");
        }
    }

    #[test]
    fn a_socket_is_refused_by_its_protocol_and_state_alone() {
        use crate::{descriptor::Subject, value::Text};
        let may = |text: &str, proto: &'static str, state: Option<&'static str>| {
            let filter = Filter::parse(text, |name| Subject::Sockets.find(name)).unwrap();
            filter.may_hold(&|column| match (column.is_of_socket(), column.name) {
                (true, "proto") => Some(Value::Text(Text::word(proto))),
                (true, "state") => {
                    Some(state.map_or(Value::MISSING, |state| Value::Text(Text::word(state))))
                }
                _ => None,
            })
        };
        for (text, listens, open, none) in [
            ("state=LISTEN", true, false, false),
            ("state!=LISTEN", false, true, false),
            ("state=?", false, false, true),
            ("state=LISTEN && lport=80", true, false, false),
            ("state=LISTEN || lport=80", true, true, true),
            ("!(state=LISTEN || lport=80)", false, true, true),
            ("proto=tcp && state in (LISTEN,CLOSE)", true, false, false),
            ("proto~^udp", false, false, false),
            ("pid=1", true, true, true),
            // Of the process, and of another column.
            ("user=root && proto=tcp", true, true, true),
            ("local=remote", true, true, true),
        ] {
            let said = [Some("LISTEN"), Some("ESTABLISHED"), None];
            let said = said.map(|state| may(text, "tcp", state));
            assert_eq!(said, [listens, open, none], "{text}");
        }
    }

    #[test]
    fn a_path_that_is_too_long_is_none_that_is_asked_for() {
        for (text, is_undecided) in [
            ("exe=/bin/sh", false),
            ("exe=/bin/*", true),
            ("exe~x", true),
        ] {
            let undecided = parse(text).undecided_by(&[Value::Missing(Missing::TooLong)]);
            assert_eq!(!undecided.is_empty(), is_undecided, "{text}");
        }
    }
}
