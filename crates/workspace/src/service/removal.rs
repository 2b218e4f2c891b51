//! Takes away the worktree and the branch that were made for a workspace that is being deleted.

use super::{
    Workspaces,
    delete::{Force, Recovered},
    listing::with_causes,
};
use crate::{
    claim::Claim,
    error::{Unkept, WorkspaceError},
    git::{GitError, words},
    record::{Stage, Workspace, WorkspaceState, Worktree},
    worktree::{Desk, Keeping, Repository, Work},
};

/// What there is of a workspace in its repository.
#[derive(Debug)]
pub(super) struct Site {
    repository: Repository,
    worktree: Worktree,
    force: Force,
    desk: Option<Desk>,
    left: Vec<String>,
}

/// Tells whether a deletion got so far that a worktree may be gone.
pub(super) fn was_removing(workspace: &Workspace) -> bool {
    matches!(
        workspace.stage,
        Some(Stage::RemoveWorktree | Stage::RemoveBranch)
    )
}

impl Workspaces {
    /// Looks at what is to be taken away; refuses to lose work unless that is forced. Changes nothing.
    pub(super) async fn survey(
        &self,
        workspace: &Workspace,
        force: Force,
    ) -> Result<Option<Site>, WorkspaceError> {
        let Some(worktree) = workspace.worktree.clone() else {
            return Ok(None);
        };
        let repository = Repository::stored(&worktree.repo);
        let mut site = Site {
            repository,
            worktree,
            force,
            desk: None,
            left: Vec::new(),
        };
        let dir = workspace.dir.display();
        if !site.repository.is_there() {
            let repo = site.worktree.repo.display();
            let what = format!("`{dir}` was left as it is: its repository `{repo}` is gone");
            site.left.push(what);
            return Ok(Some(site));
        }
        site.desk = site.find_desk(workspace)?;
        let Some(desk) = &site.desk else {
            if workspace.dir.exists() && site.worktree.owns_worktree {
                let what =
                    format!("`{dir}` was left as it is: it is not the worktree that was made");
                site.left.push(what);
            }
            return Ok(Some(site));
        };
        if let Some(reason) = desk.locked.clone() {
            let dir = desk.dir.clone();
            return Err(GitError::Locked { dir, reason }.into());
        }
        if force == Force::No {
            refuse_work(workspace, desk, site.repository.work(desk).await?)?;
        }
        Ok(Some(site))
    }

    /// Takes away what there is of a workspace that was never made to the end.
    pub(super) async fn unmake_or_stay(
        &self,
        workspace: &Workspace,
        claim: &Claim,
    ) -> Result<(), WorkspaceError> {
        let unmade = self.unmake(workspace, claim).await;
        match unmade {
            Ok(()) => Ok(()),
            Err(error) => Err(self.stay(workspace, Stage::MakeWorktree, error).await?),
        }
    }

    /// Takes away what there is; stays in error at the stage that fails.
    pub(super) async fn clear(
        &self,
        workspace: &Workspace,
        mut site: Site,
        claim: &Claim,
    ) -> Result<(Option<Recovered>, Vec<String>), WorkspaceError> {
        let mut stage = Stage::KeepWork;
        let cleared = self
            .clear_in_stages(workspace, &mut site, claim, &mut stage)
            .await;
        match cleared {
            Ok(recovered) => Ok((recovered, site.left)),
            Err(error) => Err(self.stay(workspace, stage, error).await?),
        }
    }

    /// Stores that a deletion stopped at a stage, and returns what to say of it.
    async fn stay(
        &self,
        workspace: &Workspace,
        stage: Stage,
        error: WorkspaceError,
    ) -> Result<WorkspaceError, WorkspaceError> {
        let problem = with_causes(&error);
        self.end_stage(&workspace.id, stage.clone(), Err(&problem))
            .await?;
        let problem = Some(format!("deleting it stopped at {stage}: {problem}"));
        self.set_state(workspace, WorkspaceState::Error, problem)
            .await?;
        Ok(WorkspaceError::Stuck {
            name: workspace.name.clone(),
            stage,
            source: Box::new(error),
        })
    }

    async fn clear_in_stages(
        &self,
        workspace: &Workspace,
        site: &mut Site,
        claim: &Claim,
        stage: &mut Stage,
    ) -> Result<Option<Recovered>, WorkspaceError> {
        let id = &workspace.id;
        let own = site.own_branch().await?;
        let kept = match site.force {
            Force::Yes => {
                if !was_removing(workspace) {
                    self.begin_stage(id, Stage::KeepWork).await?;
                }
                self.keep_work(workspace, site, own.as_ref()).await?
            }
            Force::No => None,
        };
        let kept = kept.or_else(|| workspace.recovery.clone());
        self.probe.reached("delete.kept");
        *stage = Stage::KeepRecords;
        self.keep_records(workspace, site).await?;
        self.probe.reached("delete.recorded");
        *stage = Stage::RemoveWorktree;
        self.begin_stage(id, Stage::RemoveWorktree).await?;
        self.remove_worktree(workspace, site, claim).await?;
        self.end_stage(id, Stage::RemoveWorktree, Ok(())).await?;
        self.probe.reached("delete.worktree");
        *stage = Stage::RemoveBranch;
        self.begin_stage(id, Stage::RemoveBranch).await?;
        if let Some(own) = own {
            site.remove_branch(&own).await?;
        }
        self.end_stage(id, Stage::RemoveBranch, Ok(())).await?;
        self.probe.reached("delete.branch");
        Ok(kept.map(|reference| recovered(workspace, site, reference)))
    }

    /// Keeps what is nowhere else, and stores where.
    async fn keep_work(
        &self,
        workspace: &Workspace,
        site: &Site,
        own: Option<&Own>,
    ) -> Result<Option<String>, WorkspaceError> {
        let Some(desk) = &site.desk else {
            return Ok(None);
        };
        let work = site.repository.work(desk).await?;
        let keeping = Keeping {
            name: workspace.name.as_str(),
            branch: own.filter(|own| own.has_own_commits).map(|own| &*own.tip),
            now: self.clock.now(),
        };
        let kept = site.repository.keep(desk, &work, keeping).await?;
        self.probe.reached("delete.keeping");
        if let Some(reference) = kept.clone() {
            let id = workspace.id.clone();
            self.store.set_recovery(id, reference).await?;
        }
        self.end_stage(&workspace.id, Stage::KeepWork, Ok(()))
            .await?;
        Ok(kept)
    }

    /// Keeps what is recorded in a worktree that is about to go. With force, what cannot be kept is
    /// said and goes.
    async fn keep_records(
        &self,
        workspace: &Workspace,
        site: &mut Site,
    ) -> Result<(), WorkspaceError> {
        // Of a worktree that was set aside before they were kept then.
        let is_there = |desk: &&Desk| workspace.record && desk.has_files();
        let Some(desk) = site.desk.as_ref().filter(is_there) else {
            return Ok(());
        };
        if !was_removing(workspace) {
            self.begin_stage(&workspace.id, Stage::KeepRecords).await?;
        }
        let kept = self.keep_records_of(workspace, &desk.dir).await;
        let lost = match (kept, site.force) {
            (Ok(()), _) => None,
            (Err(error), Force::No) => return Err(error),
            (Err(error), Force::Yes) => Some(with_causes(&error)),
        };
        let outcome = lost.as_deref().map_or(Ok(()), Err);
        self.end_stage(&workspace.id, Stage::KeepRecords, outcome)
            .await?;
        let lost = lost.map(|problem| format!("its records went with it: {problem}"));
        site.left.extend(lost);
        Ok(())
    }

    async fn remove_worktree(
        &self,
        workspace: &Workspace,
        site: &Site,
        claim: &Claim,
    ) -> Result<(), WorkspaceError> {
        if !site.worktree.owns_worktree {
            return Ok(());
        }
        let (repository, id) = (&site.repository, &workspace.id);
        let dir = match &site.desk {
            Some(desk) => &desk.dir,
            None => &workspace.dir,
        };
        if site.desk.is_some() {
            if *dir != workspace.dir {
                // It was moved; what is left of it must be found from here.
                let (dir, worktree) = (dir.clone(), site.worktree.clone());
                self.store.set_worktree(id.clone(), dir, worktree).await?;
            }
            repository.set_aside(dir, id)?;
            self.probe.reached("delete.aside");
            repository.forget(dir, claim).await?;
            self.probe.reached("delete.forgotten");
        }
        Ok(repository.finish_removal(dir, id)?)
    }
}

/// A branch that was made for a workspace.
#[derive(Debug)]
struct Own {
    branch: String,
    tip: String,
    has_own_commits: bool,
}

impl Site {
    fn find_desk(&self, workspace: &Workspace) -> Result<Option<Desk>, GitError> {
        if !self.worktree.owns_worktree {
            return Ok(None);
        }
        self.repository.desk_of(&workspace.id)
    }

    /// Looks at the branch that was made for the workspace, if it is still there.
    async fn own_branch(&self) -> Result<Option<Own>, GitError> {
        if !self.worktree.owns_branch || !self.repository.is_there() {
            return Ok(None);
        }
        let branch = self.worktree.branch.clone();
        let Some(tip) = self.repository.tip(&branch).await? else {
            return Ok(None);
        };
        let own = self.repository.commits_nowhere_else(&tip, Some(&branch));
        let has_own_commits = !own.await?.is_empty();
        Ok(Some(Own {
            branch,
            tip,
            has_own_commits,
        }))
    }

    /// Removes the branch, unless it is in use elsewhere, or has commits that would be lost.
    async fn remove_branch(&mut self, own: &Own) -> Result<(), GitError> {
        let Own { branch, tip, .. } = own;
        if let Some(place) = self.repository.place_of(branch).await? {
            let place = place.display();
            let what = format!("branch `{branch}` was left: it is checked out at `{place}`");
            self.left.push(what);
            return Ok(());
        }
        let is_kept = self.force == Force::Yes && self.desk.is_some();
        if own.has_own_commits && !is_kept {
            let what = format!("branch `{branch}` was left: it has commits that are nowhere else");
            self.left.push(what);
            return Ok(());
        }
        self.repository.remove_branch(branch, tip).await
    }
}

/// Tells whether a workspace has a worktree that was never made to the end.
pub(super) fn was_making(workspace: &Workspace) -> bool {
    workspace.worktree.is_some() && workspace.stage == Some(Stage::MakeWorktree)
}

fn refuse_work(workspace: &Workspace, desk: &Desk, work: Work) -> Result<(), WorkspaceError> {
    match work.is_some() {
        false => Ok(()),
        true => Err(WorkspaceError::HasWork {
            name: workspace.name.clone(),
            dir: desk.dir.clone(),
            work: Box::new(Unkept {
                files: work.files,
                repositories: work.inner,
                commits: work.commits,
            }),
        }),
    }
}

fn recovered(workspace: &Workspace, site: &Site, reference: String) -> Recovered {
    let quoted = |path: &std::path::Path| words::quoted(&path.to_string_lossy());
    let dir = match &site.desk {
        Some(desk) => &desk.dir,
        None => &workspace.dir,
    };
    let (repo, dir) = (quoted(site.repository.shown()), quoted(dir));
    let command = format!("git -C {repo} worktree add --detach {dir} {reference}");
    Recovered { reference, command }
}
