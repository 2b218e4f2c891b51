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
        let forget = move || {
            let is_over = match desk.look(Duration::ZERO) {
                Ok(LeaseState::Absent) => true,
                // It completed their records, and leaves.
                Ok(LeaseState::FreshLocal { lease, .. }) => ours.contains(&lease.session),
                Ok(
                    LeaseState::FreshRemote { .. }
                    | LeaseState::Stale { .. }
                    | LeaseState::Malformed { .. },
                )
                | Err(_) => false,
            };
            if is_over {
                place.remove_log();
            }
        };
        // A log that stays harms nobody.
        let _ = tokio::task::spawn_blocking(forget).await;
    }
}
