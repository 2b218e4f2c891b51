//! Submodules of a worktree: their repositories go with it, and so would commits that only they have.

use std::path::{Path, PathBuf};

use super::{Desk, GIT};
use crate::{
    git::{At, Call, GitError, parse},
    sys,
};

/// How deep submodules in submodules are followed.
const MAX_DEPTH: usize = 16;

/// The kind of a submodule in an index, and what stands behind it.
const SUBMODULE: &[u8] = b"160000 ";

/// Returns the submodules, below the worktree's top, that have commits which no remote of theirs has.
pub(super) async fn with_own_commits(desk: &Desk) -> Result<Vec<PathBuf>, GitError> {
    let mut found = Vec::new();
    let mut open: Vec<_> = submodules(desk.at(), Path::new("")).await?;
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for path in open {
            let dir = desk.dir.join(&path);
            // Without this one there is no repository, and git would take the one around it.
            if !dir.join(GIT).exists() {
                continue;
            }
            if has_own_commits(&dir).await? {
                found.push(path.clone());
            }
            next.extend(submodules(At::Inside(&dir), &path).await?);
        }
        open = next;
    }
    Ok(found)
}

async fn submodules(at: At<'_>, below: &Path) -> Result<Vec<PathBuf>, GitError> {
    let action = "look for submodules";
    let call = Call::new(action, at, "ls-files").args(["--stage", "-z"]);
    let answer = call.run().await?;
    let entries = parse::records(&answer).filter(|entry| entry.starts_with(SUBMODULE));
    let paths = entries.filter_map(|entry| {
        let tab = entry.iter().position(|byte| *byte == b'\t')?;
        sys::text_of_bytes(&entry[tab + 1..])
    });
    Ok(paths.map(|path| below.join(path)).collect())
}

async fn has_own_commits(dir: &Path) -> Result<bool, GitError> {
    let call = Call::new(
        "look for commits of a submodule",
        At::Inside(dir),
        "rev-list",
    );
    let call = call.args(["--max-count=1", "--glob=refs/*", "--ignore-missing", "HEAD"]);
    let answer = call.args(["--not", "--remotes"]).line().await?;
    Ok(!answer.is_empty())
}
