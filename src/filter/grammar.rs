//! The grammar of a filter: text to a tree of tests, each with its place.

use std::{cmp::Ordering, ops::Range};

use winnow::{
    combinator::{alt, delimited, not, opt, peek, preceded, repeat, separated, terminated},
    error::{ErrMode, ParserError},
    prelude::*,
    stream::{LocatingSlice, Location as _},
    token::{any, none_of, one_of, take, take_while},
};

use super::quantity;

/// A tree of tests.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree<T> {
    /// All of them hold.
    All(Vec<Tree<T>>),
    /// One of them holds.
    Any(Vec<Tree<T>>),
    /// It does not hold.
    Not(Box<Tree<T>>),
    /// A test.
    Test(T),
}

impl<T> Tree<T> {
    /// The same tree of other tests.
    pub(super) fn try_map<U, E>(
        self,
        each: &mut impl FnMut(T) -> Result<U, E>,
    ) -> Result<Tree<U>, E> {
        let mut list = |trees: Vec<Self>| -> Result<Vec<_>, E> {
            trees.into_iter().map(|tree| tree.try_map(each)).collect()
        };
        Ok(match self {
            Self::All(trees) => Tree::All(list(trees)?),
            Self::Any(trees) => Tree::Any(list(trees)?),
            Self::Not(tree) => Tree::Not(Box::new(tree.try_map(each)?)),
            Self::Test(test) => Tree::Test(each(test)?),
        })
    }

    /// Does it hold, where each test is decided by `decide`?
    pub(super) fn holds(&self, decide: &impl Fn(&T) -> bool) -> bool {
        match self {
            Self::All(trees) => trees.iter().all(|tree| tree.holds(decide)),
            Self::Any(trees) => trees.iter().any(|tree| tree.holds(decide)),
            Self::Not(tree) => !tree.holds(decide),
            Self::Test(test) => decide(test),
        }
    }
}

/// A test as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Clause {
    Comparison(Comparison),
    /// A column alone, `kthread`; not set after `!`.
    Flag {
        name: String,
        at: Range<usize>,
        is_set: bool,
    },
}

/// A column, an operator and a value, as they were written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    pub(super) name: String,
    pub(super) name_at: Range<usize>,
    pub(super) operator: Operator,
    pub(super) operator_at: Range<usize>,
    pub(super) value: String,
    /// In quotes nothing but the text itself is meant: no pattern, not `?`.
    pub(super) is_quoted: bool,
    pub(super) value_at: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    MatchesNot,
}

impl Operator {
    pub(super) fn is_of_equality(self) -> bool {
        matches!(self, Self::Equal | Self::Unequal)
    }

    pub(super) fn is_of_order(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual
        )
    }

    pub(super) fn is_of_expressions(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNot)
    }

    /// Whether it holds for two things of that order.
    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal | Self::Matches => order.is_eq(),
            Self::Unequal | Self::MatchesNot => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    /// Whether it holds for one of these; one that denies, whether it holds for all.
    pub(super) fn of_any<T>(self, all: &[T], holds: impl Fn(Self, &T) -> bool) -> bool {
        let positive = match self {
            Self::Unequal => Self::Equal,
            Self::MatchesNot => Self::Matches,
            other => other,
        };
        all.iter().any(|one| holds(positive, one)) == (positive == self)
    }
}

/// What is wrong, and where: bytes from the start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) reason: &'static str,
}

type Input<'a> = LocatingSlice<&'a str>;

impl<'a> ParserError<Input<'a>> for Wrong {
    type Inner = Self;

    fn from_input(input: &Input<'a>) -> Self {
        Self {
            at: input.current_token_start(),
            reason: "not understood",
        }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

type Parsed<T> = Result<T, ErrMode<Wrong>>;

/// So deep may parentheses and negations be.
const DEEPEST: usize = 100;

/// Understands the whole of `text`.
pub(super) fn parse(text: &str) -> Result<Tree<Clause>, Wrong> {
    let mut input = LocatingSlice::new(text);
    let tree = one_of_several(&mut input, DEEPEST).map_err(|error| match error {
        ErrMode::Backtrack(wrong) | ErrMode::Cut(wrong) => wrong,
        // Nothing here takes part of a text.
        ErrMode::Incomplete(_) => Wrong {
            at: text.len(),
            reason: "ends too early",
        },
    })?;
    if input.is_empty() {
        return Ok(tree);
    }
    Err(Wrong {
        at: input.current_token_start(),
        reason: "expected && or || or the end here (text with blanks or &|() goes in quotes)",
    })
}

fn wrong<T>(input: &Input<'_>, reason: &'static str) -> Parsed<T> {
    let at = input.current_token_start();
    Err(ErrMode::Cut(Wrong { at, reason }))
}

fn blanks(input: &mut Input<'_>) -> Parsed<()> {
    take_while(0.., char::is_whitespace)
        .void()
        .parse_next(input)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '%' | '.' | '-' | '/')
}

/// A word that stands for an operator, in any case, and is no part of a longer one.
fn word<'a>(word: &'static str) -> impl Parser<Input<'a>, &'a str, ErrMode<Wrong>> {
    let is_it = move |text: &&str| text.eq_ignore_ascii_case(word);
    terminated(take(word.len()).verify(is_it), not(one_of(is_of_name)))
}

fn one_of_several(input: &mut Input<'_>, depth: usize) -> Parsed<Tree<Clause>> {
    let or = delimited(blanks, alt(("||", word("or"))), blanks);
    let mut trees: Vec<_> =
        separated(1.., |i: &mut Input<'_>| all_of_several(i, depth), or).parse_next(input)?;
    Ok(match trees.pop() {
        Some(tree) if trees.is_empty() => tree,
        last => {
            trees.extend(last);
            Tree::Any(trees)
        }
    })
}

fn all_of_several(input: &mut Input<'_>, depth: usize) -> Parsed<Tree<Clause>> {
    let and = delimited(blanks, alt(("&&", word("and"))), blanks);
    let mut trees: Vec<_> =
        separated(1.., |i: &mut Input<'_>| single(i, depth), and).parse_next(input)?;
    Ok(match trees.pop() {
        Some(tree) if trees.is_empty() => tree,
        last => {
            trees.extend(last);
            Tree::All(trees)
        }
    })
}

fn single(input: &mut Input<'_>, depth: usize) -> Parsed<Tree<Clause>> {
    blanks(input)?;
    let Some(deeper) = depth.checked_sub(1) else {
        return wrong(input, "too many parentheses in each other");
    };
    if opt(alt(("!", word("not")))).parse_next(input)?.is_some() {
        return Ok(match single(input, deeper)? {
            // Not `Not`, which would hold for what is unknown.
            Tree::Test(Clause::Flag { name, at, is_set }) => Tree::Test(Clause::Flag {
                name,
                at,
                is_set: !is_set,
            }),
            tree => Tree::Not(Box::new(tree)),
        });
    }
    if opt("(").parse_next(input)?.is_some() {
        let tree = one_of_several(input, deeper)?;
        blanks(input)?;
        if opt(")").parse_next(input)?.is_none() {
            return wrong(input, "expected a closing parenthesis");
        }
        blanks(input)?;
        return Ok(tree);
    }
    let tree = test(input)?;
    blanks(input)?;
    Ok(tree)
}

fn test(input: &mut Input<'_>) -> Parsed<Tree<Clause>> {
    let name = opt(take_while(1.., is_of_name).with_span()).parse_next(input)?;
    let Some((name, name_at)) = name else {
        return wrong(input, "expected a column, as in rss>100M");
    };
    let end = name_at.end;
    let spaces = take_while(0.., char::is_whitespace).parse_next(input)?;
    let comparison = |operator, operator_at, ((value, is_quoted), value_at)| {
        Tree::Test(Clause::Comparison(Comparison {
            name: name.to_owned(),
            name_at: name_at.clone(),
            operator,
            operator_at,
            value,
            is_quoted,
            value_at,
        }))
    };
    if let Some((operator, operator_at)) = opt(operator.with_span()).parse_next(input)? {
        blanks(input)?;
        let Some(value) = opt(value(is_bare).with_span()).parse_next(input)? else {
            return wrong(
                input,
                "expected a value; one that is empty or has blanks goes in quotes",
            );
        };
        return Ok(comparison(operator, operator_at, value));
    }
    if let Some((is_not, at)) = opt(one_of_these.with_span()).parse_next(input)? {
        let operator = if is_not {
            Operator::Unequal
        } else {
            Operator::Equal
        };
        let values = values(input)?.into_iter();
        let tests = values.map(|value| comparison(operator, at.clone(), value));
        return Ok(if is_not {
            Tree::All(tests.collect())
        } else {
            Tree::Any(tests.collect())
        });
    }
    // A word that goes on, as `bash*`, is no column.
    let goes_on = spaces.is_empty()
        && peek(opt(any.verify(is_bare_char)))
            .parse_next(input)?
            .is_some();
    if goes_on {
        return wrong(
            input,
            "expected one of = != < <= > >= ~ !~ after the column",
        );
    }
    Ok(Tree::Test(Clause::Flag {
        name: name.to_owned(),
        at: name_at.start..end,
        is_set: true,
    }))
}

/// `in` or `not in`, before a parenthesis; whether it is the second.
fn one_of_these(input: &mut Input<'_>) -> Parsed<bool> {
    let not = terminated(word("not"), take_while(1.., char::is_whitespace));
    terminated(opt(not), word("in"))
        .map(|not| not.is_some())
        .parse_next(input)
}

/// A value, and whether it was in quotes.
type Value = (String, bool);

/// `(a, 'b c', d)`
fn values(input: &mut Input<'_>) -> Parsed<Vec<(Value, Range<usize>)>> {
    blanks(input)?;
    if opt("(").parse_next(input)?.is_none() {
        return wrong(input, "expected values in parentheses: comm in (bash,sh)");
    }
    let mut values = Vec::new();
    loop {
        blanks(input)?;
        let Some(value) = opt(value(is_bare_item).with_span()).parse_next(input)? else {
            return wrong(
                input,
                "expected a value; one that is empty or has blanks goes in quotes",
            );
        };
        values.push(value);
        blanks(input)?;
        match opt(one_of([',', ')'])).parse_next(input)? {
            Some(',') => {}
            Some(_) => return Ok(values),
            None => return wrong(input, "expected a comma or a closing parenthesis"),
        }
    }
}

fn operator(input: &mut Input<'_>) -> Parsed<Operator> {
    let of_two = |text: &str| match text {
        "!=" => Some(Operator::Unequal),
        "!~" => Some(Operator::MatchesNot),
        "=~" => Some(Operator::Matches),
        "==" => Some(Operator::Equal),
        "<=" => Some(Operator::LessOrEqual),
        ">=" => Some(Operator::GreaterOrEqual),
        _ => None,
    };
    let of_one = |c| match c {
        '=' => Some(Operator::Equal),
        '~' => Some(Operator::Matches),
        '<' => Some(Operator::Less),
        '>' => Some(Operator::Greater),
        _ => None,
    };
    alt((take(2_usize).verify_map(of_two), any.verify_map(of_one))).parse_next(input)
}

/// Whether a value that is in no quotes may have this.
fn is_bare(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '&' | '|' | '(' | ')' | '"' | '\'')
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "winnow's form")]
fn is_bare_char(c: &char) -> bool {
    is_bare(*c)
}

/// The same for one of several values.
fn is_bare_item(c: char) -> bool {
    is_bare(c) && c != ','
}

/// A value, whose characters outside quotes are these; and whether it was in quotes.
fn value<'a>(is_bare: fn(char) -> bool) -> impl Parser<Input<'a>, Value, ErrMode<Wrong>> {
    move |input: &mut Input<'a>| {
        let raw = delimited('\'', take_while(0.., |c| c != '\''), closing('\''));
        let escaped = alt((preceded('\\', one_of(['"', '\\'])), none_of('"')));
        let quoted = delimited('"', repeat(0.., escaped), closing('"'));
        alt((
            raw.map(|text: &str| (text.to_owned(), true)),
            quoted.map(|text: String| (text, true)),
            quantity(is_bare).map(|text| (text, false)),
        ))
        .parse_next(input)
    }
}

/// A value without quotes. Of a quantity also what stands after a blank: `100 MiB`, `1h 30m`,
/// `2026-11-20 22:05`.
fn quantity<'a>(is_bare: fn(char) -> bool) -> impl Parser<Input<'a>, String, ErrMode<Wrong>> {
    move |input: &mut Input<'a>| {
        let mut text = take_while(1.., is_bare).parse_next(input)?.to_owned();
        loop {
            let more = take_while(1.., is_bare).verify(|more| quantity::goes_on(&text, more));
            let more = opt(preceded(take_while(1.., char::is_whitespace), more));
            let Some(more) = { more }.parse_next(input)? else {
                break;
            };
            text.push(' ');
            text.push_str(more);
        }
        Ok(text)
    }
}

fn closing<'a>(quote: char) -> impl Parser<Input<'a>, (), ErrMode<Wrong>> {
    move |input: &mut Input<'a>| {
        if opt(any.verify(|c| *c == quote))
            .parse_next(input)?
            .is_some()
        {
            return Ok(());
        }
        wrong(input, "expected the closing quote")
    }
}
