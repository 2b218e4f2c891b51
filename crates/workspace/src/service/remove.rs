//! Deletes one further session of a workspace: starts are shut out, it ends, its remains go, then
//! its row. The main session goes with its workspace alone.

use abide_core::limits;

use super::{Force, Found, Workspaces, delete::doing, missed};
use crate::{error::WorkspaceError, lookup::Miss, name::SessionName};

impl Workspaces {
    /// Deletes a further session, and leaves the rest of its workspace as it is.
    ///
    /// Every step can be repeated; one that fails keeps the row.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::MainSession`] for the main one; [`WorkspaceError::SessionRuns`] when it
    /// may run and that was not to be forced; [`WorkspaceError::RecordIncomplete`] when its record
    /// cannot be completed, and that was not to be forced; otherwise when it cannot be ended, or its
    /// remains not be taken away.
    pub async fn delete_session(&self, found: &Found, force: Force) -> Result<(), WorkspaceError> {
        let target = found.target();
        if found.session.name == SessionName::main() {
            let name = found.workspace.name.clone();
            return Err(WorkspaceError::MainSession { name });
        }
        let _claim = self.claim_alone(&found.workspace)?;
        let rows = self.store.one(found.workspace.id.clone()).await?;
        let mut sessions = rows.into_iter().flat_map(|(_, sessions)| sessions);
        if !sessions.any(|session| session.id == found.session.id) {
            return Err(missed(
                "session",
                found.session.name.as_str(),
                Miss::Unknown,
            ));
        }
        if let Some(status) = self.seen(found).await? {
            if let (Force::No, Some(doing)) = (force, doing(&status)) {
                return Err(WorkspaceError::SessionRuns { target, doing });
            }
            let backend = self.backend_of(found).await?;
            let (id, generation) = (&found.session.id, status.generation);
            let report = backend.stop(id, generation, limits::STOP_GRACE).await?;
            if !report.survivors.is_empty() {
                let survivors = report.survivors;
                return Err(WorkspaceError::Survivors { target, survivors });
            }
            // Once its remains are gone nobody can tell how it ended.
            self.complete_record(found, force).await?;
            backend.remove(id, generation).await?;
        }
        self.store.delete_session(found.session.id.clone()).await?;
        tracing::info!(workspace = %found.workspace.id, session = %found.session.id, "deleted");
        Ok(())
    }
}
