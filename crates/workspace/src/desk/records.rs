//! What the holder of a lease writes of the sessions that it keeps.
//!
//! A record is opened before its session is started, and closed once that is over. Each step is on
//! disk when its call returns, and each can be repeated after a crash at any write: what was written
//! stays as it is. Trees are walked outside the lock; only the writes are under it.
//!
//! Passes `keeper.opened` and `keeper.baseline` after those were written; of a close
//! `keeper.closing` once the end is written and before the walk, `keeper.changed` and
//! `keeper.finalized` between the writes that follow, under the lock.

use std::io;

use abide_core::{
    clock::Timestamp,
    id::{Generation, RecordId, SessionId},
    lease::Mode,
    manifest::{Manifest, ReadManifestError},
    record::{Baseline, Damage, Ended, Started, Summary},
};

use super::{Held, HeldError, OwnDir};
use crate::journal::JournalError;

/// What a record is begun for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The session.
    pub session: SessionId,
    /// The agent that it runs, by name.
    pub agent: Option<String>,
    /// What kind of thing it runs.
    pub mode: Mode,
}

/// What changes are to be measured against, and whether it is from before the session.
#[derive(Debug)]
pub enum Measured<'a> {
    /// This, from before.
    Taken(&'a Manifest),
    /// This, taken while the session ran.
    Late {
        /// The files.
        manifest: &'a Manifest,
        /// Why there is none from before.
        why: String,
    },
    /// Nothing.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// A session that runs, as its backend says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// What a record is begun with, should there be none.
    pub new: NewRecord,
    /// Its start.
    pub started: Started,
}

/// What a new keeper found in the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Of each live session its record, in the order in which they were given.
    pub going_on: Vec<GoingOn>,
    /// The other open records: closed or abandoned by the caller, who asks what became of their
    /// sessions. One without a generation was opened for a start that nobody noted.
    pub over: Vec<Summary>,
}

/// A record that goes on under a new keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoingOn {
    /// The record.
    pub record: RecordId,
    /// Its session.
    pub session: SessionId,
    /// The start that it is of.
    pub generation: Generation,
    /// Why a baseline has to be taken now, to be put as [`Measured::Late`]; none if the one that was
    /// taken before is kept, which is noted already.
    pub needs_baseline: Option<String>,
}

/// How a record is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// How its session ended.
    pub ended: Ended,
    /// Its start, if nobody noted that before.
    pub started: Option<Started>,
}

impl Held {
    /// Begins a record.
    ///
    /// # Errors
    ///
    /// As [`Held::write`]; there is no record then.
    pub fn open_record(&self, _new: &NewRecord) -> Result<RecordId, HeldError> {
        unimplemented!("soon")
    }

    /// Notes the start of a record's session; a second note of the same changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record.
    pub fn note_started(&self, _record: &RecordId, _started: Started) -> Result<(), HeldError> {
        unimplemented!("soon")
    }

    /// Settles what a record's changes are measured against: keeps the manifest, then notes it.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record. Nothing half-written is left.
    pub fn put_baseline(
        &self,
        _record: &RecordId,
        _measured: &Measured<'_>,
    ) -> Result<Baseline, HeldError> {
        unimplemented!("soon")
    }

    /// Goes on with the open records of sessions that run, begins records of those that have none,
    /// and returns the open records of those that do not.
    ///
    /// # Errors
    ///
    /// As [`Held::write`].
    pub fn adopt_records(&self, _live: &[Live]) -> Result<Adoption, HeldError> {
        unimplemented!("soon")
    }

    /// Completes a record: notes the end, walks the tree, notes what changed, makes the summary and
    /// removes the baseline. A record that is complete already is left as it is.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record. Calling it again, by whoever holds the
    /// lease then, completes it.
    pub fn close_record(&self, _record: &RecordId, _closed: &Closed) -> Result<Summary, HeldError> {
        unimplemented!("soon")
    }

    /// Closes a record whose session was never started; views leave it out.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record.
    pub fn abandon_record(&self, _record: &RecordId) -> Result<(), HeldError> {
        unimplemented!("soon")
    }
}

/// What the journal of a workspace says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Each record, in the order in which they began, without those that were abandoned.
    pub summaries: Vec<Summary>,
    /// What is wrong with the journal.
    pub damage: Vec<Damage>,
}

/// Reads all records of a workspace, changing nothing and waiting for nobody.
///
/// # Errors
///
/// When the journal cannot be read, is longer than any real one, or a newer release wrote to it.
pub fn read_summaries(_dir: &OwnDir) -> Result<Records, JournalError> {
    unimplemented!("soon")
}

/// Why a baseline cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadBaselineError {
    /// There is none.
    #[error("there is no baseline of record `{record}`")]
    Missing {
        /// The record.
        record: RecordId,
    },
    /// It is no plain file, or cannot be opened.
    #[error("cannot open the baseline of record `{record}`")]
    Open {
        /// The record.
        record: RecordId,
        /// Why not.
        source: io::Error,
    },
    /// It is not whole.
    #[error("cannot read the baseline of record `{record}`")]
    Read {
        /// The record.
        record: RecordId,
        /// Why not.
        source: ReadManifestError,
    },
}

/// Reads what there was before a record's session.
///
/// # Errors
///
/// When there is none, or it is not whole to its last byte.
pub fn read_baseline(_dir: &OwnDir, _record: &RecordId) -> Result<Manifest, ReadBaselineError> {
    unimplemented!("soon")
}

/// A tree at an instant, or why it is not known.
///
/// # Errors
///
/// A sentence for the record.
pub fn list_files(_dir: &OwnDir, _now: Timestamp) -> Result<Manifest, String> {
    unimplemented!("soon")
}
