//! One workspace, and processes that come to it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use abide_core::{
    backend::ExitOutcome,
    clock::{Clock as _, Timestamp},
    id::Generation,
    lease::{Consent, Mode, Moment, Place, Uptime},
    probe::{NoProbe, Probe},
    record::{Detected, EndReason, Ended, Started},
};
use abide_testkit::clock::ManualClock;
use abide_workspace::desk::{
    Closed, Desk, Held, Here, LOCK_PATIENCE, Live, NewRecord, OwnDir, Timepiece, Tools, Wanted,
};
use tempfile::TempDir;

/// Both times, as a test moves them.
#[derive(Debug, Default)]
pub(crate) struct Times(pub(crate) ManualClock);

impl Timepiece for Times {
    fn moment(&self) -> Moment {
        let now = self.0.now();
        Moment {
            now,
            uptime: Some(Uptime::from_millis(
                now.as_millis() - ManualClock::START_MILLIS,
            )),
        }
    }
}

/// A workspace with two files.
pub(crate) struct Site {
    pub(crate) root: TempDir,
    pub(crate) times: Arc<Times>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("one"), "1").unwrap();
        fs::write(root.path().join("two"), "2").unwrap();
        Self {
            root,
            times: Arc::default(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn own(&self, name: &str) -> PathBuf {
        self.path().join(".abide").join(name)
    }

    pub(crate) fn dir(&self) -> OwnDir {
        OwnDir::find(self.path()).unwrap().expect("it was made")
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.times.0.advance(Duration::from_secs(seconds));
    }

    /// The desk as a process of this machine finds it.
    pub(crate) fn desk(&self, pid: u32) -> Desk {
        self.desk_with(pid, Arc::new(NoProbe), LOCK_PATIENCE)
    }

    pub(crate) fn desk_with(&self, pid: u32, probe: Arc<dyn Probe>, patience: Duration) -> Desk {
        desk_at(self.path(), &self.times, here("here", pid), probe, patience)
    }

    /// The desk as a process of another machine finds it.
    pub(crate) fn desk_elsewhere(&self, pid: u32) -> Desk {
        let probe = Arc::new(NoProbe);
        let here = here("there", pid);
        desk_at(self.path(), &self.times, here, probe, LOCK_PATIENCE)
    }

    pub(crate) fn claim(&self, pid: u32) -> Held {
        self.desk(pid).claim(wanted()).unwrap()
    }

    /// Everything in `.abide`, with its times.
    pub(crate) fn all(&self) -> BTreeMap<PathBuf, (Option<Vec<u8>>, SystemTime)> {
        all(&self.path().join(".abide"))
    }
}

pub(crate) fn desk_at(
    root: &Path,
    times: &Arc<Times>,
    here: Here,
    probe: Arc<dyn Probe>,
    patience: Duration,
) -> Desk {
    let timepiece = times.clone();
    let tools = Tools {
        state: Some("state".parse().unwrap()),
        here: Arc::new(here),
        timepiece,
        probe,
        patience,
    };
    Desk::new(root, tools)
}

pub(crate) fn here(host: &str, pid: u32) -> Here {
    Here {
        place: Place {
            machine: Some(format!("machine of {host}")),
            boot: Some(format!("boot of {host}")),
            host: host.to_owned(),
        },
        user: "anna".to_owned(),
        pid,
        started: Some(7),
    }
}

fn all(dir: &Path) -> BTreeMap<PathBuf, (Option<Vec<u8>>, SystemTime)> {
    let mut found = BTreeMap::new();
    let metadata = fs::symlink_metadata(dir).unwrap();
    found.insert(dir.to_owned(), (None, metadata.modified().unwrap()));
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        match metadata.is_dir() {
            true => found.extend(all(&path)),
            false => {
                let bytes = fs::read(&path).unwrap();
                found.insert(path, (Some(bytes), metadata.modified().unwrap()));
            }
        }
    }
    found
}

pub(crate) fn wanted() -> Wanted {
    Wanted {
        session: "s-1".parse().unwrap(),
        generation: None,
        agent: Some("claude".to_owned()),
        mode: Mode::Agent,
        consent: Consent::None,
    }
}

pub(crate) fn new_record(session: &str) -> NewRecord {
    NewRecord {
        session: session.parse().unwrap(),
        agent: None,
        mode: Mode::Shell,
    }
}

pub(crate) fn generation(byte: u8) -> Generation {
    Generation::from_bytes([byte; 16])
}

pub(crate) fn started(byte: u8) -> Started {
    Started {
        generation: generation(byte),
        started_at: Timestamp::from_millis(ManualClock::START_MILLIS + 1_000),
    }
}

pub(crate) fn live(session: &str, byte: u8) -> Live {
    Live {
        new: new_record(session),
        started: started(byte),
    }
}

pub(crate) fn closed(detected: Detected) -> Closed {
    Closed {
        ended: Ended {
            outcome: ExitOutcome::Exited { code: 3 },
            ended_at: Some(Timestamp::from_millis(ManualClock::START_MILLIS + 9_000)),
            reason: EndReason::Exited,
            detected,
        },
        started: None,
    }
}
