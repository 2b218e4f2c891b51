//! What a journal says: its events in order, and everything that is wrong with it.

use std::fmt;

use super::{Entry, NewerJournal, line::Line};
use crate::lease::FencingToken;

/// The content of a journal.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Replay {
    entries: Vec<Entry>,
    damage: Vec<Damage>,
    /// Lines so far.
    lines: u64,
    /// Bytes up to the end of the last line.
    whole_bytes: u64,
    torn_bytes: u64,
    /// The number that the next line should have.
    next_seq: u64,
    floor: FencingToken,
}

/// What is wrong with a journal; its other lines are used all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// A line cannot be read.
    Unreadable {
        /// The line, counted from one.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Lines are missing before this one.
    Missing {
        /// The line, counted from one.
        line: u64,
        /// How many.
        count: u64,
    },
    /// A line is there again, or after one that was written later; it is not used.
    OutOfOrder {
        /// The line, counted from one.
        line: u64,
    },
    /// A keeper wrote a line after it was superseded; it is not used.
    Superseded {
        /// The line, counted from one.
        line: u64,
    },
}

impl Replay {
    /// Reads a journal.
    ///
    /// What comes after the last line's end was torn off by a crash and was never acknowledged: it
    /// is measured and left out.
    ///
    /// # Errors
    ///
    /// When a newer release wrote to it.
    pub fn read(bytes: &[u8]) -> Result<Self, NewerJournal> {
        let mut replay = Self {
            next_seq: 1,
            ..Self::default()
        };
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(whole) => replay.line(whole)?,
                None => replay.torn_bytes = line.len() as u64,
            }
        }
        Ok(replay)
    }

    fn line(&mut self, content: &[u8]) -> Result<(), NewerJournal> {
        self.lines += 1;
        self.whole_bytes += content.len() as u64 + 1;
        let line = self.lines;
        match Line::parse(content) {
            Line::Entry(entry) => self.entry(*entry),
            Line::Newer(found) => return Err(NewerJournal { line, found }),
            Line::Damaged(what) => {
                self.damage.push(Damage::Unreadable { line, what });
                // It had a number, so that the next line shows no gap.
                self.next_seq = self.next_seq.saturating_add(1);
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: Entry) {
        let line = self.lines;
        if entry.seq < self.next_seq {
            self.damage.push(Damage::OutOfOrder { line });
            return;
        }
        let count = entry.seq - self.next_seq;
        if count != 0 {
            self.damage.push(Damage::Missing { line, count });
        }
        self.next_seq = entry.seq.saturating_add(1);
        if entry.epoch < self.floor {
            self.damage.push(Damage::Superseded { line });
            return;
        }
        self.floor = entry.epoch;
        self.entries.push(entry);
    }

    /// Returns the events, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns what is wrong, by line.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Returns the length up to the end of the last line, in bytes; a repair cuts off the rest.
    #[must_use]
    pub fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// Returns how much was torn off at the end, in bytes.
    #[must_use]
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    /// Returns the number of the next line.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Returns the greatest token that was written with; a lease must be granted a greater one.
    #[must_use]
    pub fn floor(&self) -> FencingToken {
        self.floor
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { line, what } => write!(f, "line {line} cannot be read: {what}"),
            Self::Missing { line, count } => write!(f, "{count} lines are missing before {line}"),
            Self::OutOfOrder { line } => write!(f, "line {line} is not in its place"),
            Self::Superseded { line } => {
                write!(
                    f,
                    "line {line} was written by a keeper after it was superseded"
                )
            }
        }
    }
}
