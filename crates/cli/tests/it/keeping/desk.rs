//! What a workspace's directory says of its keeper and of its records.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::{
    clock::{Clock as _, SystemClock},
    lock::{KernelLock, LockState},
    record::Summary,
};
use abide_testkit::{child::pause, env::TestEnv, sys};
use abide_workspace::desk::{OwnDir, read_summaries};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longest wait for a keeper to do something.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// Time between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A program that says a line, then each line again.
pub(super) const TALKER: &str = "echo here; while read x; do echo got $x; done";

/// Waits until something is so, and returns it.
#[track_caller]
pub(super) fn wait<T>(what: &str, env: &TestEnv, look: impl Fn() -> Option<T>) -> T {
    let started = SystemClock.now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        let waited = SystemClock.now().since(started);
        assert!(
            waited < DEADLINE,
            "not so after {waited:?}: {what}; keepers: {:?}; lease: {:?}; {}",
            keepers(env),
            lease(env),
            log(env)
        );
        pause(LOOK_AGAIN);
    }
}

pub(super) fn own_dir(env: &TestEnv) -> PathBuf {
    env.work_dir().join(".abide")
}

/// Returns the lease, if there is one.
pub(super) fn lease(env: &TestEnv) -> Option<Value> {
    let text = fs::read_to_string(own_dir(env).join("lease.json")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Returns the epoch of the lease that there is.
#[track_caller]
pub(super) fn epoch(env: &TestEnv) -> u64 {
    lease(env).unwrap()["epoch"].as_u64().unwrap()
}

/// Returns the processes that hold a keeper's lock in the workspace, by process id.
pub(super) fn keepers(env: &TestEnv) -> Vec<u32> {
    let locks = own_dir(env).join("keepers");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let holds = |pid: &u32| {
        let open = fs::read_dir(format!("/proc/{pid}/fd"));
        let mut open = open.into_iter().flatten().flatten();
        open.any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target.starts_with(&locks)))
    };
    pids.filter(holds).collect()
}

/// Returns the one keeper that there is.
#[track_caller]
pub(super) fn keeper(env: &TestEnv) -> u32 {
    let found = keepers(env);
    assert_eq!(found.len(), 1, "keepers: {found:?}; {}", log(env));
    found[0]
}

/// Waits until no keeper is left and the lease was given back.
#[track_caller]
pub(super) fn wait_left(env: &TestEnv) {
    wait("the keeper has left", env, || {
        (keepers(env).is_empty() && lease(env).is_none()).then_some(())
    });
}

/// Waits until the keeper has written all that the session's start leads to.
#[track_caller]
pub(super) fn wait_written(env: &TestEnv) {
    wait("the lease names the start, and nobody writes", env, || {
        let is_named = !lease(env)?["generation"].is_null();
        let lock = KernelLock::look(&own_dir(env).join("lock")).unwrap();
        (is_named && lock == LockState::Free).then_some(())
    });
}

/// Kills a keeper, and waits until it is gone.
pub(super) fn kill(pid: u32) {
    sys::kill(pid).unwrap();
    assert!(sys::wait_until_gone(pid, DEADLINE));
}

pub(super) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Returns the records of the workspace. Nothing may be wrong with the journal.
#[track_caller]
pub(super) fn records(env: &TestEnv) -> Vec<Summary> {
    let Some(dir) = OwnDir::find(&env.work_dir()).unwrap() else {
        return Vec::new();
    };
    let records = read_summaries(&dir).unwrap();
    assert_eq!(records.damage, []);
    records.summaries
}

/// Returns the one record that there is, which must be complete.
#[track_caller]
pub(super) fn complete_record(env: &TestEnv) -> Summary {
    let mut found = records(env);
    assert_eq!(found.len(), 1, "{found:?}");
    let record = found.remove(0);
    assert!(record.is_complete(), "{record:?}");
    record
}

/// Returns the names of files that a record says were changed.
pub(super) fn changed(record: &Summary) -> Vec<String> {
    match record.changes.as_ref().unwrap() {
        abide_core::record::Changes::Known(files) => files
            .files
            .iter()
            .map(|file| String::from_utf8_lossy(file.path.as_bytes()).into_owned())
            .collect(),
        abide_core::record::Changes::Unknown { why } => panic!("{why}"),
    }
}

/// Returns every file below a directory with its content and times.
pub(super) fn picture(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, String)> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap().flatten() {
            let metadata = entry.metadata().unwrap();
            let times = format!("{:?} {}", metadata.modified().unwrap(), metadata.len());
            if metadata.is_dir() {
                open.push(entry.path());
                found.insert(entry.path(), (Vec::new(), times));
            } else {
                let content = fs::read(entry.path()).unwrap();
                found.insert(entry.path(), (content, times));
            }
        }
    }
    found
}

/// Returns what the keepers of this place logged.
pub(super) fn log(env: &TestEnv) -> String {
    let Ok(files) = fs::read_dir(env.state_dir().join("keepers")) else {
        return "no log".into();
    };
    let logs = files
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|end| end == "log"));
    logs.map(|file| fs::read_to_string(file.path()).unwrap_or_default())
        .collect()
}
