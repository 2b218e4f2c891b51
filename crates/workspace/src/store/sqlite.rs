//! The embedded database: one thread that owns the one connection, and a handle to it.
//!
//! SQLite blocks, and a caller on a runtime of one thread must not; a thread with a bounded queue
//! also keeps calls in order and their number limited, which the runtime's pool for blocking work
//! does not. A call whose future is dropped still happens. The thread ends, and the database is
//! closed, when the last handle is dropped.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use abide_core::{
    backend::BackendKind,
    clock::Timestamp,
    id::{Generation, SessionId, WorkspaceId},
};
use async_trait::async_trait;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{
    DATABASE_FILE, Naming, Rows, Store, StoreError, connection, fault::Fault, orphans, sessions,
    stages, workspaces,
};
use crate::record::{
    Session, Stage, StageOutcome, StageRecord, StoredBackend, Workspace, WorkspaceState, Worktree,
};

/// Calls that may wait for the thread; the next caller waits to be let into the queue.
const QUEUED_CALLS: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the database of a state directory; clones share its thread.
#[derive(Debug, Clone)]
pub struct SqliteStore(Arc<Worker>);

#[derive(Debug)]
struct Worker {
    path: PathBuf,
    /// Taken only when dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the database of a state directory, making both if they are missing.
    ///
    /// # Errors
    ///
    /// When the directory or the database cannot be used, or is of a newer release.
    pub async fn open(state_dir: &Path) -> Result<Self, StoreError> {
        let path = state_dir.join(DATABASE_FILE);
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUED_CALLS);
        let (opened, answer) = oneshot::channel();
        let dir = state_dir.to_owned();
        let thread = thread::Builder::new()
            .name("abide-store".into())
            .spawn(move || match connection::open(&dir) {
                Ok(mut connection) => {
                    if opened.send(Ok(())).is_ok() {
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
        answer.await.unwrap_or(Err(StoreError::Gone { path }))?;
        Ok(Self(Arc::new(worker)))
    }

    /// Reads in one transaction, so that what is read belongs together.
    async fn read<T: Send + 'static>(
        &self,
        action: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transact(TransactionBehavior::Deferred, action, job)
            .await
    }

    /// Writes in one transaction that has the right to from its beginning: one that first reads
    /// and asks for it later fails at once when another process wrote in between.
    async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transact(TransactionBehavior::Immediate, action, job)
            .await
    }

    async fn transact<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        action: &'static str,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = connection
                .transaction_with_behavior(behavior)
                .map_err(Fault::from)
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
        result.map_err(|fault| fault.during(action, &self.0.path))
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

#[async_trait]
impl Store for SqliteStore {
    async fn add(
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

    async fn adopt(
        &self,
        workspace: Workspace,
        naming: Naming,
        session: Session,
    ) -> Result<(Workspace, Session), StoreError> {
        self.write("add a workspace", move |rows| {
            orphans::adopt(rows, workspace, naming, session)
        })
        .await
    }

    async fn add_session(&self, session: Session) -> Result<Option<Session>, StoreError> {
        self.write("add a session", move |rows| {
            if !workspaces::is_there(rows, &session.workspace)? {
                return Ok(None);
            }
            let known = sessions::of(rows, &session.workspace)?;
            if let Some(known) = known.into_iter().find(|known| known.name == session.name) {
                return Ok(Some(known));
            }
            sessions::insert(rows, &session)?;
            Ok(Some(session))
        })
        .await
    }

    async fn delete_session(&self, session: SessionId) -> Result<(), StoreError> {
        self.write("delete a session", move |rows| {
            Ok(sessions::delete(rows, &session)?)
        })
        .await
    }

    async fn settle_backend(
        &self,
        session: SessionId,
        backend: BackendKind,
    ) -> Result<Option<StoredBackend>, StoreError> {
        self.write("store the backend of a session", move |rows| {
            Ok(sessions::settle_backend(rows, &session, backend)?)
        })
        .await
    }

    async fn all(&self) -> Result<Vec<Rows>, StoreError> {
        self.read("read the workspaces", |rows| {
            Ok(group(workspaces::all(rows)?, sessions::all(rows)?))
        })
        .await
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        self.read("read the workspaces", |rows| Ok(workspaces::all(rows)?))
            .await
    }

    async fn unfinished(&self) -> Result<Vec<Workspace>, StoreError> {
        self.read("read the workspaces", |rows| {
            Ok(workspaces::unfinished(rows)?)
        })
        .await
    }

    async fn one(&self, id: WorkspaceId) -> Result<Option<Rows>, StoreError> {
        self.read("read a workspace", move |rows| {
            let Some(workspace) = workspaces::one(rows, &id)? else {
                return Ok(None);
            };
            Ok(Some((workspace, sessions::of(rows, &id)?)))
        })
        .await
    }

    async fn last_used(&self) -> Result<Option<Workspace>, StoreError> {
        self.read("read the workspaces", |rows| {
            Ok(workspaces::last_used(rows)?)
        })
        .await
    }

    async fn session_ids(&self) -> Result<HashSet<SessionId>, StoreError> {
        self.read("read the sessions", |rows| Ok(sessions::ids(rows)?))
            .await
    }

    async fn workspace_of(&self, session: SessionId) -> Result<Option<Workspace>, StoreError> {
        self.read("read a session", move |rows| {
            orphans::workspace_of(rows, &session)
        })
        .await
    }

    async fn set_state(
        &self,
        id: WorkspaceId,
        state: WorkspaceState,
        problem: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            let problem = problem.as_deref();
            Ok(workspaces::set_state(rows, &id, state, problem, now)?)
        })
        .await
    }

    async fn set_interrupted(
        &self,
        id: WorkspaceId,
        seen: WorkspaceState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            if workspaces::set_interrupted(rows, &id, seen, now)? {
                stages::set_interrupted(rows, &id, now)?;
            }
            Ok(())
        })
        .await
    }

    async fn enter_stage(
        &self,
        id: WorkspaceId,
        stage: Stage,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            if workspaces::set_stage(rows, &id, &stage)? {
                stages::enter(rows, &id, &stage, now)?;
            }
            Ok(())
        })
        .await
    }

    async fn leave_stage(
        &self,
        id: WorkspaceId,
        stage: Stage,
        outcome: StageOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            Ok(stages::leave(rows, &id, &stage, &outcome, now)?)
        })
        .await
    }

    async fn stages(&self, id: WorkspaceId) -> Result<Vec<StageRecord>, StoreError> {
        self.read("read a workspace", move |rows| Ok(stages::of(rows, &id)?))
            .await
    }

    async fn set_worktree(
        &self,
        id: WorkspaceId,
        dir: PathBuf,
        worktree: Worktree,
    ) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            Ok(workspaces::set_worktree(rows, &id, &dir, &worktree)?)
        })
        .await
    }

    async fn set_recovery(&self, id: WorkspaceId, place: String) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            Ok(workspaces::set_recovery(rows, &id, &place)?)
        })
        .await
    }

    async fn set_started(
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

    async fn touch(&self, id: WorkspaceId, now: Timestamp) -> Result<(), StoreError> {
        self.write("change a workspace", move |rows| {
            Ok(workspaces::touch(rows, &id, now)?)
        })
        .await
    }

    async fn delete(&self, id: WorkspaceId) -> Result<(), StoreError> {
        self.write("delete a workspace", move |rows| {
            Ok(workspaces::delete(rows, &id)?)
        })
        .await
    }
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
