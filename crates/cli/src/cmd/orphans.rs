//! Sessions that no workspace has, in a table and as JSON: what `abide list --orphans` prints.

use abide_core::{
    backend::{Alive, BackendKind, SessionState},
    clock::Timestamp,
};
use abide_workspace::service::{Orphan, Orphans};
use serde::Serialize;

use super::describe;
use crate::{error::CliError, output, report};

const HEADER: [&str; 7] = [
    "SESSION", "WAS", "STATE", "FOR", "BACKEND", "DIR", "COMMAND",
];

#[derive(Debug, Serialize)]
struct JsonOrphans<'a> {
    orphans: Vec<JsonOrphan<'a>>,
    unasked: Vec<JsonUnasked<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonOrphan<'a> {
    id: &'a str,
    name: Option<&'a str>,
    backend: BackendKind,
    generation: Option<String>,
    dir: Option<String>,
    command: Option<Vec<String>>,
    status: &'a SessionState<Alive>,
}

#[derive(Debug, Serialize)]
struct JsonUnasked<'a> {
    backend: BackendKind,
    reason: &'a str,
}

/// Prints the orphans; says on standard error which backends may have more.
pub(super) fn print(orphans: &Orphans, json: bool, now: Timestamp) -> Result<(), CliError> {
    for unasked in &orphans.unasked {
        let reason = output::plain(&unasked.reason);
        report::say(&format!("note: there may be more: {reason}"));
    }
    if json {
        output::json(&as_json(orphans))?;
    } else if orphans.sessions.is_empty() {
        report::say("every session belongs to a workspace");
    } else {
        let rows = orphans.sessions.iter().map(|orphan| row(orphan, now));
        output::table(&HEADER, rows.collect())?;
    }
    Ok(())
}

fn as_json(orphans: &Orphans) -> JsonOrphans<'_> {
    let unasked = orphans.unasked.iter().map(|unasked| JsonUnasked {
        backend: unasked.kind,
        reason: &unasked.reason,
    });
    JsonOrphans {
        orphans: orphans.sessions.iter().map(JsonOrphan::from).collect(),
        unasked: unasked.collect(),
    }
}

impl<'a> From<&'a Orphan> for JsonOrphan<'a> {
    fn from(orphan: &'a Orphan) -> Self {
        let status = &orphan.status;
        let dir = orphan.dir.as_ref();
        Self {
            id: status.session.as_str(),
            name: orphan.name.as_ref().map(AsRef::as_ref),
            backend: status.backend,
            generation: status.generation.map(|generation| generation.to_string()),
            dir: dir.map(|dir| dir.to_string_lossy().into_owned()),
            command: orphan.command.as_ref().map(describe::words),
            status: &status.state,
        }
    }
}

fn row(orphan: &Orphan, now: Timestamp) -> Vec<String> {
    let unknown = || "-".to_owned();
    let status = &orphan.status;
    let since = describe::status_since(&status.state);
    let dir = orphan.dir.as_ref();
    vec![
        status.session.to_string(),
        orphan
            .name
            .as_ref()
            .map_or_else(unknown, ToString::to_string),
        describe::status_state(&status.state),
        since.map_or_else(unknown, |then| describe::age(now, then)),
        status.backend.to_string(),
        dir.map_or_else(unknown, |dir| {
            output::plain(&dir.to_string_lossy()).into_owned()
        }),
        orphan
            .command
            .as_ref()
            .map_or_else(unknown, describe::command),
    ]
}
