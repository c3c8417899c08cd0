//! `Process`: one process in depth, held so that no other can be taken for it.

mod cgroup;
mod container;
mod cpu;
mod descriptors;
mod family;
mod identity;
mod kept;
mod memory;
mod security;
mod threads;

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use cgroup::{CgroupLimits, CgroupPressure};
pub use cpu::{CpuTimes, IoPriority};
pub use descriptors::{Descriptor, FileKind, OpenedFile};
pub use identity::{Ids, Linked, State};
pub use memory::{Footprint, MappedMemory, Memory, MemoryDetail};
pub use security::{Capabilities, Namespace};
pub use threads::Thread;

use kept::Kept;

use crate::{
    error::{Error, ErrorKind, Result},
    format::{
        File,
        pid::{Stat, Status},
    },
    ids::Pid,
    namespace::{MOUNTED_OVER, Numbers, counts_as_we_do, gone},
    procfs::{ProcessDir, Procfs},
    view::{Joined, View},
    watchdog::{self, Worker},
};

/// One process in depth.
///
/// It holds the directory `/proc/PID`, through which everything is read: once the process has
/// ended, every getter says so, and none ever answers for another that has got its number. What a
/// system call tells by number is believed only if the process is still there after it.
///
/// Each getter reads its file anew. Inside [`oneshot`](Self::oneshot) each file is read once. No
/// getter waits longer than the view's [time-out](View::timeout) for a file that does not answer.
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
/// The [kind](Error::kind) of an error tells why a getter has no answer:
/// [`Denied`](ErrorKind::Denied), [`Zombie`](ErrorKind::Zombie) for what a process that has ended
/// has no more, [`Gone`](ErrorKind::Gone) once its parent was told, [`Absent`](ErrorKind::Absent)
/// where this kernel has no such file, [`TimedOut`](ErrorKind::TimedOut),
/// [`NotTrusted`](ErrorKind::NotTrusted) where something is mounted over the file, and
/// [`NotUnderstood`](ErrorKind::NotUnderstood).
///
/// Where the first thread has ended and others run, `/proc/PID` looks like that of a zombie. What
/// all threads share is then asked of one that lives.
pub struct Process {
    view: View,
    pid: Pid,
    /// Its number in the `/proc` that is read.
    read: Pid,
    /// When it started, in ticks after boot.
    start: u64,
    dir: Arc<ProcessDir>,
    /// That of its parents too, if they are asked for: to start one takes a while.
    worker: Arc<Mutex<Worker>>,
    kept: Mutex<Kept>,
}

impl View {
    /// The process `pid`, held. In a container it is the container's own number.
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
    /// [`ErrorKind::Gone`] if there is no such process, or `pid` is the number of a thread that is
    /// not the first; [`ErrorKind::Denied`] if nothing at all may be known of it.
    pub fn process(&self, pid: Pid) -> Result<Process> {
        self.process_with(pid, Arc::default())
    }

    /// The same, with a worker that there is.
    fn process_with(&self, pid: Pid, worker: Arc<Mutex<Worker>>) -> Result<Process> {
        let inner = &self.0;
        let numbers = inner
            .joined
            .as_ref()
            .filter(|joined| joined.is_from_outside());
        let numbers = numbers.map(Joined::numbers);
        let outside = |numbers: &Numbers| numbers.outside(pid).ok_or_else(|| gone(pid));
        let read = numbers.as_ref().map_or(Ok(pid), outside)?;
        let proc = Arc::clone(&inner.proc);
        let hold = move || {
            let dir = proc.process(read)?;
            let files = (dir.read("stat")?, dir.read("status")?);
            Ok((dir, files))
        };
        let held = if inner.proc.is_genuine() {
            hold()
        } else {
            locked(&worker).run(self.patience(), hold)
        };
        let name = |file: &str| inner.proc.named(&format!("{pid}/{file}"));
        let held = held.map_err(|error| match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => gone(pid),
            Some(libc::EXDEV | libc::ELOOP) => {
                Error::new(ErrorKind::NotTrusted, name(""), MOUNTED_OVER)
            }
            _ => Error::io(format!("process {pid}"), error),
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
        let status = Status::parse(&status).map_err(|error| not_understood("status", &error))?;
        if status.tgid != read.get() && inner.proc.is_genuine() {
            let reason = format!("it is a thread of process {}", status.tgid);
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
            kept: Mutex::default(),
        })
    }
}

/// Whose directory a file is read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The first thread's, which is the process's own.
    Leader,
    /// That of a thread that lives: files of what all threads share, which a thread loses when it
    /// ends.
    Living,
}

impl Whose {
    fn of(file: &str) -> Self {
        if SHARED.contains(&file) {
            Self::Living
        } else {
            Self::Leader
        }
    }
}

/// The files that are empty or not there for a thread that has ended, though others still have
/// what they tell.
const SHARED: [&str; 12] = [
    "cmdline",
    "environ",
    "maps",
    "mountinfo",
    "mounts",
    "smaps",
    "smaps_rollup",
    "stack",
    "statm",
    "syscall",
    "wchan",
    "attr/current",
];

/// The files that wait for the process itself: for its memory, for a program that it is just
/// executing, for what is mounted. All others of the kernel's own answer at once.
const WAITING: [&str; 12] = [
    "cmdline",
    "environ",
    "maps",
    "smaps",
    "smaps_rollup",
    "io",
    "stack",
    "syscall",
    "attr/current",
    "timers",
    "mountinfo",
    "mounts",
];

/// The files that cost the lock of the process's memory: where one does not answer, none does.
const MEMORY: [&str; 5] = ["cmdline", "environ", "maps", "smaps", "smaps_rollup"];

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// By what a file or a link is kept.
fn key(whose: Whose, name: &str) -> String {
    format!("{whose:?} {name}")
}

impl Process {
    /// Its number, as it was asked for.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Its number for this very process, where it has one: in a container that of the host.
    #[must_use]
    pub fn own_pid(&self) -> Option<Pid> {
        let (base, pid) = match &self.view.0.joined {
            Some(joined) if joined.is_from_outside() => (&joined.base, Some(self.read)),
            Some(joined) => (&joined.base, joined.numbers().outside(self.pid)),
            None => (&self.view.0.proc, Some(self.pid)),
        };
        let counts = || Ok(base.is_genuine() && counts_as_we_do(base));
        pid.filter(|_| self.once("counts", counts).is_ok_and(|counts| counts))
    }

    /// Whether it has not been reaped: a zombie is still there.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.stat_now().is_ok()
    }

    /// One of its files, as a record of its own type.
    ///
    /// ```
    /// use psgo::{Pid, View, format::pid::Limits};
    ///
    /// let init = View::host()?.process(Pid::new(1))?;
    /// let limits: Limits = init.read()?;
    /// assert!(limits.find("Max open files").is_some());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn read<T: File>(&self) -> Result<T> {
        self.record(Whose::of(T::PATH), T::PATH)
    }

    /// Lets `ask` look at one moment: each file is read once, when it is first asked for.
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
                self.0.kept().end();
            }
        }

        self.kept().begin();
        let _end = End(self);
        ask(self)
    }

    /// Inside a [`oneshot`](Self::oneshot): reads these files now, for what is asked later.
    ///
    /// A file that can wait for the process, such as `cmdline`, is read on a thread that can be
    /// left behind, and to change threads takes longer than to read most of them: here it is done
    /// once for all. Where one does not answer in time, those after it are read when they are
    /// asked for. Outside of a oneshot it does nothing.
    ///
    /// ```
    /// use psgo::{Pid, View};
    ///
    /// let init = View::host()?.process(Pid::new(1))?;
    /// let (cmdline, stack) = init.oneshot(|init| {
    ///     init.read_ahead(&["cmdline", "stack"]);
    ///     (init.cmdline(), init.kernel_stack())
    /// });
    /// # let _ = (cmdline, stack);
    /// # Ok::<(), psgo::Error>(())
    /// ```
    pub fn read_ahead(&self, files: &[&str]) {
        let of = |file: &&str| (Whose::of(file), (*file).to_owned());
        self.ahead(files.iter().map(of).collect());
    }

    /// The same of a file of these threads, such as `stack`.
    pub fn read_ahead_of(&self, threads: &[Thread], file: &str) {
        let of = |thread: &Thread| (Whose::Leader, thread.file(file));
        self.ahead(threads.iter().map(of).collect());
    }

    fn ahead(&self, mut files: Vec<(Whose, String)>) {
        let kept = self.kept();
        files.retain(|(whose, name)| {
            let waits = kept.is_silent() && MEMORY.contains(&&**name);
            !waits && !kept.knows(&key(*whose, name))
        });
        if !kept.is_open() || files.is_empty() {
            return;
        }
        drop(kept);
        let work = |(whose, name): &(Whose, String)| {
            let (dir, name) = (self.dir_of(*whose)?, name.clone());
            Ok(move || Ok(Arc::from(dir.whole(&name)?)))
        };
        // Whose directory cannot be told, that is told when it is asked for.
        let works: Result<Vec<_>> = files.iter().map(work).collect();
        let Ok(works) = works else { return };
        let answers = locked(&self.worker).run_in_turn(self.view.patience(), works);
        for ((whose, name), answer) in files.iter().zip(answers.unwrap_or_default()) {
            let bytes: Result<Arc<[u8]>> = answer.map_err(|error| self.failed(name, error));
            self.note_silence(name, &bytes);
            self.kept().keep(&key(*whose, name), &bytes);
        }
    }

    /// The line of `stat`.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn stat(&self) -> Result<Stat> {
        self.once("parsed stat", || self.read())
    }

    /// The lines of `status`, of the first thread.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn status(&self) -> Result<Status> {
        self.once("parsed status", || self.read())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        locked(&self.kept)
    }

    /// What `make` makes, once for each oneshot.
    fn once<T: Clone + Send + Sync + 'static>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(known) = self.kept().find(key) {
            return known;
        }
        let made = make();
        self.kept().keep(key, &made);
        made
    }

    /// Has `work` done where it may take longer than one would wait. `name` is what it is about.
    fn run<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = locked(&self.worker).run(self.view.patience(), work);
        answer.map_err(|error| self.failed(name, error))
    }

    /// The same, in the directory of the process or of a thread.
    fn within<T: Send + 'static>(
        &self,
        whose: Whose,
        name: &str,
        work: impl FnOnce(&ProcessDir) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let dir = self.dir_of(whose)?;
        self.run(name, move || work(&dir))
    }

    /// The same, of what never waits where the `/proc` is the kernel's own: so it costs no change
    /// of threads.
    fn at_once<T: Send + 'static>(
        &self,
        whose: Whose,
        name: &str,
        work: impl FnOnce(&ProcessDir) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        if !self.procfs().is_genuine() {
            return self.within(whose, name, work);
        }
        let dir = self.dir_of(whose)?;
        work(&dir).map_err(|error| self.failed(name, error))
    }

    /// The bytes of a file.
    fn bytes(&self, whose: Whose, name: &str) -> Result<Arc<[u8]>> {
        self.once(&key(whose, name), || {
            if MEMORY.contains(&name) && self.kept().is_silent() {
                return Err(self.failed(name, watchdog::timed_out()));
            }
            let file = name.to_owned();
            let own_name = name.rsplit_once("task/").map_or(name, |(_, of_thread)| {
                of_thread.split_once('/').map_or(name, |(_, file)| file)
            });
            let read = move |dir: &ProcessDir| Ok(dir.whole(&file)?.into());
            let bytes = if WAITING.contains(&own_name) {
                self.within(whose, name, read)
            } else {
                self.at_once(whose, name, read)
            };
            self.note_silence(name, &bytes);
            bytes
        })
    }

    fn note_silence<T>(&self, name: &str, answer: &Result<T>) {
        let is_silent = matches!(answer, Err(error) if error.kind() == ErrorKind::TimedOut);
        if is_silent && MEMORY.contains(&name) {
            self.kept().fall_silent();
        }
    }

    /// A file that has that name here, as a record.
    fn record<T: File>(&self, whose: Whose, name: &str) -> Result<T> {
        let bytes = self.bytes(whose, name)?;
        T::parse(&bytes).map_err(|error| {
            Error::new(
                ErrorKind::NotUnderstood,
                self.named(name),
                error.to_string(),
            )
        })
    }

    /// A file with one number in it.
    fn number<T: TryFrom<i128>>(&self, name: &str) -> Result<T> {
        let bytes = self.bytes(Whose::Leader, name)?;
        crate::bytes::decimal(bytes.trim_ascii_end()).ok_or_else(|| {
            let reason = "not a number";
            Error::new(ErrorKind::NotUnderstood, self.named(name), reason)
        })
    }

    /// Where a link leads.
    fn link(&self, whose: Whose, name: &str) -> Result<Arc<[u8]>> {
        self.once(&key(whose, name), || {
            let file = name.to_owned();
            self.at_once(whose, name, move |dir| Ok(dir.link(&file)?.into()))
        })
    }

    /// What a file is called in errors.
    fn named(&self, name: &str) -> String {
        self.view.0.proc.named(&format!("{}/{name}", self.pid))
    }

    /// `stat` as it is now.
    fn stat_now(&self) -> Result<Stat> {
        let bytes = if self.procfs().is_genuine() {
            self.dir.read("stat")
        } else {
            let dir = Arc::clone(&self.dir);
            locked(&self.worker).run(self.view.patience(), move || dir.read("stat"))
        };
        let bytes = bytes.map_err(|error| match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => gone(self.pid),
            _ => Error::io(self.named("stat"), error),
        })?;
        Stat::parse(&bytes).map_err(|error| {
            Error::new(
                ErrorKind::NotUnderstood,
                self.named("stat"),
                error.to_string(),
            )
        })
    }

    /// What the system's answer means, which is the same for a process that has ended, for one
    /// that has ended and waits for its parent, and for a file that there is not.
    fn failed(&self, name: &str, error: io::Error) -> Error {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH | libc::EINVAL) => match self.stat_now() {
                Err(error) => error,
                Ok(stat) if stat.state == b'Z' => self.ended(name),
                Ok(_) => Error::of_system(ErrorKind::Absent, self.named(name), error),
            },
            Some(libc::EXDEV | libc::ELOOP) => {
                Error::new(ErrorKind::NotTrusted, self.named(name), MOUNTED_OVER)
            }
            _ => Error::io(self.named(name), error),
        }
    }

    /// What it had before it ended.
    fn ended(&self, name: &str) -> Error {
        let reason = "the process has ended, and its parent was not told yet";
        Error::new(ErrorKind::Zombie, self.named(name), reason)
    }

    fn dir_of(&self, whose: Whose) -> Result<Arc<ProcessDir>> {
        match whose {
            Whose::Leader => Ok(Arc::clone(&self.dir)),
            Whose::Living => self.living(),
        }
    }

    /// The directory of a thread that lives: its own, unless its first thread has ended and
    /// others have not.
    fn living(&self) -> Result<Arc<ProcessDir>> {
        self.once("living", || {
            let stat = self.stat()?;
            if stat.state != b'Z' || stat.num_threads < 2 {
                return Ok(Arc::clone(&self.dir));
            }
            let found = self.at_once(Whose::Leader, "task", |dir| {
                let mut threads = dir.numbers("task")?.into_iter().map(Pid::new);
                let lives = |thread: Pid| {
                    let dir = dir.thread(thread).ok()?;
                    let stat = Stat::parse(&dir.read("stat").ok()?).ok()?;
                    (!matches!(stat.state, b'Z' | b'X')).then_some(dir)
                };
                Ok(threads.find_map(lives))
            })?;
            Ok(found.map_or_else(|| Arc::clone(&self.dir), Arc::new))
        })
    }

    /// The `/proc` in which it is read.
    fn procfs(&self) -> &Arc<Procfs> {
        &self.view.0.proc
    }

    /// What a number of the `/proc` that is read is called in the view; nothing for what is not
    /// seen there.
    fn inside(&self, read: u32) -> Option<Pid> {
        let pid = (read != 0).then(|| Pid::new(read))?;
        match &self.view.0.joined {
            Some(joined) if joined.is_from_outside() => joined.numbers().inside(pid),
            _ => Some(pid),
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("pid", &self.pid)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}
