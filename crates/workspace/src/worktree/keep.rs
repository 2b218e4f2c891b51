//! Keeps the work of a worktree as a commit, held by a ref of ours in the repository.
//!
//! ```text
//! refs/abide/recovered/<name>-<time> ─► the files as they are ─► the commit that they were made on
//!                                                   └──────────► what was staged, if it was another
//! ```
//!
//! The worktree's own index is not touched. Before anything is said to be kept it is brought back
//! beside the worktree and compared byte for byte: attributes may convert a file on its way in and
//! out, so one that would not come back as it is, is kept as it is.

use std::{fs, io, path::PathBuf};

use abide_core::clock::Timestamp;

use super::{Desk, Repository, Work};
use crate::git::{Call, GitError, words};

/// Where our refs to work are.
const REFS: &str = "refs/abide/recovered";

/// Files of a desk, for as long as work is being kept.
const INDEX: &str = "abide-index";

/// Refs that are tried within one second.
const MAX_NUMBER: u32 = 100;

/// Who makes the commits: nobody's own name is needed for them.
const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "abide"),
    ("GIT_AUTHOR_EMAIL", "abide@localhost"),
    ("GIT_COMMITTER_NAME", "abide"),
    ("GIT_COMMITTER_EMAIL", "abide@localhost"),
];

/// Work that is to be kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping<'a> {
    /// What the workspace is called.
    pub(crate) name: &'a str,
    /// Its own branch and the commit that leads to, if its commits are nowhere else.
    pub(crate) branch: Option<&'a str>,
    /// Where work of the workspace was kept by an earlier try.
    pub(crate) before: Option<&'a str>,
    /// When.
    pub(crate) now: Timestamp,
}

/// Work that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The ref that holds it.
    pub(crate) reference: String,
}

impl Repository {
    /// Keeps the work of a worktree; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When something cannot be kept: then nothing may be removed.
    pub(crate) async fn keep(
        &self,
        desk: &Desk,
        work: &Work,
        keeping: Keeping<'_>,
    ) -> Result<Option<Kept>, GitError> {
        if let Some(path) = work.inner.first() {
            let path = desk.dir.join(path);
            return Err(GitError::InnerWork { path });
        }
        let head = self.head(desk).await?;
        let mut tips = Vec::new();
        if !work.files.is_empty() || !work.commits.is_empty() {
            tips.extend(head.clone());
        }
        tips.extend(keeping.branch.map(str::to_owned));
        tips.dedup();
        let commit = match work.files.is_empty() {
            true if tips.is_empty() => return Ok(None),
            true if tips.len() == 1 => tips.remove(0),
            true => {
                let tree = self.tree(&tips[0]).await?;
                self.commit_tree(&tree, &tips, keeping.name).await?
            }
            false => {
                self.snapshot(desk, head.as_deref(), tips, keeping.name)
                    .await?
            }
        };
        let reference = self.hold(&commit, keeping).await?;
        Ok(Some(Kept { reference }))
    }

    /// Makes a commit of the files as they are.
    async fn snapshot(
        &self,
        desk: &Desk,
        head: Option<&str>,
        mut parents: Vec<String>,
        name: &str,
    ) -> Result<String, GitError> {
        let index = IndexCopy::of(desk)?;
        let write_tree = || Call::new("write a tree", desk.at(), "write-tree").index(&index.path);
        // What is in the middle of a merge has no tree.
        let staged = write_tree().line().await.ok();
        let add = Call::new("read the files", desk.at(), "add").index(&index.path);
        add.setting("core.safecrlf=false")
            .setting("advice.addEmbeddedRepo=false")
            .args(["--all", "--", ":/", ":(top,exclude).abide"])
            .with_time()
            .run()
            .await?;
        desk.make_exact(&index.path, head).await?;
        let tree = write_tree().line().await?;
        if let Some(staged) = staged.filter(|staged| *staged != tree) {
            let head: Vec<_> = head.map(str::to_owned).into_iter().collect();
            let was_staged = match head.first() {
                Some(head) => self.tree(head).await? != staged,
                None => true,
            };
            if was_staged {
                parents.push(self.commit_tree(&staged, &head, name).await?);
            }
        }
        self.commit_tree(&tree, &parents, name).await
    }

    async fn commit_tree(
        &self,
        tree: &str,
        parents: &[String],
        name: &str,
    ) -> Result<String, GitError> {
        let message = format!("work of the workspace `{name}`, kept when it was deleted\n");
        let mut call = Call::new("keep the work", self.at(), "commit-tree").arg(tree);
        for parent in parents {
            call = call.args(["-p", parent]);
        }
        for (name, value) in IDENTITY {
            call = call.variable(name, value);
        }
        call.input(message.into_bytes()).line().await
    }

    /// Makes a ref that holds a commit; or returns the one of an earlier try that holds the same.
    async fn hold(&self, commit: &str, keeping: Keeping<'_>) -> Result<String, GitError> {
        if let Some(before) = keeping.before {
            // One that is gone is none that holds it.
            let theirs = self.tree(before).await.unwrap_or_default();
            if self.tree(commit).await? == theirs {
                return Ok(before.to_owned());
            }
        }
        let name = words::component(keeping.name);
        let stamp = words::stamp(keeping.now);
        for number in 1..MAX_NUMBER {
            let reference = words::numbered(&format!("{REFS}/{name}-{stamp}"), number);
            let there = Call::new("look at a ref", self.at(), "show-ref")
                .args(["--verify", "--quiet", &reference]);
            if there.holds().await? {
                continue;
            }
            let call = Call::new("keep the work", self.at(), "update-ref")
                .args(["--end-of-options", &reference, commit])
                .arg("0".repeat(commit.len()));
            call.run().await?;
            return Ok(reference);
        }
        let action = "keep the work: too many refs of one second".to_owned();
        Err(GitError::Unreadable { action })
    }

    /// Returns the tree of a commit.
    async fn tree(&self, commit: &str) -> Result<String, GitError> {
        let call = Call::new("find a tree", self.at(), "rev-parse");
        let call = call.args(["--verify", "--quiet", "--end-of-options"]);
        call.arg(format!("{commit}^{{tree}}")).line().await
    }
}

/// A copy of a worktree's index, gone when it is dropped.
struct IndexCopy {
    path: PathBuf,
}

impl IndexCopy {
    fn of(desk: &Desk) -> Result<Self, GitError> {
        let copy = Self {
            path: desk.git_dir.join(INDEX),
        };
        // One that was left by a try that was killed.
        let _ = fs::remove_file(&copy.path);
        match fs::copy(desk.git_dir.join("index"), &copy.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(GitError::File {
                action: "copy the index to",
                path: copy.path.clone(),
                source: error,
            }),
            _ => Ok(copy),
        }
    }
}

impl Drop for IndexCopy {
    fn drop(&mut self) {
        // It is in the worktree's own git directory and goes with that.
        let _ = fs::remove_file(&self.path);
    }
}
