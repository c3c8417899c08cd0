//! Objects for programs: an array of them, or one a line.

use std::io::{self, Write};

use psgo::Value;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{
    rows::{Moment, Rows},
    stamp::Stamp,
};

/// Writes items as JSON, each as it comes.
pub(crate) trait Items {
    fn item(&mut self, item: &impl Serialize) -> io::Result<()>;

    /// Writes what is buffered.
    fn flush(&mut self) -> io::Result<()>;

    /// Writes the end, and what is buffered.
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// One array, an item a line.
#[derive(Debug)]
pub(crate) struct Array<W> {
    out: W,
    is_empty: bool,
}

impl<W: Write> Array<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            is_empty: true,
        }
    }
}

impl<W: Write> Items for Array<W> {
    fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        let before: &[u8] = if self.is_empty { b"[\n" } else { b",\n" };
        self.is_empty = false;
        self.out.write_all(before)?;
        Ok(serde_json::to_writer(&mut self.out, item)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        let end: &[u8] = if self.is_empty { b"[]\n" } else { b"\n]\n" };
        self.out.write_all(end)?;
        self.out.flush()
    }
}

/// An item a line.
#[derive(Debug)]
pub(crate) struct Lines<W>(W);

impl<W: Write> Lines<W> {
    pub(crate) fn new(out: W) -> Self {
        Self(out)
    }
}

impl<W: Write> Items for Lines<W> {
    fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, item)?;
        self.0.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The key of a sample's time.
const AT: &str = "at";

/// A row as one object: its keys are the full names of the descriptors, whatever the headers.
struct Object<'a> {
    stamp: Option<&'a Stamp>,
    /// The time of the sample, in a watch and after a stamp.
    at: Option<&'a str>,
    keys: &'a [&'static str],
    values: &'a [Value],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.stamp.map_or(&[][..], Stamp::entries) {
            map.serialize_entry(key, value)?;
        }
        if let Some(at) = self.at {
            map.serialize_entry(AT, at)?;
        }
        for (key, value) in self.keys.iter().zip(self.values) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// The rows of a table as objects.
#[derive(Debug)]
pub(crate) struct Objects<I> {
    keys: Vec<&'static str>,
    stamp: Option<Stamp>,
    /// The first value of each object but for a stamp, if there is one.
    at: Option<String>,
    items: I,
}

impl<I: Items> Objects<I> {
    pub(crate) fn new(keys: Vec<&'static str>, moment: Option<Moment<'_>>, items: I) -> Self {
        Self {
            keys,
            stamp: moment.and_then(|moment| moment.stamp.cloned()),
            at: moment.map(|moment| moment.at.to_owned()),
            items,
        }
    }
}

impl<I: Items> Rows for Objects<I> {
    fn row(&mut self, values: &[Value]) -> io::Result<()> {
        self.items.item(&Object {
            stamp: self.stamp.as_ref(),
            at: self.at.as_deref(),
            keys: &self.keys,
            values,
        })
    }

    fn finish(&mut self) -> io::Result<()> {
        self.items.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::stamp::STAMPS, *};

    const KEYS: [&str; 2] = ["pid", "comm"];

    fn array(rows: &[[Value; 2]]) -> String {
        let mut out = Vec::new();
        let mut array = Objects::new(KEYS.to_vec(), None, Array::new(&mut out));
        for row in rows {
            array.row(row).unwrap();
        }
        array.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_array_is_whole_after_each_row_count() {
        assert_eq!(array(&[]), "[]\n");
        let rows = [
            [Value::Int(1), Value::text("init")],
            [Value::Int(2), Value::MISSING],
        ];
        assert_eq!(array(&rows[..1]), "[\n{\"pid\":1,\"comm\":\"init\"}\n]\n");
        assert_eq!(
            array(&rows),
            "[\n{\"pid\":1,\"comm\":\"init\"},\n{\"pid\":2,\"comm\":null}\n]\n"
        );
    }

    #[test]
    fn a_newline_in_a_name_makes_no_line() {
        let mut out = Vec::new();
        let mut lines = Objects::new(KEYS.to_vec(), None, Lines::new(&mut out));
        lines
            .row(&[Value::Int(7), Value::text("a)b (c\n")])
            .unwrap();
        lines.row(&[Value::Int(8), Value::text(b"\xff\n")]).unwrap();
        lines.finish().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"pid\":7,\"comm\":\"a)b (c\\n\"}\n{\"pid\":8,\"comm\":{\"b64\":\"/wo=\"}}\n"
        );
    }

    #[test]
    fn what_cannot_be_written_is_an_error_of_the_system() {
        let mut full = &mut [0_u8; 4][..];
        let mut lines = Objects::new(KEYS.to_vec(), None, Lines::new(&mut full));
        let error = lines.row(&[Value::Int(7), Value::MISSING]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn in_a_watch_an_object_begins_with_its_moment() {
        let mut out = Vec::new();
        let moment = Moment {
            at: "2026-01-02T03:04:05.678+01:00",
            is_first: true,
            stamp: None,
        };
        let mut lines = Objects::new(KEYS.to_vec(), Some(moment), Lines::new(&mut out));
        lines.row(&[Value::Int(1), Value::MISSING]).unwrap();
        lines.finish().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"at\":\"2026-01-02T03:04:05.678+01:00\",\"pid\":1,\"comm\":null}\n"
        );
    }

    #[test]
    fn a_stamped_object_says_from_where_it_is() {
        let mut out = Vec::new();
        let stamp = Stamp::from_values([Value::text(b"a\xff"), Value::MISSING]);
        let moment = Moment {
            at: "2026-01-02T03:04:05.678+01:00",
            is_first: true,
            stamp: Some(&stamp),
        };
        let mut lines = Objects::new(KEYS.to_vec(), Some(moment), Lines::new(&mut out));
        lines.row(&[Value::Int(1), Value::MISSING]).unwrap();
        lines.finish().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"host\":{\"b64\":\"Yf8=\"},\"boot_id\":null,\
             \"at\":\"2026-01-02T03:04:05.678+01:00\",\"pid\":1,\"comm\":null}\n"
        );
    }

    #[test]
    fn no_descriptor_has_the_key_of_the_moment() {
        use psgo::descriptor::Subject;

        let subjects = [
            Subject::Processes,
            Subject::Sockets,
            Subject::Files,
            Subject::Timers,
            Subject::Containers,
        ];
        let mut names = subjects.into_iter().flat_map(Subject::descriptors);
        let keys = STAMPS.map(|(key, _)| key);
        assert!(names.all(|column| column.name != AT && !keys.contains(&column.name)));
    }
}
