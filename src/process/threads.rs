//! The threads of a process, and where in the kernel each of them is.

use std::{io, time::Duration};

use super::{
    files::{Dir, FileOf},
    handle::Process,
    identity::State,
};
use crate::{
    error::{Answer, Error, ErrorKind, Result},
    format::pid::{Stack, Stat, Syscall, SyscallState, Timers, Wchan},
    ids::Pid,
    namespace::Numbers,
    sorting::sort_by,
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

/// A system call that a thread is in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SystemCall {
    /// Its number, which depends on the architecture.
    pub number: i64,
    /// Its name; `None` where it is not known, as of a program of 32 bits, and in a copy, which does not
    /// tell of what machine it is.
    pub name: Option<&'static str>,
    /// Its arguments; where the name is not known, all that a call can have.
    pub arguments: Vec<u64>,
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
                    let stat = |tid| match dir.read(process_file!("stat").of_thread(tid).name()) {
                        // It has ended meanwhile.
                        Err(error) if Answer::of(&error) == Answer::Gone => None,
                        Err(error) => Some(Err(error)),
                        Ok(bytes) => {
                            let stat = Stat::parse(&bytes).map_err(io::Error::other);
                            Some(stat.map(|stat| (tid, stat)))
                        }
                    };
                    threads.filter_map(stat).collect::<io::Result<Vec<_>>>()
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
        sort_by(&mut threads, |a, b| a.tid.cmp(&b.tid));
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
    /// See [`Process`]; [`ErrorKind::Denied`] where the kernel says nothing because it may not be
    /// asked.
    #[inline]
    pub fn wait_channel(&self) -> Result<Option<Text>> {
        let state = self.stat()?.state;
        self.waits_in(&self.read()?, state, &FileOf::process("ns/pid"))
    }

    /// The function, or why a 0 stands there: it is denied if the links of the process are.
    fn waits_in(&self, wchan: &Wchan, state: u8, link: &FileOf) -> Result<Option<Text>> {
        let function = wchan.wchan.function().map(Text::from);
        if function.is_none()
            && !matches!(state, b'R' | b'Z' | b'X')
            && let Err(error) = self.link(link)
            && error.kind() == ErrorKind::Denied
        {
            return Err(error);
        }
        Ok(function)
    }

    /// The same of one of its threads.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn wait_channel_of(&self, thread: &Thread) -> Result<Option<Text>> {
        let wchan: Wchan = self.record(&thread.file("wchan"))?;
        self.waits_in(&wchan, thread.state.byte(), &thread.file("ns/pid"))
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

    /// The system call that its first thread is in (`syscall`), by name; `None` if it runs, or waits
    /// for something else, such as a page.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn system_call(&self) -> Result<Option<SystemCall>> {
        Ok(self.named_call(&self.syscall()?))
    }

    /// The same of one of its threads.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn system_call_of(&self, thread: &Thread) -> Result<Option<SystemCall>> {
        Ok(self.named_call(&self.syscall_of(thread)?))
    }

    fn named_call(&self, syscall: &Syscall) -> Option<SystemCall> {
        let SyscallState::Inside { nr, args, .. } = &*syscall.state else {
            return None;
        };
        let known = syscall.state.call().filter(|_| self.procfs().is_genuine());
        Some(SystemCall {
            number: *nr,
            name: known.map(|(name, _)| name),
            arguments: known.map_or(&args[..], |(_, arguments)| arguments).to_vec(),
        })
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
