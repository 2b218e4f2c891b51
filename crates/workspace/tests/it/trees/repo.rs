//! A repository for a test, and what git says of it.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use abide_workspace::{
    WorkspaceError,
    service::{Created, NewWorkspace, NewWorktree},
};

use crate::fixture::Fixture;

/// A repository with one commit on `main`, in the directory of a fixture.
pub(crate) struct Repo {
    pub(crate) dir: PathBuf,
}

impl Repo {
    pub(crate) fn new(fixture: &Fixture) -> Self {
        Self::at(fixture, "repo")
    }

    pub(crate) fn at(fixture: &Fixture, name: &str) -> Self {
        let dir = fs::canonicalize(fixture.root.path()).unwrap().join(name);
        fs::create_dir_all(&dir).unwrap();
        let repo = Self { dir };
        repo.git(["init", "-q", "-b", "main"]);
        repo.write("tracked", "as committed\n");
        fs::write(repo.dir.join(".gitignore"), "ignored*\n").unwrap();
        repo.commit("first");
        repo
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.join(name), text).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) {
        commit(&self.dir, message);
    }

    /// Runs git in the repository and returns what it prints.
    pub(crate) fn git(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
        git(&self.dir, args)
    }

    /// Returns the branches that there are.
    pub(crate) fn branches(&self) -> Vec<String> {
        let format = ["for-each-ref", "--format=%(refname:short)", "refs/heads"];
        self.git(format).lines().map(str::to_owned).collect()
    }

    /// Returns how many worktrees git knows beside the first.
    pub(crate) fn worktrees(&self) -> usize {
        let list = self.git(["worktree", "list", "--porcelain"]);
        list.lines().filter(|l| l.starts_with("worktree ")).count() - 1
    }
}

pub(crate) fn commit(dir: &Path, message: &str) {
    git(dir, ["add", "-A"]);
    git(dir, ["commit", "-q", "-m", message]);
}

/// Runs git in a directory and returns what it prints.
pub(crate) fn git(dir: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@t"])
        .args(["-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Returns a workspace to be made of a repository.
pub(crate) fn wanted(fixture: &Fixture, repo: &Path, name: &str) -> NewWorkspace {
    NewWorkspace {
        dir: repo.to_owned(),
        worktree: Some(NewWorktree {
            below: fixture.state_dir().join("worktrees"),
            branch: None,
            from: None,
        }),
        ..fixture.spec(Some(name), "testkit-echo")
    }
}

pub(crate) fn with_branch(mut new: NewWorkspace, branch: &str) -> NewWorkspace {
    if let Some(worktree) = &mut new.worktree {
        worktree.branch = Some(branch.to_owned());
    }
    new
}

/// Makes a workspace of a repository, on its own branch.
pub(crate) async fn make(fixture: &Fixture, repo: &Repo, name: &str) -> Created {
    let made = fixture.workspaces.create(wanted(fixture, &repo.dir, name));
    made.await.unwrap()
}

/// Says an error with everything beneath it.
pub(crate) fn chain(error: &WorkspaceError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
