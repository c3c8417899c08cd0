//! Environment variables.

use psgo::{Process, Value, format::pid::Environ};

use crate::inspect::{
    document::{Document, count, list},
    page::Page,
    text::shown,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    let environ = match process.environ() {
        Ok(environ) => environ,
        Err(error) => return page.missing("variables", &error),
    };
    let none = environ.variables().filter(is_variable).count() == 0;
    let other = other_bytes(&environ);
    if none {
        page.row("variables", "none");
    } else if page.depth.environ {
        for (name, value) in environ.variables().filter(is_variable) {
            page.row(&shown(name), &value.map(shown).unwrap_or_default());
        }
    } else {
        let names = environ.variables().filter(is_variable);
        page.list("variables", names.map(|(name, _)| shown(name)));
        page.remark("their values: -environ");
    }
    if other > 0 {
        let by = if none {
            "; the process has written over its environment"
        } else {
            ""
        };
        page.row(
            "other bytes",
            &format!("{other}, which are no variable{by}"),
        );
        if page.depth.environ {
            page.list("other entries", without_names(&environ).map(shown));
        }
    }
}

/// Whether an entry is one: a title that a process writes there (`setproctitle`) is none, nor are the
/// NULs behind it.
fn is_variable((name, value): &(&[u8], Option<&[u8]>)) -> bool {
    !name.is_empty() && value.is_some()
}

/// How many bytes are of no variable, without the NUL at the end of each.
fn other_bytes(environ: &Environ) -> usize {
    let of = |(name, value): (&[u8], Option<&[u8]>)| name.len() + value.map_or(0, <[u8]>::len) + 2;
    let variables = environ.variables().filter(is_variable).map(of).sum();
    environ.as_bytes().len().saturating_sub(variables)
}

/// The entries that are no variables, without empty ones.
fn without_names(environ: &Environ) -> impl Iterator<Item = &[u8]> {
    environ.entries().filter(|entry| {
        let equals = entry.iter().position(|&b| b == b'=');
        !entry.is_empty() && matches!(equals, None | Some(0))
    })
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let environ = process.environ();
    let names = environ.as_ref().map(|environ| {
        let names = environ.variables().filter(is_variable);
        list(names.map(|(name, _)| Value::text(name)))
    });
    doc.put_own("environ_names", names.map_err(Clone::clone));
    let other = environ.as_ref().map(|environ| count(other_bytes(environ)));
    doc.put_own("environ_other_bytes", other.map_err(Clone::clone));
    if !doc.depth.environ {
        return doc.put_missing("environ", "withheld");
    }
    let pairs =
        environ.as_ref().map(|environ| {
            let variables = environ.variables().filter(is_variable);
            list(variables.map(|(name, value)| {
                list([Value::text(name), Value::text(value.unwrap_or_default())])
            }))
        });
    doc.put("environ", pairs.map_err(Clone::clone));
    let odd = environ.map(|environ| list(without_names(&environ).map(Value::text)));
    doc.put_own("environ_without_names", odd);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_wrote_over_its_environment_is_no_variable() {
        let told = |memory: &[u8]| {
            let environ = Environ::parse(memory).unwrap();
            let odd = without_names(&environ).count();
            let names = environ.variables().filter(is_variable).count();
            (names, odd, other_bytes(&environ))
        };
        assert_eq!(told(b"A=1\0B=\0"), (2, 0, 0));
        assert_eq!(told(b"A=1\0B=x"), (2, 0, 0));
        // A title, and a thousand NULs behind it.
        assert_eq!(told(&[b" idle", &[0; 1000][..]].concat()), (0, 1, 1005));
        assert_eq!(told(&[0; 1000]), (0, 0, 1000));
        assert_eq!(told(b"odd\0=x\0A=1\0"), (1, 2, 7));
        assert_eq!(told(b""), (0, 0, 0));
    }
}
