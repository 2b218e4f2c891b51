//! Lists workspaces with what their sessions do, from one look at each backend that they need; and
//! observes one session, by asking it.

use std::{collections::HashMap, error::Error};

use abide_core::{
    backend::{Alive, BackendKind, Listed, Running, SessionStatus},
    id::SessionId,
};

use super::{Found, Workspaces, backend::was_started, place};
use crate::{
    error::WorkspaceError,
    record::{Session, StageRecord, StoredBackend, Workspace},
    store::Rows,
};

/// A workspace with its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// Its sessions, in order of name.
    pub sessions: Vec<ListedSession>,
    /// Whether its directory is not there any more; false if that cannot be told soon.
    pub is_dir_gone: bool,
}

/// A session with what it was seen to do, without being asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub session: Session,
    /// What was seen.
    pub observed: Observed<Alive>,
}

/// What could be observed of a session; the parameter is as in [`SessionStatus`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed<R = Running> {
    /// This.
    Status(SessionStatus<R>),
    /// The backend has no trace of it.
    Nothing,
    /// Nothing: the backend that made it cannot be used now, or could not be asked.
    Unavailable {
        /// Why not.
        reason: String,
    },
}

/// What every session of one backend does, or why that cannot be told.
pub(super) type Sight = Result<HashMap<SessionId, Listed>, String>;

impl Workspaces {
    /// Observes one session by asking it, which [`Workspaces::list`] does not.
    ///
    /// # Errors
    ///
    /// When the backend fails although it can be used.
    pub async fn observe(&self, found: &Found) -> Result<Observed, WorkspaceError> {
        match self.seen(found).await {
            Ok(status) => Ok(status.map_or(Observed::Nothing, Observed::Status)),
            Err(
                error @ (WorkspaceError::BackendUnusable { .. }
                | WorkspaceError::BackendUnknown { .. }
                | WorkspaceError::BackendUnsettled { .. }),
            ) => Ok(Observed::Unavailable {
                reason: with_causes(&error),
            }),
            Err(error) => Err(error),
        }
    }

    /// Lists every workspace, in order of name, with what its sessions do as locks and files tell.
    ///
    /// Looks at each backend once, however many sessions there are, and at none that no session
    /// needs. One that cannot be used costs the list nothing but its own sessions' states. Directories
    /// are looked for meanwhile, and those that take too long count as there. No session is asked, so one that hangs is shown as running; [`Workspaces::observe`] asks it. Changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<ListedWorkspace>, WorkspaceError> {
        let rows = self.store.all().await?;
        let needs = |kind| rows.iter().flat_map(|(_, all)| all).any(needs(kind));
        let (needs_owner, needs_tmux) = (needs(BackendKind::Owner), needs(BackendKind::Tmux));
        let dirs = rows.iter().map(|(workspace, _)| workspace.dir.clone());
        let (owner, tmux, gone) = tokio::join!(
            self.sight(BackendKind::Owner, needs_owner),
            self.sight(BackendKind::Tmux, needs_tmux),
            place::gone_among(dirs.collect()),
        );
        let mut sights = Sights { owner, tmux };
        let rows = rows.into_iter().zip(gone);
        let listed = rows.map(|(rows, is_dir_gone)| sights.listed(rows, is_dir_gone));
        Ok(listed.collect())
    }

    /// Returns the stages that a workspace's making or deleting went through, in order.
    ///
    /// # Errors
    ///
    /// When what is remembered cannot be read.
    pub async fn stages(&self, workspace: &Workspace) -> Result<Vec<StageRecord>, WorkspaceError> {
        Ok(self.store.stages(workspace.id.clone()).await?)
    }

    /// Looks at every session of a backend, if that is needed.
    async fn sight(&self, kind: BackendKind, is_needed: bool) -> Option<Sight> {
        match is_needed {
            true => Some(self.look(kind).await),
            false => None,
        }
    }

    /// Looks at every session of a backend.
    pub(super) async fn look(&self, kind: BackendKind) -> Sight {
        let usable = self.backends.get(kind).await;
        let usable = usable.map_err(|error| {
            let reason = with_causes(&error);
            format!("the backend `{kind}` cannot be used: {reason}")
        })?;
        let statuses = usable.backend.list().await;
        let statuses = statuses.map_err(|error| {
            let reason = with_causes(&error);
            format!("the backend `{kind}` could not be asked: {reason}")
        })?;
        let by_session = |listed: Listed| (listed.session.clone(), listed);
        Ok(statuses.into_iter().map(by_session).collect())
    }
}

/// Says whether a session's state may have to be asked of this backend.
fn needs(kind: BackendKind) -> impl Fn(&Session) -> bool {
    move |session| match &session.backend {
        Some(StoredBackend::Known(stored)) => *stored == kind,
        Some(StoredBackend::Unknown(_)) => false,
        None => true,
    }
}

/// What was seen of each backend; nothing of one that was not needed.
struct Sights {
    owner: Option<Sight>,
    tmux: Option<Sight>,
}

impl Sights {
    fn listed(&mut self, (workspace, sessions): Rows, is_dir_gone: bool) -> ListedWorkspace {
        let listed = sessions.into_iter().map(|session| ListedSession {
            observed: self.of(&session),
            session,
        });
        ListedWorkspace {
            sessions: listed.collect(),
            is_dir_gone: is_dir_gone && place::is_settled(&workspace),
            workspace,
        }
    }

    fn of(&mut self, session: &Session) -> Observed<Alive> {
        match &session.backend {
            Some(StoredBackend::Known(BackendKind::Owner)) => take(&mut self.owner, session),
            Some(StoredBackend::Known(BackendKind::Tmux)) => take(&mut self.tmux, session),
            Some(StoredBackend::Unknown(name)) => Observed::Unavailable {
                reason: format!(
                    "this release does not know the backend `{}`",
                    name.escape_debug()
                ),
            },
            None => match (
                take(&mut self.owner, session),
                take(&mut self.tmux, session),
            ) {
                (seen @ Observed::Status(_), _) | (_, seen @ Observed::Status(_)) => seen,
                (blind @ Observed::Unavailable { .. }, _)
                | (_, blind @ Observed::Unavailable { .. })
                    if was_started(session) =>
                {
                    blind
                }
                (Observed::Nothing | Observed::Unavailable { .. }, _) => Observed::Nothing,
            },
        }
    }
}

fn take(sight: &mut Option<Sight>, session: &Session) -> Observed<Alive> {
    match sight {
        Some(Ok(statuses)) => statuses
            .remove(&session.id)
            .map_or(Observed::Nothing, Observed::Status),
        Some(Err(reason)) => Observed::Unavailable {
            reason: reason.clone(),
        },
        None => Observed::Nothing,
    }
}

/// Says an error with everything beneath it, in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", with_causes(source)),
        None => error.to_string(),
    }
}
