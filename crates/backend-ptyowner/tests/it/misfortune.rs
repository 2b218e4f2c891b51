//! Bad luck that a live owner has to live with.

mod address;
mod clock;
mod descriptors;
mod full;
mod shutdown;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal};

use crate::place::DEADLINE;

/// Says to a copy of a test that it runs in namespaces of its own.
const ALONE: &str = "ABIDE_TEST_ALONE";

/// Namespaces for one test.
#[derive(Clone, Copy)]
enum Namespaces {
    /// Mounts, and users if that is the only way to get them.
    Mounts,
    /// Users and mounts.
    Users,
}

impl Namespaces {
    /// Returns the ways to get them, the plainest first.
    fn flags(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Mounts => &[&["--mount"], &["--user", "--map-root-user", "--mount"]],
            Self::Users => &[&["--user", "--map-root-user", "--mount"]],
        }
    }
}

/// Tells whether this process is the copy of the test `name` that runs in namespaces of its own.
/// If it is not, the copy was run and passed, or this system has no such namespaces for this user.
fn is_alone(name: &str, namespaces: Namespaces) -> bool {
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
    let Some(flags) = namespaces.flags().iter().find(works) else {
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

/// Something mounted for one test.
struct Mounted(PathBuf);

impl Mounted {
    fn new(kind: &str, options: &str, at: &Path) -> Self {
        let mut mount = Command::new("mount");
        mount.args(["-t", kind, "-o", options, kind]).arg(at);
        let status = mount.status().unwrap();
        assert!(status.success(), "cannot mount {kind} at {}", at.display());
        Self(at.to_owned())
    }
}

impl Mounted {
    /// Mounts a file over another.
    fn bind(what: &Path, at: &Path) -> Self {
        let mut mount = Command::new("mount");
        let status = mount.arg("--bind").args([what, at]).status().unwrap();
        assert!(
            status.success(),
            "cannot mount {} at {}",
            what.display(),
            at.display()
        );
        Self(at.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Looks again and again until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let look = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(DEADLINE, look).await;
    assert!(reached.is_ok(), "it never came to this: {what}");
}

/// Waits until a process is gone, without holding up the test's own tasks.
async fn until_gone(pid: u32) {
    let wait = move || abide_testkit::sys::wait_until_gone(pid, DEADLINE);
    let gone = tokio::task::spawn_blocking(wait).await.unwrap();
    assert!(gone, "process {pid} is still there");
}
