//! Tests that mount something, in a namespace of their own.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Says to a copy of a test that it runs in a namespace of its own.
const ALONE: &str = "ABIDE_TEST_ALONE";

/// Ways to get mounts of one's own, the plainest first.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// Tells whether this process is the copy of the test `name` that has mounts of its own. If it is
/// not, the copy was run and passed, or this user may have no such thing here.
pub(crate) fn is_alone(name: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let unshare = |flags: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(flags).args(["--propagation", "private", "--"]);
        command.stdin(Stdio::null());
        command
    };
    let works = |flags: &&&[&str]| {
        let mut probe = unshare(flags);
        probe.arg("true").stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    let Some(flags) = WAYS.iter().find(works) else {
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
