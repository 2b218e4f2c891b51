//! Tests in namespaces of their own: to mount something, or to be held back by permissions.
//!
//! Namespaces are Linux's. Where `unshare` cannot make them, such a test says so and is skipped.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Says to a copy of a test that it runs in namespaces of its own.
const ALONE: &str = "ABIDE_TEST_ALONE";

/// Namespaces for one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespaces {
    /// Mounts, and users if that is the only way to get them.
    Mounts,
    /// Users and mounts.
    Users,
    /// Users, and none of them root: permissions hold the test back.
    Nobody,
}

impl Namespaces {
    /// Returns the ways to get them, the plainest first.
    fn flags(self) -> &'static [&'static [&'static str]] {
        const PLAIN: &[&str] = &["--mount", "--propagation", "private"];
        const MAPPED: &[&str] = &[
            "--user",
            "--map-root-user",
            "--mount",
            "--propagation",
            "private",
        ];
        match self {
            Self::Mounts => &[PLAIN, MAPPED],
            Self::Users => &[MAPPED],
            Self::Nobody => &[&["--user"]],
        }
    }
}

/// Tells whether this process is the copy of the test `name` that runs in namespaces of its own.
///
/// If it is not, the copy was run and passed, or this user may have no such namespaces here.
///
/// # Panics
///
/// When the copy failed; the message is what it printed.
#[must_use]
pub fn is_alone(name: &str, namespaces: Namespaces) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let unshare = |flags: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(flags).arg("--").stdin(Stdio::null());
        command
    };
    let works = |flags: &&&[&str]| {
        let mut probe = unshare(flags);
        probe.arg("true").stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    let Some(flags) = namespaces.flags().iter().find(works) else {
        eprintln!("skipped: this user may not make namespaces here");
        return false;
    };
    let mut copy = unshare(flags);
    copy.arg(std::env::current_exe().expect("a test knows its own program"));
    copy.args(["--exact", name, "--nocapture"]).env(ALONE, "1");
    let output = copy.output().expect("what could be probed can be run");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

/// Something mounted for one test.
#[derive(Debug)]
pub struct Mounted(PathBuf);

impl Mounted {
    /// Mounts a file system without a device, such as `tmpfs`, with these options.
    ///
    /// # Panics
    ///
    /// When it cannot be mounted, as each of these.
    #[must_use]
    pub fn new(kind: &str, options: &str, at: &Path) -> Self {
        mount(&["-t", kind, "-o", options, kind], at);
        Self(at.to_owned())
    }

    /// Mounts a file over another.
    #[must_use]
    pub fn bind(what: &Path, at: &Path) -> Self {
        let what = what.to_str().expect("a test's paths are text");
        mount(&["--bind", what], at);
        Self(at.to_owned())
    }

    /// Lets nothing be written any more.
    pub fn make_read_only(&self) {
        mount(&["-o", "remount,ro"], &self.0);
    }

    /// Lets it be written again.
    pub fn make_writable(&self) {
        mount(&["-o", "remount,rw"], &self.0);
    }
}

fn mount(options: &[&str], at: &Path) {
    let status = Command::new("mount").args(options).arg(at).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "cannot mount at {}: {options:?}",
        at.display()
    );
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
