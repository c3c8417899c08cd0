//! Environment variables.

use psgo::{Process, Value};

use crate::inspect::{
    document::{Document, list},
    page::Page,
    text::shown,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    let environ = match process.environ() {
        Ok(environ) => environ,
        Err(error) => return page.missing("variables", &error),
    };
    if page.depth.environ {
        for (name, value) in environ.variables() {
            page.row(&shown(name), &value.map(shown).unwrap_or_default());
        }
        return;
    }
    let names = environ.variables().filter(|(_, value)| value.is_some());
    page.list("variables", names.map(|(name, _)| shown(name)));
    page.remark("their values: -environ");
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    if !doc.depth.environ {
        return doc.put_missing("environ", "withheld");
    }
    let environ = process.environ();
    let pairs = environ.as_ref().map(|environ| {
        let variables = environ.variables().filter_map(|(name, value)| {
            let value = value.filter(|_| !name.is_empty())?;
            Some(list([Value::text(name), Value::text(value)]))
        });
        list(variables)
    });
    doc.put("environ", pairs.map_err(Clone::clone));
    let odd = environ.map(|environ| {
        let is_odd =
            |entry: &&[u8]| matches!(entry.iter().position(|&b| b == b'='), None | Some(0));
        list(environ.entries().filter(is_odd).map(Value::text))
    });
    doc.put_own("environ_without_names", odd);
}
