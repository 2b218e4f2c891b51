//! Waits until the record of a session that was ended is complete.

use std::time::Duration;

use abide_core::lease::{Consent, LeaseState};

use super::{Looks, not_kept};
use crate::{
    error::WorkspaceError,
    keeper::{KeeperError, Keepers, Place},
    service::{Found, Workspaces, delete::Force, place},
};

/// Time for a keeper to complete the record of a session that has ended.
const SETTLE_DEADLINE: Duration = Duration::from_secs(10);

impl Workspaces {
    /// Waits until the record of a session that was ended is complete, before its remains go: without
    /// them nobody can tell how it ended. With force, one that may not be complete is only said.
    pub(in crate::service) async fn complete_record(
        &self,
        found: &Found,
        force: Force,
    ) -> Result<(), WorkspaceError> {
        let Some(keepers) = self.keepers_of(&found.workspace) else {
            return Ok(());
        };
        // The record went with the directory that it was in.
        if place::is_gone(&found.workspace.dir) {
            return Ok(());
        }
        let settled = self.record_settled(keepers, found).await;
        let Err(error) = settled else {
            return Ok(());
        };
        let error = WorkspaceError::RecordIncomplete {
            target: found.target(),
            source: Box::new(error),
        };
        if force == Force::No {
            return Err(error);
        }
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "deleted all the same"
        );
        Ok(())
    }

    /// A keeper that cannot be reached has settled nothing, unless its lease says that it is gone.
    async fn record_settled(&self, keepers: &Keepers, found: &Found) -> Result<(), WorkspaceError> {
        let place = Place::new(&self.state_dir, &found.workspace.dir);
        let sessions = || vec![found.session.id.clone()];
        let mut looks = Looks::new();
        loop {
            match self.lease(keepers, &found.workspace).await? {
                // It was given back, and before that every record was completed.
                LeaseState::Absent => return Ok(()),
                LeaseState::Stale { .. } | LeaseState::Malformed { .. } => {
                    // Its keeper died before it; nobody else will come to complete the record.
                    self.adopt_session(keepers, found, Consent::None).await?;
                }
                LeaseState::FreshRemote { lease, .. } => {
                    let holder = lease.keeper.to_string();
                    return Err(not_kept(found)(KeeperError::Elsewhere { holder }));
                }
                LeaseState::FreshLocal { lease, .. } => {
                    let settled = keepers.settle(&place, &lease, sessions(), SETTLE_DEADLINE);
                    let settled = looks.unless_unreachable(settled.await.map(Some));
                    if settled.map_err(not_kept(found))? == Some(true) {
                        return Ok(());
                    }
                }
            }
            looks.again().await.map_err(not_kept(found))?;
        }
    }
}
