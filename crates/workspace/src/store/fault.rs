//! What goes wrong inside a transaction, before it is known during what.

use std::path::Path;

use super::StoreError;

/// Why a transaction was given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The database refused or failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A condition of the step does not hold.
    #[error(transparent)]
    Refused(#[from] StoreError),
}

impl Fault {
    /// Says during what it happened, and tells apart what a caller can do something about.
    pub(super) fn during(self, action: &'static str, path: &Path) -> StoreError {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly};
        let path = path.to_owned();
        let source = match self {
            Self::Refused(error) => return error,
            Self::Sqlite(source) => source,
        };
        match source.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => StoreError::Locked { action, path },
            Some(CannotOpen | DiskFull | ReadOnly) => StoreError::Unwritable {
                action,
                path,
                source: source.into(),
            },
            _ => StoreError::Failed {
                action,
                path,
                source: source.into(),
            },
        }
    }
}
