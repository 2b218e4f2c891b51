//! Records as JSON: the fields of a summary, with the session's name and how far it is.
//!
//! Times are milliseconds since 1970-01-01 00:00 UTC. A path that is no text is `{"hex": "66ff"}`.

use abide_core::{
    backend::ExitOutcome,
    clock::Timestamp,
    lease::Mode,
    record::{Baseline, Changes, Counts, Detected, EndReason, FileChange, Ownership, Summary},
};
use abide_workspace::desk::Records;
use serde::Serialize;

use super::Sessions;

/// A record as JSON.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonRecord<'a> {
    record: &'a str,
    name: Option<String>,
    deleted: bool,
    session: Option<&'a str>,
    host: Option<&'a str>,
    user: Option<&'a str>,
    agent: Option<&'a str>,
    mode: Option<Mode>,
    generation: Option<String>,
    state: &'static str,
    opened_at: Timestamp,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    duration_ms: Option<u64>,
    outcome: Option<&'a ExitOutcome>,
    reason: Option<EndReason>,
    detected: Option<Detected>,
    ownership: &'static str,
    adopted_at: Option<Timestamp>,
    adopted_by: Option<JsonBy<'a>>,
    baseline: Option<&'a Baseline>,
    /// Null as long as it is not known whether it will be.
    changes_known: Option<bool>,
    changes_unknown_because: Option<&'a str>,
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<&'a [FileChange]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_left_out: Option<u64>,
    finalized_at: Option<Timestamp>,
}

/// Who went on with a record, as JSON.
#[derive(Debug, Serialize)]
struct JsonBy<'a> {
    host: &'a str,
    user: &'a str,
}

/// What is wrong with a journal, as JSON.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonDamage {
    damage: Vec<String>,
    torn_bytes: u64,
}

impl<'a> JsonRecord<'a> {
    /// Returns a record without its files.
    pub(in super::super) fn new(record: &'a Summary, sessions: &Sessions) -> Self {
        let opened = record.opened.as_ref();
        let ended = record.ended.as_ref();
        let (ownership, adopted) = match &record.ownership {
            Ownership::Created => ("created", None),
            Ownership::Adopted { at, by } => ("adopted", Some((*at, by))),
        };
        let (counts, why) = match &record.changes {
            Some(Changes::Known(files)) => (Some(files.counts), None),
            Some(Changes::Unknown { why }) => (None, Some(why.as_str())),
            None => (None, None),
        };
        let duration = record.duration();
        let former = sessions.former_name(record);
        Self {
            record: record.record.as_str(),
            name: sessions.name(record).or_else(|| former.map(str::to_owned)),
            deleted: former.is_some(),
            session: opened.map(|opened| opened.session.as_str()),
            host: opened.map(|opened| opened.origin.place.host.as_str()),
            user: opened.map(|opened| opened.origin.user.as_str()),
            agent: opened.and_then(|opened| opened.agent.as_deref()),
            mode: opened.map(|opened| opened.mode),
            generation: record.generation.map(|generation| generation.to_string()),
            state: sessions.standing(record).as_str(),
            opened_at: record.opened_at,
            started_at: record.started_at,
            ended_at: ended.and_then(|ended| ended.ended_at),
            duration_ms: duration.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            outcome: ended.map(|ended| &ended.outcome),
            reason: ended.map(|ended| ended.reason),
            detected: ended.map(|ended| ended.detected),
            ownership,
            adopted_at: adopted.map(|(at, _)| at),
            adopted_by: adopted.map(|(_, by)| JsonBy {
                host: &by.origin.place.host,
                user: &by.origin.user,
            }),
            baseline: record.baseline.as_ref(),
            changes_known: record.changes.as_ref().map(|_| counts.is_some()),
            changes_unknown_because: why,
            counts,
            files: None,
            files_left_out: None,
            finalized_at: record.finalized_at,
        }
    }

    /// Returns a record with the files that it lists, and how many it only counts.
    pub(in super::super) fn with_files(record: &'a Summary, sessions: &Sessions) -> Self {
        let files = match &record.changes {
            Some(Changes::Known(files)) => Some(files),
            Some(Changes::Unknown { .. }) | None => None,
        };
        let left_out = files.map(|files| {
            let listed = files.files.len() as u64;
            files.counts.all().saturating_sub(listed)
        });
        Self {
            files: files.map(|files| files.files.as_slice()),
            files_left_out: left_out,
            ..Self::new(record, sessions)
        }
    }
}

impl From<&Records> for JsonDamage {
    fn from(records: &Records) -> Self {
        Self {
            damage: records.damage.iter().map(ToString::to_string).collect(),
            torn_bytes: records.torn_bytes,
        }
    }
}
