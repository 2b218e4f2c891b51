//! Opens the database: makes it, brings its tables up to date, and chooses how it journals.
//!
//! Making and migrating happen under a kernel lock of their own, because SQLite answers "busy" at
//! once, without waiting, to a second process that changes the journal's kind, and because two
//! processes would otherwise apply the same step. A database that is up to date needs no lock.

use std::{io, path::Path, time::Duration};

use abide_core::lock::KernelLock;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{StoreError, schema};
use crate::sys;

/// The database's file in the state directory.
pub const DATABASE_FILE: &str = "abide.db";

/// Held while the database is made or migrated.
const LOCK_FILE: &str = "abide.db.lock";

/// How long a statement waits for other processes' transactions.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the database of `state_dir`, with every missing thing made.
pub(super) fn open(state_dir: &Path) -> Result<Connection, StoreError> {
    let path = state_dir.join(DATABASE_FILE);
    let create = |path: &Path, result: io::Result<()>| {
        result.map_err(|source| StoreError::Create {
            path: path.to_owned(),
            source,
        })
    };
    create(state_dir, sys::create_private_dir(state_dir))?;
    create(&path, sys::create_private_file(&path))?;
    let mut connection = connect(&path).map_err(|source| unopened(&path, source))?;
    let found = refuse_newer(&connection, &path)?;
    if found < schema::LATEST {
        let lock = state_dir.join(LOCK_FILE);
        let _lock = KernelLock::acquire(&lock).map_err(|source| StoreError::Lock {
            path: path.clone(),
            source,
        })?;
        refuse_newer(&connection, &path)?;
        prefer_wal(&connection).map_err(|source| unopened(&path, source))?;
        schema::migrations()
            .to_latest(&mut connection)
            .map_err(|source| unopened(&path, source))?;
    }
    set_synchronous(&connection, &path).map_err(|source| unopened(&path, source))?;
    Ok(connection)
}

/// Pages of 4 KiB in the log from which on they are moved into the database. Whoever opens the
/// database first reads the log, so it is kept short.
const CHECKPOINT_PAGES: i64 = 64;

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The log outlives the last of its users: making it anew, and emptying it on the way out, would
    // have every short command wait for the disk four times.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

fn refuse_newer(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| unopened(path, source))?;
    if schema::LATEST < found {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            supported: schema::LATEST,
        });
    }
    Ok(found)
}

/// Asks for a write-ahead log, which a file system without shared memory refuses.
fn prefer_wal(connection: &Connection) -> rusqlite::Result<()> {
    let asked = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
    match asked {
        Ok(_) => Ok(()),
        // Opening the log's shared memory failed; the journal is of its old kind still.
        Err(error) if refuses_wal(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

fn refuses_wal(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, FileLockingProtocolFailed, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | FileLockingProtocolFailed | SystemIoFailure)
    )
}

/// With a write-ahead log, `NORMAL` never corrupts and may lose the last writes in a power cut;
/// with any other journal only `FULL` is safe.
fn set_synchronous(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if journal.eq_ignore_ascii_case("wal") {
        return connection.pragma_update(None, "synchronous", "normal");
    }
    tracing::warn!(
        database = %path.display(),
        %journal,
        "the file system refuses a write-ahead log; writers and readers wait for each other"
    );
    connection.pragma_update(None, "synchronous", "full")
}

fn unopened(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Open {
        path: path.to_owned(),
        source: source.into(),
    }
}
