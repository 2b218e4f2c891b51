//! What is remembered of a worktree that a workspace lives in.

use std::path::PathBuf;

/// The worktree of a git repository that is the directory of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// The repository that it belongs to: the directory that was named.
    pub repo: PathBuf,
    /// The branch that it was made on, without `refs/heads/`.
    pub branch: String,
    /// The commit that the branch began at, if it was made for the workspace.
    pub base: Option<String>,
    /// Whether the worktree was made for the workspace, and goes with it.
    pub owns_worktree: bool,
    /// Whether the branch was made for the workspace, and goes with it.
    pub owns_branch: bool,
}
