//! The `psgo` command.
fn main() {}
