//! A process that is to become an owner and does not know of what yet.
//!
//! To start a process and let it get ready takes as long as everything else about a launch. Whoever
//! knows that one is coming has it started first, and does the rest meanwhile. Until it is told what to
//! do, such a process holds nothing of anybody's; it ends when its launcher does, or drops it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::process::Child;

use super::launch;
use crate::backend::OwnerSettings;

/// A place for one such process; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spare(Arc<Mutex<Option<Child>>>);

impl Spare {
    /// Starts a process, unless there is one; needs a runtime. A failure is that of the launch, which
    /// tries for itself.
    pub(crate) fn fill(&self, settings: &OwnerSettings) {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() {
            let commands = launch::commands(settings).unwrap_or_default();
            let spawned = commands.into_iter().next().map(launch::spawn);
            *place = spawned.and_then(Result::ok);
        }
    }

    /// Takes the process out, if there is one.
    pub(crate) fn take(&self) -> Option<Child> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.take()
    }
}
