//! Reads a journal whose owner is gone, as far as it is whole. Never writes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use abide_core::{id::Generation, replay::Offset, size::TermSize};
use abide_screen::{ScreenLimits, ScreenModel};
use bytes::{Bytes, BytesMut};

use super::{
    SCHEMA,
    record::{HEADER_BYTES, Header, Record, read_header},
    sequence_in,
};
use crate::state::StateError;

/// A segment as far as it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    offset: Offset,
    size: TermSize,
    state: Bytes,
    /// Output and resizes, in order, without a gap.
    events: Vec<Record>,
    /// How much of the file that is, in bytes.
    pub(crate) whole_bytes: usize,
}

/// A session brought back from its journal.
pub(crate) struct Restored {
    /// The screen with its history.
    pub(crate) screen: ScreenModel,
    /// The position of the first byte of `output`.
    pub(crate) start: Offset,
    /// The last of the output, byte for byte.
    pub(crate) output: Bytes,
}

/// Why a segment cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is of a later release.
    Newer { found: u32 },
    /// It holds no whole checkpoint of the start asked for.
    Worthless,
}

/// Restores a start from the journal in `dir`, with as much scrollback as its owner kept; `None` if
/// there is none of that start.
///
/// A segment that was damaged is passed over for the one before it, if that is still there.
pub(crate) fn restore(
    dir: &Path,
    generation: Generation,
    limits: ScreenLimits,
) -> Result<Option<Restored>, StateError> {
    for path in segments(dir)? {
        let bytes = match fs::read(&path) {
            // Somebody starts the session anew, or removes it.
            Err(err) if err.kind() == io::ErrorKind::NotFound => continue,
            other => other.map_err(|source| not_read(&path, source))?,
        };
        match parse(bytes.into(), generation) {
            Ok(segment) => return Ok(Some(segment.restored(limits))),
            Err(Unusable::Newer { found }) => {
                return Err(StateError::Newer {
                    path,
                    found,
                    supported: SCHEMA,
                });
            }
            Err(Unusable::Worthless) => {}
        }
    }
    Ok(None)
}

/// Returns the segments' files, the newest first.
fn segments(dir: &Path) -> Result<Vec<PathBuf>, StateError> {
    let entries = match fs::read_dir(dir) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|source| not_read(dir, source))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| not_read(dir, source))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(sequence) = name.and_then(sequence_in) {
            found.push((sequence, path));
        }
    }
    found.sort();
    Ok(found.into_iter().rev().map(|(_, path)| path).collect())
}

fn not_read(path: &Path, source: io::Error) -> StateError {
    StateError::Io {
        verb: "read",
        path: path.to_owned(),
        source,
    }
}

/// Reads a segment of that start; what follows the last whole record is left out.
pub(crate) fn parse(bytes: Bytes, generation: Generation) -> Result<Segment, Unusable> {
    let id = match read_header(&bytes) {
        Header::Known(id) if id.generation == generation => id,
        Header::Known(_) | Header::Damaged => return Err(Unusable::Worthless),
        Header::Newer { found } => return Err(Unusable::Newer { found }),
    };
    let first = Record::read(&id, &bytes, HEADER_BYTES);
    let Ok((
        Record::Checkpoint {
            offset,
            size,
            state,
        },
        mut whole_bytes,
    )) = first
    else {
        return Err(Unusable::Worthless);
    };
    let (mut events, mut end) = (Vec::new(), offset);
    while let Ok((record, next)) = Record::read(&id, &bytes, whole_bytes) {
        match &record {
            Record::Output { offset, bytes } if *offset == end => {
                end = end.advanced(bytes.iter().map(Bytes::len).sum());
            }
            Record::Resize { offset, .. } if *offset == end => {}
            // Nothing that was written in order; what comes after it has no place.
            Record::Output { .. } | Record::Resize { .. } | Record::Checkpoint { .. } => break,
        }
        events.push(record);
        whole_bytes = next;
    }
    Ok(Segment {
        offset,
        size,
        state: state.concat().into(),
        events,
        whole_bytes,
    })
}

impl Segment {
    /// Brings the session back.
    pub(crate) fn restored(self, limits: ScreenLimits) -> Restored {
        let mut screen = ScreenModel::new(self.size, limits);
        screen.feed(&self.state);
        let mut output = BytesMut::new();
        for event in &self.events {
            match event {
                Record::Output { bytes, .. } => {
                    for chunk in bytes {
                        screen.feed(chunk);
                        output.extend_from_slice(chunk);
                    }
                }
                Record::Resize { size, .. } => screen.resize(*size),
                Record::Checkpoint { .. } => {}
            }
        }
        Restored {
            screen,
            start: self.offset,
            output: output.freeze(),
        }
    }
}

impl Restored {
    /// Returns the position after the last byte that is known of.
    pub(crate) fn end(&self) -> Offset {
        self.start.advanced(self.output.len())
    }
}

#[cfg(test)]
mod tests;
