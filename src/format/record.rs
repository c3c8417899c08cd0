//! `Record`: a file that becomes a struct and the same bytes again, and the two ways to
//! describe one: `record!`, a sequence of fields, and `lines!`, labelled lines in any order.

use super::{Cursor, Field, ParseError, Spec};
use crate::value::{Fields, Value};

/// A file, or a part of one, that psgo understands.
///
/// The law: for all bytes `parse` fails, or `write` gives exactly these bytes back.
pub trait Record: Sized {
    /// Understands the whole of `file`.
    ///
    /// # Errors
    ///
    /// Names the first line and field that were not understood.
    fn parse(file: &[u8]) -> Result<Self, ParseError>;

    /// Appends the bytes that [`parse`](Self::parse) understood to `out`.
    fn write(&self, out: &mut Vec<u8>);
}

/// The form of a record that stands in no template: its own templates say all.
const WHOLE: Spec = Spec::new("file", "%r");

/// Reads a file that holds one `T` and nothing else.
pub(crate) fn parse_whole<T: Field>(file: &[u8], spec: &Spec) -> Result<T, ParseError> {
    let mut cursor = Cursor::new(file);
    let value = T::read(&mut cursor, spec)?;
    if cursor.rest().is_empty() {
        return Ok(value);
    }
    Err(cursor.error(spec.field, "more than the kernel writes"))
}

/// [`Record::parse`] of a described record.
pub(crate) fn parse<T: Field>(file: &[u8]) -> Result<T, ParseError> {
    parse_whole(file, &WHOLE)
}

/// [`Field::read`] into `field`, once for each type: inlined for each field, it is most of the
/// program. Values that are returned and moved would be most of what is left.
#[inline(never)]
pub(crate) fn read_field<T: Field>(
    field: &mut T,
    cursor: &mut Cursor<'_>,
    spec: &Spec,
) -> Result<(), ParseError> {
    *field = T::read(cursor, spec)?;
    Ok(())
}

/// Reads a field of a labelled line, and says whether the next one is on the same line.
#[inline(never)]
pub(crate) fn read_labelled<T: Field>(
    field: &mut T,
    cursor: &mut Cursor<'_>,
    (index, spec): (u8, &Spec),
    lines: &mut Lines,
) -> Result<bool, ParseError> {
    lines.see(index, cursor, spec.field)?;
    *field = T::read(cursor, spec)?;
    Ok(!spec.ends_line())
}

/// [`Field::write`], once for each type.
#[inline(never)]
pub(crate) fn write_field<T: Field>(field: &T, spec: &Spec, out: &mut Vec<u8>) {
    field.write(spec, out);
}

/// [`Record::write`] of a described record.
pub(crate) fn write<T: Field>(record: &T, out: &mut Vec<u8>) {
    record.put(&WHOLE, out);
}

/// What both kinds of description share: the struct, its templates, and `parse` and `write` by
/// [`Field`].
///
/// All is `#[inline]`: it is compiled where it is used, not for each of the records here. Each
/// template is read once, into `SPECS`, and what follows `with` uses these too: a constant for each
/// use of a field would be a body of its own for the compiler.
macro_rules! record_struct {
    (
        #[doc = $about:literal]
        $(#[$($meta:tt)*])*
        pub struct $name:ident $(: $path:literal)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
        $(hidden $hidden:ident: $hidden_ty:ty)?,
        by $new:ident with { $($items:item)* }
    ) => {
        #[doc = $about]
        $(#[$($meta)*])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$fmeta])*
                #[doc = concat!("\n\nPrinted as `", stringify!($spec), "`.")]
                pub $field: $ty,
            )*
            $(pub(crate) $hidden: $hidden_ty,)?
        }

        const _: () = {
            use $crate::format::{Cursor, ParseError, Spec, field::Field};

            struct Specs {
                $($field: Spec,)*
            }

            static SPECS: Specs = Specs {
                $($field: Spec::$new(stringify!($field), $spec),)*
            };

            impl $name {
                /// Understands the whole of `file`.
                ///
                /// # Errors
                ///
                /// Names the first line and field that were not understood.
                #[inline]
                pub fn parse(file: &[u8]) -> Result<Self, ParseError> {
                    $crate::format::record::parse(file)
                }

                /// Appends the bytes that [`parse`](Self::parse) understood to `out`.
                #[inline]
                pub fn write(&self, out: &mut Vec<u8>) {
                    $crate::format::record::write(self, out);
                }

                /// The fields by name, for those who do not know this type.
                #[inline]
                #[must_use]
                pub fn fields(&self) -> $crate::Fields {
                    let mut fields = $crate::Fields::new();
                    $(Field::describe(&self.$field, &SPECS.$field, &mut fields);)*
                    $(self.$hidden.describe(&mut fields);)?
                    fields
                }

                #[inline]
                fn has_unknown(&self) -> bool {
                    false $(|| Field::unknown(&self.$field))*
                        $(|| self.$hidden.unknown_lines().next().is_some())?
                }
            }

            impl $crate::format::Record for $name {
                #[inline]
                fn parse(file: &[u8]) -> Result<Self, ParseError> {
                    $crate::format::record::parse(file)
                }

                #[inline]
                fn write(&self, out: &mut Vec<u8>) {
                    $crate::format::record::write(self, out);
                }
            }

            impl $crate::format::field::Item for $name {}

            $crate::format::record::file! {
                $about, [$($path)?] [$($hidden)?] $name { $($field: $ty,)* }
            }

            $($items)*
        };
    };
}

/// A record that is a file of its own; only one without labelled lines may have rows.
macro_rules! file {
    ($about:literal, [] [$($hidden:ident)?] $name:ident { $($fields:tt)* }) => {};
    ($about:literal, [$path:literal] [$hidden:ident] $name:ident { $($fields:tt)* }) => {
        impl $crate::format::File for $name {
            const PATH: &'static str = $path;
            const ABOUT: &'static str = $about;

            #[inline]
            fn records(&self, each: &mut dyn FnMut($crate::Fields)) {
                each(self.fields());
            }

            #[inline]
            fn unknown(&self) -> bool {
                self.has_unknown()
            }
        }
    };
    ($about:literal, [$path:literal] [] $name:ident { $($field:ident: $ty:ty,)* }) => {
        impl $crate::format::File for $name {
            const PATH: &'static str = $path;
            const ABOUT: &'static str = $about;
            const ROWS: bool = false $(|| <$ty as Field>::ROWS)*;

            #[inline]
            fn records(&self, each: &mut dyn FnMut($crate::Fields)) {
                if !<Self as $crate::format::File>::ROWS {
                    return each(self.fields());
                }
                $($crate::format::file::records_of(&self.$field, &SPECS.$field, each);)*
            }

            #[inline]
            fn unknown(&self) -> bool {
                self.has_unknown()
            }

            #[inline]
            fn stream(
                input: &mut dyn std::io::Read,
                each: &mut dyn FnMut(&dyn $crate::format::Piece) -> std::ops::ControlFlow<()>,
            ) -> Result<(), $crate::format::ReadError> {
                if !<Self as $crate::format::File>::ROWS {
                    return $crate::format::file::whole::<Self>(input, each);
                }
                let mut source = $crate::format::Source::new(input);
                $(<$ty as Field>::stream(&mut source, &SPECS.$field, each)?;)*
                source.end()
            }
        }
    };
}

/// A record whose fields stand one after the other.
///
/// Each field has a type that is a [`Field`] and a template, see [`Spec`]. `Option` fields may
/// be missing at the end of a line, with all that follow them on it. Without a path it is a part
/// of a file, printed by `%r` in another record.
///
/// After `renewable pub struct` it can be read in the place of another as well, up to a field.
macro_rules! record {
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident $(: $path:literal)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
    ) => {
        $crate::format::record::sequence! {
            $(#[$($meta)*])*
            pub struct $name $(: $path)? {
                $($(#[$fmeta])* $field: $ty = $spec,)*
            }
            with {}
        }
    };
    (
        $(#[$($meta:tt)*])*
        renewable pub struct $name:ident $(: $path:literal)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
    ) => {
        $crate::format::record::sequence! {
            $(#[$($meta)*])*
            pub struct $name $(: $path)? {
                $($(#[$fmeta])* $field: $ty = $spec,)*
            }
            with {
                impl $name {
                    /// Understands `file` up to the field `last` and looks no further: the fields
                    /// after it stay what they were. After a failure the record is worth nothing.
                    #[allow(clippy::inline_always)] // Where it is inlined, the last field is a constant.
                    #[inline(always)]
                    pub(crate) fn renew_up_to(
                        &mut self,
                        file: &[u8],
                        last: &'static str,
                    ) -> Result<(), ParseError> {
                        let cursor = &mut Cursor::new(file);
                        $({
                            // A constant is inlined with what uses it, a static is not.
                            const SPEC: Spec = Spec::new(stringify!($field), $spec);
                            Field::renew(&mut self.$field, cursor, &SPEC)?;
                            if stringify!($field) == last {
                                return Ok(());
                            }
                        })*
                        Ok(())
                    }
                }
            }
        }
    };
}

/// [`record!`], and further items.
macro_rules! sequence {
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident $(: $path:literal)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
        with { $($items:item)* }
    ) => {
        $crate::format::record::record_struct! {
            $(#[$($meta)*])*
            pub struct $name $(: $path)? {
                $($(#[$fmeta])* $field: $ty = $spec,)*
            },
            by new with {
                $($items)*

                impl Field for $name {
                    #[inline]
                    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
                        let mut record = Self::default();
                        let mut padded = cursor.padded(spec)?;
                        let cursor = padded.as_mut().unwrap_or(cursor);
                        $($crate::format::record::read_field(&mut record.$field, cursor, &SPECS.$field)?;)*
                        if let Some(padded) = padded {
                            padded.end(spec)?;
                        }
                        Ok(record)
                    }

                    #[inline]
                    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
                        let start = out.len();
                        $($crate::format::record::write_field(&self.$field, &SPECS.$field, out);)*
                        let written = out.len() - start;
                        out.extend(std::iter::repeat_n(b' ', spec.width.saturating_sub(written)));
                    }

                    #[inline]
                    fn value(&self, _: &Spec) -> $crate::Value {
                        $crate::Value::Fields(self.fields())
                    }

                    #[inline]
                    fn unknown(&self) -> bool {
                        self.has_unknown()
                    }
                }
            }
        }
    };
}

/// A record of labelled lines, at most one of each, in whatever order the file has them.
///
/// A line is known by the text before its first field. A field whose template does not end the
/// line is followed on that line by the next one; all of these are required. `Option` fields and
/// lists may be missing. Lines that nothing describes are kept, and so is an order other than
/// the one described; a file in that order, which is how this kernel writes it, costs nothing.
///
/// The record ends with the file, or, as a part of one, where the function after `until` says
/// that the bytes to come are no more of it.
macro_rules! lines {
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident $(: $path:literal)? $(until $end:path)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
    ) => {
        $crate::format::record::record_struct! {
            $(#[$($meta)*])*
            pub struct $name $(: $path)? {
                $($(#[$fmeta])* $field: $ty = $spec,)*
            }
            hidden layout: $crate::format::record::Layout,
            by labelled with {
                #[allow(non_camel_case_types, clippy::enum_variant_names)]
                enum Index {
                    $($field,)*
                }

                /// Bits of the fields that a file cannot lack.
                const REQUIRED: u128 = 0 $(
                    | ((!<$ty as Field>::OPTIONAL) as u128) << Index::$field as u32
                )*;

                const NAMES: &[&str] = &[$(stringify!($field)),*];

                impl $name {
                    /// The lines that psgo does not know, without their newlines.
                    pub fn unknown_lines(&self) -> impl Iterator<Item = &[u8]> {
                        self.layout.unknown_lines()
                    }

                    fn put_field(&self, index: u8, out: &mut Vec<u8>) {
                        match index {
                            $(index if index == Index::$field as u8 => {
                                $crate::format::record::write_field(&self.$field, &SPECS.$field, out);
                            })*
                            _ => {}
                        }
                    }
                }

                impl Field for $name {
                    #[inline]
                    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
                        let mut record = Self::default();
                        #[allow(unused_mut, unused_assignments)]
                        let mut end: fn(&[u8]) -> bool = <[u8]>::is_empty;
                        $(end = $end;)?
                        let mut lines = $crate::format::record::Lines::new(end);
                        while lines.next_pass(cursor)? {
                            let mut on_line = false;
                            $({
                                let spec = &SPECS.$field;
                                if on_line || cursor.rest().starts_with(spec.label()) {
                                    let field = &mut record.$field;
                                    let its = (Index::$field as u8, spec);
                                    on_line = $crate::format::record::read_labelled(field, cursor, its, &mut lines)?;
                                }
                            })*
                            // A line cannot end inside of the last description.
                            debug_assert!(!on_line);
                        }
                        if let Some(name) = lines.lacking(REQUIRED, NAMES) {
                            return Err(cursor.error(name, "missing"));
                        }
                        record.layout = lines.into_layout();
                        Ok(record)
                    }

                    #[inline]
                    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
                        self.layout.write(NAMES.len(), out, |index, out| self.put_field(index, out));
                    }

                    #[inline]
                    fn value(&self, _: &Spec) -> $crate::Value {
                        $crate::Value::Fields(self.fields())
                    }

                    #[inline]
                    fn unknown(&self) -> bool {
                        self.has_unknown()
                    }
                }
            }
        }
    };
}

pub(crate) use {file, lines, record, record_struct, sequence};

/// The order of a file's lines, where it is not the described one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layout(Vec<Line>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// The field of that index.
    Field(u8),
    /// A line that nothing describes.
    Unknown(Vec<u8>),
}

impl Layout {
    /// Adds the unknown lines to `fields`, if there are any.
    pub(crate) fn describe(&self, fields: &mut Fields) {
        let unknown: Vec<_> = self.unknown_lines().map(Value::text).collect();
        if !unknown.is_empty() {
            fields.push("unknown_lines", Value::List(unknown));
        }
    }

    pub(crate) fn unknown_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(|line| match line {
            Line::Field(_) => None,
            Line::Unknown(text) => Some(text.as_slice()),
        })
    }

    /// Writes each field with `put` and the unknown lines between them; fields that were set
    /// after the file was read come last.
    pub(crate) fn write(&self, count: usize, out: &mut Vec<u8>, put: impl Fn(u8, &mut Vec<u8>)) {
        let mut written = 0_u128;
        for line in &self.0 {
            match line {
                Line::Field(index) => {
                    written |= 1 << index;
                    put(*index, out);
                }
                Line::Unknown(text) => {
                    out.extend_from_slice(text);
                    out.push(b'\n');
                }
            }
        }
        for index in (0..)
            .take(count)
            .filter(|&index| written & (1 << index) == 0)
        {
            put(index, out);
        }
    }
}

/// How `lines!` reads: in passes over the described lines, one pass for a file in their order.
pub(crate) struct Lines {
    /// A bit for each field that was read.
    seen: u128,
    /// Kept from the second pass on.
    layout: Option<Layout>,
    /// What was unread when the last pass began; nothing before the first.
    unread: Option<usize>,
    /// Does the record end before these bytes?
    end: fn(&[u8]) -> bool,
}

impl Lines {
    pub(crate) fn new(end: fn(&[u8]) -> bool) -> Self {
        Self {
            seen: 0,
            layout: None,
            unread: None,
            end,
        }
    }

    /// Is there another pass to make? A pass that read nothing stands before an unknown line.
    #[inline]
    pub(crate) fn next_pass(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, ParseError> {
        if cursor.rest().is_empty() || (self.end)(cursor.rest()) {
            return Ok(false);
        }
        if let Some(unread) = self.unread {
            self.leave_the_order(unread, cursor)?;
        }
        self.unread = Some(cursor.rest().len());
        Ok(!cursor.rest().is_empty() && !(self.end)(cursor.rest()))
    }

    #[cold]
    fn leave_the_order(
        &mut self,
        unread: usize,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), ParseError> {
        let seen = self.seen;
        // The first pass reads in the order of the description.
        let layout = self.layout.get_or_insert_with(|| {
            let seen = (0..128).filter(|index| seen & (1 << index) != 0);
            Layout(seen.map(Line::Field).collect())
        });
        if unread == cursor.rest().len() {
            let line = cursor.rest();
            let text = cursor.take_line();
            if text.is_empty() {
                return Err(cursor.error("line", "empty"));
            }
            if text.len() == line.len() {
                return Err(cursor.error("line", "no newline at its end"));
            }
            cursor.take(1);
            layout.0.push(Line::Unknown(text.to_vec()));
        }
        Ok(())
    }

    /// Notes that a field is about to be read; it can be once.
    #[inline]
    fn see(
        &mut self,
        index: u8,
        cursor: &Cursor<'_>,
        field: &'static str,
    ) -> Result<(), ParseError> {
        if self.seen & (1 << index) != 0 {
            return Err(cursor.error(field, "a second time"));
        }
        self.seen |= 1 << index;
        if let Some(layout) = &mut self.layout {
            layout.0.push(Line::Field(index));
        }
        Ok(())
    }

    /// The first of the required fields that was not read.
    #[inline]
    pub(crate) fn lacking(&self, required: u128, names: &[&'static str]) -> Option<&'static str> {
        let lacking = required & !self.seen;
        let first = (lacking != 0).then(|| lacking.trailing_zeros() as usize)?;
        names.get(first).copied()
    }

    pub(crate) fn into_layout(self) -> Layout {
        self.layout.unwrap_or_default()
    }
}
