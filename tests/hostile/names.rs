//! What a container can put where its users' names should be.

use std::{fs, io::Write as _, os::unix::fs::symlink};

use nix::{
    sys::stat::{Mode, SFlag, makedev, mknod},
    unistd::mkfifo,
};

use super::{
    alone::alone,
    container::{Container, names},
    truth::{Expected, Names, Taken},
};

/// The groups alone are known.
fn no_users() -> Names {
    names().with_users(&[])
}

/// Each is asked after the files of a container have been made so.
fn with(container: &Container, about: &str, names: Names, make: impl Fn()) {
    make();
    let (taken, silent) = (Taken::Private, 0);
    Expected {
        about,
        names,
        taken,
        silent,
    }
    .met(container.pid, || ());
}

/// A passwd that is made in the place of the old one.
fn passwd(about: &str, names: Names, make: impl Fn(&std::path::Path) + Sync) {
    let container = Container::new();
    with(&container, about, names, || {
        let path = container.path("/etc/passwd");
        fs::remove_file(&path).unwrap();
        make(&path);
    });
}

fn content(about: &str, users: &[(i64, &str)], bytes: &[u8]) {
    passwd(about, names().with_users(users), |path| {
        fs::write(path, bytes).unwrap();
    });
}

#[test]
fn no_etc_means_no_names() {
    alone(|| {
        let container = Container::new();
        with(&container, "no /etc", Names::default(), || {
            fs::remove_dir_all(container.path("/etc")).unwrap();
        });
        with(&container, "a file for an /etc", Names::default(), || {
            fs::write(container.path("/etc"), "").unwrap();
        });
    });
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    alone(|| {
        passwd("a FIFO for passwd", no_users(), |path| {
            mkfifo(path, Mode::S_IRWXU).unwrap();
        });
        passwd("a directory for passwd", no_users(), |path| {
            fs::create_dir(path).unwrap();
        });
        for (major, minor) in [(1, 5), (1, 3), (5, 0), (10, 130)] {
            // zero, null, tty, watchdog: the last would end the machine if it were opened.
            let about = format!("the device {major}:{minor} for passwd");
            passwd(&about, no_users(), |path| {
                mknod(path, SFlag::S_IFCHR, Mode::S_IRWXU, makedev(major, minor)).unwrap();
            });
        }
        passwd("a socket for passwd", no_users(), |path| {
            mknod(path, SFlag::S_IFSOCK, Mode::S_IRWXU, 0).unwrap();
        });
    });
}

#[test]
fn a_file_of_names_has_an_end() {
    alone(|| {
        passwd("a hole of 10 GiB for passwd", no_users(), |path| {
            fs::File::create(path).unwrap().set_len(10 << 30).unwrap();
        });
        let line = b"captain:x:0:0::/:/bin/sh\n";
        let mut large = line.to_vec();
        large.resize(5 << 20, b'#');
        content("5 MiB of passwd", &[], &large);
        large.truncate(4 << 20);
        content("4 MiB of passwd", &[(0, "captain")], &large);
    });
}

#[test]
fn a_link_for_a_file_of_names_leads_nowhere_outside_the_container() {
    alone(|| {
        // Both are there on the host, and would give its names.
        let to = |what: &str| {
            let about = format!("a link to {what} for passwd");
            passwd(&about, no_users(), |path| symlink(what, path).unwrap());
        };
        let host = crate::machine::dir().join("passwd");
        fs::write(&host, "host:x:0:0::/:\nhost:x:1000:1000::/:\n").unwrap();
        to(host.to_str().unwrap());
        to(&format!("../../../../../../..{}", host.display()));
        for path in [
            "/dev/zero",
            "/proc/self/environ",
            "/proc/self/root/etc/passwd",
            "/proc/1/root/etc/passwd",
            "/proc/1/cwd/etc/passwd",
            "/etc/passwd",
            "/proc/1/maps",
        ] {
            to(path);
        }
        // Within the container it may lead where it wants, from its root and up to it.
        for link in ["/tmp/users", "../tmp/users", "../../../tmp/users"] {
            let container = Container::new();
            let about = format!("a link to {link} for passwd");
            with(&container, &about, names(), || {
                let (etc, tmp) = (container.path("/etc/passwd"), container.path("/tmp/users"));
                fs::rename(&etc, tmp).unwrap();
                symlink(link, etc).unwrap();
            });
        }
        let container = Container::new();
        with(&container, "a link for /etc", names(), || {
            fs::rename(container.path("/etc"), container.path("/tmp/etc")).unwrap();
            symlink("/tmp/etc", container.path("/etc")).unwrap();
        });
    });
}

#[test]
fn a_line_that_is_no_user_names_nobody() {
    alone(|| {
        content(
            "a comment first",
            &[(0, "root")],
            b"# captain:x:0:0::/:\nroot:x:0:0::/:\n",
        );
        content("a comment alone", &[], b"#\n#:x:\n\n:\n::\n:::\n");
        content(
            "a number that is none",
            &[(1000, "b")],
            b"x:y:notanumber\na:x:0x0:0:\nb:x:1000:1:\n",
        );
        content(
            "a number that is too large",
            &[],
            b"a:x:4294967296:0:\nb:x:-1:0:\nc:x: 0:0:\nd:x:+0:0:\n",
        );
        content("no end of the last line", &[(0, "last")], b"last:x:0:0");
        content(
            "NUL bytes",
            &[(1000, "b")],
            b"\0\0\0\n\0:\0:\0:\0\nb:x:1000:1:\n",
        );
    });
}

#[test]
fn a_name_with_control_bytes_is_escaped() {
    alone(|| {
        let name = "a\\x1b[2J\\xff\\r";
        content(
            "escapes in a name",
            &[(0, name)],
            b"a\x1b[2J\xff\r:x:0:0::/:\n",
        );
    });
}

#[test]
fn a_file_that_grows_while_it_is_read_still_has_an_end() {
    alone(|| {
        let container = Container::new();
        let path = container.path("/etc/group");
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    // It shrinks too, so that the test's memory has an end.
                    if file.write_all(&[b'#'; 4096]).is_err()
                        || file.metadata().unwrap().len() > 8 << 20
                    {
                        file.set_len(4096).unwrap();
                    }
                }
            });
            for _ in 0..super::few_or_many(50, 1000) {
                let table = super::truth::ask(container.pid, psgo::ProcChoice::Auto).unwrap();
                assert_eq!(table.rows().len(), 4);
            }
            over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    });
}
