//! Why an orphan could not be found, adopted or reaped, and what to do next.

use abide_core::{
    backend::{Source, Survivor},
    id::SessionId,
};

use super::{WorkspaceErrorKind, list};
use crate::{backends::Unusable, name::WorkspaceName};

/// Why an orphan could not be found, adopted or reaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrphanError {
    /// No orphan has an id like that.
    #[error("there is no orphan `{text}`")]
    None {
        /// What was asked for.
        text: String,
    },
    /// A session that was taken for an orphan belongs to a workspace.
    #[error("session `{session}` is no orphan: it belongs to the workspace `{name}`")]
    Known {
        /// The session.
        session: SessionId,
        /// The workspace.
        name: WorkspaceName,
    },
    /// It may run and that was not to be ended.
    #[error("cannot reap session `{session}`: it {doing}")]
    Running {
        /// The session.
        session: SessionId,
        /// What it does.
        doing: &'static str,
    },
    /// Reaping would end the very caller.
    #[error("cannot reap session `{session}` from inside it")]
    Inside {
        /// The session.
        session: SessionId,
    },
    /// Processes outlived the stop of it.
    #[error(
        "session `{session}` left processes behind that could not be ended: {}",
        list(survivors)
    )]
    Survivors {
        /// The session.
        session: SessionId,
        /// The processes.
        survivors: Vec<Survivor>,
    },
    /// Where it belongs is not known.
    #[error("cannot tell the directory of session `{session}`")]
    NoDirectory {
        /// The session.
        session: SessionId,
    },
    /// The backend that holds it cannot be used any more.
    #[error("cannot reach session `{session}`")]
    Unreachable {
        /// The session.
        session: SessionId,
        /// Why not.
        source: Unusable,
    },
    /// Another process adopts or reaps orphans at this moment.
    #[error("orphans are being adopted or reaped by another process")]
    Claimed,
    /// The kernel lock on orphans cannot be had.
    #[error("cannot lock the orphans")]
    Lock {
        /// Why not.
        source: Source,
    },
}

impl OrphanError {
    /// Returns how a caller may treat the error.
    #[must_use]
    pub fn kind(&self) -> WorkspaceErrorKind {
        use WorkspaceErrorKind as Kind;
        match self {
            Self::None { .. } => Kind::NotFound,
            Self::Running { .. } | Self::Claimed => Kind::Busy,
            Self::Known { .. } | Self::NoDirectory { .. } | Self::Inside { .. } => Kind::Refused,
            Self::Unreachable { .. } => Kind::BackendUnavailable,
            Self::Survivors { .. } | Self::Lock { .. } => Kind::Failed,
        }
    }

    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::None { .. } => {
                Some("`abide list --orphans` shows the sessions that no workspace has".into())
            }
            Self::Known { name, .. } => Some(format!("enter it with `abide attach '{name}'`")),
            Self::Running { .. } => {
                Some("keep it with `abide adopt`, or end it with `--force`".into())
            }
            Self::Survivors { .. } => Some("end these processes yourself, then reap again".into()),
            Self::Inside { .. } => Some("keep it with `abide adopt`, or run this elsewhere".into()),
            Self::NoDirectory { .. } => Some("name it with `--dir`".into()),
            Self::Unreachable { source, .. } => source.hint.clone(),
            Self::Claimed => Some("wait for it and try again".into()),
            Self::Lock { .. } => None,
        }
    }
}
