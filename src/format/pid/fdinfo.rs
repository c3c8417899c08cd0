//! `/proc/PID/fdinfo/FD`: what a descriptor stands for.

use super::{
    ClockId, DrmStats, EpollTarget, FanotifyFlags, FanotifyMark, InotifyWatch, OpenFlags,
    RingEntries, RingList, SettimeFlags, TimerTime,
};
use crate::format::{kernel::Lock, lines};

lines! {
    /// What a descriptor stands for.
    ///
    /// `/proc/PID/fdinfo/FD` (`seq_show` of `fs/proc/fd.c`). Only who may trace the process may
    /// read it.
    ///
    /// The first lines are those of any file. Each kind of file adds lines of its own (its
    /// `show_fdinfo`); those of the others are missing.
    pub struct Fdinfo: "fdinfo/*" {
        /// Offset in the file, in bytes; missing in gVisor.
        pos: Option<i64> = "pos:\t%d\n",
        /// Flags of `open`, and close-on-exec.
        flags: OpenFlags = "flags:\t0%o\n",
        /// Id of the mount that the file is on. Since 3.15.
        mnt_id: Option<i32> = "mnt_id:\t%d\n",
        /// Inode number. Since 5.14.
        ino: Option<u64> = "ino:\t%u\n",
        /// Locks on the file that belong to the process or to the open file, as in `/proc/locks`.
        /// Since 4.1.
        lock: Vec<Lock> = "{lock:\t%r\n}",

        /// The process behind a pidfd, in the PID namespace of this `/proc`; 0 if it is not
        /// shown there, -1 once it has been reaped. Since 5.4.
        pid: Option<i32> = "Pid:\t%d\n",
        /// Its id in each PID namespace from that of this `/proc` to its own; -1 as above.
        /// Since 5.5.
        ns_pid: Option<Vec<i32>> = "NSpid:{\t%d}\n",

        /// Counter of an eventfd.
        eventfd_count: Option<u64> = "eventfd-count: %16x\n",
        /// Id of an eventfd, since the boot. Since 5.2.
        eventfd_id: Option<i32> = "eventfd-id: %d\n",
        /// 1 if reading takes one from the counter, not all. Since 6.5.
        eventfd_semaphore: Option<u32> = "eventfd-semaphore: %u\n",

        /// The descriptors that an epoll watches.
        tfd: Vec<EpollTarget> = "{tfd: %r\n}",

        /// The signals that a signalfd receives: bit 0 is signal 1.
        sigmask: Option<u64> = "sigmask:\t%016x\n",

        /// Clock of a timerfd.
        clockid: Option<ClockId> = "clockid: %d\n",
        /// How often it has expired since it was read.
        ticks: Option<u64> = "ticks: %u\n",
        /// How it was set.
        settime_flags: Option<SettimeFlags> = "settime flags: 0%o\n",
        /// When it expires next: from now, also if it was set to a moment; 0 if it does not.
        it_value: Option<TimerTime> = "it_value: %r\n",
        /// How long from then to the next time; 0 if there is none.
        it_interval: Option<TimerTime> = "it_interval: %r\n",

        /// The files that an inotify watches.
        inotify: Vec<InotifyWatch> = "{inotify %r\n}",

        /// Flags of a fanotify group.
        fanotify_flags: Option<FanotifyFlags> = "fanotify flags:%x",
        /// Flags of the descriptors that its events have.
        fanotify_event_flags: Option<OpenFlags> = " event-flags:%x\n",
        /// What it watches.
        fanotify: Vec<FanotifyMark> = "{fanotify %r\n}",

        /// Descriptors that are under way to a Unix socket, a count. Since 5.7.
        scm_fds: Option<u32> = "scm_fds: %u\n",

        /// Faults of a userfaultfd that were not read yet, a count.
        pending: Option<u64> = "pending:\t%u\n",
        /// Faults that were not handled yet, a count.
        total: Option<u64> = "total:\t%u\n",
        /// Its version and features: three numbers in hex, with colons between.
        api: Option<Vec<u8>> = "API:\t%s\n",

        /// Interface of a tun or tap; empty before it has one.
        iff: Option<Vec<u8>> = "iff:\t%s\n",

        /// Size of a dma-buf, in bytes.
        size: Option<u64> = "size:\t%u\n",
        /// How many hold it.
        count: Option<i64> = "count:\t%d\n",
        /// The driver that made it.
        exp_name: Option<Vec<u8>> = "exp_name:\t%s\n",
        /// The name that it was given.
        name: Option<Vec<u8>> = "name:\t%s\n",

        /// Type of a map of BPF.
        map_type: Option<u32> = "map_type:\t%u\n",
        /// Size of a key, in bytes.
        key_size: Option<u32> = "key_size:\t%u\n",
        /// Size of a value, in bytes.
        value_size: Option<u32> = "value_size:\t%u\n",
        /// How many entries it may have.
        max_entries: Option<u32> = "max_entries:\t%u\n",
        /// Flags with which it was made.
        map_flags: Option<u32> = "map_flags:\t0x%x\n",
        /// What a type of map needs besides. Since 5.16.
        map_extra: Option<u64> = "map_extra:\t0x%x\n",
        /// Type of a program of BPF.
        prog_type: Option<u32> = "prog_type:\t%u\n",
        /// 1 if it was compiled.
        prog_jited: Option<u32> = "prog_jited:\t%u\n",
        /// A hash of its instructions.
        prog_tag: Option<Vec<u8>> = "prog_tag:\t%s\n",
        /// Memory of the map or program, in bytes.
        memlock: Option<u64> = "memlock:\t%u\n",
        /// Id of the map.
        map_id: Option<u32> = "map_id:\t%u\n",
        /// 1 if programs may change the map, but the process may not.
        frozen: Option<u32> = "frozen:\t%u\n",
        /// Type of the programs that a map of programs is for.
        owner_prog_type: Option<u32> = "owner_prog_type:\t%u\n",
        /// 1 if they were compiled.
        owner_jited: Option<u32> = "owner_jited:\t%u\n",
        /// Id of the program.
        prog_id: Option<u32> = "prog_id:\t%u\n",
        /// How long it ran, in nanoseconds, if the kernel counts (`kernel.bpf_stats_enabled`).
        run_time_ns: Option<u64> = "run_time_ns:\t%u\n",
        /// How often it ran, if the kernel counts.
        run_cnt: Option<u64> = "run_cnt:\t%u\n",
        /// How often it did not run, because it ran already.
        recursion_misses: Option<u64> = "recursion_misses:\t%u\n",
        /// Instructions that were checked when it was loaded, a count.
        verified_insns: Option<u32> = "verified_insns:\t%u\n",
        /// Type of a link of BPF.
        link_type: Option<Vec<u8>> = "link_type:\t%s\n",
        /// Its id.
        link_id: Option<u32> = "link_id:\t%u\n",
        /// To what kind of place it is attached.
        attach_type: Option<u32> = "attach_type:\t%u\n",
        /// Id of types of BPF.
        btf_id: Option<u32> = "btf_id:\t%u\n",

        /// Entries of the submission ring less one, of an `io_uring`.
        sq_mask: Option<u32> = "SqMask:\t0x%x\n",
        /// How many submissions were taken.
        sq_head: Option<u32> = "SqHead:\t%u\n",
        /// How many were put there.
        sq_tail: Option<u32> = "SqTail:\t%u\n",
        /// `SqHead` as the kernel has it.
        cached_sq_head: Option<u32> = "CachedSqHead:\t%u\n",
        /// Entries of the completion ring less one.
        cq_mask: Option<u32> = "CqMask:\t0x%x\n",
        /// How many completions were taken.
        cq_head: Option<u32> = "CqHead:\t%u\n",
        /// How many were put there.
        cq_tail: Option<u32> = "CqTail:\t%u\n",
        /// `CqTail` as the kernel has it.
        cached_cq_tail: Option<u32> = "CachedCqTail:\t%u\n",
        /// Submissions that wait.
        sqes: Option<RingList> = "SQEs:\t%r\n",
        /// Completions that wait.
        cqes: Option<RingList> = "CQEs:\t%r\n",
        /// Thread that polls the ring; -1 if there is none.
        sq_thread: Option<i32> = "SqThread:\t%d\n",
        /// Processor that it runs on; -1 if there is none.
        sq_thread_cpu: Option<i32> = "SqThreadCpu:\t%d\n",
        /// How long it ran, in microseconds. Since 6.9.
        sq_total_time: Option<u64> = "SqTotalTime:\t%u\n",
        /// How long it had work, in microseconds. Since 6.9.
        sq_work_time: Option<u64> = "SqWorkTime:\t%u\n",
        /// Files that are registered.
        user_files: Option<RingList> = "UserFiles:\t%r\n",
        /// Buffers that are registered.
        user_bufs: Option<RingList> = "UserBufs:\t%r\n",
        /// Credentials that are registered.
        personalities: Option<RingEntries> = "Personalities:%r\n",
        /// Requests that wait for their file.
        poll_list: Option<RingEntries> = "PollList:%r\n",
        /// Completions that found no place.
        cq_overflow_list: Option<RingEntries> = "CqOverflowList:%r\n",
        /// Does it poll network devices? `enabled` or `disabled`. Since 6.9.
        napi: Option<Vec<u8>> = "NAPI:\t%s\n",

        /// What a graphics device counts.
        drm: Option<DrmStats> = "drm-%r\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Value,
        format::{
            law,
            pid::{EpollEvents, InotifyMask},
        },
    };

    macro_rules! fixture {
        ($name:literal) => {
            &include_bytes!(concat!("../../../tests/fixtures/proc/fdinfo/", $name))[..]
        };
    }

    const PIDFD: &[u8] =
        b"pos:\t0\nflags:\t02000002\nmnt_id:\t7\nino:\t4213\nPid:\t4711\nNSpid:\t4711\t2\t1\n";

    fn known(file: &[u8]) -> Fdinfo {
        let info: Fdinfo = law::holds(file);
        assert_eq!(info.unknown_lines().next(), None);
        info
    }

    #[test]
    fn a_pidfd_names_its_process() {
        let info = known(PIDFD);
        assert_eq!((info.pid, info.flags), (Some(4711), OpenFlags(0o2_000_002)));
        assert_eq!(info.ns_pid, Some(vec![4711, 2, 1]));
        let reaped = known(fixture!("pidfd_gone"));
        assert_eq!((reaped.pid, reaped.ns_pid), (Some(-1), Some(vec![-1])));
        let of_gvisor = known(b"flags:\t0100002\n");
        assert_eq!(
            (of_gvisor.pos, of_gvisor.flags),
            (None, OpenFlags(0o100_002))
        );
        // An old kernel, and a file that can be given more than it has.
        known(b"pos:\t9223372036854775807\nflags:\t0100000\n");
    }

    #[test]
    fn flags_have_their_names() {
        let info = known(b"pos:\t0\nflags:\t02700302\n");
        let names: Vec<_> = info.flags.names().collect();
        let expected = [
            "O_RDWR",
            "O_CREAT",
            "O_EXCL",
            "O_LARGEFILE",
            "O_DIRECTORY",
            "O_NOFOLLOW",
            "O_CLOEXEC",
        ];
        if cfg!(target_arch = "x86_64") {
            assert_eq!(names, expected);
        }
        assert_eq!(
            info.fields().find("flags_raw"),
            Some(&Value::text("2700302"))
        );
    }

    #[test]
    fn a_file_that_is_locked_has_its_locks() {
        let info = known(fixture!("locked"));
        let [flock, posix] = &info.lock[..] else {
            panic!("{info:?}");
        };
        assert_eq!(
            (&*flock.class, &*flock.access),
            (&b"FLOCK"[..], &b"READ"[..])
        );
        assert_eq!(
            (&*posix.class, &*posix.access),
            (&b"POSIX"[..], &b"WRITE"[..])
        );
        assert_eq!((posix.start, posix.end.0), (7, Some(106)));
        assert_eq!(
            posix.file.0.as_ref().map(|file| file.inode.number()),
            info.ino
        );
    }

    #[test]
    fn an_eventfd_has_its_counter() {
        let info = known(fixture!("eventfd"));
        assert_eq!(
            (info.eventfd_count, info.eventfd_semaphore),
            (Some(300), Some(1))
        );
        assert!(info.eventfd_id.is_some());
    }

    #[test]
    fn an_epoll_knows_what_it_waits_for() {
        let info = known(fixture!("epoll"));
        let [pipe, event] = &info.tfd[..] else {
            panic!("{info:?}");
        };
        let names = |events: EpollEvents| events.names().collect::<Vec<_>>();
        assert_eq!(names(pipe.events), ["EPOLLIN", "EPOLLERR", "EPOLLHUP"]);
        assert_eq!(
            names(event.events),
            ["EPOLLOUT", "EPOLLERR", "EPOLLHUP", "EPOLLET"]
        );
        assert_eq!((event.data, event.tfd), (3, 3));
        let old: EpollTarget = law::holds(b"       5 events:       19 data:     7f0000000000");
        assert_eq!((old.data, old.sdev), (0x7f00_0000_0000, None));
    }

    #[test]
    fn timers_and_signals_are_told() {
        let info = known(fixture!("signalfd"));
        assert_eq!(info.sigmask, Some(0x4000_0000_0001_0203));
        let info = known(fixture!("timerfd"));
        assert_eq!(
            info.clockid.and_then(ClockId::name),
            Some("CLOCK_MONOTONIC")
        );
        let next = info.it_value.unwrap();
        assert!(next.secs == 999 && next.nanos < 1_000_000_000);
        let every = TimerTime {
            secs: 3,
            nanos: 500,
        };
        assert_eq!(info.it_interval, Some(every));
        assert_eq!(info.settime_flags, Some(SettimeFlags(0)));
    }

    #[test]
    fn what_is_watched_has_its_inode() {
        let info = known(fixture!("inotify"));
        let tmp = info.inotify.last().unwrap();
        assert_eq!((tmp.wd, tmp.mask), (1, InotifyMask(0xfff)));
        assert_eq!(tmp.mask.names().count(), 12);
        assert_eq!((tmp.sdev.dev().major, tmp.sdev.dev().minor), (254, 0));
        let handle = tmp.handle.handle().unwrap();
        assert_eq!(handle.f_handle.0.len(), 8);
        // The handles of ext4 begin with the inode.
        assert_eq!(
            u64::from(u32::from_le_bytes(
                handle.f_handle.0[..4].try_into().unwrap()
            )),
            tmp.ino
        );

        let info = known(fixture!("fanotify"));
        let flags: Vec<_> = info.fanotify_flags.unwrap().names().collect();
        assert_eq!(
            flags,
            [
                "FAN_UNLIMITED_QUEUE",
                "FAN_UNLIMITED_MARKS",
                "FAN_REPORT_FID"
            ]
        );
        let [system, mount, file] = &info.fanotify[..] else {
            panic!("{info:?}");
        };
        assert!(system.sdev.is_some() && system.ino.is_none());
        assert!(mount.mnt_id.is_some() && mount.sdev.is_none());
        assert_eq!(
            (*file.ino, file.handle.handle().is_some()),
            (Some(tmp.ino), true)
        );
        assert!(file.ignored_mask.names().eq(["FAN_MODIFY"]));
        // Made by hand after the form of a kernel that cannot say, and of Linux 6.14.
        for line in [
            "inotify wd:1 ino:1 sdev:f mask:fff ignored_mask:0 \n",
            "fanotify flags:0 event-flags:0\nfanotify mnt_ns:7 mflags:0 mask:1 ignored_mask:0\n",
        ] {
            known(
                [b"pos:\t0\nflags:\t02\n", line.as_bytes()]
                    .concat()
                    .as_slice(),
            );
        }
    }

    #[test]
    fn the_rest_is_told() {
        assert_eq!(known(fixture!("unix_scm")).scm_fds, Some(2));
        assert_eq!(known(fixture!("tun")).iff.as_deref(), Some(&b"pt0"[..]));
        let map = known(fixture!("bpf_map"));
        assert_eq!((map.map_type, map.key_size), (Some(2), Some(4)));
        assert_eq!((map.value_size, map.max_entries), (Some(8), Some(16)));
        let prog = known(fixture!("bpf_prog"));
        assert_eq!((prog.prog_type, prog.verified_insns), (Some(1), Some(2)));
        assert_eq!(known(fixture!("userfaultfd")).total, Some(0));
        let ring = known(fixture!("io_uring"));
        assert_eq!((ring.sq_mask, ring.cq_mask), (Some(7), Some(15)));
        assert_eq!(ring.sqes.unwrap().count, 0);
        assert_eq!(ring.napi.as_deref(), Some(&b"disabled"[..]));
    }

    /// Made by hand after the form of `io_uring_show_fdinfo` and of `panthor`.
    #[test]
    fn a_ring_and_a_graphics_device_have_many_lines() {
        let head = "pos:\t0\nflags:\t02000002\n";
        let ring = known(
            [
                head,
                "SqMask:\t0x7\nCQEs:\t2\n    0: user_data:1, res:2, flag:0, extra1:0, extra2:0\n\n",
                "    1: user_data:1, res:2, flag:0, extra1:0, extra2:0\n\nSqThread:\t-1\n",
                "UserFiles:\t1\n    0: a\nPersonalities:\n    1\n\tUid:\t0\t\t0\nPollList:\n",
                "  op=13, task_works=0\n",
            ]
            .concat()
            .as_bytes(),
        );
        assert_eq!(ring.cqes.unwrap().entries.iter().count(), 2);
        assert_eq!(ring.personalities.unwrap().iter().count(), 2);
        let polled = ring.poll_list.unwrap();
        assert!(polled.iter().eq([b"op=13, task_works=0"]));
        let drm = known(
            [
                head,
                "drm-driver:\tpanthor\ndrm-cycles-panthor:\t9443\npanthor-x: 1\n",
                "drm-total-memory:\t16480 KiB\n",
            ]
            .concat()
            .as_bytes(),
        );
        let fields = drm.fields();
        assert_eq!(fields.find("drm.driver"), Some(&Value::text("panthor")));
        assert_eq!(
            fields.find("drm.total-memory"),
            Some(&Value::text("16480 KiB"))
        );
    }

    #[test]
    fn another_kind_of_file_has_other_lines() {
        let info: Fdinfo = law::holds(b"pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t1038\nnew:\t5\n");
        assert_eq!((info.pid, info.unknown_lines().count()), (None, 1));
    }

    #[test]
    fn another_form_of_the_number_is_refused() {
        for pid in ["", " 1", "+1", "01", "1 ", "2147483648", "1\nPid:\t2"] {
            let file = format!("pos:\t0\nflags:\t02\nPid:\t{pid}\n");
            assert!(Fdinfo::parse(file.as_bytes()).is_err(), "{pid:?}");
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        let files = [
            PIDFD,
            fixture!("epoll"),
            fixture!("timerfd"),
            fixture!("inotify"),
            fixture!("fanotify"),
            fixture!("io_uring"),
            fixture!("bpf_prog"),
            b"pos:\t0\nflags:\t02\ndrm-driver:\tx\ndrm-a: 1 KiB\n",
        ];
        law::mutants::<Fdinfo>(&files, 10_000);
    }

    #[test]
    fn every_descriptor_here_is_understood() {
        // Of these a read may wait where nothing ends it, and this program with it.
        let can_be_held = |link: &std::path::Path| {
            let link = link.to_string_lossy();
            ["eventpoll", "bpf", "tun"]
                .iter()
                .any(|kind| link.contains(kind))
        };
        let files = law::each_live(move |process| {
            let mut files = Vec::new();
            // Processes and descriptors come and go.
            for entry in std::fs::read_dir(process.join("fd")).ok()?.flatten() {
                let number = entry.file_name();
                if std::fs::read_link(entry.path()).is_ok_and(|link| !can_be_held(&link)) {
                    files.extend(std::fs::read(process.join("fdinfo").join(number)).ok());
                }
            }
            Some(files)
        });
        let files: Vec<_> = files.into_iter().flatten().collect();
        for file in &files {
            assert!(law::holds::<Fdinfo>(file).mnt_id.is_some());
        }
        let read = files.len();
        assert!(read > 0);
    }
}
