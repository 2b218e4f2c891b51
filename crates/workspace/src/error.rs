//! Why a workspace could not be made, found, entered or deleted, and what to do next.

mod orphan;
mod unkept;
mod view;

use std::path::PathBuf;

use abide_core::backend::{BackendError, BackendKind, ErrorKind, Source, Survivor};

pub use self::{orphan::OrphanError, unkept::Unkept, view::ViewError};

use crate::{
    backends::{NoBackend, Unusable},
    desk::LookError,
    entry::Refusal,
    git::GitError,
    keeper::KeeperError,
    kept::KeepError,
    name::{Target, WorkspaceName},
    record::{Stage, WorkspaceState},
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
    /// The directory of a workspace was removed, or moved away.
    #[error("the directory `{}` of workspace `{name}` is not there any more", dir.display())]
    DirectoryGone {
        /// The workspace.
        name: WorkspaceName,
        /// The directory.
        dir: PathBuf,
    },
    /// Another process makes, starts or deletes it at this moment.
    #[error("workspace `{name}` is being {action} by another process")]
    Claimed {
        /// The workspace.
        name: WorkspaceName,
        /// What the other one does.
        action: &'static str,
    },
    /// A workspace in which nothing can be launched, because it is not made, or half deleted.
    #[error("nothing can be launched in workspace `{name}`: its state is {state}")]
    NotReady {
        /// The workspace.
        name: WorkspaceName,
        /// Its state.
        state: WorkspaceState,
    },
    /// A session of the name that was asked for runs something else.
    #[error("session `{target}` is there already, and runs `{other}`")]
    RunsOther {
        /// The session.
        target: Target,
        /// What it runs.
        other: String,
    },
    /// The main session was to be deleted alone.
    #[error("the main session of `{name}` goes with its workspace alone")]
    MainSession {
        /// The workspace.
        name: WorkspaceName,
    },
    /// A session runs that would have to end.
    #[error("cannot delete session `{target}`: it {doing}")]
    SessionRuns {
        /// The session.
        target: Target,
        /// What it does.
        doing: &'static str,
    },
    /// A session is over whose record cannot be completed.
    #[error("session `{target}` has ended, and its record is not complete")]
    RecordIncomplete {
        /// The session.
        target: Target,
        /// Why not.
        source: Box<WorkspaceError>,
    },
    /// A launch of which it is not known what it did.
    #[error("session `{target}` may not have been started, and stays in the list")]
    HalfLaunched {
        /// The session.
        target: Target,
        /// Why it is not known.
        source: Box<BackendError>,
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
    /// No backend that a new session may get can be used.
    #[error(transparent)]
    NoBackend(#[from] NoBackend),
    /// A session was made by a backend that cannot be used now.
    #[error("session `{target}` was made by the backend `{kind}`, which cannot be used now")]
    BackendUnusable {
        /// The session.
        target: Target,
        /// The backend that is stored with it.
        kind: BackendKind,
        /// Why it cannot be used.
        source: Unusable,
    },
    /// A session was made by a backend that this release does not know.
    #[error("session `{target}` was made by the backend `{}`, which this release does not know", name.escape_debug())]
    BackendUnknown {
        /// The session.
        target: Target,
        /// The backend that is stored with it.
        name: String,
    },
    /// It is not stored which backend made a session, and not every backend can be asked.
    #[error("cannot tell which backend made session `{target}`: `{kind}` cannot be asked")]
    BackendUnsettled {
        /// The session.
        target: Target,
        /// The backend that cannot be asked.
        kind: BackendKind,
        /// Why it cannot.
        source: Unusable,
    },
    /// An orphan cannot be found, adopted or reaped.
    #[error(transparent)]
    Orphan(#[from] OrphanError),
    /// The backend refused or failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A session is not entered.
    #[error("cannot enter `{target}`: {refusal}")]
    NotEntered {
        /// The session.
        target: Target,
        /// Why not.
        refusal: Refusal,
    },
    /// It cannot be told who is responsible for a workspace.
    #[error("cannot tell who is responsible for workspace `{name}`")]
    Look {
        /// The workspace.
        name: WorkspaceName,
        /// Why not.
        source: LookError,
    },
    /// Nobody could be made responsible for a session, or its start could not be recorded.
    #[error("cannot keep a record of `{target}`")]
    NotKept {
        /// The session.
        target: Target,
        /// Why not.
        source: KeeperError,
    },
    /// What is recorded, or what a session changed, cannot be shown.
    #[error(transparent)]
    View(#[from] ViewError),
    /// Git, or what was asked of it, failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A stage of making a workspace failed; what was made for it was taken away again.
    #[error(
        "cannot make workspace `{name}`: its stage `{stage}` failed, and nothing is left of it"
    )]
    NotMade {
        /// The workspace.
        name: WorkspaceName,
        /// The stage.
        stage: Stage,
        /// Why it failed.
        source: Box<WorkspaceError>,
    },
    /// A stage failed, and the workspace stays as far as it got.
    #[error("workspace `{name}` stays in the list in error: its stage `{stage}` failed")]
    Stuck {
        /// The workspace.
        name: WorkspaceName,
        /// The stage.
        stage: Stage,
        /// Why it failed.
        source: Box<WorkspaceError>,
    },
    /// A worktree has work that is nowhere else.
    #[error("cannot delete workspace `{name}`: `{}` has work that is nowhere else: {work}", dir.display())]
    HasWork {
        /// The workspace.
        name: WorkspaceName,
        /// Its worktree.
        dir: PathBuf,
        /// What it is.
        work: Box<Unkept>,
    },
    /// What is recorded in a worktree cannot be kept beyond it.
    #[error("cannot keep the records of workspace `{name}`")]
    RecordsNotKept {
        /// The workspace.
        name: WorkspaceName,
        /// Why not.
        source: KeepError,
    },
    /// What is kept of workspaces that were deleted cannot be read.
    #[error("cannot read which records are kept of workspaces that were deleted")]
    KeptUnreadable(#[source] KeepError),
    /// A workspace is deleted too far to be entered.
    #[error("workspace `{name}` is half deleted, and its worktree is gone")]
    HalfDeleted {
        /// The workspace.
        name: WorkspaceName,
    },
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
            Self::Claimed { .. }
            | Self::Running { .. }
            | Self::SessionRuns { .. }
            | Self::RunsOther { .. } => Kind::Busy,
            Self::HasWork { .. }
            | Self::HalfDeleted { .. }
            | Self::RelativeDirectory { .. }
            | Self::DirectoryGone { .. }
            | Self::NotReady { .. }
            | Self::MainSession { .. } => Kind::Refused,
            Self::Git(error) if error.is_refusal() => Kind::Refused,
            Self::Git(_) => Kind::Failed,
            Self::NotMade { source, .. }
            | Self::Stuck { source, .. }
            | Self::RecordIncomplete { source, .. } => source.kind(),
            Self::Orphan(error) => error.kind(),
            Self::View(error) => error.kind(),
            Self::NotEntered { refusal, .. } => match refusal {
                Refusal::NothingThere => Kind::NotFound,
                Refusal::HeldElsewhere { .. } => Kind::Busy,
                Refusal::Unresponsive | Refusal::Unavailable => Kind::BackendUnavailable,
            },
            Self::Look { .. }
            | Self::NotKept { .. }
            | Self::RecordsNotKept { .. }
            | Self::KeptUnreadable(_) => Kind::Failed,
            Self::NoBackend(_)
            | Self::BackendUnusable { .. }
            | Self::BackendUnknown { .. }
            | Self::BackendUnsettled { .. } => Kind::BackendUnavailable,
            Self::Lock { .. } | Self::Survivors { .. } => Kind::Failed,
            Self::Backend(source) => of_backend(source),
            Self::HalfMade { source, .. } | Self::HalfLaunched { source, .. } => of_backend(source),
            Self::Store(StoreError::NameTaken { .. } | StoreError::SessionTaken { .. }) => {
                Kind::Refused
            }
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
            Self::DirectoryGone { name, .. } => Some(format!(
                "put it back or make it again, or give the workspace up with `abide delete '{name}'`"
            )),
            Self::Orphan(error) => error.hint(),
            Self::View(error) => error.hint(),
            Self::NotEntered { refusal, .. } => Some(refusal.hint().into()),
            Self::Look { source, .. } => Some(source.hint()),
            Self::NotKept { source, .. } => Some(source.hint()),
            Self::NoBackend(error) => Some(error.hint()),
            Self::BackendUnusable { kind, source, .. }
            | Self::BackendUnsettled { kind, source, .. } => Some(no_other(*kind, source)),
            Self::NotReady { name, .. } => Some(format!(
                "`abide info '{name}'` says why; `abide resume '{name}'` or `abide delete '{name}'` \
                 goes on from there"
            )),
            Self::RunsOther { target, .. } => Some(format!(
                "choose another name, enter it with `abide resume '{target}'`, or delete it with \
                 `abide delete '{target}'`"
            )),
            Self::MainSession { name } => Some(format!(
                "`abide stop '{name}'` ends it; `abide delete '{name}'` deletes the workspace"
            )),
            Self::SessionRuns { target, .. } => Some(format!(
                "end it first with `abide stop '{target}'`, or delete with `--force`"
            )),
            Self::RecordIncomplete { source, .. } => {
                let cause = source.hint().map(|hint| format!("{hint}; "));
                Some(format!(
                    "{}nothing was deleted: delete again, or with `--force` without a whole record",
                    cause.unwrap_or_default()
                ))
            }
            Self::HalfLaunched { target, .. } => Some(format!(
                "`abide info '{target}'` shows what is there; launching it again goes on from there"
            )),
            Self::Running { name, .. } => Some(format!(
                "end it first with `abide stop '{name}' --all`, or delete with `--force`"
            )),
            Self::Survivors { .. } => {
                Some("end these processes yourself, then delete again".into())
            }
            Self::BackendUnknown { .. } => {
                Some("use the release that made it, or a newer one; nothing was changed".into())
            }
            Self::Backend(source) => source.hint(),
            Self::Store(source) => source.hint(),
            Self::Git(source) => source.hint(),
            Self::NotMade { source, .. } => source.hint(),
            Self::Stuck { name, source, .. } => Some(source.hint().unwrap_or_else(|| {
                format!("`abide info '{name}'` shows how far it got; the same command goes on")
            })),
            Self::HasWork { name, .. } => Some(format!(
                "commit it, or `abide delete --force '{name}'`, which keeps it in the repository \
                 and prints where"
            )),
            Self::RecordsNotKept { name, source } => Some(format!(
                "{}; `abide delete --force '{name}'` deletes it without them",
                source.hint()
            )),
            Self::KeptUnreadable(source) => Some(source.hint()),
            Self::HalfDeleted { name } => Some(format!("`abide delete '{name}'` goes on")),
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

/// Says what to do about a backend that a session needs, and that nothing was done without it.
fn no_other(kind: BackendKind, unusable: &Unusable) -> String {
    let todo = match &unusable.hint {
        Some(hint) => hint.clone(),
        None => format!("make `{kind}` usable again; `abide doctor` shows more"),
    };
    format!("{todo}; nothing was changed, and no other backend is used in its place")
}

fn list(survivors: &[Survivor]) -> String {
    let names: Vec<_> = survivors
        .iter()
        .map(|survivor| format!("{} ({})", survivor.pid, survivor.name))
        .collect();
    names.join(", ")
}
