//! What a repository keeps of one worktree: where it is, and whose it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::id::WorkspaceId;

use super::{GIT, Repository};
use crate::{
    git::{At, GitError},
    sys,
};

/// Names the workspace that a worktree was made for.
const MARK: &str = "abide-workspace";

/// The directory of a repository that describes one worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Desk {
    /// The directory.
    pub(super) git_dir: PathBuf,
    /// The worktree.
    pub(crate) dir: PathBuf,
    /// The reason for which it is locked, if it is.
    pub(crate) locked: Option<String>,
}

impl Desk {
    /// Returns where git works on the worktree's files.
    pub(super) fn at(&self) -> At<'_> {
        At::Worktree {
            git_dir: &self.git_dir,
            dir: &self.dir,
        }
    }

    /// Tells whether the worktree's directory is there, and is the worktree.
    pub(crate) fn has_files(&self) -> bool {
        self.dir.join(GIT).exists()
    }

    /// Writes whose the worktree is.
    pub(super) fn mark(&self, workspace: &WorkspaceId) -> Result<(), GitError> {
        let path = self.git_dir.join(MARK);
        fs::write(&path, workspace.as_str()).map_err(|source| GitError::File {
            action: "write",
            path,
            source,
        })
    }

    fn read(git_dir: PathBuf) -> Option<Self> {
        let link = fs::read(git_dir.join("gitdir")).ok()?;
        let link = link.strip_suffix(b"\n").unwrap_or(&link);
        // Newer releases of git may write it relative to the directory that it is in.
        let link = git_dir.join(sys::text_of_bytes(link)?);
        let dir = link.parent()?;
        let dir = sys::real_path(dir).unwrap_or_else(|_| dir.to_owned());
        let locked = fs::read(git_dir.join("locked")).ok();
        let locked = locked.map(|reason| String::from_utf8_lossy(&reason).trim().to_owned());
        Some(Self {
            git_dir,
            dir,
            locked,
        })
    }

    fn mark_is(&self, workspace: &WorkspaceId) -> bool {
        let mark = fs::read_to_string(self.git_dir.join(MARK));
        mark.is_ok_and(|mark| mark == workspace.as_str())
    }
}

impl Repository {
    /// Returns the worktree that was made for a workspace.
    pub(crate) fn desk_of(&self, workspace: &WorkspaceId) -> Result<Option<Desk>, GitError> {
        let desks = self.desks()?;
        Ok(desks.into_iter().find(|desk| desk.mark_is(workspace)))
    }

    /// Returns the worktree that is at a path.
    pub(crate) fn desk_at(&self, dir: &Path) -> Result<Option<Desk>, GitError> {
        let dir = sys::real_path(dir).unwrap_or_else(|_| dir.to_owned());
        let desks = self.desks()?;
        Ok(desks.into_iter().find(|desk| desk.dir == dir))
    }

    fn desks(&self) -> Result<Vec<Desk>, GitError> {
        let path = self.git_dir.join("worktrees");
        let unreadable = |source| GitError::File {
            action: "read",
            path: path.clone(),
            source,
        };
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut desks = Vec::new();
        for entry in entries {
            desks.extend(Desk::read(entry.map_err(unreadable)?.path()));
        }
        Ok(desks)
    }
}
