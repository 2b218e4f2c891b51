//! What a manifest knows of one file.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::to_hex;

/// One file, as the system described it, and its content where that was needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What kind of file.
    pub kind: Kind,
    /// Its length in bytes; of a symbolic link, of its target's name.
    pub size: u64,
    /// Its permissions, the low twelve bits of a Unix mode; zero where there are none.
    pub mode: u32,
    /// When its content was changed, as the file says. Anybody may set it.
    pub modified: FileTime,
    /// What nobody can set, where the system has such a thing.
    pub identity: Option<Identity>,
    /// What it holds, if it was read: of a symbolic link always, of a file where size and times
    /// could hide an edit.
    pub content: Option<ContentHash>,
}

impl Entry {
    /// Tells whether all its times lie before an instant of the file system's clock.
    pub(super) fn is_settled_before(&self, instant: FileTime) -> bool {
        let changed = self.identity.map_or(self.modified, |known| known.changed);
        self.modified < instant && changed < instant
    }
}

/// A kind of file. Directories are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A plain file.
    File,
    /// A symbolic link, never followed.
    Symlink,
    /// A socket, a pipe, a device: never opened.
    Other,
}

/// What a Unix system keeps of a file by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The number of the file on its file system; it stays when the file is renamed.
    pub inode: u64,
    /// When content or status was changed, which programs cannot set.
    pub changed: FileTime,
}

/// An instant as file systems keep it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime {
    /// Seconds since 1970-01-01 00:00 UTC; negative before.
    pub seconds: i64,
    /// Nanoseconds after that second, below 1,000,000,000.
    pub nanos: u32,
}

impl FileTime {
    /// Returns the instant so many nanoseconds earlier; the earliest there is at the least.
    #[must_use]
    pub fn earlier(self, by_nanos: u64) -> Self {
        const SECOND: i128 = 1_000_000_000;
        let nanos = i128::from(self.seconds) * SECOND + i128::from(self.nanos);
        let nanos = nanos - i128::from(by_nanos);
        let seconds = nanos.div_euclid(SECOND);
        match i64::try_from(seconds) {
            Ok(seconds) => Self {
                seconds,
                nanos: u32::try_from(nanos.rem_euclid(SECOND)).expect("less than a second"),
            },
            Err(_) => Self {
                seconds: i64::MIN,
                nanos: 0,
            },
        }
    }
}

/// The BLAKE3 hash of what a file holds, or of a symbolic link's target.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// Returns the hash with these bits.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the hash of bytes that are in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).into())
    }

    /// Returns the bits.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({})", to_hex(&self.0[..4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_instants_borrow_from_the_second_and_stop_at_the_earliest() {
        let time = |seconds, nanos| FileTime { seconds, nanos };
        assert_eq!(time(5, 1).earlier(2), time(4, 999_999_999));
        assert_eq!(time(0, 0).earlier(2_000_000_000), time(-2, 0));
        assert_eq!(time(i64::MIN, 0).earlier(1), time(i64::MIN, 0));
    }
}
