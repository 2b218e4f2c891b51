//! Why a backend could not do what was asked, and what to do next.

use std::{error::Error, ffi::OsString, io, path::PathBuf, time::Duration};

use super::Holder;
use crate::id::{Generation, SessionId};

/// Whatever lies beneath an error.
pub type Source = Box<dyn Error + Send + Sync>;

/// How a caller may treat an error without reading its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is nothing of that name, or it has ended.
    Gone,
    /// Somebody else has it.
    Busy,
    /// It was not allowed, and asking again will not help.
    Refused,
    /// No answer came in time; nothing may be concluded.
    TimedOut,
    /// What was to be run is not there.
    ProgramNotFound,
    /// Something failed that should not.
    Broken,
}

/// Why a backend could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// There is no trace of the session.
    #[error("there is no session `{session}`")]
    NotFound {
        /// The session asked for.
        session: SessionId,
    },
    /// The session is over.
    #[error("session `{session}` has ended")]
    Ended {
        /// The session asked for.
        session: SessionId,
    },
    /// Another client has control.
    #[error("session `{session}` is controlled by {holder}")]
    Busy {
        /// The session asked for.
        session: SessionId,
        /// Who has control, and since when.
        holder: Holder,
    },
    /// Another start than the one named is there.
    #[error("session `{session}` is at generation {found}, not {wanted}")]
    WrongGeneration {
        /// The session asked for.
        session: SessionId,
        /// The generation that was named.
        wanted: Generation,
        /// The one that is there.
        found: Generation,
    },
    /// The request is not one that this session can be asked.
    #[error("cannot {action} session `{session}`: {reason}")]
    Refused {
        /// What was asked.
        action: &'static str,
        /// The session asked for.
        session: SessionId,
        /// Why not.
        reason: String,
    },
    /// The program's first word leads to nothing that can be run.
    #[error("cannot find the program `{}`", program.display())]
    ProgramNotFound {
        /// The first word.
        program: OsString,
        /// Why it was not found; names the PATH if one was searched.
        reason: String,
    },
    /// The working directory cannot be entered.
    #[error("cannot use `{}` as the working directory", path.display())]
    BadDirectory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The process that holds the session is alive and does not answer.
    #[error("the holder of session `{session}` is alive but does not answer")]
    Unresponsive {
        /// The session asked for.
        session: SessionId,
        /// The process, if it is known.
        holder_pid: Option<u32>,
        /// What went wrong when it was asked.
        source: Source,
    },
    /// A state file is of a newer release.
    #[error("`{}` was written by a newer release (schema {found}; this one reads up to {supported})", path.display())]
    NewerState {
        /// The file.
        path: PathBuf,
        /// Its schema number.
        found: u32,
        /// The newest schema known here.
        supported: u32,
    },
    /// A start failed before the session was up.
    #[error("session `{session}` could not be started: {reason}")]
    LaunchFailed {
        /// The session asked for.
        session: SessionId,
        /// What the new holder said, or the end of its log.
        reason: String,
    },
    /// Something took longer than it may.
    #[error("cannot {action} session `{session}` within {} ms{}", waited.as_millis(), progress.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    TimedOut {
        /// What was asked.
        action: &'static str,
        /// The session asked for.
        session: SessionId,
        /// How long it was waited for.
        waited: Duration,
        /// How far it got.
        progress: Option<String>,
    },
    /// Something beneath failed.
    #[error("cannot {action} session `{session}`")]
    Failed {
        /// What was asked.
        action: &'static str,
        /// The session asked for.
        session: SessionId,
        /// Why.
        source: Source,
    },
    /// The place where sessions are kept cannot be used.
    #[error("cannot use `{}` to keep sessions in", path.display())]
    BadState {
        /// The directory or file.
        path: PathBuf,
        /// Why not.
        source: Source,
    },
}

impl BackendError {
    /// Returns how a caller may treat the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } | Self::Ended { .. } => ErrorKind::Gone,
            Self::Busy { .. } => ErrorKind::Busy,
            Self::WrongGeneration { .. } | Self::Refused { .. } | Self::NewerState { .. } => {
                ErrorKind::Refused
            }
            Self::Unresponsive { .. } | Self::TimedOut { .. } => ErrorKind::TimedOut,
            Self::ProgramNotFound { .. } => ErrorKind::ProgramNotFound,
            Self::BadDirectory { .. }
            | Self::LaunchFailed { .. }
            | Self::Failed { .. }
            | Self::BadState { .. } => ErrorKind::Broken,
        }
    }

    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } => Some("run `abide list` to see what there is".into()),
            Self::Ended { .. } => {
                Some("`abide info` shows how it ended; `abide resume` starts it again".into())
            }
            Self::Busy { .. } => Some("watch with `--view`, or take control with `--steal`".into()),
            Self::WrongGeneration { .. } => {
                Some("it was started again in the meantime; look at it again first".into())
            }
            Self::ProgramNotFound { reason, .. } => Some(reason.clone()),
            Self::BadDirectory { .. } => {
                Some("make the directory again, or name another with `--dir`".into())
            }
            Self::Unresponsive { holder_pid, .. } => Some(match holder_pid {
                Some(pid) => format!(
                    "nothing was changed; if process {pid} is stopped, `kill -CONT {pid}` lets it \
                     go on; `abide doctor` shows more"
                ),
                None => "nothing was changed; `abide doctor` shows more".into(),
            }),
            Self::NewerState { .. } => {
                Some("use the release that wrote it, or a newer one; nothing was changed".into())
            }
            Self::BadState { path, .. } => Some(format!(
                "see that `{}` is on a writable file system and belongs to you alone, or name \
                 another with ABIDE_STATE_DIR or ABIDE_RUNTIME_DIR",
                path.display()
            )),
            Self::TimedOut { .. } => {
                Some("nothing was ended; try again, or run `abide doctor`".into())
            }
            Self::LaunchFailed { .. } | Self::Failed { .. } => {
                Some("`abide doctor` shows more".into())
            }
            Self::Refused { .. } => None,
        }
    }
}
