//! A session in which nothing happens costs no processor time.

use std::{fs, time::Duration};

use abide_core::backend::{AttachMode, TerminalBackend as _};

use crate::place::{Place, read_text};

/// How long nothing may happen.
const WINDOW: Duration = Duration::from_secs(3);

/// Windows in which a session may come to rest.
const WINDOWS: u32 = 4;

/// Returns how often the threads of a process were put on a processor.
fn turns(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of_task = |task: std::io::Result<fs::DirEntry>| {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let switches = status
            .lines()
            .filter(|line| line.contains("ctxt_switches"))
            .map(|line| line.rsplit(char::is_whitespace).next().unwrap());
        switches
            .map(|count| count.parse::<u64>().unwrap())
            .sum::<u64>()
    };
    tasks.map(of_task).sum()
}

/// Checks that a process comes to rest, and then is left alone for a whole window.
fn comes_to_rest(pid: u32, what: &str) {
    let mut seen = Vec::new();
    for _ in 0..WINDOWS {
        let before = turns(pid);
        let has_ended = abide_testkit::sys::wait_until_gone(pid, WINDOW);
        assert!(!has_ended, "{what} ended");
        seen.push(turns(pid) - before);
        if seen.last() == Some(&0) {
            return;
        }
    }
    panic!("{what} woke up so often in each of the last windows of {WINDOW:?}: {seen:?}");
}

/// proves O19
#[tokio::test]
async fn a_session_in_which_nothing_happens_wakes_nobody() {
    let place = Place::new();
    let spec = place.spec("s", "testkit-echo", &[]);
    place.backend.ensure(&spec).await.unwrap();
    let owner = place.owner_pid("s");
    let mut viewer = place.attach("s", AttachMode::View).await;
    read_text(&mut viewer, "ready").await;
    comes_to_rest(owner, "the owner of a session that is watched");
    drop(viewer);
    comes_to_rest(owner, "the owner of a session that nobody watches");
    place.clear("s").await;
    place.env.finish();
}
