//! Which branch a worktree gets, and where that begins. Changes nothing.

use std::path::Path;

use super::Repository;
use crate::git::{At, Call, GitError};

/// What a worktree is to be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The branch; `None` for one that is made for the workspace and named after it.
    pub(crate) branch: Option<String>,
    /// The commit at which a new branch begins; `None` for a branch that is there.
    pub(crate) base: Option<String>,
    /// The remote branch that a new one follows.
    pub(crate) upstream: Option<String>,
}

impl Repository {
    /// Decides which branch a worktree gets: as `git switch` would, if one is named.
    ///
    /// `dir` is the directory that was named: a worktree's own HEAD is meant by `HEAD` there.
    pub(crate) async fn plan(
        &self,
        dir: &Path,
        branch: Option<&str>,
        from: Option<&str>,
    ) -> Result<Plan, GitError> {
        let Some(branch) = branch else {
            return Ok(Plan {
                branch: None,
                base: Some(self.commit(dir, from.unwrap_or("HEAD")).await?),
                upstream: None,
            });
        };
        self.check_branch(branch).await?;
        let named = Some(branch.to_owned());
        if self.tip(branch).await?.is_some() {
            return self.plan_existing(branch, from).await;
        }
        let upstream = match from {
            Some(_) => None,
            None => self.only_remote(branch).await?,
        };
        let rev = upstream.as_deref().or(from).unwrap_or("HEAD");
        Ok(Plan {
            branch: named,
            base: Some(self.commit(dir, rev).await?),
            upstream,
        })
    }

    async fn plan_existing(&self, branch: &str, from: Option<&str>) -> Result<Plan, GitError> {
        let branch = branch.to_owned();
        if from.is_some() {
            return Err(GitError::BranchThere { branch });
        }
        match self.place_of(&branch).await? {
            Some(place) => Err(GitError::BranchInUse { branch, place }),
            None => Ok(Plan {
                branch: Some(branch),
                base: None,
                upstream: None,
            }),
        }
    }

    /// Refuses a name that is none, or that stands for another branch.
    async fn check_branch(&self, branch: &str) -> Result<(), GitError> {
        let bad = || GitError::BadBranch {
            branch: branch.to_owned(),
        };
        if branch.contains(['\n', '\0']) {
            return Err(bad());
        }
        let call = Call::new("check a branch's name", self.at(), "check-ref-format");
        match call.args(["--branch", branch]).line().await {
            Ok(meant) if meant == branch => Ok(()),
            Ok(_) | Err(GitError::Failed { .. }) => Err(bad()),
            Err(error) => Err(error),
        }
    }

    async fn commit(&self, dir: &Path, rev: &str) -> Result<String, GitError> {
        let none = || GitError::NoCommit {
            rev: rev.to_owned(),
            repo: dir.to_owned(),
        };
        if rev.contains('\0') {
            return Err(none());
        }
        let call = Call::new("find a commit", At::Inside(dir), "rev-parse")
            .args(["--verify", "--quiet", "--end-of-options"])
            .arg(format!("{rev}^{{commit}}"));
        match call.line().await {
            Err(GitError::Failed { .. }) => Err(none()),
            found => found,
        }
    }

    /// Returns the branch of that name of the one remote that has it.
    async fn only_remote(&self, branch: &str) -> Result<Option<String>, GitError> {
        let call = Call::new("look for a remote branch", self.at(), "for-each-ref")
            .args(["--format=%(refname)", "--"])
            .arg(format!("refs/remotes/*/{branch}"));
        let answer = call.line().await?;
        let mut found = answer.lines();
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(Some(only.to_owned())),
            _ => Ok(None),
        }
    }
}
