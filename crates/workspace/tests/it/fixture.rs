//! A state directory of its own, a fake backend, and a clock that the test moves.

use std::{path::PathBuf, sync::Arc};

use abide_core::{
    backend::{Command, SessionState},
    env_policy::Environment,
    lease::Mode,
    limits,
    size::TermSize,
};
use abide_testkit::{
    backend::{Call, FakeBackend, Op},
    clock::ManualClock,
};
use abide_workspace::{
    Backends, Keeping, Target, WorkspaceError, Workspaces,
    service::{Created, Found, NewSession, NewWorkspace, Observed, SessionNaming},
};
use tempfile::TempDir;

/// Goes with everything in it when it is dropped.
pub(crate) struct Fixture {
    pub(crate) root: TempDir,
    pub(crate) backend: FakeBackend,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) workspaces: Workspaces,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new());
        let backend = FakeBackend::with_clock(clock.clone());
        let workspaces = open(&root.path().join("state"), &backend, &clock)
            .await
            .unwrap();
        Self {
            root,
            backend,
            clock,
            workspaces,
        }
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// Opens the same state directory as another process would.
    pub(crate) async fn reopened(&self) -> Workspaces {
        open(&self.state_dir(), &self.backend, &self.clock)
            .await
            .unwrap()
    }

    pub(crate) fn spec(&self, name: Option<&str>, program: &str) -> NewWorkspace {
        NewWorkspace {
            name: name.map(|name| name.parse().unwrap()),
            dir: self.root.path().to_owned(),
            worktree: None,
            backend: None,
            command: Command::new(program, Vec::<String>::new()),
            agent: None,
            mode: Mode::Command,
            env: Environment::new(),
            size: TermSize::DEFAULT,
            history_bytes: limits::HISTORY_BYTES,
            journal: true,
            record: true,
        }
    }

    /// Makes a workspace whose session runs until it is stopped.
    pub(crate) async fn create(&self, name: &str) -> Found {
        let made = self
            .workspaces
            .create(self.spec(Some(name), "testkit-echo"))
            .await;
        let Created {
            workspace, session, ..
        } = made.unwrap();
        Found { workspace, session }
    }

    /// A further session of this agent, which the fake backend imitates.
    pub(crate) fn session(&self, naming: SessionNaming, agent: &str) -> NewSession {
        NewSession {
            naming,
            command: Command::new(format!("testkit-{agent}"), Vec::<String>::new()),
            agent: Some(agent.parse().unwrap()),
            mode: Mode::Agent,
            backend: None,
            env: Environment::new(),
            size: TermSize::DEFAULT,
            history_bytes: limits::HISTORY_BYTES,
            journal: true,
        }
    }

    pub(crate) async fn state(&self, found: &Found) -> Option<SessionState> {
        match self.workspaces.observe(found).await.unwrap() {
            Observed::Status(status) => Some(status.state),
            Observed::Nothing => None,
            Observed::Unavailable { reason } => panic!("{reason}"),
        }
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        let list = self.workspaces.list().await.unwrap();
        list.iter()
            .map(|listed| listed.workspace.name.to_string())
            .collect()
    }

    pub(crate) fn calls(&self, op: Op) -> usize {
        self.backend
            .calls()
            .iter()
            .filter(|call: &&Call| call.op == op)
            .count()
    }
}

pub(crate) async fn open(
    state_dir: &std::path::Path,
    backend: &FakeBackend,
    clock: &Arc<ManualClock>,
) -> Result<Workspaces, WorkspaceError> {
    let backends = Backends::only(Arc::new(backend.clone()));
    Workspaces::open(state_dir, backends, clock.clone(), Keeping::Off).await
}

pub(crate) fn target(text: &str) -> Target {
    text.parse().unwrap()
}
