//! What a workspace was of which records are kept.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use abide_core::{
    clock::Timestamp,
    id::{SessionId, WorkspaceId},
};
use serde::{Deserialize, Serialize};

use super::KeepError;
use crate::{
    files::{self, Durable},
    keeper::protocol::SystemPath,
};

/// The file that says it.
const FILE: &str = "workspace.json";

/// The schema that is written.
const SCHEMA: u64 = 1;

/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// A workspace that was deleted, and of which records are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Its name for ever.
    pub id: WorkspaceId,
    /// What it was called.
    pub name: String,
    /// Where it was.
    pub dir: PathBuf,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// What its sessions were called.
    pub sessions: BTreeMap<SessionId, String>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    schema: u64,
    name: String,
    dir: SystemPath,
    deleted_at: Timestamp,
    sessions: BTreeMap<SessionId, String>,
}

/// Returns where it is said of records that are kept in a directory.
pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

impl Gone {
    /// Says of which workspace the records in a directory are; on disk when it returns.
    pub(super) fn write(&self, dir: &Path) -> Result<(), KeepError> {
        let stored = Stored {
            schema: SCHEMA,
            name: self.name.clone(),
            dir: self.dir.as_path().into(),
            deleted_at: self.deleted_at,
            sessions: self.sessions.clone(),
        };
        let json = serde_json::to_vec_pretty(&stored).expect("what it was has text for keys");
        let path = file(dir);
        files::replace(&path, Durable::Now, |file| file.write_all(&json))
            .map_err(|source| KeepError::write(&path, source))
    }

    /// Reads it; `None` where it is not said, because keeping was interrupted.
    pub(super) fn read(dir: &Path, id: WorkspaceId) -> Option<Self> {
        let unknown = |id: WorkspaceId| Self {
            name: id.to_string(),
            id,
            dir: dir.to_owned(),
            deleted_at: Timestamp::from_millis(0),
            sessions: BTreeMap::new(),
        };
        let bytes = match files::read(&file(dir), MAX_BYTES) {
            Ok(bytes) => bytes?,
            Err(_) => return Some(unknown(id)),
        };
        let stored = serde_json::from_slice::<Stored>(&bytes).ok();
        let Some(stored) = stored.filter(|stored| stored.schema == SCHEMA) else {
            return Some(unknown(id));
        };
        Some(Self {
            id,
            name: stored.name,
            dir: stored.dir.as_path().to_owned(),
            deleted_at: stored.deleted_at,
            sessions: stored.sessions,
        })
    }
}
