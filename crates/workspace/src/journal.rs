//! The journal of a workspace's records on disk: appended to, repaired, read.
//!
//! Whoever opens a journal to write holds the workspace's lock until it is done. An entry is on disk
//! when [`Journal::append`] returns, or it is not there at all; a disk that is full or read-only is an
//! error, and the next one to open the file finds it whole. What [`Journal::append_soon`] adds is on
//! disk once something is appended after it.
//!
//! A journal that became long is put aside whole, in parts that are read with it, so that
//! none ever becomes longer than can be read.
//!
//! What lines mean is [`abide_core::record`]'s.

mod error;
mod older;

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use abide_core::{
    clock::Timestamp,
    id::RecordId,
    lease::FencingToken,
    record::{Entry, Event, Replay},
};

pub(crate) use self::older::{is_older, parts};
pub use self::{
    error::JournalError,
    older::{ROTATE_BYTES, ROTATE_ENTRIES},
};
use crate::{
    files::{self, Durable},
    sys,
};

/// The journal's file in a workspace's own directory.
pub const JOURNAL_FILE: &str = "journal.jsonl";

/// Longest journal that is read or written, in bytes.
pub const MAX_JOURNAL_BYTES: u64 = 64 * 1024 * 1024;

/// A journal that is open to be appended to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// What it said when it was opened.
    found: Replay,
    length: u64,
    next_seq: u64,
    /// The greatest token that was written with.
    floor: FencingToken,
    /// Whether a write failed and could not be taken back.
    broken: bool,
}

/// Who writes to a record, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The record.
    pub record: RecordId,
    /// The grant under which it is written.
    pub epoch: FencingToken,
    /// When.
    pub at: Timestamp,
}

impl Journal {
    /// Reads a journal without changing it; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is longer than [`MAX_JOURNAL_BYTES`], or a newer release wrote to it.
    pub fn read(path: &Path) -> Result<Replay, JournalError> {
        let bytes = files::read(path, MAX_JOURNAL_BYTES)
            .map_err(|source| JournalError::read(path, source))?
            .unwrap_or_default();
        Replay::read(&bytes).map_err(|source| JournalError::newer(path, source))
    }

    /// Opens a journal to append to it, making it if there is none, and cuts off what a crash tore.
    ///
    /// One that is longer than [`ROTATE_BYTES`] or [`ROTATE_ENTRIES`] is put aside first, if that gains
    /// something. If it cannot be now, it goes on as it is, and the next one to open it tries again.
    ///
    /// # Errors
    ///
    /// When it cannot be made, read or repaired, or a newer release wrote to it.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let journal = Self::open_as_it_is(path)?;
        let entries = journal.found.entries().len();
        if journal.length <= ROTATE_BYTES && entries <= ROTATE_ENTRIES {
            return Ok(journal);
        }
        let Some(carried) = older::carried(&journal.found) else {
            return Ok(journal);
        };
        // On some systems a file that is open cannot be replaced.
        drop(journal);
        if let Err(err) = older::put_aside(path, &carried) {
            tracing::warn!(path = %path.display(), error = %err, "cannot put a journal aside");
        }
        Self::open_as_it_is(path)
    }

    fn open_as_it_is(path: &Path) -> Result<Self, JournalError> {
        let file = open_or_make(path).map_err(|source| JournalError::write(path, source))?;
        let bytes = files::read_plain(&file, MAX_JOURNAL_BYTES)
            .map_err(|source| JournalError::read(path, source))?;
        let found = Replay::read(&bytes).map_err(|source| JournalError::newer(path, source))?;
        if found.torn_bytes() != 0 {
            cut(path, found.whole_bytes()).map_err(|source| JournalError::write(path, source))?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            length: found.whole_bytes(),
            next_seq: found.next_seq(),
            floor: found.floor(),
            found,
            broken: false,
        })
    }

    /// Returns what the journal said when it was opened.
    #[must_use]
    pub fn found(&self) -> &Replay {
        &self.found
    }

    /// Returns the greatest token that was written with; a grant has to be greater.
    #[must_use]
    pub fn floor(&self) -> FencingToken {
        self.floor
    }

    /// Appends events, all of them or none, and returns once they are on disk, and with them all that
    /// was appended before.
    ///
    /// # Errors
    ///
    /// When a later grant wrote to the journal, when somebody else changed it since it was opened,
    /// when it would become longer than can be read, or when the disk is full, read-only or broken.
    /// Nothing was written then; if even that cannot be said, nothing more can be written until it is opened again.
    pub fn append(&mut self, writer: &Writer, events: Vec<Event>) -> Result<(), JournalError> {
        self.put(writer, events, Durable::Now)
    }

    /// Appends events as [`Journal::append`] does, but for others to see only: a loss of power may
    /// take them, a crash of any process does not.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`].
    pub fn append_soon(&mut self, writer: &Writer, events: Vec<Event>) -> Result<(), JournalError> {
        self.put(writer, events, Durable::Sometime)
    }

    fn put(
        &mut self,
        writer: &Writer,
        events: Vec<Event>,
        durable: Durable,
    ) -> Result<(), JournalError> {
        if writer.epoch < self.floor {
            return Err(JournalError::Superseded {
                path: self.path.clone(),
                yours: writer.epoch,
                current: self.floor,
            });
        }
        self.check_untouched()?;
        let mut lines = Vec::new();
        let mut seq = self.next_seq;
        for event in events {
            let Writer { record, epoch, at } = writer.clone();
            lines.extend(
                Entry {
                    seq,
                    at,
                    epoch,
                    record,
                    event,
                }
                .to_line(),
            );
            seq = seq.saturating_add(1);
        }
        if MAX_JOURNAL_BYTES < self.length + lines.len() as u64 {
            return Err(JournalError::Full {
                path: self.path.clone(),
            });
        }
        let written = self.file.write_all(&lines).and_then(|()| match durable {
            Durable::Now => self.sync(),
            Durable::Sometime => Ok(()),
        });
        if let Err(source) = written {
            // Half a line must not be what the next one is appended to.
            self.broken = cut(&self.path, self.length).is_err();
            return Err(JournalError::write(&self.path, source));
        }
        self.length += lines.len() as u64;
        (self.next_seq, self.floor) = (seq, writer.epoch);
        Ok(())
    }

    /// Sees to it that the file is there after a loss of power, with all that it says.
    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()?;
        // The name of a new file is on disk when its directory is.
        match (self.length, self.path.parent()) {
            (0, Some(dir)) => sys::sync_dir(dir),
            (_, Some(_) | None) => Ok(()),
        }
    }

    fn check_untouched(&self) -> Result<(), JournalError> {
        let metadata = self.file.metadata();
        let length = metadata
            .map_err(|source| JournalError::read(&self.path, source))?
            .len();
        match length == self.length && !self.broken {
            true => Ok(()),
            false => Err(JournalError::Changed {
                path: self.path.clone(),
            }),
        }
    }
}

/// Shortens the file. One that is open to be appended to cannot be, on every system.
fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = sys::tree::plain(OpenOptions::new().write(true)).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Opens the file to read and append, and makes it if there is none.
fn open_or_make(path: &Path) -> io::Result<File> {
    let open = || sys::tree::plain(OpenOptions::new().read(true).append(true)).open(path);
    match open() {
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            sys::create_private_file(path)?;
            open()
        }
        opened => opened,
    }
}
