//! One record at a glance: a view of its events, never a source.

use std::{
    collections::{HashMap, hash_map},
    time::Duration,
};

use serde::Serialize;

use super::{Adopted, Baseline, Changes, Ended, Entry, Event, Opened};
use crate::{
    clock::Timestamp,
    id::{Generation, RecordId},
};

/// What a journal says of one record.
///
/// Of what must happen once, the first counts. Of each take-over there is one entry, of the
/// baseline the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The record.
    pub record: RecordId,
    /// How it began: session, host, agent and mode. Missing only if that line is damaged.
    pub opened: Option<Opened>,
    /// When its first event was written.
    pub opened_at: Timestamp,
    /// The session's start, once known.
    pub generation: Option<Generation>,
    /// When the session's child was started.
    pub started_at: Option<Timestamp>,
    /// Who began the record, and who went on with it.
    pub ownership: Ownership,
    /// What changes are measured against.
    pub baseline: Option<Baseline>,
    /// How, when and why the session ended, and how that is known.
    pub ended: Option<Ended>,
    /// What the session changed.
    pub changes: Option<Changes>,
    /// When the record was completed.
    pub finalized_at: Option<Timestamp>,
    /// Whether it was given up because its session was never started.
    #[serde(skip)]
    is_abandoned: bool,
}

/// Who was responsible for a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "ownership", rename_all = "snake_case")]
pub enum Ownership {
    /// The keeper that began it, all along.
    Created,
    /// A keeper that took over.
    Adopted {
        /// When, the last time.
        at: Timestamp,
        /// Who.
        by: Adopted,
    },
}

/// What has to be in a record before it is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// How the session ended.
    pub ended: Ended,
    /// What it changed.
    pub changes: Changes,
}

/// Returns a summary of each record, in the order in which they began, without those whose session
/// was never started.
#[must_use]
pub fn summaries<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Summary> {
    let mut found = Vec::<Summary>::new();
    let mut places = HashMap::<&RecordId, usize>::new();
    for entry in entries {
        match places.entry(&entry.record) {
            hash_map::Entry::Occupied(place) => found[*place.get()].take(entry),
            hash_map::Entry::Vacant(place) => {
                place.insert(found.len());
                found.push(Summary::begin(entry));
            }
        }
    }
    found.retain(|summary| !summary.was_never_started());
    found
}

impl Summary {
    fn begin(entry: &Entry) -> Self {
        let mut summary = Self {
            record: entry.record.clone(),
            opened: None,
            opened_at: entry.at,
            generation: None,
            started_at: None,
            ownership: Ownership::Created,
            baseline: None,
            ended: None,
            changes: None,
            finalized_at: None,
            is_abandoned: false,
        };
        summary.take(entry);
        summary
    }

    fn take(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Opened(opened) => {
                self.opened.get_or_insert_with(|| opened.clone());
            }
            Event::Started(started) => {
                self.generation.get_or_insert(started.generation);
                self.started_at.get_or_insert(started.started_at);
            }
            Event::Adopted(by) => {
                self.ownership = Ownership::Adopted {
                    at: entry.at,
                    by: by.clone(),
                };
            }
            Event::Baseline(baseline) => self.baseline = Some(baseline.clone()),
            Event::Ended(ended) => {
                self.ended.get_or_insert_with(|| ended.clone());
            }
            Event::Changed(changes) => {
                self.changes.get_or_insert_with(|| changes.clone());
            }
            Event::Finalized => {
                self.finalized_at.get_or_insert(entry.at);
            }
            Event::Abandoned => self.is_abandoned = true,
        }
    }

    /// A start that is noted all the same counts for more than what somebody concluded.
    fn was_never_started(&self) -> bool {
        self.is_abandoned && self.generation.is_none()
    }

    /// Tells whether the record is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finalized_at.is_some()
    }

    /// Returns how long the session ran, if both ends are known.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        let ended_at = self.ended.as_ref()?.ended_at?;
        Some(ended_at.since(self.started_at?))
    }

    /// Returns the events that are missing until the record is complete, in order.
    ///
    /// Closing can be repeated after a crash at any write: what was written stays as it is, and of
    /// a complete record nothing is missing.
    #[must_use]
    pub fn missing(&self, closing: Closing) -> Vec<Event> {
        if self.is_complete() {
            return Vec::new();
        }
        let ended = self.ended.is_none().then_some(Event::Ended(closing.ended));
        let changed = self.changes.is_none();
        let changed = changed.then_some(Event::Changed(closing.changes));
        let rest = ended.into_iter().chain(changed);
        rest.chain([Event::Finalized]).collect()
    }
}
