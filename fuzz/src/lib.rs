//! The parsers of psgo that read the kernel's or a container's bytes, and the law of each.
//!
//! A law takes any bytes, and panics where psgo breaks it. A new parser is one line of [`ROWS`].

mod formats;
mod laws;
mod listing;
mod seeds;

use formats::format;
use laws::{
    caps, cmdline, escaped, filter, host, id_maps, names_of_groups, names_of_users, numbers, query,
    scalar, stat_listed, status, terminals, uptime,
};
use listing::listing;
pub use seeds::seeds;

/// A parser, its law, and inputs to begin with.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What it is called.
    pub name: &'static str,
    /// Panics where psgo breaks the law on these bytes.
    pub law: fn(&[u8]),
    /// Files below `tests/fixtures`, `*` for any directory, `+` between those that are one input
    /// with a byte 1 between; or, after `=`, the input itself. Nothing stands for every format's.
    seeds: &'static [&'static str],
}

macro_rules! rows {
    ($($name:literal $law:expr, [$($seed:literal)*];)*) => {
        /// Every parser.
        pub const ROWS: &[Row] = &[$(Row { name: $name, law: $law, seeds: &[$($seed),*] }),*];
    };
}

rows! {
    "format" format, [""];
    "pid-stat-listed" stat_listed, ["proc/*/stat" "=1 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7 0" "=1 (a) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9 4096 1 2 3 4 5 6 7 8 9 0 1 2 0 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 (b)c d\n"];
    "pid-status" status, ["proc/*/status"];
    "pid-cmdline" cmdline, ["proc/*/cmdline" "=nginx: worker process\0\0\0" "=sh\0-c\0\0"];
    "uptime" uptime, ["proc/uptime"];
    "scalar" scalar, ["proc/cap_last_cap" "=-1\n" "=18446744073709551615\n"];
    "passwd" names_of_users, ["etc/passwd" "=# c\n+\n-x:::\n \troot:x:0:0::/:/bin/sh\nroot:x:00:0"];
    "group" names_of_groups, ["etc/group" "=adm:x:4:syslog\n#root:x:0:\n"];
    "id-maps" id_maps, ["=0:1000:1,1:100000:65536" "=0:0:4294967295" "=5000:5000:1,5001:105000:60536"];
    "caps" caps, ["=\u{28}\0\0\0\0\0\0\0\0cap_chown, NET_RAW,CAP_41" "=\u{3f}\u{1}\0\0\0\0\0\0\0full" "=\u{25}\0\0\0\0\0\0\0\u{1}none"];
    "tty" terminals, ["=\0\u{1}\u{5}\0pts/0\0name                 /dev/hvc      229 0-7 system\n" "=\0\0\0\0ttyS1\0" "=\0\0\0\0/dev/tty1\0"];
    "escaped" escaped, ["=a\u{1b}[31m\n\t\\x\u{202e}\u{9b}\u{e9}" "=\u{2028}\\n\\\\"];
    "numbers" numbers, ["=18446744073709551615" "=-9223372036854775808" "=1fffeffffff"];
    "host" host, ["=dddddddd44444444bbbbbbbbnnnnnnnnssssssssuuuuuuuu"];
    "query" query, ["=pid, user %C" "=pid=A,hpid=" "=capef" "=-rss,pid"];
    "filter" filter, ["=user=root && rss>100M" "=!(comm~'^k.*' or args=*-c?*) and etime<1h30m" "=stime>2026-11-20||capeff=SYS_ADMIN,CHOWN" "=ancestor=1 && tty!=? && pcpu>=1.5%" "=comm=\"a\\\"b\" && vsz<=1.5GiB"];
    "listing" listing, [
        "proc/user/stat+proc/user/status+proc/user/cmdline+proc/user/cmdline+proc/user/statm+proc/tty_drivers+proc/stat+proc/uptime+proc/cap_last_cap+proc/user/io"
        "proc/odd_name/stat+proc/odd_name/status+proc/zombie/cmdline+proc/user/cmdline"
        "proc/kthreadd/stat+proc/kthreadd/status+proc/kthreadd/cmdline"
        // Every number at its end.
        "=1 (a\n\u{202e}) Z 2147483647 -2147483648 2147483647 -1 2147483647 4294967295 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 9223372036854775807 9223372036854775807 -9223372036854775808 -9223372036854775808 9223372036854775807 9223372036854775807 18446744073709551615 18446744073709551615 9223372036854775807 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 -1 -1 4294967295 4294967295 18446744073709551615 18446744073709551615 9223372036854775807 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 18446744073709551615 -1\n"
    ];
}
