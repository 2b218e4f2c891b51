//! A manifest as bytes, written and read as a stream.
//!
//! ```text
//! magic "abidemft"  8
//! schema (u32)      4     a newer one is refused by name
//! blocks                  the first says when; the others list files; one that is empty ends it
//!
//! block   length of the body (u32) · checksum (16 bytes) · body
//! first   taken at, ms (u64) · settled before: seconds (i64), nanoseconds (u32) · files (u64)
//! file    bytes shared with the path before in this block · length of the rest · the rest
//!         flags: kind (bits 0, 1), has an identity (2), has a content (3)
//!         size · mode · modified: seconds, nanoseconds
//!         identity: inode · seconds after `modified` · nanoseconds;  content: 32 bytes
//! ```
//!
//! Fixed numbers are little-endian; the others take 7 bits a byte, the least first, signed ones
//! folded (0, -1, 1, -2, …). A checksum is the first half of the BLAKE3 hash of the block's number
//! (u64) and its body, so that no block is taken for another. Paths ascend strictly.

mod block;
mod numbers;

use std::io::{self, Read, Write};

use self::{
    block::{Blocks, short},
    numbers::{Cursor, put_signed, put_unsigned},
};
use super::{ContentHash, Entry, FileTime, Identity, Kind, Manifest, Taken, TreePath};
use crate::clock::Timestamp;

/// The schema that is written.
pub const MANIFEST_SCHEMA: u32 = 1;

const MAGIC: &[u8; 8] = b"abidemft";

/// Bytes after which a block is closed.
const BLOCK_BYTES: usize = 64 * 1024;

/// Most bytes of all paths together that are read. What paths share is written once, so that a short
/// file could need any amount of memory.
const MAX_PATHS_BYTES: usize = 512 * 1024 * 1024;

const HAS_IDENTITY: u8 = 1 << 2;
const HAS_CONTENT: u8 = 1 << 3;

/// Why bytes could not be read as a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ReadManifestError {
    /// They could not be had.
    #[error("cannot read the manifest")]
    Io(#[from] io::Error),
    /// They are no manifest.
    #[error("this is no manifest")]
    NoManifest,
    /// A newer release wrote it.
    #[error(
        "the manifest was written by a newer release (schema {found}; this one reads up to {MANIFEST_SCHEMA})"
    )]
    Newer {
        /// Its schema.
        found: u32,
    },
    /// It is not as it was written, or not to its end.
    #[error("the manifest is damaged in block {block}: {what}")]
    Damaged {
        /// Counted from zero.
        block: u64,
        /// What is wrong.
        what: &'static str,
    },
}

impl Manifest {
    /// Writes the manifest; hand in a buffered writer.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    pub fn write_to(&self, mut writer: impl Write) -> io::Result<()> {
        writer.write_all(MAGIC)?;
        writer.write_all(&MANIFEST_SCHEMA.to_le_bytes())?;
        let mut blocks = Blocks::new(writer);
        blocks.write(&self.first_block())?;
        let mut body = Vec::with_capacity(BLOCK_BYTES + 1024);
        let mut before: &[u8] = &[];
        for (path, entry) in &self.entries {
            put_path(&mut body, before, path.as_bytes());
            put_entry(&mut body, entry);
            before = path.as_bytes();
            if BLOCK_BYTES <= body.len() {
                blocks.write(&body)?;
                body.clear();
                before = &[];
            }
        }
        if !body.is_empty() {
            blocks.write(&body)?;
        }
        blocks.write(&[])
    }

    fn first_block(&self) -> Vec<u8> {
        let Taken { at, settled_before } = self.taken;
        let mut body = at.as_millis().to_le_bytes().to_vec();
        body.extend(settled_before.seconds.to_le_bytes());
        body.extend(settled_before.nanos.to_le_bytes());
        body.extend((self.entries.len() as u64).to_le_bytes());
        body
    }

    /// Reads a manifest; hand in a buffered reader. Nothing is returned that was not checked.
    ///
    /// # Errors
    ///
    /// When the reader fails, or what it gives is no whole manifest of a schema known here.
    pub fn read_from(mut reader: impl Read) -> Result<Self, ReadManifestError> {
        let mut head = [0; 12];
        reader
            .read_exact(&mut head)
            .map_err(short(ReadManifestError::NoManifest))?;
        let (magic, schema) = head.split_at(MAGIC.len());
        let schema = u32::from_le_bytes(schema.try_into().expect("four bytes are left"));
        match schema {
            _ if magic != MAGIC => return Err(ReadManifestError::NoManifest),
            0 => return Err(ReadManifestError::NoManifest),
            1 => {}
            found => return Err(ReadManifestError::Newer { found }),
        }
        let mut blocks = Blocks::new(reader);
        let first = blocks.read()?;
        let (taken, count) = read_first(&first).ok_or(blocks.damaged("its times"))?;
        let mut entries = Vec::new();
        let mut path_bytes = 0;
        loop {
            let body = blocks.read()?;
            if body.is_empty() {
                break;
            }
            let known = entries.len();
            read_files(&body, &mut entries).ok_or(blocks.damaged("its files"))?;
            let read = entries[known..].iter();
            path_bytes += read.map(|(path, _)| path.as_bytes().len()).sum::<usize>();
            if MAX_PATHS_BYTES < path_bytes || count < entries.len() as u64 {
                return Err(blocks.damaged("the number of files or the length of their paths"));
            }
        }
        match entries.len() as u64 == count {
            true => Ok(Self { taken, entries }),
            false => Err(blocks.damaged("the number of files")),
        }
    }
}

fn put_path(body: &mut Vec<u8>, before: &[u8], path: &[u8]) {
    let shared = before
        .iter()
        .zip(path)
        .take_while(|(one, other)| one == other)
        .count();
    put_unsigned(body, shared as u64);
    put_unsigned(body, (path.len() - shared) as u64);
    body.extend_from_slice(&path[shared..]);
}

fn put_entry(body: &mut Vec<u8>, entry: &Entry) {
    let kind = match entry.kind {
        Kind::File => 0,
        Kind::Symlink => 1,
        Kind::Other => 2,
    };
    let identity = entry.identity.map_or(0, |_| HAS_IDENTITY);
    let content = entry.content.map_or(0, |_| HAS_CONTENT);
    body.push(kind | identity | content);
    put_unsigned(body, entry.size);
    put_unsigned(body, entry.mode.into());
    put_signed(body, entry.modified.seconds);
    put_unsigned(body, entry.modified.nanos.into());
    if let Some(Identity { inode, changed }) = entry.identity {
        put_unsigned(body, inode);
        put_signed(body, changed.seconds.wrapping_sub(entry.modified.seconds));
        put_unsigned(body, changed.nanos.into());
    }
    if let Some(content) = entry.content {
        body.extend_from_slice(content.as_bytes());
    }
}

fn read_first(body: &[u8]) -> Option<(Taken, u64)> {
    let mut cursor = Cursor(body);
    let at = Timestamp::from_millis(u64::from_le_bytes(cursor.array()?));
    let seconds = i64::from_le_bytes(cursor.array()?);
    let nanos = nanos(u32::from_le_bytes(cursor.array()?).into())?;
    let count = u64::from_le_bytes(cursor.array()?);
    let settled_before = FileTime { seconds, nanos };
    cursor
        .0
        .is_empty()
        .then_some((Taken { at, settled_before }, count))
}

fn read_files(body: &[u8], entries: &mut Vec<(TreePath, Entry)>) -> Option<()> {
    let mut cursor = Cursor(body);
    let mut path = Vec::new();
    while !cursor.0.is_empty() {
        let shared = usize::try_from(cursor.unsigned()?).ok()?;
        let length = usize::try_from(cursor.unsigned()?).ok()?;
        if path.len() < shared {
            return None;
        }
        path.truncate(shared);
        path.extend_from_slice(cursor.take(length)?);
        let path = TreePath::new(path.clone()).ok()?;
        if entries.last().is_some_and(|(last, _)| path <= *last) {
            return None;
        }
        entries.push((path, read_entry(&mut cursor)?));
    }
    Some(())
}

fn read_entry(cursor: &mut Cursor<'_>) -> Option<Entry> {
    let [flags] = cursor.array()?;
    let kind = match flags & 0b11 {
        0 => Kind::File,
        1 => Kind::Symlink,
        2 => Kind::Other,
        _ => return None,
    };
    if flags & !(0b11 | HAS_IDENTITY | HAS_CONTENT) != 0 {
        return None;
    }
    let size = cursor.unsigned()?;
    let mode = u32::try_from(cursor.unsigned()?).ok()?;
    let modified = FileTime {
        seconds: cursor.signed()?,
        nanos: nanos(cursor.unsigned()?)?,
    };
    let identity = match flags & HAS_IDENTITY {
        0 => None,
        _ => Some(read_identity(cursor, modified)?),
    };
    let content = match flags & HAS_CONTENT {
        0 => None,
        _ => Some(ContentHash::from_bytes(cursor.array()?)),
    };
    Some(Entry {
        kind,
        size,
        mode,
        modified,
        identity,
        content,
    })
}

fn read_identity(cursor: &mut Cursor<'_>, modified: FileTime) -> Option<Identity> {
    let inode = cursor.unsigned()?;
    let changed = FileTime {
        seconds: modified.seconds.wrapping_add(cursor.signed()?),
        nanos: nanos(cursor.unsigned()?)?,
    };
    Some(Identity { inode, changed })
}

fn nanos(number: u64) -> Option<u32> {
    let nanos = u32::try_from(number).ok()?;
    (nanos < 1_000_000_000).then_some(nanos)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What the checksums let through may still have been made by anybody.
        #[test]
        fn any_block_is_read_without_a_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_first(&body);
            let mut files = Vec::new();
            let whole = read_files(&body, &mut files);
            prop_assert!(whole.is_none() || files.is_sorted_by(|one, other| one.0 < other.0));
        }
    }
}
