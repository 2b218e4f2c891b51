//! Takes away what the keepers of a deleted workspace had to say.

use std::time::Duration;

use abide_core::lease::LeaseState;

use super::{Found, Workspaces};
use crate::{desk::Desk, keeper::Place, record::Workspace};

impl Workspaces {
    /// Names the place for the keepers of a workspace, while its directory is there.
    pub(super) fn keepers_place(&self, workspace: &Workspace) -> Place {
        Place::new(&self.state_dir, &workspace.dir)
    }

    /// Removes the log of a deleted workspace's keepers, unless somebody else may need it: another
    /// workspace of the directory, or a keeper that is not just leaving.
    pub(super) async fn forget_keepers(
        &self,
        workspace: &Workspace,
        sessions: &[Found],
        place: Place,
    ) {
        let Some(keepers) = self.keepers_of(workspace) else {
            return;
        };
        let Ok(others) = self.store.workspaces().await else {
            return;
        };
        if others.iter().any(|other| other.dir == workspace.dir) {
            return;
        }
        let desk = Desk::new(&workspace.dir, keepers.tools().clone());
        let ours: Vec<_> = sessions
            .iter()
            .map(|found| found.session.id.clone())
            .collect();
        let looked = tokio::task::spawn_blocking(move || desk.look(Duration::ZERO)).await;
        let Ok(Ok(found)) = looked else {
            return;
        };
        let is_over = match found {
            LeaseState::Absent => true,
            // It completed its records, and leaves.
            LeaseState::FreshLocal { lease, .. } => {
                ours.contains(&lease.session) || self.has_no_orphans().await
            }
            LeaseState::FreshRemote { .. }
            | LeaseState::Stale { .. }
            | LeaseState::Malformed { .. } => false,
        };
        if is_over {
            place.remove_log();
        }
    }

    /// Tells whether it is sure that no session runs that no row knows, and that a keeper may have.
    async fn has_no_orphans(&self) -> bool {
        let orphans = self.orphans().await;
        orphans.is_ok_and(|found| found.sessions.is_empty() && found.unasked.is_empty())
    }
}
