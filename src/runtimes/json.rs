//! What is wanted of a JSON text; the rest is skipped and not kept, however deep it is.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What stands at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Leaf<'a> {
    Text(&'a str),
    Number(u64),
    Flag(bool),
}

impl<'a> Leaf<'a> {
    /// A text that is not empty.
    pub(super) fn text(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text.as_bytes()),
            _ => None,
        }
    }

    pub(super) fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

/// Whether what is at a path is wanted, or something below it. A path is the keys from the outside in;
/// of an array the numbers of its elements.
type Wants<'a> = dyn Fn(&[String]) -> bool + 'a;

/// Takes what is wanted.
type Take<'a> = dyn FnMut(&[String], Leaf<'_>) + 'a;

/// Gives what is wanted of a JSON text.
pub(super) fn pick(
    bytes: &[u8],
    wants: &Wants<'_>,
    take: &mut Take<'_>,
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut path = Vec::new();
    Picking {
        path: &mut path,
        wants,
        take,
    }
    .deserialize(&mut json)?;
    json.end()
}

struct Picking<'a, 'w, 't> {
    path: &'a mut Vec<String>,
    wants: &'a Wants<'w>,
    take: &'a mut Take<'t>,
}

impl<'w, 't> Picking<'_, 'w, 't> {
    /// The same, one step further in.
    fn inner(&mut self) -> Picking<'_, 'w, 't> {
        Picking {
            path: self.path,
            wants: self.wants,
            take: self.take,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Picking<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Picking<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            self.path.push(key);
            if (self.wants)(self.path) {
                map.next_value_seed(self.inner())?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            self.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        for index in 0_u64.. {
            self.path.push(index.to_string());
            let is_there = if (self.wants)(self.path) {
                list.next_element_seed(self.inner())?.is_some()
            } else {
                list.next_element::<IgnoredAny>()?.is_some()
            };
            self.path.pop();
            if !is_there {
                break;
            }
        }
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        (self.take)(self.path, Leaf::Text(text));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        (self.take)(self.path, Leaf::Number(number));
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        (self.take)(self.path, Leaf::Flag(flag));
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(text: &str, wanted: &[&str]) -> Result<Vec<String>, String> {
        let mut all = Vec::new();
        let wants = |path: &[String]| {
            let path = path.join(".");
            let is_on_way = |wanted: &&str| {
                *wanted == path
                    || wanted
                        .strip_prefix(&path[..])
                        .is_some_and(|rest| rest.starts_with('.'))
            };
            wanted.iter().any(is_on_way)
        };
        let mut take = |path: &[String], leaf: Leaf<'_>| {
            all.push(format!("{}={leaf:?}", path.join(".")));
        };
        match pick(text.as_bytes(), &wants, &mut take) {
            Ok(()) => Ok(all),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn what_is_not_wanted_is_skipped_however_deep_it_is() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let text =
            format!(r#"{{"deep": {deep}, "a": {{"b": "x", "c": 7}}, "list": [{{"d": true}}]}}"#);
        assert_eq!(
            picked(&text, &["a.b", "a.c", "list.0.d"]).unwrap(),
            [r#"a.b=Text("x")"#, "a.c=Number(7)", "list.0.d=Flag(true)"]
        );
        // Where it is wanted it is not followed for ever.
        assert_eq!(picked(&text, &["deep.0"]).unwrap(), [""; 0]);
        let objects = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        assert_eq!(picked(&objects, &["a.a"]).unwrap(), [""; 0]);
        let all = vec!["a"; 9_999].join(".");
        assert!(picked(&objects, &[&all]).unwrap_err().contains("recursion"));
    }

    #[test]
    fn what_is_of_another_kind_is_nothing() {
        for text in [
            r#"{"a": {"b": 1}}"#,
            r#"{"a": [1, 2]}"#,
            r#"{"a": null}"#,
            "[]",
        ] {
            assert_eq!(picked(text, &["a"]).unwrap(), [""; 0], "{text}");
        }
        for text in ["", "{", r#"{"a": "#, r#"{"a": "\ud800"}"#, "{} x", "\u{0}"] {
            assert!(picked(text, &["a"]).is_err(), "{text}");
        }
    }
}
