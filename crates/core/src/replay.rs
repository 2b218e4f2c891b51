//! Bytes of output, addressed by how many came before them.

use std::{collections::VecDeque, fmt};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A position in a session's output: the number of bytes printed before it since the start.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Offset(u64);

impl Offset {
    /// The position before the first byte.
    pub const START: Self = Self(0);

    /// Returns the position after `bytes` bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Returns the number of bytes before the position.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// Returns the position `bytes` further on.
    #[must_use]
    pub fn advanced(self, bytes: usize) -> Self {
        Self(self.0 + bytes as u64)
    }

    /// Returns the number of bytes from `earlier` to here; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Most bytes in one block of a [`ReplayBuffer`].
const BLOCK_BYTES: usize = 64 * 1024;

/// The last bytes of an output, as many as a budget allows, addressed by [`Offset`].
///
/// They are copied into blocks, so that memory follows the bytes and not the number of pieces in
/// which they came: at most the capacity, a block, and little more. Exactly `capacity` bytes are
/// held once that many came.
#[derive(Debug)]
pub struct ReplayBuffer {
    /// Every block but the last is full.
    blocks: VecDeque<Vec<u8>>,
    /// Bytes of the first block that are over budget.
    skipped: usize,
    held: usize,
    end: Offset,
    capacity: usize,
}

impl ReplayBuffer {
    /// Returns an empty buffer that keeps at most `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::starting_at(Offset::START, capacity)
    }

    /// Returns an empty buffer that keeps at most `capacity` bytes, the first of them at `start`.
    #[must_use]
    pub fn starting_at(start: Offset, capacity: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            skipped: 0,
            held: 0,
            end: start,
            capacity,
        }
    }

    /// Takes the next bytes of the output.
    pub fn push(&mut self, output: &[u8]) {
        self.end = self.end.advanced(output.len());
        // What would leave at once need not be copied.
        let over = output.len().saturating_sub(self.capacity);
        if over != 0 {
            self.blocks.clear();
            (self.skipped, self.held) = (0, 0);
        }
        let mut rest = &output[over..];
        while !rest.is_empty() {
            let block = self.block_with_room();
            let (now, later) = rest.split_at(rest.len().min(BLOCK_BYTES - block.len()));
            block.extend_from_slice(now);
            self.held += now.len();
            rest = later;
        }
        self.drop_oldest();
    }

    fn block_with_room(&mut self) -> &mut Vec<u8> {
        if self
            .blocks
            .back()
            .is_none_or(|last| last.len() == BLOCK_BYTES)
        {
            // The first grows as needed: most sessions print little.
            let capacity = if self.blocks.is_empty() {
                0
            } else {
                BLOCK_BYTES
            };
            self.blocks.push_back(Vec::with_capacity(capacity));
        }
        self.blocks.back_mut().expect("one was there or was added")
    }

    fn drop_oldest(&mut self) {
        if self.capacity < self.held {
            self.skipped += self.held - self.capacity;
            self.held = self.capacity;
        }
        while let Some(oldest) = self.blocks.front()
            && oldest.len() <= self.skipped
        {
            self.skipped -= oldest.len();
            self.blocks.pop_front();
        }
    }

    /// Returns how many bytes it keeps at most.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the position of the oldest byte held.
    #[must_use]
    pub fn start(&self) -> Offset {
        Offset(self.end.0 - self.held as u64)
    }

    /// Returns the position after the newest byte.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.end
    }

    /// Returns a copy of every byte from `offset` on, in pieces of at most 64 KiB, or `None` if some
    /// of them were never printed or are no longer held.
    #[must_use]
    pub fn since(&self, offset: Offset) -> Option<Vec<Bytes>> {
        if offset < self.start() || self.end < offset {
            return None;
        }
        let mut skip = self.skipped + usize::try_from(offset.since(self.start())).ok()?;
        let mut out = Vec::new();
        for block in &self.blocks {
            match block.get(skip..) {
                Some([]) | None => skip -= block.len(),
                Some(wanted) => {
                    out.push(Bytes::copy_from_slice(wanted));
                    skip = 0;
                }
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// proves O10
        #[test]
        fn any_offset_still_held_gives_exactly_the_bytes_from_there(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
            capacity in 0_usize..200,
        ) {
            let all: Vec<u8> = chunks.concat();
            let mut buffer = ReplayBuffer::new(capacity);
            for chunk in chunks {
                buffer.push(&chunk);
            }
            prop_assert_eq!(buffer.end(), Offset::new(all.len() as u64));
            let held = all.len().min(capacity);
            for offset in 0..=all.len() + 1 {
                let got = buffer.since(Offset::new(offset as u64)).map(|chunks| chunks.concat());
                let expected = (all.len() - held <= offset && offset <= all.len())
                    .then(|| all[offset..].to_vec());
                prop_assert_eq!(got, expected);
            }
        }
    }

    /// proves O18
    #[test]
    fn small_pieces_cost_no_more_than_large_ones() {
        let capacity = 10 * BLOCK_BYTES;
        let mut buffer = ReplayBuffer::new(capacity);
        for number in 0..4 * capacity {
            buffer.push(&[u8::try_from(number % 251).expect("below 251")]);
        }
        let kept: usize = buffer.blocks.iter().map(Vec::capacity).sum();
        assert!(kept <= capacity + BLOCK_BYTES, "{kept} for {capacity}");
        let tail = buffer.since(Offset::new(4 * capacity as u64 - 3));
        let numbers = 4 * capacity - 3..4 * capacity;
        let expected: Vec<u8> = numbers
            .map(|n| u8::try_from(n % 251).expect("below 251"))
            .collect();
        assert_eq!(tail.map(|pieces| pieces.concat()), Some(expected));
    }
}
