//! The processes of this host that use the most memory.
//!
//! `cargo run --example host`

use std::io::{self, Write as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let query = psgo::Query::new(["pid", "user", "rss", "time", "args"])?;
    let table = query.sort(&["-rss"])?.table()?;
    for row in table.to_strings().iter().take(10) {
        writeln!(io::stdout(), "{}", row.join("  "))?;
    }
    Ok(())
}
