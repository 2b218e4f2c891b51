//! Which files have to be read: decided from what the system says of them, now and before.

use abide_core::manifest::{ContentHash, Entry, FileTime, Kind, Manifest, TreePath};

use super::WalkOptions;

/// What a manifest is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Later ones will be compared with it.
    Baseline(Hashing),
    /// It is compared with the earlier one, and then done with.
    Compare,
}

/// Which files a baseline reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashing {
    /// Those whose times could hide an edit.
    Unsettled,
    /// All of them.
    All,
}

/// What to do about a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// It is as it was: here is what was known of it.
    Known(Option<ContentHash>),
    /// Read it.
    Read,
    /// The rest says enough.
    Unneeded,
}

/// What is to be read on a walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    settled_before: FileTime,
    purpose: Purpose,
    earlier: Option<&'a Manifest>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(settled_before: FileTime, options: &WalkOptions<'a>) -> Self {
        Self {
            settled_before,
            purpose: options.purpose,
            earlier: options.earlier,
        }
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Decides about a plain file that the system describes so.
    pub(super) fn content(&self, path: &TreePath, now: &Entry) -> Content {
        let before = self.earlier.and_then(|earlier| earlier.get(path));
        let before = before.filter(|before| before.kind == Kind::File);
        let is_still = before.filter(|before| self.is_still(before, now));
        match (self.purpose, is_still) {
            (Purpose::Baseline(Hashing::All), Some(Entry { content: None, .. })) => Content::Read,
            (_, Some(still)) => Content::Known(still.content),
            (Purpose::Baseline(Hashing::All), None) => Content::Read,
            (Purpose::Baseline(Hashing::Unsettled), None) => match self.is_settled(now) {
                true => Content::Unneeded,
                false => Content::Read,
            },
            (Purpose::Compare, None) => match before {
                Some(before) if before.content.is_some() && before.size == now.size => {
                    Content::Read
                }
                Some(_) | None => Content::Unneeded,
            },
        }
    }

    /// Whether a file cannot have been edited since the earlier manifest: nothing of it moved, and
    /// any edit would have moved something.
    fn is_still(&self, before: &Entry, now: &Entry) -> bool {
        let Entry {
            size,
            mode,
            modified,
            identity,
            ..
        } = before;
        self.earlier.is_some_and(|earlier| earlier.settles(before))
            && (size, mode, modified, identity)
                == (&now.size, &now.mode, &now.modified, &now.identity)
    }

    fn is_settled(&self, now: &Entry) -> bool {
        let changed = now.identity.map_or(now.modified, |known| known.changed);
        now.modified < self.settled_before && changed < self.settled_before
    }
}
