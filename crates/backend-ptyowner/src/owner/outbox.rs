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

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Buf as _, Bytes};
use tokio::sync::Notify;

use super::{history::PREFIX_BYTES, pace::Pace, timer};
use crate::sys::lent::LentTerminal;

/// What a frame counts in addition to the output in it, in bytes: about what it costs to keep.
const FRAME_BYTES: usize = 64;

/// Other frames that wait for one client, in bytes: several of the largest snapshots.
const MAX_OTHER_BYTES: usize = 64 * 1024 * 1024;

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

#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    /// What waits, counted with [`FRAME_BYTES`] for each frame.
    output_weight: usize,
    other_weight: usize,
    pace: Pace,
    /// The client's terminal, while it is lent.
    terminal: Option<Arc<LentTerminal>>,
    /// The child is, or may be, held up for this client.
    full: bool,
    lagging: bool,
    closed: bool,
}

#[derive(Debug)]
enum Entry {
    /// A frame of output that carries so many bytes of it.
    Output(Bytes, usize),
    /// Output for the lent terminal.
    ShowOutput(Bytes),
    /// A snapshot for the lent terminal.
    ShowSnapshot(Bytes),
    /// Any other frame.
    Other(Bytes),
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
        self.push_other(Entry::Other(frame));
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
            None if std::mem::take(&mut queue.lagging) => Some(Next::AskForSnapshot),
            None if queue.closed => Some(Next::Close),
            None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn add(&mut self, entry: Entry) {
        self.insert(self.entries.len(), entry);
    }

    fn insert(&mut self, at: usize, entry: Entry) {
        self.output_weight += entry.output_weight();
        self.other_weight += entry.other_weight();
        self.entries.insert(at, entry);
        self.pace.waits(timer::now());
    }

    /// Cuts off a client that asks without reading.
    fn bound_others(&mut self) {
        if MAX_OTHER_BYTES < self.other_weight {
            self.closed = true;
            self.entries.clear();
            (self.output_weight, self.other_weight) = (0, 0);
        }
    }

    /// Drops the output that waits; returns how much it was.
    fn drop_output(&mut self) -> u64 {
        let dropped = self.entries.iter().map(|entry| entry.output_len() as u64);
        let dropped = dropped.sum();
        self.entries.retain(|entry| entry.output_len() == 0);
        self.output_weight = 0;
        dropped
    }

    /// Writes what comes first to the lent terminal, if it is for that.
    fn show(&mut self) -> Option<Next> {
        let (Entry::ShowOutput(bytes) | Entry::ShowSnapshot(bytes)) = self.entries.front_mut()?
        else {
            return None;
        };
        // What waits for a terminal is dropped when the terminal is given back.
        let terminal = Arc::clone(self.terminal.as_ref()?);
        let Some(count) = taken(terminal.try_write(bytes), bytes.len()) else {
            return Some(Next::Wait(terminal));
        };
        let front = self.entries.front_mut()?;
        let before = (front.output_weight(), front.other_weight());
        let (Entry::ShowOutput(bytes) | Entry::ShowSnapshot(bytes)) = front else {
            return None;
        };
        bytes.advance(count);
        let is_done = bytes.is_empty();
        let after = match is_done {
            true => (0, 0),
            false => (front.output_weight(), front.other_weight()),
        };
        self.output_weight -= before.0 - after.0;
        self.other_weight -= before.1 - after.1;
        if is_done {
            self.entries.pop_front();
        }
        let is_all = self.entries.is_empty();
        self.pace.took(count, is_all, timer::now());
        Some(Next::Shown)
    }

    /// Writes to the lent terminal, which nothing else waits for; leaves what it does not take.
    fn show_at_once(&mut self, output: &mut Bytes) {
        if let Some(terminal) = &self.terminal
            && let Some(count) = taken(terminal.try_write(output), output.len())
        {
            output.advance(count);
        }
    }
}

/// Returns how much a terminal took. One that is gone takes everything: its client will leave.
fn taken(wrote: io::Result<Option<usize>>, len: usize) -> Option<usize> {
    wrote.unwrap_or(Some(len))
}

impl Entry {
    fn output_len(&self) -> usize {
        match self {
            Self::Output(_, len) => *len,
            Self::ShowOutput(output) => output.len(),
            Self::ShowSnapshot(_) | Self::Other(_) => 0,
        }
    }

    fn output_weight(&self) -> usize {
        match self.output_len() {
            0 => 0,
            len => len + FRAME_BYTES,
        }
    }

    fn other_weight(&self) -> usize {
        match self {
            Self::Output(..) | Self::ShowOutput(_) => 0,
            Self::ShowSnapshot(bytes) | Self::Other(bytes) => bytes.len() + FRAME_BYTES,
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Output(bytes, _)
            | Self::ShowOutput(bytes)
            | Self::ShowSnapshot(bytes)
            | Self::Other(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::pace::MAX_OUTPUT_BYTES;

    fn frame(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    /// Takes what the writer would do next, without what is said to the session.
    fn take(outbox: &Outbox) -> Option<Next> {
        loop {
            match outbox.take() {
                Some(Next::SayRelieved) => {}
                next => return next,
            }
        }
    }

    fn expect_sent(outbox: &Outbox, text: &str) {
        let next = take(outbox);
        assert!(
            matches!(&next, Some(Next::Send(sent)) if sent == text),
            "expected {text:?}, found {next:?}"
        );
    }

    /// proves O12
    #[test]
    fn output_that_does_not_fit_is_dropped_counted_and_followed_by_a_snapshot() {
        let outbox = Outbox::default();
        let half = MAX_OUTPUT_BYTES / 2 - FRAME_BYTES;
        assert_eq!(outbox.push_output(&frame("a"), half), Pushed::Full);
        outbox.push(frame("reply"));
        assert_eq!(outbox.push_output(&frame("b"), half), Pushed::Full);
        let skipped = (2 * half + 1) as u64;
        let lagging = Pushed::Lagging { skipped };
        assert_eq!(outbox.push_output(&frame("c"), 1), lagging);
        expect_sent(&outbox, "reply");
        assert!(matches!(take(&outbox), Some(Next::AskForSnapshot)));
        assert!(take(&outbox).is_none());
        assert_eq!(outbox.push_output(&frame("d"), 1), Pushed::Sent);
        outbox.close();
        expect_sent(&outbox, "d");
        assert!(matches!(take(&outbox), Some(Next::Close)));
    }

    /// proves O12
    #[test]
    fn the_child_waits_from_much_to_little_for_a_client() {
        let outbox = Outbox::default();
        let most = Pace::default().hold_bytes();
        assert_eq!(outbox.push_output(&frame("a"), most / 2), Pushed::Sent);
        assert_eq!(outbox.push_output(&frame("b"), most / 2), Pushed::Full);
        assert!(outbox.is_full());
        expect_sent(&outbox, "a");
        assert!(outbox.is_full(), "half of it still waits");
        expect_sent(&outbox, "b");
        assert!(matches!(outbox.take(), Some(Next::SayRelieved)));
        assert!(!outbox.is_full());
    }

    /// proves O7
    #[test]
    fn a_client_that_asks_without_reading_is_cut_off() {
        let outbox = Outbox::default();
        let part = Bytes::from(vec![0; 64 * 1024]);
        for _ in 0..MAX_OTHER_BYTES / part.len() {
            outbox.push(part.clone());
        }
        assert!(matches!(take(&outbox), Some(Next::Close)));
    }

    /// proves O12, O14
    #[test]
    fn many_small_outputs_lag_and_never_cost_the_client_its_end() {
        let outbox = Outbox::default();
        let mut skipped = 0;
        for _ in 0..100_000 {
            if let Pushed::Lagging { skipped: now } = outbox.push_output(&frame("x"), 1) {
                skipped += now;
            }
        }
        outbox.push(frame("end"));
        assert!(0 < skipped);
        let mut last = take(&outbox);
        while let Some(Next::Send(sent)) = &last {
            if sent == "end" {
                return;
            }
            last = take(&outbox);
        }
        panic!("the end was not sent, but {last:?}");
    }
}
