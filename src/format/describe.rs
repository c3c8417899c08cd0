//! The two ways to describe a record: `record!`, a sequence of fields, and `lines!`, labelled lines
//! in any order.

/// What both kinds of description share: the struct, its templates, and `parse` and `write` by
/// [`Field`].
///
/// Everything is `#[inline]`, so that it is compiled where it is used and not for every record. Each
/// template is parsed once, into `SPECS`, which the items after `with` use too: a constant for each
/// use of a field would take much longer to compile.
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
                /// Parses the whole of `file`.
                ///
                /// # Errors
                ///
                /// Names the first line and field that could not be parsed.
                #[inline]
                pub fn parse(file: &[u8]) -> Result<Self, ParseError> {
                    $crate::format::record::parse(file)
                }

                /// Appends the bytes that [`parse`](Self::parse) consumed to `out`.
                #[inline]
                pub fn write(&self, out: &mut Vec<u8>) {
                    $crate::format::record::write(self, out);
                }

                /// The fields by name, for readers that do not know this type.
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

            $crate::format::describe::file! {
                $about, [$($path)?] [$($hidden)?] $name { $($field: $ty,)* }
            }

            $($items)*
        };
    };
}

/// Implements `File` for a record with a path; only one without labelled lines may have rows.
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

/// A record whose fields follow one another.
///
/// Each field has a type that implements [`Field`] and a template, see [`Spec`]. `Option` fields may
/// be missing at the end of a line, together with all fields after them on that line. A record
/// without a path is a part of a file, printed by `%r` in another record.
///
/// `renewable pub struct` can also be read into an old record, up to a given field.
macro_rules! record {
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident $(: $path:literal)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
    ) => {
        $crate::format::describe::sequence! {
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
        $crate::format::describe::sequence! {
            $(#[$($meta)*])*
            pub struct $name $(: $path)? {
                $($(#[$fmeta])* $field: $ty = $spec,)*
            }
            with {
                impl $name {
                    /// Parses `file` up to and including the field `last`; the fields after it keep
                    /// their values. After an error the record's contents are unspecified.
                    #[allow(clippy::inline_always)] // Inlined, `last` is a constant.
                    #[inline(always)]
                    pub(crate) fn renew_up_to(
                        &mut self,
                        file: &[u8],
                        last: &'static str,
                    ) -> Result<(), ParseError> {
                        let cursor = &mut Cursor::new(file);
                        $({
                            // A constant is folded into the code that uses it, a static is not.
                            const SPEC: Spec = Spec::new(stringify!($field), $spec);
                            $crate::format::cursor::tri!(Field::renew(&mut self.$field, cursor, &SPEC));
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

/// [`record!`] with further items.
macro_rules! sequence {
    (
        $(#[$($meta:tt)*])*
        pub struct $name:ident $(: $path:literal)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
        with { $($items:item)* }
    ) => {
        $crate::format::describe::record_struct! {
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
                        let mut padded = $crate::format::cursor::tri!(cursor.padded(spec));
                        let cursor = padded.as_mut().unwrap_or(cursor);
                        $($crate::format::cursor::tri!(
                            $crate::format::record::read_field(&mut record.$field, cursor, &SPECS.$field)
                        );)*
                        if let Some(padded) = padded {
                            $crate::format::cursor::tri!(padded.end(spec));
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

/// A record of labelled lines, at most one of each, in any order.
///
/// A line is recognised by the text before its first field. A field whose template does not end the
/// line is followed on that line by the next field, which is required. `Option` fields and lists may
/// be missing. Unknown lines are kept, and so is an order other than the described one; the described
/// order, which is the kernel's, costs nothing.
///
/// `inlined pub struct` compiles reading for each field instead of once per type: faster, but more
/// code. It is for files that are read for each process.
///
/// The record ends with the file; a part of a file ends where the function after `until` returns
/// true for the bytes ahead.
macro_rules! lines {
    ($(#[$($meta:tt)*])* inlined pub struct $($record:tt)*) => {
        $crate::format::describe::labelled! { inlined $(#[$($meta)*])* pub struct $($record)* }
    };
    ($(#[$($meta:tt)*])* pub struct $($record:tt)*) => {
        $crate::format::describe::labelled! { shared $(#[$($meta)*])* pub struct $($record)* }
    };
}

/// [`lines!`], its fields read by `inlined` or `shared` code.
macro_rules! labelled {
    (
        $code:ident
        $(#[$($meta:tt)*])*
        pub struct $name:ident $(: $path:literal)? $(until $end:path)? {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty = $spec:literal,)*
        }
    ) => {
        $crate::format::describe::record_struct! {
            $(#[$($meta)*])*
            pub struct $name $(: $path)? {
                $($(#[$fmeta])* $field: $ty = $spec,)*
            }
            hidden layout: $crate::format::layout::Layout,
            by labelled with {
                #[allow(non_camel_case_types, clippy::enum_variant_names)]
                enum Index {
                    $($field,)*
                }

                /// A bit for each required field.
                const REQUIRED: u128 = 0 $(
                    | ((!<$ty as Field>::OPTIONAL) as u128) << Index::$field as u32
                )*;

                const NAMES: &[&str] = &[$(stringify!($field)),*];

                impl $name {
                    /// The unknown lines, without their newlines.
                    pub fn unknown_lines(&self) -> impl Iterator<Item = &[u8]> {
                        self.layout.unknown_lines()
                    }

                    #[inline]
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
                        let mut lines = $crate::format::layout::Lines::new(end);
                        while $crate::format::cursor::tri!(lines.next_pass(cursor)) {
                            let mut on_line = false;
                            $({
                                $crate::format::describe::read_labelled!(
                                    $code record, lines, cursor, on_line, $field: $ty, $spec
                                );
                            })*
                            // The last template must end its line.
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

/// Reads a labelled field into its record, if it is next: inlined, its template is a constant.
macro_rules! read_labelled {
    (
        inlined $record:ident, $lines:ident, $cursor:ident, $on_line:ident,
        $field:ident: $ty:ty, $spec:literal
    ) => {
        const SPEC: Spec = Spec::labelled(stringify!($field), $spec);
        if $on_line || $cursor.rest().starts_with(SPEC.label()) {
            $crate::format::cursor::tri!($lines.see(Index::$field as u8, $cursor, SPEC.field));
            $record.$field = $crate::format::cursor::tri!(<$ty as Field>::read($cursor, &SPEC));
            $on_line = !SPEC.ends_line();
        }
    };
    (
        shared $record:ident, $lines:ident, $cursor:ident, $on_line:ident,
        $field:ident: $ty:ty, $spec:literal
    ) => {
        let its = (Index::$field as u8, &SPECS.$field);
        let field = &mut $record.$field;
        $crate::format::cursor::tri!($crate::format::record::read_labelled(
            field,
            $cursor,
            its,
            &mut $lines,
            &mut $on_line
        ));
    };
}

pub(crate) use {file, labelled, lines, read_labelled, record, record_struct, sequence};
