//! What the session was doing last, for whoever lists sessions without asking their owners.
//!
//! ```text
//! offset  0        8    9           25   26
//!        ┌────────┬───┬───────────┬────┬─────────────────────────────┬────────────────┐
//!        │ length │ ␣ │ checksum  │ ⏎  │ JSON: schema, generation, … │ what was before│
//!        └────────┴───┴───────────┴────┴─────────────────────────────┴────────────────┘
//! ```
//!
//! The owner writes over it in place, each time with one call and without waiting for the disk: a
//! crash of the machine may lose it, and nothing depends on it. Length and checksum, in hexadecimal
//! digits, tell a reader that it came in the middle of that; it reads again.

use std::{fs::File, io::Read as _, path::PathBuf};

use abide_core::{
    activity::Activity,
    id::{Generation, to_hex},
};
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::{SCHEMA, SessionDir};
use crate::sys;

/// More than the file ever has, in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// Length, checksum, and what is between them and after.
const HEADER_BYTES: usize = 26;

/// How much of a BLAKE3 hash tells a whole file from another, in bytes.
const CHECKSUM_BYTES: usize = 8;

/// How often a file is read that is being written.
const ATTEMPTS: usize = 8;

#[derive(Serialize, Deserialize)]
struct Noted {
    schema: u32,
    generation: Generation,
    activity: Activity,
}

/// The file, as its owner writes it.
pub(crate) struct ActivityFile {
    path: PathBuf,
    generation: Generation,
    file: Option<File>,
    /// Whether it was said that it cannot be written.
    is_reported: bool,
}

impl ActivityFile {
    /// Returns the file of a start; it is made when there is something to write.
    pub(crate) fn new(dir: &SessionDir, generation: Generation) -> Self {
        Self {
            path: dir.activity_file(),
            generation,
            file: None,
            is_reported: false,
        }
    }

    /// Notes what the session is doing. That this fails is worth a line in the log and no more.
    pub(crate) fn write(&mut self, activity: &Activity) {
        let noted = Noted {
            schema: SCHEMA,
            generation: self.generation,
            activity: activity.clone(),
        };
        match self.try_write(&framed(&noted)) {
            Ok(()) => self.is_reported = false,
            Err(err) => {
                if !std::mem::replace(&mut self.is_reported, true) {
                    warn!(error = %err, "cannot note what the session is doing");
                }
            }
        }
    }

    fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(sys::files::open_private_file(&self.path)?),
        };
        sys::files::write_at_start(file, bytes)
    }
}

impl SessionDir {
    fn activity_file(&self) -> PathBuf {
        self.path().join("activity")
    }

    /// Reads what that start was doing when its owner noted it last; none if nothing is noted.
    pub(crate) fn read_activity(&self, generation: Generation) -> Option<Activity> {
        let path = self.activity_file();
        let mut bytes = Vec::with_capacity(1024);
        for _ in 0..ATTEMPTS {
            bytes.clear();
            let file = File::open(&path).ok()?;
            file.take(MAX_BYTES as u64).read_to_end(&mut bytes).ok()?;
            if let Some(content) = unframed(&bytes) {
                let noted: Noted = serde_json::from_slice(content).ok()?;
                return (noted.generation == generation).then_some(noted.activity);
            }
        }
        None
    }
}

fn framed(noted: &Noted) -> Vec<u8> {
    let content = serde_json::to_vec(noted).expect("it holds text and numbers only");
    let mut bytes = format!("{:08x} {}\n", content.len(), checksum(&content)).into_bytes();
    bytes.extend_from_slice(&content);
    bytes
}

fn unframed(bytes: &[u8]) -> Option<&[u8]> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let (len, sum) = std::str::from_utf8(header)
        .ok()?
        .trim_end()
        .split_once(' ')?;
    let len = usize::from_str_radix(len, 16).ok()?;
    let content = rest.get(..len)?;
    (checksum(content) == sum).then_some(content)
}

fn checksum(content: &[u8]) -> String {
    to_hex(&blake3::hash(content).as_bytes()[..CHECKSUM_BYTES])
}

#[cfg(test)]
mod tests {
    use abide_core::{activity::MAX_TEXT_BYTES, clock::Timestamp};

    use super::*;

    fn noted(title: &str) -> Noted {
        Noted {
            schema: SCHEMA,
            generation: Generation::from_bytes([1; 16]),
            activity: Activity {
                title: Some(title.into()),
                notification: Some(title.into()),
                ..Activity::unknown(Timestamp::from_millis(u64::MAX))
            },
        }
    }

    /// proves A5
    #[test]
    fn a_file_that_is_written_over_is_read_whole_or_not_at_all() {
        let (long, short) = (framed(&noted(&"long".repeat(30))), framed(&noted("short")));
        assert!(unframed(&long).is_some());
        for cut in 0..=short.len() {
            let mut torn = long.clone();
            torn[..cut].copy_from_slice(&short[..cut]);
            let read = unframed(&torn).map(<[u8]>::to_vec);
            let whole = [&long, &short].map(|bytes| bytes[HEADER_BYTES..].to_vec());
            match read {
                Some(read) => assert!(whole.contains(&read), "cut at {cut}"),
                None => assert!(0 < cut && cut < short.len(), "cut at {cut}"),
            }
        }
        for cut in 0..short.len() {
            assert!(unframed(&short[..cut]).is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn the_longest_texts_fit() {
        let longest = framed(&noted(&"\"".repeat(MAX_TEXT_BYTES)));
        assert!(longest.len() < MAX_BYTES, "{}", longest.len());
    }
}
