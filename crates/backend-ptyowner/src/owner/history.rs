//! The session's output as frames: read once, sent to all, kept for those who come back.
//!
//! ```text
//! ┌ header 8 ┬ offset 8 ┬ output … ┐   one allocation: the frame is what clients are sent,
//! └──────────┴──────────┴──────────┘   the part after the offset is what the history keeps
//! ```

use abide_core::replay::{Offset, ReplayBuffer};
use bytes::{BufMut as _, Bytes, BytesMut};

use crate::wire::{
    frame::{Kind, header},
    limits::HEADER_BYTES,
};

/// Bytes before the output in a frame that carries it.
const PREFIX_BYTES: usize = HEADER_BYTES + size_of::<u64>();

/// Memory taken at once for frames to come, in bytes. The kernel gives about 4 KiB a read.
const BLOCK_BYTES: usize = 64 * 1024;

/// Least room that a read is given, in bytes.
const READ_BYTES: usize = 8 * 1024;

/// Longest output in one frame when old output is sent again, in bytes.
const REPLAY_BYTES: usize = 64 * 1024;

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
    pub(crate) fn new(budget_bytes: u64) -> Self {
        Self {
            kept: ReplayBuffer::new(usize::try_from(budget_bytes).unwrap_or(usize::MAX)),
            next: BytesMut::new(),
        }
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
        self.kept.push(output.clone());
        Chunk { frame, output }
    }

    /// Returns the position after the last byte printed.
    pub(crate) fn end(&self) -> Offset {
        self.kept.end()
    }

    /// Returns frames with everything from `offset` on, if all of that is still kept.
    pub(crate) fn frames_since(&self, offset: Offset) -> Option<Vec<Bytes>> {
        let mut position = offset;
        let mut frames = Vec::new();
        for chunk in self.kept.since(offset)? {
            for piece in chunk.chunks(REPLAY_BYTES) {
                let mut frame = BytesMut::with_capacity(PREFIX_BYTES + piece.len());
                frame.put_slice(&header(Kind::Output, size_of::<u64>() + piece.len()));
                frame.put_u64_le(position.get());
                frame.put_slice(piece);
                frames.push(frame.freeze());
                position = position.advanced(piece.len());
            }
        }
        Some(frames)
    }
}
