//! `named!` and `flags!`: numbers whose values, or bits, have names.

use super::{Field, Spec};
use crate::value::{Fields, Value};

/// Adds a named value to `fields`, and its number as `NAME_raw`.
pub(crate) fn describe<T: Field>(named: Value, raw: &T, spec: &Spec, fields: &mut Fields) {
    fields.push(spec.field, named);
    fields.push(format!("{}_raw", spec.field), raw.value(spec));
}

/// A number whose values have names. The template is the number's.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub struct $name:ident($number:ty) { $($value:literal = $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name(pub $number);

        impl $name {
            /// Its name; `None` for an unknown value.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }

        $crate::format::named::number! { $name($number) |this| match this.name() {
            Some(name) => $crate::Value::text(name),
            None => $crate::Value::MISSING,
        } }
    };
}

/// A mask whose bits have names. The template is the number's.
#[allow(unused_macros, reason = "of one kind there may be none")]
macro_rules! flags {
    (
        $(#[$meta:meta])*
        pub struct $name:ident($number:ty) { $($value:literal = $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name(pub $number);

        impl $name {
            /// The names of the set bits; bits without a name are left out.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$(($value, $text)),*]
                    .into_iter()
                    .filter(move |&(bits, _): &($number, _)| self.0 & bits == bits)
                    .map(|(_, name)| name)
            }
        }

        $crate::format::named::number! { $name($number) |this| {
            $crate::Value::List(this.names().map($crate::Value::text).collect())
        } }
    };
}

/// What both have in common: they are read and written as their number.
macro_rules! number {
    ($name:ident($number:ty) |$this:ident| $value:expr) => {
        impl $crate::format::Field for $name {
            fn take(
                cursor: &mut $crate::format::Cursor<'_>,
                spec: &$crate::format::Spec,
            ) -> Result<Self, $crate::format::ParseError> {
                <$number as $crate::format::Field>::take(cursor, spec).map(Self)
            }

            fn put(&self, spec: &$crate::format::Spec, out: &mut Vec<u8>) {
                $crate::format::Field::put(&self.0, spec, out);
            }

            fn value(&self, _: &$crate::format::Spec) -> $crate::Value {
                let $this = *self;
                $value
            }

            fn describe(&self, spec: &$crate::format::Spec, fields: &mut $crate::Fields) {
                $crate::format::named::describe(self.value(spec), &self.0, spec, fields);
            }
        }
    };
}

#[allow(unused_imports, reason = "of one kind there may be none")]
pub(crate) use {flags, named, number};
