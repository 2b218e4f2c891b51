//! Goes on with a workspace whose making or deleting stopped, when somebody enters it.

use abide_core::id::WorkspaceId;

use super::Planned;
use crate::{
    error::WorkspaceError,
    record::{Stage, Workspace, WorkspaceState},
    service::Workspaces,
    worktree::{BRANCH_PREFIX, Plan, Repository},
};

impl Workspaces {
    /// Goes on with a workspace whose making or deleting stopped, as far as its directory goes.
    pub(in crate::service) async fn go_on(
        &self,
        workspace: &Workspace,
    ) -> Result<(), WorkspaceError> {
        if workspace.state != WorkspaceState::Error || workspace.worktree.is_none() {
            return Ok(());
        }
        match &workspace.stage {
            Some(Stage::MakeWorktree) => self.make_again(&workspace.id).await,
            Some(Stage::RemoveWorktree | Stage::RemoveBranch) => self.bring_back(workspace).await,
            None
            | Some(
                Stage::StartSession
                | Stage::StopSessions
                | Stage::KeepWork
                | Stage::KeepRecords
                | Stage::Unknown(_),
            ) => Ok(()),
        }
    }

    async fn make_again(&self, id: &WorkspaceId) -> Result<(), WorkspaceError> {
        let Some((mut workspace, _)) = self.store.one(id.clone()).await? else {
            return Ok(());
        };
        let claim = self.claim_alone(&workspace)?;
        // Somebody may have gone on with it, or deleted it, until the lock was had.
        match self.store.one(id.clone()).await? {
            Some((now, _)) if now.stage == Some(Stage::MakeWorktree) => workspace = now,
            _ => return Ok(()),
        }
        let Some(worktree) = workspace.worktree.clone() else {
            return Ok(());
        };
        self.unmake(&workspace, &claim).await?;
        let is_named = worktree.base.is_none() || !worktree.branch.starts_with(BRANCH_PREFIX);
        let planned = Planned {
            repository: Repository::stored(&worktree.repo),
            plan: Plan {
                branch: is_named.then_some(worktree.branch),
                base: worktree.base,
                upstream: None,
            },
            below: match workspace.dir.parent() {
                Some(below) => below.to_owned(),
                None => workspace.dir.clone(),
            },
        };
        let made = self.set_up(&mut workspace, &planned, &claim).await;
        made.map_err(|error| WorkspaceError::Stuck {
            name: workspace.name.clone(),
            stage: Stage::MakeWorktree,
            source: Box::new(error),
        })?;
        self.begin_stage(id, Stage::StartSession).await
    }

    /// Puts a worktree back that a deletion had set aside, if git still knows it.
    async fn bring_back(&self, workspace: &Workspace) -> Result<(), WorkspaceError> {
        let claim = self.claim_alone(workspace)?;
        let half_deleted = || WorkspaceError::HalfDeleted {
            name: workspace.name.clone(),
        };
        let worktree = workspace.worktree.as_ref().ok_or_else(half_deleted)?;
        let repository = Repository::stored(&worktree.repo);
        let desk = repository.desk_of(&workspace.id)?;
        let desk = desk.ok_or_else(half_deleted)?;
        repository.put_back(&desk.dir, &workspace.id)?;
        drop(claim);
        match desk.has_files() {
            true => Ok(()),
            false => Err(half_deleted()),
        }
    }
}
