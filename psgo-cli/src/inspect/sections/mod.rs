//! The sections of the answer. Each file has its facts for the page and for the object.

use psgo::Process;

use super::{document::Document, page::Page};

mod container;
mod cpu;
pub(in crate::inspect) mod ending;
mod environ;
mod family;
mod files;
mod identity;
mod ids;
mod io;
mod limits;
mod locks;
mod mappings;
mod memory;
mod namespaces;
mod signals;
mod sockets;
mod stack;
mod state;
mod syscall;
mod threads;
mod timers;

/// A section of the answer.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    /// Adds its rows to the page.
    pub(super) page: fn(&mut Page, &Process),
    /// Adds its fields to the object.
    pub(super) json: fn(&mut Document, &Process),
}

/// All sections, in the page's order.
pub(super) const SECTIONS: [Section; 14] = [
    Section {
        name: "identity",
        page: identity::page,
        json: identity::json,
    },
    Section {
        name: "family",
        page: family::page,
        json: family::json,
    },
    Section {
        name: "state",
        page: state::page,
        json: state::json,
    },
    Section {
        name: "ids",
        page: ids::page,
        json: ids::json,
    },
    Section {
        name: "memory",
        page: memory::page,
        json: memory::json,
    },
    Section {
        name: "cpu",
        page: cpu::page,
        json: cpu::json,
    },
    Section {
        name: "io",
        page: io::page,
        json: io::json,
    },
    Section {
        name: "files",
        page: files::page,
        json: files::json,
    },
    Section {
        name: "sockets",
        page: sockets::page,
        json: sockets::json,
    },
    Section {
        name: "limits",
        page: limits::page,
        json: limits::json,
    },
    Section {
        name: "namespaces",
        page: namespaces::page,
        json: namespaces::json,
    },
    Section {
        name: "container",
        page: container::page,
        json: container::json,
    },
    Section {
        name: "threads",
        page: threads::page,
        json: threads::json,
    },
    Section {
        name: "environ",
        page: environ::page,
        json: environ::json,
    },
];

#[cfg(test)]
mod tests;
