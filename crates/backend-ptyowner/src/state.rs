//! A session's files: where they are, what is in them, and how they are written.
//!
//! ```text
//! owners/<session>/   start.lock   held while somebody starts or removes the session
//!                     owner.lock   held by the owner for its whole life
//!                     owner.json   this start: generation, pid, endpoint, command
//!                     token        its secret, in a file of its own so that the rest can be shown
//!                     activity     what it was doing last, written over in place
//!                     exit.json    how the start of that generation ended
//!                     final.screen its last screen, as a snapshot
//!                     log          what the owner had to say
//!                     journal/     screen and history, for when the owner is killed (`journal`)
//! ```
//!
//! Files describe; the locks decide. Who looks at `owner.lock` shares `start.lock` meanwhile, so
//! that no look can make a starting owner believe that the lock is taken.

mod activity;
mod screen;
mod write;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use abide_core::{
    backend::{EndCause, ExitOutcome, LostReason},
    clock::Timestamp,
    id::{self, Generation, SessionId},
    replay::Offset,
    size::TermSize,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use self::write::{is_absent, remove_if_there, sync, write_json, write_whole};
pub(crate) use self::{activity::ActivityFile, screen::ScreenMark};
use crate::{sys, token::Token};

/// The newest layout of the state files that this release reads, and the one it writes.
pub(crate) const SCHEMA: u32 = 1;

/// The file whose lock an owner holds for life.
pub(crate) const OWNER_LOCK: &str = "owner.lock";

/// Largest state file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// More than a state file has as a rule, in bytes.
const USUAL_FILE_BYTES: usize = 4096;

/// How the names of directories begin that are being deleted; no session's id begins so.
const RETIRED: &str = ".removed-";

/// Why a state file could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// It could not be read or written.
    #[error("cannot {verb} `{}`", path.display())]
    Io {
        /// `read`, `write`, …
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is of a newer release.
    #[error("`{}` has schema {found}, newer than {supported}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        supported: u32,
    },
    /// It is not what it should be.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Where one session's files are.
#[derive(Debug, Clone)]
pub(crate) struct SessionDir {
    path: PathBuf,
}

/// One start, as its owner described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnerFile {
    pub(crate) schema: u32,
    pub(crate) session: SessionId,
    pub(crate) generation: Generation,
    pub(crate) started_at: Timestamp,
    /// The owner's process, and what tells it from a later one with the same number.
    pub(crate) pid: u32,
    pub(crate) pid_start: Option<u64>,
    pub(crate) boot_id: Option<String>,
    /// The child's process; after a crash of the owner, the one to look for.
    pub(crate) child_pid: u32,
    pub(crate) child_start: Option<u64>,
    /// The socket's path or the pipe's name.
    pub(crate) endpoint: String,
    /// Protocol versions that the owner speaks.
    pub(crate) versions: Vec<u16>,
    /// The release that the owner is of.
    pub(crate) release: String,
    pub(crate) size: TermSize,
    /// Memory for what is kept for clients, in bytes; earlier releases did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) history_bytes: Option<u64>,
    /// What an owner that joins it must know; none if none ever can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) joinable: Option<Joinable>,
}

/// A start whose terminal outlives its owner, for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Joinable {
    #[serde(flatten)]
    pub(crate) keeps: Keeps,
    /// Every position that was given out so far, or may be without further notice, is before this.
    pub(crate) offsets_below: Offset,
}

/// What is kept for clients that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keeps {
    /// Memory for output and lines of the screen, in bytes.
    pub(crate) history_bytes: u64,
    /// Whether they are kept on disk too.
    pub(crate) journal: bool,
}

/// How one start ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExitFile {
    pub(crate) schema: u32,
    pub(crate) generation: Generation,
    pub(crate) outcome: ExitOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<EndCause>,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) offset: Offset,
    pub(crate) size: TermSize,
    /// What the final screen is; earlier releases did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) screen: Option<ScreenMark>,
}

/// Only the part that tells whether the rest can be read.
#[derive(Deserialize)]
struct AnySchema {
    schema: u32,
}

impl SessionDir {
    pub(crate) fn new(owners_dir: &Path, session: &SessionId) -> Self {
        Self {
            path: owners_dir.join(session.as_str()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn start_lock(&self) -> PathBuf {
        self.path.join("start.lock")
    }

    pub(crate) fn owner_lock(&self) -> PathBuf {
        self.path.join(OWNER_LOCK)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    fn owner_file(&self) -> PathBuf {
        self.path.join("owner.json")
    }

    fn exit_file(&self) -> PathBuf {
        self.path.join("exit.json")
    }

    fn token_file(&self) -> PathBuf {
        self.path.join("token")
    }

    /// Makes the directory, private to this user, if it is missing.
    pub(crate) fn create(&self) -> Result<(), StateError> {
        sys::files::create_private_dir(&self.path).map_err(|source| StateError::Io {
            verb: "make",
            path: self.path.clone(),
            source,
        })
    }

    pub(crate) fn read_owner(&self) -> Result<Option<OwnerFile>, StateError> {
        read_json(&self.owner_file())
    }

    /// Tells when an owner described itself last; none if none did.
    pub(crate) fn described_at(&self) -> Option<SystemTime> {
        fs::metadata(self.owner_file()).ok()?.modified().ok()
    }

    pub(crate) fn read_exit(&self) -> Result<Option<ExitFile>, StateError> {
        read_json(&self.exit_file())
    }

    pub(crate) fn read_token(&self) -> Result<Option<Token>, StateError> {
        let path = self.token_file();
        let Some(text) = read_bounded(&path)? else {
            return Ok(None);
        };
        let text = zeroize::Zeroizing::new(text);
        let token = std::str::from_utf8(&text).ok().and_then(Token::from_text);
        token.map(Some).ok_or(StateError::Damaged {
            path,
            reason: "it holds no token".into(),
        })
    }

    /// Describes a new start. What an earlier start left stays until [`Self::forget_end`].
    ///
    /// Others see it at once; that it outlives a crash of the machine, [`Self::sync_owner`] sees to.
    pub(crate) fn write_owner(&self, owner: &OwnerFile, token: &Token) -> Result<(), StateError> {
        write_whole(&self.token_file(), token.to_text().as_bytes())?;
        write_json(&self.owner_file(), owner)
    }

    /// Waits until the description of the start is on the disk.
    pub(crate) fn sync_owner(&self) -> Result<(), StateError> {
        sync(&self.path, &[self.token_file(), self.owner_file()])
    }

    /// Says where the owner of that start can be reached now; only it may. Tells whether that was
    /// another place before; then [`Self::sync_owner`] is due.
    pub(crate) fn move_owner(
        &self,
        generation: Generation,
        endpoint: &str,
    ) -> Result<bool, StateError> {
        let Some(mut owner) = self.read_owner()? else {
            return Ok(false);
        };
        if owner.generation != generation || owner.endpoint == endpoint {
            return Ok(false);
        }
        endpoint.clone_into(&mut owner.endpoint);
        write_json(&self.owner_file(), &owner)?;
        Ok(true)
    }

    /// Says before which position the owner of that start stays with what it gives out; only it may.
    pub(crate) fn reserve_offsets(
        &self,
        generation: Generation,
        below: Offset,
    ) -> Result<(), StateError> {
        let Some(mut owner) = self.read_owner()? else {
            return Ok(());
        };
        if let Some(joinable) = &mut owner.joinable
            && owner.generation == generation
        {
            joinable.offsets_below = below;
            write_json(&self.owner_file(), &owner)?;
        }
        Ok(())
    }

    /// Takes the end of an earlier start away, and its journal.
    pub(crate) fn forget_end(&self) -> Result<(), StateError> {
        remove_if_there(&self.exit_file())?;
        remove_if_there(&self.final_screen_file())?;
        if let Err(err) = fs::remove_dir_all(self.journal())
            && !is_absent(&err)
        {
            // It is of another generation, so nobody takes it for this start's.
            tracing::warn!(error = %err, "cannot remove the journal of an earlier start");
        }
        Ok(())
    }

    /// Records an end: the screen first, since the exit file says that both are there.
    ///
    /// Others see it at once; that it outlives a crash of the machine, [`Self::sync_end`] sees to.
    pub(crate) fn write_end(&self, exit: &ExitFile, screen: &[u8]) -> Result<(), StateError> {
        write_whole(&self.final_screen_file(), screen)?;
        write_json(&self.exit_file(), exit)
    }

    /// Waits until the record of the end is on the disk.
    pub(crate) fn sync_end(&self) -> Result<(), StateError> {
        sync(&self.path, &[self.final_screen_file(), self.exit_file()])
    }

    /// Takes the whole directory out of sight; the caller holds `start.lock`, and no owner lives.
    /// Returns where it is now, for [`Self::delete_retired`].
    ///
    /// The directory gets a name that is no session's. Whoever comes while it is being deleted finds
    /// nothing, or makes a new one, and never loses a file of it.
    pub(crate) fn retire(&self) -> Result<PathBuf, StateError> {
        let name = format!("{RETIRED}{}", id::to_hex(&id::random_bytes::<8>()));
        let retired = self.owners_dir().join(name);
        match sys::files::retire_dir(&self.path, &retired) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(self.not_removed(err)),
            _ => Ok(retired),
        }
    }

    /// Deletes what was retired, and what removals that were killed left over.
    ///
    /// The caller has given its locks back: on some systems a file keeps its name until it is closed.
    pub(crate) fn delete_retired(&self, retired: &Path) -> Result<(), StateError> {
        let deleted = fs::remove_dir_all(retired);
        for entry in fs::read_dir(self.owners_dir())
            .into_iter()
            .flatten()
            .flatten()
        {
            if entry.file_name().to_string_lossy().starts_with(RETIRED) {
                // Somebody else's, who may be at it at this moment, or the next removal's.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        match deleted {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(self.not_removed(err)),
            _ => Ok(()),
        }
    }

    fn owners_dir(&self) -> &Path {
        self.path
            .parent()
            .expect("a session's directory is in another")
    }

    fn not_removed(&self, source: io::Error) -> StateError {
        StateError::Io {
            verb: "remove",
            path: self.path.clone(),
            source,
        }
    }

    /// Tells whether the directory is still there for others to find.
    pub(crate) fn exists(&self) -> bool {
        self.path.is_dir()
    }
}

impl OwnerFile {
    /// Returns the child if it lives although its owner does not. A process of the same number
    /// that started at another time, or in another boot, is not it.
    pub(crate) fn left_child(&self) -> Option<u32> {
        let is_this_boot = self.boot_id.is_some() && self.boot_id == sys::process::boot_id();
        let now = sys::process::start_time(self.child_pid);
        (is_this_boot && now.is_some() && now == self.child_start).then_some(self.child_pid)
    }

    /// Tells whether the other describes the same owner: of the same start, and the same process.
    pub(crate) fn is_of_same_owner(&self, other: &Self) -> bool {
        let process = |file: &Self| (file.generation, file.pid, file.pid_start);
        process(self) == process(other)
    }

    /// Asks the owner to look after its endpoint, where nobody answers.
    pub(crate) fn ring(&self) {
        if self.boot_id == sys::process::boot_id() {
            sys::watch::ring(self.pid, self.pid_start);
        }
    }

    /// Tells whether the machine was started again since; false if that cannot be told.
    pub(crate) fn is_of_another_boot(&self) -> bool {
        match (&self.boot_id, sys::process::boot_id()) {
            (Some(then), Some(now)) => *then != now,
            _ => false,
        }
    }

    /// Returns how a start whose owner is gone without a word must have ended.
    pub(crate) fn lost(&self) -> ExitOutcome {
        ExitOutcome::Lost {
            reason: if self.is_of_another_boot() {
                LostReason::Rebooted
            } else {
                LostReason::HolderDied
            },
        }
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StateError> {
    let Some(bytes) = read_bounded(path)? else {
        return Ok(None);
    };
    let damaged = |err: serde_json::Error| StateError::Damaged {
        path: path.to_owned(),
        reason: err.to_string(),
    };
    let AnySchema { schema } = serde_json::from_slice(&bytes).map_err(damaged)?;
    if SCHEMA < schema {
        return Err(StateError::Newer {
            path: path.to_owned(),
            found: schema,
            supported: SCHEMA,
        });
    }
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

fn read_bounded(path: &Path) -> Result<Option<Vec<u8>>, StateError> {
    let failed = |source| StateError::Io {
        verb: "read",
        path: path.to_owned(),
        source,
    };
    let file = match fs::File::open(path) {
        Err(err) if is_absent(&err) => return Ok(None),
        other => other.map_err(failed)?,
    };
    // Room for what there is as a rule, so that one read gets it.
    let mut bytes = Vec::with_capacity(USUAL_FILE_BYTES);
    io::Read::read_to_end(&mut io::Read::take(file, MAX_FILE_BYTES + 1), &mut bytes)
        .map_err(failed)?;
    if MAX_FILE_BYTES < bytes.len() as u64 {
        return Err(StateError::Damaged {
            path: path.to_owned(),
            reason: format!("it is longer than {MAX_FILE_BYTES} bytes"),
        });
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves R2
    #[test]
    fn positions_are_reserved_for_the_start_that_is_described_and_for_no_other() {
        let owners = tempfile::tempdir().unwrap();
        let session: SessionId = "a".parse().unwrap();
        let dir = SessionDir::new(owners.path(), &session);
        dir.create().unwrap();
        let joinable = Joinable {
            keeps: Keeps {
                history_bytes: 1,
                journal: false,
            },
            offsets_below: Offset::new(10),
        };
        let file = OwnerFile {
            schema: SCHEMA,
            session,
            generation: Generation::random(),
            started_at: Timestamp::from_millis(1),
            pid: 2,
            pid_start: None,
            boot_id: None,
            child_pid: 3,
            child_start: None,
            endpoint: "e".into(),
            versions: vec![1],
            release: "r".into(),
            size: TermSize::DEFAULT,
            history_bytes: None,
            joinable: Some(joinable),
        };
        dir.write_owner(&file, &Token::random()).unwrap();
        dir.reserve_offsets(Generation::random(), Offset::new(30))
            .unwrap();
        assert_eq!(dir.read_owner().unwrap(), Some(file.clone()));
        dir.reserve_offsets(file.generation, Offset::new(20))
            .unwrap();
        let after = dir.read_owner().unwrap().and_then(|file| file.joinable);
        let reserved = Joinable {
            offsets_below: Offset::new(20),
            ..joinable
        };
        assert_eq!(after, Some(reserved));
    }
}
