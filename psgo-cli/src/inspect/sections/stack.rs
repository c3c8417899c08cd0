//! A kernel stack.

use psgo::{
    Text, Value,
    format::pid::{Stack, Symbol},
};

use crate::inspect::document::list;

/// The calls of a kernel stack, as the kernel prints them.
pub(super) fn calls(stack: &Stack) -> Value {
    list(stack.rows.iter().map(|row| Value::Text(call(&row.symbol))))
}

pub(super) fn call(symbol: &Symbol) -> Text {
    match symbol {
        Symbol::Function {
            name,
            offset,
            size,
            module,
        } => {
            let mut text = name.clone();
            text.extend_from_slice(format!("+{offset:#x}/{size:#x}").as_bytes());
            if let Some(module) = module {
                text.extend_from_slice(b" [");
                text.extend_from_slice(module);
                text.push(b']');
            }
            Text::from(&*text)
        }
        Symbol::Name(name) => Text::from(&**name),
        Symbol::Address(address) => Text::from(format!("{address:#x}")),
    }
}
