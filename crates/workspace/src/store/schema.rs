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
    // A column's constraint changes only with its table; nothing refers to this one.
    M::up(
        "
    CREATE TABLE sessions_next (
        id            TEXT    NOT NULL PRIMARY KEY,
        workspace_id  TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        name          TEXT    NOT NULL,
        backend       TEXT,
        generation    TEXT,
        command       TEXT    NOT NULL,
        rows          INTEGER NOT NULL,
        cols          INTEGER NOT NULL,
        history_bytes INTEGER NOT NULL,
        created_at    INTEGER NOT NULL,
        journal       INTEGER NOT NULL,
        UNIQUE (workspace_id, name)
    ) STRICT;
    INSERT INTO sessions_next (id, workspace_id, name, backend, generation, command, rows, cols,
                               history_bytes, created_at, journal)
        SELECT id, workspace_id, name, backend, generation, command, rows, cols,
               history_bytes, created_at, journal
        FROM sessions;
    DROP TABLE sessions;
    ALTER TABLE sessions_next RENAME TO sessions;
    ",
    ),
    // Whether a worktree and its branch were made for the workspace decides what goes with it.
    M::up(
        "
    ALTER TABLE workspaces ADD COLUMN repo TEXT;
    ALTER TABLE workspaces ADD COLUMN branch TEXT;
    ALTER TABLE workspaces ADD COLUMN base TEXT;
    ALTER TABLE workspaces ADD COLUMN owns_worktree INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE workspaces ADD COLUMN owns_branch INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE workspaces ADD COLUMN agent TEXT;
    ALTER TABLE workspaces ADD COLUMN record INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE workspaces ADD COLUMN stage TEXT;
    ALTER TABLE workspaces ADD COLUMN recovery TEXT;
    ALTER TABLE sessions ADD COLUMN agent TEXT;
    ALTER TABLE sessions ADD COLUMN mode TEXT NOT NULL DEFAULT 'command';
    CREATE TABLE stages (
        workspace_id TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        stage        TEXT    NOT NULL,
        outcome      TEXT    NOT NULL,
        problem      TEXT,
        began_at     INTEGER NOT NULL,
        ended_at     INTEGER,
        PRIMARY KEY (workspace_id, stage)
    ) STRICT;
    ",
    ),
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

    #[test]
    fn sessions_of_an_earlier_release_keep_what_they_have() {
        let mut database = rusqlite::Connection::open_in_memory().unwrap();
        database.pragma_update(None, "foreign_keys", true).unwrap();
        migrations().to_version(&mut database, 2).unwrap();
        let rows = "
            INSERT INTO workspaces VALUES ('w', 'api', '\"/srv\"', 'ready', NULL, 1, 2, 3);
            INSERT INTO sessions VALUES ('s', 'w', 'main', 'owner', 'g', '{}', 24, 80, 7, 4, 0);";
        database.execute_batch(rows).unwrap();
        migrations().to_latest(&mut database).unwrap();
        let read = |column: &str| {
            let sql = format!("SELECT CAST({column} AS TEXT) FROM sessions");
            let read = database.query_row(&sql, [], |row| row.get::<_, Option<String>>(0));
            read.unwrap()
        };
        let columns = [
            "id",
            "backend",
            "generation",
            "cols",
            "history_bytes",
            "journal",
        ];
        let kept = columns.map(|column| read(column).unwrap());
        assert_eq!(kept, ["s", "owner", "g", "80", "7", "0"]);
        database
            .execute("UPDATE sessions SET backend = NULL", [])
            .unwrap();
        assert_eq!(read("backend"), None);
        database.execute("DELETE FROM workspaces", []).unwrap();
        let left: i64 = database
            .query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "they still go with their workspace");
    }

    #[test]
    fn workspaces_of_an_earlier_release_own_no_worktree_and_are_recorded() {
        let mut database = rusqlite::Connection::open_in_memory().unwrap();
        migrations().to_version(&mut database, 3).unwrap();
        let rows = "
            INSERT INTO workspaces VALUES ('w', 'api', '\"/srv\"', 'ready', NULL, 1, 2, 3);
            INSERT INTO sessions VALUES ('s', 'w', 'main', NULL, NULL, '{}', 24, 80, 7, 4, 1);";
        database.execute_batch(rows).unwrap();
        migrations().to_latest(&mut database).unwrap();
        let read = |sql: &str| {
            let read = database.query_row(sql, [], |row| row.get::<_, String>(0));
            read.unwrap()
        };
        let workspace = "SELECT name || dir || owns_worktree || owns_branch || record
                                || (repo IS NULL) || (stage IS NULL) FROM workspaces";
        assert_eq!(read(workspace), "api\"/srv\"00111");
        let session = "SELECT mode || (agent IS NULL) || cols FROM sessions";
        assert_eq!(read(session), "command180");
    }
}
