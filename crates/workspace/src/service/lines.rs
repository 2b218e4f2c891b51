//! The changes of a session in lines, as git tells them where the workspace is in a repository.
//!
//! A baseline has no contents, so lines are compared with the commit that is checked out, and new
//! files with nothing; only of files that the diff names. No program that the repository or the
//! user names for diffs is run. Filters that git needs to compare a file at all (`filter.*.clean`)
//! are, as for `git diff`.

mod asked;

use abide_core::manifest::{Diff, TreePath};

use self::asked::{ACTION, Asked};
use super::Workspaces;
use crate::{
    error::{ViewError, WorkspaceError},
    git::{GitError, parse},
    record::Workspace,
};

/// Most files new to git that are shown: each takes a run of git.
const MAX_NEW_FILES: usize = 500;

/// Longest patch that is shown, in bytes.
const MAX_PATCH_BYTES: usize = 64 * 1024 * 1024;

/// A difference as git writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// It, as bytes.
    pub bytes: Vec<u8>,
    /// Files new to git that are not in it: more than 500, or such as git cannot compare.
    pub left_out: usize,
}

/// How many lines were changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Of each file that git compared, by path.
    pub files: Vec<(TreePath, FileLines)>,
    /// Files new to git that are not counted, as in [`Patch`].
    pub left_out: usize,
}

/// How many lines of a file were changed; none are known of a file that is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLines {
    /// Added ones.
    pub added: Option<u64>,
    /// Removed ones.
    pub removed: Option<u64>,
}

impl Workspaces {
    /// Returns the changes of a diff as a patch against the commit that is checked out.
    ///
    /// # Errors
    ///
    /// When the workspace is in no git repository, or git fails.
    pub async fn patch(&self, workspace: &Workspace, diff: &Diff) -> Result<Patch, WorkspaceError> {
        let asked = match Asked::of(&workspace.dir, diff).await {
            Ok(asked) => asked,
            Err(GitError::NoRepository { path: dir, source }) => {
                return Err(ViewError::NoRepository { dir, source }.into());
            }
            Err(err) => return Err(err.into()),
        };
        let mut patch = Patch {
            left_out: asked.left_out,
            ..Patch::default()
        };
        for paths in &asked.tracked {
            let call = asked.against_commit(paths, &["--patch"]);
            add(&mut patch.bytes, call.run().await?)?;
        }
        for path in &asked.new {
            match asked.against_nothing(path, &["--patch"]).differing().await {
                Ok(bytes) => add(&mut patch.bytes, bytes)?,
                Err(GitError::Failed { .. }) => patch.left_out += 1,
                Err(err) => return Err(err.into()),
            }
        }
        Ok(patch)
    }

    /// Counts the lines that a diff's files differ in from the commit that is checked out; `None`
    /// where the workspace is in no git repository.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub async fn lines(
        &self,
        workspace: &Workspace,
        diff: &Diff,
    ) -> Result<Option<Lines>, WorkspaceError> {
        let asked = match Asked::of(&workspace.dir, diff).await {
            Ok(asked) => asked,
            Err(GitError::NoRepository { .. } | GitError::Missing { .. }) => return Ok(None),
            Err(err) => return Err(err.into()),
        };
        let mut lines = Lines {
            left_out: asked.left_out,
            ..Lines::default()
        };
        for paths in &asked.tracked {
            let answer = asked.against_commit(paths, &["--numstat", "-z"]);
            let answer = answer.run().await?;
            lines.files.extend(numbers(&answer).ok_or_else(unreadable)?);
        }
        for path in &asked.new {
            match asked
                .against_nothing(path, &["--numstat", "-z"])
                .differing()
                .await
            {
                // It names the file in a way of its own, and there is but one.
                Ok(answer) if answer.is_empty() => {}
                Ok(answer) => {
                    let (counted, _) = number(&answer).ok_or_else(unreadable)?;
                    lines.files.push(((*path).clone(), counted));
                }
                Err(GitError::Failed { .. }) => lines.left_out += 1,
                Err(err) => return Err(err.into()),
            }
        }
        Ok(Some(lines))
    }
}

fn add(patch: &mut Vec<u8>, bytes: Vec<u8>) -> Result<(), GitError> {
    if MAX_PATCH_BYTES < patch.len() + bytes.len() {
        let action = ACTION.to_owned();
        return Err(GitError::TooMuch { action });
    }
    patch.extend(bytes);
    Ok(())
}

fn unreadable() -> GitError {
    GitError::Unreadable {
        action: ACTION.to_owned(),
    }
}

/// Reads the answer of `git diff --numstat -z --no-renames`; `None` if it is not that.
fn numbers(answer: &[u8]) -> Option<Vec<(TreePath, FileLines)>> {
    let files = parse::records(answer).map(|record| {
        let (lines, path) = number(record)?;
        Some((TreePath::new(path.to_owned()).ok()?, lines))
    });
    files.collect()
}

/// Reads two numbers, and returns what comes behind them.
fn number(record: &[u8]) -> Option<(FileLines, &[u8])> {
    let mut words = record.splitn(3, |byte| *byte == b'\t');
    let mut count = || match words.next()? {
        b"-" => Some(None),
        digits => Some(Some(str::from_utf8(digits).ok()?.parse().ok()?)),
    };
    let (added, removed) = (count()?, count()?);
    Some((FileLines { added, removed }, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_the_path_as_it_is_and_none_of_what_is_no_text() {
        let read = numbers(b"3\t0\ta\tb \xff\0-\t-\tpicture\0").unwrap();
        let shown: Vec<_> = read
            .iter()
            .map(|(path, lines)| (path.as_bytes(), lines.added, lines.removed))
            .collect();
        let expected: [(&[u8], _, _); 2] =
            [(b"a\tb \xff", Some(3), Some(0)), (b"picture", None, None)];
        assert_eq!(shown, expected);
        for answer in [&b"3\t0"[..], b"x\t1\ta", b"1\t1\t../a", b"-1\t0\ta"] {
            assert!(numbers(answer).is_none(), "{answer:?}");
        }
    }
}
