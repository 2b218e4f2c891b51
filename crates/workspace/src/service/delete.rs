//! Deletes a workspace.
//!
//! ```text
//! starts are shut out ─► work is looked for ─► sessions end ─► work is kept, if forced
//!                     ─► worktree ─► own branch ─► rows
//! ```
//!
//! Every step can be repeated. One that fails keeps the rows, so nothing runs on unlisted. The
//! directory of a workspace that was not made of a repository stays as it is.

use abide_core::{
    backend::{SessionState, SessionStatus},
    limits,
};

use super::{
    Found, Workspaces,
    listing::with_causes,
    missed,
    removal::{was_making, was_removing},
};
use crate::{
    error::WorkspaceError,
    lookup::Miss,
    name::Target,
    record::{Stage, Workspace, WorkspaceState},
};

/// Whether a deletion may end what runs, and take away what is nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// Refuse while a session runs, and while there is work that is nowhere else.
    No,
    /// End the one, and keep the other.
    Yes,
}

/// Work that was kept when its worktree was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The ref that holds it.
    pub reference: String,
    /// A command, for a shell, that brings it back into the directory that it was in.
    pub command: String,
}

/// A workspace that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// What it was.
    pub workspace: Workspace,
    /// Where its work was kept, if there was some.
    pub recovered: Option<Recovered>,
    /// What was left, and why: a sentence each.
    pub left: Vec<String>,
}

impl Workspaces {
    /// Deletes the workspace that a person named, with all its sessions, and the worktree and the
    /// branch that were made for it. Any other directory stays, and so does any other branch.
    ///
    /// With force, work that is nowhere else is kept first. If the future is dropped, the workspace
    /// stays in error; delete it again.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::Running`] when a session may run, and [`WorkspaceError::HasWork`] when the
    /// worktree has work that is nowhere else, and that was not to be forced: nothing is changed.
    /// Otherwise when a session cannot be ended, its record not be completed
    /// ([`WorkspaceError::RecordIncomplete`]) or its remains not be taken away: the workspace is then
    /// as it was, less what was ended. [`WorkspaceError::Stuck`] when a later stage fails:
    /// the workspace stays in error, and deleting it again goes on.
    pub async fn delete(&self, target: &Target, force: Force) -> Result<Deleted, WorkspaceError> {
        let workspace = self.resolve(target).await?.workspace;
        let claim = self.claim_alone(&workspace)?;
        let Some((workspace, sessions)) = self.store.one(workspace.id.clone()).await? else {
            claim.forget();
            return Err(missed("workspace", workspace.name.as_str(), Miss::Unknown));
        };
        let sessions: Vec<_> = sessions
            .into_iter()
            .map(|session| Found {
                workspace: workspace.clone(),
                session,
            })
            .collect();
        if force == Force::No {
            self.refuse_running(&sessions).await?;
        }
        // What never came to its first session has no work in it.
        let site = match was_making(&workspace) {
            true => None,
            false => self.survey(&workspace, force).await?,
        };
        let place = self.keepers_place(&workspace);
        let id = workspace.id.clone();
        let (before, problem) = (workspace.state, workspace.problem.clone());
        // A deletion that goes on stays in the stage that it got to, until it is past that.
        self.set_state(&workspace, WorkspaceState::Deleting, None)
            .await?;
        if !was_removing(&workspace) && !was_making(&workspace) {
            self.begin_stage(&id, Stage::StopSessions).await?;
        }
        self.probe.reached("delete.blocked");
        if let Err(error) = self.end_all(&sessions, force).await {
            let said = with_causes(&error);
            self.end_stage(&id, Stage::StopSessions, Err(&said)).await?;
            self.set_state(&workspace, before, problem).await?;
            return Err(error);
        }
        self.end_stage(&id, Stage::StopSessions, Ok(())).await?;
        self.probe.reached("delete.stopped");
        let (recovered, left) = match site {
            Some(site) => self.clear(&workspace, site, &claim).await?,
            None if was_making(&workspace) => {
                self.unmake_or_stay(&workspace, &claim).await?;
                (None, Vec::new())
            }
            None => (None, Vec::new()),
        };
        self.store.delete(id).await?;
        self.forget_keepers(&workspace, &sessions, place).await;
        claim.forget();
        tracing::info!(workspace = %workspace.id, "deleted");
        Ok(Deleted {
            workspace,
            recovered,
            left,
        })
    }

    async fn refuse_running(&self, sessions: &[Found]) -> Result<(), WorkspaceError> {
        for found in sessions {
            let Some(doing) = self.seen(found).await?.as_ref().and_then(doing) else {
                continue;
            };
            return Err(WorkspaceError::Running {
                name: found.workspace.name.clone(),
                session: found.session.name.to_string(),
                doing,
            });
        }
        Ok(())
    }

    async fn end_all(&self, sessions: &[Found], force: Force) -> Result<(), WorkspaceError> {
        for found in sessions {
            let backend = self.backend_of(found).await?;
            let id = &found.session.id;
            let Some(status) = self.seen(found).await? else {
                self.complete_record(found, force).await?;
                continue;
            };
            let generation = status.generation;
            let report = backend.stop(id, generation, limits::STOP_GRACE).await?;
            if !report.survivors.is_empty() {
                return Err(WorkspaceError::Survivors {
                    target: found.target(),
                    survivors: report.survivors,
                });
            }
            self.complete_record(found, force).await?;
            backend.remove(id, generation).await?;
        }
        Ok(())
    }

    pub(super) async fn set_state(
        &self,
        workspace: &Workspace,
        state: WorkspaceState,
        problem: Option<String>,
    ) -> Result<(), WorkspaceError> {
        let now = self.clock.now();
        let id = workspace.id.clone();
        Ok(self.store.set_state(id, state, problem, now).await?)
    }
}

/// Says what a session does that would have to end; `None` for one that has ended.
pub(super) fn doing(status: &SessionStatus) -> Option<&'static str> {
    match status.state {
        SessionState::Starting => Some("is being started"),
        SessionState::Running(_) => Some("runs"),
        SessionState::Unresponsive { .. } => Some("does not answer and may run"),
        SessionState::Ended(_) => None,
    }
}
