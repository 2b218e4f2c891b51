//! Tests in namespaces of their own: to mount something, or to be held back by permissions.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Says to a copy of a test that it runs in a namespace of its own.
const ALONE: &str = "ABIDE_TEST_ALONE";

/// Ways to get mounts of one's own, the plainest first.
const MOUNTS: &[&[&str]] = &[
    &["--mount", "--propagation", "private"],
    &[
        "--user",
        "--map-root-user",
        "--mount",
        "--propagation",
        "private",
    ],
];

/// A way to be nobody in particular, whom permissions hold back.
const NOBODY: &[&[&str]] = &[&["--user"]];

/// Tells whether this process is the copy of the test `name` that has mounts of its own. If it is
/// not, the copy was run and passed, or this user may have no such thing here.
pub(crate) fn is_alone(name: &str) -> bool {
    std::env::var_os(ALONE).is_some() || run_copy(name, MOUNTS)
}

/// Tells whether permissions hold this process back; else a copy of the test `name` was run that
/// they do, and passed, or there is no such thing here.
pub(crate) fn is_held_back(name: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let closed = dir.path().join("closed");
    fs::write(&closed, "").unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    fs::read(&closed).is_err() || run_copy(name, NOBODY)
}

/// Runs a copy of a test in a namespace that can be had in one of these ways; answers `false`.
fn run_copy(name: &str, ways: &[&[&str]]) -> bool {
    let unshare = |flags: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(flags).arg("--");
        command.stdin(Stdio::null());
        command
    };
    let works = |flags: &&&[&str]| {
        let mut probe = unshare(flags);
        probe.arg("true").stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    let Some(flags) = ways.iter().find(works) else {
        eprintln!("skipped: this user may not make namespaces here");
        return false;
    };
    let mut copy = unshare(flags);
    copy.arg(std::env::current_exe().unwrap());
    copy.args(["--exact", name, "--nocapture"]).env(ALONE, "1");
    let output = copy.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

/// A file system in memory, mounted for one test.
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    pub(crate) fn tmpfs(options: &str, at: &Path) -> Self {
        mount(&["-t", "tmpfs", "-o", options, "tmpfs"], at);
        Self(at.to_owned())
    }

    pub(crate) fn make_read_only(&self) {
        mount(&["-o", "remount,ro"], &self.0);
    }

    pub(crate) fn make_writable(&self) {
        mount(&["-o", "remount,rw"], &self.0);
    }
}

fn mount(options: &[&str], at: &Path) {
    let status = Command::new("mount").args(options).arg(at).status();
    assert!(
        status.unwrap().success(),
        "cannot mount at {}",
        at.display()
    );
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
