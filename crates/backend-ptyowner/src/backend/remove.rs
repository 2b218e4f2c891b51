//! Takes what is left of a session away.

use abide_core::{
    backend::BackendError,
    id::{Generation, SessionId},
    lock::KernelLock,
};

use super::{check_generation, discover_error, state_error};
use crate::{
    client::discover::{self, DiscoverError, Found},
    state::SessionDir,
};
/// Takes a session's directory away, under both locks.
pub(super) fn remove(
    dir: &SessionDir,
    session: &SessionId,
    generation: Option<Generation>,
) -> Result<(), BackendError> {
    if !dir.path().is_dir() {
        return Ok(());
    }
    let lock_error = |err| discover_error("remove", session, DiscoverError::Lock(err));
    let _start = match KernelLock::acquire(&dir.start_lock()) {
        Err(err) if err.io_kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(lock_error)?,
    };
    let found =
        discover::found_under_lock(dir).map_err(|err| discover_error("remove", session, err))?;
    match found {
        Found::Live(_) | Found::Changing => {
            return Err(BackendError::Refused {
                action: "remove",
                session: session.clone(),
                reason: "it is running".into(),
            });
        }
        Found::Ended(start) => check_generation(session, generation, start.generation)?,
        Found::Nothing => {}
    }
    // An owner that has recorded its end may still be on its way out.
    let _owner = KernelLock::acquire(&dir.owner_lock()).map_err(lock_error)?;
    dir.remove()
        .map_err(|err| state_error("remove", session, err))
}
