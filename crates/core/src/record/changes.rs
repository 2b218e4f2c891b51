//! What a session changed, as its record keeps it.

use serde::{Deserialize, Serialize};

use crate::manifest::{Change, Diff, Evidence, Sameness, TreePath, What};

/// Most files that a record lists by name; all of them are counted.
pub const MAX_LISTED: usize = 10_000;

/// Most bytes that those files take in a record, as JSON: names may be long.
pub const MAX_LISTED_BYTES: usize = 2 * 1024 * 1024;

/// What a session changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "changes", rename_all = "snake_case")]
pub enum Changes {
    /// These files, since the baseline.
    Known(Files),
    /// Nobody can tell.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// Files that were changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// How many.
    pub counts: Counts,
    /// The first of them by path, at most [`MAX_LISTED`] in at most [`MAX_LISTED_BYTES`].
    pub files: Vec<FileChange>,
}

/// How many files were changed in which way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New ones.
    pub added: u64,
    /// Those that hold something else, or cannot be told from such.
    pub modified: u64,
    /// Those that are gone.
    pub removed: u64,
    /// Those under another name.
    pub renamed: u64,
    /// Those of another kind.
    pub type_changed: u64,
}

impl Counts {
    /// Returns how many files that are in all.
    #[must_use]
    pub fn all(&self) -> u64 {
        let Self {
            added,
            modified,
            removed,
            renamed,
            type_changed,
        } = self;
        added + modified + removed + renamed + type_changed
    }

    fn add(&mut self, how: HowChanged) {
        *match how {
            HowChanged::Added => &mut self.added,
            HowChanged::Modified { .. } => &mut self.modified,
            HowChanged::Removed => &mut self.removed,
            HowChanged::Renamed { .. } => &mut self.renamed,
            HowChanged::TypeChanged => &mut self.type_changed,
        } += 1;
    }
}

/// One file that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Where it is, or was if it is gone.
    pub path: TreePath,
    /// In which way.
    #[serde(flatten)]
    pub how: HowChanged,
    /// Where it was, if it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TreePath>,
}

/// In which way a file was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum HowChanged {
    /// It is new.
    Added,
    /// It holds something else, or cannot be told from such a file.
    Modified {
        /// What tells.
        evidence: Evidence,
    },
    /// It is gone.
    Removed,
    /// It is under another name.
    Renamed {
        /// What tells that it is the same.
        same: Sameness,
    },
    /// It is of another kind.
    TypeChanged,
}

impl FileChange {
    /// Returns a change as a record keeps it; `None` for what is not shown.
    #[must_use]
    pub fn of(change: &Change) -> Option<Self> {
        let (how, from) = match &change.what {
            What::Added(_) => (HowChanged::Added, None),
            What::Removed(_) => (HowChanged::Removed, None),
            What::Modified { evidence, .. } => {
                let evidence = *evidence;
                (HowChanged::Modified { evidence }, None)
            }
            What::Renamed { from, same, .. } => {
                (HowChanged::Renamed { same: *same }, Some(from.clone()))
            }
            What::TypeChanged { .. } => (HowChanged::TypeChanged, None),
            What::Touched { .. } => return None,
        };
        Some(Self {
            path: change.path.clone(),
            how,
            from,
        })
    }
}

impl FileChange {
    /// Returns what it takes in a list, with a comma.
    fn listed_bytes(&self) -> usize {
        let json = serde_json::to_vec(self).expect("a change has text for keys");
        json.len() + 1
    }
}

impl Files {
    /// Counts and lists the changes that people are to see.
    #[must_use]
    pub fn of(diff: &Diff) -> Self {
        Self::listing(diff, Some((MAX_LISTED, MAX_LISTED_BYTES)))
    }

    /// Counts the changes that people are to see and lists every one, for a view that keeps nothing.
    #[must_use]
    pub fn all_of(diff: &Diff) -> Self {
        Self::listing(diff, None)
    }

    /// Lists what fits, in number and bytes, up to the first that does not.
    fn listing(diff: &Diff, most: Option<(usize, usize)>) -> Self {
        let mut counts = Counts::default();
        let mut files = Vec::new();
        let (mut bytes, mut is_full) = (0, false);
        for change in diff.changes.iter().filter_map(FileChange::of) {
            counts.add(change.how);
            if let (Some((most, most_bytes)), false) = (most, is_full) {
                bytes += change.listed_bytes();
                is_full = files.len() == most || most_bytes < bytes;
            }
            if !is_full {
                files.push(change);
            }
        }
        Self { counts, files }
    }
}
