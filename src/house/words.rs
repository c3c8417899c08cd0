//! Rust code as words and marks, without comments, texts and tests.

/// The words and marks of `text`; `::` is one mark. A string is `""`, a character `''`, a lifetime
/// nothing.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if let Some(length) = string(rest) {
            tokens.push("\"\"".to_owned());
            length
        } else if first == '\'' {
            quote(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let length = word(rest);
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn word(text: &str) -> usize {
    let ends = |c: char| !c.is_alphanumeric() && c != '_';
    text.find(ends).unwrap_or(text.len())
}

/// How long a block comment is; comments may be nested.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// How long the string is that stands first: `"…"`, `b"…"`, `c"…"`, `r#"…"#`.
fn string(text: &str) -> Option<usize> {
    let start = text.find(|c| !matches!(c, 'b' | 'c' | 'r'))?;
    let prefix = &text[..start];
    if start > 2 {
        return None;
    }
    let rest = &text[start..];
    if prefix.contains('r') {
        let hashes = rest.find(|c| c != '#')?;
        let inner = rest[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inner.find(&end)?;
        return Some(start + hashes + 1 + length + end.len());
    }
    let inner = rest.strip_prefix('"')?;
    let mut is_escaped = false;
    let end = inner.find(|c| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })?;
    Some(start + 1 + end + 1)
}

/// How long the character, or the mark of the lifetime, is that stands first.
fn quote(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, _))) => {
            let rest = &text[escaped + 1..];
            rest.find('\'')
                .map_or(text.len(), |end| escaped + 1 + end + 1)
        }
        (Some(_), Some((end, '\''))) => end + 1,
        // The name of the lifetime, lest it be taken for a word.
        _ => 1 + word(&text[1..]),
    }
}

/// Leaves out the items after `#[cfg(test)]` and `#[cfg(all(test, …))]`.
pub(super) fn without_tests(tokens: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut at = 0;
    let starts = |at: usize, words: &[&str]| {
        let tokens = tokens.get(at..at + words.len());
        tokens.is_some_and(|tokens| tokens == words)
    };
    while at < tokens.len() {
        let is_test = starts(at, &["#", "[", "cfg", "(", "test", ")"])
            || starts(at, &["#", "[", "cfg", "(", "all", "(", "test"]);
        if !is_test {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        // Its attributes, then the item.
        while starts(at, &["#", "["]) {
            at = end_of(tokens, at + 1, "]");
        }
        at = end_of(tokens, at, ";");
    }
    kept
}

/// The place after `end`, or after closing braces, outside of all brackets opened from `at` on.
fn end_of(tokens: &[String], mut at: usize, end: &str) -> usize {
    let mut depth = 0;
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            // What was around the item ends.
            "}" | ")" | "]" if depth == 0 => break,
            "}" | ")" | "]" => depth -= 1,
            _ => (),
        }
        at += 1;
        if depth == 0 && (token == "}" || token == end) {
            break;
        }
    }
    at
}
