//! Waits until the record of a session that was ended is complete.

use std::{sync::Arc, time::Duration};

use abide_core::{
    lease::{Consent, LeaseState},
    record::Summary,
};

use super::{Looks, not_kept};
use crate::{
    desk::read_open,
    error::{ViewError, WorkspaceError},
    keeper::{KeeperError, Keepers, Place},
    service::{Found, Workspaces, delete::Force, place, records::blocking},
    state_id,
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

    /// The journal decides. A keeper that cannot be reached has settled nothing, and one that left a
    /// record open will not complete it: it may be that nobody can, from here.
    async fn record_settled(&self, keepers: &Keepers, found: &Found) -> Result<(), WorkspaceError> {
        let mut has_asked = false;
        let place = Place::new(&self.state_dir, &found.workspace.dir);
        let sessions = || vec![found.session.id.clone()];
        let mut looks = Looks::new();
        while self.has_open_record(keepers, found).await? {
            match self.lease(keepers, &found.workspace).await? {
                LeaseState::Absent if has_asked => return Err(not_kept(found)(left_open())),
                LeaseState::Absent | LeaseState::Stale { .. } | LeaseState::Malformed { .. } => {
                    // Nobody else will come to complete the record.
                    self.adopt_session(keepers, found, Consent::None).await?;
                    has_asked = true;
                }
                LeaseState::FreshRemote { lease, .. } => {
                    let holder = lease.keeper.to_string();
                    return Err(not_kept(found)(KeeperError::Elsewhere { holder }));
                }
                LeaseState::FreshLocal { lease, .. } => {
                    let settled = keepers.settle(&place, &lease, sessions(), SETTLE_DEADLINE);
                    let settled = looks.unless_unreachable(settled.await.map(Some));
                    let is_done = settled.map_err(not_kept(found))? == Some(true);
                    if is_done && self.has_open_record(keepers, found).await? {
                        return Err(not_kept(found)(left_open()));
                    }
                }
            }
            looks.again().await.map_err(not_kept(found))?;
        }
        Ok(())
    }

    /// Tells whether there is a record of the session that a keeper from here is to complete.
    async fn has_open_record(
        &self,
        keepers: &Keepers,
        found: &Found,
    ) -> Result<bool, WorkspaceError> {
        let dir = found.workspace.dir.clone();
        let state_dir = Arc::clone(&self.state_dir);
        let read = blocking(move || (read_open(&dir), state_id::find(&state_dir)));
        let (open, state) = read.await;
        let open = open.map_err(|source| ViewError::Journal {
            dir: found.workspace.dir.clone(),
            source,
        })?;
        let state = state.map_err(ViewError::State)?;
        let (here, session) = (&keepers.tools().here.place, &found.session.id);
        let is_its = |one: &Summary| {
            let opened = one.opened.as_ref();
            opened.is_some_and(|opened| opened.session == *session)
                && !one.is_anothers(here, state.as_ref(), true)
        };
        Ok(open.iter().any(is_its))
    }
}

/// Says that a keeper was asked, and did not complete it.
fn left_open() -> KeeperError {
    KeeperError::Failed {
        message: "its keeper left the record open: it was begun elsewhere, or nobody saw the end"
            .into(),
        hint: Some("`abide log` shows where it was begun".into()),
    }
}
