//! Workspaces: directories with terminal sessions that outlive whoever made them.
//!
//! Callers use one handle, [`Workspaces`]. It keeps what must be remembered in a database of its
//! own and reaches terminals only through [`abide_core::backend::TerminalBackend`]: the backend
//! that made a session is remembered with it, and what that backend is made of is its own affair. There is no daemon: any number of processes open the same state
//! directory at once.
//!
//! - [`name`]: names and targets, validated at the edge; [`lookup`]: how a person's text finds one
//! - [`record`]: what is remembered of a workspace and of its sessions
//! - [`backends`]: which backends can be used, and which one new sessions get
//! - [`walk`]: the files of a workspace at an instant; [`journal`]: its records on disk
//! - [`desk`]: a workspace's `.abide`: its lock, its lease, and what the lease's holder records
//! - [`keeper`]: the process that is responsible for a directory's sessions, and how it is started
//! - [`kept`]: records of workspaces whose directory went with them
//! - [`targets`]: the agents and shells that sessions run, by name
//! - [`service`]: [`Workspaces`] and what it answers
//! - [`entry`]: what entering a session does, by what it and its lease are found to be
//! - [`error`]: [`WorkspaceError`], its kinds and hints
//! - [`store`]: what must be remembered, as a trait, and the embedded database behind it
//! - `git`: the one place that runs git; `worktree`: worktrees and branches made for workspaces
//! - `claim`: the kernel lock on one workspace
//! - `files`: files whose directory others can write to; `state_id`: what names a state directory
//!
//! What a session *is doing* is never stored: it is asked of the backend each time.

#![forbid(unsafe_code)]

pub mod backends;
mod claim;
pub mod desk;
pub mod entry;
pub mod error;
mod files;
mod git;
pub mod journal;
pub mod keeper;
pub mod kept;
pub mod lookup;
pub mod name;
pub mod record;
pub mod service;
mod state_id;
pub mod store;
mod sys;
pub mod targets;
pub mod walk;
mod worktree;

pub use self::{
    backends::{Backends, Preference},
    error::{OrphanError, ViewError, WorkspaceError, WorkspaceErrorKind},
    git::GitError,
    keeper::{Keepers, Keeping},
    name::{AgentName, SessionName, Target, WorkspaceName},
    service::Workspaces,
    state_id::StateIdError,
    store::{DATABASE_FILE, SqliteStore, Store, StoreError},
};
