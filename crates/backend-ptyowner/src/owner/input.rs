//! What is still to be typed into the terminal, in order, and for whom.

use std::collections::VecDeque;

use abide_core::id::ClientId;
use bytes::{Buf as _, Bytes};

/// Who typed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    /// A client.
    Client(ClientId),
    /// The owner, answering the child's query.
    Owner,
}

/// The queue. Its bound is the window of each client.
#[derive(Debug, Default)]
pub(crate) struct InputQueue {
    waiting: VecDeque<(Author, Bytes)>,
}

impl InputQueue {
    pub(crate) fn push(&mut self, author: Author, input: Bytes) {
        if !input.is_empty() {
            self.waiting.push_back((author, input));
        }
    }

    /// Returns what to type next; empty if nothing waits.
    pub(crate) fn front(&self) -> &[u8] {
        self.waiting.front().map_or(&[], |(_, input)| input)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes so many bytes off, which the terminal took; returns whose they were.
    pub(crate) fn typed(&mut self, count: usize) -> Option<Author> {
        let (author, input) = self.waiting.front_mut()?;
        let author = *author;
        input.advance(count);
        if input.is_empty() {
            self.waiting.pop_front();
        }
        Some(author)
    }

    /// Forgets everything; the terminal is gone.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
