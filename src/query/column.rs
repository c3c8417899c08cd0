//! `Column`: a descriptor with its header.

use crate::{
    descriptor::{Descriptor, Subject},
    error::Result,
};

/// A column of a listing: a descriptor, and another header if one was given.
#[derive(Debug, Clone)]
pub struct Column {
    descriptor: &'static Descriptor,
    header: Option<String>,
}

impl Column {
    /// From `NAME` or `NAME=HEADER`.
    pub(super) fn parse(text: &str, subject: Subject) -> Result<Self> {
        let (name, header) = match text.split_once('=') {
            Some((name, header)) => (name, Some(header.to_owned())),
            None => (text, None),
        };
        let descriptor = subject.find(name.trim())?;
        Ok(Self { descriptor, header })
    }

    /// What the column shows.
    #[must_use]
    pub fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(self.descriptor.header)
    }
}
