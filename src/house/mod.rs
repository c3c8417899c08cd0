//! The architecture of the project, as tests. docs/DESIGN.md gives the reasons.

mod circles;
mod imports;
mod promises;
mod rules;
mod sources;
mod waits;
mod words;
