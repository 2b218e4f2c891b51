//! Why git, or what was asked of it, failed, and what to do next.

use std::{io, path::PathBuf, time::Duration};

/// Why git, or what was asked of it, failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// There is no git.
    #[error("cannot find `git`")]
    Missing {
        /// Why not.
        source: io::Error,
    },
    /// Git cannot be run.
    #[error("cannot run `git`")]
    NotRun {
        /// Why not.
        source: io::Error,
    },
    /// Git is of a release that does not know what is asked of it.
    #[error("this `git` is too old: it does not know `{option}`")]
    TooOld {
        /// What it does not know.
        option: &'static str,
    },
    /// Git refused or failed.
    #[error("cannot {action}: git ended with {status}{}", after_colon(said))]
    Failed {
        /// What was asked.
        action: String,
        /// How it ended.
        status: String,
        /// What it said about it.
        said: String,
    },
    /// Git took too long.
    #[error("cannot {action}: git did not end within {} s", limit.as_secs())]
    TimedOut {
        /// What was asked.
        action: String,
        /// The time that it had.
        limit: Duration,
    },
    /// Git said more than is read.
    #[error("cannot {action}: git's answer is too long")]
    TooMuch {
        /// What was asked.
        action: String,
    },
    /// Git said something that is not understood.
    #[error("cannot {action}: git's answer is not understood")]
    Unreadable {
        /// What was asked.
        action: String,
    },
    /// A file that git or the worktree needs cannot be used.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// What was to be done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why it cannot.
        source: io::Error,
    },
    /// A directory is in no repository.
    #[error("`{}` is in no git repository that can be used", path.display())]
    NoRepository {
        /// The directory.
        path: PathBuf,
        /// What git said.
        source: Box<GitError>,
    },
    /// A branch cannot have that name.
    #[error("`{}` cannot be the name of a branch", branch.escape_debug())]
    BadBranch {
        /// The name.
        branch: String,
    },
    /// The branch is checked out in another place.
    #[error("branch `{branch}` is checked out at `{}`", place.display())]
    BranchInUse {
        /// The branch.
        branch: String,
        /// Where.
        place: PathBuf,
    },
    /// A branch is there that was to be made.
    #[error("there already is a branch `{branch}`")]
    BranchThere {
        /// The branch.
        branch: String,
    },
    /// What the branch was to begin at is no commit.
    #[error("`{}` is no commit in `{}`", rev.escape_debug(), repo.display())]
    NoCommit {
        /// What was named.
        rev: String,
        /// The repository.
        repo: PathBuf,
    },
    /// The worktree is locked by `git worktree lock`.
    #[error("the worktree `{}` is locked{}", dir.display(), after_colon(reason))]
    Locked {
        /// The worktree.
        dir: PathBuf,
        /// The reason that was given.
        reason: String,
    },
    /// A file would not come back as it is.
    #[error("cannot keep `{}` so that it comes back byte for byte", path.display())]
    NotKept {
        /// The file.
        path: PathBuf,
    },
    /// A repository inside the worktree has work that is nowhere else.
    #[error("the repository `{}` inside the worktree has work that is nowhere else", path.display())]
    InnerWork {
        /// The inner repository.
        path: PathBuf,
    },
}

impl GitError {
    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => {
                Some("install git, or see that it is on PATH; nothing was changed".into())
            }
            Self::TooOld { .. } => Some("git 2.31 or newer is needed; nothing was changed".into()),
            Self::NoRepository { .. } => Some(
                "git says why; name a git repository with `--repo`, or use `--dir` for a \
                     directory"
                    .into(),
            ),
            Self::BadBranch { .. } => Some("`git help check-ref-format` says what may".into()),
            Self::BranchInUse { .. } => {
                Some("leave it there, or name another branch with `--branch`".into())
            }
            Self::BranchThere { .. } => {
                Some("leave out `--from` to check it out, or choose another name".into())
            }
            Self::NoCommit { rev, .. } if rev == "HEAD" => {
                Some("a worktree begins at a commit: make one first".into())
            }
            Self::NoCommit { .. } => Some("`git log --all` shows what there is".into()),
            Self::Locked { dir, .. } => Some(format!(
                "`git worktree unlock '{}'` frees it",
                dir.display()
            )),
            Self::NotKept { .. } => Some("commit it or move it away; nothing was removed".into()),
            Self::InnerWork { path } => Some(format!(
                "commit and push in `{}`, or move it away; nothing was removed",
                path.display()
            )),
            Self::Failed { .. }
            | Self::NotRun { .. }
            | Self::TimedOut { .. }
            | Self::TooMuch { .. }
            | Self::Unreadable { .. }
            | Self::File { .. } => None,
        }
    }

    /// Tells whether the user asked for what cannot be, rather than something having failed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NoRepository { .. }
            | Self::BadBranch { .. }
            | Self::BranchInUse { .. }
            | Self::BranchThere { .. }
            | Self::NoCommit { .. }
            | Self::Locked { .. }
            | Self::NotKept { .. }
            | Self::InnerWork { .. } => true,
            Self::Missing { .. }
            | Self::TooOld { .. }
            | Self::Failed { .. }
            | Self::NotRun { .. }
            | Self::TimedOut { .. }
            | Self::TooMuch { .. }
            | Self::Unreadable { .. }
            | Self::File { .. } => false,
        }
    }
}

fn after_colon(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!(": {text}"),
    }
}
