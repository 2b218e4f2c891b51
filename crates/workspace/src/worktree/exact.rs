//! Sees to it that files come out of an index as they are in the worktree, byte for byte.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Desk;
use crate::{
    git::{Call, GitError, parse},
    sys,
};

/// Where files are brought back to be compared, in a desk.
const CHECK: &str = "abide-check";

impl Desk {
    /// Compares what an index would give back with what is there, for every file that is not as in
    /// `head`, and puts into the index as it is whatever would come back otherwise.
    pub(super) async fn make_exact(
        &self,
        index: &Path,
        head: Option<&str>,
    ) -> Result<(), GitError> {
        let names = self.kept_files(index, head).await?;
        let other = self.differing(index, names).await?;
        if other.is_empty() {
            return Ok(());
        }
        self.put_as_is(index, &other).await?;
        match self.differing(index, other).await?.first() {
            None => Ok(()),
            Some(name) => Err(GitError::NotKept {
                path: path_of(name),
            }),
        }
    }

    /// Returns the names in an index that are not as in `head`.
    async fn kept_files(&self, index: &Path, head: Option<&str>) -> Result<Vec<Vec<u8>>, GitError> {
        let call = match head {
            Some(head) => Call::new("compare with the commit", self.at(), "diff-index")
                .args(["--cached", "-z", "--name-only", "--no-renames"])
                .args(["--diff-filter=d", "--ignore-submodules=all", head, "--"]),
            None => Call::new("list the files", self.at(), "ls-files").arg("-z"),
        };
        let answer = call.index(index).run().await?;
        Ok(parse::records(&answer).map(<[u8]>::to_owned).collect())
    }

    /// Brings files back from an index, and returns the names of those that are not the same.
    async fn differing(&self, index: &Path, names: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, GitError> {
        let check = CheckDir::make(self.git_dir.join(CHECK))?;
        let mut prefix = std::ffi::OsString::from("--prefix=");
        prefix.push(&check.0);
        prefix.push("/");
        let call = Call::new(
            "bring files back to compare them",
            self.at(),
            "checkout-index",
        );
        call.index(index)
            .arg(prefix)
            .args(["--force", "-z", "--stdin"])
            .input(names.join(&0))
            .with_time()
            .run()
            .await?;
        let mut differing = Vec::new();
        for name in names {
            let path = path_of(&name);
            let same = is_same(&self.dir.join(&path), &check.0.join(&path));
            if !same.map_err(|source| GitError::File {
                action: "compare",
                path,
                source,
            })? {
                differing.push(name);
            }
        }
        Ok(differing)
    }

    async fn put_as_is(&self, index: &Path, names: &[Vec<u8>]) -> Result<(), GitError> {
        let mut entries = Vec::new();
        for name in names {
            let path = self.dir.join(path_of(name));
            let call = Call::new("keep a file as it is", self.at(), "hash-object");
            let call = call.args(["-w", "--no-filters", "--"]).arg(&path);
            let id = call.line().await?;
            let mode = sys::git_mode(&path).map_err(|source| GitError::File {
                action: "look at",
                path,
                source,
            })?;
            entries.extend(format!("{mode} {id}\t").into_bytes());
            entries.extend(name);
            entries.push(0);
        }
        let call = Call::new("keep files as they are", self.at(), "update-index");
        let call = call.index(index).args(["-z", "--index-info"]);
        call.input(entries).run().await.map(drop)
    }
}

fn path_of(name: &[u8]) -> PathBuf {
    // What is no text of this system cannot be a file of it.
    sys::text_of_bytes(name).unwrap_or_default().into()
}

/// Tells whether two files have the same kind, content and right to be run.
fn is_same(a: &Path, b: &Path) -> io::Result<bool> {
    let (is_a, is_b) = match (fs::symlink_metadata(a), fs::symlink_metadata(b)) {
        (Ok(a), Ok(b)) => (a.file_type(), b.file_type()),
        (Err(error), _) | (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(false);
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    if is_a.is_symlink() || is_b.is_symlink() {
        return Ok(is_a == is_b && fs::read_link(a)? == fs::read_link(b)?);
    }
    Ok(sys::git_mode(a)? == sys::git_mode(b)? && fs::read(a)? == fs::read(b)?)
}

/// A directory that is gone when it is dropped.
struct CheckDir(PathBuf);

impl CheckDir {
    fn make(path: PathBuf) -> Result<Self, GitError> {
        // One that was left by a try that was killed.
        let _ = fs::remove_dir_all(&path);
        match sys::create_private_dir(&path) {
            Ok(()) => Ok(Self(path)),
            Err(source) => Err(GitError::File {
                action: "make",
                path,
                source,
            }),
        }
    }
}

impl Drop for CheckDir {
    fn drop(&mut self) {
        // It is in the worktree's own git directory and goes with that.
        let _ = fs::remove_dir_all(&self.0);
    }
}
