//! Makes the branch and the worktree of a workspace, and undoes that.
//!
//! What is about to be made is stored before it is made, so that after a crash it is known what may
//! be there. What was there before is never taken for it: a directory and a branch are made only if
//! they are not there, in one step each.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::id::WorkspaceId;

use super::{BRANCH_PREFIX, Repository};
use crate::{
    claim::Claim,
    git::{Call, GitError, words},
    record::Worktree,
    sys,
};

/// Names that are tried before it is given up.
const MAX_NUMBER: u32 = 1000;

impl Repository {
    /// Returns a directory below `below` that is not there, named after a workspace. Makes those
    /// above it.
    pub(crate) fn free_dir(&self, below: &Path, name: &str) -> Result<PathBuf, GitError> {
        let unusable = |source| GitError::File {
            action: "use the directory of worktrees",
            path: below.to_owned(),
            source,
        };
        sys::create_private_dir(below).map_err(unusable)?;
        let below = sys::real_path(below).map_err(unusable)?;
        let name = words::component(name);
        let candidates = (1..MAX_NUMBER).map(|number| below.join(words::numbered(&name, number)));
        let mut free = candidates.filter(|dir| fs::symlink_metadata(dir).is_err());
        let taken = || unusable(io::ErrorKind::AlreadyExists.into());
        free.next().ok_or_else(taken)
    }

    /// Returns a branch that is not there, named after a workspace.
    pub(crate) async fn free_branch(&self, name: &str) -> Result<String, GitError> {
        let name = format!("{BRANCH_PREFIX}{}", words::component(name));
        for number in 1..MAX_NUMBER {
            let branch = words::numbered(&name, number);
            if self.tip(&branch).await?.is_none() {
                return Ok(branch);
            }
        }
        Err(GitError::BranchThere { branch: name })
    }

    /// Makes a branch at a commit, unless there is one of the name.
    pub(crate) async fn make_branch(&self, branch: &str, base: &str) -> Result<(), GitError> {
        if self.tip(branch).await?.is_some() {
            let branch = branch.to_owned();
            return Err(GitError::BranchThere { branch });
        }
        let call = Call::new(
            format!("make the branch `{branch}`"),
            self.at(),
            "update-ref",
        )
        .args(["-m", "branch: made for a workspace of abide"])
        .args(["--create-reflog", "--end-of-options"])
        .args([&format!("refs/heads/{branch}"), base]);
        // The last word says that there must be none yet.
        call.arg("0".repeat(base.len())).run().await.map(drop)
    }

    /// Makes the worktree in a directory that is made for it, and marks it.
    pub(crate) async fn make_worktree(
        &self,
        dir: &Path,
        branch: &str,
        workspace: &WorkspaceId,
        claim: &Claim,
    ) -> Result<(), GitError> {
        fs::create_dir(dir).map_err(|source| GitError::File {
            action: "make",
            path: dir.to_owned(),
            source,
        })?;
        let call = Call::new("make the worktree", self.at(), "worktree")
            .args(["add", "--quiet", "--"])
            .args([dir.as_os_str(), branch.as_ref()]);
        call.with_hooks().holding(claim).run().await?;
        let desk = self.desk_at(dir)?;
        let action = "find the worktree that was made".to_owned();
        desk.ok_or(GitError::Unreadable { action })?.mark(workspace)
    }

    /// Lets a branch follow one of a remote.
    pub(crate) async fn follow(&self, branch: &str, upstream: &str) -> Result<(), GitError> {
        let call = Call::new("let the branch follow its remote", self.at(), "branch").args([
            "--set-upstream-to",
            upstream,
            "--",
            branch,
        ]);
        call.run().await.map(drop)
    }

    /// Takes away what was made, or begun to be made, for a workspace that never had a session.
    ///
    /// A branch that has more than it was made with stays, and so does a directory that git knows
    /// nothing of and that holds something.
    pub(crate) async fn unmake(
        &self,
        dir: &Path,
        worktree: &Worktree,
        workspace: &WorkspaceId,
        claim: &Claim,
    ) -> Result<(), GitError> {
        if worktree.owns_worktree {
            match self.desk_at(dir)? {
                Some(desk) => self.remove(&desk.dir, workspace, claim).await?,
                None => self.finish_removal(dir, workspace)?,
            }
            match fs::remove_dir(dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "left"),
                Ok(()) => {}
            }
        }
        match (worktree.owns_branch, &worktree.base) {
            (true, Some(base)) if self.tip(&worktree.branch).await?.as_ref() == Some(base) => {
                self.remove_branch(&worktree.branch, base).await
            }
            _ => Ok(()),
        }
    }
}
