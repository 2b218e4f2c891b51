//! A session to be waited for: a shell of the fake backend, which has printed its prompt.

use std::{sync::Arc, time::Duration};

use abide_core::{
    backend::{Command, ExitOutcome},
    env_policy::Environment,
    lease::Mode,
    size::TermSize,
};
use abide_testkit::{backend::FakeBackend, clock::ManualClock};
use abide_workspace::{
    Backends, Keeping, Workspaces,
    service::{Found, NewWorkspace},
};
use tempfile::TempDir;

use super::states::offset;

/// How long a test waits for what comes.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// Bytes that the fake shell prints before anything else.
pub(super) const PROMPT: u64 = 2;

/// The session, and what makes it do something.
pub(super) struct Fixture {
    _root: TempDir,
    pub(super) backend: FakeBackend,
    pub(super) workspaces: Workspaces,
    pub(super) found: Found,
    pub(super) clock: Arc<ManualClock>,
}

impl Fixture {
    pub(super) async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new());
        let backend = FakeBackend::with_clock(clock.clone());
        let backends = Backends::only(Arc::new(backend.clone()));
        let opened = Workspaces::open(root.path().join("s"), backends, clock.clone(), Keeping::Off);
        let workspaces = opened.await.unwrap();
        let created = workspaces
            .create(NewWorkspace {
                name: None,
                dir: root.path().to_owned(),
                worktree: None,
                backend: None,
                command: Command::new("testkit-quiet", Vec::<String>::new()),
                agent: None,
                mode: Mode::Command,
                env: Environment::new(),
                size: TermSize::DEFAULT,
                history_bytes: 1 << 20,
                journal: true,
                record: false,
            })
            .await
            .unwrap();
        let found = Found {
            workspace: created.workspace,
            session: created.session,
        };
        let prompted = async {
            while offset(&workspaces, &found).await < Some(PROMPT) {
                tokio::task::yield_now().await;
            }
        };
        let prompted = tokio::time::timeout(DEADLINE, prompted).await;
        prompted.expect("there is a prompt");
        Self {
            _root: root,
            backend,
            workspaces,
            found,
            clock,
        }
    }

    pub(super) fn print(&self, text: &str) {
        self.backend.print(&self.found.session.id, text.as_bytes());
    }

    pub(super) fn end(&self, code: i32) {
        let outcome = ExitOutcome::Exited { code };
        self.backend.end(&self.found.session.id, outcome);
    }
}
