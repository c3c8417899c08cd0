//! IDs of containers, as tables show them.

use std::borrow::Cow;

use psgo::Value;

/// So many digits of an ID are shown.
const SHORT: usize = 12;

/// IDs with fewer digits are names that somebody chose.
const MADE_UP: usize = 32;

/// The columns that have IDs of containers.
pub(super) fn is_of_ids(name: &str) -> bool {
    matches!(name, "container" | "containers" | "id")
}

/// The first digits of IDs; anything else as it is.
pub(super) fn short(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Text(text) => match shortened(text.as_bytes()) {
            Some(short) => Cow::Owned(Value::text(short)),
            None => Cow::Borrowed(value),
        },
        Value::List(cells) => {
            let cells = cells.iter().map(|cell| short(cell).into_owned());
            Cow::Owned(Value::List(cells.collect()))
        }
        other => Cow::Borrowed(other),
    }
}

/// The beginning of an ID with what stands before a colon.
fn shortened(text: &[u8]) -> Option<&[u8]> {
    let colon = text.iter().rposition(|byte| *byte == b':');
    let start = colon.map_or(0, |colon| colon + 1);
    let id = &text[start..];
    let is_made = id.len() >= MADE_UP && id.iter().all(u8::is_ascii_hexdigit);
    is_made.then(|| &text[..start + SHORT])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_by_its_first_digits_and_a_name_whole() {
        let id = "0123456789abcdef".repeat(4);
        let shown = |text: &str| short(&Value::text(text)).to_string();
        assert_eq!(shown(&id), "0123456789ab");
        assert_eq!(shown(&format!("docker:{id}")), "docker:0123456789ab");
        assert_eq!(shown("my-machine"), "my-machine");
        assert_eq!(shown("0123456789abcdef"), "0123456789abcdef");
        let list = Value::List(vec![Value::text(id.as_str()), Value::text("x")]);
        assert_eq!(short(&list).to_string(), "0123456789ab,x");
        assert_eq!(short(&Value::MISSING).to_string(), "?");
    }
}
