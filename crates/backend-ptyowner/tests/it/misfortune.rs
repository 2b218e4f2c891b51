//! Bad luck that a live owner has to live with.

mod address;
mod clock;
mod descriptors;
mod full;
mod shutdown;

use rustix::process::{Pid, Signal};

use crate::place::DEADLINE;

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
