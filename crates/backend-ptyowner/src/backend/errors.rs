//! What went wrong beneath, as errors of the contract.

use abide_core::{
    backend::BackendError,
    id::{Generation, SessionId},
};

use crate::{client::discover::DiscoverError, state::StateError};
pub(super) fn discover_error(
    action: &'static str,
    session: &SessionId,
    err: DiscoverError,
) -> BackendError {
    match err {
        DiscoverError::State(err) => state_error(action, session, err),
        other => BackendError::Failed {
            action,
            session: session.clone(),
            source: other.into(),
        },
    }
}

pub(super) fn state_error(
    action: &'static str,
    session: &SessionId,
    err: StateError,
) -> BackendError {
    match err {
        StateError::Newer {
            path,
            found,
            supported,
        } => BackendError::NewerState {
            path,
            found,
            supported,
        },
        other => BackendError::Failed {
            action,
            session: session.clone(),
            source: other.into(),
        },
    }
}

/// Refuses to touch another start than the one named.
pub(super) fn check_generation(
    session: &SessionId,
    wanted: Option<Generation>,
    found: Generation,
) -> Result<(), BackendError> {
    match wanted {
        Some(wanted) if wanted != found => Err(BackendError::WrongGeneration {
            session: session.clone(),
            wanted,
            found,
        }),
        _ => Ok(()),
    }
}
