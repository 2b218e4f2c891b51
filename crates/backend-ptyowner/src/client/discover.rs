//! What there is of a session: decided by its locks, described by its files.

use std::{path::Path, time::Duration};

use abide_core::{
    backend::Ended,
    id::{Generation, SessionId},
    limits::HISTORY_BYTES,
    lock::{KernelLock, LockError, LockState},
    size::TermSize,
};

use super::patience::within;
use crate::state::{ExitFile, OwnerFile, ScreenMark, SessionDir, StateError};

/// What was found.
#[derive(Debug)]
pub(crate) enum Found {
    /// No trace.
    Nothing,
    /// Somebody starts or removes it at this moment.
    Changing,
    /// An owner lives, and described itself.
    Live(Box<OwnerFile>),
    /// A start that is over.
    Ended(Box<EndedStart>),
    /// A start that no owner holds and that may go on: its terminal is not an owner's own.
    Unheld(Box<OwnerFile>),
}

/// A start that is over.
#[derive(Debug)]
pub(crate) struct EndedStart {
    pub(crate) generation: Generation,
    pub(crate) ended: Ended,
    pub(crate) size: TermSize,
    /// Whether the owner recorded the end; otherwise there is no final screen.
    pub(crate) recorded: bool,
    /// What the final screen is, as recorded; earlier releases did not say.
    pub(crate) screen: Option<ScreenMark>,
    /// Memory that it had for its history, in bytes.
    pub(crate) history_bytes: u64,
    /// The description of an owner that was lost: its child may live on.
    pub(crate) lost: Option<Box<OwnerFile>>,
}

/// Why it cannot be said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoverError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Lock(#[from] LockError),
    /// An owner lives and left no description that can be read.
    #[error("an owner holds `{}` and left no description of itself", path.display())]
    Undescribed { path: std::path::PathBuf },
}

/// Looks at a session without changing anything.
pub(crate) fn look(dir: &SessionDir) -> Result<Found, DiscoverError> {
    // Sharing `start.lock` keeps this look at `owner.lock` from a start that is taking it.
    match KernelLock::try_share(&dir.start_lock()) {
        Ok(Some(_shared)) => found_under_lock(dir),
        Ok(None) => Ok(Found::Changing),
        // Removed, or about to be made.
        Err(err) if err.io_kind() == std::io::ErrorKind::NotFound => Ok(match dir.exists() {
            true => Found::Changing,
            false => Found::Nothing,
        }),
        Err(err) => Err(err.into()),
    }
}

/// Reads the end of the start that is described, if it is recorded. That takes no lock: files are
/// replaced whole, and once a start has ended nothing changes that. Somebody may be about to start
/// the session again, or to remove it.
pub(crate) fn recorded_end(dir: &SessionDir) -> Option<EndedStart> {
    let exit = dir.read_exit().ok()??;
    let owner = dir.read_owner().ok()??;
    (exit.generation == owner.generation).then(|| recorded(exit, &owner))
}

/// Looks at a session while `start.lock` is held or shared by the caller.
pub(crate) fn found_under_lock(dir: &SessionDir) -> Result<Found, DiscoverError> {
    let is_held = KernelLock::look(&dir.owner_lock())? == LockState::Held;
    let owner = match dir.read_owner() {
        Ok(owner) => owner,
        // Half a file after a crash of the machine describes nobody; no owner, no session.
        Err(StateError::Damaged { .. }) if !is_held => None,
        Err(err) => return Err(err.into()),
    };
    let exit = match dir.read_exit() {
        // Half a record after a crash of the machine; the journal may have more.
        Err(StateError::Damaged { .. }) if !is_held => None,
        exit => exit?,
    };
    match owner {
        None if is_held => Err(DiscoverError::Undescribed {
            path: dir.owner_lock(),
        }),
        None => Ok(Found::Nothing),
        Some(owner) => Ok(
            match exit.filter(|exit| exit.generation == owner.generation) {
                Some(exit) => Found::Ended(Box::new(recorded(exit, &owner))),
                None if is_held => Found::Live(Box::new(owner)),
                // Whether it does, only its source can say.
                None if owner.joinable.is_some() => Found::Unheld(Box::new(owner)),
                None => Found::Ended(Box::new(lost(owner))),
            },
        ),
    }
}

fn recorded(exit: ExitFile, owner: &OwnerFile) -> EndedStart {
    EndedStart {
        generation: exit.generation,
        ended: Ended {
            outcome: exit.outcome,
            cause: exit.cause,
            started_at: exit.started_at,
            ended_at: exit.ended_at,
            offset: exit.offset,
        },
        size: exit.size,
        recorded: true,
        screen: exit.screen,
        history_bytes: history_bytes(owner),
        lost: None,
    }
}

fn lost(owner: OwnerFile) -> EndedStart {
    EndedStart {
        generation: owner.generation,
        ended: Ended {
            outcome: owner.lost(),
            cause: None,
            started_at: owner.started_at,
            ended_at: None,
            offset: abide_core::replay::Offset::START,
        },
        size: owner.size,
        recorded: false,
        screen: None,
        history_bytes: history_bytes(&owner),
        lost: Some(Box::new(owner)),
    }
}

fn history_bytes(owner: &OwnerFile) -> u64 {
    owner.history_bytes.unwrap_or(HISTORY_BYTES)
}

/// Waits until nobody starts or removes the session, then looks. `Changing` only if that takes
/// longer than the deadline.
pub(crate) async fn look_settled(
    dir: &SessionDir,
    deadline: Duration,
) -> Result<Found, DiscoverError> {
    match look(dir)? {
        Found::Changing => {}
        found => return Ok(found),
    }
    let path = dir.start_lock();
    match within(deadline, move || KernelLock::share(&path)).await {
        None => Ok(Found::Changing),
        Some(Err(err)) if err.io_kind() == std::io::ErrorKind::NotFound => Ok(Found::Nothing),
        Some(Err(err)) => Err(err.into()),
        Some(Ok(_shared)) => found_under_lock(dir),
    }
}

/// Waits until no owner holds the session; tells whether that came about in time.
///
/// For an owner that hung up: the kernel closes a dying process's connections some time before it
/// gives back its locks.
pub(crate) async fn owner_is_gone(dir: &SessionDir, deadline: Duration) -> bool {
    let path = dir.owner_lock();
    // A start that needs the lock at this moment waits for it; sharing it disturbs nobody.
    let shared = within(deadline, move || KernelLock::share(&path).map(drop)).await;
    // Without a file, or its directory, there is no owner either.
    shared.is_some()
}

/// Returns the ids of all sessions that have a directory, in order.
pub(crate) fn sessions(owners_dir: &Path) -> std::io::Result<Vec<SessionId>> {
    let entries = match std::fs::read_dir(owners_dir) {
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        // What has no session's name is not ours to judge.
        if let Some(id) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        {
            ids.push(id);
        }
    }
    ids.sort();
    Ok(ids)
}
