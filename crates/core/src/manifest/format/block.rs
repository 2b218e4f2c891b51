//! Blocks: a length, a checksum and a body, one after the other.

use std::io::{self, Read, Write};

use super::{BLOCK_BYTES, ReadManifestError};
use crate::manifest::path::MAX_PATH_BYTES;

const CHECKSUM_BYTES: usize = 16;

/// Longest block that is read, in bytes: a full one, and one more file with the longest path.
const MAX_BLOCK_BYTES: usize = BLOCK_BYTES + MAX_PATH_BYTES + 256;

/// A stream of blocks, in either direction.
pub(super) struct Blocks<S> {
    stream: S,
    number: u64,
}

fn checksum(number: u64, body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&number.to_le_bytes()).update(body);
    let hash = <[u8; 2 * CHECKSUM_BYTES]>::from(hasher.finalize());
    std::array::from_fn(|at| hash[at])
}

impl<W: Write> Blocks<W> {
    pub(super) fn write(&mut self, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len()).expect("a block is closed long before");
        self.stream.write_all(&length.to_le_bytes())?;
        self.stream.write_all(&checksum(self.number, body))?;
        self.number += 1;
        self.stream.write_all(body)
    }
}

impl<R: Read> Blocks<R> {
    pub(super) fn read(&mut self) -> Result<Vec<u8>, ReadManifestError> {
        let mut head = [0; 4 + CHECKSUM_BYTES];
        let torn = short(self.damaged("it ends early"));
        self.stream.read_exact(&mut head).map_err(torn)?;
        let (length, sum) = head.split_at(4);
        let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
        if MAX_BLOCK_BYTES < length {
            return Err(self.damaged("its length"));
        }
        let mut body = vec![0; length];
        let torn = short(self.damaged("it ends early"));
        self.stream.read_exact(&mut body).map_err(torn)?;
        if checksum(self.number, &body) != sum {
            return Err(self.damaged("its checksum"));
        }
        self.number += 1;
        Ok(body)
    }
}

impl<S> Blocks<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, number: 0 }
    }

    pub(super) fn damaged(&self, what: &'static str) -> ReadManifestError {
        ReadManifestError::Damaged {
            block: self.number,
            what,
        }
    }
}

/// Takes an early end for what it means here.
pub(super) fn short(meaning: ReadManifestError) -> impl FnOnce(io::Error) -> ReadManifestError {
    |err| match err.kind() {
        io::ErrorKind::UnexpectedEof => meaning,
        _ => ReadManifestError::Io(err),
    }
}
