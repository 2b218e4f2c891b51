//! What changed between two manifests.
//!
//! A change is shown to people unless only times or the like moved ([`What::Touched`]). In doubt a
//! file was modified: what cannot be told from an edit is reported as one, with what tells.

mod rename;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Entry, Manifest, Taken, TreePath};

/// What has to be done to an earlier manifest to get a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// When the later one was taken.
    pub taken: Taken,
    /// Ascending by path, one at most for each.
    pub changes: Vec<Change>,
}

/// One file that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it is, or was if it is no more.
    pub path: TreePath,
    /// What happened to it.
    pub what: What,
}

/// What happened to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added(Entry),
    /// It is gone.
    Removed(Entry),
    /// It holds something else, or may be run by others, or cannot be told from such a file.
    Modified {
        /// As it was.
        before: Entry,
        /// As it is.
        after: Entry,
        /// What tells.
        evidence: Evidence,
    },
    /// It was under another name.
    Renamed {
        /// Where it was.
        from: TreePath,
        /// As it was.
        before: Entry,
        /// As it is.
        after: Entry,
        /// What tells that it is the same.
        same: Sameness,
    },
    /// It was of another kind.
    TypeChanged {
        /// As it was.
        before: Entry,
        /// As it is.
        after: Entry,
    },
    /// It holds the same, and differs only in times or in what is known of it.
    Touched {
        /// As it was.
        before: Entry,
        /// As it is.
        after: Entry,
    },
}

/// What tells that a file is the one that was under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    /// It holds the same.
    Content,
    /// It has the same number on its file system, size and time. A rename changes the system's own
    /// record of its last change, so an edit of the same size whose time was set back does not show.
    File,
}

/// What tells that a file was modified, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Its size or the hash of its content differs.
    Content,
    /// Its permissions differ, and as far as is known nothing else.
    Mode,
    /// It was written to; what it held before was not recorded.
    Times,
    /// Only the system's own record of its last change differs: its times were set back after an
    /// edit, or something like a new hard link changed its status alone.
    Status,
}

impl Diff {
    /// Returns the changes that people are to see.
    pub fn shown(&self) -> impl Iterator<Item = &Change> {
        let is_shown = |change: &&Change| !matches!(change.what, What::Touched { .. });
        self.changes.iter().filter(is_shown)
    }
}

impl Manifest {
    /// Returns what changed from this manifest to a later one.
    #[must_use]
    pub fn diff(&self, later: &Self) -> Diff {
        let mut both = Walked::default();
        let (mut old, mut new) = (
            self.entries.iter().peekable(),
            later.entries.iter().peekable(),
        );
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some((before, _)), Some((after, _))) => before.cmp(after),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            match order {
                Ordering::Less => both.removed.extend(old.next()),
                Ordering::Greater => both.added.extend(new.next()),
                Ordering::Equal => {
                    let pair = old.next().zip(new.next());
                    let change =
                        pair.and_then(|((path, before), (_, after))| compare(path, before, after));
                    both.changes.extend(change);
                }
            }
        }
        let mut changes = both.changes;
        changes.extend(rename::pair(both.removed, both.added));
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        Diff {
            taken: later.taken,
            changes,
        }
    }

    /// Returns the later manifest of a diff that was made from this one.
    #[must_use]
    pub fn apply(&self, diff: &Diff) -> Self {
        let mut gone = Vec::new();
        let mut new = Vec::new();
        for Change { path, what } in &diff.changes {
            match what {
                What::Removed(_) => gone.push(path),
                What::Renamed { from, after, .. } => {
                    gone.push(from);
                    new.push((path.clone(), after.clone()));
                }
                What::Added(after)
                | What::Modified { after, .. }
                | What::TypeChanged { after, .. }
                | What::Touched { after, .. } => {
                    gone.push(path);
                    new.push((path.clone(), after.clone()));
                }
            }
        }
        gone.sort();
        let stays = |(path, _): &&(TreePath, Entry)| gone.binary_search(&path).is_err();
        let kept = self.entries.iter().filter(stays).cloned();
        Self::new(diff.taken, kept.chain(new).collect())
    }
}

#[derive(Default)]
struct Walked<'a> {
    removed: Vec<&'a (TreePath, Entry)>,
    added: Vec<&'a (TreePath, Entry)>,
    changes: Vec<Change>,
}

/// Tells what happened to a file that is where it was; nothing if it is as it was.
fn compare(path: &TreePath, before: &Entry, after: &Entry) -> Option<Change> {
    if before == after {
        return None;
    }
    let (then, now) = (before.clone(), after.clone());
    let what = match evidence(before, after) {
        _ if before.kind != after.kind => What::TypeChanged {
            before: then,
            after: now,
        },
        Some(evidence) => What::Modified {
            before: then,
            after: now,
            evidence,
        },
        None => What::Touched {
            before: then,
            after: now,
        },
    };
    Some(Change {
        path: path.clone(),
        what,
    })
}

fn evidence(before: &Entry, after: &Entry) -> Option<Evidence> {
    let contents = before.content.zip(after.content);
    let changed = before.identity.zip(after.identity);
    if before.size != after.size || contents.is_some_and(|(then, now)| then != now) {
        return Some(Evidence::Content);
    }
    if contents.is_none() && before.modified != after.modified {
        return Some(Evidence::Times);
    }
    if before.mode != after.mode {
        return Some(Evidence::Mode);
    }
    // The number of a file alone tells nothing: some file systems give new ones at every mount.
    let is_changed = changed.is_some_and(|(then, now)| then.changed != now.changed);
    (contents.is_none() && is_changed).then_some(Evidence::Status)
}
