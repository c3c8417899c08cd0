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
| uninterruptible | as long as another process likes, whatever signal comes | a thread that can be left behind; in another's mounts a separate process |

What waits for `mmap_lock` waits killably. But the reader holds the address space meanwhile, so its owner
can end, and leave to the reader a teardown that waits for a file server (`exit_mmap`, uninterruptible).

Where nothing but a directory's lock is told, the file itself answers at once once it is open. Opening any
file of a shared `/proc` by a name that is not in the cache waits uninterruptibly while somebody keeps
that directory's lock, see the calls. In a procfs that psgo has made for itself nobody can.

What psgo trusts ([threat-model.md](threat-model.md)) the calling thread may ask for, however long it takes.

\"Read in\" is the Linux whose source was read; a test is one of `tests/` and shows it on the kernel at hand.
";

const NAMES: &str = "| waits | for | function | read in | by | test |\n| --- | --- | --- | --- | --- | --- | --- |\n";

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
        Cause::Epoll => "`ep->mtx`".to_owned(),
        Cause::Network => "`rtnl_mutex`".to_owned(),
        Cause::Netfilter => "`xt[af].mutex`".to_owned(),
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
    }
}

fn line(row: &Row, name: &str, by: Reader) -> String {
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
        reader(by),
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
        let _ = write!(page, "\n## {title}\n\n| {first} {NAMES}");
        for row in rows {
            page += &line(row, &format!("`{}`", row.name), row.reader());
        }
        page += &line(other, other.name, other.reader());
    }
    let _ = write!(page, "\n## Calls\n\n| call {NAMES}");
    for Call { row, by, .. } in CALLS {
        page += &line(row, row.name, *by);
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
    for Call { row, by, .. } in CALLS {
        let is_trusted = row.name.ends_with("; trusted");
        assert!(is_trusted || *by >= row.reader(), "{}", row.name);
    }
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
