//! The table, of the files that are about no process.

use super::{
    cause::Cause::{Directory, List, Server, Unknown},
    row::{Row, rows},
};

/// In order; where two stand for a path, the first counts. lxcfs and its like lie over those that can
/// wait for a server.
pub(super) const ROWS: &[Row] = rows! {
    "cmdline"      "cmdline_proc_show"    "6.12" [] "",
    "cpuinfo"      "show_cpuinfo"         "6.12" [Server] "",
    "diskstats"    "diskstats_show"       "6.12" [Server] "",
    "loadavg"      "loadavg_proc_show"    "6.12" [Server] "",
    "locks"        "locks_start"          "6.12" [List("file_rwsem")] "",
    "meminfo"      "meminfo_proc_show"    "6.12" [Server] "",
    "modules"      "m_start of kernel/module/procfs.c" "6.12" [List("module_mutex")] "",
    "self"         "proc_self_get_link"   "6.12" [] "",
    "slabinfo"     "slab_start"           "6.12" [List("slab_mutex"), Server] "",
    "stat"         "show_stat"            "6.12" [Server] "",
    "swaps"        "swap_start"           "6.12" [List("swapon_mutex"), Server] "",
    "sys/kernel/cap_last_cap" "proc_dointvec" "6.12" [] "",
    "sys/kernel/overflowgid"  "proc_dointvec_minmax" "6.12" [] "",
    "sys/kernel/overflowuid"  "proc_dointvec_minmax" "6.12" [] "",
    "sysvipc/*"    "sysvipc_proc_start"   "6.12" [List("ids->rwsem")] "",
    "tty/drivers"  "t_start of fs/proc/proc_tty.c" "6.12" [List("tty_mutex")] "",
    "uptime"       "uptime_proc_show"     "6.12" [Server] "",
    "version"      "version_proc_show"    "6.12" [] "",
    "."            "proc_root_readdir"    "6.12" [Directory] "",
};

/// A file that is not in the table, or a directory.
pub(super) const UNKNOWN: Row = Row {
    name: "any other",
    function: "not known",
    read_in: "",
    causes: &[Unknown],
    shown_by: "",
};
