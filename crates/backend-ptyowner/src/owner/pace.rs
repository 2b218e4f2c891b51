//! How fast a client takes its output, and how much may wait for it at that pace; and how long the
//! child may be held up so that a client misses nothing.
//!
//! What waits for a client stands between a key and its effect on the screen, so it is bounded in
//! time: by bytes alone, a megabyte on a slow line would be seconds. A client that is nearly as fast
//! as the child is waited for a little at a time; the sum of that is bounded by a credit that comes
//! back slowly, so that the child is never held up for long, nor for good.

use std::time::Duration;

use tokio::time::Instant;

/// Output that waits for one client at the very most, in bytes.
pub(crate) const MAX_OUTPUT_BYTES: usize = 1024 * 1024;

/// Output that may wait for a client, as the time in which it takes so much.
const LAG_TIME: Duration = Duration::from_millis(16);

/// The least of that, in bytes: with less, a client that is slow for a moment would lag.
const MIN_LAG_BYTES: usize = 64 * 1024;

/// Output after which the child is held up, as the time in which the client takes so much.
const HOLD_TIME: Duration = Duration::from_millis(1);

/// The least and the most of that, in bytes.
const HOLD_BYTES: std::ops::RangeInclusive<usize> = 32 * 1024..=128 * 1024;

/// How long a client is watched before its pace is known.
const SAMPLE_TIME: Duration = Duration::from_millis(5);

/// The longest that the child is held up in a row.
pub(crate) const MAX_HOLD: Duration = Duration::from_millis(200);

/// Time that goes by for each part of it that a hold may take again.
const REGAIN: u32 = 10;

/// The least credit with which the child is held up: timers are no finer than a millisecond.
const MIN_HOLD: Duration = Duration::from_millis(5);

/// The pace of one client.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Since when something waits all the time, and what was taken since.
    sample: Option<(Instant, usize)>,
    /// Bytes a second, once known.
    rate: Option<u64>,
}

impl Pace {
    /// Notes that something waits for the client from now on.
    pub(crate) fn waits(&mut self, now: Instant) {
        self.sample.get_or_insert((now, 0));
    }

    /// Notes that the client took bytes, and whether it has now taken all.
    pub(crate) fn took(&mut self, bytes: usize, is_all: bool, now: Instant) {
        let Some((since, taken)) = &mut self.sample else {
            return;
        };
        *taken += bytes;
        let time = now.saturating_duration_since(*since);
        if SAMPLE_TIME <= time {
            let rate = *taken as u128 * 1_000_000 / time.as_micros().max(1);
            let rate = u64::try_from(rate).unwrap_or(u64::MAX);
            // Half of the last, so that one odd sample does not decide.
            self.rate = Some(self.rate.map_or(rate, |before| before / 2 + rate / 2));
            self.sample = None;
        }
        if is_all {
            self.sample = None;
        } else {
            self.waits(now);
        }
    }

    /// Returns how much may wait before the child is held up, in bytes.
    pub(crate) fn hold_bytes(&self) -> usize {
        let (min, max) = HOLD_BYTES.into_inner();
        self.bytes_in(HOLD_TIME).clamp(min, max)
    }

    /// Returns how much may wait before the client lags, in bytes.
    pub(crate) fn lag_bytes(&self) -> usize {
        self.bytes_in(LAG_TIME)
            .clamp(MIN_LAG_BYTES, MAX_OUTPUT_BYTES)
    }

    /// Returns how much the client takes in a time; without a known pace, more than any bound.
    fn bytes_in(&self, time: Duration) -> usize {
        let Some(rate) = self.rate else {
            return usize::MAX;
        };
        let bytes = u128::from(rate) * time.as_micros() / 1_000_000;
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }
}

/// How long the child may still be held up.
#[derive(Debug)]
pub(crate) struct Patience {
    left: Duration,
    /// The last change of `left`.
    at: Instant,
    held: bool,
}

impl Patience {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            left: MAX_HOLD,
            at: now,
            held: false,
        }
    }

    /// Holds the child up, if there is credit for it; tells whether it is held.
    pub(crate) fn hold(&mut self, now: Instant) -> bool {
        if !self.held {
            // A hold that took longer than its credit has put this into the future.
            let free = now.saturating_duration_since(self.at);
            let left = (self.left + free / REGAIN).min(MAX_HOLD);
            if MIN_HOLD <= left {
                self.left = left;
                self.at = now;
                self.held = true;
            }
        }
        self.held
    }

    /// Lets the child go on.
    pub(crate) fn release(&mut self, now: Instant) {
        if self.held {
            let held = now.saturating_duration_since(self.at);
            let owed = held.saturating_sub(self.left);
            self.left = self.left.saturating_sub(held);
            self.at = now + owed * REGAIN;
            self.held = false;
        }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// Returns when the child goes on at the latest, if it is held.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.held.then(|| self.at + self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instants() -> impl Fn(u64) -> Instant {
        let start = crate::owner::timer::now();
        move |millis| start + Duration::from_millis(millis)
    }

    /// proves O12
    #[test]
    fn what_may_wait_follows_the_clients_own_pace() {
        let at = instants();
        let mut pace = Pace::default();
        assert_eq!(pace.lag_bytes(), MAX_OUTPUT_BYTES);
        // 20 MB/s.
        pace.waits(at(0));
        pace.took(100_000, false, at(5));
        assert_eq!(pace.lag_bytes(), 320_000);
        assert_eq!(pace.hold_bytes(), 32 * 1024);
        // 100 kB/s, again and again.
        for turn in 1..20 {
            pace.took(1000, false, at(5 + turn * 10));
        }
        assert_eq!(pace.lag_bytes(), MIN_LAG_BYTES);
    }

    /// proves O12
    #[test]
    fn the_child_is_never_held_up_for_long_nor_for_good() {
        let at = instants();
        let mut patience = Patience::new(at(0));
        assert!(patience.hold(at(1000)));
        assert_eq!(patience.deadline(), Some(at(1200)));
        patience.release(at(1150));
        assert!(patience.hold(at(1150)));
        assert_eq!(patience.deadline(), Some(at(1200)));
        patience.release(at(1200));
        assert!(!patience.hold(at(1200)), "nothing is left of the credit");
        assert!(
            !patience.hold(at(1210)),
            "and hardly anything has come back"
        );
        // A tenth of the time that it ran comes back.
        assert!(patience.hold(at(1700)));
        assert_eq!(patience.deadline(), Some(at(1750)));
        // What was taken too much is paid back first.
        patience.release(at(1770));
        assert!(!patience.hold(at(1960)));
        assert!(patience.hold(at(2030)));
        patience.release(at(2030));
        assert!(patience.hold(at(100_000)));
        assert_eq!(patience.deadline(), Some(at(100_000) + MAX_HOLD));
    }
}
