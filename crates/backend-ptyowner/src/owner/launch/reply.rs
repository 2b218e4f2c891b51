//! Why a launch came to nothing, as the launcher is told.

use crate::{causes::with_causes, state::StateError, sys, wire::launch::LaunchReply};

pub(super) fn failed(reason: &str) -> LaunchReply {
    LaunchReply::Failed {
        reason: reason.to_owned(),
    }
}

/// Says why state or lock could not be used, with what lies beneath.
pub(super) fn refused<E: std::error::Error + 'static>(err: &E) -> LaunchReply {
    let any: &(dyn std::error::Error + 'static) = err;
    if let Some(StateError::Newer { path, found, .. }) = any.downcast_ref() {
        return LaunchReply::NewerState {
            path: sys::os_bytes::to_bytes(path.as_os_str()),
            found: *found,
        };
    }
    failed(&with_causes(any))
}
