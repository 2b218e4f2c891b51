//! The table of workspaces.

use std::path::Path;

use abide_core::{clock::Timestamp, id::WorkspaceId};
use rusqlite::{
    OptionalExtension, Row, Transaction, params,
    types::{Type, ValueRef},
};

use super::{Naming, StoreError, fault::Fault, text};
use crate::{
    name::WorkspaceName,
    record::{Stage, Workspace, WorkspaceState, Worktree},
};

const COLUMNS: &str = "id, name, dir, state, problem, created_at, updated_at, last_used_at, repo, \
                       branch, base, owns_worktree, owns_branch, agent, record, stage, recovery";

/// Returns the name that a new workspace gets.
pub(super) fn choose_name(rows: &Transaction<'_>, naming: Naming) -> Result<WorkspaceName, Fault> {
    let mut taken = rows.prepare_cached("SELECT 1 FROM workspaces WHERE name = ?1")?;
    let mut is_taken = |name: &WorkspaceName| taken.exists([name.as_str()]);
    match naming {
        Naming::Exactly(name) if is_taken(&name)? => Err(StoreError::NameTaken { name }.into()),
        Naming::Exactly(name) => Ok(name),
        Naming::Like(name) => {
            let mut number = 1;
            let mut candidate = name.clone();
            while is_taken(&candidate)? {
                number += 1;
                candidate = name.numbered(number);
            }
            Ok(candidate)
        }
    }
}

/// Tells whether there is a workspace of this id.
pub(super) fn is_there(rows: &Transaction<'_>, id: &WorkspaceId) -> rusqlite::Result<bool> {
    rows.prepare_cached("SELECT 1 FROM workspaces WHERE id = ?1")?
        .exists([id.as_str()])
}

pub(super) fn insert(rows: &Transaction<'_>, workspace: &Workspace) -> rusqlite::Result<()> {
    let worktree = workspace.worktree.as_ref();
    rows.prepare_cached(&format!(
        "INSERT INTO workspaces ({COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    ))?
    .execute(params![
        workspace.id.as_str(),
        workspace.name.as_str(),
        text::encode_path(&workspace.dir).map_err(unwritable)?,
        workspace.state.as_str(),
        workspace.problem,
        to_integer(workspace.created_at.as_millis()),
        to_integer(workspace.updated_at.as_millis()),
        to_integer(workspace.last_used_at.as_millis()),
        worktree.map(encoded_repo).transpose()?,
        worktree.map(|worktree| worktree.branch.as_str()),
        worktree.and_then(|worktree| worktree.base.as_deref()),
        worktree.is_some_and(|worktree| worktree.owns_worktree),
        worktree.is_some_and(|worktree| worktree.owns_branch),
        workspace.agent,
        workspace.record,
        workspace.stage.as_ref().map(Stage::as_str),
        workspace.recovery,
    ])
    .map(drop)
}

pub(super) fn all(rows: &Transaction<'_>) -> rusqlite::Result<Vec<Workspace>> {
    rows.prepare_cached(&format!("SELECT {COLUMNS} FROM workspaces ORDER BY name"))?
        .query_map([], from_row)?
        .collect()
}

pub(super) fn unfinished(rows: &Transaction<'_>) -> rusqlite::Result<Vec<Workspace>> {
    rows.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM workspaces WHERE state IN ('creating', 'deleting')"
    ))?
    .query_map([], from_row)?
    .collect()
}

pub(super) fn one(rows: &Transaction<'_>, id: &WorkspaceId) -> rusqlite::Result<Option<Workspace>> {
    rows.prepare_cached(&format!("SELECT {COLUMNS} FROM workspaces WHERE id = ?1"))?
        .query_row([id.as_str()], from_row)
        .optional()
}

pub(super) fn last_used(rows: &Transaction<'_>) -> rusqlite::Result<Option<Workspace>> {
    rows.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM workspaces
         ORDER BY last_used_at DESC, created_at DESC, name LIMIT 1"
    ))?
    .query_row([], from_row)
    .optional()
}

pub(super) fn set_state(
    rows: &Transaction<'_>,
    id: &WorkspaceId,
    state: WorkspaceState,
    problem: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    rows.prepare_cached(
        "UPDATE workspaces SET state = ?2, problem = ?3, updated_at = ?4,
                               stage = CASE ?2 WHEN 'ready' THEN NULL ELSE stage END
         WHERE id = ?1",
    )?
    .execute(params![
        id.as_str(),
        state.as_str(),
        problem,
        to_integer(now.as_millis())
    ])
    .map(drop)
}

/// Tells whether the workspace was still in the state that was seen.
pub(super) fn set_interrupted(
    rows: &Transaction<'_>,
    id: &WorkspaceId,
    seen: WorkspaceState,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    rows.prepare_cached(
        "UPDATE workspaces
         SET state = 'error', updated_at = ?4, problem = ?3 || coalesce(' at ' || stage, '')
         WHERE id = ?1 AND state = ?2",
    )?
    .execute(params![
        id.as_str(),
        seen.as_str(),
        format!("{seen} it was interrupted"),
        to_integer(now.as_millis())
    ])
    .map(|changed| 0 < changed)
}

/// Tells whether the workspace is there.
pub(super) fn set_stage(
    rows: &Transaction<'_>,
    id: &WorkspaceId,
    stage: &Stage,
) -> rusqlite::Result<bool> {
    rows.prepare_cached("UPDATE workspaces SET stage = ?2 WHERE id = ?1")?
        .execute(params![id.as_str(), stage.as_str()])
        .map(|changed| 0 < changed)
}

pub(super) fn set_worktree(
    rows: &Transaction<'_>,
    id: &WorkspaceId,
    dir: &Path,
    worktree: &Worktree,
) -> rusqlite::Result<()> {
    rows.prepare_cached(
        "UPDATE workspaces SET dir = ?2, repo = ?3, branch = ?4, base = ?5, owns_worktree = ?6,
                               owns_branch = ?7
         WHERE id = ?1",
    )?
    .execute(params![
        id.as_str(),
        text::encode_path(dir).map_err(unwritable)?,
        encoded_repo(worktree)?,
        worktree.branch,
        worktree.base,
        worktree.owns_worktree,
        worktree.owns_branch,
    ])
    .map(drop)
}

pub(super) fn set_recovery(
    rows: &Transaction<'_>,
    id: &WorkspaceId,
    place: &str,
) -> rusqlite::Result<()> {
    rows.prepare_cached("UPDATE workspaces SET recovery = ?2 WHERE id = ?1")?
        .execute(params![id.as_str(), place])
        .map(drop)
}

pub(super) fn touch(
    rows: &Transaction<'_>,
    id: &WorkspaceId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    rows.prepare_cached("UPDATE workspaces SET last_used_at = ?2 WHERE id = ?1")?
        .execute(params![id.as_str(), to_integer(now.as_millis())])
        .map(drop)
}

pub(super) fn delete(rows: &Transaction<'_>, id: &WorkspaceId) -> rusqlite::Result<()> {
    rows.prepare_cached("DELETE FROM workspaces WHERE id = ?1")?
        .execute([id.as_str()])
        .map(drop)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Workspace> {
    Ok(Workspace {
        id: parsed(row, 0, |text| text.parse::<WorkspaceId>())?,
        name: parsed(row, 1, |text| text.parse::<WorkspaceName>())?,
        dir: parsed(row, 2, text::decode_path)?,
        state: parsed(row, 3, |text| text.parse::<WorkspaceState>())?,
        problem: row.get(4)?,
        created_at: time(row, 5)?,
        updated_at: time(row, 6)?,
        last_used_at: time(row, 7)?,
        worktree: worktree_of(row)?,
        agent: row.get(13)?,
        record: row.get(14)?,
        stage: row.get::<_, Option<String>>(15)?.map(Into::into),
        recovery: row.get(16)?,
    })
}

fn worktree_of(row: &Row<'_>) -> rusqlite::Result<Option<Worktree>> {
    let (ValueRef::Text(_), Some(branch)) = (row.get_ref(8)?, row.get(9)?) else {
        return Ok(None);
    };
    Ok(Some(Worktree {
        repo: parsed(row, 8, text::decode_path)?,
        branch,
        base: row.get(10)?,
        owns_worktree: row.get(11)?,
        owns_branch: row.get(12)?,
    }))
}

fn encoded_repo(worktree: &Worktree) -> rusqlite::Result<String> {
    text::encode_path(&worktree.repo).map_err(unwritable)
}

/// Reads a column of text that is stored in a form of its own.
pub(super) fn parsed<T, E: std::error::Error + Send + Sync + 'static>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    parse(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// Reads a column that holds an instant.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    number(row, column).map(Timestamp::from_millis)
}

/// Reads what [`to_integer`] stored.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.max(0).unsigned_abs())
}

/// Returns the number as the database can hold it; its integers have a sign.
pub(super) fn to_integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unwritable(error: text::TextError) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
