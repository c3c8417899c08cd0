//! Idle processes. It makes as many children as the lines of its input say, which do nothing at
//! all, and answers each line with how many there are. When its input ends, so do they and it.
//!
//! Whoever started it need not tidy up: if that one dies, the input ends; if this one dies, the
//! kernel ends the children.

use std::{
    io::{self, BufRead as _, Write as _},
    process::ExitCode,
    ptr,
};

fn main() -> ExitCode {
    let mut children = 0_usize;
    for line in io::stdin().lock().lines() {
        let Some(wanted) = line.ok().and_then(|line| line.trim().parse().ok()) else {
            break;
        };
        while children < wanted && fork() {
            children += 1;
        }
        if writeln!(io::stdout(), "{children}").is_err() {
            break;
        }
    }
    end();
    ExitCode::SUCCESS
}

/// Makes one child; false if there can be no more.
fn fork() -> bool {
    // SAFETY: there is one thread, and the child calls nothing but the kernel.
    unsafe {
        let parent = libc::getpid();
        let child = libc::fork();
        if child == 0 {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() == parent {
                loop {
                    libc::pause();
                }
            }
            libc::_exit(0);
        }
        child > 0
    }
}

/// Ends the process group, which is all of the children, and waits for each.
fn end() {
    // SAFETY: a signal, and no memory is passed.
    unsafe {
        if libc::getpgrp() == libc::getpid() {
            libc::signal(libc::SIGTERM, libc::SIG_IGN);
            libc::kill(0, libc::SIGTERM);
            while libc::wait(ptr::null_mut()) > 0 {}
        }
        // Otherwise the kernel ends them, as each asked for.
    }
}
