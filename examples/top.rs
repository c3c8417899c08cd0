//! `podman top` in twenty lines: the processes of the containers in which the given pids run.
//!
//! `cargo run --example top -- pid,hpid,user,args 5572 5603`

use psgo::{JoinOptions, Pid, Result};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let format = arguments.next().unwrap_or_default();
    let names: Vec<_> = format.split(',').filter(|name| !name.is_empty()).collect();
    let pids: Vec<Pid> = arguments.filter_map(|pid| pid.parse().ok()).collect();
    let options = JoinOptions::default();
    let table = psgo::join_namespace_and_process_info_by_pids(&pids, &names, &options)?;
    println!("{}", table.headers().join("\t"));
    for row in table.to_strings() {
        println!("{}", row.join("\t"));
    }
    for skipped in table.skipped() {
        eprintln!("{}", skipped.error);
    }
    Ok(())
}
