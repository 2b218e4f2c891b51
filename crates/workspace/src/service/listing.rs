//! Lists workspaces with what their sessions do, from one look at the backend.

use std::collections::HashMap;

use abide_core::{backend::SessionStatus, id::SessionId};

use super::{Found, Workspaces};
use crate::{
    error::WorkspaceError,
    record::{Session, Workspace},
};

/// A workspace with its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// Its sessions, in order of name.
    pub sessions: Vec<ListedSession>,
}

/// A session with what it was observed to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub session: Session,
    /// What was observed.
    pub observed: Observed,
}

/// What could be observed of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// This.
    Status(SessionStatus),
    /// The backend has no trace of it.
    Nothing,
    /// It was made by a backend that is not there now.
    BackendMissing,
}

impl Workspaces {
    /// Observes one session, as [`Workspaces::list`] observes all of them.
    ///
    /// # Errors
    ///
    /// When the backend fails.
    pub async fn observe(&self, found: &Found) -> Result<Observed, WorkspaceError> {
        if found.session.backend != self.backend.kind().as_str() {
            return Ok(Observed::BackendMissing);
        }
        let status = self.seen(found).await?;
        Ok(status.map_or(Observed::Nothing, Observed::Status))
    }

    /// Lists every workspace, in order of name, with what its sessions do.
    ///
    /// Looks at the backend once, however many there are. Changes nothing.
    ///
    /// # Errors
    ///
    /// When the database or the place where sessions are kept cannot be read.
    pub async fn list(&self) -> Result<Vec<ListedWorkspace>, WorkspaceError> {
        let rows = self.store.all().await?;
        let statuses = self.backend.list().await?;
        let mut by_session: HashMap<_, _> = statuses
            .into_iter()
            .map(|status| (status.session.clone(), status))
            .collect();
        let here = self.backend.kind().as_str();
        let list = rows
            .into_iter()
            .map(|(workspace, sessions)| ListedWorkspace {
                workspace,
                sessions: sessions
                    .into_iter()
                    .map(|session| ListedSession {
                        observed: observe(&mut by_session, &session, here),
                        session,
                    })
                    .collect(),
            });
        Ok(list.collect())
    }
}

fn observe(
    by_session: &mut HashMap<SessionId, SessionStatus>,
    session: &Session,
    here: &str,
) -> Observed {
    if session.backend != here {
        return Observed::BackendMissing;
    }
    by_session
        .remove(&session.id)
        .map_or(Observed::Nothing, Observed::Status)
}
