//! One event as one line of text.
//!
//! ```text
//! {"sum":"0f…","schema":1,"seq":12,"at":…,"epoch":3,"record":"…","event":"ended",…}⏎
//! ```
//!
//! Each line is JSON. `sum` is the beginning of the BLAKE3 hash of all that comes after its comma,
//! the line's end not included. `seq` counts the lines, so that one that is missing shows.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Event;
use crate::{
    clock::Timestamp,
    id::{RecordId, from_hex, to_hex},
    lease::FencingToken,
};

/// The schema that is written.
pub const JOURNAL_SCHEMA: u64 = 1;

const SUM_BYTES: usize = 8;
const OPENING: &[u8] = b"{\"sum\":\"";
const CLOSING: &[u8] = b"\",";

/// An event, with whose, when and by which right it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in the journal, from one.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The grant under which it was written.
    pub epoch: FencingToken,
    /// The record that it belongs to.
    pub record: RecordId,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// A journal that a newer release wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the journal was written by a newer release (schema {found}; this one reads up to {JOURNAL_SCHEMA})"
)]
pub struct NewerJournal {
    /// The line, counted from one.
    pub line: u64,
    /// Its schema.
    pub found: u64,
}

impl NewerJournal {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "use the release that wrote it, or a newer one; nothing was changed"
    }
}

#[derive(Serialize)]
struct Versioned<'a> {
    schema: u64,
    #[serde(flatten)]
    entry: &'a Entry,
}

/// What a line was found to be.
#[derive(Debug)]
pub(super) enum Line {
    Entry(Box<Entry>),
    Newer(u64),
    Damaged(&'static str),
}

impl Entry {
    /// Returns the line, with its end.
    #[must_use]
    pub fn to_line(&self) -> Vec<u8> {
        let versioned = Versioned {
            schema: JOURNAL_SCHEMA,
            entry: self,
        };
        let json = serde_json::to_vec(&versioned).expect("an entry has text for keys");
        let rest = &json[1..];
        let sum = to_hex(&sum(rest));
        [OPENING, sum.as_bytes(), CLOSING, rest, b"\n"].concat()
    }
}

fn sum(rest: &[u8]) -> [u8; SUM_BYTES] {
    let hash = blake3::hash(rest);
    std::array::from_fn(|at| hash.as_bytes()[at])
}

impl Line {
    /// Reads a line without its end.
    pub(super) fn parse(line: &[u8]) -> Self {
        let Some(rest) = checked(line) else {
            return Self::Damaged("its checksum is wrong");
        };
        let json = [b"{", rest].concat();
        let Ok(value) = serde_json::from_slice::<Value>(&json) else {
            return Self::Damaged("it is no JSON");
        };
        match value.get("schema").and_then(Value::as_u64) {
            Some(found) if JOURNAL_SCHEMA < found => Self::Newer(found),
            Some(1) => match Entry::deserialize(value) {
                Ok(entry) => Self::Entry(Box::new(entry)),
                Err(_) => Self::Damaged("it is no event"),
            },
            Some(_) | None => Self::Damaged("it names no schema"),
        }
    }
}

/// Returns what comes after the checksum, if that is right.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(OPENING)?;
    let (digits, line) = line.split_at_checked(2 * SUM_BYTES)?;
    let rest = line.strip_prefix(CLOSING)?;
    let expected = from_hex::<SUM_BYTES>(std::str::from_utf8(digits).ok()?)?;
    (sum(rest) == expected).then_some(rest)
}
