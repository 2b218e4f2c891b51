//! What is remembered of a workspace and of its sessions.

mod stage;
mod worktree;

use std::{fmt, path::PathBuf, str::FromStr};

use abide_core::{
    backend::{BackendKind, Command},
    clock::Timestamp,
    id::{Generation, SessionId, WorkspaceId},
    lease::Mode,
    limits,
    size::TermSize,
};

pub use self::{
    stage::{Stage, StageOutcome, StageRecord},
    worktree::Worktree,
};
use crate::name::{SessionName, WorkspaceName};

/// A workspace as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its name for ever.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: WorkspaceName,
    /// Its directory.
    pub dir: PathBuf,
    /// How far its making or deleting got.
    pub state: WorkspaceState,
    /// What went wrong, in the state of error.
    pub problem: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// When somebody last entered it.
    pub last_used_at: Timestamp,
    /// The worktree that its directory is, if it was made of a repository.
    pub worktree: Option<Worktree>,
    /// What its sessions run unless they are told otherwise: the name of a target.
    pub agent: Option<String>,
    /// Whether what its sessions change is recorded.
    pub record: bool,
    /// The stage that its making or deleting is at, or stopped at.
    pub stage: Option<Stage>,
    /// Where its work was kept, once deleting it with force got so far: a ref of its repository.
    pub recovery: Option<String>,
}

impl Workspace {
    /// Returns a workspace that is about to be made of a directory, under a new id.
    #[must_use]
    pub fn new(name: WorkspaceName, dir: PathBuf, now: Timestamp) -> Self {
        Self {
            id: WorkspaceId::random(),
            name,
            dir,
            state: WorkspaceState::Creating,
            problem: None,
            created_at: now,
            updated_at: now,
            last_used_at: now,
            worktree: None,
            agent: None,
            record: true,
            stage: None,
            recovery: None,
        }
    }
}

/// How far the making or deleting of a workspace got; says nothing of its terminals.
///
/// ```text
/// creating ─► ready ─► deleting ─► (no row)
///     │         ▲          │
///     └──► error ◄─────────┘     when the process that did it was interrupted
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkspaceState {
    /// Some process is making it.
    Creating,
    /// It is made.
    Ready,
    /// Making or deleting it was interrupted; starting a session or deleting it goes on from here.
    Error,
    /// Some process is deleting it.
    Deleting,
}

impl WorkspaceState {
    /// Returns the word under which the state is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Ready => "ready",
            Self::Error => "error",
            Self::Deleting => "deleting",
        }
    }
}

impl fmt::Display for WorkspaceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no state of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a state of a workspace")]
pub struct ParseStateError(String);

impl FromStr for WorkspaceState {
    type Err = ParseStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Creating, Self::Ready, Self::Error, Self::Deleting]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| ParseStateError(text.to_owned()))
    }
}

/// The backend that made a session, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredBackend {
    /// One that this release knows.
    Known(BackendKind),
    /// One of a newer release, as it was called there.
    Unknown(String),
}

impl StoredBackend {
    /// Returns the word under which it is stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(kind) => kind.as_str(),
            Self::Unknown(name) => name,
        }
    }
}

impl From<BackendKind> for StoredBackend {
    fn from(kind: BackendKind) -> Self {
        Self::Known(kind)
    }
}

impl From<String> for StoredBackend {
    fn from(name: String) -> Self {
        match name.parse() {
            Ok(kind) => Self::Known(kind),
            Err(_) => Self::Unknown(name),
        }
    }
}

/// A session as it is remembered; what it is doing must be asked of its backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name for ever.
    pub id: SessionId,
    /// The workspace it belongs to.
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: SessionName,
    /// The backend that made it; none in a record that does not say and was not settled since.
    pub backend: Option<StoredBackend>,
    /// Its last start that is known of.
    pub generation: Option<Generation>,
    /// What it runs.
    pub command: Command,
    /// Its size at the start.
    pub size: TermSize,
    /// Output kept for clients that come back, in bytes.
    pub history_bytes: u64,
    /// Whether screen and history are kept where they outlive the process that holds the session.
    pub journal: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The target that it runs, if that has a name.
    pub agent: Option<String>,
    /// What kind of thing it runs.
    pub mode: Mode,
}

impl Session {
    /// Returns a session that was never started, under a new id: no backend, the default size and
    /// history, a journal, and a command as what it runs.
    #[must_use]
    pub fn new(
        workspace: WorkspaceId,
        name: SessionName,
        command: Command,
        now: Timestamp,
    ) -> Self {
        Self {
            id: SessionId::random(),
            workspace,
            name,
            backend: None,
            generation: None,
            command,
            size: TermSize::DEFAULT,
            history_bytes: limits::HISTORY_BYTES,
            journal: true,
            created_at: now,
            agent: None,
            mode: Mode::Command,
        }
    }
}
