//! `Descriptor`: what a column is called, what it needs, how it is computed.

#[cfg(any(test, feature = "runtimes"))]
use super::contained::Contained;
use super::sources::{Held, Owned, Timed};
use crate::{
    snapshot::{Needs, Seen},
    value::{Missing, Value},
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

impl Descriptor {
    /// Whether it is of sockets themselves, not of the processes that have them.
    pub(crate) fn is_of_socket(&self) -> bool {
        matches!(self.extract, Extract::Socket(_))
    }
}

/// From what a cell is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extract {
    /// A process: of its own row, or of those of what it has.
    Process(fn(&Seen<'_>) -> Value),
    /// What a process holds open.
    Opened(fn(&Held<'_>) -> Value),
    /// A socket and its owners.
    Socket(fn(&Owned<'_>) -> Value),
    /// A timer.
    Timer(fn(&Timed<'_>) -> Value),
    /// A container.
    #[cfg(any(test, feature = "runtimes"))]
    Container(fn(&Contained<'_>) -> Value),
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

/// The cell of an ID that was read and has to be translated to another user namespace.
pub(super) fn id<I>(
    read: Option<I>,
    translate: impl FnOnce(I) -> Result<I, Missing>,
    cell: impl FnOnce(I) -> Value,
) -> Value {
    match read.map(translate) {
        Some(Ok(id)) => cell(id),
        Some(Err(why)) => Value::Missing(why),
        None => Value::MISSING,
    }
}

/// The cell of a list of such IDs; unknown as a whole if one of them is.
pub(super) fn ids<I>(
    read: Option<impl Iterator<Item = I>>,
    translate: impl Fn(I) -> Result<I, Missing>,
    cell: impl Fn(I) -> Value,
) -> Value {
    let cells = read.map(|read| read.map(|id| translate(id).map(&cell)).collect());
    match cells {
        Some(Ok(cells)) => Value::List(cells),
        Some(Err(why)) => Value::Missing(why),
        None => Value::MISSING,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cell_of_an_id_that_cannot_be_translated_has_the_reason() {
        let translate = |id: u32| match id {
            7 => Err(Missing::Silent),
            id => Ok(id + 1),
        };
        let why = |cell: Value| cell.missing();
        assert_eq!(id(Some(1), translate, Value::from), Value::Int(2));
        assert_eq!(
            why(id(Some(7), translate, Value::from)),
            Some(Missing::Silent)
        );
        assert_eq!(why(id(None, translate, Value::from)), Some(Missing::None));
        let list = |read: &[u32]| ids(Some(read.iter().copied()), translate, Value::from);
        assert_eq!(
            list(&[1, 2]),
            Value::List(vec![Value::Int(2), Value::Int(3)])
        );
        assert_eq!(why(list(&[1, 7])), Some(Missing::Silent));
    }
}
