//! Finds what a process left half made or half deleted.
//!
//! Such a row is in the state of creating or deleting while nobody holds the workspace's lock.

use super::Workspaces;
use crate::{claim::Claim, error::WorkspaceError, record::Workspace};

impl Workspaces {
    /// Puts those rows in error whose making or deleting nobody goes on with.
    pub(super) async fn mark_interrupted(
        &self,
        unfinished: Vec<Workspace>,
    ) -> Result<(), WorkspaceError> {
        for workspace in unfinished {
            match Claim::is_held(&self.state_dir, &workspace.id) {
                Ok(true) => {}
                Ok(false) => {
                    let (seen, now) = (workspace.state, self.clock.now());
                    self.store.set_interrupted(workspace.id, seen, now).await?;
                }
                // What cannot be told is left as it is.
                Err(error) => tracing::warn!(
                    workspace = %workspace.id,
                    error = &error as &dyn std::error::Error,
                    "cannot tell whether a workspace is being made"
                ),
            }
        }
        Ok(())
    }
}
