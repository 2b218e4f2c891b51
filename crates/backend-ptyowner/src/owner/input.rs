//! What is still to be typed into the terminal, in order, and for whom.

use std::collections::VecDeque;

use abide_core::id::ClientId;
use bytes::{Buf as _, Bytes};

/// Who typed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    /// A client, through its connection.
    Client(ClientId),
    /// A client, on the terminal that it lent.
    Keys(ClientId),
    /// The owner, answering the child's query.
    Owner,
}

/// Answers of the owner that wait to be typed, in bytes. A child that asks and never reads loses
/// what is beyond, as it would with a terminal.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The queue. Its bound is the window of each client, and one for the owner's own answers.
#[derive(Debug, Default)]
pub(crate) struct InputQueue {
    waiting: VecDeque<(Author, Bytes)>,
    answer_bytes: usize,
}

impl InputQueue {
    pub(crate) fn push(&mut self, author: Author, input: Bytes) {
        if author == Author::Owner {
            if MAX_ANSWER_BYTES < self.answer_bytes + input.len() {
                return;
            }
            self.answer_bytes += input.len();
        }
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
        if author == Author::Owner {
            self.answer_bytes -= count;
        }
        if input.is_empty() {
            self.waiting.pop_front();
        }
        Some(author)
    }

    /// Returns how much waits of one author, in bytes.
    pub(crate) fn waiting_of(&self, author: Author) -> usize {
        let own = self.waiting.iter().filter(|(of, _)| *of == author);
        own.map(|(_, input)| input.len()).sum()
    }

    /// Forgets what waits of one author.
    pub(crate) fn forget(&mut self, author: Author) {
        self.waiting.retain(|(of, _)| *of != author);
        if author == Author::Owner {
            self.answer_bytes = 0;
        }
    }

    /// Forgets everything; the terminal is gone.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.answer_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves O13
    #[test]
    fn answers_that_are_not_read_are_bounded() {
        let mut queue = InputQueue::default();
        for _ in 0..100_000 {
            queue.push(Author::Owner, Bytes::from_static(b"\x1b[1;1R"));
        }
        let mut left = 0;
        while let Some(Author::Owner) = queue.typed(queue.front().len()) {
            left += 1;
        }
        assert_eq!(left, MAX_ANSWER_BYTES / 6);
        queue.push(Author::Owner, Bytes::from_static(b"again"));
        assert_eq!(queue.front(), b"again");
    }

    /// proves O9
    #[test]
    fn what_one_author_typed_can_be_forgotten_without_the_others() {
        let (a, b) = (
            Author::Client(ClientId::new(1)),
            Author::Client(ClientId::new(2)),
        );
        let mut queue = InputQueue::default();
        queue.push(a, Bytes::from_static(b"paste"));
        queue.push(b, Bytes::from_static(b"\x03"));
        queue.push(a, Bytes::from_static(b"more"));
        queue.forget(a);
        assert_eq!(queue.front(), b"\x03");
        assert_eq!(queue.typed(1), Some(b));
        assert!(queue.is_empty());
    }
}
