//! What orphans need: which sessions the rows know, and rows for one that they do not.

use std::collections::HashSet;

use abide_core::id::{SessionId, WorkspaceId};

use super::{Naming, Store, StoreError, sessions, workspaces};
use crate::record::{Session, Workspace};

impl Store {
    /// Adds a workspace for a session that there is, unless some workspace has the session.
    ///
    /// An id of a workspace that is taken gives way to a new one.
    pub(crate) async fn adopt(
        &self,
        mut workspace: Workspace,
        naming: Naming,
        mut session: Session,
    ) -> Result<(Workspace, Session), StoreError> {
        self.write("add a workspace", move |rows| {
            if let Some(owner) = sessions::workspace_of(rows, &session.id)? {
                let name = workspaces::one(rows, &owner)?.map(|workspace| workspace.name);
                let session = session.id;
                return Err(StoreError::SessionTaken { session, name });
            }
            if workspaces::is_there(rows, &workspace.id)? {
                workspace.id = WorkspaceId::random();
                session.workspace = workspace.id.clone();
            }
            workspace.name = workspaces::choose_name(rows, naming)?;
            workspaces::insert(rows, &workspace)?;
            sessions::insert(rows, &session)?;
            Ok((workspace, session))
        })
        .await
    }

    /// Returns the ids of all sessions.
    pub(crate) async fn session_ids(&self) -> Result<HashSet<SessionId>, StoreError> {
        self.read("read the sessions", |rows| Ok(sessions::ids(rows)?))
            .await
    }

    /// Returns the workspace that a session belongs to; `None` if no row knows it.
    pub(crate) async fn workspace_of(
        &self,
        session: SessionId,
    ) -> Result<Option<Workspace>, StoreError> {
        self.read(
            "read a session",
            move |rows| match sessions::workspace_of(rows, &session)? {
                Some(id) => Ok(workspaces::one(rows, &id)?),
                None => Ok(None),
            },
        )
        .await
    }
}
