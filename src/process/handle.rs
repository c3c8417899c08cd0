//! `Process`: one process in depth, held so that no other can be taken for it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use super::cache::{Cache, Known, Slot};
use crate::{
    error::{Answer, Error, ErrorKind, Result, is_no_such_file},
    format::pid::{Stat, Status},
    ids::{Pid, ProcessId},
    namespace::{another, counts_as_we_do, gone},
    procfs::{ProcessDir, Procfs},
    snapshot::has_member,
    sync::lock,
    view::{Joined, Tables, View},
    wait::process_file,
    watchdog::Worker,
};

/// One process in depth.
///
/// It holds the directory `/proc/PID` open, and reads everything through it: once the process has
/// ended, every getter says so, and none ever answers for another process that got the same number.
/// The answer of a system call that takes a number is used only if the process is still there
/// afterwards.
///
/// Each getter reads its file anew; inside [`oneshot`](Self::oneshot) each file is read once. A file
/// whose read can wait for what the process does is read on a thread of its own, and no getter waits
/// for it longer than the view's [time-out](View::timeout).
///
/// ```
/// use psgo::{Pid, View};
///
/// let me = View::host()?.process(Pid::new(std::process::id()))?;
/// let (name, memory) = me.oneshot(|me| (me.name(), me.memory()));
/// println!("{}: {} bytes", name?, memory?.resident);
/// for descriptor in me.descriptors()?.iter() {
///     println!("{}: {:?}", descriptor.fd, descriptor.kind);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # What fails
///
/// The [kind](Error::kind) of an error says why a getter has no answer:
///
/// - [`Denied`](ErrorKind::Denied): the kernel refused;
/// - [`Zombie`](ErrorKind::Zombie): the process has ended, and no longer has this;
/// - [`Gone`](ErrorKind::Gone): it has ended and was reaped;
/// - [`Absent`](ErrorKind::Absent): this kernel has no such file;
/// - [`TimedOut`](ErrorKind::TimedOut): the file did not answer in time;
/// - [`NotTrusted`](ErrorKind::NotTrusted): something is mounted over the file;
/// - [`NotUnderstood`](ErrorKind::NotUnderstood): the file has an unknown form.
///
/// Where the first thread has ended and others run, `/proc/PID` looks like that of a zombie. What
/// all threads share is then read of one that has not ended.
pub struct Process {
    pub(super) view: View,
    pub(super) pid: Pid,
    /// Its number in the `/proc` that is read.
    pub(super) read: Pid,
    /// When it started, in ticks after boot.
    pub(super) start: u64,
    pub(super) dir: Arc<ProcessDir>,
    /// The thread that reads what can wait, shared with its parents, if they are asked for: to
    /// start one takes a while.
    pub(super) worker: Arc<Mutex<Worker>>,
    /// The files that did not answer, each once.
    pub(super) silent: Mutex<Vec<String>>,
    cache: Mutex<Cache>,
    /// The names of users and groups that it sees, and why there are none, once they were asked for.
    pub(super) names: OnceLock<(Tables, Option<Error>)>,
}

impl View {
    /// The process that was joined, by its number in the container; `None` without a join.
    #[cfg(any(test, all(feature = "system", feature = "runtimes")))]
    pub(crate) fn joined_process(&self) -> Option<Result<Process>> {
        let joined = self.0.joined.as_ref()?;
        let number = joined.numbers().inside(joined.pid());
        let process = number.ok_or_else(|| gone(joined.pid()));
        Some(process.and_then(|number| self.process(number)))
    }

    /// The process of that pid, held; with its start, see [`ProcessId`], no other that has the pid
    /// by now. In a container it is the container's own number.
    ///
    /// ```
    /// let view = psgo::View::host()?;
    /// let init = view.process(psgo::Pid::new(1))?;
    /// assert!(init.is_running());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Gone`] if there is no such process, or the number is that of a thread that is
    /// not the first; [`ErrorKind::Denied`] if nothing at all may be known of it; through a join
    /// before Linux 6.11 [`ErrorKind::TimedOut`] if it is not found, and a process that may be it did
    /// not answer.
    #[inline]
    pub fn process(&self, process: impl Into<ProcessId>) -> Result<Process> {
        let ProcessId { pid, start } = process.into();
        let process = self.process_with(pid, Arc::default())?;
        if start.is_some_and(|start| start != process.start) {
            return Err(another(pid));
        }
        let found = ProcessId {
            pid,
            start: Some(process.start),
        };
        if self.within().is_some() && !has_member(self, found)? {
            return Err(gone(pid));
        }
        Ok(process)
    }

    /// The same, with a worker that there is.
    #[inline]
    pub(super) fn process_with(&self, pid: Pid, worker: Arc<Mutex<Worker>>) -> Result<Process> {
        let inner = &self.0;
        let numbers = inner
            .joined
            .as_ref()
            .filter(|joined| joined.is_from_outside());
        let numbers = numbers.map(Joined::numbers);
        let read = numbers.as_ref().map_or(Ok(pid), |all| all.find(pid))?;
        let proc = Arc::clone(&inner.proc);
        let hold = move || {
            let dir = proc.process(read)?;
            let stat = dir.read(process_file!("stat"))?;
            let status = match dir.read(process_file!("status")) {
                // A copy may be without.
                Err(error) if is_no_such_file(&error) && !proc.is_genuine() => None,
                status => Some(status?),
            };
            Ok((dir, (stat, status)))
        };
        let held = lock(&worker).run(self.patience(), hold);
        let name = |file: &str| inner.proc.named(&format!("{pid}/{file}"));
        if held.is_err() {
            // In a directory that is no copy there is no process, whichever is asked for.
            self.check()?;
        }
        let held = held.map_err(|error| match Answer::of(&error) {
            Answer::Gone if !inner.proc.is_genuine() && inner.proc.process(read).is_ok() => {
                Error::of_system(ErrorKind::Absent, name("stat"), error)
            }
            Answer::Gone => gone(pid),
            Answer::MountedOver => Error::mounted_over(name("")),
            Answer::Invalid | Answer::Other => Error::io(format!("process {pid}"), error),
        });
        let (dir, (stat, status)) = held?;
        // What was read of it was there after its number had been looked up.
        if numbers.is_some_and(|numbers| numbers.inside(read) != Some(pid)) {
            return Err(gone(pid));
        }
        let not_understood = |file: &str, error: &dyn fmt::Display| {
            Error::new(ErrorKind::NotUnderstood, name(file), error.to_string())
        };
        let stat = Stat::parse(&stat).map_err(|error| not_understood("stat", &error))?;
        let status = status.map(|status| Status::parse(&status));
        let status = status.transpose();
        let status = status.map_err(|error| not_understood("status", &error))?;
        let process = status.map_or(read.get(), |status| status.tgid);
        if process != read.get() && inner.proc.is_genuine() {
            let reason = format!("it is a thread of process {process}");
            return Err(Error::new(
                ErrorKind::Gone,
                format!("process {pid}"),
                reason,
            ));
        }
        Ok(Process {
            view: self.clone(),
            pid,
            read,
            start: stat.starttime,
            dir: Arc::new(dir),
            worker,
            silent: Mutex::default(),
            cache: Mutex::default(),
            names: OnceLock::new(),
        })
    }
}

impl Process {
    /// Its number, as it was asked for: of a container, the container's own.
    #[must_use]
    #[inline]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Its number in the PID namespace of the calling process: of a container, the number on the
    /// host. `None` where it has none there, and in a copy of a `/proc`.
    #[must_use]
    #[inline]
    pub fn own_pid(&self) -> Option<Pid> {
        let (base, pid) = match &self.view.0.joined {
            Some(joined) if joined.is_from_outside() => (&joined.base, Some(self.read)),
            Some(joined) => (&joined.base, joined.numbers().outside(self.pid)),
            None => (&self.view.0.proc, Some(self.pid)),
        };
        let counts = || Ok(base.is_genuine() && counts_as_we_do(base));
        pid.filter(|_| {
            self.once(|known| &mut known.counts_as_we_do, counts)
                .is_ok_and(|counts| counts)
        })
    }

    /// Whether it has not been reaped (`comm` can be read): a zombie still runs in this sense.
    #[must_use]
    #[inline]
    pub fn is_running(&self) -> bool {
        self.is_there()
    }

    /// Runs `ask` with a cache: each file is read once, when it is first asked for, so all getters
    /// agree about it.
    ///
    /// ```
    /// use psgo::{Pid, View};
    ///
    /// let init = View::host()?.process(Pid::new(1))?;
    /// // `stat` has both.
    /// let (parent, times) = init.oneshot(|init| (init.ppid(), init.cpu_times()));
    /// # let _ = (parent?, times?);
    /// # Ok::<(), psgo::Error>(())
    /// ```
    pub fn oneshot<T>(&self, ask: impl FnOnce(&Self) -> T) -> T {
        struct End<'a>(&'a Process);

        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.cache().end();
            }
        }

        self.cache().begin();
        let _end = End(self);
        ask(self)
    }

    /// What was read within a oneshot.
    #[inline]
    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        lock(&self.cache)
    }

    /// What `make` makes, once within a oneshot.
    pub(super) fn once<T: Clone>(
        &self,
        slot: impl for<'a> Fn(&'a mut Known) -> &'a mut Slot<T>,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(known) = self.cache().find(&slot) {
            return known;
        }
        let made = make();
        self.cache().keep(&slot, &made);
        made
    }

    /// The `/proc` in which it is read.
    #[inline]
    pub(super) fn procfs(&self) -> &Arc<Procfs> {
        &self.view.0.proc
    }

    /// What a number of the `/proc` that is read is called in the view; `None` for 0, which is no
    /// process, and for what is not seen there.
    #[inline]
    pub(super) fn inside(&self, read: u32) -> Option<Pid> {
        let pid = (read != 0).then(|| Pid::new(read))?;
        match &self.view.0.joined {
            Some(joined) if joined.is_from_outside() => joined.numbers().inside(pid),
            _ => Some(pid),
        }
    }
}

impl fmt::Debug for Process {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("pid", &self.pid)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}
