//! A lease as JSON, with the number of its schema.
//!
//! A file of a newer schema is refused by name: its keeper may well be alive. What cannot be read
//! for any other reason is malformed, which is no error: somebody has to take over.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{FencingToken, Lease};

/// The schema that is written.
pub const LEASE_SCHEMA: u64 = 1;

/// Longest file that is read, in bytes; a real one has less than one kilobyte.
pub const MAX_LEASE_BYTES: usize = 64 * 1024;

/// What was found where a lease is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredLease {
    /// No file.
    Absent,
    /// A lease.
    Held(Box<Lease>),
    /// A file that is no lease.
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
}

/// A lease that a newer release wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the lease was written by a newer release (schema {found}; this one reads up to {LEASE_SCHEMA})"
)]
pub struct NewerLease {
    /// Its schema.
    pub found: u64,
}

impl NewerLease {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "use the release that wrote it, or a newer one; nothing was changed"
    }
}

impl Lease {
    /// Returns the file's content.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a lease has text for keys");
        value["schema"] = json!(LEASE_SCHEMA);
        format!("{value:#}\n")
    }
}

impl StoredLease {
    /// Reads a file's content; `None` stands for no file.
    ///
    /// # Errors
    ///
    /// When a newer release wrote it.
    pub fn parse(content: Option<&[u8]>) -> Result<Self, NewerLease> {
        let Some(content) = content else {
            return Ok(Self::Absent);
        };
        if MAX_LEASE_BYTES < content.len() {
            return Ok(malformed(format!("it has {} bytes", content.len())));
        }
        let value = match serde_json::from_slice::<Value>(content) {
            Ok(value) => value,
            Err(err) => return Ok(malformed(err.to_string())),
        };
        match value.get("schema").and_then(Value::as_u64) {
            Some(found) if LEASE_SCHEMA < found => Err(NewerLease { found }),
            Some(1) => Ok(read_1(value)),
            Some(_) | None => Ok(malformed("it names no schema".to_owned())),
        }
    }
}

fn read_1(value: Value) -> StoredLease {
    match Lease::deserialize(value) {
        Ok(lease) => match flaw(&lease) {
            None => StoredLease::Held(Box::new(lease)),
            Some(reason) => malformed(reason.to_owned()),
        },
        Err(err) => malformed(err.to_string()),
    }
}

/// A workspace's files may come from anybody, and names in them reach the user's terminal.
fn flaw(lease: &Lease) -> Option<&'static str> {
    let Lease { keeper, agent, .. } = lease;
    let shown = [&keeper.place.host, &keeper.user];
    let names = shown.into_iter().chain(agent);
    if names.flat_map(|name| name.chars()).any(char::is_control) {
        return Some("a name in it has control characters");
    }
    (lease.epoch == FencingToken::NONE).then_some("its epoch is zero")
}

/// What cannot be read may be quoted in the reason, which reaches the user's terminal.
fn malformed(reason: String) -> StoredLease {
    StoredLease::Malformed {
        reason: reason.replace(char::is_control, "?"),
    }
}
