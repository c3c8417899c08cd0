//! How `Process` reads its files: by which thread, of which thread, and what a failure means.

use std::{any::Any, io, sync::Arc};

use super::{
    files::{Dir, FileOf},
    handle::Process,
};
use crate::{
    bytes,
    error::{Answer, Error, ErrorKind, Result, kind_of},
    format::{
        File,
        pid::{Stat, Status},
    },
    namespace::gone,
    procfs::ProcessDir,
    snapshot::{is_silent, remember_file},
    sync::lock,
    wait::{Name, Reader, process_file},
    watchdog,
};

/// What the thread does that can be left behind.
type Work = Box<dyn FnOnce() -> io::Result<Box<dyn Any + Send>> + Send>;

impl Process {
    /// One of its files, as a record of its own type; see the modules [`format::pid`] and
    /// [`format::net`].
    ///
    /// [`format::pid`]: crate::format::pid
    /// [`format::net`]: crate::format::net
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
        self.record(&FileOf::process(T::PATH))
    }

    /// Inside a [`oneshot`](Self::oneshot): reads these files now, for getters that are called
    /// later. Outside of one it does nothing.
    ///
    /// A file that can wait for the process, such as `cmdline`, is read on a thread that can be
    /// left behind, and to change threads takes longer than to read most of them: here it is done
    /// once for all. Where one does not answer in time, those after it are read when they are
    /// asked for.
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
    #[inline]
    pub fn read_ahead(&self, files: &[&str]) {
        self.ahead(files.iter().map(|name| FileOf::process(name)).collect());
    }

    #[inline]
    pub(super) fn ahead(&self, mut files: Vec<FileOf>) {
        let cache = self.cache();
        files.retain(|file| {
            let waits = cache.is_silent() && file.takes_memory();
            !waits && !cache.has(file) && !self.is_known_silent(file.path().name())
        });
        if !cache.is_open() || files.is_empty() {
            return;
        }
        drop(cache);
        let work = |file: &FileOf| {
            let (dir, path) = (self.dir_of(file.dir)?, file.path());
            Ok(move || Ok(Arc::from(dir.whole(path.name())?)))
        };
        // What is not read here, the getters read or say why not: the directory cannot be opened, or
        // no thread is to be had.
        let works: Result<Vec<_>> = files.iter().map(work).collect();
        let Ok(works) = works else { return };
        let answers = lock(&self.worker).run_in_turn(self.view.patience(), works);
        for (file, answer) in files.iter().zip(answers.unwrap_or_default()) {
            let bytes: Result<Arc<[u8]>> =
                answer.map_err(|error| self.failed(file.path().as_str(), error));
            self.note_silence(file, &bytes);
            self.remember(file.path().name(), &bytes);
            self.cache().keep(|known| known.bytes_of(file), &bytes);
        }
    }

    /// The line of `stat`.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn stat(&self) -> Result<Stat> {
        self.once(|known| &mut known.stat, || self.read())
    }

    /// The lines of `status`, of the first thread.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn status(&self) -> Result<Status> {
        self.once(|known| &mut known.status, || self.read())
    }

    /// Runs `work` on the thread that can be left behind. `name` is what it is about.
    pub(super) fn run_watched<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = self.on_worker(work);
        answer.map_err(|error| self.failed(name, error))
    }

    /// The files that have not answered so far, by their names below `/proc/PID`, in order. Getters
    /// that need one of them fail with [`ErrorKind::TimedOut`], or lack what the file has.
    ///
    /// ```
    /// let me = psgo::View::host()?.process(psgo::Pid::new(std::process::id()))?;
    /// me.cmdline()?;
    /// assert!(me.silent_files().is_empty());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn silent_files(&self) -> Vec<String> {
        lock(&self.silent).clone()
    }

    /// Runs `work` on the thread that can be left behind.
    fn on_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let answer = self.on_worker_boxed(Box::new(move || Ok(Box::new(work()?))))?;
        // It is what `work` has made.
        let answer = answer.downcast().map(|answer| *answer);
        answer.map_err(|_| io::Error::other("an answer of another type"))
    }

    /// The same, compiled once for all types of answers.
    #[inline]
    fn on_worker_boxed(&self, work: Work) -> io::Result<Box<dyn Any + Send>> {
        lock(&self.worker).run(self.view.patience(), work)
    }

    /// The same, in a directory of the process.
    pub(super) fn watched<T: Send + 'static>(
        &self,
        dir: Dir,
        name: &str,
        work: impl FnOnce(&ProcessDir) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let dir = self.dir_of(dir)?;
        self.run_watched(name, move || work(&dir))
    }

    /// The same for one that is about the files `file`, which are not asked again as long as a process
    /// still waits for one of them.
    pub(super) fn watched_for<T: Send + 'static>(
        &self,
        dir: Dir,
        name: &str,
        file: Name<'_>,
        work: impl FnOnce(&ProcessDir) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.is_known_silent(file) {
            return Err(self.failed(name, watchdog::timed_out()));
        }
        let answer = self.watched(dir, name, work);
        self.remember(file, &answer);
        answer
    }

    /// Whether a process that read that file of it still waits.
    fn is_known_silent(&self, file: Name<'_>) -> bool {
        file.reader() >= Reader::Process && is_silent(self.read, self.start, file)
    }

    /// Remembers a file that did not answer for as long as a process waits for it.
    fn remember<T>(&self, file: Name<'_>, answer: &Result<T>) {
        let is_silent = matches!(answer, Err(error) if error.kind() == ErrorKind::TimedOut);
        if is_silent
            && file.reader() >= Reader::Process
            && let Some(left) = lock(&self.worker).take_left()
        {
            remember_file(self.read, self.start, file, left);
        }
    }

    /// Runs `work`, which reads `file`, on the thread that its row in the table says. To look up
    /// its name can always wait in a `/proc` that others have too, and what is not the kernel's may be
    /// on any file system.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        file: &FileOf,
        work: impl FnOnce(&ProcessDir) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let path = file.path();
        if file.is_watched() || !self.procfs().is_private() {
            return self.watched_for(file.dir, path.as_str(), path.name(), work);
        }
        let dir = self.dir_of(file.dir)?;
        work(&dir).map_err(|error| self.failed(file.path().as_str(), error))
    }

    /// The bytes of a file.
    #[inline]
    pub(super) fn bytes(&self, file: &FileOf) -> Result<Arc<[u8]>> {
        self.once(
            |known| known.bytes_of(file),
            || {
                let path = file.path();
                if file.takes_memory() && self.cache().is_silent() {
                    return Err(self.failed(path.as_str(), watchdog::timed_out()));
                }
                let bytes = self.ask(file, move |dir| Ok(dir.whole(path.name())?.into()));
                self.note_silence(file, &bytes);
                bytes
            },
        )
    }

    fn note_silence<T>(&self, file: &FileOf, answer: &Result<T>) {
        let is_silent = matches!(answer, Err(error) if error.kind() == ErrorKind::TimedOut);
        if is_silent && file.takes_memory() {
            self.cache().fall_silent();
        }
    }

    /// A file, as a record.
    pub(super) fn record<T: File>(&self, file: &FileOf) -> Result<T> {
        let bytes = self.bytes(file)?;
        T::parse(&bytes)
            .map_err(|error| self.not_understood(file.path().as_str(), error.to_string()))
    }

    /// A file with one number in it.
    pub(super) fn number<T: TryFrom<i128>>(&self, name: &str) -> Result<T> {
        let bytes = self.bytes(&FileOf::process(name))?;
        bytes::decimal(bytes.trim_ascii_end())
            .ok_or_else(|| self.not_understood(name, "not a number".to_owned()))
    }

    /// Where a link leads.
    #[inline]
    pub(super) fn link(&self, file: &FileOf) -> Result<Arc<[u8]>> {
        self.once(
            |known| known.bytes_of(file),
            || {
                let path = file.path();
                self.ask(file, move |dir| Ok(dir.link(path.name())?.into()))
            },
        )
    }

    /// The name of a file in errors.
    #[inline]
    pub(super) fn named(&self, name: &str) -> String {
        self.procfs().named(&format!("{}/{name}", self.pid))
    }

    /// Whether it has not been reaped.
    #[inline]
    pub(super) fn is_there(&self) -> bool {
        let dir = Arc::clone(&self.dir);
        // `stat` waits for a process that executes a program; a copy may be without the other.
        let name = if self.procfs().is_genuine() {
            process_file!("comm")
        } else {
            process_file!("stat")
        };
        match self.on_worker(move || dir.read(name)) {
            Ok(_) => true,
            // Of one that is gone the kernel says so; any other error, as for want of descriptors,
            // says nothing about it.
            Err(error) => Answer::of(&error) != Answer::Gone,
        }
    }

    /// `stat` as it is now.
    #[inline]
    pub(super) fn stat_now(&self) -> Result<Stat> {
        let dir = Arc::clone(&self.dir);
        let bytes = self.on_worker(move || dir.read(process_file!("stat")));
        let bytes = bytes.map_err(|error| match Answer::of(&error) {
            Answer::Gone => gone(self.pid),
            _ => Error::io(self.named("stat"), error),
        })?;
        Stat::parse(&bytes).map_err(|error| self.not_understood("stat", error.to_string()))
    }

    #[inline]
    fn not_understood(&self, name: &str, reason: String) -> Error {
        Error::new(ErrorKind::NotUnderstood, self.named(name), reason)
    }

    /// Keeps in mind a file that did not answer.
    pub(super) fn note_silent(&self, name: &str, kind: ErrorKind) {
        if kind == ErrorKind::TimedOut {
            let mut silent = lock(&self.silent);
            if let Err(at) = silent.binary_search_by(|known| known.as_str().cmp(name)) {
                silent.insert(at, name.to_owned());
            }
        }
    }

    /// What the system's answer means, which is the same for a process that has been reaped, for a
    /// zombie, and for a file that does not exist.
    #[inline]
    pub(super) fn failed(&self, name: &str, error: io::Error) -> Error {
        self.note_silent(name, kind_of(&error));
        match Answer::of(&error) {
            Answer::Gone | Answer::Invalid => match self.stat_now() {
                Err(error) => error,
                Ok(stat) if stat.state == b'Z' => self.ended(name),
                Ok(_) => Error::of_system(ErrorKind::Absent, self.named(name), error),
            },
            Answer::MountedOver => Error::mounted_over(self.named(name)),
            Answer::Other => Error::io(self.named(name), error),
        }
    }

    /// The error for what a process no longer has once it has ended.
    #[inline]
    pub(super) fn ended(&self, name: &str) -> Error {
        let reason = "the process has ended, and its parent was not told yet";
        Error::new(ErrorKind::Zombie, self.named(name), reason)
    }

    #[inline]
    fn dir_of(&self, dir: Dir) -> Result<Arc<ProcessDir>> {
        match dir {
            // Files of threads are opened by way of the process's own directory.
            Dir::Leader | Dir::Thread(_) => Ok(Arc::clone(&self.dir)),
            Dir::Living => self.living(),
        }
    }

    /// The directory of a thread that has not ended: the process's own, unless its first thread has
    /// ended and others have not.
    #[inline]
    pub(super) fn living(&self) -> Result<Arc<ProcessDir>> {
        self.once(
            |known| &mut known.living,
            || {
                let stat = self.stat()?;
                if !stat.is_leaderless() {
                    return Ok(Arc::clone(&self.dir));
                }
                let found = self.ask(&FileOf::process("task"), ProcessDir::living_thread)?;
                Ok(found.map_or_else(|| Arc::clone(&self.dir), Arc::new))
            },
        )
    }
}
