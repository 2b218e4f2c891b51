//! What the session gives to its journal, when that is due.

use abide_core::{limits::SCROLLBACK_LINES, size::TermSize};
use abide_screen::{Checkpoint, History, Scrollback, SnapshotOptions};
use bytes::Bytes;

use super::Session;
use crate::owner::terminal::Terminal;

/// Longest checkpoint that has all of the scrollback, in bytes. Of more, the newest lines are
/// written that fit.
const MAX_CHECKPOINT_BYTES: usize = 16 * 1024 * 1024;

impl<T: Terminal> Session<T> {
    /// Hands what is new to the journal, if it is time to.
    pub(super) fn flush_journal(&mut self) {
        if !self.journal.is_due() {
            return;
        }
        let end = self.history.end();
        let missing = self
            .journal
            .appends_from(end)
            .and_then(|from| self.history.since(from));
        match missing {
            Some(output) => self.journal.append(output),
            None => {
                let (size, state) = self.checkpoint();
                self.journal.begin(end, size, state);
            }
        }
    }

    fn checkpoint(&mut self) -> (TermSize, Vec<Bytes>) {
        let model = self.screen.model();
        let Checkpoint {
            size,
            state,
            pending,
        } = model.checkpoint();
        let parts: Vec<Bytes> = std::iter::once(state.into()).chain(pending).collect();
        let len: usize = parts.iter().map(Bytes::len).sum();
        if len <= MAX_CHECKPOINT_BYTES {
            return (size, parts);
        }
        let mut with_lines = |lines| {
            model.snapshot(SnapshotOptions {
                history: History::Lines(lines),
                scrollback: Scrollback::Replace,
            })
        };
        // Lines differ in length: half of what would fit if they did not.
        let fewer = with_lines(SCROLLBACK_LINES / (2 * len.div_ceil(MAX_CHECKPOINT_BYTES)));
        let state = match fewer.len() <= MAX_CHECKPOINT_BYTES {
            true => fewer,
            false => with_lines(0),
        };
        (size, vec![state.into()])
    }
}
