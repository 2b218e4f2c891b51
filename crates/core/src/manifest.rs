//! Which files a workspace held at an instant, and how to tell later what changed.
//!
//! A manifest says of each file what the system says of it without opening it, and what it held
//! only where that could not show an edit. [`diff`] compares two; [`format`](mod@format) is the
//! form on disk. Directories are not listed: one that holds nothing is nothing.
//!
//! Pure: whoever walks the tree fills it.

pub mod diff;
pub mod entry;
pub mod format;
pub mod path;

pub use self::{
    diff::{Change, Diff, Evidence, Sameness, What},
    entry::{ContentHash, Entry, FileTime, Identity, Kind},
    format::ReadManifestError,
    path::{ParsePathError, TreePath},
};
use crate::clock::Timestamp;

/// The files of a workspace at an instant, by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    taken: Taken,
    /// Strictly ascending by path.
    entries: Vec<(TreePath, Entry)>,
}

/// When a manifest was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// By the clock on the wall.
    pub at: Timestamp,
    /// By the file system's clock: what was changed before this had a time of its own, which no
    /// later edit can have. What was changed since then, or will be, may have the same time twice,
    /// so its content was recorded.
    pub settled_before: FileTime,
}

impl Manifest {
    /// Returns a manifest of these files, in any order; of two with one path, one is kept.
    #[must_use]
    pub fn new(taken: Taken, mut entries: Vec<(TreePath, Entry)>) -> Self {
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        entries.dedup_by(|(one, _), (other, _)| one == other);
        Self { taken, entries }
    }

    /// Returns when it was taken.
    #[must_use]
    pub fn taken(&self) -> Taken {
        self.taken
    }

    /// Returns the files, ascending by path.
    #[must_use]
    pub fn entries(&self) -> &[(TreePath, Entry)] {
        &self.entries
    }

    /// Returns the file at a path.
    #[must_use]
    pub fn get(&self, path: &TreePath) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|(found, _)| found.cmp(path));
        at.ok().map(|at| &self.entries[at].1)
    }

    /// Tells whether an edit of this file after the manifest was taken must show in its times.
    #[must_use]
    pub fn settles(&self, entry: &Entry) -> bool {
        entry.is_settled_before(self.taken.settled_before)
    }
}
