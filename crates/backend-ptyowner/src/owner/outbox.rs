//! What one client is still to be sent: bounded, so that no client can hold up the child.
//!
//! Output that does not fit is dropped from the queue and counted; once the client took everything
//! else it gets a new snapshot. Replies, events and snapshots are never dropped: their number is
//! bounded by what the client asked for, and one that asks without reading is cut off.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

/// Output that waits for one client, in bytes.
pub(crate) const MAX_OUTPUT_BYTES: usize = 1024 * 1024;

/// What a frame counts in addition to the output in it, in bytes: about what it costs to keep.
const FRAME_BYTES: usize = 64;

/// Other frames that wait for one client, in bytes: several of the largest snapshots.
const MAX_OTHER_BYTES: usize = 64 * 1024 * 1024;

/// What a client's writer does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send these bytes.
    Send(Bytes),
    /// Say that the client has taken everything and waits for a snapshot.
    AskForSnapshot,
    /// Nothing more will come.
    Close,
}

/// Output was dropped instead of queued.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lagging {
    /// Bytes of output dropped now, those offered included.
    pub(crate) skipped: u64,
}

/// The queue of one client, shared by the session, which fills it, and the client's writer.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Entry>,
    /// What waits, counted with [`FRAME_BYTES`] for each frame.
    output_weight: usize,
    other_weight: usize,
    lagging: bool,
    closed: bool,
}

#[derive(Debug)]
enum Entry {
    /// A frame of output that carries so many bytes of it.
    Output(Bytes, usize),
    Other(Bytes),
}

impl Outbox {
    /// Queues a frame with `len` bytes of output, or drops it with all other output that waits.
    pub(crate) fn push_output(&self, frame: Bytes, len: usize) -> Result<(), Lagging> {
        let mut queue = self.lock();
        let weight = len + FRAME_BYTES;
        if queue.output_weight + weight <= MAX_OUTPUT_BYTES {
            queue.output_weight += weight;
            queue.frames.push_back(Entry::Output(frame, len));
            drop(queue);
            self.changed.notify_one();
            return Ok(());
        }
        let waiting = queue.frames.iter().map(|entry| match entry {
            Entry::Output(_, len) => *len as u64,
            Entry::Other(_) => 0,
        });
        let skipped = waiting.sum::<u64>() + len as u64;
        queue
            .frames
            .retain(|entry| matches!(entry, Entry::Other(_)));
        queue.output_weight = 0;
        queue.lagging = true;
        Err(Lagging { skipped })
    }

    /// Queues a frame that is never dropped; closes the box if there is too much of such.
    pub(crate) fn push(&self, frame: Bytes) {
        let mut queue = self.lock();
        queue.other_weight += frame.len() + FRAME_BYTES;
        if queue.other_weight <= MAX_OTHER_BYTES {
            queue.frames.push_back(Entry::Other(frame));
        } else {
            queue.closed = true;
            queue.frames.clear();
        }
        drop(queue);
        self.changed.notify_one();
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

    fn take(&self) -> Option<Next> {
        let mut queue = self.lock();
        match queue.frames.pop_front() {
            Some(Entry::Output(frame, len)) => {
                queue.output_weight -= len + FRAME_BYTES;
                Some(Next::Send(frame))
            }
            Some(Entry::Other(frame)) => {
                queue.other_weight -= frame.len() + FRAME_BYTES;
                Some(Next::Send(frame))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    /// proves O12
    #[test]
    fn output_that_does_not_fit_is_dropped_counted_and_followed_by_a_snapshot() {
        let outbox = Outbox::default();
        let half = MAX_OUTPUT_BYTES / 2 - FRAME_BYTES;
        assert_eq!(outbox.push_output(frame("a"), half), Ok(()));
        outbox.push(frame("reply"));
        assert_eq!(outbox.push_output(frame("b"), half), Ok(()));
        let skipped = (2 * half + 1) as u64;
        assert_eq!(outbox.push_output(frame("c"), 1), Err(Lagging { skipped }));
        assert_eq!(outbox.take(), Some(Next::Send(frame("reply"))));
        assert_eq!(outbox.take(), Some(Next::AskForSnapshot));
        assert_eq!(outbox.take(), None);
        assert_eq!(outbox.push_output(frame("d"), 1), Ok(()));
        outbox.close();
        assert_eq!(outbox.take(), Some(Next::Send(frame("d"))));
        assert_eq!(outbox.take(), Some(Next::Close));
    }

    /// proves O7
    #[test]
    fn a_client_that_asks_without_reading_is_cut_off() {
        let outbox = Outbox::default();
        let part = Bytes::from(vec![0; 64 * 1024]);
        for _ in 0..MAX_OTHER_BYTES / part.len() {
            outbox.push(part.clone());
        }
        assert_eq!(outbox.take(), Some(Next::Close));
    }

    /// proves O12, O14
    #[test]
    fn many_small_outputs_lag_and_never_cost_the_client_its_end() {
        let outbox = Outbox::default();
        let mut skipped = 0;
        for _ in 0..100_000 {
            match outbox.push_output(frame("x"), 1) {
                Ok(()) => {}
                Err(lagging) => skipped += lagging.skipped,
            }
        }
        outbox.push(frame("end"));
        assert!(0 < skipped);
        let mut last = outbox.take();
        while let Some(Next::Send(sent)) = &last {
            if sent == "end" {
                return;
            }
            last = outbox.take();
        }
        panic!("the end was not sent, but {last:?}");
    }
}
