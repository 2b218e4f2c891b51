//! What the files at a desk are called.

use std::{fs, io, path::PathBuf};

use abide_core::{id::RecordId, lease::FencingToken};

use super::OwnDir;
use crate::journal::{self, JOURNAL_FILE};

pub(super) const LEASE_FILE: &str = "lease.json";
pub(super) const SUMMARY_FILE: &str = "summary.json";
pub(super) const KEEPERS_DIR: &str = "keepers";
pub(super) const BASELINES_DIR: &str = "baselines";

/// Ends the name of a keeper's lock, after its epoch.
const LOCK_SUFFIX: &str = ".lock";

impl OwnDir {
    pub(super) fn lease(&self) -> PathBuf {
        self.path().join(LEASE_FILE)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path().join(JOURNAL_FILE)
    }

    /// Returns the files that its keeper writes most often, always under the lock.
    pub(crate) fn written_last(&self) -> [PathBuf; 2] {
        [self.journal(), self.lease()]
    }

    /// Returns the files that the journal is in, the one that is written to last.
    pub(crate) fn journals(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = journal::parts(&self.journal())?;
        if fs::symlink_metadata(self.journal()).is_ok() {
            files.push(self.journal());
        }
        Ok(files)
    }

    pub(super) fn summary(&self) -> PathBuf {
        self.path().join(SUMMARY_FILE)
    }

    pub(super) fn keepers(&self) -> PathBuf {
        self.path().join(KEEPERS_DIR)
    }

    pub(super) fn keeper(&self, epoch: FencingToken) -> PathBuf {
        self.keepers().join(format!("{epoch}{LOCK_SUFFIX}"))
    }

    pub(super) fn baselines(&self) -> PathBuf {
        self.path().join(BASELINES_DIR)
    }

    /// A record's id is letters, digits, `-` and `_`, so that it leads nowhere else.
    pub(super) fn baseline(&self, record: &RecordId) -> PathBuf {
        self.baselines().join(record.as_str())
    }
}

/// Returns whose lock has this name.
pub(super) fn epoch_of(name: &str) -> Option<FencingToken> {
    let number: u64 = name.strip_suffix(LOCK_SUFFIX)?.parse().ok()?;
    let epoch = FencingToken::try_from(number).ok()?;
    // Another spelling of the same number is not ours.
    (format!("{epoch}{LOCK_SUFFIX}") == name).then_some(epoch)
}
