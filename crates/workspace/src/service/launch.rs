//! Launches further sessions in a workspace: a row by its name, then the session.
//!
//! Any number of launches of one name, in any number of processes, at once, find or make one row,
//! and the backend makes one process of it. A failure takes away what it made, and nothing else. A
//! launch shares the workspace's lock, so none slips into a stop of all its sessions or a deletion.

use abide_core::{
    backend::{Command, Ensured, ErrorKind},
    env_policy::Environment,
    lease::Mode,
    size::TermSize,
};

use super::{Found, Workspaces, missed, place};
use crate::{
    backends::Preference,
    claim::Claim,
    entry::Takeover,
    error::WorkspaceError,
    lookup::Miss,
    name::{AgentName, SessionName},
    record::{Session, StoredBackend, Workspace, WorkspaceState},
    targets::program,
};

/// A further session that somebody wants in a workspace.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its name.
    pub naming: SessionNaming,
    /// What it runs.
    pub command: Command,
    /// The name of that, if it is known by one.
    pub agent: Option<AgentName>,
    /// What kind of thing that is.
    pub mode: Mode,
    /// Which backend it gets; without one, what the set of backends prefers.
    pub backend: Option<Preference>,
    /// Its environment, less what is set by [`Workspaces::create`] too.
    pub env: Environment,
    /// The size of its terminal.
    pub size: TermSize,
    /// Output kept for clients that come back, in bytes.
    pub history_bytes: u64,
    /// Whether screen and history are kept where they outlive the process that holds the session.
    pub journal: bool,
}

/// How a further session gets its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionNaming {
    /// This one; a session that has it already is the one that is meant.
    Exactly(SessionName),
    /// This one, or the first free one of it with a number behind it.
    Like(SessionName),
}

/// A session that runs, because of a launch or since before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The session.
    pub found: Found,
    /// What the backend answered.
    pub ensured: Ensured,
}

impl Workspaces {
    /// Sees to it that a session of this name runs in the workspace, and answers for it.
    ///
    /// One that ended is started again, as [`Workspaces::restart`] does. If the future is dropped,
    /// a session may stay behind that was not started; launching it again goes on from there.
    ///
    /// # Errors
    ///
    /// When the workspace is not ready, or is being stopped or deleted; when a session of that name
    /// runs something else ([`WorkspaceError::RunsOther`]); when it cannot be started. A session
    /// that this launch made is then gone again, except if it cannot be told whether it runs
    /// ([`WorkspaceError::HalfLaunched`]).
    pub async fn launch(
        &self,
        workspace: &Workspace,
        new: NewSession,
    ) -> Result<Launched, WorkspaceError> {
        if let Some(found) = self.existing(workspace, &new).await? {
            return self.launch_existing(found, new.env).await;
        }
        // Known before anything is made.
        program::refuse_missing(&new.command, &new.env)?;
        let preference = new.backend.unwrap_or(self.backends.preference());
        let (choice, _) = self.backends.choose(preference).await?;
        let claim = self.claim_shared(workspace)?;
        let Some((workspace, _)) = self.store.one(workspace.id.clone()).await? else {
            claim.forget();
            return Err(missed("workspace", workspace.name.as_str(), Miss::Unknown));
        };
        if workspace.state != WorkspaceState::Ready {
            return Err(WorkspaceError::NotReady {
                name: workspace.name,
                state: workspace.state,
            });
        }
        place::refuse_gone(&workspace)?;
        let session = self.add_row(&workspace, &new, choice.kind.into()).await?;
        let found = Found { workspace, session };
        refuse_other(&found, &new)?;
        match self
            .start_claimed(found.clone(), new.env, None, Takeover::CannotAsk)
            .await
        {
            Ok((found, ensured)) => Ok(Launched { found, ensured }),
            Err(error) => {
                drop(claim);
                Err(self.undo_launch(found, error).await)
            }
        }
    }

    /// Finds the session that a launch means, if that can be one that there is.
    async fn existing(
        &self,
        workspace: &Workspace,
        new: &NewSession,
    ) -> Result<Option<Found>, WorkspaceError> {
        let SessionNaming::Exactly(name) = &new.naming else {
            return Ok(None);
        };
        let Some((workspace, sessions)) = self.store.one(workspace.id.clone()).await? else {
            return Err(missed("workspace", workspace.name.as_str(), Miss::Unknown));
        };
        let session = sessions.into_iter().find(|session| session.name == *name);
        let found = session.map(|session| Found { workspace, session });
        if let Some(found) = &found {
            refuse_other(found, new)?;
        }
        Ok(found)
    }

    async fn launch_existing(
        &self,
        found: Found,
        env: Environment,
    ) -> Result<Launched, WorkspaceError> {
        let was_started = found.session.generation.is_some();
        match self.restart(&found, env).await {
            Ok((found, ensured)) => Ok(Launched { found, ensured }),
            Err(error) if !was_started => Err(self.undo_launch(found, error).await),
            Err(error) => Err(error),
        }
    }

    /// Stores the session, or finds the one that has its name.
    async fn add_row(
        &self,
        workspace: &Workspace,
        new: &NewSession,
        backend: StoredBackend,
    ) -> Result<Session, WorkspaceError> {
        let (SessionNaming::Exactly(first) | SessionNaming::Like(first)) = &new.naming;
        let (mut name, mut number) = (first.clone(), 1);
        loop {
            let session = row_of(workspace, name, new, backend.clone(), self.clock.now());
            let id = session.id.clone();
            let added = self.store.add_session(session).await?;
            let gone = || missed("workspace", workspace.name.as_str(), Miss::Unknown);
            let session = added.ok_or_else(gone)?;
            match &new.naming {
                SessionNaming::Like(first) if session.id != id => {
                    number += 1;
                    name = first.numbered(number);
                }
                SessionNaming::Exactly(_) | SessionNaming::Like(_) => return Ok(session),
            }
        }
    }

    /// Takes away the row of a session that was never started and could not be now, and returns why
    /// it could not. While others launch in the workspace the row stays for the last of them.
    async fn undo_launch(&self, found: Found, error: WorkspaceError) -> WorkspaceError {
        if found.session.name == SessionName::main() {
            return error;
        }
        let error = match error {
            WorkspaceError::Backend(source) if source.kind() == ErrorKind::TimedOut => {
                return WorkspaceError::HalfLaunched {
                    target: found.target(),
                    source: Box::new(source),
                };
            }
            error => error,
        };
        if let Err(undoing) = self.forget_unstarted(&found).await {
            tracing::warn!(
                session = %found.session.id,
                error = &undoing as &dyn std::error::Error,
                "a session that could not be started stays in the list"
            );
        }
        error
    }

    async fn forget_unstarted(&self, found: &Found) -> Result<(), WorkspaceError> {
        let id = &found.workspace.id;
        let Ok(Some(_claim)) = Claim::alone(&self.state_dir, id) else {
            return Ok(());
        };
        let Some((_, sessions)) = self.store.one(id.clone()).await? else {
            return Ok(());
        };
        let is_it = |session: &&Session| session.id == found.session.id;
        let row = sessions.iter().find(is_it);
        if row.is_none_or(|session| session.generation.is_some()) {
            return Ok(());
        }
        let backend = self.backend_of(found).await?;
        // Refused for a session that runs.
        backend.remove(&found.session.id, None).await?;
        Ok(self.store.delete_session(found.session.id.clone()).await?)
    }
}

/// Tells whether a session runs this agent, or this command where none of them is an agent.
#[must_use]
pub fn runs(session: &Session, agent: Option<&str>, command: &Command) -> bool {
    match (session.agent.as_deref(), agent) {
        (None, None) => session.command == *command,
        (stored, wanted) => stored == wanted,
    }
}

/// Refuses to take a session for another that is to run something else.
fn refuse_other(found: &Found, new: &NewSession) -> Result<(), WorkspaceError> {
    let Found { session, .. } = found;
    let wanted = new.agent.as_ref().map(AgentName::as_str);
    if runs(session, wanted, &new.command) {
        return Ok(());
    }
    Err(WorkspaceError::RunsOther {
        target: found.target(),
        other: match &session.agent {
            Some(agent) => agent.clone(),
            None => session.command.program.to_string_lossy().into_owned(),
        },
    })
}

fn row_of(
    workspace: &Workspace,
    name: SessionName,
    new: &NewSession,
    backend: StoredBackend,
    now: abide_core::clock::Timestamp,
) -> Session {
    Session {
        backend: Some(backend),
        size: new.size,
        history_bytes: new.history_bytes,
        journal: new.journal,
        agent: new.agent.as_ref().map(AgentName::to_string),
        mode: new.mode,
        ..Session::new(workspace.id.clone(), name, new.command.clone(), now)
    }
}
