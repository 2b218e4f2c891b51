//! A machine with both backends, from which either can be taken away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use abide_core::{
    backend::{BackendKind, Command, TerminalBackend},
    env_policy::Environment,
    limits,
    size::TermSize,
};
use abide_testkit::{
    backend::{FakeBackend, Op},
    clock::ManualClock,
};
use abide_workspace::{
    Backends, DATABASE_FILE, Keeping, Preference, Workspaces,
    backends::{Candidate, Unusable, Usable},
    service::{Created, Found, NewWorkspace},
};
use async_trait::async_trait;
use rusqlite::Connection;
use tempfile::TempDir;

/// A backend that is there until it is taken away.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) backend: FakeBackend,
    is_there: Arc<AtomicBool>,
}

#[async_trait]
impl Candidate for Place {
    fn kind(&self) -> BackendKind {
        self.backend.kind()
    }

    async fn find(&self) -> Result<Usable, Unusable> {
        match self.is_there.load(Ordering::SeqCst) {
            true => Ok(Usable {
                backend: Arc::new(self.backend.clone()),
                version: "9.9".into(),
            }),
            false => Err(Unusable {
                reason: "the test took it away".into(),
                hint: Some("wait for the test".into()),
            }),
        }
    }
}

impl Place {
    fn new(kind: BackendKind, clock: &Arc<ManualClock>) -> Self {
        Self {
            backend: FakeBackend::with_clock(clock.clone()).of_kind(kind),
            is_there: Arc::new(AtomicBool::new(true)),
        }
    }

    pub(crate) fn take_away(&self) {
        self.is_there.store(false, Ordering::SeqCst);
    }

    pub(crate) fn put_back(&self) {
        self.is_there.store(true, Ordering::SeqCst);
    }

    /// Waits until the backend was asked.
    pub(crate) async fn reached(&self, op: Op) {
        let asked = async {
            while self.calls(op) == 0 {
                tokio::task::yield_now().await;
            }
        };
        let asked = tokio::time::timeout(Duration::from_secs(10), asked).await;
        asked.expect("the backend is asked");
    }

    pub(crate) fn calls(&self, op: Op) -> usize {
        let calls = self.backend.calls();
        calls.iter().filter(|call| call.op == op).count()
    }
}

/// Goes with everything in it when it is dropped.
pub(crate) struct Machine {
    pub(crate) root: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) owner: Place,
    pub(crate) tmux: Place,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new());
        Self {
            root: tempfile::tempdir().unwrap(),
            owner: Place::new(BackendKind::Owner, &clock),
            tmux: Place::new(BackendKind::Tmux, &clock),
            clock,
        }
    }

    /// Opens the workspaces as a new process would: it has looked at no backend yet.
    pub(crate) async fn process(&self) -> Workspaces {
        self.process_that_wants(Preference::Auto).await
    }

    pub(crate) async fn process_that_wants(&self, preference: Preference) -> Workspaces {
        let candidates: Vec<Box<dyn Candidate>> =
            vec![Box::new(self.owner.clone()), Box::new(self.tmux.clone())];
        let backends = Backends::new(candidates, preference);
        let state = self.root.path().join("state");
        let opened = Workspaces::open(state, backends, self.clock.clone(), Keeping::Off).await;
        opened.unwrap()
    }

    pub(crate) fn spec(&self, name: &str, backend: Option<BackendKind>) -> NewWorkspace {
        NewWorkspace {
            name: Some(name.parse().unwrap()),
            dir: self.root.path().to_owned(),
            worktree: None,
            backend: backend.map(Preference::Only),
            command: Command::new("testkit-echo", Vec::<String>::new()),
            agent: None,
            mode: abide_core::lease::Mode::Command,
            env: Environment::new(),
            size: TermSize::DEFAULT,
            history_bytes: limits::HISTORY_BYTES,
            journal: true,
            record: true,
        }
    }

    /// Makes a workspace whose session runs until it is stopped.
    pub(crate) async fn create(&self, name: &str, backend: Option<BackendKind>) -> Found {
        let made = self.process().await.create(self.spec(name, backend)).await;
        let Created {
            workspace, session, ..
        } = made.unwrap();
        Found { workspace, session }
    }

    /// Changes the database behind everybody's back.
    pub(crate) fn execute(&self, sql: &str) {
        let database = Connection::open(self.database()).unwrap();
        database.execute_batch(sql).unwrap();
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.root.path().join("state").join(DATABASE_FILE)
    }

    /// Loses the database, as a disk or a person does.
    pub(crate) fn lose_database(&self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.database().into_os_string();
            path.push(end);
            if std::path::Path::new(&path).exists() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}
