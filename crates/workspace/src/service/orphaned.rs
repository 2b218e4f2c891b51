//! Whether whoever starts a session in a directory takes over there from somebody who is gone.

use std::{path::Path, time::Duration};

use abide_core::lease::LeaseState;

use super::Workspaces;
use crate::{desk::Desk, entry::Orphaned, keeper::Keeping};

impl Workspaces {
    /// Tells why nobody is responsible in a directory where somebody was; none if somebody is, or
    /// nobody was, or that cannot be told. Writes nothing.
    ///
    /// Whoever starts a session there next has a keeper adopt what that one left.
    pub async fn orphaned(&self, dir: &Path) -> Option<Orphaned> {
        let Keeping::By(keepers) = &self.keeping else {
            return None;
        };
        let desk = Desk::new(dir, keepers.tools().clone());
        let looked = tokio::task::spawn_blocking(move || desk.look(Duration::ZERO)).await;
        // What stands in the way of a look is told by the start.
        match looked.ok()?.ok()? {
            LeaseState::Stale { why, .. } => Some(Orphaned::Stale(why)),
            LeaseState::Malformed { reason } => Some(Orphaned::Malformed { reason }),
            LeaseState::Absent | LeaseState::FreshLocal { .. } | LeaseState::FreshRemote { .. } => {
                None
            }
        }
    }
}
