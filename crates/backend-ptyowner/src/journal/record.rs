//! The bytes of a segment: a header, then records, each with its length and its checksum.
//!
//! ```text
//! header  magic 8 ─ schema 4 ─ generation 16 ─ sequence 8 ─ checksum 8
//! record  length 4 ─ kind 1 ─ checksum 8 ─ body
//! ```
//!
//! Numbers are little-endian. A checksum is the first 8 bytes of a BLAKE3 hash. That of a
//! record covers the segment it is in and its place there, so that what a file system leaves of
//! another file is never taken for a record.

use std::io::{self, Write};

use abide_core::{id::Generation, replay::Offset, size::TermSize};
use bytes::Bytes;

use super::SCHEMA;

const MAGIC: [u8; 8] = *b"abidejnl";

/// Length of a header, in bytes.
pub(crate) const HEADER_BYTES: usize = 8 + 4 + GENERATION_BYTES + 8 + CHECKSUM_BYTES;

/// Bytes before the body of a record.
pub(crate) const PREFIX_BYTES: usize = 4 + 1 + CHECKSUM_BYTES;

const GENERATION_BYTES: usize = 16;

const CHECKSUM_BYTES: usize = 8;

const CHECKPOINT: u8 = 1;
const OUTPUT: u8 = 2;
const RESIZE: u8 = 3;

/// Which segment of which start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentId {
    pub(crate) generation: Generation,
    /// Grows with each segment of a start.
    pub(crate) sequence: u64,
}

/// One thing that happened to the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// What a new terminal of that size is fed to equal the session's after `offset` bytes.
    Checkpoint {
        offset: Offset,
        size: TermSize,
        state: Vec<Bytes>,
    },
    /// Output, and the position of its first byte.
    Output { offset: Offset, bytes: Vec<Bytes> },
    /// The terminal got another size after `offset` bytes.
    Resize { offset: Offset, size: TermSize },
}

/// Why the bytes at some place are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRecord;

/// What a segment's header turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// One that can be read.
    Known(SegmentId),
    /// One of a later release.
    Newer { found: u32 },
    /// No header.
    Damaged,
}

impl SegmentId {
    /// Returns the header of the segment.
    pub(crate) fn header(&self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        let (body, sum) = header.split_at_mut(HEADER_BYTES - CHECKSUM_BYTES);
        let mut rest = &mut *body;
        put(&mut rest, &MAGIC);
        put(&mut rest, &SCHEMA.to_le_bytes());
        put(&mut rest, self.generation.as_bytes());
        put(&mut rest, &self.sequence.to_le_bytes());
        sum.copy_from_slice(&checksum(std::iter::once(&*body)));
        header
    }

    fn record_checksum(&self, position: u64, kind: u8, body: &[&[u8]]) -> [u8; CHECKSUM_BYTES] {
        let place = [self.sequence.to_le_bytes(), position.to_le_bytes()].concat();
        let len: usize = body.iter().map(|part| part.len()).sum();
        let len = (len as u64).to_le_bytes();
        let before = [self.generation.as_bytes(), &*place, &[kind], &len];
        checksum(before.into_iter().chain(body.iter().copied()))
    }
}

/// Reads a header; what follows it is not looked at.
pub(crate) fn read_header(bytes: &[u8]) -> Header {
    let Some((magic, rest)) = bytes.split_first_chunk::<8>() else {
        return Header::Damaged;
    };
    let Some((schema, rest)) = rest.split_first_chunk::<4>() else {
        return Header::Damaged;
    };
    let found = u32::from_le_bytes(*schema);
    if *magic != MAGIC || found == 0 {
        return Header::Damaged;
    }
    // Where a later layout has its checksum is not known here.
    if SCHEMA < found {
        return Header::Newer { found };
    }
    let Some((generation, rest)) = rest.split_first_chunk() else {
        return Header::Damaged;
    };
    let Some((sequence, _)) = rest.split_first_chunk() else {
        return Header::Damaged;
    };
    let id = SegmentId {
        generation: Generation::from_bytes(*generation),
        sequence: u64::from_le_bytes(*sequence),
    };
    match bytes.get(..HEADER_BYTES) == Some(&id.header()) {
        true => Header::Known(id),
        false => Header::Damaged,
    }
}

impl Record {
    /// Returns the length of the record in a segment, in bytes.
    pub(crate) fn len(&self) -> u64 {
        let (_, fixed, rest) = self.parts();
        let rest: usize = rest.iter().map(Bytes::len).sum();
        (PREFIX_BYTES + fixed.len() + rest) as u64
    }

    /// Writes the record, which begins at `position` of its segment.
    pub(crate) fn write(
        &self,
        segment: &SegmentId,
        position: u64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let (kind, fixed, rest) = self.parts();
        let mut body = vec![&*fixed];
        body.extend(rest.iter().map(|chunk| &**chunk));
        let len: usize = body.iter().map(|part| part.len()).sum();
        let len = u32::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
        out.write_all(&len.to_le_bytes())?;
        out.write_all(&[kind])?;
        out.write_all(&segment.record_checksum(position, kind, &body))?;
        for part in body {
            out.write_all(part)?;
        }
        Ok(())
    }

    /// Reads the record at `position` of a segment; returns it, and where it ends.
    pub(crate) fn read(
        segment: &SegmentId,
        bytes: &Bytes,
        position: usize,
    ) -> Result<(Self, usize), NoRecord> {
        let rest = bytes.get(position..).ok_or(NoRecord)?;
        let (len, rest) = rest.split_first_chunk().ok_or(NoRecord)?;
        let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| NoRecord)?;
        let (&kind, rest) = rest.split_first().ok_or(NoRecord)?;
        let (found, rest) = rest.split_first_chunk::<CHECKSUM_BYTES>().ok_or(NoRecord)?;
        let body = rest.get(..len).ok_or(NoRecord)?;
        if *found != segment.record_checksum(position as u64, kind, &[body]) {
            return Err(NoRecord);
        }
        let end = position + PREFIX_BYTES + len;
        let body = bytes.slice(end - len..end);
        Ok((Self::decode(kind, body)?, end))
    }

    fn decode(kind: u8, mut body: Bytes) -> Result<Self, NoRecord> {
        let offset = Offset::new(u64::from_le_bytes(take(&mut body)?));
        match kind {
            CHECKPOINT => Ok(Self::Checkpoint {
                offset,
                size: take_size(&mut body)?,
                state: vec![body],
            }),
            OUTPUT => Ok(Self::Output {
                offset,
                bytes: vec![body],
            }),
            RESIZE => {
                let size = take_size(&mut body)?;
                match body.is_empty() {
                    true => Ok(Self::Resize { offset, size }),
                    false => Err(NoRecord),
                }
            }
            _ => Err(NoRecord),
        }
    }

    /// Returns the kind, the part of the body that has a fixed length, and the rest of it.
    fn parts(&self) -> (u8, Vec<u8>, &[Bytes]) {
        let position = |offset: &Offset| offset.get().to_le_bytes();
        let sized = |offset, size: &TermSize| {
            let (rows, cols) = (size.rows().to_le_bytes(), size.cols().to_le_bytes());
            [&position(offset)[..], &rows, &cols].concat()
        };
        match self {
            Self::Checkpoint {
                offset,
                size,
                state,
            } => (CHECKPOINT, sized(offset, size), state),
            Self::Output { offset, bytes } => (OUTPUT, position(offset).to_vec(), bytes),
            Self::Resize { offset, size } => (RESIZE, sized(offset, size), &[]),
        }
    }
}

fn take<const N: usize>(body: &mut Bytes) -> Result<[u8; N], NoRecord> {
    let taken = *body.first_chunk().ok_or(NoRecord)?;
    let _ = body.split_to(N);
    Ok(taken)
}

fn take_size(body: &mut Bytes) -> Result<TermSize, NoRecord> {
    let rows = u16::from_le_bytes(take(body)?);
    let cols = u16::from_le_bytes(take(body)?);
    Ok(TermSize::clamped(rows, cols))
}

fn put(out: &mut &mut [u8], bytes: &[u8]) {
    let (now, later) = std::mem::take(out).split_at_mut(bytes.len());
    now.copy_from_slice(bytes);
    *out = later;
}

fn checksum<'a>(parts: impl Iterator<Item = &'a [u8]>) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..CHECKSUM_BYTES]);
    sum
}

#[cfg(test)]
mod tests;
