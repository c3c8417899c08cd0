//! The processes of this host that hold most memory.
//!
//! `cargo run --example host`

use std::io::{self, Write as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let table = psgo::Query::new(&["pid", "user", "rss", "time", "args"])?
        .sort(&["-rss"])?
        .table()?;
    let mut out = io::stdout().lock();
    for row in table.to_strings().iter().take(10) {
        writeln!(out, "{}", row.join("  "))?;
    }
    Ok(())
}
