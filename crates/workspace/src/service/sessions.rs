//! What is done with one session: looked at, entered, typed into, started again.

use abide_core::{
    activity::Activity,
    backend::{
        AttachMode, AttachRequest, Attachment, BackendError, BackendKind, Capture, CaptureRequest,
        ClientProgram, Ensured, SessionState, SessionStatus, Watch,
    },
    env_policy::Environment,
    id::{Generation, SessionId},
    lease::FencingToken,
};
use bytes::Bytes;

use super::{Found, Workspaces, create::spec, missed, place};
use crate::{entry::Takeover, error::WorkspaceError, lookup::Miss, record::WorkspaceState};

impl Workspaces {
    /// Observes the session.
    ///
    /// # Errors
    ///
    /// When the backend that made it has no trace of it, or cannot be used.
    pub async fn status(&self, found: &Found) -> Result<SessionStatus, WorkspaceError> {
        let backend = self.backend_of(found).await?;
        Ok(backend.status(&found.session.id).await?)
    }

    /// Starts watching the session, and typing into it if the mode says so.
    ///
    /// # Errors
    ///
    /// As [`abide_core::backend::TerminalBackend::attach`].
    pub async fn attach(
        &self,
        found: &Found,
        request: AttachRequest,
    ) -> Result<Attachment, WorkspaceError> {
        let backend = self.backend_of(found).await?;
        Ok(backend.attach(&found.session.id, request).await?)
    }

    /// Subscribes to what the session is doing, and to its end.
    ///
    /// # Errors
    ///
    /// As [`abide_core::backend::TerminalBackend::watch`].
    pub async fn watch(&self, found: &Found) -> Result<Watch, WorkspaceError> {
        let backend = self.backend_of(found).await?;
        Ok(backend.watch(&found.session.id).await?)
    }

    /// Reads what a start of a session was doing when that was noted last; none if nothing is noted,
    /// or its backend cannot be used. Asks nobody.
    pub async fn activity(
        &self,
        kind: BackendKind,
        session: &SessionId,
        generation: Generation,
    ) -> Option<Activity> {
        let usable = self.backends.get(kind).await.ok()?;
        usable.backend.activity(session, generation).await
    }

    /// Returns the program that a person on a terminal attaches with, if the session's backend has
    /// one of its own.
    ///
    /// # Errors
    ///
    /// As [`abide_core::backend::TerminalBackend::client_program`].
    pub async fn client_program(
        &self,
        found: &Found,
        mode: AttachMode,
        notice: Option<&str>,
    ) -> Result<Option<ClientProgram>, WorkspaceError> {
        let backend = self.backend_of(found).await?;
        let asked = backend.client_program(&found.session.id, mode, notice);
        Ok(asked.await?)
    }

    /// Types into the session without attaching to it.
    ///
    /// # Errors
    ///
    /// As [`abide_core::backend::TerminalBackend::send`].
    pub async fn send(&self, found: &Found, input: Bytes) -> Result<(), WorkspaceError> {
        let backend = self.backend_of(found).await?;
        Ok(backend.send(&found.session.id, input).await?)
    }

    /// Renders the session's screen, or its final one.
    ///
    /// # Errors
    ///
    /// As [`abide_core::backend::TerminalBackend::capture`].
    pub async fn capture(
        &self,
        found: &Found,
        request: CaptureRequest,
    ) -> Result<Capture, WorkspaceError> {
        let backend = self.backend_of(found).await?;
        Ok(backend.capture(&found.session.id, request).await?)
    }

    /// Starts an ended session again: same command, same directory, environment of the caller.
    ///
    /// A session that runs is answered for and not started; if its keeper is gone it is adopted, as by
    /// [`Workspaces::enter`]. Any number of callers at once make one start. Also brings a workspace in error back to ready.
    ///
    /// # Errors
    ///
    /// When the workspace is being made, stopped or deleted, or the session cannot be started, as
    /// without its directory ([`WorkspaceError::DirectoryGone`]); what was left of its earlier start
    /// can then still be read.
    pub async fn restart(
        &self,
        found: &Found,
        env: Environment,
    ) -> Result<(Found, Ensured), WorkspaceError> {
        self.restart_agreed(found, env, None, Takeover::CannotAsk)
            .await
    }

    /// As [`Workspaces::restart`], after somebody was asked about another host's lease.
    pub(super) async fn restart_agreed(
        &self,
        found: &Found,
        env: Environment,
        agreed: Option<FencingToken>,
        takeover: Takeover,
    ) -> Result<(Found, Ensured), WorkspaceError> {
        self.backend_of(found).await?;
        self.go_on(&found.workspace).await?;
        let claim = self.claim_shared(&found.workspace)?;
        let name = found.workspace.name.as_str();
        let Some((workspace, sessions)) = self.store.one(found.workspace.id.clone()).await? else {
            claim.forget();
            return Err(missed("workspace", name, Miss::Unknown));
        };
        let session = sessions
            .into_iter()
            .find(|session| session.id == found.session.id)
            .ok_or_else(|| missed("session", found.session.name.as_str(), Miss::Unknown))?;
        self.start_claimed(Found { workspace, session }, env, agreed, takeover)
            .await
    }

    /// Starts a session whose workspace's lock is shared by the caller, unless it runs, and stores
    /// that. A keeper is responsible for it before it is started, or before it is answered for.
    pub(super) async fn start_claimed(
        &self,
        mut found: Found,
        env: Environment,
        agreed: Option<FencingToken>,
        takeover: Takeover,
    ) -> Result<(Found, Ensured), WorkspaceError> {
        let seen = self.seen(&found).await?;
        let mut wanted = spec(&found, env);
        wanted.replaces = seen.as_ref().and_then(ended_generation);
        let kept = match seen.as_ref().map(|status| &status.state) {
            None | Some(SessionState::Ended(_) | SessionState::Starting) => {
                place::refuse_gone(&found.workspace)?;
                self.keep_start(&found, agreed, takeover).await?
            }
            Some(SessionState::Running(_)) => {
                self.keep_found(&found, agreed, takeover).await?;
                None
            }
            // Its backend says so.
            Some(SessionState::Unresponsive { .. }) => None,
        };
        let ensured = match self.backend_of(&found).await?.ensure(&wanted).await {
            Ok(ensured) => ensured,
            Err(error) => {
                if let Some(kept) = kept {
                    kept.abandon().await;
                }
                return Err(error.into());
            }
        };
        match ensured.started || found.workspace.state != WorkspaceState::Ready {
            true => self.note_start(&mut found, &ensured, kept).await?,
            false => self.tell_started(found.target(), &ensured, kept).await?,
        }
        Ok((found, ensured))
    }

    /// Observes the session; `None` if the backend has no trace of it.
    pub(super) async fn seen(
        &self,
        found: &Found,
    ) -> Result<Option<SessionStatus>, WorkspaceError> {
        let backend = self.backend_of(found).await?;
        match backend.status(&found.session.id).await {
            Ok(status) => Ok(Some(status)),
            Err(BackendError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn ended_generation(status: &SessionStatus) -> Option<Generation> {
    match status.state {
        SessionState::Ended(_) => status.generation,
        SessionState::Starting | SessionState::Running(_) | SessionState::Unresponsive { .. } => {
            None
        }
    }
}
