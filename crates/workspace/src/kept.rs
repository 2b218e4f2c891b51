//! Records of workspaces whose directory was removed with them, kept in the state directory.
//!
//! ```text
//! <state directory>/records/<workspace id>/    0700
//!     journal*.jsonl     0600    as they were in the workspace's `.abide`
//!     workspace.json     0600    what the workspace was; written last, and without it there is nothing
//! ```
//!
//! Keeping can be repeated after a crash at any write: what is there is replaced by what is there now.
//! Of these at most [`MAX_KEPT`] are kept, of at most [`MAX_KEPT_BYTES`] together; the oldest go first.
//!
//! Everything here blocks.

mod about;
mod error;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::{clock::Timestamp, id::WorkspaceId, probe::Probe};

pub use self::{about::Gone, error::KeepError};
use crate::{
    desk::{DirLock, Here, LOCK_PATIENCE, OwnDir, OwnDirError},
    files::{self, Durable},
    journal::{JOURNAL_FILE, MAX_JOURNAL_BYTES},
    sys,
};

/// Most workspaces of which records are kept.
pub const MAX_KEPT: usize = 200;

/// Most that all of their files may have, in bytes; the newest is kept even if it alone has more.
pub const MAX_KEPT_BYTES: u64 = 512 * 1024 * 1024;

/// Where they are, below the state directory.
const RECORDS_DIR: &str = "records";

/// Most entries of that directory that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Keeps the journal of a workspace's directory, if it has one, with its older parts. Passes
/// `delete.copied` once it is kept, and before it is said of what.
///
/// # Errors
///
/// When it cannot be read, or kept; what was kept before is still there, or whole again when this is
/// repeated.
pub(crate) fn keep(
    state_dir: &Path,
    root: &Path,
    gone: &Gone,
    probe: &dyn Probe,
) -> Result<(), KeepError> {
    let own = match OwnDir::find(root) {
        Ok(Some(own)) => own,
        // What is no directory holds no journal of ours.
        Ok(None) | Err(OwnDirError::NoDirectory { .. }) => return Ok(()),
        Err(source) => return Err(KeepError::Dir(source)),
    };
    let journals = || {
        let read = own.journals();
        read.map_err(|source| KeepError::read(own.path(), source))
    };
    if journals()?.is_empty() {
        return Ok(());
    }
    let place = Place::new(state_dir, &gone.id);
    place
        .make()
        .map_err(|source| KeepError::write(&place.dir, source))?;
    // A keeper that is late may be writing.
    let lock = DirLock::acquire(&own, &Here::find(), "to keep its records", LOCK_PATIENCE);
    let lock = lock.map_err(KeepError::Lock)?;
    for journal in journals()? {
        let name = journal.file_name().unwrap_or(JOURNAL_FILE.as_ref());
        copy(&journal, &place.dir.join(name))?;
    }
    drop(lock);
    probe.reached("delete.copied");
    gone.write(&place.dir)?;
    prune(state_dir, &gone.id);
    Ok(())
}

/// Copies a journal, whole and on disk or not at all.
fn copy(from: &Path, to: &Path) -> Result<(), KeepError> {
    let read = files::read(from, MAX_JOURNAL_BYTES);
    let bytes = read.map_err(|source| KeepError::read(from, source))?;
    let bytes = bytes.unwrap_or_default();
    files::replace(to, Durable::Now, |file| file.write_all(&bytes))
        .map_err(|source| KeepError::write(to, source))
}

/// Returns the workspaces of which records are kept, the one that was deleted first at first.
///
/// One of which it cannot be read what it was is called by its id.
///
/// # Errors
///
/// When the directory that they are in cannot be read.
pub(crate) fn all(state_dir: &Path) -> Result<Vec<Gone>, KeepError> {
    let dir = state_dir.join(RECORDS_DIR);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(KeepError::read(&dir, source)),
    };
    let mut found = Vec::new();
    for entry in entries.take(MAX_ENTRIES) {
        let name = entry.map_err(|source| KeepError::read(&dir, source))?;
        let id = name.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(id) = id else {
            continue;
        };
        found.extend(Gone::read(&Place::new(state_dir, &id).dir, id));
    }
    found.sort_by_key(|gone| (gone.deleted_at, gone.id.clone()));
    Ok(found)
}

/// Returns where the journal of one is.
pub(crate) fn journal_of(state_dir: &Path, id: &WorkspaceId) -> PathBuf {
    Place::new(state_dir, id).dir.join(JOURNAL_FILE)
}

/// Removes the oldest beyond what is kept, but never `newest`. What cannot be removed is tried again
/// when the next one is kept.
fn prune(state_dir: &Path, newest: &WorkspaceId) {
    let Ok(mut gone) = all(state_dir) else {
        return;
    };
    // What says nothing of when it was deleted is not known to be old.
    gone.retain(|one| one.deleted_at != Timestamp::from_millis(0));
    let (mut count, mut bytes) = (0, 0);
    let (newest, others): (Vec<_>, Vec<_>) = gone.iter().partition(|one| one.id == *newest);
    for one in newest.into_iter().chain(others.into_iter().rev()) {
        let place = Place::new(state_dir, &one.id);
        count += 1;
        bytes += place.bytes();
        if count != 1 && (MAX_KEPT < count || MAX_KEPT_BYTES < bytes) {
            place.remove();
        }
    }
}

/// Where the records of one workspace are kept.
#[derive(Debug)]
struct Place {
    dir: PathBuf,
}

impl Place {
    fn new(state_dir: &Path, id: &WorkspaceId) -> Self {
        Self {
            dir: state_dir.join(RECORDS_DIR).join(id.as_str()),
        }
    }

    /// Makes the directory, so that it is there after a loss of power too.
    fn make(&self) -> io::Result<()> {
        sys::create_private_dir(&self.dir)?;
        for above in self.dir.ancestors().skip(1).take(2) {
            sys::sync_dir(above)?;
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let lengths = entries.filter_map(|entry| entry.metadata().ok());
        lengths.map(|metadata| metadata.len()).sum()
    }

    /// Removes it: first what says that it is there.
    fn remove(&self) {
        let removed =
            files::remove(&about::file(&self.dir)).and_then(|()| fs::remove_dir_all(&self.dir));
        if let Err(err) = removed {
            tracing::warn!(dir = %self.dir.display(), error = %err, "cannot remove old records");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn put(state: &Path, id: &str, deleted_at: u64, bytes: u64) {
        let id: WorkspaceId = id.parse().unwrap();
        let place = Place::new(state, &id);
        place.make().unwrap();
        let journal = fs::File::create(place.dir.join(JOURNAL_FILE)).unwrap();
        journal.set_len(bytes).unwrap();
        let gone = Gone {
            id,
            name: "api".to_owned(),
            dir: "/srv/api".into(),
            deleted_at: Timestamp::from_millis(deleted_at),
            sessions: BTreeMap::new(),
        };
        gone.write(&place.dir).unwrap();
    }

    fn ids(state: &Path) -> Vec<String> {
        let all = all(state).unwrap();
        all.iter().map(|gone| gone.id.to_string()).collect()
    }

    #[test]
    fn the_oldest_go_first_by_count_and_by_size_and_the_newest_never() {
        let state = tempfile::tempdir().unwrap();
        let count = MAX_KEPT as u64 + 2;
        for at in 1..=count {
            put(state.path(), &format!("w-{at:03}"), at, 1);
        }
        prune(state.path(), &"w-001".parse().unwrap());
        let left = ids(state.path());
        assert_eq!(left.len(), MAX_KEPT);
        assert_eq!(left[..2], ["w-001", "w-004"], "the first was kept last");
        put(state.path(), "large", count + 1, MAX_KEPT_BYTES);
        prune(state.path(), &"large".parse().unwrap());
        assert_eq!(ids(state.path()), ["large"]);
        let records = state.path().join(RECORDS_DIR);
        assert_eq!(fs::read_dir(records).unwrap().count(), 1);
    }

    #[test]
    fn what_does_not_say_what_it_was_is_shown_by_its_id_and_not_removed() {
        let state = tempfile::tempdir().unwrap();
        put(state.path(), "odd", 1, 1);
        fs::write(
            about::file(&Place::new(state.path(), &"odd".parse().unwrap()).dir),
            "{",
        )
        .unwrap();
        put(state.path(), "large", 2, MAX_KEPT_BYTES);
        prune(state.path(), &"large".parse().unwrap());
        let all = all(state.path()).unwrap();
        assert_eq!((all.len(), all[0].name.as_str()), (2, "odd"));
    }
}
