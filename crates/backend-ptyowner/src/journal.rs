//! The journal: what survives of a session's screen and history when its owner does not.
//!
//! ```text
//! owners/<session>/journal/   0700
//!     0000000000000007.segment   header ─ checkpoint ─ output ─ output ─ resize ─ output …
//!     0000000000000008.new       the next one, until it is whole and synced
//! ```
//!
//! An owner writes it (`owner/journal.rs` says when); clients read it once that owner is gone, and
//! never write. A segment begins with a checkpoint, the whole screen as a snapshot, so one segment
//! is enough: the next one, made when this one is full, takes its place. `docs/journal.md` has the
//! bytes.

pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod segment;

/// The newest layout of a segment that this release reads, and the one it writes.
pub(crate) const SCHEMA: u32 = 1;

/// Ends the name of a segment that is in use.
const SEGMENT: &str = "segment";

/// Ends the name of one that is not whole yet.
const UNFINISHED: &str = "new";

/// Returns the name of a segment's file.
fn segment_name(sequence: u64) -> String {
    format!("{sequence:016x}.{SEGMENT}")
}

/// Returns the number of a segment, if this is the name of one.
fn sequence_in(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SEGMENT)?.strip_suffix('.')?;
    let is_number = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number
        .then(|| u64::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_known_by_its_name_and_nothing_else_is_one() {
        assert_eq!(sequence_in(&segment_name(0xfe)), Some(0xfe));
        for name in [
            "00000000000000fe.new",
            "fe.segment",
            "+0000000000000fe.segment",
            ".segment",
        ] {
            assert_eq!(sequence_in(name), None, "{name}");
        }
    }
}
