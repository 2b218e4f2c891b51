//! What the session is doing, and when others are to be told.
//!
//! ```text
//! output ─► scan ─┐
//!                 ├─► rules ─► due at once (something else is being done) ─┐
//! input ──────────┘            due within 250 ms (more output) ────────────┴─► watchers, file
//! ```
//!
//! Nothing is due while nothing is printed or typed: an idle session causes no wake-up.

use std::time::Duration;

use abide_core::{
    activity::{Activity, ActivityState, Evidence, Tracker},
    clock::Timestamp,
};
use abide_screen::SignalScanner;
use tokio::time::Instant;

use super::timer;
use crate::state::ActivityFile;

/// Longest time for which output alone is not told of.
const PACE: Duration = Duration::from_millis(250);

/// Shortest time between two changes that are told of.
const LEAST_PACE: Duration = Duration::from_millis(20);

/// What the session is doing, and what of it was published.
pub(crate) struct Activities {
    tracker: Tracker,
    scanner: SignalScanner,
    file: ActivityFile,
    /// What was noticed last.
    seen: (ActivityState, Evidence),
    /// When something is to be published.
    due: Option<Instant>,
    last: Option<Instant>,
}

impl Activities {
    /// Returns those of a session of which nothing is known before `began`.
    pub(crate) fn new(began: Timestamp, file: ActivityFile) -> Self {
        let tracker = Tracker::new(began);
        Self {
            seen: tracker.state(),
            tracker,
            scanner: SignalScanner::new(),
            file,
            due: None,
            last: None,
        }
    }

    /// Takes note of output.
    pub(crate) fn printed(&mut self, output: &[u8], now: Timestamp) {
        let mut is_other = self.tracker.output(now);
        let tracker = &mut self.tracker;
        let mut is_told = false;
        self.scanner.scan(output, |signal| {
            tracker.signal(signal, now);
            is_told = true;
        });
        if is_told || is_other {
            is_other |= self.notice();
        }
        if is_other {
            self.is_due(LEAST_PACE);
        } else if self.due.is_none() {
            self.is_due(PACE);
        }
    }

    /// Takes note of what somebody typed.
    pub(crate) fn typed(&mut self, input: &[u8]) {
        if is_report(input) {
            return;
        }
        let entered = input.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        if self.tracker.input(entered) {
            self.notice();
            self.is_due(LEAST_PACE);
        }
    }

    /// Forgets what has begun in the output and is not whole: the rest of it is lost.
    pub(crate) fn lost(&mut self) {
        self.scanner = SignalScanner::new();
    }

    /// Looks whether something else is being done than the last time.
    fn notice(&mut self) -> bool {
        let now = self.tracker.state();
        std::mem::replace(&mut self.seen, now) != now
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

    /// Tells, once, whether something is to be published sooner or later.
    pub(crate) fn take_pending(&mut self) -> bool {
        self.due.take().is_some()
    }

    /// Returns what is published now, noted in the file.
    pub(crate) fn publish(&mut self, now: Timestamp) -> Activity {
        self.last = Some(timer::now());
        let activity = self.at(now);
        self.file.write(&activity);
        activity
    }

    /// Does the same at the session's end, after which nothing is published any more.
    pub(crate) fn publish_end(&mut self, at: Timestamp) -> Activity {
        self.due = None;
        let activity = self.exited(at);
        self.file.write(&activity);
        activity
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

/// Tells whether a terminal said this by itself: a report of focus, or an answer to a query. Nobody
/// typed it.
fn is_report(input: &[u8]) -> bool {
    match input {
        [0x1b, b']' | b'P' | b'_', ..] => true,
        [0x1b, b'[', b'I' | b'O'] => true,
        [0x1b, b'[', parameters @ .., end] => {
            let is_parameter = |byte: &u8| (0x20..=0x3f).contains(byte);
            let is_answer = matches!(end, b'R' | b'c' | b'n' | b'y' | b't');
            // Without parameters it is a key.
            is_answer && !parameters.is_empty() && parameters.iter().all(is_parameter)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_says_by_itself_is_not_typed() {
        for report in [
            "\x1b[I",
            "\x1b[O",
            "\x1b[12;40R",
            "\x1b[?62;22c",
            "\x1b]11;rgb:0/0/0\x1b\\",
        ] {
            assert!(is_report(report.as_bytes()), "{report:?}");
        }
        for typed in [
            "y",
            "\r",
            "\x1b",
            "\x1b[A",
            "\x1b[1;5C",
            "\x1b[R",
            "yes\r",
            "\x1b[200~x",
        ] {
            assert!(!is_report(typed.as_bytes()), "{typed:?}");
        }
    }
}
