//! Windows: a file has neither mode nor ctime, and a name of 16-bit units, which manifests write as
//! WTF-8: UTF-8, with unpaired surrogates as if they were characters.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, Metadata, OpenOptions},
    io,
    os::windows::{
        ffi::{OsStrExt, OsStringExt},
        fs::MetadataExt,
    },
    path::{Path, PathBuf},
};

use abide_core::manifest::{Entry, FileTime, Kind, ParsePathError, TreePath};

/// Seconds from the year 1601, where the system's times begin, to 1970.
const EPOCH_SECONDS: i64 = 11_644_473_600;

/// Units of the system's times in a second, each 100 ns long.
const TICKS: u64 = 10_000_000;

/// Returns what the system says of a file, without what it holds.
pub(crate) fn entry(metadata: &Metadata, kind: Kind) -> Entry {
    let ticks = metadata.last_write_time();
    let seconds = i64::try_from(ticks / TICKS).expect("fewer than there are units");
    Entry {
        kind,
        size: metadata.file_size(),
        mode: 0,
        modified: FileTime {
            seconds: seconds - EPOCH_SECONDS,
            nanos: u32::try_from(ticks % TICKS * 100).expect("less than a second"),
        },
        identity: None,
        content: None,
    }
}

/// Opens a plain file to read it.
pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
    plain(OpenOptions::new().read(true)).open(path)
}

/// Changes nothing: only an administrator makes links here, and pipes have a place of their own.
pub(crate) fn plain(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Returns a path relative to a tree's root as manifests write it.
pub(crate) fn tree_path(relative: &Path) -> Result<TreePath, ParsePathError> {
    let parts = relative.iter().map(wtf8);
    TreePath::new(parts.collect::<Vec<_>>().join(&b'/'))
}

/// Returns the path relative to a tree's root that [`tree_path`] was given, from its bytes.
pub(crate) fn relative_path(bytes: &[u8]) -> PathBuf {
    bytes.split(|byte| *byte == b'/').map(from_wtf8).collect()
}

/// Returns the bytes of a link's target.
pub(crate) fn target_bytes(target: &Path) -> Vec<u8> {
    wtf8(target.as_os_str())
}

fn wtf8(text: &OsStr) -> Vec<u8> {
    let mut bytes = Vec::new();
    for decoded in char::decode_utf16(text.encode_wide()) {
        match decoded {
            Ok(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let unit = u32::from(lone.unpaired_surrogate());
                bytes.extend(
                    [
                        unit >> 12 | 0xe0,
                        unit >> 6 & 0x3f | 0x80,
                        unit & 0x3f | 0x80,
                    ]
                    .map(low),
                );
            }
        }
    }
    bytes
}

fn low(number: u32) -> u8 {
    number.to_le_bytes()[0]
}

/// Reads what [`wtf8`] wrote; other bytes become the sign for what cannot be read.
fn from_wtf8(bytes: &[u8]) -> OsString {
    let mut units = Vec::new();
    let mut rest = bytes;
    while let Some(chunk) = rest.utf8_chunks().next() {
        units.extend(chunk.valid().encode_utf16());
        rest = &rest[chunk.valid().len()..];
        rest = match *rest {
            [0xed, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, ref after @ ..] => {
                units.push(0xd000 | u16::from(high & 0x3f) << 6 | u16::from(low & 0x3f));
                after
            }
            [_, ref after @ ..] => {
                units.push(0xfffd);
                after
            }
            [] => break,
        };
    }
    OsString::from_wide(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_unpaired_surrogates_survive() {
        let units = [0x61, 0xd800, 0x62, 0xdfff, 0xd83d, 0xde00, 0xe9];
        let name = OsString::from_wide(&units);
        let path = tree_path(&Path::new("dir").join(&name)).unwrap();
        assert!(path.as_bytes().starts_with(b"dir/a\xed\xa0\x80b"));
        let back = relative_path(path.as_bytes());
        assert_eq!(back, Path::new("dir").join(&name));
    }
}
