//! `-stamp`: from which host and boot rows are.

use psgo::{Error, Value, View};

/// From which host and boot rows are.
#[derive(Debug, Clone)]
pub(crate) struct Stamp([(&'static str, Value); 2]);

/// The keys of a stamp, and the files below `/proc` that tell their values.
pub(super) const STAMPS: [(&str, &str); 2] = [
    ("host", "sys/kernel/hostname"),
    ("boot_id", "sys/kernel/random/boot_id"),
];

impl Stamp {
    /// What `/proc` tells of its host, and why it does not tell all of it.
    pub(crate) fn of(view: &View) -> (Self, Vec<Error>) {
        let mut errors = Vec::new();
        let stamp = STAMPS.map(|(key, path)| {
            let value = match view.bytes(path) {
                Ok(bytes) => Value::text(bytes.trim_ascii_end()),
                Err(error) => {
                    errors.push(error);
                    Value::MISSING
                }
            };
            (key, value)
        });
        (Self(stamp), errors)
    }

    pub(super) fn entries(&self) -> &[(&'static str, Value)] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn from_values(values: [Value; 2]) -> Self {
        let [host, boot] = values;
        Self([(STAMPS[0].0, host), (STAMPS[1].0, boot)])
    }
}
