//! What orphans need: which workspace has a session, and rows for one that no workspace has.

use abide_core::id::{SessionId, WorkspaceId};
use rusqlite::Transaction;

use super::{Naming, StoreError, fault::Fault, sessions, workspaces};
use crate::record::{Session, Workspace};

/// Adds a workspace for a session, unless some workspace has the session.
pub(super) fn adopt(
    rows: &Transaction<'_>,
    mut workspace: Workspace,
    naming: Naming,
    mut session: Session,
) -> Result<(Workspace, Session), Fault> {
    if let Some(owner) = sessions::workspace_of(rows, &session.id)? {
        let name = workspaces::one(rows, &owner)?.map(|workspace| workspace.name);
        let session = session.id;
        return Err(StoreError::SessionTaken { session, name }.into());
    }
    if workspaces::is_there(rows, &workspace.id)? {
        workspace.id = WorkspaceId::random();
        session.workspace = workspace.id.clone();
    }
    workspace.name = workspaces::choose_name(rows, naming)?;
    workspaces::insert(rows, &workspace)?;
    sessions::insert(rows, &session)?;
    Ok((workspace, session))
}

/// Returns the workspace that a session belongs to.
pub(super) fn workspace_of(
    rows: &Transaction<'_>,
    session: &SessionId,
) -> Result<Option<Workspace>, Fault> {
    match sessions::workspace_of(rows, session)? {
        Some(id) => Ok(workspaces::one(rows, &id)?),
        None => Ok(None),
    }
}
