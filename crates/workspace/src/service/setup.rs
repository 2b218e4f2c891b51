//! The stages of making a workspace of a repository, and their undoing.
//!
//! ```text
//! row ─► what is about to be made is stored ─► branch ─► worktree, marked as ours ─► session
//! ```
//!
//! The workspace's lock is held alone for all of it, also by git as long as that runs. So a row in
//! the state of creating whose lock is free was left by a process that is gone, and nothing works on
//! its worktree any more: the next entry undoes what is there of it and makes it anew.

mod again;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use abide_core::id::WorkspaceId;

use super::{Found, NewWorktree, Workspaces, listing::with_causes};
use crate::{
    claim::Claim,
    error::WorkspaceError,
    git::words,
    name::WorkspaceName,
    record::{Stage, StageOutcome, Workspace, WorkspaceState, Worktree},
    worktree::{BRANCH_PREFIX, Plan, Repository},
};

/// A worktree that is about to be made.
#[derive(Debug)]
pub(super) struct Planned {
    repository: Repository,
    plan: Plan,
    below: PathBuf,
}

impl Planned {
    /// Returns what a workspace is called that was given no name.
    pub(super) fn name(&self) -> WorkspaceName {
        let branch = self.plan.branch.as_deref();
        let last = branch.and_then(|branch| branch.rsplit('/').next());
        let name = last.map(OsStr::new).or(self.repository.shown().file_name());
        WorkspaceName::of_directory(name)
    }

    /// Writes down what is planned; nothing of it is there yet.
    pub(super) fn put_into(&self, workspace: &mut Workspace) {
        let name = words::component(workspace.name.as_str());
        let own = || format!("{BRANCH_PREFIX}{name}");
        workspace.dir = self.below.join(&name);
        workspace.stage = Some(Stage::MakeWorktree);
        workspace.worktree = Some(Worktree {
            repo: self.repository.shown().to_owned(),
            branch: self.plan.branch.clone().unwrap_or_else(own),
            base: self.plan.base.clone(),
            owns_worktree: false,
            owns_branch: false,
        });
    }
}

impl Workspaces {
    /// Decides what a worktree is made of. Changes nothing.
    pub(super) async fn plan(
        &self,
        dir: &Path,
        wanted: &NewWorktree,
    ) -> Result<Planned, WorkspaceError> {
        if !wanted.below.is_absolute() {
            let path = wanted.below.clone();
            return Err(WorkspaceError::RelativeDirectory { path });
        }
        let repository = Repository::around(dir).await?;
        let (branch, from) = (wanted.branch.as_deref(), wanted.from.as_deref());
        let plan = repository.plan(dir, branch, from).await?;
        let below = wanted.below.clone();
        Ok(Planned {
            repository,
            plan,
            below,
        })
    }

    /// Makes the worktree of a workspace that is being made.
    pub(super) async fn set_up(
        &self,
        workspace: &mut Workspace,
        planned: &Planned,
        claim: &Claim,
    ) -> Result<(), WorkspaceError> {
        self.begin_stage(&workspace.id, Stage::MakeWorktree).await?;
        let made = self.make(workspace, planned, claim).await;
        let problem = made.as_ref().err().map(|error| with_causes(error));
        let outcome = problem.as_deref().map_or(Ok(()), Err);
        self.end_stage(&workspace.id, Stage::MakeWorktree, outcome)
            .await?;
        made
    }

    async fn make(
        &self,
        workspace: &mut Workspace,
        planned: &Planned,
        claim: &Claim,
    ) -> Result<(), WorkspaceError> {
        let Planned {
            repository, plan, ..
        } = planned;
        let name = workspace.name.as_str();
        let dir = repository.free_dir(&planned.below, name)?;
        let branch = match &plan.branch {
            Some(branch) => branch.clone(),
            None => repository.free_branch(name).await?,
        };
        if let Some(base) = &plan.base
            && repository.tip(&branch).await?.is_some()
        {
            tracing::debug!(%branch, %base, "the branch came meanwhile");
            return Err(crate::git::GitError::BranchThere { branch }.into());
        }
        let worktree = Worktree {
            repo: repository.shown().to_owned(),
            branch: branch.clone(),
            base: plan.base.clone(),
            owns_worktree: true,
            owns_branch: plan.base.is_some(),
        };
        self.store_worktree(workspace, dir, worktree).await?;
        self.probe.reached("setup.stored");
        if let Some(base) = &plan.base
            && let Err(error) = repository.make_branch(&branch, base).await
        {
            self.disown_branch(workspace).await?;
            return Err(error.into());
        }
        self.probe.reached("setup.branch");
        let (dir, id) = (&workspace.dir, &workspace.id);
        repository.make_worktree(dir, &branch, id, claim).await?;
        if let Some(upstream) = &plan.upstream {
            repository.follow(&branch, upstream).await?;
        }
        self.probe.reached("setup.worktree");
        Ok(())
    }

    pub(super) async fn store_worktree(
        &self,
        workspace: &mut Workspace,
        dir: PathBuf,
        worktree: Worktree,
    ) -> Result<(), WorkspaceError> {
        let id = workspace.id.clone();
        let stored = (dir.clone(), worktree.clone());
        self.store.set_worktree(id, stored.0, stored.1).await?;
        workspace.dir = dir;
        workspace.worktree = Some(worktree);
        Ok(())
    }

    /// Stores that the branch is not ours: somebody made one of its name first.
    async fn disown_branch(&self, workspace: &mut Workspace) -> Result<(), WorkspaceError> {
        let dir = workspace.dir.clone();
        match workspace.worktree.clone() {
            Some(worktree) => {
                let owns_branch = false;
                let worktree = Worktree {
                    owns_branch,
                    ..worktree
                };
                self.store_worktree(workspace, dir, worktree).await
            }
            None => Ok(()),
        }
    }

    /// Takes away all that was made for a workspace whose making failed, and says why it failed.
    pub(super) async fn give_up(
        &self,
        found: Found,
        stage: Stage,
        error: WorkspaceError,
        claim: Claim,
    ) -> WorkspaceError {
        let Found { workspace, .. } = found;
        let name = workspace.name.clone();
        let had_worktree = workspace.worktree.is_some();
        if let Err(undone) = self.unmake(&workspace, &claim).await {
            let problem = format!(
                "{}; and what was made could not be taken away: {}",
                with_causes(&error),
                with_causes(&undone)
            );
            let (id, now) = (workspace.id.clone(), self.clock.now());
            let state = WorkspaceState::Error;
            // What cannot be stored is found as interrupted by the next command.
            let _ = self.store.set_state(id, state, Some(problem), now).await;
            let source = Box::new(error);
            return WorkspaceError::Stuck {
                name,
                stage,
                source,
            };
        }
        if let Err(error) = self.store.delete(workspace.id.clone()).await {
            return error.into();
        }
        claim.forget();
        match had_worktree {
            true => WorkspaceError::NotMade {
                name,
                stage,
                source: Box::new(error),
            },
            false => error,
        }
    }

    /// Takes away the worktree and the branch that were made for a workspace without sessions.
    pub(super) async fn unmake(
        &self,
        workspace: &Workspace,
        claim: &Claim,
    ) -> Result<(), WorkspaceError> {
        let Some(worktree) = &workspace.worktree else {
            return Ok(());
        };
        let repository = Repository::stored(&worktree.repo);
        let (dir, id) = (&workspace.dir, &workspace.id);
        Ok(repository.unmake(dir, worktree, id, claim).await?)
    }

    pub(super) async fn begin_stage(
        &self,
        id: &WorkspaceId,
        stage: Stage,
    ) -> Result<(), WorkspaceError> {
        let now = self.clock.now();
        Ok(self.store.enter_stage(id.clone(), stage, now).await?)
    }

    pub(super) async fn end_stage(
        &self,
        id: &WorkspaceId,
        stage: Stage,
        outcome: Result<(), &str>,
    ) -> Result<(), WorkspaceError> {
        let outcome = match outcome {
            Ok(()) => StageOutcome::Done,
            Err(problem) => StageOutcome::Failed {
                problem: problem.to_owned(),
            },
        };
        let now = self.clock.now();
        let id = id.clone();
        Ok(self.store.leave_stage(id, stage, outcome, now).await?)
    }
}
