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
use crate::{failure::Failure, terminal};

/// How to show an answer, in one of the forms `F` that the command has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style<F = Output> {
    pub(crate) output: F,
    pub(crate) no_header: bool,
    /// Whether a table is for people: sizes and durations in their units, numbers to the right.
    pub(crate) is_human: bool,
    /// Whether each row says from which host and boot it is, and when it was read.
    pub(crate) is_stamped: bool,
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
            is_human: given(matches, "human").unwrap_or_default(),
            is_stamped: given(matches, "stamp").unwrap_or_default(),
            width: given(matches, "width"),
            color: given(matches, "color").unwrap_or_default(),
        }
    }
}

impl<F> Style<F> {
    /// Refuses the flags that have no effect on a form which is not laid out for people.
    ///
    /// # Errors
    ///
    /// `-width N` or `-color always` with such a form.
    pub(crate) fn check(&self, matches: &ArgMatches, is_for_people: bool) -> Result<(), Failure> {
        if is_for_people {
            return Ok(());
        }
        let output = matches.try_get_raw("output").ok().flatten();
        let output = output.and_then(Iterator::last);
        let wrong = |flag| match output {
            Some(output) => format!("{flag} has no effect on -output {}", output.display()),
            None => format!("{flag} has no effect here"),
        };
        match (self.width, self.color) {
            (Some(1..), _) => Err(Failure::WrongUse(wrong("-width"))),
            (_, Color::Always) => Err(Failure::WrongUse(wrong("-color always"))),
            _ => Ok(()),
        }
    }

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

impl Style {
    /// Fails if a flag makes no sense in the form that was chosen.
    pub(crate) fn checked(self) -> Result<Self, Failure> {
        if self.is_human && self.output != Output::Table {
            return Err(Failure::wrong_use(
                "-human is for people: it goes with -output table alone",
            ));
        }
        if self.is_stamped && self.output != Output::Ndjson {
            return Err(Failure::wrong_use("-stamp needs -output ndjson"));
        }
        Ok(self)
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
pub(crate) fn style_flags() -> [Arg; 6] {
    [
        output_flag::<Output>(),
        Arg::new("no-header")
            .long("no-header")
            // Its spelling in early versions of psgo.
            .alias("noheader")
            .action(ArgAction::SetTrue)
            .help_heading(HOW_TO_SHOW)
            .help("Leave out the line of headers"),
        Arg::new("human")
            .long("human")
            .action(ArgAction::SetTrue)
            .help_heading(HOW_TO_SHOW)
            .help("Show sizes as 1.2G and durations as 3d4h, and align numbers to the right")
            .long_help(
                "In a table, show sizes as 1.2G (powers of 1024), durations as 3d4h and percentages \
                 with one decimal, and align numbers to the right. -where and -sort are not \
                 changed by it.",
            ),
        Arg::new("stamp")
            .long("stamp")
            .action(ArgAction::SetTrue)
            .help_heading(HOW_TO_SHOW)
            .help("With -output ndjson: begin each row with host, boot_id and at")
            .long_help(
                "With -output ndjson: begin each row with the name of the host, host, the ID of \
                 its boot, boot_id, and the time at which the rows were read, at, so that rows of \
                 several hosts or days can be kept together. With pid and starttime they name a \
                 process for good.",
            ),
        width_flag("Keep to N columns [default: COLUMNS or the terminal's width; 0 cuts nothing]")
            .long_help(
                "Keep the lines of a table to N columns; 0 cuts nothing. By default, on a \
                 terminal, that is COLUMNS, if it is set to a number, otherwise the terminal's \
                 width; elsewhere nothing is cut. The last column is cut first. Where that leaves \
                 no room for it, the widest columns of text are cut, and a cut text ends with +. A \
                 number that has no room is shown as + alone.",
            ),
        color_flag("Colour tables [default: auto]"),
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
