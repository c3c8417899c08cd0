//! Namespaces.

use psgo::{Process, Text, Value};

use crate::inspect::{
    document::{Document, maybe},
    page::Page,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.namespaces() {
        Ok(all) => {
            for namespace in all {
                let id = namespace.id.map(|id| id.to_string());
                page.row(&namespace.name, &id.unwrap_or_else(|| "?".to_owned()));
            }
        }
        Err(error) => page.missing("namespaces", &error),
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let all = process.namespaces().map(|all| {
        let all = all.into_iter();
        let fields = all.map(|ns| (Text::from(ns.name), maybe(ns.id.map(Value::from))));
        Value::Fields(fields.collect())
    });
    doc.put_ext("ns", all);
}
