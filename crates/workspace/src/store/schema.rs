//! The tables, as steps from one version of them to the next. A released step is never changed.

use rusqlite_migration::{M, Migrations};

/// Every step so far; the number of steps is the version that a database ends up with.
const STEPS: &[M<'_>] = &[
    M::up(
        "
    CREATE TABLE workspaces (
        id           TEXT    NOT NULL PRIMARY KEY,
        name         TEXT    NOT NULL UNIQUE,
        dir          TEXT    NOT NULL,
        state        TEXT    NOT NULL CHECK (state IN ('creating', 'ready', 'error', 'deleting')),
        problem      TEXT,
        created_at   INTEGER NOT NULL,
        updated_at   INTEGER NOT NULL,
        last_used_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX workspaces_by_use ON workspaces (last_used_at);
    CREATE TABLE sessions (
        id            TEXT    NOT NULL PRIMARY KEY,
        workspace_id  TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        name          TEXT    NOT NULL,
        backend       TEXT    NOT NULL,
        generation    TEXT,
        command       TEXT    NOT NULL,
        rows          INTEGER NOT NULL,
        cols          INTEGER NOT NULL,
        history_bytes INTEGER NOT NULL,
        created_at    INTEGER NOT NULL,
        UNIQUE (workspace_id, name)
    ) STRICT;
    ",
    ),
    M::up("ALTER TABLE sessions ADD COLUMN journal INTEGER NOT NULL DEFAULT 1;"),
];

/// The newest version known here.
pub(super) const LATEST: i64 = STEPS.len() as i64;

/// Returns the steps, to be applied from whatever version a database has.
pub(super) fn migrations() -> Migrations<'static> {
    Migrations::from_slice(STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_can_be_applied() {
        migrations().validate().unwrap();
    }
}
