//! The table of sessions.

use std::collections::HashSet;

use abide_core::{
    backend::BackendKind,
    id::{Generation, SessionId, WorkspaceId},
    lease::Mode,
    size::TermSize,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{
    text,
    workspaces::{number, parsed, time, to_integer, unwritable},
};
use crate::{
    name::SessionName,
    record::{Session, StoredBackend},
};

const COLUMNS: &str = "id, workspace_id, name, backend, generation, command, rows, cols, \
                       history_bytes, created_at, journal, agent, mode";

pub(super) fn insert(rows: &Transaction<'_>, session: &Session) -> rusqlite::Result<()> {
    rows.prepare_cached(&format!(
        "INSERT INTO sessions ({COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    ))?
    .execute(params![
        session.id.as_str(),
        session.workspace.as_str(),
        session.name.as_str(),
        session.backend.as_ref().map(StoredBackend::as_str),
        session.generation.map(|generation| generation.to_string()),
        text::encode_command(&session.command).map_err(unwritable)?,
        session.size.rows(),
        session.size.cols(),
        to_integer(session.history_bytes),
        to_integer(session.created_at.as_millis()),
        session.journal,
        session.agent,
        session.mode.to_string(),
    ])
    .map(drop)
}

pub(super) fn all(rows: &Transaction<'_>) -> rusqlite::Result<Vec<Session>> {
    rows.prepare_cached(&format!("SELECT {COLUMNS} FROM sessions ORDER BY name"))?
        .query_map([], from_row)?
        .collect()
}

pub(super) fn of(
    rows: &Transaction<'_>,
    workspace: &WorkspaceId,
) -> rusqlite::Result<Vec<Session>> {
    rows.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM sessions WHERE workspace_id = ?1 ORDER BY name"
    ))?
    .query_map([workspace.as_str()], from_row)?
    .collect()
}

pub(super) fn ids(rows: &Transaction<'_>) -> rusqlite::Result<HashSet<SessionId>> {
    rows.prepare_cached("SELECT id FROM sessions")?
        .query_map([], |row| parsed(row, 0, |text| text.parse::<SessionId>()))?
        .collect()
}

/// Returns the workspace that a session belongs to.
pub(super) fn workspace_of(
    rows: &Transaction<'_>,
    id: &SessionId,
) -> rusqlite::Result<Option<WorkspaceId>> {
    rows.prepare_cached("SELECT workspace_id FROM sessions WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            parsed(row, 0, |text| text.parse::<WorkspaceId>())
        })
        .optional()
}

/// Stores which backend made a session, unless somebody did; returns which one is stored.
pub(super) fn settle_backend(
    rows: &Transaction<'_>,
    id: &SessionId,
    backend: BackendKind,
) -> rusqlite::Result<Option<StoredBackend>> {
    rows.prepare_cached("UPDATE sessions SET backend = ?2 WHERE id = ?1 AND backend IS NULL")?
        .execute(params![id.as_str(), backend.as_str()])?;
    rows.prepare_cached("SELECT backend FROM sessions WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get::<_, String>(0))
        .optional()
        .map(|name| name.map(Into::into))
}

pub(super) fn set_generation(
    rows: &Transaction<'_>,
    id: &SessionId,
    generation: Generation,
) -> rusqlite::Result<()> {
    rows.prepare_cached("UPDATE sessions SET generation = ?2 WHERE id = ?1")?
        .execute(params![id.as_str(), generation.to_string()])
        .map(drop)
}

pub(super) fn delete(rows: &Transaction<'_>, id: &SessionId) -> rusqlite::Result<()> {
    rows.prepare_cached("DELETE FROM sessions WHERE id = ?1")?
        .execute([id.as_str()])
        .map(drop)
}

/// A word that is not known here is of a newer release; what it runs is a command in any case.
fn mode_of(word: &str) -> Mode {
    let known = [Mode::Agent, Mode::Shell, Mode::Command];
    let named = known.into_iter().find(|mode| mode.to_string() == word);
    named.unwrap_or(Mode::Command)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    let generation = match row.get_ref(4)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(parsed(row, 4, |text| text.parse::<Generation>())?),
    };
    Ok(Session {
        id: parsed(row, 0, |text| text.parse::<SessionId>())?,
        workspace: parsed(row, 1, |text| text.parse::<WorkspaceId>())?,
        name: parsed(row, 2, |text| text.parse::<SessionName>())?,
        backend: row.get::<_, Option<String>>(3)?.map(Into::into),
        generation,
        command: parsed(row, 5, text::decode_command)?,
        size: TermSize::clamped(row.get(6)?, row.get(7)?),
        history_bytes: number(row, 8)?,
        created_at: time(row, 9)?,
        journal: row.get(10)?,
        agent: row.get(11)?,
        mode: mode_of(&row.get::<_, String>(12)?),
    })
}
