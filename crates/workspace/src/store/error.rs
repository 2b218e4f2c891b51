//! Why the database could not do what was asked.

use std::{io, path::PathBuf};

use abide_core::{id::SessionId, lock::LockError};

use crate::name::WorkspaceName;

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The state directory, or a file in it, cannot be made.
    #[error("cannot make `{}`", path.display())]
    Create {
        /// The directory or file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The lock under which a database is made cannot be had.
    #[error("cannot make the database `{}`", path.display())]
    Lock {
        /// The database.
        path: PathBuf,
        /// Why not.
        source: LockError,
    },
    /// The database cannot be opened, or its schema not be made.
    #[error("cannot open the database `{}`", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database is of a newer release.
    #[error("`{}` was written by a newer release (schema {found}; this one reads up to {supported})", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema number.
        found: i64,
        /// The newest schema known here.
        supported: i64,
    },
    /// Other processes kept the database locked.
    #[error("cannot {action}: other processes keep the database `{}` locked", path.display())]
    Locked {
        /// What was asked.
        action: &'static str,
        /// The database.
        path: PathBuf,
    },
    /// The database refused, or holds what cannot be read.
    #[error("cannot {action} in the database `{}`", path.display())]
    Failed {
        /// What was asked.
        action: &'static str,
        /// The database.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database's file or disk cannot be written to.
    #[error("cannot {action} in the database `{}`", path.display())]
    Unwritable {
        /// What was asked.
        action: &'static str,
        /// The database.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is a workspace of that name.
    #[error("there already is a workspace `{name}`")]
    NameTaken {
        /// The name.
        name: WorkspaceName,
    },
    /// Some workspace has the session.
    #[error("session `{session}` belongs to a workspace{}", name.as_ref().map(|name| format!(", `{name}`")).unwrap_or_default())]
    SessionTaken {
        /// The session.
        session: SessionId,
        /// The workspace's name.
        name: Option<WorkspaceName>,
    },
    /// The thread of the database has ended.
    #[error("the database `{}` is closed", path.display())]
    Gone {
        /// The database.
        path: PathBuf,
    },
    /// The system gives no thread.
    #[error("cannot start a thread for the database")]
    NoThread {
        /// Why not.
        source: io::Error,
    },
}

impl StoreError {
    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Create { path, .. } | Self::Open { path, .. } | Self::Lock { path, .. } => {
                Some(format!(
                    "see that `{}` belongs to you and is on a writable file system, or name \
                     another directory with ABIDE_STATE_DIR",
                    path.parent().unwrap_or(path).display()
                ))
            }
            Self::Newer { .. } => {
                Some("use the release that wrote it, or a newer one; nothing was changed".into())
            }
            Self::Locked { .. } => Some("nothing was changed; try again".into()),
            Self::NameTaken { name } => Some(format!(
                "choose another name, or enter that one with `abide resume '{name}'`"
            )),
            Self::SessionTaken { name, .. } => Some(match name {
                Some(name) => format!("enter it with `abide attach '{name}'`"),
                None => "`abide list` shows what there is".into(),
            }),
            Self::Unwritable { .. } => {
                Some("see that the state directory is writable and its file system not full".into())
            }
            Self::Failed { .. } | Self::Gone { .. } | Self::NoThread { .. } => {
                Some("`abide doctor` shows more".into())
            }
        }
    }
}
