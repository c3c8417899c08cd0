//! Processes: a row each.

use super::item::{Items, Make, of_process};
use crate::{
    descriptor::Descriptor,
    error::Result,
    snapshot::{Ask, Retained, Seen},
    value::Value,
};

pub(super) fn start<'a>(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    retained: Option<&'a mut Retained>,
) -> Result<Items<'a>> {
    let make = move |seen: &Seen<'_>, cells: &mut Vec<Value>| {
        cells.extend(columns.iter().map(|column| of_process(column, seen)));
    };
    Items::start(ask, retained, Make::Cells(Box::new(make)))
}
