//! [`Workspaces`], the handle that callers use.
//!
//! It promises that a row and a terminal agree: a row comes before its terminal and goes after
//! it, so nothing runs that no list shows. What it cannot finish is kept and shown in error, and
//! can be asked for again. It never decides that a session is dead: it asks the backend that made
//! the session, and no other.

mod backend;
mod create;
mod delete;
mod enter;
mod forget;
mod interrupted;
mod keeping;
mod kept;
mod launch;
mod lines;
mod listing;
mod orphaned;
mod orphans;
mod place;
mod records;
mod removal;
mod remove;
mod sessions;
mod setup;
mod stop;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use abide_core::{
    clock::Clock,
    probe::{NoProbe, Probe},
};

pub use self::{
    create::{Created, NewWorkspace, NewWorktree},
    delete::{Deleted, Force, Recovered},
    enter::{Entered, Entry},
    launch::{Launched, NewSession, SessionNaming, runs},
    lines::{FileLines, Lines, Patch},
    listing::{ListedSession, ListedWorkspace, Observed},
    orphans::{Adoption, Orphan, Orphans, Unasked},
    place::check_dir,
    records::{LiveDiff, Viewpoint, records_in},
    stop::Stopped,
};
use crate::{
    backends::Backends,
    claim::{Claim, ClaimError},
    error::WorkspaceError,
    keeper::Keeping,
    lookup::{self, Miss},
    name::{SessionName, Target},
    record::{Session, Workspace},
    store::{SqliteStore, Store},
};

/// A handle to the workspaces of one state directory; clones share its connection.
#[derive(Debug, Clone)]
pub struct Workspaces {
    state_dir: Arc<Path>,
    store: Arc<dyn Store>,
    backends: Backends,
    clock: Arc<dyn Clock>,
    keeping: Keeping,
    probe: Arc<dyn Probe>,
}

/// A session that was found, with its workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The workspace.
    pub workspace: Workspace,
    /// The session.
    pub session: Session,
}

impl Found {
    /// Returns what a person would write to find it again.
    #[must_use]
    pub fn target(&self) -> Target {
        target(&self.workspace, &self.session)
    }
}

impl Workspaces {
    /// Opens the workspaces of a state directory, making it if it is missing.
    ///
    /// Rows that a process left half made or half deleted are put in error first.
    ///
    /// # Errors
    ///
    /// When the directory or its database cannot be used, or is of a newer release.
    pub async fn open(
        state_dir: impl Into<PathBuf>,
        backends: Backends,
        clock: Arc<dyn Clock>,
        keeping: Keeping,
    ) -> Result<Self, WorkspaceError> {
        let state_dir = state_dir.into();
        let store = Arc::new(SqliteStore::open(&state_dir).await?);
        Self::with_store(state_dir, store, backends, clock, keeping).await
    }

    /// As [`Workspaces::open`], with what is remembered kept elsewhere than in the state directory.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn with_store(
        state_dir: impl Into<PathBuf>,
        store: Arc<dyn Store>,
        backends: Backends,
        clock: Arc<dyn Clock>,
        keeping: Keeping,
    ) -> Result<Self, WorkspaceError> {
        let state_dir = state_dir.into();
        let unfinished = store.unfinished().await?;
        let workspaces = Self {
            state_dir: state_dir.into(),
            store,
            backends,
            clock,
            keeping,
            probe: Arc::new(NoProbe),
        };
        workspaces.mark_interrupted(unfinished).await?;
        Ok(workspaces)
    }

    /// Names the probe that is told how far making and deleting got.
    #[must_use]
    pub fn with_probe(self, probe: Arc<dyn Probe>) -> Self {
        Self { probe, ..self }
    }

    /// Finds the session that a person named; the main one if the target names none.
    ///
    /// # Errors
    ///
    /// When no workspace or session fits, or several do equally well.
    pub async fn resolve(&self, target: &Target) -> Result<Found, WorkspaceError> {
        let text = &target.workspace;
        let all = self.store.workspaces().await?;
        let workspace = lookup::find(text, all, |workspace| workspace.name.as_str())
            .map_err(|miss| missed("workspace", text, miss))?;
        self.session_of(workspace, target.session.as_deref()).await
    }

    /// Finds the main session of the workspace that somebody entered last.
    ///
    /// # Errors
    ///
    /// When there is no workspace.
    pub async fn last(&self) -> Result<Found, WorkspaceError> {
        let workspace = self.store.last_used().await?;
        self.session_of(workspace.ok_or(WorkspaceError::NoneYet)?, None)
            .await
    }

    /// Remembers that somebody entered a workspace now.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub async fn touch(&self, workspace: &Workspace) -> Result<(), WorkspaceError> {
        let now = self.clock.now();
        Ok(self.store.touch(workspace.id.clone(), now).await?)
    }

    async fn session_of(
        &self,
        workspace: Workspace,
        text: Option<&str>,
    ) -> Result<Found, WorkspaceError> {
        let missing = || missed("workspace", workspace.name.as_str(), Miss::Unknown);
        let rows = self.store.one(workspace.id.clone()).await?;
        let (workspace, sessions) = rows.ok_or_else(missing)?;
        let main = SessionName::main();
        let text = text.unwrap_or(main.as_str());
        let session = lookup::find(text, sessions, |session| session.name.as_str())
            .map_err(|miss| missed("session", text, miss))?;
        Ok(Found { workspace, session })
    }

    /// Takes a workspace's lock alone. Does not wait: somebody who has it may take long.
    fn claim_alone(&self, workspace: &Workspace) -> Result<Claim, WorkspaceError> {
        self.claim(workspace, Claim::alone, "started, stopped or deleted")
    }

    /// Shares a workspace's lock with others that start sessions.
    fn claim_shared(&self, workspace: &Workspace) -> Result<Claim, WorkspaceError> {
        self.claim(workspace, Claim::shared, "made, stopped or deleted")
    }

    fn claim(
        &self,
        workspace: &Workspace,
        take: impl Fn(&Path, &abide_core::id::WorkspaceId) -> Result<Option<Claim>, ClaimError>,
        action: &'static str,
    ) -> Result<Claim, WorkspaceError> {
        take(&self.state_dir, &workspace.id)
            .map_err(|source| WorkspaceError::Lock {
                name: workspace.name.clone(),
                source: source.into(),
            })?
            .ok_or_else(|| WorkspaceError::Claimed {
                name: workspace.name.clone(),
                action,
            })
    }
}

fn target(workspace: &Workspace, session: &Session) -> Target {
    Target {
        workspace: workspace.name.as_str().to_owned(),
        session: (session.name != SessionName::main()).then(|| session.name.as_str().to_owned()),
    }
}

fn missed(what: &'static str, text: &str, miss: Miss) -> WorkspaceError {
    let text = text.to_owned();
    match miss {
        Miss::Unknown => WorkspaceError::NotFound { what, text },
        Miss::Several(names) => WorkspaceError::Ambiguous { what, text, names },
    }
}
