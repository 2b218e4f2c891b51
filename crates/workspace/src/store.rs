//! What must be remembered of workspaces and sessions, and nothing else.
//!
//! [`Store`] says it in words of workspaces and sessions, so that records may be kept elsewhere
//! than in the embedded database ([`SqliteStore`]). It knows no transactions that span calls: each
//! method is one atomic step, whose condition is said in its docs and checked with the step, as a
//! store of keys with compare-and-swap can do it too. What must hold over several steps is held by
//! the kernel lock on the workspace.
//!
//! SQL is in the modules below alone.

mod connection;
mod error;
mod fault;
mod orphans;
mod schema;
mod sessions;
mod sqlite;
mod stages;
mod text;
mod workspaces;

use std::{collections::HashSet, fmt, path::PathBuf};

use abide_core::{
    backend::BackendKind,
    clock::Timestamp,
    id::{Generation, SessionId, WorkspaceId},
};
use async_trait::async_trait;

pub use self::{connection::DATABASE_FILE, error::StoreError, sqlite::SqliteStore};
use crate::{
    name::WorkspaceName,
    record::{
        Session, Stage, StageOutcome, StageRecord, StoredBackend, Workspace, WorkspaceState,
        Worktree,
    },
};

/// How a new workspace gets its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Naming {
    /// This one, or none at all.
    Exactly(WorkspaceName),
    /// This one, or the first free one of it with a number behind it.
    Like(WorkspaceName),
}

/// What is remembered of a workspace, with its sessions in order of name.
pub type Rows = (Workspace, Vec<Session>);

/// Where workspaces and sessions are remembered.
///
/// Every method is one atomic step: it is done as a whole or not at all, also if its process is
/// killed. Changing a workspace or session that is no more does nothing. A call whose future is
/// dropped may still happen.
///
/// Every method fails with [`StoreError`] when what is remembered cannot be reached, read or
/// written; further errors are said with the method.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// Adds a workspace with one session, and returns it with the name it got.
    ///
    /// # Errors
    ///
    /// [`StoreError::NameTaken`] if another workspace has the name that it is to have exactly.
    async fn add(
        &self,
        workspace: Workspace,
        naming: Naming,
        session: Session,
    ) -> Result<Workspace, StoreError>;

    /// Adds a workspace for a session that there is, if no workspace has the session.
    ///
    /// An id of a workspace that is taken gives way to a new one.
    ///
    /// # Errors
    ///
    /// [`StoreError::SessionTaken`] if a workspace has it; [`StoreError::NameTaken`] as in
    /// [`Store::add`].
    async fn adopt(
        &self,
        workspace: Workspace,
        naming: Naming,
        session: Session,
    ) -> Result<(Workspace, Session), StoreError>;

    /// Adds a session to its workspace, if that is there and has none of the name; returns the
    /// session that has the name then, or `None` if there is no such workspace.
    async fn add_session(&self, session: Session) -> Result<Option<Session>, StoreError>;

    /// Forgets a session.
    async fn delete_session(&self, session: SessionId) -> Result<(), StoreError>;

    /// Stores which backend made a session, if none is stored; returns which one is then. `None`
    /// if the session is no more.
    async fn settle_backend(
        &self,
        session: SessionId,
        backend: BackendKind,
    ) -> Result<Option<StoredBackend>, StoreError>;

    /// Returns every workspace, in order of name, with its sessions.
    async fn all(&self) -> Result<Vec<Rows>, StoreError>;

    /// Returns every workspace, in order of name.
    async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError>;

    /// Returns the workspaces that are being made or deleted, or were when their process ended.
    async fn unfinished(&self) -> Result<Vec<Workspace>, StoreError>;

    /// Returns one workspace with its sessions; `None` if it is no more.
    async fn one(&self, id: WorkspaceId) -> Result<Option<Rows>, StoreError>;

    /// Returns the workspace that somebody entered last.
    async fn last_used(&self) -> Result<Option<Workspace>, StoreError>;

    /// Returns the ids of all sessions.
    async fn session_ids(&self) -> Result<HashSet<SessionId>, StoreError>;

    /// Returns the workspace that a session belongs to; `None` if no workspace has it.
    async fn workspace_of(&self, session: SessionId) -> Result<Option<Workspace>, StoreError>;

    /// Stores how far a workspace is, and what went wrong; its stage stays unless it is ready.
    async fn set_state(
        &self,
        id: WorkspaceId,
        state: WorkspaceState,
        problem: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stores that a workspace is in error, if its state is still `seen`; a stage that was running
    /// is stored as interrupted.
    async fn set_interrupted(
        &self,
        id: WorkspaceId,
        seen: WorkspaceState,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stores that a workspace's making or deleting enters a stage, in place of what is stored of
    /// an earlier try at it.
    async fn enter_stage(
        &self,
        id: WorkspaceId,
        stage: Stage,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stores how a stage ended.
    async fn leave_stage(
        &self,
        id: WorkspaceId,
        stage: Stage,
        outcome: StageOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns the stages that a workspace's making or deleting went through, in order of their
    /// beginning.
    async fn stages(&self, id: WorkspaceId) -> Result<Vec<StageRecord>, StoreError>;

    /// Stores the worktree of a workspace, and where it is.
    async fn set_worktree(
        &self,
        id: WorkspaceId,
        dir: PathBuf,
        worktree: Worktree,
    ) -> Result<(), StoreError>;

    /// Stores where work of a workspace was kept before its worktree is removed.
    async fn set_recovery(&self, id: WorkspaceId, place: String) -> Result<(), StoreError>;

    /// Stores a start of a session, and with it that its workspace is made and in use.
    async fn set_started(
        &self,
        session: SessionId,
        workspace: WorkspaceId,
        generation: Generation,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stores that somebody entered a workspace.
    async fn touch(&self, id: WorkspaceId, now: Timestamp) -> Result<(), StoreError>;

    /// Forgets a workspace with its sessions and stages.
    async fn delete(&self, id: WorkspaceId) -> Result<(), StoreError>;
}
