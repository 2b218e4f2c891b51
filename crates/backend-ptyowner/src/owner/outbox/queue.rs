//! What waits for one client, weighed; and the way to its lent terminal.

use std::{collections::VecDeque, io, sync::Arc};

use bytes::{Buf as _, Bytes};

use super::Next;
use crate::{
    owner::{pace::Pace, timer},
    sys::lent::LentTerminal,
};

/// What a frame counts in addition to the output in it, in bytes: about what it costs to keep.
pub(super) const FRAME_BYTES: usize = 64;

/// Other frames that wait for one client, in bytes: several of the largest snapshots.
pub(super) const MAX_OTHER_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) entries: VecDeque<Entry>,
    /// What waits, counted with [`FRAME_BYTES`] for each frame.
    pub(super) output_weight: usize,
    pub(super) other_weight: usize,
    /// What replaces itself: only the last of it is of interest.
    pub(super) latest: Option<Bytes>,
    pub(super) pace: Pace,
    /// The client's terminal, while it is lent.
    pub(super) terminal: Option<Arc<LentTerminal>>,
    /// The child is, or may be, held up for this client.
    pub(super) full: bool,
    pub(super) lagging: bool,
    pub(super) closed: bool,
}

#[derive(Debug)]
pub(super) enum Entry {
    /// A frame of output that carries so many bytes of it.
    Output(Bytes, usize),
    /// Output for the lent terminal.
    ShowOutput(Bytes),
    /// A snapshot for the lent terminal.
    ShowSnapshot(Bytes),
    /// Any other frame.
    Other(Bytes),
}

impl Queue {
    pub(super) fn add(&mut self, entry: Entry) {
        self.insert(self.entries.len(), entry);
    }

    pub(super) fn insert(&mut self, at: usize, entry: Entry) {
        self.output_weight += entry.output_weight();
        self.other_weight += entry.other_weight();
        self.entries.insert(at, entry);
        self.pace.waits(timer::now());
    }

    /// Cuts off a client that asks without reading.
    pub(super) fn bound_others(&mut self) {
        if MAX_OTHER_BYTES < self.other_weight {
            self.closed = true;
            self.entries.clear();
            self.latest = None;
            (self.output_weight, self.other_weight) = (0, 0);
        }
    }

    /// Drops the output that waits; returns how much it was.
    pub(super) fn drop_output(&mut self) -> u64 {
        let dropped = self.entries.iter().map(|entry| entry.output_len() as u64);
        let dropped = dropped.sum();
        self.entries.retain(|entry| entry.output_len() == 0);
        self.output_weight = 0;
        dropped
    }

    /// Writes what comes first to the lent terminal, if it is for that.
    pub(super) fn show(&mut self) -> Option<Next> {
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
    pub(super) fn show_at_once(&mut self, output: &mut Bytes) {
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
    pub(super) fn output_len(&self) -> usize {
        match self {
            Self::Output(_, len) => *len,
            Self::ShowOutput(output) => output.len(),
            Self::ShowSnapshot(_) | Self::Other(_) => 0,
        }
    }

    pub(super) fn output_weight(&self) -> usize {
        match self.output_len() {
            0 => 0,
            len => len + FRAME_BYTES,
        }
    }

    pub(super) fn other_weight(&self) -> usize {
        match self {
            Self::Output(..) | Self::ShowOutput(_) => 0,
            Self::ShowSnapshot(bytes) | Self::Other(bytes) => bytes.len() + FRAME_BYTES,
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Output(bytes, _)
            | Self::ShowOutput(bytes)
            | Self::ShowSnapshot(bytes)
            | Self::Other(bytes) => bytes,
        }
    }
}
