//! Ends an orphan and takes away what is left of it.

use abide_core::{
    backend::{BackendError, SessionStatus, StopReport},
    id::{Generation, SessionId},
    limits,
};

use super::Orphan;
use crate::{
    error::{OrphanError, WorkspaceError},
    service::{Force, Workspaces, delete::doing},
};

impl Workspaces {
    /// Ends the orphan whose id is `text`, or begins with these four or more characters, and forgets
    /// it. That in which the caller runs is spared.
    ///
    /// If dropped, the orphan is there still, perhaps ended; reap it again.
    ///
    /// # Errors
    ///
    /// [`OrphanError::Running`] when it may run and that was not to be forced; when there
    /// is no such orphan, or it was adopted meanwhile; when it cannot be ended.
    pub async fn reap(
        &self,
        text: &str,
        force: Force,
        here: Option<&SessionId>,
    ) -> Result<Orphan, WorkspaceError> {
        let _claim = self.claim_orphans()?;
        let orphan = self.orphan(text).await?;
        self.end(&orphan, force, here).await?;
        Ok(orphan)
    }

    /// Reaps every orphan but that in which the caller runs, one after the other, and returns what
    /// came of each.
    ///
    /// One that cannot be reaped does not keep the others.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or another process adopts or reaps at this moment.
    pub async fn reap_all(
        &self,
        force: Force,
        here: Option<&SessionId>,
    ) -> Result<Vec<(Orphan, Result<(), WorkspaceError>)>, WorkspaceError> {
        let _claim = self.claim_orphans()?;
        let mut reaped = Vec::new();
        for orphan in self.orphans().await?.sessions {
            let ended = self.end(&orphan, force, here).await;
            reaped.push((orphan, ended));
        }
        Ok(reaped)
    }

    /// Ends an orphan while the lock on orphans is held.
    async fn end(
        &self,
        orphan: &Orphan,
        force: Force,
        here: Option<&SessionId>,
    ) -> Result<(), WorkspaceError> {
        let session = orphan.status.session.clone();
        if here == Some(&session) {
            return Err(OrphanError::Inside { session }.into());
        }
        let usable = self.backends.get(orphan.status.backend).await;
        let backend = usable.map_err(|source| OrphanError::Unreachable {
            session: session.clone(),
            source,
        })?;
        let backend = &backend.backend;
        // The list did not ask it.
        let status = match backend.status(&session).await {
            Err(BackendError::NotFound { .. }) => None,
            asked => Some(asked?),
        };
        if let Some(workspace) = self.store.workspace_of(session.clone()).await? {
            let name = workspace.name;
            return Err(OrphanError::Known { session, name }.into());
        }
        let Some(status) = status else { return Ok(()) };
        let generation = may_end(&status, force)?;
        let report = backend
            .stop(&session, Some(generation), limits::STOP_GRACE)
            .await?;
        refuse_survivors(&session, report)?;
        backend.remove(&session, Some(generation)).await?;
        tracing::info!(%session, "reaped");
        Ok(())
    }
}

/// Returns the start that may be ended.
fn may_end(status: &SessionStatus, force: Force) -> Result<Generation, OrphanError> {
    let running = |doing| OrphanError::Running {
        session: status.session.clone(),
        doing,
    };
    match (doing(status), force) {
        (Some(doing), Force::No) => Err(running(doing)),
        (Some(_), Force::Yes) | (None, _) => {
            status.generation.ok_or_else(|| running("is being started"))
        }
    }
}

fn refuse_survivors(session: &SessionId, report: StopReport) -> Result<(), OrphanError> {
    match report.survivors.is_empty() {
        true => Ok(()),
        false => Err(OrphanError::Survivors {
            session: session.clone(),
            survivors: report.survivors,
        }),
    }
}
