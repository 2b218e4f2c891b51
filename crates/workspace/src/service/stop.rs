//! Ends sessions: one, or all of a workspace with starts shut out meanwhile.

use std::time::Duration;

use abide_core::backend::StopReport;
use tokio::task::JoinSet;

use super::{Found, Workspaces, missed};
use crate::{error::WorkspaceError, lookup::Miss, record::Workspace};

/// How the stop of one of several sessions went.
#[derive(Debug)]
pub struct Stopped {
    /// The session.
    pub found: Found,
    /// What the backend answered.
    pub report: Result<StopReport, WorkspaceError>,
}

impl Workspaces {
    /// Ends what the session runs now; a start that somebody makes meanwhile is left alone.
    ///
    /// # Errors
    ///
    /// As [`abide_core::backend::TerminalBackend::stop`].
    pub async fn stop(&self, found: &Found, grace: Duration) -> Result<StopReport, WorkspaceError> {
        let backend = self.backend_of(found).await?;
        let generation = self.seen(found).await?.and_then(|status| status.generation);
        Ok(backend.stop(&found.session.id, generation, grace).await?)
    }

    /// Ends what every session of the workspace runs, all at once, and returns how that went, in
    /// order of name. Until it returns, nothing is launched or started again in the workspace.
    ///
    /// If the future is dropped, some sessions may have been ended.
    ///
    /// # Errors
    ///
    /// When the workspace is no more, or sessions of it are being started or deleted.
    pub async fn stop_all(
        &self,
        workspace: &Workspace,
        grace: Duration,
    ) -> Result<Vec<Stopped>, WorkspaceError> {
        let claim = self.claim_alone(workspace)?;
        let Some((workspace, sessions)) = self.store.one(workspace.id.clone()).await? else {
            claim.forget();
            return Err(missed("workspace", workspace.name.as_str(), Miss::Unknown));
        };
        let mut stops = JoinSet::new();
        for session in sessions {
            let (workspaces, workspace) = (self.clone(), workspace.clone());
            let found = Found { workspace, session };
            stops.spawn(async move {
                let report = workspaces.stop(&found, grace).await;
                Stopped { found, report }
            });
        }
        let mut stopped = stops.join_all().await;
        stopped.sort_by(|a, b| a.found.session.name.cmp(&b.found.session.name));
        drop(claim);
        Ok(stopped)
    }
}
