//! Which backend a session is reached through: the one that made it, for ever.
//!
//! A record that does not say is settled once: by the backend that has a trace of the session,
//! else by what new sessions get. What cannot be asked may have the trace, so a session that was
//! ever started is then left unsettled.

use std::sync::Arc;

use abide_core::backend::{BackendError, BackendKind, TerminalBackend};

use super::{Found, Workspaces, missed};
use crate::{
    backends::Backends,
    error::WorkspaceError,
    lookup::Miss,
    record::{Session, StoredBackend},
};

/// Where the trace of a session without a backend is looked for, in this order.
const TRACED: [BackendKind; 2] = [BackendKind::Owner, BackendKind::Tmux];

impl Workspaces {
    /// Returns the backends, and whether they can be used.
    #[must_use]
    pub fn backends(&self) -> &Backends {
        &self.backends
    }

    /// Returns the backend that made the session.
    pub(super) async fn backend_of(
        &self,
        found: &Found,
    ) -> Result<Arc<dyn TerminalBackend>, WorkspaceError> {
        let kind = match &found.session.backend {
            Some(stored) => known(found, stored)?,
            None => self.settle(found).await?,
        };
        match self.backends.get(kind).await {
            Ok(usable) => Ok(Arc::clone(&usable.backend)),
            Err(source) => Err(WorkspaceError::BackendUnusable {
                target: found.target(),
                kind,
                source,
            }),
        }
    }

    /// Finds out which backend made a session, and stores it.
    async fn settle(&self, found: &Found) -> Result<BackendKind, WorkspaceError> {
        let kind = match self.trace(found).await? {
            Some(kind) => kind,
            None => {
                let preference = self.backends.preference();
                let (choice, _) = self.backends.choose(preference).await?;
                choice.kind
            }
        };
        let session = found.session.id.clone();
        // Whoever stored one first decided it.
        let stored = self.store.settle_backend(session, kind).await?;
        let gone = || missed("session", found.session.name.as_str(), Miss::Unknown);
        known(found, &stored.ok_or_else(gone)?)
    }

    /// Returns the backend that has a trace of the session; none if it is sure that none has.
    async fn trace(&self, found: &Found) -> Result<Option<BackendKind>, WorkspaceError> {
        let mut unasked = None;
        for kind in TRACED.into_iter().filter(|kind| self.backends.have(*kind)) {
            match self.backends.get(kind).await {
                Ok(usable) => match usable.backend.status(&found.session.id).await {
                    Ok(_) => return Ok(Some(kind)),
                    Err(BackendError::NotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                },
                Err(source) => unasked = Some((kind, source)),
            }
        }
        match unasked {
            Some((kind, source)) if was_started(&found.session) => {
                let target = found.target();
                Err(WorkspaceError::BackendUnsettled {
                    target,
                    kind,
                    source,
                })
            }
            Some(_) | None => Ok(None),
        }
    }
}

/// Tells whether a session may have left a trace somewhere.
pub(super) fn was_started(session: &Session) -> bool {
    session.generation.is_some()
}

fn known(found: &Found, stored: &StoredBackend) -> Result<BackendKind, WorkspaceError> {
    match stored {
        StoredBackend::Known(kind) => Ok(*kind),
        StoredBackend::Unknown(name) => Err(WorkspaceError::BackendUnknown {
            target: found.target(),
            name: name.clone(),
        }),
    }
}
