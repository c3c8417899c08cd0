//! `Descriptor`: what a column is called, what it needs, how it is computed.

use super::sources::{Owned, Timed};
use crate::{
    snapshot::{Needs, Opened, Seen},
    value::Value,
};

/// A column: what it is called, what it needs, how it is computed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Descriptor {
    /// Name in a format list, `"pcpu"`.
    pub name: &'static str,
    /// AIX code, `"%C"`, or nothing.
    pub code: &'static str,
    /// Column header, `"%CPU"`.
    pub header: &'static str,
    /// What its cells hold.
    pub holds: Holds,
    /// One line for `-list` and the docs.
    pub doc: &'static str,
    pub(crate) needs: Needs,
    pub(crate) extract: Extract,
}

/// From what a cell is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extract {
    /// A process: of its own row, or of those of what it has.
    Process(fn(&Seen<'_>) -> Value),
    /// What a process holds open.
    Opened(fn(&Opened) -> Value),
    /// A socket and its owners.
    Socket(fn(&Owned<'_>) -> Value),
    /// A timer.
    Timer(fn(&Timed<'_>) -> Value),
}

/// What the cells of a column hold, where they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// [`Value::Int`].
    Number,
    /// [`Value::Percent`].
    Percent,
    /// [`Value::Rate`].
    Rate,
    /// [`Value::Size`].
    Size,
    /// [`Value::Duration`].
    Duration,
    /// [`Value::Time`].
    Time,
    /// [`Value::Text`].
    Text,
    /// [`Value::List`] of [`Value::Text`].
    Texts,
    /// [`Value::List`] of [`Value::Int`].
    Numbers,
    /// [`Value::Caps`].
    Caps,
}

/// Declares a table, one line a descriptor; the extractor is the function of the same name.
macro_rules! descriptors {
    ($($name:ident $code:literal $header:literal $holds:ident [$($need:ident)*] $doc:literal)*) => {
        descriptors! { Process; $($name $code $header $holds [$($need)*] $doc)* }
    };
    ($kind:ident; $($name:ident $code:literal $header:literal $holds:ident [$($need:ident)*] $doc:literal)*) => {
        pub(super) static TABLE: &[crate::descriptor::Descriptor] = &[$(crate::descriptor::Descriptor {
            name: stringify!($name),
            code: $code,
            header: $header,
            holds: crate::descriptor::Holds::$holds,
            needs: crate::snapshot::Needs::empty()$(.union(crate::snapshot::Needs::$need))*,
            doc: $doc,
            extract: crate::descriptor::Extract::$kind($name),
        }),*];
    };
}
pub(super) use descriptors;
