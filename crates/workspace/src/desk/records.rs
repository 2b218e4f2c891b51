//! What the holder of a lease writes of the sessions that it keeps.
//!
//! A record is opened before its session is started, and closed once that is over. Each step can be
//! repeated after a crash at any write: what was written stays as it is. It is on disk when its call
//! returns, but for what comes before a start: that is on disk once the start is noted, so that no
//! session waits for a disk. Trees are walked outside the lock; only the writes are under it.
//!
//! Passes `keeper.opened` and `keeper.baseline` after those were written; of a close
//! `keeper.closing` once the end is written and before the walk, `keeper.changed` and
//! `keeper.finalized` between the writes that follow, under the lock.

mod adoption;
mod baseline;
mod closing;

use std::{fmt, path::Path};

use abide_core::{
    id::{Generation, RecordId, SessionId},
    lease::Mode,
    manifest::Manifest,
    record::{Baseline, Damage, Ended, Event, Opened, Replay, Started, Summary, summaries},
};

pub use self::baseline::{ReadBaselineError, list_files, read_baseline};
use super::{Held, HeldError, OwnDir, Writing};
use crate::{
    files::Durable,
    journal::{self, JOURNAL_FILE, Journal, JournalError},
    walk::OWN_DIR,
};

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
    /// sessions, or left if they are another's. One without a generation was opened for a start that
    /// nobody noted.
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
    /// Begins a record; on disk once its session's start is noted.
    ///
    /// # Errors
    ///
    /// As [`Held::write`]; there is no record then.
    pub fn open_record(&self, new: &NewRecord) -> Result<RecordId, HeldError> {
        let record = RecordId::random();
        self.write("to open a record", |writing| {
            writing.append_soon(&record, vec![self.opened(new)])
        })?;
        self.tools().probe.reached("keeper.opened");
        Ok(record)
    }

    /// Notes the start of a record's session; a second note of the same changes nothing. All of the
    /// record is on disk when it returns, its baseline too.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record.
    pub fn note_started(&self, record: &RecordId, started: Started) -> Result<(), HeldError> {
        self.write("to note a start", |writing| {
            let known = writing.summary(record)?;
            let is_known = known.is_some_and(|summary| summary.generation.is_some());
            if is_known {
                return Ok(());
            }
            baseline::sync(writing.dir, record)?;
            writing.append(record, vec![Event::Started(started)])
        })
    }

    /// Settles what a record's changes are measured against: keeps the manifest, then notes it. One
    /// that was taken before the session's start is on disk once that is noted.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record. Nothing half-written is left.
    pub fn put_baseline(
        &self,
        record: &RecordId,
        measured: &Measured<'_>,
    ) -> Result<Baseline, HeldError> {
        let noted = self.write("to keep a baseline", |writing| {
            writing.summary(record)?;
            let noted = measured.as_noted();
            let event = vec![Event::Baseline(noted.clone())];
            match measured {
                Measured::Taken(manifest) => {
                    baseline::put(writing.dir, record, manifest, Durable::Sometime)?;
                    writing.append_soon(record, event)?;
                }
                Measured::Late { manifest, .. } => {
                    baseline::put(writing.dir, record, manifest, Durable::Now)?;
                    writing.append(record, event)?;
                }
                Measured::Unknown { .. } => writing.append(record, event)?,
            }
            Ok(noted)
        })?;
        self.tools().probe.reached("keeper.baseline");
        Ok(noted)
    }

    /// Goes on with the open records of sessions that run, begins records of those that have none,
    /// and returns the open records of those that do not.
    ///
    /// A record whose start nobody noted is taken for the first of a session that was started after
    /// it was opened. It can be repeated: what is noted under this grant is noted once.
    ///
    /// # Errors
    ///
    /// As [`Held::write`].
    pub fn adopt_records(&self, live: &[Live]) -> Result<Adoption, HeldError> {
        self.write("to adopt records", |writing| {
            adoption::adopt(self, writing, live)
        })
    }

    /// Returns the records in the part of the journal that is written to: those that are open, and the
    /// last that were completed. However long the journal became, it does not take longer.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn current(&self) -> Result<Vec<Summary>, HeldError> {
        let current = Journal::read(&self.dir().journal())?;
        Ok(summaries(current.entries()))
    }

    /// Completes a record: notes the end, walks the tree, notes what changed, makes the summary and
    /// removes the baseline. A record that is complete already is left as it is.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record. Calling it again, by whoever holds the
    /// lease then, completes it.
    pub fn close_record(&self, record: &RecordId, closed: &Closed) -> Result<Summary, HeldError> {
        closing::close(self, record, closed)
    }

    /// Closes a record whose session was never started; views leave it out.
    ///
    /// # Errors
    ///
    /// As [`Held::write`], and when there is no such record.
    pub fn abandon_record(&self, record: &RecordId) -> Result<(), HeldError> {
        self.write("to give a record up", |writing| {
            let events = match writing.summary(record)? {
                Some(_) => vec![Event::Abandoned],
                None => Vec::new(),
            };
            writing.append(record, events)?;
            baseline::remove(writing.dir, record)
        })
    }

    fn opened(&self, new: &NewRecord) -> Event {
        let NewRecord {
            session,
            agent,
            mode,
        } = new.clone();
        Event::Opened(Opened {
            session,
            origin: self.tools().origin(),
            agent,
            mode,
        })
    }
}

impl Writing<'_> {
    /// Returns a record as it is; `None` if its session was never started.
    fn summary(&self, record: &RecordId) -> Result<Option<Summary>, HeldError> {
        let entries = self.journal.found().entries();
        let mut own = entries.iter().filter(|entry| entry.record == *record);
        match own.clone().next() {
            None => Err(HeldError::NoRecord {
                record: record.clone(),
            }),
            Some(_) => Ok(summaries(own.by_ref()).pop()),
        }
    }
}

impl Measured<'_> {
    fn manifest(&self) -> Option<&Manifest> {
        match self {
            Self::Taken(manifest) | Self::Late { manifest, .. } => Some(manifest),
            Self::Unknown { .. } => None,
        }
    }

    fn as_noted(&self) -> Baseline {
        let files = self.manifest().map_or(0, baseline::count);
        match self {
            Self::Taken(_) => Baseline::Taken { files },
            Self::Late { why, .. } => Baseline::Late {
                files,
                why: why.clone(),
            },
            Self::Unknown { why } => Baseline::Unknown { why: why.clone() },
        }
    }
}

/// What the journal of a workspace says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Each record, in the order in which they began, without those that were abandoned.
    pub summaries: Vec<Summary>,
    /// What is wrong with the journal, the oldest part of it first.
    pub damage: Vec<Flaw>,
    /// What a crash tore off at the journal's end, in bytes; the next keeper cuts it off.
    pub torn_bytes: u64,
}

/// What is wrong with a journal, and in which of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The file's name, if it is a part that was put aside.
    pub part: Option<String>,
    /// What is wrong.
    pub damage: Damage,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            None => self.damage.fmt(f),
            Some(part) => write!(f, "`{part}`: {}", self.damage),
        }
    }
}

/// Reads all records of a workspace, changing nothing and waiting for nobody.
///
/// # Errors
///
/// When the journal cannot be read, is longer than any real one, or a newer release wrote to it.
pub fn read_summaries(dir: &OwnDir) -> Result<Records, JournalError> {
    read_journal(&dir.journal())
}

/// Reads the records of a workspace that are open. They are all in the part that is written to.
///
/// # Errors
///
/// As [`read_summaries`]; parts that were put aside are not read.
pub(crate) fn read_open(root: &Path) -> Result<Vec<Summary>, JournalError> {
    let current = Journal::read(&root.join(OWN_DIR).join(JOURNAL_FILE))?;
    let mut all = summaries(current.entries());
    all.retain(|one| !one.is_complete());
    Ok(all)
}

/// Reads all records of a journal, as [`read_summaries`].
pub(crate) fn read_journal(path: &Path) -> Result<Records, JournalError> {
    // First, so that what is put aside meanwhile is read twice, which shows it once, and not missed.
    let current = Journal::read(path)?;
    let parts = journal::parts(path).map_err(|source| JournalError::read(path, source))?;
    let (mut entries, mut damage) = (Vec::new(), Vec::new());
    let mut add = |part: Option<&Path>, replay: &Replay| {
        entries.extend_from_slice(replay.entries());
        let part = part.and_then(Path::file_name);
        let part = part.map(|name| name.to_string_lossy().into_owned());
        damage.extend(replay.damage().iter().map(|damage| Flaw {
            part: part.clone(),
            damage: damage.clone(),
        }));
    };
    for part in parts {
        add(Some(&part), &Journal::read(&part)?);
    }
    add(None, &current);
    Ok(Records {
        summaries: summaries(&entries),
        damage,
        torn_bytes: current.torn_bytes(),
    })
}
