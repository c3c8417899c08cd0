//! docs/waiting.md, kept equal to the table.
//!
//! `PSGO_WRITE_DOCS=1 cargo test -p psgo lists` writes it anew.

use std::{fmt::Write as _, fs, path::Path};

use super::{
    calls::{CALLS, Call},
    cause::{Cause, Wait},
    machine, processes,
    reader::Reader,
    row::{Row, find},
};
use crate::format;

const HEAD: &str = "\
# Who waits for whom

psgo runs beside processes that may want it to wait. This is every file that it reads of another process
or of the machine, and every call that it makes for another process, from the table in `src/wait/`:
`PSGO_WRITE_DOCS=1 cargo test -p psgo lists` writes it anew. A file that is not in it is not opened: the
names by which files are opened come from the table alone.

| it waits | for how long | who does it, at least |
| --- | --- | --- |
| at once | not at all: spin locks, RCU | the calling thread |
| briefly | uninterruptibly, for a moment that nobody is known to be able to prolong | the calling thread |
| seldom | uninterruptibly, as long as another process likes, but by chance alone: one of some 100,000 reads of processes that end just then | a thread that can be left behind |
| killable | as long as another process likes, until a fatal signal | a thread that can be left behind |
| uninterruptible | as long as another process likes, whatever signal comes | a separate process |

The separate process is the joiner in another's mounts, and the reader elsewhere. Where no reader can be
had (`View::has_reader`), and in the worker of the command, which is a separate process itself, a thread
that can be left behind does what is the reader's.

*One process* reads at a time, on the whole machine: it opens the directory of the file and takes its lock
(`flock`), which it keeps while it reads, as a thread does where that reads. Who waits for the lock can be
killed; who waits uninterruptibly keeps it, so that a process holds one reader, however often psgo is run.
That takes three calls, `open`, `flock` and `close`, for each process whose `fdinfo` is read and that has
something open which can make its reader wait, and for each 512 descriptors of it. What else it has open is read
without, also where another waits. A process can take the lock itself, and any of its user's; it costs its own cells
then, as if it did not answer. The lock is that of a procfs: a join that makes one of its own (Linux 6.18)
has another each time.

What waits for `mmap_lock` waits killably. But whoever reads holds the address space meanwhile, so its owner
can end, and leave to it a teardown that waits for a file server (`exit_mmap`, uninterruptible).
That is one reader for each memory, once its processes have ended: who comes later finds none.

Where nothing but a directory's lock is told, the file itself answers at once once it is open. Opening any
file of a shared `/proc` by a name that is not in the cache waits uninterruptibly while somebody keeps
that directory's lock, see the calls. In a procfs that psgo has made for itself nobody can.

What psgo trusts ([threat-model.md](threat-model.md)) the calling thread may ask for, however long it takes.

\"Read in\" is the Linux whose source was read; a test is one of `tests/` and shows it on the kernel at hand.
";

const NAMES: &str = "| waits | for | function | read in | by | test |\n| --- | --- | --- | --- | --- | --- | --- |\n";

const LISTING: &str = "
A listing requests `cmdline` from its readers for up to 128 processes at a time, before it opens anything else
of them: one request for each process takes a reader 23 µs, and a thread 9. Each answer includes the inode of
the directory `/proc/PID`, which proves which process it belongs to. If there is no answer for 20 ms, the rest
is requested one by one, to find the process that does not answer.
";

fn wait(wait: Wait) -> &'static str {
    match wait {
        Wait::AtOnce => "at once",
        Wait::Briefly => "briefly",
        Wait::Seldom => "seldom",
        Wait::Killable => "killable",
        Wait::Uninterruptible => "uninterruptible",
    }
}

fn lock(cause: Cause) -> String {
    match cause {
        Cause::Exec => "`exec_update_lock`".to_owned(),
        Cause::Memory => "`mmap_lock`, then teardown".to_owned(),
        Cause::Teardown => "teardown (`mmput`)".to_owned(),
        Cause::Directory | Cause::Lookup => "`i_rwsem` of the directory".to_owned(),
        Cause::Earlier => "an earlier one of psgo that has the lock".to_owned(),
        Cause::Epoll => "`ep->mtx`".to_owned(),
        Cause::Network => "`rtnl_mutex`".to_owned(),
        Cause::Netfilter => "`xt[af].mutex`".to_owned(),
        Cause::Socket => "the lock of a connection (`lock_sock`)".to_owned(),
        Cause::Driver => "a driver's locks".to_owned(),
        Cause::Mounts => "`namespace_sem`".to_owned(),
        Cause::ControlGroups => "`cgroup_mutex` of older kernels".to_owned(),
        Cause::List(lock) => format!("`{lock}`"),
        Cause::Server => "the server of a file system".to_owned(),
        Cause::Unknown => "not known".to_owned(),
    }
}

fn reader(reader: Reader) -> &'static str {
    match reader {
        Reader::CallingThread => "calling thread",
        Reader::Thread => "thread",
        Reader::Process => "process",
        Reader::OneProcess => "one process",
    }
}

fn line(row: &Row, name: &str, by: &str) -> String {
    let locks: Vec<_> = row.causes.iter().copied().map(lock).collect();
    let code = |text: &str| match text {
        "" => String::new(),
        text => format!("`{text}`"),
    };
    let cells = [
        name,
        wait(row.wait()),
        &locks.join("; "),
        row.function,
        row.read_in,
        by,
        &code(row.shown_by),
    ];
    format!("| {} |\n", cells.join(" | ")).replace("|  |", "| |")
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (title, first, rows, other) in [
        (
            "Of a process",
            "`/proc/PID/…`, `/proc/PID/task/TID/…`",
            processes::ROWS,
            &processes::UNKNOWN,
        ),
        (
            "Of the machine",
            "`/proc/…`",
            machine::ROWS,
            &machine::UNKNOWN,
        ),
    ] {
        let of_process = std::ptr::eq(rows, processes::ROWS);
        let _ = write!(page, "\n## {title}\n\n| {first} {NAMES}");
        for row in rows {
            page += &line(row, &format!("`{}`", row.name), reader(row.reader()));
        }
        page += &line(other, other.name, reader(other.reader()));
        if of_process {
            page += LISTING;
        }
    }
    let _ = write!(page, "\n## Calls\n\n| call {NAMES}");
    for Call { row, by, .. } in CALLS {
        page += &line(row, row.name, reader(*by));
    }
    page
}

#[test]
fn the_docs_have_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/waiting.md");
    if std::env::var_os("PSGO_WRITE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let is_same = fs::read_to_string(&path).is_ok_and(|text| text == page());
    assert!(
        is_same,
        "docs/waiting.md is out of date: PSGO_WRITE_DOCS=1 cargo test -p psgo lists"
    );
}

fn rows() -> impl Iterator<Item = &'static Row> {
    let calls = CALLS.iter().map(|call| &call.row);
    processes::ROWS.iter().chain(machine::ROWS).chain(calls)
}

#[test]
fn each_row_names_its_function_and_who_waits_long_was_read_or_is_shown() {
    for row in rows() {
        assert!(!row.function.is_empty(), "{}", row.name);
        let is_known = !row.read_in.is_empty() || !row.shown_by.is_empty();
        let is_worst = row.causes.contains(&Cause::Unknown);
        assert!(
            is_known || is_worst || row.wait() <= Wait::Briefly,
            "{}: neither read nor shown",
            row.name
        );
    }
}

#[test]
fn what_can_wait_long_is_never_left_to_the_calling_thread() {
    let mut by_threads = Vec::new();
    for Call { row, by, .. } in CALLS {
        if *by < row.reader() {
            by_threads.push((row.name, *by));
        }
    }
    // Of these the docs for callers say that they can keep a program from ending.
    let untrusted = by_threads
        .into_iter()
        .filter(|(name, _)| !name.ends_with("; trusted"));
    let untrusted: Vec<_> = untrusted.map(|(name, by)| (&name[..16], by)).collect();
    assert_eq!(
        untrusted,
        [
            ("look up a name b", Reader::Thread),
            ("read the files o", Reader::Thread)
        ]
    );
    for row in rows().filter(|row| row.wait() > Wait::Briefly) {
        assert!(row.reader() >= Reader::Thread, "{}", row.name);
    }
}

#[test]
fn each_file_has_one_row_in_its_place() {
    for rows in [processes::ROWS, machine::ROWS] {
        for row in rows {
            let found = find(rows, row.name).unwrap();
            assert_eq!(found.name, row.name, "another row stands before it");
        }
    }
}

#[test]
fn every_file_of_a_process_that_is_a_record_has_a_row() {
    for format in format::all().filter(|format| format.of_process) {
        for name in format.names {
            assert!(find(processes::ROWS, name).is_some(), "{name}");
        }
    }
}
