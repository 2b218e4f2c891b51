//! Records of workspaces that were deleted with their directory: kept before that, and read after.

use std::{collections::HashSet, path::Path, sync::Arc};

use super::{Workspaces, records::blocking, target};
use crate::{
    desk::{Records, read_journal},
    error::{ViewError, WorkspaceError},
    kept::{self, Gone},
    record::Workspace,
};

impl Workspaces {
    /// Keeps what is recorded in a directory that is about to be removed with its workspace.
    pub(super) async fn keep_records_of(
        &self,
        workspace: &Workspace,
        dir: &Path,
    ) -> Result<(), WorkspaceError> {
        let rows = self.store.one(workspace.id.clone()).await?;
        let sessions = rows.map(|(_, sessions)| sessions).unwrap_or_default();
        let named = |session| target(workspace, session).to_string();
        let gone = Gone {
            id: workspace.id.clone(),
            name: workspace.name.to_string(),
            dir: workspace.dir.clone(),
            deleted_at: self.clock.now(),
            sessions: sessions
                .iter()
                .map(|session| (session.id.clone(), named(session)))
                .collect(),
        };
        let (state_dir, probe) = (Arc::clone(&self.state_dir), Arc::clone(&self.probe));
        let dir = dir.to_owned();
        let kept = blocking(move || kept::keep(&state_dir, &dir, &gone, &*probe)).await;
        kept.map_err(|source| WorkspaceError::RecordsNotKept {
            name: workspace.name.clone(),
            source,
        })
    }

    /// Returns the workspaces that were deleted with their directory and of which records are kept,
    /// the one that was deleted first at first.
    ///
    /// # Errors
    ///
    /// When it cannot be read which those are.
    pub async fn gone(&self) -> Result<Vec<Gone>, WorkspaceError> {
        let state_dir = Arc::clone(&self.state_dir);
        let gone = blocking(move || kept::all(&state_dir)).await;
        let mut gone = gone.map_err(WorkspaceError::KeptUnreadable)?;
        if !gone.is_empty() {
            // A deletion that stopped was perhaps taken back, and its records are where they were.
            let there = self.store.workspaces().await?;
            let there: HashSet<_> = there.into_iter().map(|workspace| workspace.id).collect();
            gone.retain(|one| !there.contains(&one.id));
        }
        Ok(gone)
    }

    /// Reads what is kept of a workspace that was deleted.
    ///
    /// # Errors
    ///
    /// When its journal cannot be read.
    pub async fn records_of_gone(&self, gone: &Gone) -> Result<Records, WorkspaceError> {
        let path = kept::journal_of(&self.state_dir, &gone.id);
        let dir = gone.dir.clone();
        let read = blocking(move || read_journal(&path)).await;
        Ok(read.map_err(|source| ViewError::Journal { dir, source })?)
    }
}
