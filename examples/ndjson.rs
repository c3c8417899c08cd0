//! A line of JSON for each process, as it is read.
//!
//! `cargo run --example ndjson --features serde`

use std::io::{self, BufWriter, Write as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = BufWriter::new(io::stdout().lock());
    for row in psgo::Query::parse("pid,user,rss,capeff,args")?.rows()? {
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
