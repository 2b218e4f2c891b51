//! What the session is doing, and when others are to be told.
//!
//! ```text
//! output ─► scan ─► rules ─► due at once (something else is being done)
//!                            due within 250 ms (more output)      ─► published: to watchers
//! ```
//!
//! Nothing is due while nothing is printed or typed: an idle session causes no wake-up.

use std::time::Duration;

use abide_core::{
    activity::{Activity, ActivityState, Evidence, Tracker},
    clock::Timestamp,
};
use tokio::time::Instant;

use super::timer;

/// Longest time for which output alone is not told of.
const PACE: Duration = Duration::from_millis(250);

/// Shortest time between two changes that are told of.
const LEAST_PACE: Duration = Duration::from_millis(20);

/// What the session is doing, and what of it was published.
pub(crate) struct Activities {
    tracker: Tracker,
    /// When something is to be published.
    due: Option<Instant>,
    last: Option<Instant>,
}

impl Activities {
    /// Returns those of a session of which nothing is known before `began`.
    pub(crate) fn new(began: Timestamp) -> Self {
        Self {
            tracker: Tracker::new(began),
            due: None,
            last: None,
        }
    }

    /// Takes note of output.
    pub(crate) fn printed(&mut self, _output: &[u8], now: Timestamp) {
        let is_other = self.tracker.output(now);
        if is_other {
            self.is_due(LEAST_PACE);
        } else if self.due.is_none() {
            self.is_due(PACE);
        }
    }

    /// Sees to it that something is published, `pace` after the last time at the earliest.
    fn is_due(&mut self, pace: Duration) {
        let now = timer::now();
        let at = self.last.map_or(now, |last| now.max(last + pace));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Returns when something is to be published next, if anything is.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Tells, once, whether something is to be published now.
    pub(crate) fn take_due(&mut self) -> bool {
        self.due.take_if(|due| *due <= timer::now()).is_some()
    }

    /// Publishes nothing more: the session is over.
    pub(crate) fn settle(&mut self) {
        self.due = None;
    }

    /// Returns what is published now.
    pub(crate) fn publish(&mut self, now: Timestamp) -> Activity {
        self.last = Some(timer::now());
        self.at(now)
    }

    /// Returns what the session is doing.
    pub(crate) fn at(&self, now: Timestamp) -> Activity {
        self.tracker.activity(now)
    }

    /// Returns what there is to say of the session after its end.
    pub(crate) fn exited(&self, at: Timestamp) -> Activity {
        Activity {
            state: ActivityState::Exited,
            source: Evidence::End,
            since: at,
            ..self.at(at)
        }
    }
}
