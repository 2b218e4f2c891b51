//! Why a workspace could not be made, found, entered or deleted, and what to do next.

use std::path::PathBuf;

use abide_core::backend::{BackendError, ErrorKind, Source, Survivor};

use crate::{
    name::{Target, WorkspaceName},
    store::StoreError,
};

/// How a caller may treat an error without reading its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkspaceErrorKind {
    /// There is nothing of that name, or it has ended.
    NotFound,
    /// Several things fit the name.
    Ambiguous,
    /// Somebody else has it, or it runs still.
    Busy,
    /// It was not allowed, and asking again will not help.
    Refused,
    /// The backend cannot be used, or does not answer; nothing may be concluded of the session.
    BackendUnavailable,
    /// What was to be run is not there.
    ProgramNotFound,
    /// Something failed that should not.
    Failed,
}

/// Why a workspace could not be made, found, entered or deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// No workspace, or no session of it, has a name like that.
    #[error("there is no {what} `{text}`")]
    NotFound {
        /// Workspace or session.
        what: &'static str,
        /// What was asked for.
        text: String,
    },
    /// There is no workspace at all.
    #[error("there is no workspace yet")]
    NoneYet,
    /// Several names fit.
    #[error("`{text}` may be any of these {what}s: {}", names.join(", "))]
    Ambiguous {
        /// Workspace or session.
        what: &'static str,
        /// What was asked for.
        text: String,
        /// The names that fit, in order.
        names: Vec<String>,
    },
    /// A directory was named relative to nothing known here.
    #[error("`{}` is not an absolute path of a directory", path.display())]
    RelativeDirectory {
        /// The path.
        path: PathBuf,
    },
    /// Another process makes, starts or deletes it at this moment.
    #[error("workspace `{name}` is being {action} by another process")]
    Claimed {
        /// The workspace.
        name: WorkspaceName,
        /// What the other one does.
        action: &'static str,
    },
    /// The kernel lock of a workspace cannot be had.
    #[error("cannot lock workspace `{name}`")]
    Lock {
        /// The workspace.
        name: WorkspaceName,
        /// Why not.
        source: Source,
    },
    /// A session runs that would have to end.
    #[error("cannot delete workspace `{name}`: its session `{session}` {doing}")]
    Running {
        /// The workspace.
        name: WorkspaceName,
        /// The session's name.
        session: String,
        /// What it does.
        doing: &'static str,
    },
    /// Processes outlived the stop of their session.
    #[error(
        "session `{target}` left processes behind that could not be ended: {}",
        list(survivors)
    )]
    Survivors {
        /// The session.
        target: Target,
        /// The processes.
        survivors: Vec<Survivor>,
    },
    /// A session was made by a backend that is not there now.
    #[error(
        "session `{target}` was made by the backend `{stored}`, which is not available here (this is `{here}`)"
    )]
    BackendMissing {
        /// The session.
        target: Target,
        /// The backend that is stored with it.
        stored: String,
        /// The backend in use.
        here: String,
    },
    /// The backend refused or failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A start failed, and what it left could not be taken away.
    #[error("workspace `{name}` could not be started, and stays in the list in error")]
    HalfMade {
        /// The workspace.
        name: WorkspaceName,
        /// Why it could not be started.
        source: Box<BackendError>,
    },
}

impl WorkspaceError {
    /// Returns how a caller may treat the error.
    #[must_use]
    pub fn kind(&self) -> WorkspaceErrorKind {
        use WorkspaceErrorKind as Kind;
        match self {
            Self::NotFound { .. } | Self::NoneYet => Kind::NotFound,
            Self::Ambiguous { .. } => Kind::Ambiguous,
            Self::Claimed { .. } | Self::Running { .. } => Kind::Busy,
            Self::RelativeDirectory { .. } => Kind::Refused,
            Self::BackendMissing { .. } => Kind::BackendUnavailable,
            Self::Lock { .. } | Self::Survivors { .. } => Kind::Failed,
            Self::Backend(source) => of_backend(source),
            Self::HalfMade { source, .. } => of_backend(source),
            Self::Store(StoreError::NameTaken { .. }) => Kind::Refused,
            Self::Store(StoreError::Locked { .. }) => Kind::Busy,
            Self::Store(_) => Kind::Failed,
        }
    }

    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } => Some("`abide list` shows what there is".into()),
            Self::NoneYet => Some("`abide new` makes one of the current directory".into()),
            Self::Ambiguous { .. } => Some("write more of the name".into()),
            Self::Claimed { .. } => Some("wait for it and try again".into()),
            Self::Lock { .. } | Self::RelativeDirectory { .. } => None,
            Self::Running { name, .. } => Some(format!(
                "end it first with `abide stop '{name}'`, or delete with `--force`"
            )),
            Self::Survivors { .. } => {
                Some("end these processes yourself, then delete again".into())
            }
            Self::BackendMissing { .. } => {
                Some("use the release that made it; nothing was changed".into())
            }
            Self::Backend(source) => source.hint(),
            Self::Store(source) => source.hint(),
            Self::HalfMade { name, .. } => Some(format!(
                "`abide info '{name}'` shows what is there; `abide delete --force '{name}'` \
                 takes it away"
            )),
        }
    }
}

fn of_backend(error: &BackendError) -> WorkspaceErrorKind {
    use WorkspaceErrorKind as Kind;
    if let BackendError::BadState { .. } = error {
        return Kind::BackendUnavailable;
    }
    match error.kind() {
        ErrorKind::Gone => Kind::NotFound,
        ErrorKind::Busy => Kind::Busy,
        ErrorKind::Refused => Kind::Refused,
        ErrorKind::TimedOut => Kind::BackendUnavailable,
        ErrorKind::ProgramNotFound => Kind::ProgramNotFound,
        ErrorKind::Broken => Kind::Failed,
    }
}

fn list(survivors: &[Survivor]) -> String {
    let names: Vec<_> = survivors
        .iter()
        .map(|survivor| format!("{} ({})", survivor.pid, survivor.name))
        .collect();
    names.join(", ")
}
