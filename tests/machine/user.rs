//! A user of this run alone, with sub-ids, for rootless containers.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
    process::Command,
};

use super::{at_end, dir, run};

/// A user who exists as long as the tests run.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) home: PathBuf,
}

impl User {
    pub(crate) fn new() -> Self {
        super::must_be_root();
        // The pid keeps two runs on one machine apart.
        let name = format!("psgo-test-{}", std::process::id());
        let home = dir().join("home");
        at_end(&format!("forget {name}"));
        // Another run may hold the lock of /etc/passwd.
        super::wait_for("useradd", || {
            Command::new("useradd")
                .args(["--no-create-home", "--shell", "/bin/sh", "--home-dir"])
                .arg(&home)
                .arg(&name)
                .status()
                .unwrap()
                .success()
                .then_some(())
        });
        let id = |flag: &str| {
            run(Command::new("id").args([flag, &name]))
                .parse::<u32>()
                .unwrap()
        };
        let (uid, gid) = (id("-u"), id("-g"));
        at_end(&format!("end_all {uid}"));
        for path in [home.clone(), home.join("run")] {
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, <fs::Permissions as PermissionsExt>::from_mode(0o700))
                .unwrap();
            chown(&path, Some(uid), Some(gid)).unwrap();
        }
        let subuid = fs::read_to_string("/etc/subuid").unwrap_or_default();
        assert!(
            subuid
                .lines()
                .any(|line| line.starts_with(&format!("{name}:"))),
            "useradd gave {name} no sub-ids"
        );
        Self {
            name,
            uid,
            gid,
            home,
        }
    }

    /// The beginning of a command line that becomes this user.
    pub(crate) fn prefix(&self) -> Vec<String> {
        let home = self.home.display();
        [
            "setpriv",
            &format!("--reuid={}", self.uid),
            &format!("--regid={}", self.gid),
            "--init-groups",
            "env",
            "-C",
            "/",
            &format!("HOME={home}"),
            &format!("XDG_RUNTIME_DIR={home}/run"),
        ]
        .map(str::to_owned)
        .to_vec()
    }
}
