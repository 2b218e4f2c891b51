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

/// Leaves this program's own files out. A pattern, because git takes a path that is named so and
/// ignored for one that was asked for, and refuses it.
const EXCEPT_OWN: &str = ":(top,exclude,glob).abid[e]/**";

/// Where our refs to work are.
const REFS: &str = "refs/abide/recovered";

/// Files of a desk, for as long as work is being kept.
const INDEX: &str = "abide-index";

/// Says in a desk when its work was last kept.
const KEPT_AT: &str = "abide-kept-at";

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
    /// The commit of its own branch, if that is nowhere else.
    pub(crate) branch: Option<&'a str>,
    /// When.
    pub(crate) now: Timestamp,
}

/// What a commit is made of.
#[derive(Debug)]
struct Parts {
    /// The files as they are; without it, the first of the commits is all there is.
    tree: Option<String>,
    /// What was staged, where that is something else.
    staged: Option<String>,
    /// The commit that the files were made on.
    head: Option<String>,
    /// Commits that must not be lost.
    tips: Vec<String>,
}

impl Repository {
    /// Keeps the work of a worktree, and returns the ref that holds it; `None` if there is none.
    ///
    /// Work that an earlier try kept, and that did not change since, is not kept twice.
    ///
    /// # Errors
    ///
    /// When something cannot be kept: then nothing may be removed.
    pub(crate) async fn keep(
        &self,
        desk: &Desk,
        work: &Work,
        keeping: Keeping<'_>,
    ) -> Result<Option<String>, GitError> {
        if let Some(path) = work.inner.first() {
            let path = desk.dir.join(path);
            return Err(GitError::InnerWork { path });
        }
        let Some(parts) = self.parts(desk, work, keeping).await? else {
            return Ok(None);
        };
        // Made at the same time, the same work is the same commit.
        if let Some(time) = desk.kept_at() {
            let commit = self.commit_of(&parts, keeping.name, time).await?;
            let refs = self.refs_at(&commit).await?;
            if let Some(reference) = refs.into_iter().next() {
                return Ok(Some(reference));
            }
        }
        desk.set_kept_at(keeping.now)?;
        let commit = self.commit_of(&parts, keeping.name, keeping.now).await?;
        self.hold(&commit, keeping).await.map(Some)
    }

    async fn parts(
        &self,
        desk: &Desk,
        work: &Work,
        keeping: Keeping<'_>,
    ) -> Result<Option<Parts>, GitError> {
        let head = self.head(desk).await?;
        let mut tips = Vec::new();
        if !work.files.is_empty() || !work.commits.is_empty() {
            tips.extend(head.clone());
        }
        tips.extend(keeping.branch.map(str::to_owned));
        tips.dedup();
        let (tree, staged) = match (work.files.is_empty(), tips.as_slice()) {
            (true, []) => return Ok(None),
            (true, [_]) => (None, None),
            (true, [first, ..]) => (Some(self.tree(first).await?), None),
            (false, _) => self.snapshot(desk, head.as_deref()).await?,
        };
        Ok(Some(Parts {
            tree,
            staged,
            head,
            tips,
        }))
    }

    /// Writes the files as they are as a tree, and what was staged as another where it differs.
    async fn snapshot(
        &self,
        desk: &Desk,
        head: Option<&str>,
    ) -> Result<(Option<String>, Option<String>), GitError> {
        let index = IndexCopy::of(desk)?;
        let write_tree = || Call::new("write a tree", desk.at(), "write-tree").index(&index.path);
        // What is in the middle of a merge has no tree.
        let staged = write_tree().line().await.ok();
        let add = Call::new("read the files", desk.at(), "add").index(&index.path);
        add.setting("core.safecrlf=false")
            .setting("advice.addEmbeddedRepo=false")
            .args(["--all", "--", ":/", EXCEPT_OWN])
            .with_time()
            .run()
            .await?;
        desk.make_exact(&index.path, head).await?;
        let tree = write_tree().line().await?;
        let committed = match head {
            Some(head) => Some(self.tree(head).await?),
            None => None,
        };
        let is_news = |staged: &String| *staged != tree && Some(staged) != committed.as_ref();
        let staged = staged.filter(is_news);
        Ok((Some(tree), staged))
    }

    async fn commit_of(
        &self,
        parts: &Parts,
        name: &str,
        time: Timestamp,
    ) -> Result<String, GitError> {
        let Some(tree) = &parts.tree else {
            return Ok(parts.tips.first().cloned().unwrap_or_default());
        };
        let mut parents = parts.tips.clone();
        if let Some(staged) = &parts.staged {
            let head: Vec<_> = parts.head.iter().cloned().collect();
            parents.push(self.commit_tree(staged, &head, name, time).await?);
        }
        self.commit_tree(tree, &parents, name, time).await
    }

    async fn commit_tree(
        &self,
        tree: &str,
        parents: &[String],
        name: &str,
        time: Timestamp,
    ) -> Result<String, GitError> {
        let message = format!("work of the workspace `{name}`, kept when it was deleted\n");
        let mut call = Call::new("keep the work", self.at(), "commit-tree").arg(tree);
        for parent in parents {
            call = call.args(["-p", parent]);
        }
        let date = format!("@{} +0000", time.as_millis() / 1000);
        for (name, value) in IDENTITY {
            call = call.variable(name, value);
        }
        call.variable("GIT_AUTHOR_DATE", &date)
            .variable("GIT_COMMITTER_DATE", &date)
            .input(message.into_bytes())
            .line()
            .await
    }

    /// Makes a ref that holds a commit.
    async fn hold(&self, commit: &str, keeping: Keeping<'_>) -> Result<String, GitError> {
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

    /// Returns our refs that hold a commit.
    async fn refs_at(&self, commit: &str) -> Result<Vec<String>, GitError> {
        let call = Call::new("look for work that was kept", self.at(), "for-each-ref");
        let call = call.args(["--format=%(refname)", "--points-at", commit, "--", REFS]);
        let answer = call.line().await?;
        Ok(answer.lines().map(str::to_owned).collect())
    }

    /// Returns the tree of a commit.
    async fn tree(&self, commit: &str) -> Result<String, GitError> {
        let call = Call::new("find a tree", self.at(), "rev-parse");
        let call = call.args(["--verify", "--quiet", "--end-of-options"]);
        call.arg(format!("{commit}^{{tree}}")).line().await
    }
}

impl Desk {
    /// Returns when its work was kept by an earlier try, if one got so far.
    fn kept_at(&self) -> Option<Timestamp> {
        let text = fs::read_to_string(self.git_dir.join(KEPT_AT)).ok()?;
        text.parse().ok().map(Timestamp::from_millis)
    }

    fn set_kept_at(&self, time: Timestamp) -> Result<(), GitError> {
        let path = self.git_dir.join(KEPT_AT);
        fs::write(&path, time.as_millis().to_string()).map_err(|source| GitError::File {
            action: "write",
            path,
            source,
        })
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
