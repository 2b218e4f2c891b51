//! What is in a worktree that is nowhere else.

use std::path::PathBuf;

use super::{Desk, Repository, inner};
use crate::{
    git::{
        Call, GitError,
        parse::{self, Change, What},
    },
    sys,
};

/// Our own files in a workspace, which are nobody's work.
const OWN_FILES: &[u8] = b".abide/";

/// Commits that are counted, at most.
const MAX_COMMITS: &str = "1000";

/// What a worktree has that is nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Files that are not as they were committed, or that git does not know and does not ignore.
    pub(crate) files: Vec<PathBuf>,
    /// Repositories inside it with work of their own.
    pub(crate) inner: Vec<PathBuf>,
    /// Commits that no branch or other ref has.
    pub(crate) commits: Vec<String>,
}

impl Work {
    /// Tells whether there is any.
    pub(crate) fn is_some(&self) -> bool {
        !(self.files.is_empty() && self.inner.is_empty() && self.commits.is_empty())
    }
}

impl Repository {
    /// Looks for work in a worktree.
    pub(crate) async fn work(&self, desk: &Desk) -> Result<Work, GitError> {
        let head = self.head(desk).await?;
        let commits = match &head {
            Some(head) => self.commits_nowhere_else(head, None).await?,
            None => Vec::new(),
        };
        if !desk.has_files() {
            return Ok(Work {
                commits,
                ..Work::default()
            });
        }
        let (inner, files): (Vec<_>, Vec<_>) = changes(desk).await?.into_iter().partition(is_inner);
        let mut inner: Vec<_> = inner.iter().map(path).collect();
        inner.extend(inner::with_own_commits(desk).await?);
        inner.dedup();
        Ok(Work {
            files: files.iter().map(path).collect(),
            inner,
            commits,
        })
    }

    /// Returns the commit that a worktree is at; `None` before the first.
    pub(crate) async fn head(&self, desk: &Desk) -> Result<Option<String>, GitError> {
        let at = crate::git::At::Repository(&desk.git_dir);
        let call = Call::new("look at the worktree's commit", at, "rev-parse");
        let call = call.args(["--verify", "--quiet", "--end-of-options", "HEAD^{commit}"]);
        match call.line().await {
            Ok(head) => Ok(Some(head)),
            Err(GitError::Failed { said, .. }) if said.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the commits on the way to one that no ref has, except a branch.
    pub(crate) async fn commits_nowhere_else(
        &self,
        commit: &str,
        but: Option<&str>,
    ) -> Result<Vec<String>, GitError> {
        let call = Call::new("look for commits", self.at(), "rev-list")
            .args(["--max-count", MAX_COMMITS, commit, "--not"])
            .args(but.map(|branch| format!("--exclude=refs/heads/{branch}")))
            .arg("--glob=refs/*");
        let answer = call.line().await?;
        Ok(answer.lines().map(str::to_owned).collect())
    }
}

/// Asks git what is not as it was committed. Settings that would hide something are overruled.
async fn changes(desk: &Desk) -> Result<Vec<Change>, GitError> {
    let action = "look for changes";
    let call = Call::new(action, desk.at(), "status")
        .args(["--porcelain=v2", "-z", "--no-renames"])
        .args(["--untracked-files=all", "--ignore-submodules=none"]);
    let answer = call.with_time().run().await?;
    let changes = parse::status(&answer).ok_or_else(|| GitError::Unreadable {
        action: action.to_owned(),
    })?;
    let is_own = |change: &Change| change.path.starts_with(OWN_FILES);
    Ok(changes.into_iter().filter(|c| !is_own(c)).collect())
}

fn is_inner(change: &Change) -> bool {
    match change.what {
        What::UntrackedRepository | What::Submodule => true,
        What::Changed | What::Gone | What::Untracked => false,
    }
}

fn path(change: &Change) -> PathBuf {
    let text = sys::text_of_bytes(&change.path);
    text.unwrap_or_else(|| String::from_utf8_lossy(&change.path).into_owned().into())
        .into()
}
