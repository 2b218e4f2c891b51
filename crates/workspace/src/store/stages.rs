//! The table of stages: how far the making or deleting of each workspace got.

use abide_core::{clock::Timestamp, id::WorkspaceId};
use rusqlite::{Row, Transaction, params, types::ValueRef};

use super::workspaces::{time, to_integer};
use crate::record::{Stage, StageOutcome, StageRecord};

pub(super) fn enter(
    rows: &Transaction<'_>,
    workspace: &WorkspaceId,
    stage: &Stage,
    now: Timestamp,
) -> rusqlite::Result<()> {
    rows.prepare_cached(
        "INSERT OR REPLACE INTO stages (workspace_id, stage, outcome, problem, began_at, ended_at)
         VALUES (?1, ?2, 'running', NULL, ?3, NULL)",
    )?
    .execute(params![
        workspace.as_str(),
        stage.as_str(),
        to_integer(now.as_millis())
    ])
    .map(drop)
}

pub(super) fn leave(
    rows: &Transaction<'_>,
    workspace: &WorkspaceId,
    stage: &Stage,
    outcome: &StageOutcome,
    now: Timestamp,
) -> rusqlite::Result<()> {
    rows.prepare_cached(
        "UPDATE stages SET outcome = ?3, problem = ?4, ended_at = ?5
         WHERE workspace_id = ?1 AND stage = ?2",
    )?
    .execute(params![
        workspace.as_str(),
        stage.as_str(),
        outcome.as_str(),
        outcome.problem(),
        to_integer(now.as_millis())
    ])
    .map(drop)
}

/// Stores that what ran was interrupted.
pub(super) fn set_interrupted(
    rows: &Transaction<'_>,
    workspace: &WorkspaceId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    rows.prepare_cached(
        "UPDATE stages SET outcome = 'interrupted', ended_at = ?2
         WHERE workspace_id = ?1 AND outcome = 'running'",
    )?
    .execute(params![workspace.as_str(), to_integer(now.as_millis())])
    .map(drop)
}

pub(super) fn of(
    rows: &Transaction<'_>,
    workspace: &WorkspaceId,
) -> rusqlite::Result<Vec<StageRecord>> {
    rows.prepare_cached(
        "SELECT stage, outcome, problem, began_at, ended_at FROM stages
         WHERE workspace_id = ?1 ORDER BY began_at, rowid",
    )?
    .query_map([workspace.as_str()], from_row)?
    .collect()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<StageRecord> {
    let outcome: String = row.get(1)?;
    Ok(StageRecord {
        stage: row.get::<_, String>(0)?.into(),
        outcome: StageOutcome::stored(&outcome, row.get(2)?),
        began_at: time(row, 3)?,
        ended_at: match row.get_ref(4)? {
            ValueRef::Null => None,
            _ => Some(time(row, 4)?),
        },
    })
}
