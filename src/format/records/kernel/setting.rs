//! `/proc/sys/…`: what can be set in a running kernel.

use crate::{
    bytes,
    format::{Cursor, Field, NumberOrText, ParseError, Spec, record},
    value::Value,
};

record! {
    /// A setting of the running kernel.
    ///
    /// Any file of `/proc/sys` (`proc_dointvec`, `proc_dostring` and their like). What it means
    /// and its unit are in the kernel's `Documentation/admin-guide/sysctl`.
    pub struct Setting: "sys/**" {
        /// The numbers and words of it: most often one.
        value: Setpoint = "%r",
    }
}

/// What a setting is: a number, several of them, words, or text; in one line, in several, or in
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setpoint {
    lines: Vec<Line>,
    /// The last line has no newline.
    open: bool,
}

/// One line of it: words, and the byte between them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    words: Vec<NumberOrText>,
    between: u8,
}

impl Line {
    fn new(text: &[u8]) -> Self {
        for between in [b'\t', b' '] {
            let mut words = text.split(|&b| b == between).map(NumberOrText::new);
            // A tuple of numbers, or a list of names; `#1 SMP` is neither.
            let is_list = words.clone().all(|word| word.is_number())
                || (between == b' ' && words.all(|word| is_name(&word)));
            if is_list {
                let words = text.split(|&b| b == between).map(NumberOrText::new);
                return Self {
                    words: words.collect(),
                    between,
                };
            }
        }
        Self {
            words: vec![NumberOrText::Text(text.to_vec())],
            between: b' ',
        }
    }

    fn value(&self) -> Value {
        match self.words.as_slice() {
            [word] => word.to_value(),
            words => Value::List(words.iter().map(NumberOrText::to_value).collect()),
        }
    }
}

/// Is it what one of several choices is called, such as `kill_process`?
fn is_name(word: &NumberOrText) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match word {
        NumberOrText::Text(text) => !text.is_empty() && text.iter().all(is_part),
        _ => false,
    }
}

impl Setpoint {
    /// Each number and word, of all lines.
    pub fn words(&self) -> impl Iterator<Item = &NumberOrText> {
        self.lines.iter().flat_map(|line| &line.words)
    }

    /// The one number that it is, if it is one that is not negative.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self.lines.as_slice() {
            [line] if line.words.len() == 1 => line.words.first()?.number(),
            _ => None,
        }
    }
}

/// All that is left of the file.
impl Field for Setpoint {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut setting = Self::default();
        while !cursor.rest().is_empty() {
            setting.open = bytes::find(cursor.rest(), b'\n').is_none();
            setting.lines.push(Line::new(cursor.take_line()));
            cursor.take(1);
        }
        Ok(setting)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (i, line) in self.lines.iter().enumerate() {
            for (j, word) in line.words.iter().enumerate() {
                if j > 0 {
                    out.push(line.between);
                }
                word.push(out);
            }
            if !self.open || i + 1 < self.lines.len() {
                out.push(b'\n');
            }
        }
    }

    /// One line as its number, text or list; several as a list of lines; unknown where there is
    /// nothing.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        match self.lines.as_slice() {
            [] => Value::MISSING,
            [line] => line.value(),
            lines => Value::List(lines.iter().map(Line::value).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, process::Command};

    use super::*;
    use crate::format::{self, law};

    #[inline]
    fn value(file: &str) -> Value {
        let setting: Setting = law::holds(file.as_bytes());
        setting.fields().find("value").unwrap().clone()
    }

    #[test]
    fn a_setting_is_a_number_a_tuple_words_or_text() {
        let list = |words: &[&str]| Value::List(words.iter().map(Value::text).collect());
        assert_eq!(value("-1\n"), Value::Int(-1));
        assert_eq!(value("18446744073709551615\n"), Value::Uint(u64::MAX));
        assert_eq!(
            value("4\t7\n"),
            Value::List(vec![Value::Int(4), Value::Int(7)])
        );
        assert_eq!(value("reno cubic\n"), list(&["reno", "cubic"]));
        assert_eq!(value("file\npipe\n"), list(&["file", "pipe"]));
        for text in [
            "#1 SMP @0",
            "|/bin/core %p %s",
            "0-3,8",
            "",
            "00:00",
            "a  b",
            "1.50",
        ] {
            assert_eq!(value(&format!("{text}\n")), Value::text(text));
        }
        assert_eq!(value(""), Value::MISSING);
        assert_eq!(value("no newline"), value("no newline\n"));
        law::holds::<Setting>(b"\n\n1\t\t2\n ");
    }

    /// The files below `dir` that can be read; nothing whose reading changes or waits for anything.
    fn files(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                files(&entry.path(), found);
            } else if !entry.path().ends_with("stat_refresh") {
                found.push(entry.path());
            }
        }
    }

    #[test]
    fn every_setting_here_comes_back() {
        let mut paths = Vec::new();
        files(Path::new("/proc/sys"), &mut paths);
        let mut understood = 0;
        for path in &paths {
            let Ok(file) = fs::read(path) else { continue };
            let setting: Setting = law::holds(&file);
            let name = path.to_str().unwrap();
            assert_eq!(
                format::find(name).map(format::Format::name).as_deref(),
                Some("sys/**")
            );
            understood += usize::from(setting.value.words().count() > 0);
        }
        assert!(understood > 500, "{understood} of {}", paths.len());
    }

    #[test]
    fn settings_are_what_sysctl_says() {
        let names = [
            "kernel.pid_max",
            "kernel.printk",
            "kernel.ostype",
            "fs.nr_open",
            "vm.swappiness",
        ];
        for name in names {
            let sysctl = Command::new("sysctl").args(["-n", name]).output();
            let sysctl = sysctl
                .expect("sysctl is of procps, which the tests need")
                .stdout;
            let path = format::setting_path(name).unwrap();
            let file = fs::read(Path::new("/proc").join(path)).unwrap();
            let setting: Setting = law::holds(&file);
            let said = String::from_utf8(sysctl).unwrap();
            let words: Vec<_> = setting
                .value
                .words()
                .map(|word| word.to_value().to_string())
                .collect();
            assert_eq!(words, said.split_whitespace().collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn mutants_come_back() {
        let format = format::find("sys/kernel/printk").unwrap();
        law::mutants_of(format, b"4\t4\t1\t7\nreno cubic\n", 5_000);
    }
}
