//! A line of JSON for each process, as it is read.
//!
//! `cargo run --example ndjson --features serde`

use std::{
    io::{self, BufWriter, Write as _},
    ops::ControlFlow,
};

use psgo::Query;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let query = Query::parse("pid,user,rss,capeff,args")?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    query.for_each(|row| {
        let line = serde_json::to_string(&row);
        written = line
            .map_err(io::Error::from)
            .and_then(|line| writeln!(out, "{line}"));
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    Ok(written.and_then(|()| out.flush())?)
}
