//! The final screen, and what tells whether it is whole.
//!
//! It and the record of the end are written, told, and only then synced, so that nobody waits for the
//! disk. A machine that crashes in between can keep the record and lose the screen, or cut it: the
//! record says what the screen is, and one that is not so is not shown.

use std::{fs, path::PathBuf};

use abide_core::id::to_hex;
use serde::{Deserialize, Serialize};

use super::{SessionDir, StateError, write::is_absent};

/// How much of a BLAKE3 hash tells one screen from another, in bytes.
const CHECKSUM_BYTES: usize = 8;

/// What tells a whole final screen from one that is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScreenMark {
    len: u64,
    /// The beginning of its BLAKE3 hash, in hexadecimal digits.
    checksum: String,
}

impl ScreenMark {
    pub(crate) fn of(screen: &[u8]) -> Self {
        let hash = blake3::hash(screen);
        Self {
            len: screen.len() as u64,
            checksum: to_hex(&hash.as_bytes()[..CHECKSUM_BYTES]),
        }
    }
}

impl SessionDir {
    pub(super) fn final_screen_file(&self) -> PathBuf {
        self.path().join("final.screen")
    }

    /// Reads the final screen; `None` if it is not the one that the record of the end is of. Records
    /// of earlier releases have no mark, and take what is there.
    pub(crate) fn read_final_screen(
        &self,
        mark: Option<&ScreenMark>,
    ) -> Result<Option<Vec<u8>>, StateError> {
        let path = self.final_screen_file();
        let screen = match fs::read(&path) {
            Err(err) if is_absent(&err) => return Ok(None),
            other => other.map_err(|source| StateError::Io {
                verb: "read",
                path,
                source,
            })?,
        };
        let is_whole = mark.is_none_or(|mark| *mark == ScreenMark::of(&screen));
        Ok(is_whole.then_some(screen))
    }
}
