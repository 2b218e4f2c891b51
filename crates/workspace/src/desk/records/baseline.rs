//! What there was before a session, in a file until its record is complete.

use std::{
    fs,
    io::{self, BufReader, Read as _},
    path::Path,
};

use abide_core::{
    clock::Timestamp,
    id::RecordId,
    manifest::{Manifest, ReadManifestError},
};

use super::super::{HeldError, OwnDir};
use crate::{
    files::{self, Durable},
    sys,
    walk::{self, Hashing, Ignored, Purpose, WalkError, WalkOptions},
};

/// Longest baseline that is read, in bytes: several times that of the largest tree.
const MAX_BASELINE_BYTES: u64 = 512 * 1024 * 1024;

/// Why a baseline cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadBaselineError {
    /// There is none.
    #[error("there is no baseline of record `{record}`")]
    Missing {
        /// The record.
        record: RecordId,
    },
    /// It is no plain file, or cannot be opened.
    #[error("cannot open the baseline of record `{record}`")]
    Open {
        /// The record.
        record: RecordId,
        /// Why not.
        source: io::Error,
    },
    /// It is not whole.
    #[error("cannot read the baseline of record `{record}`")]
    Read {
        /// The record.
        record: RecordId,
        /// Why not.
        source: ReadManifestError,
    },
}

impl ReadBaselineError {
    /// Says the same in one sentence, for a record.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Missing { .. } => "the list of files from before is gone".to_owned(),
            Self::Open { source, .. } => {
                format!("the list of files from before cannot be opened: {source}")
            }
            Self::Read { source, .. } => {
                format!("the list of files from before cannot be read: {source}")
            }
        }
    }
}

/// Reads what there was before a record's session.
///
/// # Errors
///
/// When there is none, or it is not whole to its last byte.
pub fn read_baseline(dir: &OwnDir, record: &RecordId) -> Result<Manifest, ReadBaselineError> {
    let opened = sys::tree::open_plain(&dir.baseline(record)).and_then(|file| {
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is not a plain file")),
        }
    });
    let file = opened.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ReadBaselineError::Missing {
            record: record.clone(),
        },
        _ => ReadBaselineError::Open {
            record: record.clone(),
            source,
        },
    })?;
    let bounded = BufReader::new(file.take(MAX_BASELINE_BYTES));
    Manifest::read_from(bounded).map_err(|source| ReadBaselineError::Read {
        record: record.clone(),
        source,
    })
}

/// Lists the files of a workspace as the baseline of a session.
///
/// # Errors
///
/// When the directory cannot be read, holds more files than are ever listed, or its `.abide` cannot
/// be looked at.
pub fn list_files(root: &Path, now: Timestamp) -> Result<Manifest, WalkError> {
    let options = WalkOptions {
        purpose: Purpose::Baseline(Hashing::Unsettled),
        earlier: None,
        ignored: Ignored::LeftOut,
    };
    Ok(walk::walk(root, now, &options)?.manifest)
}

/// Keeps a manifest for a record, in the place of an earlier one; whole or not at all.
pub(super) fn put(
    dir: &OwnDir,
    record: &RecordId,
    manifest: &Manifest,
    durable: Durable,
) -> Result<(), HeldError> {
    let baselines = dir.baselines();
    let path = dir.baseline(record);
    let failed = |source| HeldError::write(&path, source);
    if fs::symlink_metadata(&baselines).is_ok_and(|metadata| !metadata.is_dir()) {
        return Err(failed(io::Error::other("its directory is something else")));
    }
    sys::create_private_subdir(&baselines).map_err(failed)?;
    files::replace(&path, durable, |file| manifest.write_to(file)).map_err(failed)
}

/// Sees to it that the manifest of a record, if there is one, is there after a loss of power, and so
/// is all that has a name in the directory.
pub(super) fn sync(dir: &OwnDir, record: &RecordId) -> Result<(), HeldError> {
    let path = dir.baseline(record);
    let synced = match files::sync(&path) {
        Ok(()) => sys::sync_dir(&dir.baselines()),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(err) => Err(err),
    };
    synced
        .and_then(|()| sys::sync_dir(dir.path()))
        .map_err(|source| HeldError::write(&path, source))
}

/// Removes the manifest of a record, if there is one.
pub(super) fn remove(dir: &OwnDir, record: &RecordId) -> Result<(), HeldError> {
    let path = dir.baseline(record);
    files::remove(&path).map_err(|source| HeldError::write(&path, source))
}

/// Returns how many files a manifest lists.
pub(super) fn count(manifest: &Manifest) -> u64 {
    manifest.entries().len() as u64
}
