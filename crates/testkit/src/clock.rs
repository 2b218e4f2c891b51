//! A clock that goes where a test moves it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use abide_core::clock::{Clock, Timestamp};

/// Time that stands still until a test advances it; share it in an `Arc`.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Where a new clock stands: 2026-01-01 00:00 UTC, in milliseconds since the epoch.
    pub const START_MILLIS: u64 = 1_767_225_600_000;

    /// Returns a clock at [`ManualClock::START_MILLIS`].
    #[must_use]
    pub fn new() -> Self {
        Self::at(Timestamp::from_millis(Self::START_MILLIS))
    }

    /// Returns a clock at the instant given.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.as_millis()))
    }

    /// Moves the clock forward, by whole milliseconds.
    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).expect("a test's time fits in 64 bits");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Puts the clock at an instant, also an earlier one.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_until_it_is_advanced() {
        let clock = ManualClock::new();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(30));
        assert_eq!(clock.now().since(start), Duration::from_secs(30));
    }
}
