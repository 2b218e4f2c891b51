//! What files and locks say of a session, under `start.lock`.

use abide_core::lock::{KernelLock, LockState};

use super::{reply::refused, request::Request};
use crate::{
    owner::source::Last,
    state::{OwnerFile, StateError},
    wire::launch::LaunchReply,
};

/// What there is of the session already.
pub(super) enum Known {
    /// A start that answers the request: an owner holds it, or it ended and is not to be followed.
    Answers,
    /// A start that nobody holds.
    Unheld(Box<Unheld>),
    /// Nothing.
    Nothing,
}

/// A start that was described and that nobody holds any more, or only to leave it.
pub(super) struct Unheld {
    pub(super) file: OwnerFile,
    /// Whether its end is recorded.
    pub(super) is_recorded: bool,
    /// Whether it is to be followed by a new one if it is over.
    pub(super) is_replaced: bool,
}

impl Unheld {
    pub(super) fn last(&self) -> Last {
        Last {
            generation: self.file.generation,
            started_at: self.file.started_at,
            child_pid: self.file.child_pid,
            size: self.file.size,
            is_recorded: self.is_recorded,
            is_rebooted: self.file.is_of_another_boot(),
        }
    }
}

pub(super) fn look(request: &Request) -> Result<Known, LaunchReply> {
    let file = match request.dir.read_owner() {
        Ok(file) => file,
        // After a crash of the machine a file may be half there. Whether an owner lives, the lock
        // knows; a start that cannot be described is over.
        Err(StateError::Damaged { .. }) if !is_held(request)? => None,
        Err(err) => return Err(refused(&err)),
    };
    let Some(file) = file else {
        return Ok(if is_held(request)? {
            Known::Answers
        } else {
            Known::Nothing
        });
    };
    let exit = request.dir.read_exit().map_err(|err| refused(&err))?;
    let is_recorded = exit.is_some_and(|exit| exit.generation == file.generation);
    let is_replaced = request.replaces(file.generation);
    let is_answer = match is_recorded {
        true => !is_replaced,
        false => is_held(request)?,
    };
    Ok(match is_answer {
        true => Known::Answers,
        false => Known::Unheld(Box::new(Unheld {
            file,
            is_recorded,
            is_replaced,
        })),
    })
}

fn is_held(request: &Request) -> Result<bool, LaunchReply> {
    let state = KernelLock::look(&request.dir.owner_lock()).map_err(|err| refused(&err))?;
    Ok(state == LockState::Held)
}
