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

/// The last bytes of an output, as many as a budget allows, addressed by [`Offset`].
///
/// Keeps the chunks it is given and shares them; what is over budget leaves at the old end. One
/// chunk is cut rather than dropped, so exactly `capacity` bytes are held once that many came.
#[derive(Debug)]
pub struct ReplayBuffer {
    chunks: VecDeque<Bytes>,
    held: usize,
    end: Offset,
    capacity: usize,
}

impl ReplayBuffer {
    /// Returns an empty buffer that keeps at most `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            chunks: VecDeque::new(),
            held: 0,
            end: Offset::START,
            capacity,
        }
    }

    /// Takes the next bytes of the output.
    pub fn push(&mut self, chunk: Bytes) {
        self.end = self.end.advanced(chunk.len());
        self.held += chunk.len();
        if !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
        while self.capacity < self.held {
            let over = self.held - self.capacity;
            let Some(oldest) = self.chunks.front_mut() else {
                break;
            };
            let leaving = over.min(oldest.len());
            self.held -= leaving;
            if leaving == oldest.len() {
                self.chunks.pop_front();
            } else {
                let _ = oldest.split_to(leaving);
            }
        }
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

    /// Returns every byte from `offset` on, or `None` if some of them were never printed or are
    /// no longer held.
    #[must_use]
    pub fn since(&self, offset: Offset) -> Option<Vec<Bytes>> {
        if offset < self.start() || self.end < offset {
            return None;
        }
        let mut position = self.start();
        let mut out = Vec::new();
        for chunk in &self.chunks {
            let next = position.advanced(chunk.len());
            if offset < next {
                let skip = usize::try_from(offset.since(position)).expect("within one chunk");
                out.push(chunk.slice(skip..));
            }
            position = next;
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
                buffer.push(Bytes::from(chunk));
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
}
