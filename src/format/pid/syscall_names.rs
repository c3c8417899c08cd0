//! The names of system calls, by number, and how many arguments each has.

use std::sync::LazyLock;

/// The calls of this architecture, by number; `name/arguments`, and `@` where numbers are left out. The
/// names and numbers are those of `asm/unistd_64.h`, the arguments those of `SYSCALL_DEFINE`. Calls
/// that no kernel has had since 2.6 have no number of arguments.
#[cfg(target_arch = "x86_64")]
const CALLS: &str = "\
    read/3 write/3 open/3 close/1 stat/2 fstat/2 lstat/2 poll/3 lseek/3 mmap/6 mprotect/3 \
    munmap/2 brk/1 rt_sigaction/4 rt_sigprocmask/4 rt_sigreturn/0 ioctl/3 pread64/4 pwrite64/4 \
    readv/3 writev/3 access/2 pipe/1 select/5 sched_yield/0 mremap/5 msync/3 mincore/3 madvise/3 \
    shmget/3 shmat/3 shmctl/3 dup/1 dup2/2 pause/0 nanosleep/2 getitimer/2 alarm/1 setitimer/3 \
    getpid/0 sendfile/4 socket/3 connect/3 accept/3 sendto/6 recvfrom/6 sendmsg/3 recvmsg/3 \
    shutdown/2 bind/3 listen/2 getsockname/3 getpeername/3 socketpair/4 setsockopt/5 getsockopt/5 \
    clone/5 fork/0 vfork/0 execve/3 exit/1 wait4/4 kill/2 uname/1 semget/3 semop/3 semctl/4 \
    shmdt/1 msgget/2 msgsnd/4 msgrcv/5 msgctl/3 fcntl/3 flock/2 fsync/1 fdatasync/1 truncate/2 \
    ftruncate/2 getdents/3 getcwd/2 chdir/1 fchdir/1 rename/2 mkdir/2 rmdir/1 creat/2 link/2 \
    unlink/1 symlink/2 readlink/3 chmod/2 fchmod/2 chown/3 fchown/3 lchown/3 umask/1 \
    gettimeofday/2 getrlimit/2 getrusage/2 sysinfo/1 times/1 ptrace/4 getuid/0 syslog/3 getgid/0 \
    setuid/1 setgid/1 geteuid/0 getegid/0 setpgid/2 getppid/0 getpgrp/0 setsid/0 setreuid/2 \
    setregid/2 getgroups/2 setgroups/2 setresuid/3 getresuid/3 setresgid/3 getresgid/3 getpgid/1 \
    setfsuid/1 setfsgid/1 getsid/1 capget/2 capset/2 rt_sigpending/2 rt_sigtimedwait/4 \
    rt_sigqueueinfo/3 rt_sigsuspend/2 sigaltstack/2 utime/2 mknod/3 uselib/1 personality/1 \
    ustat/2 statfs/2 fstatfs/2 sysfs/3 getpriority/2 setpriority/3 sched_setparam/2 \
    sched_getparam/2 sched_setscheduler/3 sched_getscheduler/1 sched_get_priority_max/1 \
    sched_get_priority_min/1 sched_rr_get_interval/2 mlock/2 munlock/2 mlockall/1 munlockall/0 \
    vhangup/0 modify_ldt/3 pivot_root/2 _sysctl/1 prctl/5 arch_prctl/2 adjtimex/1 setrlimit/2 \
    chroot/1 sync/0 acct/1 settimeofday/2 mount/5 umount2/2 swapon/2 swapoff/1 reboot/4 \
    sethostname/2 setdomainname/2 iopl/1 ioperm/3 create_module/2 init_module/3 delete_module/2 \
    get_kernel_syms/1 query_module/5 quotactl/4 nfsservctl/3 getpmsg putpmsg afs_syscall tuxcall \
    security gettid/0 readahead/3 setxattr/5 lsetxattr/5 fsetxattr/5 getxattr/4 lgetxattr/4 \
    fgetxattr/4 listxattr/3 llistxattr/3 flistxattr/3 removexattr/2 lremovexattr/2 fremovexattr/2 \
    tkill/2 time/1 futex/6 sched_setaffinity/3 sched_getaffinity/3 set_thread_area/1 io_setup/2 \
    io_destroy/1 io_getevents/5 io_submit/3 io_cancel/3 get_thread_area/1 lookup_dcookie/3 \
    epoll_create/1 epoll_ctl_old/4 epoll_wait_old/4 remap_file_pages/5 getdents64/3 \
    set_tid_address/1 restart_syscall/0 semtimedop/4 fadvise64/4 timer_create/3 timer_settime/4 \
    timer_gettime/2 timer_getoverrun/1 timer_delete/1 clock_settime/2 clock_gettime/2 \
    clock_getres/2 clock_nanosleep/4 exit_group/1 epoll_wait/4 epoll_ctl/4 tgkill/3 utimes/2 \
    vserver mbind/6 set_mempolicy/3 get_mempolicy/5 mq_open/4 mq_unlink/1 mq_timedsend/5 \
    mq_timedreceive/5 mq_notify/2 mq_getsetattr/3 kexec_load/4 waitid/5 add_key/5 request_key/4 \
    keyctl/5 ioprio_set/3 ioprio_get/2 inotify_init/0 inotify_add_watch/3 inotify_rm_watch/2 \
    migrate_pages/4 openat/4 mkdirat/3 mknodat/4 fchownat/5 futimesat/3 newfstatat/4 unlinkat/3 \
    renameat/4 linkat/5 symlinkat/3 readlinkat/4 fchmodat/3 faccessat/3 pselect6/6 ppoll/5 \
    unshare/1 set_robust_list/2 get_robust_list/3 splice/6 tee/4 sync_file_range/4 vmsplice/4 \
    move_pages/6 utimensat/4 epoll_pwait/6 signalfd/3 timerfd_create/2 eventfd/1 fallocate/4 \
    timerfd_settime/4 timerfd_gettime/2 accept4/4 signalfd4/4 eventfd2/2 epoll_create1/1 dup3/3 \
    pipe2/2 inotify_init1/1 preadv/5 pwritev/5 rt_tgsigqueueinfo/4 perf_event_open/5 recvmmsg/5 \
    fanotify_init/2 fanotify_mark/5 prlimit64/4 name_to_handle_at/5 open_by_handle_at/3 \
    clock_adjtime/2 syncfs/1 sendmmsg/4 setns/2 getcpu/3 process_vm_readv/6 process_vm_writev/6 \
    kcmp/5 finit_module/3 sched_setattr/3 sched_getattr/4 renameat2/5 seccomp/3 getrandom/3 \
    memfd_create/2 kexec_file_load/5 bpf/3 execveat/5 userfaultfd/1 membarrier/3 mlock2/3 \
    copy_file_range/6 preadv2/6 pwritev2/6 pkey_mprotect/4 pkey_alloc/2 pkey_free/1 statx/5 \
    io_pgetevents/6 rseq/4 uretprobe/0 uprobe/0 @424 pidfd_send_signal/4 io_uring_setup/2 \
    io_uring_enter/6 io_uring_register/4 open_tree/3 move_mount/5 fsopen/2 fsconfig/5 fsmount/3 \
    fspick/3 pidfd_open/2 clone3/2 close_range/3 openat2/4 pidfd_getfd/3 faccessat2/4 \
    process_madvise/5 epoll_pwait2/6 mount_setattr/5 quotactl_fd/4 landlock_create_ruleset/3 \
    landlock_add_rule/4 landlock_restrict_self/2 memfd_secret/1 process_mrelease/2 futex_waitv/5 \
    set_mempolicy_home_node/4 cachestat/4 fchmodat2/4 map_shadow_stack/3 futex_wake/4 \
    futex_wait/6 futex_requeue/4 statmount/4 listmount/4 lsm_get_self_attr/4 lsm_set_self_attr/4 \
    lsm_list_modules/3 mseal/3 setxattrat/6 getxattrat/6 listxattrat/5 removexattrat/4 \
    open_tree_attr/5 file_getattr/5 file_setattr/5";

/// The same, of `asm-generic/unistd.h`.
#[cfg(target_arch = "aarch64")]
const CALLS: &str = "\
    io_setup/2 io_destroy/1 io_submit/3 io_cancel/3 io_getevents/5 setxattr/5 lsetxattr/5 \
    fsetxattr/5 getxattr/4 lgetxattr/4 fgetxattr/4 listxattr/3 llistxattr/3 flistxattr/3 \
    removexattr/2 lremovexattr/2 fremovexattr/2 getcwd/2 lookup_dcookie/3 eventfd2/2 \
    epoll_create1/1 epoll_ctl/4 epoll_pwait/6 dup/1 dup3/3 fcntl/3 inotify_init1/1 \
    inotify_add_watch/3 inotify_rm_watch/2 ioctl/3 ioprio_set/3 ioprio_get/2 flock/2 mknodat/4 \
    mkdirat/3 unlinkat/3 symlinkat/3 linkat/5 renameat/4 umount2/2 mount/5 pivot_root/2 \
    nfsservctl/3 statfs/2 fstatfs/2 truncate/2 ftruncate/2 fallocate/4 faccessat/3 chdir/1 \
    fchdir/1 chroot/1 fchmod/2 fchmodat/3 fchownat/5 fchown/3 openat/4 close/1 vhangup/0 pipe2/2 \
    quotactl/4 getdents64/3 lseek/3 read/3 write/3 readv/3 writev/3 pread64/4 pwrite64/4 preadv/5 \
    pwritev/5 sendfile/4 pselect6/6 ppoll/5 signalfd4/4 vmsplice/4 splice/6 tee/4 readlinkat/4 \
    newfstatat/4 fstat/2 sync/0 fsync/1 fdatasync/1 sync_file_range/4 timerfd_create/2 \
    timerfd_settime/4 timerfd_gettime/2 utimensat/4 acct/1 capget/2 capset/2 personality/1 exit/1 \
    exit_group/1 waitid/5 set_tid_address/1 unshare/1 futex/6 set_robust_list/2 get_robust_list/3 \
    nanosleep/2 getitimer/2 setitimer/3 kexec_load/4 init_module/3 delete_module/2 timer_create/3 \
    timer_gettime/2 timer_getoverrun/1 timer_settime/4 timer_delete/1 clock_settime/2 \
    clock_gettime/2 clock_getres/2 clock_nanosleep/4 syslog/3 ptrace/4 sched_setparam/2 \
    sched_setscheduler/3 sched_getscheduler/1 sched_getparam/2 sched_setaffinity/3 \
    sched_getaffinity/3 sched_yield/0 sched_get_priority_max/1 sched_get_priority_min/1 \
    sched_rr_get_interval/2 restart_syscall/0 kill/2 tkill/2 tgkill/3 sigaltstack/2 \
    rt_sigsuspend/2 rt_sigaction/4 rt_sigprocmask/4 rt_sigpending/2 rt_sigtimedwait/4 \
    rt_sigqueueinfo/3 rt_sigreturn/0 setpriority/3 getpriority/2 reboot/4 setregid/2 setgid/1 \
    setreuid/2 setuid/1 setresuid/3 getresuid/3 setresgid/3 getresgid/3 setfsuid/1 setfsgid/1 \
    times/1 setpgid/2 getpgid/1 getsid/1 setsid/0 getgroups/2 setgroups/2 uname/1 sethostname/2 \
    setdomainname/2 getrlimit/2 setrlimit/2 getrusage/2 umask/1 prctl/5 getcpu/3 gettimeofday/2 \
    settimeofday/2 adjtimex/1 getpid/0 getppid/0 getuid/0 geteuid/0 getgid/0 getegid/0 gettid/0 \
    sysinfo/1 mq_open/4 mq_unlink/1 mq_timedsend/5 mq_timedreceive/5 mq_notify/2 mq_getsetattr/3 \
    msgget/2 msgctl/3 msgrcv/5 msgsnd/4 semget/3 semctl/4 semtimedop/4 semop/3 shmget/3 shmctl/3 \
    shmat/3 shmdt/1 socket/3 socketpair/4 bind/3 listen/2 accept/3 connect/3 getsockname/3 \
    getpeername/3 sendto/6 recvfrom/6 setsockopt/5 getsockopt/5 shutdown/2 sendmsg/3 recvmsg/3 \
    readahead/3 brk/1 munmap/2 mremap/5 add_key/5 request_key/4 keyctl/5 clone/5 execve/3 mmap/6 \
    fadvise64/4 swapon/2 swapoff/1 mprotect/3 msync/3 mlock/2 munlock/2 mlockall/1 munlockall/0 \
    mincore/3 madvise/3 remap_file_pages/5 mbind/6 get_mempolicy/5 set_mempolicy/3 \
    migrate_pages/4 move_pages/6 rt_tgsigqueueinfo/4 perf_event_open/5 accept4/4 recvmmsg/5 @260 \
    wait4/4 prlimit64/4 fanotify_init/2 fanotify_mark/5 name_to_handle_at/5 open_by_handle_at/3 \
    clock_adjtime/2 syncfs/1 setns/2 sendmmsg/4 process_vm_readv/6 process_vm_writev/6 kcmp/5 \
    finit_module/3 sched_setattr/3 sched_getattr/4 renameat2/5 seccomp/3 getrandom/3 \
    memfd_create/2 bpf/3 execveat/5 userfaultfd/1 membarrier/3 mlock2/3 copy_file_range/6 \
    preadv2/6 pwritev2/6 pkey_mprotect/4 pkey_alloc/2 pkey_free/1 statx/5 io_pgetevents/6 rseq/4 \
    kexec_file_load/5 @424 pidfd_send_signal/4 io_uring_setup/2 io_uring_enter/6 \
    io_uring_register/4 open_tree/3 move_mount/5 fsopen/2 fsconfig/5 fsmount/3 fspick/3 \
    pidfd_open/2 clone3/2 close_range/3 openat2/4 pidfd_getfd/3 faccessat2/4 process_madvise/5 \
    epoll_pwait2/6 mount_setattr/5 quotactl_fd/4 landlock_create_ruleset/3 landlock_add_rule/4 \
    landlock_restrict_self/2 memfd_secret/1 process_mrelease/2 futex_waitv/5 \
    set_mempolicy_home_node/4 cachestat/4 fchmodat2/4 map_shadow_stack/3 futex_wake/4 \
    futex_wait/6 futex_requeue/4 statmount/4 listmount/4 lsm_get_self_attr/4 lsm_set_self_attr/4 \
    lsm_list_modules/3 mseal/3 setxattrat/6 getxattrat/6 listxattrat/5 removexattrat/4 \
    open_tree_attr/5 file_getattr/5 file_setattr/5";

/// Of other architectures none is known.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const CALLS: &str = "";

/// A system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: &'static str,
    /// How many arguments it has; all six where that is not known.
    pub(super) arguments: usize,
}

/// The call with that number.
pub(super) fn find(number: i64) -> Option<Call> {
    static BY_NUMBER: LazyLock<Vec<Option<Call>>> = LazyLock::new(|| {
        let mut calls = Vec::new();
        for word in CALLS.split_ascii_whitespace() {
            if let Some(next) = word.strip_prefix('@').and_then(|next| next.parse().ok()) {
                calls.resize(next, None);
                continue;
            }
            let (name, arguments) = word.split_once('/').unwrap_or((word, "6"));
            let arguments = arguments.parse().unwrap_or(6);
            calls.push(Some(Call { name, arguments }));
        }
        calls
    });
    *BY_NUMBER.get(usize::try_from(number).ok()?)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn numbers_are_those_of_the_library_of_c() {
        for (number, name, arguments) in [
            (libc::SYS_read, "read", 3),
            (libc::SYS_openat, "openat", 4),
            (libc::SYS_getpid, "getpid", 0),
            (libc::SYS_futex, "futex", 6),
            (libc::SYS_clock_nanosleep, "clock_nanosleep", 4),
            (libc::SYS_ppoll, "ppoll", 5),
            (libc::SYS_epoll_pwait, "epoll_pwait", 6),
            (libc::SYS_statx, "statx", 5),
            (libc::SYS_rseq, "rseq", 4),
            (libc::SYS_pidfd_send_signal, "pidfd_send_signal", 4),
            (libc::SYS_io_uring_enter, "io_uring_enter", 6),
            (libc::SYS_close_range, "close_range", 3),
            (libc::SYS_process_mrelease, "process_mrelease", 2),
            (libc::SYS_futex_waitv, "futex_waitv", 5),
        ] {
            assert_eq!(find(number), Some(Call { name, arguments }));
        }
        assert_eq!(find(-1), None);
        assert_eq!(find(400), None);
        assert_eq!(find(1 << 30), None);
        let known = (0..1000).filter_map(find);
        let names: std::collections::BTreeSet<_> = known.map(|call| call.name).collect();
        assert!(names.len() > 300, "{}", names.len());
        let all = (0..1000).filter_map(find);
        assert!(all.clone().all(|call| call.arguments <= 6));
        assert_eq!(all.count(), names.len());
    }
}
