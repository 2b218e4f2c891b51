//! A tree for one test, and what is said of it.

use std::{fs, path::PathBuf, time::Duration};

use abide_core::{
    clock::{Clock, SystemClock},
    manifest::{Diff, Evidence, Manifest, What},
};
use abide_workspace::walk::{Hashing, Ignored, Purpose, WalkOptions, Walked, walk};
use tempfile::TempDir;

pub(crate) const BASELINE: Purpose = Purpose::Baseline(Hashing::Unsettled);

pub(crate) struct Tree {
    dir: TempDir,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    /// A tree that git would take for a repository.
    pub(crate) fn of_git() -> Self {
        let tree = Self::new();
        tree.write(".git/HEAD", "ref: refs/heads/main\n");
        tree
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Walks the tree, for a baseline just after a keeper has written to its files.
    pub(crate) fn walk(&self, purpose: Purpose, earlier: Option<&Manifest>) -> Walked {
        if let Purpose::Baseline(_) = purpose {
            let lease = self.path(".abide/lease.json");
            let _ = fs::remove_file(&lease);
            self.write(".abide/lease.json", "{}");
        }
        let options = WalkOptions {
            purpose,
            earlier,
            ignored: Ignored::LeftOut,
        };
        walk(self.dir.path(), SystemClock.now(), &options).unwrap()
    }

    pub(crate) fn baseline(&self) -> Manifest {
        let walked = self.walk(BASELINE, None);
        assert!(walked.problems.is_empty(), "{:?}", walked.problems);
        walked.manifest
    }

    /// Takes a baseline when the file system's clock has moved on from every file's times.
    pub(crate) fn settled_baseline(&self) -> Manifest {
        let start = SystemClock.now();
        loop {
            let manifest = self.baseline();
            if manifest
                .entries()
                .iter()
                .all(|(_, entry)| manifest.settles(entry))
            {
                return manifest;
            }
            let waited = SystemClock.now().since(start);
            assert!(
                waited < Duration::from_secs(20),
                "times are still new after {waited:?}"
            );
        }
    }

    /// Compares the tree as it is with an earlier manifest.
    pub(crate) fn since(&self, earlier: &Manifest) -> Diff {
        let walked = self.walk(Purpose::Compare, Some(earlier));
        assert!(walked.problems.is_empty(), "{:?}", walked.problems);
        earlier.diff(&walked.manifest)
    }
}

pub(crate) fn names(manifest: &Manifest) -> Vec<String> {
    let names = manifest.entries().iter().map(|(path, _)| path.to_string());
    names.collect()
}

/// Says what people are to see.
pub(crate) fn said(diff: &Diff) -> Vec<String> {
    let said = diff.shown().map(|change| {
        let path = &change.path;
        match &change.what {
            What::Added(_) => format!("added {path}"),
            What::Removed(_) => format!("removed {path}"),
            What::Modified { evidence, .. } => match evidence {
                Evidence::Mode => format!("mode of {path}"),
                Evidence::Content | Evidence::Times | Evidence::Status => {
                    format!("modified {path}")
                }
            },
            What::Renamed { from, .. } => format!("renamed {from} to {path}"),
            What::TypeChanged { .. } => format!("type of {path}"),
            What::Touched { .. } => panic!("not to be seen"),
        }
    });
    said.collect()
}
