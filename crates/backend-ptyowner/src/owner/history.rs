//! The session's output as frames: read once, sent to all, kept for those who come back.
//!
//! ```text
//! ┌ header 8 ┬ offset 8 ┬ output … ┐   one allocation: the frame is what clients are sent, the
//! └──────────┴──────────┴──────────┘   part after the offset is what is shown, and copied to keep
//! ```

use abide_core::replay::{Offset, ReplayBuffer};
use bytes::{BufMut as _, Bytes, BytesMut};

use crate::wire::{
    frame::{Kind, header},
    limits::HEADER_BYTES,
};

/// Bytes before the output in a frame that carries it.
pub(super) const PREFIX_BYTES: usize = HEADER_BYTES + size_of::<u64>();

/// Memory taken at once for frames to come, in bytes. The kernel gives about 4 KiB a read.
const BLOCK_BYTES: usize = 64 * 1024;

/// Least room that a read is given, in bytes.
const READ_BYTES: usize = 8 * 1024;

/// Longest output in one frame when old output is sent again, in bytes.
const REPLAY_BYTES: usize = 64 * 1024;

/// Most output that is sent again, in bytes. A client that missed more gets a snapshot.
const MAX_REPLAY_BYTES: u64 = 16 * 1024 * 1024;

/// Output as it was read.
pub(crate) struct Chunk {
    /// The frame for clients.
    pub(crate) frame: Bytes,
    /// The output alone.
    pub(crate) output: Bytes,
}

/// The last bytes that the child printed, and room for the next.
pub(crate) struct History {
    kept: ReplayBuffer,
    next: BytesMut,
}

impl History {
    /// Returns a history of which nothing before `start` is kept.
    pub(crate) fn new(budget_bytes: u64, start: Offset) -> Self {
        let capacity = usize::try_from(budget_bytes).unwrap_or(usize::MAX);
        Self {
            kept: ReplayBuffer::starting_at(start, capacity),
            next: BytesMut::new(),
        }
    }

    /// Goes on `skipped` bytes further; nothing before that is kept any more.
    pub(crate) fn skip(&mut self, skipped: usize) {
        self.next.clear();
        self.kept = ReplayBuffer::starting_at(self.end().advanced(skipped), self.kept.capacity());
    }

    /// Returns the buffer for the next read; what a read appends is taken by [`Self::take`].
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        if self.next.is_empty() {
            if self.next.capacity() < PREFIX_BYTES + READ_BYTES {
                self.next = BytesMut::with_capacity(BLOCK_BYTES);
            }
            self.next.put_bytes(0, PREFIX_BYTES);
        }
        &mut self.next
    }

    /// Takes what was read since the last call.
    pub(crate) fn take(&mut self) -> Chunk {
        let mut frame = self.next.split();
        let body = frame.len() - HEADER_BYTES;
        frame[..HEADER_BYTES].copy_from_slice(&header(Kind::Output, body));
        frame[HEADER_BYTES..PREFIX_BYTES].copy_from_slice(&self.kept.end().get().to_le_bytes());
        let frame = frame.freeze();
        let output = frame.slice(PREFIX_BYTES..);
        self.kept.push(&output);
        Chunk { frame, output }
    }

    /// Returns the position after the last byte printed.
    pub(crate) fn end(&self) -> Offset {
        self.kept.end()
    }

    /// Returns everything from `offset` on, if all of that is still kept.
    pub(crate) fn since(&self, offset: Offset) -> Option<Vec<Bytes>> {
        self.kept.since(offset)
    }

    /// Returns frames with everything from `offset` on, if all of that is still kept and not too
    /// much to be sent at once.
    pub(crate) fn frames_since(&self, offset: Offset) -> Option<Vec<Bytes>> {
        if MAX_REPLAY_BYTES < self.end().since(offset) {
            return None;
        }
        let mut position = offset;
        let mut frames = Vec::new();
        let mut next = Vec::with_capacity(REPLAY_BYTES);
        let mut rest = self.kept.since(offset)?.into_iter();
        let mut chunk = Bytes::new();
        loop {
            if chunk.is_empty() {
                match rest.next() {
                    Some(following) => chunk = following,
                    None => break,
                }
            }
            let piece = chunk.split_to(chunk.len().min(REPLAY_BYTES - next.len()));
            next.extend_from_slice(&piece);
            if next.len() == REPLAY_BYTES {
                frames.push(output_frame(position, &next));
                position = position.advanced(next.len());
                next.clear();
            }
        }
        if !next.is_empty() {
            frames.push(output_frame(position, &next));
        }
        Some(frames)
    }
}

fn output_frame(offset: Offset, output: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX_BYTES + output.len());
    frame.put_slice(&header(Kind::Output, size_of::<u64>() + output.len()));
    frame.put_u64_le(offset.get());
    frame.put_slice(output);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves O10
    #[test]
    fn many_small_reads_are_sent_again_as_few_frames_with_every_byte() {
        let mut history = History::new(1024 * 1024, Offset::START);
        let mut all = Vec::new();
        for number in 0..20_000 {
            let text = format!("{number} ");
            history.room().extend_from_slice(text.as_bytes());
            history.take();
            all.extend_from_slice(text.as_bytes());
        }
        let frames = history
            .frames_since(Offset::new(7))
            .expect("all of it is kept");
        assert_eq!(frames.len(), (all.len() - 7).div_ceil(REPLAY_BYTES));
        let mut position = 7;
        for frame in frames {
            assert_eq!(
                frame[HEADER_BYTES..PREFIX_BYTES],
                (position as u64).to_le_bytes()
            );
            let output = &frame[PREFIX_BYTES..];
            assert_eq!(output, &all[position..position + output.len()]);
            position += output.len();
        }
        assert_eq!(position, all.len());
    }
}
