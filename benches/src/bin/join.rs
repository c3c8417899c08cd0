//! Lists a container as `psgo -join PID` does, by one of the two ways alone: `join inside PID` or
//! `join host PID`. The command takes the second only where the first is refused.

use std::{
    env,
    error::Error,
    io::{self, BufWriter, Write as _},
    ops::ControlFlow,
};

use psgo::{JoinOptions, Pid, Query, ProcChoice, View};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (way, pid) = args.next().zip(args.next()).ok_or("use: join WAY PID")?;
    let mut options = JoinOptions::default();
    options.proc = match way.as_str() {
        "inside" => ProcChoice::Container,
        "host" => ProcChoice::Host,
        _ => return Err("use: join inside PID | join host PID".into()),
    };
    let view = View::join(Pid::new(pid.parse()?)).options(&options).open()?;
    let query = Query::new::<&str>([])?.view(view);
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "{}", query.headers().join("\t"))?;
    let mut written = Ok(());
    query.for_each(|row| {
        let cells: Vec<_> = row.values().iter().map(ToString::to_string).collect();
        written = writeln!(out, "{}", cells.join("\t"));
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written?;
    Ok(out.flush()?)
}
