//! A crowd of idle processes: the helper `idle`, and how many it is to make.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::{Result, machine};

/// So many are made between two looks at the memory.
const STEP: usize = 1_000;

/// The crowd; it ends with its owner, however that ends.
#[derive(Debug)]
pub(crate) struct Idle {
    child: Child,
    /// Taken to end it.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub(crate) reached: usize,
}

impl Idle {
    pub(crate) fn start(helper: &Path) -> Result<Self> {
        Self::spawn(&mut Command::new(helper))
    }

    /// By a command that runs the helper, in a process group of its own.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn()?;
        let orders = child.stdin.take();
        let answers = child.stdout.take().ok_or("no pipe from the helper")?;
        Ok(Self {
            child,
            orders,
            answers: BufReader::new(answers),
            reached: 0,
        })
    }

    /// Makes them `count`, or as many as the machine allows, and tells how many there are.
    pub(crate) fn grow(&mut self, count: usize) -> Result<usize> {
        while self.reached < count && machine::has_memory() {
            let wanted = count.min(self.reached + STEP);
            if let Some(orders) = &mut self.orders {
                writeln!(orders, "{wanted}")?;
            }
            let mut answer = String::new();
            self.answers.read_line(&mut answer)?;
            self.reached = answer.trim().parse()?;
            if self.reached < wanted {
                break;
            }
        }
        Ok(self.reached)
    }

    /// The process that was started.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        // The end of its input ends it and its children.
        drop(self.orders.take());
        if let Err(error) = self.child.wait() {
            eprintln!("benches: idle processes: {error}");
        }
    }
}
