//! Worktrees and branches of a git repository that are made for workspaces, and taken away again.
//!
//! What git keeps of a worktree is in a directory of the repository, here its *desk*
//! (`.git/worktrees/<name>`). A file of ours in it names the workspace that it was made for. A
//! directory is taken away only if a desk with that mark leads to it: one that was put in its place
//! since, or that git no longer knows, is somebody else's.
//!
//! - `plan`: which branch, from where; nothing is changed
//! - `make`: the branch, the worktree, the mark; and their undoing
//! - `work`: what is in it that is nowhere else
//! - `keep`: that work as a commit which a ref of ours holds
//! - `remove`: the worktree in one step that happens or not, then what is left of it

mod desk;
mod exact;
mod inner;
mod keep;
mod make;
mod plan;
mod remove;
mod work;

use std::path::{Path, PathBuf};

pub(crate) use self::{desk::Desk, keep::Keeping, plan::Plan, work::Work};
use crate::{
    git::{At, Call, GitError},
    sys,
};

/// What the branches made for workspaces begin with.
pub(crate) const BRANCH_PREFIX: &str = "abide/";

/// A repository that worktrees are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    /// The directory that all its worktrees share.
    git_dir: PathBuf,
}

impl Repository {
    /// Returns the repository that a directory is in, as git finds it.
    pub(crate) async fn around(dir: &Path) -> Result<Self, GitError> {
        let action = format!("find the repository of `{}`", dir.display());
        let call = Call::new(action.clone(), At::Inside(dir), "rev-parse")
            .args(["--path-format=absolute", "--git-common-dir"]);
        let answer = call.run().await.map_err(|error| match error {
            GitError::Failed { .. } => GitError::NoRepository {
                path: dir.to_owned(),
                source: Box::new(error),
            },
            error => error,
        })?;
        let answer = answer.strip_suffix(b"\n").unwrap_or(&answer);
        let git_dir = sys::text_of_bytes(answer).ok_or(GitError::Unreadable { action })?;
        let git_dir = PathBuf::from(git_dir);
        match git_dir.is_absolute() {
            true => Ok(Self { git_dir }),
            // An old git repeats an option that it does not know.
            false => Err(GitError::TooOld {
                option: "--path-format",
            }),
        }
    }

    /// Returns the repository that was stored by what [`Repository::shown`] returned.
    pub(crate) fn stored(shown: &Path) -> Self {
        let inside = shown.join(GIT);
        let git_dir = match inside.is_dir() {
            true => inside,
            false => shown.to_owned(),
        };
        Self { git_dir }
    }

    /// Returns the directory by which people know it: that of its files, where it has some.
    pub(crate) fn shown(&self) -> &Path {
        match (self.git_dir.file_name(), self.git_dir.parent()) {
            (Some(name), Some(parent)) if name == GIT => parent,
            _ => &self.git_dir,
        }
    }

    /// Tells whether it is still there.
    pub(crate) fn is_there(&self) -> bool {
        self.git_dir.join("HEAD").exists() && self.git_dir.join("objects").exists()
    }

    /// Returns where git works on it without files.
    fn at(&self) -> At<'_> {
        At::Repository(&self.git_dir)
    }

    /// Returns the commit that a branch leads to; `None` if there is no such branch.
    pub(crate) async fn tip(&self, branch: &str) -> Result<Option<String>, GitError> {
        let reference = format!("refs/heads/{branch}");
        let there = Call::new("look at a branch", self.at(), "show-ref")
            .args(["--verify", "--quiet", &reference]);
        if !there.holds().await? {
            return Ok(None);
        }
        let call = Call::new("look at a branch", self.at(), "rev-parse").args([
            "--verify",
            "--end-of-options",
            &reference,
        ]);
        call.line().await.map(Some)
    }

    /// Returns where a branch is checked out, if it is anywhere.
    pub(crate) async fn place_of(&self, branch: &str) -> Result<Option<PathBuf>, GitError> {
        let action = "look where a branch is checked out";
        let call = Call::new(action, self.at(), "for-each-ref")
            .args(["--format=%(worktreepath)", "--"])
            .arg(format!("refs/heads/{branch}"));
        let answer = call.run().await?;
        let answer = answer.strip_suffix(b"\n").unwrap_or(&answer);
        Ok(match answer {
            b"" => None,
            place => sys::text_of_bytes(place).map(PathBuf::from),
        })
    }
}

/// The git directory of a repository with files.
const GIT: &str = ".git";
