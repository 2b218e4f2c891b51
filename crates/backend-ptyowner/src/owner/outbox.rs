//! What is to be sent to one client, in order and bounded.
//!
//! ```text
//!  session ─► push_output ─┐                     ┌─► socket
//!             push ────────┴─► queue ─► writer ──┴─► the client's own terminal, while it is lent
//! ```
//!
//! Output that would wait too long is not queued: what waits of it is dropped, the client is told
//! how much, and once it has taken everything else it gets a new snapshot. Replies, events and
//! snapshots are never dropped: their number is bounded by what the client asked for, and one that
//! asks without reading is cut off.

mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use self::queue::{Entry, FRAME_BYTES, Queue};
use super::{history::PREFIX_BYTES, timer};
use crate::sys::lent::LentTerminal;

/// What a client's writer does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Send these bytes, then call [`Outbox::sent`].
    Send(Bytes),
    /// Something was written to the lent terminal; ask again.
    Shown,
    /// Wait until the lent terminal takes more, or something changes.
    Wait(Arc<LentTerminal>),
    /// Say that the client has taken everything and waits for a snapshot.
    AskForSnapshot,
    /// Say that the child need not be held up for this client.
    SayRelieved,
    /// Nothing more will come.
    Close,
}

/// What came of output for a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It is on its way.
    Sent,
    /// It is, and so much waits that the child had better wait.
    Full,
    /// It was dropped instead, with what waited: so many bytes in all.
    Lagging {
        /// Bytes of output.
        skipped: u64,
    },
}

/// The queue of one client, shared by the session, which fills it, and the client's writer.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    changed: Notify,
}

impl Outbox {
    /// Queues a frame with `len` bytes of output, or drops it with all other output that waits.
    ///
    /// A lent terminal that nothing waits for is written to at once.
    pub(crate) fn push_output(&self, frame: &Bytes, len: usize) -> Pushed {
        let mut queue = self.lock();
        if queue.output_weight + len + FRAME_BYTES > queue.pace.lag_bytes() {
            let skipped = queue.drop_output() + len as u64;
            queue.lagging = true;
            // It is not waited for any more: what it misses, it misses.
            queue.full = false;
            drop(queue);
            self.changed.notify_one();
            return Pushed::Lagging { skipped };
        }
        let entry = if queue.terminal.is_some() {
            let mut output = frame.slice(PREFIX_BYTES..);
            if queue.entries.is_empty() {
                queue.show_at_once(&mut output);
                if output.is_empty() {
                    return Pushed::Sent;
                }
            }
            Entry::ShowOutput(output)
        } else {
            Entry::Output(frame.clone(), len)
        };
        queue.add(entry);
        if queue.pace.hold_bytes() < queue.output_weight {
            queue.full = true;
        }
        let pushed = if queue.full {
            Pushed::Full
        } else {
            Pushed::Sent
        };
        drop(queue);
        self.changed.notify_one();
        pushed
    }

    /// Queues a frame that is never dropped; closes the box if there is too much of such.
    ///
    /// It does not wait for a lent terminal, which may be blocked: it goes before what is to be shown.
    pub(crate) fn push(&self, frame: Bytes) {
        let mut queue = self.lock();
        let is_shown =
            |entry: &Entry| matches!(entry, Entry::ShowOutput(_) | Entry::ShowSnapshot(_));
        let first_shown = queue.entries.iter().position(is_shown);
        let at = first_shown.unwrap_or(queue.entries.len());
        queue.insert(at, Entry::Other(frame));
        queue.bound_others();
        drop(queue);
        self.changed.notify_one();
    }

    /// Queues such a frame behind everything that was queued before, also on a lent terminal.
    pub(crate) fn push_last(&self, frame: Bytes) {
        let latest = self.lock().latest.take();
        for frame in latest.into_iter().chain([frame]) {
            self.push_other(Entry::Other(frame));
        }
    }

    /// Queues a frame that goes once everything else is sent, in the place of such a one before.
    pub(crate) fn push_latest(&self, frame: Bytes) {
        self.lock().latest = Some(frame);
        self.changed.notify_one();
    }

    /// Queues a snapshot for the lent terminal, which is written to at once if nothing waits for it.
    pub(crate) fn push_snapshot(&self, mut snapshot: Bytes) {
        let mut queue = self.lock();
        if queue.entries.is_empty() {
            queue.show_at_once(&mut snapshot);
        }
        drop(queue);
        if !snapshot.is_empty() {
            self.push_other(Entry::ShowSnapshot(snapshot));
        }
    }

    fn push_other(&self, entry: Entry) {
        let mut queue = self.lock();
        queue.add(entry);
        queue.bound_others();
        drop(queue);
        self.changed.notify_one();
    }

    /// Output and snapshots go to this terminal from now on.
    pub(crate) fn lend(&self, terminal: Arc<LentTerminal>) {
        self.lock().terminal = Some(terminal);
    }

    pub(crate) fn is_lent(&self) -> bool {
        self.lock().terminal.is_some()
    }

    /// Nothing goes to the lent terminal any more; what waits for it is dropped. Returns how much
    /// output that was, if the terminal does not show everything.
    pub(crate) fn give_back(&self) -> Option<u64> {
        let mut queue = self.lock();
        queue.terminal = None;
        let is_shown =
            |entry: &Entry| matches!(entry, Entry::ShowOutput(_) | Entry::ShowSnapshot(_));
        let is_behind = queue.lagging || queue.entries.iter().any(is_shown);
        let dropped = queue.drop_output();
        queue.lagging = false;
        queue.entries.retain(|entry| !is_shown(entry));
        queue.other_weight = queue.entries.iter().map(Entry::other_weight).sum();
        drop(queue);
        self.changed.notify_one();
        is_behind.then_some(dropped)
    }

    /// Returns whether the child had better wait for this client.
    pub(crate) fn is_full(&self) -> bool {
        self.lock().full
    }

    /// Lets the writer end once everything queued is sent.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits for what the writer is to do next; one writer only.
    ///
    /// Cancel safety: safe to drop; nothing is taken then.
    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// Waits until something was queued, or taken back.
    ///
    /// Cancel safety: safe to drop.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Notes that the client's socket took what [`Next::Send`] gave.
    pub(crate) fn sent(&self, bytes: usize) {
        let mut queue = self.lock();
        let is_all = queue.entries.is_empty();
        queue.pace.took(bytes, is_all, timer::now());
    }

    fn take(&self) -> Option<Next> {
        let mut queue = self.lock();
        if queue.full && queue.output_weight <= queue.pace.hold_bytes() / 2 {
            queue.full = false;
            return Some(Next::SayRelieved);
        }
        if let Some(next) = queue.show() {
            return Some(next);
        }
        match queue.entries.pop_front() {
            Some(entry) => {
                queue.output_weight -= entry.output_weight();
                queue.other_weight -= entry.other_weight();
                Some(Next::Send(entry.into_bytes()))
            }
            None if queue.latest.is_some() => queue.latest.take().map(Next::Send),
            None if std::mem::take(&mut queue.lagging) => Some(Next::AskForSnapshot),
            None if queue.closed => Some(Next::Close),
            None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
