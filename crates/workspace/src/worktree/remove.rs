//! Takes a worktree away, and a branch.
//!
//! The directory is first renamed to a name of ours beside it: in one step it is there whole, or it
//! is not there for anybody. Git then forgets it, and what was renamed is removed. A removal that was
//! interrupted goes on from whichever of these it got to.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::id::WorkspaceId;

use super::Repository;
use crate::{
    claim::Claim,
    git::{Call, GitError},
    sys,
};

impl Repository {
    /// Removes a worktree with all that is in it, or goes on with that.
    pub(crate) async fn remove(
        &self,
        dir: &Path,
        workspace: &WorkspaceId,
        claim: &Claim,
    ) -> Result<(), GitError> {
        self.set_aside(dir, workspace)?;
        self.forget(dir, claim).await?;
        self.finish_removal(dir, workspace)
    }

    /// Takes a worktree out of sight; one that is gone already is none to take.
    pub(crate) fn set_aside(&self, dir: &Path, workspace: &WorkspaceId) -> Result<(), GitError> {
        match fs::rename(dir, aside(dir, workspace)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            renamed => renamed.map_err(|source| GitError::File {
                action: "move away",
                path: dir.to_owned(),
                source,
            }),
        }
    }

    /// Puts a worktree that was taken out of sight back; tells whether there was one.
    pub(crate) fn put_back(&self, dir: &Path, workspace: &WorkspaceId) -> Result<bool, GitError> {
        if fs::symlink_metadata(dir).is_ok() {
            return Ok(false);
        }
        match fs::rename(aside(dir, workspace), dir) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(GitError::File {
                action: "put back",
                path: dir.to_owned(),
                source,
            }),
        }
    }

    /// Lets git forget a worktree whose directory is gone; nothing of another worktree.
    pub(crate) async fn forget(&self, dir: &Path, claim: &Claim) -> Result<(), GitError> {
        if self.desk_at(dir)?.is_none() {
            return Ok(());
        }
        // Twice: one that git was interrupted in making is locked.
        let call = Call::new("forget the worktree", self.at(), "worktree")
            .args(["remove", "--force", "--force", "--"])
            .arg(dir);
        call.holding(claim).run().await.map(drop)
    }

    /// Removes what is left of a worktree that was taken out of sight.
    pub(crate) fn finish_removal(
        &self,
        dir: &Path,
        workspace: &WorkspaceId,
    ) -> Result<(), GitError> {
        let aside = aside(dir, workspace);
        let first = match fs::remove_dir_all(&aside) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if first.kind() == io::ErrorKind::NotFound {
            return Ok(());
        }
        // Caches of packages are often directories that their user may not write to.
        sys::make_removable(&aside);
        fs::remove_dir_all(&aside).map_err(|source| GitError::File {
            action: "remove",
            path: aside,
            source,
        })
    }

    /// Removes a branch, if it still leads to this commit.
    pub(crate) async fn remove_branch(&self, branch: &str, tip: &str) -> Result<(), GitError> {
        let action = format!("remove the branch `{branch}`");
        let call = Call::new(action, self.at(), "update-ref")
            .args(["-d", "--end-of-options"])
            .args([&format!("refs/heads/{branch}"), tip]);
        call.run().await?;
        // Whom it followed. Most follow nobody, and then there is nothing to remove.
        let call = Call::new("forget the branch's settings", self.at(), "config")
            .args(["--local", "--remove-section"])
            .arg(format!("branch.{branch}"));
        match call.run().await {
            Ok(_) | Err(GitError::Failed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Where a worktree is while it is being removed.
fn aside(dir: &Path, workspace: &WorkspaceId) -> PathBuf {
    dir.with_file_name(format!(".abide-removing-{workspace}"))
}
