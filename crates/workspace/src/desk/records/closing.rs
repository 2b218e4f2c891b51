//! Completing a record, from wherever an earlier attempt was cut off.
//!
//! ```text
//! lock { started, if nobody noted it; ended }       keeper.closing
//! walk, compare with the baseline
//! lock { changed    keeper.changed
//!        finalized  keeper.finalized
//!        summary.json, no baseline any more }
//! ```

use abide_core::{
    id::RecordId,
    record::{Baseline, Changes, Closing, Event, Files, Summary},
};
use serde::Serialize;

use super::{
    super::{Held, HeldError, OwnDir, Writing},
    Closed, baseline,
    baseline::read_baseline,
    read_summaries,
};
use crate::{
    files::{self, Durable},
    walk::{self, Ignored, Purpose, WalkError, WalkOptions},
};

/// The schema of `summary.json`.
const SUMMARY_SCHEMA: u64 = 1;

/// Longest `summary.json` that is read, in bytes.
const MAX_VIEW_BYTES: u64 = 16 * 1024 * 1024;

/// Why nothing is known of a record whose keeper died before it had settled that.
const UNSETTLED: &str = "no list of files was kept from before the session";

#[derive(Serialize)]
struct Versioned<'a> {
    schema: u64,
    #[serde(flatten)]
    summary: &'a Summary,
}

pub(super) fn close(held: &Held, record: &RecordId, closed: &Closed) -> Result<Summary, HeldError> {
    let known = held.write("to note the end of a session", |writing| {
        note_end(writing, record, closed)
    });
    let known = match known {
        Err(HeldError::NoRecord { .. }) => return put_aside(held, record),
        known => known?,
    };
    held.tools().probe.reached("keeper.closing");
    // A walk may take long, and whoever was superseded need not make it.
    held.check()?;
    let changes = match known.changes.clone() {
        Some(changes) => changes,
        None => changes(held, &known)?,
    };
    let closing = Closing {
        ended: closed.ended.clone(),
        changes,
    };
    held.write("to complete a record", |writing| {
        complete(held, writing, record, closing)
    })
}

/// Finds a record that is complete in a part of the journal that was put aside.
fn put_aside(held: &Held, record: &RecordId) -> Result<Summary, HeldError> {
    let all = read_summaries(held.dir())?.summaries;
    let found = all.into_iter().find(|one| one.record == *record);
    let found = found.filter(Summary::is_complete);
    let summary = found.ok_or_else(|| HeldError::NoRecord {
        record: record.clone(),
    })?;
    held.write("to complete a record", |writing| {
        baseline::remove(writing.dir, record)
    })?;
    Ok(summary)
}

/// Notes what is over before anything is looked at that may take long.
fn note_end(
    writing: &mut Writing<'_>,
    record: &RecordId,
    closed: &Closed,
) -> Result<Summary, HeldError> {
    let known = writing.known(record)?;
    let mut events = Vec::new();
    if known.generation.is_none() && !known.is_complete() {
        events.extend(closed.started.clone().map(Event::Started));
    }
    if known.ended.is_none() && !known.is_complete() {
        events.push(Event::Ended(closed.ended.clone()));
    }
    writing.append(record, events)?;
    Ok(known)
}

/// Finds what the session changed; only the own directory's refusal is an error, to be tried again.
fn changes(held: &Held, summary: &Summary) -> Result<Changes, HeldError> {
    let unknown = |why: String| Ok(Changes::Unknown { why });
    match &summary.baseline {
        None => return unknown(UNSETTLED.to_owned()),
        Some(Baseline::Unknown { why }) => return unknown(why.clone()),
        Some(Baseline::Taken { .. } | Baseline::Kept { .. } | Baseline::Late { .. }) => {}
    }
    let before = match read_baseline(held.dir(), &summary.record) {
        Ok(before) => before,
        Err(err) => return unknown(err.in_words()),
    };
    let options = WalkOptions {
        purpose: Purpose::Compare,
        earlier: Some(&before),
        ignored: Ignored::LeftOut,
    };
    let now = held.tools().timepiece.moment().now;
    match walk::walk(held.dir().root(), now, &options) {
        Ok(walked) => Ok(Changes::Known(Files::of(&before.diff(&walked.manifest)))),
        Err(err @ (WalkError::Root { .. } | WalkError::TooMany { .. })) => unknown(err.to_string()),
        Err(err @ (WalkError::Dir(_) | WalkError::Clock { .. })) => Err(err.into()),
    }
}

/// Adds what is missing, one event at a time, so that a crash costs the rest alone.
fn complete(
    held: &Held,
    writing: &mut Writing<'_>,
    record: &RecordId,
    closing: Closing,
) -> Result<Summary, HeldError> {
    let mut summary = writing.known(record)?;
    let is_last = !summary.is_complete() || finalized_last(writing) == Some(record);
    for event in summary.missing(closing) {
        writing.append(record, vec![event.clone()])?;
        match event {
            Event::Ended(ended) => summary.ended = Some(ended),
            Event::Changed(changes) => {
                summary.changes = Some(changes);
                held.tools().probe.reached("keeper.changed");
            }
            Event::Finalized => {
                summary.finalized_at = Some(writing.at);
                held.tools().probe.reached("keeper.finalized");
            }
            Event::Opened(_)
            | Event::Started(_)
            | Event::Adopted(_)
            | Event::Baseline(_)
            | Event::Abandoned => unreachable!("only what closes a record is missing"),
        }
    }
    if is_last {
        put_summary(writing.dir, &summary)?;
    }
    baseline::remove(writing.dir, record)?;
    Ok(summary)
}

/// Makes the view of the record that was completed last, if a keeper was killed before it had.
pub(super) fn refresh_view(writing: &Writing<'_>, known: &[Summary]) -> Result<(), HeldError> {
    let last = finalized_last(writing);
    let last = known.iter().find(|one| Some(&one.record) == last);
    match last {
        Some(last) if viewed(writing.dir).as_deref() != Some(last.record.as_str()) => {
            put_summary(writing.dir, last)
        }
        Some(_) | None => Ok(()),
    }
}

/// Returns the record that the view there is shows, if it can be read.
fn viewed(dir: &OwnDir) -> Option<String> {
    let bytes = files::read(&dir.summary(), MAX_VIEW_BYTES).ok()??;
    let view: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    Some(view.get("record")?.as_str()?.to_owned())
}

fn finalized_last<'a>(writing: &'a Writing<'_>) -> Option<&'a RecordId> {
    let mut entries = writing.journal.found().entries().iter();
    let last = entries.rfind(|entry| entry.event == Event::Finalized);
    last.map(|entry| &entry.record)
}

fn put_summary(dir: &OwnDir, summary: &Summary) -> Result<(), HeldError> {
    let path = dir.summary();
    let versioned = Versioned {
        schema: SUMMARY_SCHEMA,
        summary,
    };
    let json = serde_json::to_vec_pretty(&versioned).expect("a summary has text for keys");
    let written = files::replace(&path, Durable::Now, |file| {
        file.write_all(&json)?;
        file.write_all(b"\n")
    });
    written.map_err(|source| HeldError::write(&path, source))
}

impl Writing<'_> {
    /// Returns a record that is to be closed.
    fn known(&self, record: &RecordId) -> Result<Summary, HeldError> {
        self.summary(record)?.ok_or_else(|| HeldError::NoRecord {
            record: record.clone(),
        })
    }
}
