//! Why what is recorded, or what a session has changed so far, cannot be shown.

use std::path::PathBuf;

use abide_core::id::RecordId;

use super::WorkspaceErrorKind;
use crate::{
    desk::{OwnDirError, ReadBaselineError},
    git::GitError,
    journal::JournalError,
    name::{Target, WorkspaceName},
    state_id::StateIdError,
    walk::WalkError,
};

/// Why what is recorded, or what a session has changed so far, cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The workspace was made not to be recorded.
    #[error("nothing is recorded of workspace `{name}`")]
    NotRecorded {
        /// The workspace.
        name: WorkspaceName,
    },
    /// Nobody recorded anything of a session.
    #[error("there is no record of `{target}`")]
    NoRecord {
        /// The session.
        target: Target,
    },
    /// A session is over, so that nothing is measured any more.
    #[error("`{target}` is over, and its record `{record}` is complete")]
    Over {
        /// The session.
        target: Target,
        /// Its last record.
        record: RecordId,
    },
    /// There is nothing that changes could be measured against.
    #[error("what `{target}` changed is unknown: {why}")]
    Unmeasured {
        /// The session.
        target: Target,
        /// Why there is nothing.
        why: String,
    },
    /// What changes are measured against cannot be read.
    #[error("what `{target}` changed is unknown")]
    Baseline {
        /// The session.
        target: Target,
        /// Why it cannot be read.
        source: ReadBaselineError,
    },
    /// A workspace's own directory cannot be used.
    #[error("cannot read what is recorded in `{}`", dir.display())]
    Dir {
        /// The workspace's directory.
        dir: PathBuf,
        /// Why not.
        source: OwnDirError,
    },
    /// A journal cannot be read.
    #[error("cannot read what is recorded in `{}`", dir.display())]
    Journal {
        /// The workspace's directory.
        dir: PathBuf,
        /// Why not.
        source: JournalError,
    },
    /// It cannot be told which records were kept for this state directory.
    #[error("cannot tell which records are of sessions of this state directory")]
    State(#[source] StateIdError),
    /// There is no git to make a patch with.
    #[error("there is no patch: `{}` is not in a git repository", dir.display())]
    NoRepository {
        /// The workspace's directory.
        dir: PathBuf,
        /// What git said.
        source: Box<GitError>,
    },
    /// The files cannot be listed.
    #[error("cannot list the files of workspace `{name}`")]
    Walk {
        /// The workspace.
        name: WorkspaceName,
        /// Why not.
        source: WalkError,
    },
}

impl ViewError {
    /// Returns how a caller may treat the error.
    #[must_use]
    pub fn kind(&self) -> WorkspaceErrorKind {
        match self {
            Self::NoRecord { .. } | Self::Over { .. } => WorkspaceErrorKind::NotFound,
            Self::NotRecorded { .. }
            | Self::Unmeasured { .. }
            | Self::Baseline { .. }
            | Self::Dir { .. }
            | Self::Journal { .. }
            | Self::State(_)
            | Self::NoRepository { .. }
            | Self::Walk { .. } => WorkspaceErrorKind::Failed,
        }
    }

    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotRecorded { .. } => Some(
                "it was made with `--no-record` or `record = false`; a new workspace is recorded"
                    .into(),
            ),
            Self::NoRecord { target } => Some(format!(
                "a session that runs is recorded once somebody enters it: `abide attach '{target}'`"
            )),
            Self::Over { target, .. } => Some(format!(
                "`abide summary '{target}'` shows what it changed, `abide log '{target}'` all of \
                 its sessions"
            )),
            Self::Unmeasured { .. } | Self::Baseline { .. } => Some(
                "the record will say the same; the next session is measured from its start".into(),
            ),
            Self::Dir { source, .. } => Some(source.hint()),
            Self::Journal { source, .. } => source.hint(),
            Self::State(source) => Some(source.hint()),
            Self::NoRepository { .. } => {
                Some("without `--patch` the files are listed that were changed".into())
            }
            Self::Walk { source, .. } => Some(source.hint()),
        }
    }
}
