//! Deletes a workspace: starts are shut out, sessions end, their remains go, then the rows.
//!
//! Every step can be repeated. One that fails keeps the rows, so nothing runs on unlisted.

use abide_core::{
    backend::{SessionState, SessionStatus},
    limits,
};

use super::{Found, Workspaces, missed};
use crate::{
    error::WorkspaceError,
    lookup::Miss,
    name::Target,
    record::{Workspace, WorkspaceState},
};

/// Whether a deletion may end what runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// Refuse while a session runs.
    No,
    /// End it.
    Yes,
}

impl Workspaces {
    /// Deletes the workspace that a person named, with all its sessions; its directory stays.
    ///
    /// If the future is dropped, the workspace stays in error; delete it again.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::Running`] when a session may run and that was not to be forced;
    /// otherwise when a session cannot be ended or its remains not be taken away. The workspace
    /// is then as it was, less what was ended.
    pub async fn delete(&self, target: &Target, force: Force) -> Result<Workspace, WorkspaceError> {
        let workspace = self.resolve(target).await?.workspace;
        let claim = self.claim_alone(&workspace)?;
        let Some((workspace, sessions)) = self.store.one(workspace.id.clone()).await? else {
            claim.forget();
            return Err(missed("workspace", workspace.name.as_str(), Miss::Unknown));
        };
        let sessions: Vec<_> = sessions
            .into_iter()
            .map(|session| Found {
                workspace: workspace.clone(),
                session,
            })
            .collect();
        if force == Force::No {
            self.refuse_running(&sessions).await?;
        }
        let (before, problem) = (workspace.state, workspace.problem.clone());
        self.set_state(&workspace, WorkspaceState::Deleting, None)
            .await?;
        if let Err(error) = self.end_all(&sessions).await {
            self.set_state(&workspace, before, problem).await?;
            return Err(error);
        }
        self.store.delete(workspace.id.clone()).await?;
        claim.forget();
        tracing::info!(workspace = %workspace.id, "deleted");
        Ok(workspace)
    }

    async fn refuse_running(&self, sessions: &[Found]) -> Result<(), WorkspaceError> {
        for found in sessions {
            let Some(doing) = self.seen(found).await?.as_ref().and_then(doing) else {
                continue;
            };
            return Err(WorkspaceError::Running {
                name: found.workspace.name.clone(),
                session: found.session.name.to_string(),
                doing,
            });
        }
        Ok(())
    }

    async fn end_all(&self, sessions: &[Found]) -> Result<(), WorkspaceError> {
        for found in sessions {
            let backend = self.backend_of(found).await?;
            let id = &found.session.id;
            let Some(status) = self.seen(found).await? else {
                continue;
            };
            let generation = status.generation;
            let report = backend.stop(id, generation, limits::STOP_GRACE).await?;
            if !report.survivors.is_empty() {
                return Err(WorkspaceError::Survivors {
                    target: found.target(),
                    survivors: report.survivors,
                });
            }
            self.complete_record(found).await;
            backend.remove(id, generation).await?;
        }
        Ok(())
    }

    async fn set_state(
        &self,
        workspace: &Workspace,
        state: WorkspaceState,
        problem: Option<String>,
    ) -> Result<(), WorkspaceError> {
        let now = self.clock.now();
        let id = workspace.id.clone();
        Ok(self.store.set_state(id, state, problem, now).await?)
    }
}

/// Says what a session does that would have to end; `None` for one that has ended.
pub(super) fn doing(status: &SessionStatus) -> Option<&'static str> {
    match status.state {
        SessionState::Starting => Some("is being started"),
        SessionState::Running(_) => Some("runs"),
        SessionState::Unresponsive { .. } => Some("does not answer and may run"),
        SessionState::Ended(_) => None,
    }
}
