//! The threads of a process, and where in the kernel each of them is.

use std::time::Duration;

use super::{
    files::{Dir, FileOf},
    handle::Process,
    identity::State,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::{Stack, Stat, Syscall, Timers, Wchan},
    ids::Pid,
    namespace::Numbers,
    value::Text,
    view::Joined,
    wait::process_file,
};

/// A thread of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thread {
    /// Its number.
    pub tid: Pid,
    /// Its name.
    pub name: Text,
    /// Its state.
    pub state: State,
    /// Time that it used in user mode.
    pub user: Duration,
    /// Time that it used in the kernel.
    pub system: Duration,
    /// The processor that it last ran on.
    pub processor: i32,
    /// Its number in the `/proc` that is read.
    read: Pid,
}

impl Thread {
    /// A file of its own.
    #[inline]
    fn file(&self, name: &str) -> FileOf {
        FileOf::at(Dir::Thread(self.read), name)
    }
}

/// The process group and the session of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job {
    /// The process group (`pgrp` of `stat`); `None` for one without a number in the view.
    pub group: Option<Pid>,
    /// The session (`session` of `stat`); `None` for one without a number in the view.
    pub session: Option<Pid>,
}

impl Process {
    /// How many threads it has (`status`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn thread_count(&self) -> Result<u32> {
        self.status()?.threads.ok_or_else(|| self.untold("Threads"))
    }

    /// Its threads, by number (`task/TID/stat`). Those that end meanwhile are left out.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn threads(&self) -> Result<Vec<Thread>> {
        let stats = self.once(
            |known| &mut known.threads,
            || {
                self.ask(&FileOf::process("task"), |dir| {
                    let threads = dir.numbers(process_file!("task"))?.into_iter();
                    let stats = threads.filter_map(|tid| {
                        let stat = dir.read(process_file!("stat").of_thread(tid).name()).ok()?;
                        Some((tid, Stat::parse(&stat).ok()?))
                    });
                    Ok(stats.collect::<Vec<_>>())
                })
            },
        )?;
        let joined = self.view.0.joined.as_ref();
        let numbers = joined.filter(|joined| joined.is_from_outside());
        let numbers = numbers.map(Joined::numbers);
        let inside = |read: Pid| match &numbers {
            Some(numbers) => Numbers::inside(numbers, read),
            None => Some(read),
        };
        let host = &self.view.0.host;
        let threads = stats.into_iter().filter_map(|(tid, stat)| {
            let read = Pid::new(tid);
            Some(Thread {
                tid: inside(read)?,
                name: Text::from(&*stat.comm),
                state: State::new(stat.state),
                user: host.ticks(stat.utime),
                system: host.ticks(stat.stime),
                processor: stat.processor,
                read,
            })
        });
        let mut threads: Vec<_> = threads.collect();
        threads.sort_unstable_by_key(|thread| thread.tid);
        Ok(threads)
    }

    /// Inside a [`oneshot`](Self::oneshot): reads the file `name` of these threads now, such as
    /// `stack`, as [`read_ahead`](Self::read_ahead) does.
    #[inline]
    pub fn read_ahead_of(&self, threads: &[Thread], name: &str) {
        self.ahead(threads.iter().map(|thread| thread.file(name)).collect());
    }

    /// The calls in the kernel that its first thread is in (`stack`), the innermost first; none
    /// while it runs.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Denied`] without `CAP_SYS_ADMIN`.
    #[inline]
    pub fn kernel_stack(&self) -> Result<Stack> {
        self.read()
    }

    /// The same of one of its threads.
    ///
    /// # Errors
    ///
    /// As [`kernel_stack`](Self::kernel_stack).
    #[inline]
    pub fn kernel_stack_of(&self, thread: &Thread) -> Result<Stack> {
        self.record(&thread.file("stack"))
    }

    /// The function of the kernel in which its first thread sleeps (`wchan`); `None` if it does
    /// not, or the kernel does not say.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn wait_channel(&self) -> Result<Option<Text>> {
        let wchan: Wchan = self.read()?;
        Ok(wchan.wchan.function().map(Text::from))
    }

    /// The same of one of its threads.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn wait_channel_of(&self, thread: &Thread) -> Result<Option<Text>> {
        let wchan: Wchan = self.record(&thread.file("wchan"))?;
        Ok(wchan.wchan.function().map(Text::from))
    }

    /// The system call that its first thread is in (`syscall`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn syscall(&self) -> Result<Syscall> {
        self.read()
    }

    /// The same of one of its threads.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn syscall_of(&self, thread: &Thread) -> Result<Syscall> {
        self.record(&thread.file("syscall"))
    }

    /// Its POSIX timers (`timers`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn timers(&self) -> Result<Timers> {
        self.read()
    }

    /// The process that traces it (`TracerPid` of `status`); `None` if none does, or none of the view.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn tracer(&self) -> Result<Option<Pid>> {
        Ok(self.inside(self.status()?.tracer_pid))
    }

    /// Its process group and its session (`stat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn job(&self) -> Result<Job> {
        let stat = self.stat()?;
        let of = |number: i32| u32::try_from(number).ok().and_then(|n| self.inside(n));
        Ok(Job {
            group: of(stat.pgrp),
            session: of(stat.session),
        })
    }

    /// Its number in each PID namespace, from that of the view to its own (`NSpid` of `status`).
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] before 4.1.
    #[inline]
    pub fn pids(&self) -> Result<Vec<Pid>> {
        let all = self.status()?.ns_pid.ok_or_else(|| self.untold("NSpid"))?;
        let joined = self.view.0.joined.as_ref();
        // Those of the namespaces above the container's are not the container's.
        let above = joined
            .filter(|joined| joined.is_from_outside())
            .map_or(0, Joined::level);
        let pids: Vec<_> = all.into_iter().skip(above).map(Pid::new).collect();
        if pids.is_empty() {
            let reason = "it has no number here";
            return Err(Error::new(ErrorKind::Gone, self.named("status"), reason));
        }
        Ok(pids)
    }
}
