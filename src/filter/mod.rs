//! `Filter`: which rows are wanted, in the language of `-where`.

#[cfg(test)]
mod examples;
mod grammar;
mod operand;

use std::{fmt, ops::Range};

use crate::{
    descriptor::Descriptor,
    error::{Error, ErrorKind, Result},
    value::Value,
};

use grammar::{Comparison, Operator, Tree};
use operand::Operand;

/// Which rows are wanted: `user=root && rss>100M`.
///
/// | form | holds |
/// | --- | --- |
/// | `user=root`, `user!=root` | for this text, and for any other |
/// | `args=*nginx*`, `comm=kworker/?:*` | for text with that pattern: `*` is any text, `?` any byte |
/// | `comm~^k`, `args!~'worker\|master'` | for text in which the regular expression is found, or is not |
/// | `rss>100M`, `vsz<=1.5GiB` | for sizes; a number alone is bytes, `K` is 1024 of them |
/// | `etime<5m`, `time>=1h30m` | for durations; a number alone is seconds |
/// | `stime>2026-11-20` | for times: a date, a date with a time, or RFC 3339 |
/// | `pcpu>50`, `nice<0`, `pid=1` | for numbers |
/// | `capeff=SYS_ADMIN`, `capeff=none` | for sets that have this capability, or for the empty one |
/// | `groups=docker`, `port=80`, `ancestor=1` | for lists in which one is that |
/// | `tty=?`, `label!=?` | for what is unknown, and for what is known |
///
/// `&&` or `and`, `||` or `or`, `!` or `not` and parentheses join them. A value with blanks or
/// `&|()` goes in quotes, and what is in quotes is no pattern. Any column may stand there, also
/// one that is not shown. What is unknown is neither equal nor unequal to anything.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    tree: Tree<Test>,
    /// The columns that the tests ask for.
    columns: Vec<&'static Descriptor>,
}

#[derive(Debug, Clone)]
struct Test {
    /// Its place among the columns.
    column: usize,
    operator: Operator,
    operand: Operand,
}

impl Filter {
    /// Understands `text`, whose columns are found by `find`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`]: what is wrong, and at which column of the text.
    pub(crate) fn parse(
        text: &str,
        find: impl Fn(&str) -> Result<&'static Descriptor>,
    ) -> Result<Self> {
        let tree = grammar::parse(text).map_err(|wrong| at(text, wrong.at, wrong.reason))?;
        let mut columns: Vec<&'static Descriptor> = Vec::new();
        let tree = tree.try_map(&mut |comparison| {
            test(&comparison, &mut columns, &find)
                .map_err(|(place, reason)| at(text, place.start, &reason))
        })?;
        Ok(Self {
            text: text.to_owned(),
            tree,
            columns,
        })
    }

    /// The columns that [`holds`](Self::holds) asks for.
    pub(crate) fn columns(&self) -> &[&'static Descriptor] {
        &self.columns
    }

    /// Is a row wanted, whose cells of these columns are `cells`?
    pub(crate) fn holds(&self, cells: &[Value]) -> bool {
        self.tree.holds(&|test: &Test| {
            let cell = cells.get(test.column).unwrap_or(&Value::MISSING);
            test.operand.holds(test.operator, cell)
        })
    }
}

/// The text that it was.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn test(
    comparison: &Comparison,
    columns: &mut Vec<&'static Descriptor>,
    find: impl Fn(&str) -> Result<&'static Descriptor>,
) -> Result<Test, (Range<usize>, String)> {
    let found = find(&comparison.name);
    let descriptor = found.map_err(|error| (comparison.name_at.clone(), error.to_string()))?;
    let operand = Operand::new(
        &comparison.value,
        comparison.is_quoted,
        comparison.operator,
        descriptor.holds,
    )
    .map_err(|reason| {
        let reason = format!("{}: {reason}", descriptor.name);
        (comparison.value_at.clone(), reason)
    })?;
    let known = columns
        .iter()
        .position(|column| column.name == descriptor.name);
    let column = known.unwrap_or_else(|| {
        columns.push(descriptor);
        columns.len() - 1
    });
    Ok(Test {
        column,
        operator: comparison.operator,
        operand,
    })
}

/// An error at a byte of `text`, which is told by the column in which people see it.
fn at(text: &str, byte: usize, reason: &str) -> Error {
    let before = text.get(..byte).unwrap_or(text);
    let column = before.chars().count() + 1;
    Error::new(
        ErrorKind::Invalid,
        format!("filter, column {column}"),
        reason.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Pid, Query, Time, caps::CapSet, descriptor};

    /// What each of these columns shows.
    fn row(name: &str) -> Value {
        match name {
            "pid" => Value::Int(4711),
            "nice" => Value::Int(-5),
            "pcpu" => Value::Percent(12.5),
            "rss" => Value::Size(150 << 20),
            "ancestors" => Value::List(vec![Value::Int(12), Value::Int(1)]),
            "etime" => Value::Duration(Duration::from_secs(5400)),
            "stime" => Value::Time(Box::new(Time::new(1_795_000_000, 0, 3600, "CET").unwrap())),
            "comm" => Value::text("nginx"),
            "args" => Value::text(b"nginx: worker \xff process *"),
            "groups" => Value::List(vec![Value::text("adm"), Value::text("docker")]),
            "capeff" => Value::Caps(CapSet::new(0x2001, 40)),
            "capprm" => Value::Caps(CapSet::new(0, 40)),
            "capbnd" => Value::Caps(CapSet::full(40)),
            _ => Value::MISSING,
        }
    }

    fn parse(text: &str) -> Result<Filter> {
        Filter::parse(text, descriptor::find)
    }

    #[track_caller]
    fn holds(text: &str) -> bool {
        let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let cells: Vec<_> = filter
            .columns()
            .iter()
            .map(|column| row(column.name))
            .collect();
        filter.holds(&cells)
    }

    #[test]
    fn each_form_holds_for_what_it_says() {
        for text in [
            "pid=4711",
            "pid==4711",
            "pid!=1",
            "pid>4710",
            "pid>=4711",
            "pid<4712",
            "pid<=4711",
            "nice=-5",
            "nice<0",
            "pcpu>12.4",
            "pcpu<12.6%",
            "%C=12.5",
            "rss>100M",
            "rss=150MiB",
            "rss>=153600K",
            "rss<0.2G",
            "rss=157286400",
            "rss=157286400B",
            "etime=1h30m",
            "etime>5399",
            "etime<1.6h",
            "etime=5400s",
            "etime>=90m",
            "etime<1d",
            "stime>2026-11-18",
            "stime=2026-11-18T12:06:40+01:00",
            "stime<'2026-11-18 12:07'",
            "comm=nginx",
            "comm!=ngin",
            "comm=ng*",
            "comm=?ginx",
            "comm=*",
            "comm>nginw",
            "comm='nginx'",
            "comm~^ng",
            "comm=~inx$",
            "comm!~^in",
            r"args~'worker .* process \*'",
            "args='*process**'||comm=nginx",
            "args=nginx:*process*",
            "args~'(?-u)\\xff'",
            "groups=docker",
            "groups=d*",
            "groups!=root",
            "groups~ock",
            "ancestor=1",
            "ancestors!=2",
            "age>1h",
            "capeff=NET_RAW",
            "capeff=cap_chown,NET_RAW",
            "capeff!=SYS_ADMIN",
            "capprm=none",
            "capbnd=full",
            "capeff!=full",
            "capeff!=none",
            "tty=?",
            "comm!=?",
            "!(tty=pts/0)",
            "not tty=pts/0",
            "pid=1 or comm=nginx and rss>1M",
            "(pid=1||comm=nginx)&&rss>1M",
            "  pid = 4711  ",
            "! ! pid=4711",
        ] {
            assert!(holds(text), "{text}");
        }
    }

    #[test]
    fn each_form_does_not_hold_for_another() {
        for text in [
            "pid=1",
            "pid!=4711",
            "pid>4711",
            "nice>=0",
            "rss>150M",
            "etime<1h",
            "stime<2026-11-18",
            "comm=ngin",
            "comm=ng",
            "comm='ng*'",
            "comm=?nginx",
            "comm~^inx",
            "comm!~ng",
            "groups=root",
            "groups!=docker",
            "groups!~dock",
            "ancestor=4711",
            "ancestor!=1",
            "capeff=SYS_ADMIN",
            "capeff=CHOWN,SYS_ADMIN",
            "capeff=none",
            "capeff=full",
            "capprm!=none",
            // What is unknown is neither.
            "tty=pts/0",
            "tty!=pts/0",
            "tty~.",
            "tty!~.",
            "tty<z",
            "tty!=?",
            "comm=?",
            "pid=1 && comm=nginx || comm=apache",
            "pid=1 and (comm=nginx or comm=apache)",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn an_error_tells_the_column() {
        for (text, told) in [
            ("", "column 1: expected a column, as in rss>100M"),
            (
                "pid",
                "column 4: expected one of = != < <= > >= ~ !~ after the column",
            ),
            (
                "pid=",
                "column 5: expected a value; one that is empty or has blanks goes in quotes",
            ),
            ("é=1", "column 1: expected a column, as in rss>100M"),
            (
                "comm=é && pidd=1",
                "column 11: unknown descriptor \"pidd\" (did you mean \"pid\"?)",
            ),
            (
                "pid=1 pid=2",
                "column 7: expected && or || or the end here (text with blanks or &|() goes in quotes)",
            ),
            ("pid=1 &&", "column 9: expected a column, as in rss>100M"),
            ("(pid=1", "column 7: expected a closing parenthesis"),
            (
                "pid=1)",
                "column 6: expected && or || or the end here (text with blanks or &|() goes in quotes)",
            ),
            ("comm='a", "column 8: expected the closing quote"),
            ("comm=\"a", "column 8: expected the closing quote"),
            ("pid=one", "column 5: pid: one is not a number"),
            (
                "rss>100kB",
                "column 5: rss: 100kB is not a size: 4096, 4K, 1.5GiB",
            ),
            (
                "rss>-1",
                "column 5: rss: -1 is not a size: 4096, 4K, 1.5GiB",
            ),
            (
                "rss>99999999P",
                "column 5: rss: 99999999P is not a size: 4096, 4K, 1.5GiB",
            ),
            (
                "etime>5x",
                "column 7: etime: 5x is not a duration: 90, 90s, 5m, 1h30m, 2d",
            ),
            (
                "etime>1h30",
                "column 7: etime: 1h30 is not a duration: 90, 90s, 5m, 1h30m, 2d",
            ),
            (
                "stime>today",
                "column 7: stime: today is not a time: 2026-11-20, \"2026-11-20 22:05:00\"",
            ),
            (
                "capeff=ROOT",
                "column 8: capeff: ROOT is not none, full or names of capabilities",
            ),
            (
                "capeff>none",
                "column 8: capeff: capabilities have no order",
            ),
            (
                "comm~'('",
                "column 6: comm: not a regular expression: unclosed group",
            ),
            ("tty>?", "column 5: tty: ? is only equal or unequal"),
        ] {
            let error = parse(text).map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.to_string(), format!("filter, {told}"), "{text}");
        }
    }

    #[test]
    fn what_is_too_deep_or_too_large_is_refused() {
        let deep = |depth: usize| format!("{}pid=1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&deep(90)).is_ok());
        assert!(parse(&deep(100_000)).is_err());
        assert!(parse(&"!".repeat(100_000)).is_err());
        assert!(parse("comm~'(((a{99}){99}){99}){99}'").is_err());
    }

    #[test]
    fn a_listing_holds_only_the_rows_that_are_wanted() {
        let id = std::process::id();
        let me = Some(Pid::new(id));
        let rows = |filter: &str| {
            let query = Query::new(["pid"]).unwrap().filter(filter).unwrap();
            let table = query.sort(&["-rss"]).unwrap().table().unwrap();
            assert!(table.rows().iter().all(|row| row.values().len() == 1));
            table.rows().iter().map(crate::Row::pid).collect::<Vec<_>>()
        };
        assert_eq!(rows(&format!("pid={id} && etime<1d && rss>1")), [me]);
        assert!(!rows(&format!("pid!={id}")).contains(&me));
    }
}
