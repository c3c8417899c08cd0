//! The grammar of a filter: text to a tree of tests, each with its place.

use std::ops::Range;

use winnow::{
    combinator::{alt, delimited, not, opt, preceded, repeat, separated, terminated},
    error::{ErrMode, ParserError},
    prelude::*,
    stream::{LocatingSlice, Location as _},
    token::{any, none_of, one_of, take, take_while},
};

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
pub(super) fn parse(text: &str) -> Result<Tree<Comparison>, Wrong> {
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
    c.is_ascii_alphanumeric() || matches!(c, '_' | '%' | '.' | '-')
}

/// A word that stands for an operator, and is no part of a longer one.
fn word<'a>(word: &'static str) -> impl Parser<Input<'a>, &'a str, ErrMode<Wrong>> {
    terminated(word, not(one_of(is_of_name)))
}

fn one_of_several(input: &mut Input<'_>, depth: usize) -> Parsed<Tree<Comparison>> {
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

fn all_of_several(input: &mut Input<'_>, depth: usize) -> Parsed<Tree<Comparison>> {
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

fn single(input: &mut Input<'_>, depth: usize) -> Parsed<Tree<Comparison>> {
    blanks(input)?;
    let Some(deeper) = depth.checked_sub(1) else {
        return wrong(input, "too many parentheses in each other");
    };
    if opt(alt(("!", word("not")))).parse_next(input)?.is_some() {
        let tree = single(input, deeper)?;
        return Ok(Tree::Not(Box::new(tree)));
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
    let test = comparison(input)?;
    blanks(input)?;
    Ok(Tree::Test(test))
}

fn comparison(input: &mut Input<'_>) -> Parsed<Comparison> {
    let name = opt(take_while(1.., is_of_name).with_span()).parse_next(input)?;
    let Some((name, name_at)) = name else {
        return wrong(input, "expected a column, as in rss>100M");
    };
    blanks(input)?;
    let Some((operator, operator_at)) = opt(operator.with_span()).parse_next(input)? else {
        return wrong(
            input,
            "expected one of = != < <= > >= ~ !~ after the column",
        );
    };
    blanks(input)?;
    let Some(((value, is_quoted), value_at)) = opt(value.with_span()).parse_next(input)? else {
        return wrong(
            input,
            "expected a value; one that is empty or has blanks goes in quotes",
        );
    };
    Ok(Comparison {
        name: name.to_owned(),
        name_at,
        operator,
        operator_at,
        value,
        is_quoted,
        value_at,
    })
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

/// The value, and whether it was in quotes.
fn value(input: &mut Input<'_>) -> Parsed<(String, bool)> {
    let bare = |c: char| !c.is_whitespace() && !matches!(c, '&' | '|' | '(' | ')' | '"' | '\'');
    let raw = delimited('\'', take_while(0.., |c| c != '\''), closing('\''));
    let escaped = alt((preceded('\\', one_of(['"', '\\'])), none_of('"')));
    let quoted = delimited('"', repeat(0.., escaped), closing('"'));
    alt((
        raw.map(|text: &str| (text.to_owned(), true)),
        quoted.map(|text: String| (text, true)),
        take_while(1.., bare).map(|text: &str| (text.to_owned(), false)),
    ))
    .parse_next(input)
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
