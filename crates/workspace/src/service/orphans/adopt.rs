//! Takes an orphan in: makes the rows that it lost. The session itself is not touched.

use std::path::{Path, PathBuf};

use abide_core::{
    backend::{Alive, Command, SessionState},
    clock::Timestamp,
    id::{SessionId, WorkspaceId},
    lease::Mode,
    size::TermSize,
};

use super::Orphan;
use crate::{
    error::{OrphanError, WorkspaceError},
    name::{AgentName, SessionName, WorkspaceName},
    record::{Session, Workspace, WorkspaceState},
    service::{Found, Workspaces, records_in},
    store::Naming,
};

/// What a session runs, as people call it.
#[derive(Debug, Default)]
struct Runs {
    agent: Option<AgentName>,
    mode: Option<Mode>,
}

/// What is known of an orphan besides what it tells itself.
#[derive(Debug)]
struct Known {
    dir: PathBuf,
    size: TermSize,
    runs: Runs,
}

/// An orphan that somebody wants to keep, and what is made of it.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The session's id, or four or more characters that only one orphan's begins with.
    pub session: String,
    /// The workspace's name; without one, the name that it had, else that of its directory, made
    /// unique by a number.
    pub name: Option<WorkspaceName>,
    /// Its directory, absolute; without one, that which the system tells.
    pub dir: Option<PathBuf>,
    /// What a later start runs, if the system does not tell what runs now.
    pub command: Command,
    /// The name of that, if it is known by one.
    pub agent: Option<AgentName>,
    /// What kind of thing that is.
    pub mode: Mode,
    /// Output that a later start keeps, in bytes.
    pub history_bytes: u64,
    /// Whether a later start keeps screen and history where they outlive their holder.
    pub journal: bool,
}

impl Workspaces {
    /// Makes a workspace for a session that no row knows. Nothing is started or ended.
    ///
    /// If the future is dropped, the workspace is there or it is not.
    ///
    /// # Errors
    ///
    /// When there is no such orphan, or a row for it was made meanwhile; when its directory is not
    /// known; when the name is taken; when another process adopts or reaps at this moment. With
    /// [`WorkspaceError::NotKept`] the workspace is there, and entering it tries again.
    pub async fn adopt(&self, wanted: Adoption) -> Result<Found, WorkspaceError> {
        let _claim = self.claim_orphans()?;
        let orphan = self.orphan(&wanted.session).await?;
        let dir = wanted.dir.clone().or_else(|| orphan.dir.clone());
        let dir = dir.ok_or_else(|| OrphanError::NoDirectory {
            session: orphan.status.session.clone(),
        })?;
        if !dir.is_absolute() {
            return Err(WorkspaceError::RelativeDirectory { path: dir });
        }
        let naming = match (&wanted.name, &orphan.name) {
            (Some(name), _) => Naming::Exactly(name.clone()),
            (None, Some(name)) => Naming::Like(name.clone()),
            (None, None) => Naming::Like(WorkspaceName::of_directory(dir.file_name())),
        };
        let size = self.size_of(&orphan).await.unwrap_or_default();
        let runs = runs(&orphan, &dir, &wanted).await;
        let known = Known { dir, size, runs };
        let (workspace, session) = self.adopted(&orphan, wanted, known, &naming);
        let (workspace, session) = self.store.adopt(workspace, naming, session).await?;
        tracing::info!(workspace = %workspace.id, session = %session.id, "adopted");
        let found = Found { workspace, session };
        match orphan.status.state {
            SessionState::Running(_) | SessionState::Starting => self.keep_running(&found).await?,
            SessionState::Ended(_) | SessionState::Unresponsive { .. } => {}
        }
        Ok(found)
    }

    /// Asks a session for its size; nothing if it has ended or does not say.
    async fn size_of(&self, orphan: &Orphan) -> Option<TermSize> {
        let usable = self.backends.get(orphan.status.backend).await.ok()?;
        let asked = usable.backend.status(&orphan.status.session).await.ok()?;
        match asked.state {
            SessionState::Running(running) => Some(running.size),
            SessionState::Starting | SessionState::Ended(_) | SessionState::Unresponsive { .. } => {
                None
            }
        }
    }

    fn adopted(
        &self,
        orphan: &Orphan,
        wanted: Adoption,
        known: Known,
        naming: &Naming,
    ) -> (Workspace, Session) {
        let now = self.clock.now();
        let (Naming::Exactly(name) | Naming::Like(name)) = naming;
        let agent = known.runs.agent.as_ref().map(AgentName::to_string);
        let workspace = Workspace {
            id: orphan.workspace.clone().unwrap_or_else(WorkspaceId::random),
            state: WorkspaceState::Ready,
            agent: agent.clone(),
            ..Workspace::new(name.clone(), known.dir, now)
        };
        let started_at = started_at(&orphan.status.state);
        let command = orphan.command.clone().unwrap_or(wanted.command);
        let created_at = started_at.unwrap_or(now);
        let session = Session {
            id: orphan.status.session.clone(),
            backend: Some(orphan.status.backend.into()),
            generation: orphan.status.generation,
            size: known.size,
            history_bytes: wanted.history_bytes,
            journal: wanted.journal,
            agent,
            mode: known.runs.mode.unwrap_or(Mode::Command),
            ..Session::new(
                workspace.id.clone(),
                SessionName::main(),
                command,
                created_at,
            )
        };
        (workspace, session)
    }
}

/// Finds out what a session runs: what was recorded when it was started, else what it is that a
/// later start of it runs, if that is what the caller says.
async fn runs(orphan: &Orphan, dir: &Path, wanted: &Adoption) -> Runs {
    let dirs = [Some(dir.to_owned()), orphan.dir.clone()];
    let session = orphan.status.session.clone();
    let look = move || {
        dirs.iter()
            .flatten()
            .find_map(|dir| recorded(dir, &session))
    };
    let recorded = tokio::task::spawn_blocking(look).await;
    // A journal that cannot be read is the keeper's to tell.
    if let Ok(Some(runs)) = recorded {
        return runs;
    }
    let command = orphan.command.as_ref();
    match command.is_none_or(|command| *command == wanted.command) {
        true => Runs {
            agent: wanted.agent.clone(),
            mode: Some(wanted.mode),
        },
        false => Runs::default(),
    }
}

/// Reads from a directory's journal what was last noted of what the session runs.
fn recorded(dir: &Path, session: &SessionId) -> Option<Runs> {
    let records = records_in(dir).ok()??;
    let opened = records.summaries.into_iter().rev();
    let mut opened = opened.filter_map(|record| record.opened);
    let opened = opened.find(|opened| opened.session == *session)?;
    Some(Runs {
        agent: opened.agent.and_then(|name| name.parse().ok()),
        mode: Some(opened.mode),
    })
}

/// Returns when the session was started, as far as that is seen.
fn started_at(state: &SessionState<Alive>) -> Option<Timestamp> {
    match state {
        SessionState::Running(alive) => Some(alive.started_at),
        SessionState::Ended(ended) => Some(ended.started_at),
        SessionState::Starting | SessionState::Unresponsive { .. } => None,
    }
}
