//! What a watcher missed whose connection was lost when the session was over already.
//!
//! An owner waits for its clients only so long. One that took nothing meanwhile finds the connection
//! closed before it was told of the end, which is recorded all the same: here it is told. An end that
//! is not recorded is never told of.

use std::collections::VecDeque;

use abide_core::{
    backend::{OutputEvent, Scrollback},
    id::Generation,
    limits::ANSWER_DEADLINE,
    replay::Offset,
};

use super::{
    discover::{self, EndedStart, Found},
    ended,
};
use crate::state::SessionDir;

/// How far a watcher's view of the output reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The position after the last byte seen or known to be skipped, if any was.
    pub(crate) offset: Option<Offset>,
    /// Whether a snapshot must come before anything else is of use.
    pub(crate) is_torn: bool,
}

impl Reached {
    /// Returns how far the view of one reaches who has seen everything before `from`.
    pub(crate) fn new(from: Option<Offset>) -> Self {
        Self {
            offset: from,
            is_torn: from.is_none(),
        }
    }

    /// Takes note of what the watcher is told.
    pub(crate) fn note(&mut self, event: &OutputEvent) {
        match event {
            OutputEvent::Snapshot { offset, .. } => {
                *self = Self::new(Some(*offset));
            }
            OutputEvent::Output { offset, data } => self.offset = Some(offset.advanced(data.len())),
            OutputEvent::Lagged { skipped } => {
                self.offset = self.offset.map(|at| Offset::new(at.get() + skipped));
                self.is_torn = true;
            }
            OutputEvent::Keys { .. }
            | OutputEvent::Resized { .. }
            | OutputEvent::ControlLost { .. }
            | OutputEvent::Ended(_) => {}
        }
    }

    /// Tells whether somebody who got so far misses nothing before `end`.
    pub(crate) fn is_all(&self, end: Offset) -> bool {
        !self.is_torn && self.offset == Some(end)
    }
}

/// The start that is watched, as its files are looked at once the connection is lost.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) dir: SessionDir,
    pub(crate) generation: Generation,
    pub(crate) scrollback: Scrollback,
}

impl Watched {
    /// Returns what a watcher is still to be told that got so far, the end last; nothing unless the
    /// end of this very start is recorded.
    ///
    /// `lent` says that output went to the watcher's own terminal, of which nobody knows now what it
    /// shows.
    ///
    /// Cancel safety: safe to drop at any await.
    pub(crate) async fn missed(
        &self,
        reached: Reached,
        lent: bool,
    ) -> Option<VecDeque<OutputEvent>> {
        let start = recorded_end(&self.dir, self.generation).await?;
        match ended::missed(&self.dir, &start, self.scrollback, reached, lent) {
            Ok(missed) => Some(missed),
            Err(err) => {
                tracing::warn!(error = %err, "the final screen cannot be shown");
                None
            }
        }
    }
}

/// Returns the start that is over, if the end of this very one is recorded.
///
/// Cancel safety: safe to drop at any await.
pub(super) async fn recorded_end(
    dir: &SessionDir,
    generation: Generation,
) -> Option<Box<EndedStart>> {
    match discover::look_settled(dir, ANSWER_DEADLINE).await {
        Ok(Found::Ended(start)) => {
            (start.recorded && start.generation == generation).then_some(start)
        }
        Ok(_) => None,
        Err(err) => {
            tracing::debug!(error = %err, "cannot be seen whether the session has ended");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use abide_core::size::TermSize;

    use super::*;

    fn snapshot(offset: u64) -> OutputEvent {
        OutputEvent::Snapshot {
            offset: Offset::new(offset),
            size: TermSize::DEFAULT,
            data: "page".into(),
        }
    }

    /// proves O10, O12
    #[test]
    fn a_view_is_whole_after_a_snapshot_and_torn_after_lag() {
        let mut reached = Reached::new(None);
        assert!(!reached.is_all(Offset::START), "nothing was shown yet");
        reached.note(&snapshot(10));
        assert!(reached.is_all(Offset::new(10)));
        reached.note(&OutputEvent::Output {
            offset: Offset::new(10),
            data: "more".into(),
        });
        assert!(reached.is_all(Offset::new(14)) && !reached.is_all(Offset::new(15)));
        reached.note(&OutputEvent::Lagged { skipped: 6 });
        assert_eq!(reached.offset, Some(Offset::new(20)));
        assert!(!reached.is_all(Offset::new(20)), "its snapshot never came");
        reached.note(&snapshot(20));
        assert!(reached.is_all(Offset::new(20)));
    }

    /// proves O10
    #[test]
    fn who_goes_on_from_an_offset_has_seen_what_is_before_it() {
        assert!(Reached::new(Some(Offset::new(7))).is_all(Offset::new(7)));
    }
}
