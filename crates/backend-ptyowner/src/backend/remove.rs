//! Takes what is left of a session away.

use std::{
    io::ErrorKind,
    sync::atomic::{AtomicBool, Ordering},
};

use abide_core::{
    backend::BackendError,
    id::{Generation, SessionId},
    lock::{KernelLock, LockState},
};

use super::{check_generation, discover_error, state_error};
use crate::{
    client::discover::{self, DiscoverError, Found},
    owner::address::Address,
    state::SessionDir,
};

/// What one attempt came to.
enum Attempt {
    /// Nothing is left of the session.
    Done,
    /// An owner that has recorded its end is still on its way out.
    OwnerLeaving,
}

/// Takes what is left of a session away; `abandoned` says that nobody waits for it any more.
///
/// The wait for an owner on its way out holds no lock, so that it keeps nobody else waiting.
pub(super) fn remove(
    dir: &SessionDir,
    session: &SessionId,
    generation: Option<Generation>,
    abandoned: &AtomicBool,
) -> Result<(), BackendError> {
    let lock_error = |err| discover_error("remove", session, DiscoverError::Lock(err));
    while !abandoned.load(Ordering::Relaxed) {
        match attempt(dir, session, generation, abandoned)? {
            Attempt::Done => break,
            Attempt::OwnerLeaving => match KernelLock::share(&dir.owner_lock()) {
                Ok(_it_is_gone) => {}
                Err(err) if err.io_kind() == ErrorKind::NotFound => {}
                Err(err) => return Err(lock_error(err)),
            },
        }
    }
    Ok(())
}

fn attempt(
    dir: &SessionDir,
    session: &SessionId,
    generation: Option<Generation>,
    abandoned: &AtomicBool,
) -> Result<Attempt, BackendError> {
    let lock_error = |err| discover_error("remove", session, DiscoverError::Lock(err));
    let refused = |reason: &str| BackendError::Refused {
        action: "remove",
        session: session.clone(),
        reason: reason.to_owned(),
    };
    if !dir.exists() {
        return Ok(Attempt::Done);
    }
    let start = match KernelLock::acquire(&dir.start_lock()) {
        Err(err) if err.io_kind() == ErrorKind::NotFound => return Ok(Attempt::Done),
        other => other.map_err(lock_error)?,
    };
    let found =
        discover::found_under_lock(dir).map_err(|err| discover_error("remove", session, err))?;
    match found {
        Found::Live(_) | Found::Changing => return Err(refused("it is running")),
        Found::Unheld(_) => return Err(refused("it may be running, and nobody holds it")),
        Found::Ended(start) => check_generation(session, generation, start.generation)?,
        Found::Nothing => {}
    }
    if KernelLock::look(&dir.owner_lock()).map_err(lock_error)? == LockState::Held {
        return Ok(Attempt::OwnerLeaving);
    }
    // Whoever asked was told that it timed out; what is there now may be another start.
    if abandoned.load(Ordering::Relaxed) {
        return Ok(Attempt::Done);
    }
    // An owner that was killed left its socket.
    if let Ok(Some(owner)) = dir.read_owner() {
        Address::clear_left(dir, &owner);
    }
    let retired = dir.retire();
    drop(start);
    retired
        .and_then(|retired| dir.delete_retired(&retired))
        .map_err(|err| state_error("remove", session, err))?;
    Ok(Attempt::Done)
}
