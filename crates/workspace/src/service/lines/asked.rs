//! Which of a diff's files git is asked about, and in which words.

use std::{collections::HashSet, path::Path};

use abide_core::manifest::{Diff, Entry, Kind, TreePath, What};

use super::MAX_NEW_FILES;
use crate::{
    git::{At, Call, GitError, parse},
    sys,
};

/// What git does, in errors.
pub(super) const ACTION: &str = "compare the files with what git has";

/// Most bytes of paths in one command line; some systems take 32 KiB in all.
const MAX_ARGUMENT_BYTES: usize = 24 * 1024;

/// What every comparison is asked: the same form whatever is configured, and no other program.
const PLAIN: [&str; 8] = [
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-renames",
    "--ignore-submodules=dirty",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// Files of a diff as git is to be asked about them.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    dir: &'a Path,
    /// What is to be compared with the commit, in portions for one command line each.
    pub(super) tracked: Vec<Vec<&'a TreePath>>,
    /// What git does not know.
    pub(super) new: Vec<&'a TreePath>,
    /// How many more of them there are.
    pub(super) left_out: usize,
}

impl<'a> Asked<'a> {
    /// Asks git what it knows.
    pub(super) async fn of(dir: &'a Path, diff: &'a Diff) -> Result<Self, GitError> {
        let has_commit = has_commit(dir).await?;
        let known = match has_commit {
            true => known(dir).await?,
            false => HashSet::new(),
        };
        let mut asked = Self {
            dir,
            tracked: Vec::new(),
            new: Vec::new(),
            left_out: 0,
        };
        let mut compared = Vec::new();
        for change in &diff.changes {
            let (gone, here) = match &change.what {
                What::Removed(_) => (Some(&change.path), None),
                What::Renamed { from, after, .. } => (Some(from), Some(after)),
                What::Added(after)
                | What::Modified { after, .. }
                | What::TypeChanged { after, .. } => (None, Some(after)),
                What::Touched { .. } => (None, None),
            };
            compared.extend(gone);
            match here {
                Some(_) if known.contains(change.path.as_bytes()) => compared.push(&change.path),
                Some(entry) => asked.add_new(&change.path, entry),
                None => {}
            }
        }
        if has_commit {
            asked.tracked = portions(compared);
        }
        Ok(asked)
    }

    fn add_new(&mut self, path: &'a TreePath, entry: &Entry) {
        match (entry.kind, self.new.len() < MAX_NEW_FILES) {
            (Kind::File | Kind::Symlink, true) => self.new.push(path),
            (Kind::File | Kind::Symlink, false) => self.left_out += 1,
            // A pipe would be waited for; git has none.
            (Kind::Other, _) => {}
        }
    }

    /// Asks how files differ from the commit that is checked out.
    pub(super) fn against_commit(&self, paths: &[&TreePath], form: &[&str]) -> Call<'a> {
        diff(self.dir, form)
            .args(["--relative", "HEAD", "--"])
            .args(paths.iter().map(|path| relative(path)))
    }

    /// Asks for a file as a new one.
    pub(super) fn against_nothing(&self, path: &TreePath, form: &[&str]) -> Call<'a> {
        diff(self.dir, form)
            .args(["--no-index", "--", "/dev/null"])
            .arg(relative(path))
    }
}

fn diff<'a>(dir: &'a Path, form: &[&str]) -> Call<'a> {
    Call::new(ACTION, At::Inside(dir), "diff")
        .variable("GIT_LITERAL_PATHSPECS", "1")
        .args(PLAIN)
        .args(form)
}

fn relative(path: &TreePath) -> std::path::PathBuf {
    sys::tree::relative_path(path.as_bytes())
}

/// Tells whether there is a commit to compare with, in the repository that there must be.
async fn has_commit(dir: &Path) -> Result<bool, GitError> {
    let question = |args: &[&str]| Call::new(ACTION, At::Inside(dir), "rev-parse").args(args);
    let inside = question(&["--is-inside-work-tree"]).line().await;
    match inside {
        Ok(answer) if answer == "true" => {}
        Ok(_) => return Ok(false),
        Err(source @ GitError::Failed { .. }) => {
            return Err(GitError::NoRepository {
                path: dir.to_owned(),
                source: source.into(),
            });
        }
        Err(err) => return Err(err),
    }
    question(&["--verify", "--quiet", "HEAD"]).holds().await
}

/// Returns what is in git's index, relative to the directory.
async fn known(dir: &Path) -> Result<HashSet<Vec<u8>>, GitError> {
    let call = Call::new(ACTION, At::Inside(dir), "ls-files").arg("-z");
    let answer = call.run().await?;
    Ok(parse::records(&answer).map(<[u8]>::to_vec).collect())
}

/// Divides paths so that each portion fits in a command line.
fn portions(paths: Vec<&TreePath>) -> Vec<Vec<&TreePath>> {
    let mut portions = Vec::<Vec<&TreePath>>::new();
    let mut bytes = 0;
    for path in paths {
        let more = path.as_bytes().len() + 1;
        match portions.last_mut() {
            Some(last) if bytes + more <= MAX_ARGUMENT_BYTES => {
                last.push(path);
                bytes += more;
            }
            Some(_) | None => {
                portions.push(vec![path]);
                bytes = more;
            }
        }
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_in_one_portion_and_no_portion_is_too_long() {
        let path = |at: usize| TreePath::new(format!("{at:01000}").into_bytes()).unwrap();
        let paths: Vec<_> = (0..100).map(path).collect();
        let portions = portions(paths.iter().collect());
        assert!(1 < portions.len());
        for portion in &portions {
            assert!(portion.len() * 1001 <= MAX_ARGUMENT_BYTES);
        }
        assert_eq!(portions.concat(), paths.iter().collect::<Vec<_>>());
        assert!(super::portions(Vec::new()).is_empty());
    }
}
