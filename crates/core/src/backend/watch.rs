//! A subscription to what a session is doing and to its end, without its output.

use std::fmt;

use async_trait::async_trait;

use super::{BackendError, Ended};
use crate::{activity::Activity, id::Generation};

/// A subscription; dropping it ends it.
pub struct Watch {
    /// The start that is watched.
    pub generation: Generation,
    /// What comes.
    pub events: Box<dyn WatchStream>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// One thing that a watcher learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchEvent {
    /// What the session is doing now. Of several that were not taken in time only the last comes.
    ///
    /// Nothing comes while nothing happens: what silence makes of it, [`Activity::at`] says.
    Activity(Activity),
    /// The session is over; the last event.
    Ended(Ended),
}

/// What a watcher learns, in order.
#[async_trait]
pub trait WatchStream: Send {
    /// Waits for the next event; `None` after the session's end.
    ///
    /// Cancel safety: safe to drop at any await; nothing is lost.
    ///
    /// # Errors
    ///
    /// When the connection is lost, and no end of the watched start is recorded. That is never an
    /// end of the session: whoever needs to know asks for its status.
    async fn next(&mut self) -> Result<Option<WatchEvent>, BackendError>;
}
