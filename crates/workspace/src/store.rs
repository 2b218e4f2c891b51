//! The database: what must be remembered of workspaces and sessions, and nothing else.
//!
//! [`Store`] is a handle to one thread that owns the one connection. SQLite blocks, and a caller
//! on a runtime of one thread must not; a thread with a bounded queue also keeps calls in order
//! and their number limited, which the runtime's pool for blocking work does not. A call whose
//! future is dropped still happens. The thread ends, and the database is closed, when the last
//! handle is dropped.
//!
//! Its methods speak of workspaces and sessions; SQL is in the modules below alone.

mod connection;
mod error;
mod orphans;
mod schema;
mod sessions;
mod text;
mod workspaces;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use abide_core::{
    backend::BackendKind,
    clock::Timestamp,
    id::{Generation, SessionId, WorkspaceId},
};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

pub use self::{connection::DATABASE_FILE, error::StoreError};
use crate::{
    name::WorkspaceName,
    record::{Session, StoredBackend, Workspace, WorkspaceState},
};

/// Calls that may wait for the thread; the next caller waits to be let into the queue.
const QUEUED_CALLS: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the database; clones share its thread.
#[derive(Debug, Clone)]
pub(crate) struct Store(Arc<Worker>);

#[derive(Debug)]
struct Worker {
    path: PathBuf,
    /// Taken only when dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// How a new workspace gets its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Naming {
    /// This one, or none at all.
    Exactly(WorkspaceName),
    /// This one, or the first free one of it with a number behind it.
    Like(WorkspaceName),
}

/// The rows of a workspace, with its sessions in order of name.
pub(crate) type Rows = (Workspace, Vec<Session>);

impl Store {
    /// Opens the database of a state directory, making both if they are missing.
    ///
    /// Returns with it the workspaces that are being made or deleted, or were when their process
    /// ended: every command looks for these first.
    pub(crate) async fn open(state_dir: &Path) -> Result<(Self, Vec<Workspace>), StoreError> {
        let path = state_dir.join(DATABASE_FILE);
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUED_CALLS);
        let (opened, answer) = oneshot::channel();
        let dir = state_dir.to_owned();
        let thread = thread::Builder::new()
            .name("abide-store".into())
            .spawn(move || match open_and_look(&dir) {
                Ok((mut connection, unfinished)) => {
                    if opened.send(Ok(unfinished)).is_ok() {
                        while let Some(job) = queue.blocking_recv() {
                            job(&mut connection);
                        }
                    }
                }
                Err(error) => drop(opened.send(Err(error))),
            })
            .map_err(|source| StoreError::NoThread { source })?;
        let worker = Worker {
            path: path.clone(),
            jobs: Some(jobs),
            thread: Some(thread),
        };
        let unfinished = answer.await.unwrap_or(Err(StoreError::Gone { path }))?;
        Ok((Self(Arc::new(worker)), unfinished))
    }

    /// Adds a workspace with one session, and returns it with the name it got.
    pub(crate) async fn add(
        &self,
        workspace: Workspace,
        naming: Naming,
        session: Session,
    ) -> Result<Workspace, StoreError> {
        self.write("add a workspace", move |rows| {
            let workspace = Workspace {
                name: workspaces::choose_name(rows, naming)?,
                ..workspace
            };
            workspaces::insert(rows, &workspace)?;
            sessions::insert(rows, &session)?;
            Ok(workspace)
        })
        .await
    }

    /// Stores which backend made a session, unless that is stored; returns which one is. `None` if
    /// the session is no more.
    pub(crate) async fn settle_backend(
        &self,
        session: SessionId,
        backend: BackendKind,
    ) -> Result<Option<StoredBackend>, StoreError> {
        self.write("store the backend of a session", move |rows| {
            Ok(sessions::settle_backend(rows, &session, backend)?)
        })
        .await
    }

    /// Returns every workspace, in order of name, with its sessions.
    pub(crate) async fn all(&self) -> Result<Vec<Rows>, StoreError> {
        self.read("read the workspaces", |rows| {
            Ok(group(workspaces::all(rows)?, sessions::all(rows)?))
        })
        .await
    }

    /// Returns every workspace, in order of name.
    pub(crate) async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        self.read("read the workspaces", |rows| Ok(workspaces::all(rows)?))
            .await
    }

    /// Returns one workspace with its sessions; `None` if it is no more.
    pub(crate) async fn one(&self, id: WorkspaceId) -> Result<Option<Rows>, StoreError> {
        self.read("read a workspace", move |rows| {
            let Some(workspace) = workspaces::one(rows, &id)? else {
                return Ok(None);
            };
            Ok(Some((workspace, sessions::of(rows, &id)?)))
        })
        .await
    }

    /// Returns the workspace that somebody entered last.
    pub(crate) async fn last_used(&self) -> Result<Option<Workspace>, StoreError> {
        self.read("read the workspaces", |rows| {
            Ok(workspaces::last_used(rows)?)
        })
        .await
    }

    /// Stores how far a workspace is, and what went wrong.
    pub(crate) async fn set_state(
        &self,
        id: WorkspaceId,
        state: WorkspaceState,
        problem: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            Ok(workspaces::set_state(
                rows,
                &id,
                state,
                problem.as_deref(),
                now,
            )?)
        })
        .await
    }

    /// Stores that a workspace is in error, unless its state is no longer `seen`.
    pub(crate) async fn set_interrupted(
        &self,
        id: WorkspaceId,
        seen: WorkspaceState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            Ok(workspaces::set_interrupted(rows, &id, seen, now)?)
        })
        .await
    }

    /// Stores a start of a session, and with it that its workspace is made and in use.
    pub(crate) async fn set_started(
        &self,
        session: SessionId,
        workspace: WorkspaceId,
        generation: Generation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("store the start of a session", move |rows| {
            sessions::set_generation(rows, &session, generation)?;
            workspaces::set_state(rows, &workspace, WorkspaceState::Ready, None, now)?;
            Ok(workspaces::touch(rows, &workspace, now)?)
        })
        .await
    }

    /// Stores that somebody entered a workspace.
    pub(crate) async fn touch(&self, id: WorkspaceId, now: Timestamp) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            Ok(workspaces::touch(rows, &id, now)?)
        })
        .await
    }

    /// Forgets a workspace and its sessions; nothing happens if it is no more.
    pub(crate) async fn delete(&self, id: WorkspaceId) -> Result<(), StoreError> {
        self.write("delete a workspace", move |rows| {
            Ok(workspaces::delete(rows, &id)?)
        })
        .await
    }

    /// Reads in one transaction, so that what is read belongs together.
    async fn read<T: Send + 'static>(
        &self,
        action: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transact(TransactionBehavior::Deferred, action, job)
            .await
    }

    /// Writes in one transaction that has the right to from its beginning: one that first reads
    /// and asks for it later fails at once when another process wrote in between.
    async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transact(TransactionBehavior::Immediate, action, job)
            .await
    }

    async fn transact<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        action: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = connection
                .transaction_with_behavior(behavior)
                .map_err(StoreError::from)
                .and_then(|rows| {
                    let value = job(&rows)?;
                    rows.commit()?;
                    Ok(value)
                });
            // A caller that went away wanted it done, not told.
            let _ = answer.send(result);
        });
        let gone = || StoreError::Gone {
            path: self.0.path.clone(),
        };
        let jobs = self.0.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job).await.map_err(|_| gone())?;
        let result = answered.await.map_err(|_| gone())?;
        result.map_err(|error| error.during(action, &self.0.path))
    }
}

impl Drop for Worker {
    /// Waits for the calls that were made, then for the database to be closed.
    fn drop(&mut self) {
        self.jobs = None;
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the thread of the database ended in a panic");
        }
    }
}

/// Opens the database and reads what was left unfinished in it.
fn open_and_look(state_dir: &Path) -> Result<(Connection, Vec<Workspace>), StoreError> {
    let mut connection = connection::open(state_dir)?;
    let unfinished = connection
        .transaction()
        .and_then(|rows| workspaces::unfinished(&rows))
        .map_err(StoreError::from)
        .map_err(|error| error.during("read the workspaces", &state_dir.join(DATABASE_FILE)))?;
    Ok((connection, unfinished))
}

/// Puts sessions, in order of workspace, to their workspaces.
fn group(workspaces: Vec<Workspace>, sessions: Vec<Session>) -> Vec<Rows> {
    let mut by_workspace = std::collections::HashMap::<_, Vec<_>>::new();
    for session in sessions {
        by_workspace
            .entry(session.workspace.clone())
            .or_default()
            .push(session);
    }
    workspaces
        .into_iter()
        .map(|workspace| {
            let sessions = by_workspace.remove(&workspace.id).unwrap_or_default();
            (workspace, sessions)
        })
        .collect()
}
