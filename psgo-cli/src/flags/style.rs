//! How to show the answer: its form, its header, its width, its colours.

use std::env;

use clap::{
    Arg, ArgAction, ArgMatches, ValueEnum,
    builder::{EnumValueParser, PossibleValue},
    value_parser,
};

use super::{
    help::HOW_TO_SHOW,
    values::{self, given},
};
use crate::terminal;

/// How to show an answer, in one of the forms `F` that the command has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style<F = Output> {
    pub(crate) output: F,
    pub(crate) no_header: bool,
    /// Columns to keep to; 0 for no limit, `None` for the terminal's width.
    width: Option<usize>,
    color: Color,
}

impl<F: Default + Copy + Send + Sync + 'static> Style<F> {
    /// The style asked for. A flag that the command lacks counts as not given.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Self {
        Self {
            output: given(matches, "output").unwrap_or_default(),
            no_header: given(matches, "no-header").unwrap_or_default(),
            width: given(matches, "width"),
            color: given(matches, "color").unwrap_or_default(),
        }
    }
}

impl<F> Style<F> {
    /// How many columns lines may have; `None` for no limit.
    pub(crate) fn limit(&self) -> Option<usize> {
        match self.width {
            Some(0) => None,
            Some(width) => Some(width),
            None => terminal::width(),
        }
    }

    /// Whether to colour: `-color` decides, then <https://no-color.org>, then the terminal.
    pub(crate) fn has_color(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let no_color = env::var_os("NO_COLOR").filter(|value| !value.is_empty());
                no_color.is_none() && terminal::is_screen()
            }
        }
    }
}

/// What `-output csv-safe` is.
pub(crate) const CSV_SAFE: &str =
    "csv for spreadsheets: ' before a cell that begins with = + - or @ and is no number";

/// A form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Output {
    #[default]
    Table,
    Json,
    Ndjson,
    Csv,
    CsvSafe,
}

impl ValueEnum for Output {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Table,
            Self::Json,
            Self::Ndjson,
            Self::Csv,
            Self::CsvSafe,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Table => PossibleValue::new("table")
                .help("columns, for people; of a cell no more than 64 KiB, or 1 KiB after 16 MiB"),
            Self::Json => PossibleValue::new("json").help("one array of objects"),
            Self::Ndjson => PossibleValue::new("ndjson").help("one object a line"),
            Self::Csv => PossibleValue::new("csv").help("the table's text, between commas"),
            Self::CsvSafe => PossibleValue::new("csv-safe").help(CSV_SAFE),
        })
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto").help("on a terminal, unless NO_COLOR is set"),
            Self::Always => PossibleValue::new("always"),
            Self::Never => PossibleValue::new("never"),
        })
    }
}

/// The flags of a style, as listings have them.
pub(crate) fn style_flags() -> [Arg; 4] {
    [
        output_flag::<Output>(),
        Arg::new("no-header")
            .long("no-header")
            // Its spelling in early versions of psgo.
            .alias("noheader")
            .action(ArgAction::SetTrue)
            .help_heading(HOW_TO_SHOW)
            .help("Leave out the line of headers"),
        width_flag("Cut the last column at N [default: the terminal's width; 0 cuts nothing]"),
        color_flag("Whether to colour tables [default: auto]"),
    ]
}

/// `-output`, one of the forms `F`.
pub(crate) fn output_flag<F: ValueEnum + Default + Send + Sync + 'static>() -> Arg {
    let default = F::default().to_possible_value();
    let default = default.as_ref().map_or("", PossibleValue::get_name);
    Arg::new("output")
        .long("output")
        .value_name("FORM")
        .value_parser(EnumValueParser::<F>::new())
        .help_heading(HOW_TO_SHOW)
        .help(format!("Form of the answer [default: {default}]"))
}

pub(crate) fn width_flag(help: &'static str) -> Arg {
    Arg::new("width")
        .long("width")
        .value_name("N")
        .value_parser(values::width)
        .help_heading(HOW_TO_SHOW)
        .help(help)
}

pub(crate) fn color_flag(help: &'static str) -> Arg {
    Arg::new("color")
        .long("color")
        .value_name("WHEN")
        .value_parser(value_parser!(Color))
        .help_heading(HOW_TO_SHOW)
        .help(help)
}
