//! What to run: the wanted session.

use std::{ffi::OsString, path::PathBuf};

use crate::{
    env_policy::Environment,
    id::{Generation, SessionId},
    limits,
    size::TermSize,
};

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// An absolute path, or a name to be found on the PATH of the session's environment.
    pub program: OsString,
    /// What follows the program's name.
    pub args: Vec<OsString>,
}

impl Command {
    /// Returns the command with these words.
    pub fn new<W: Into<OsString>>(
        program: impl Into<OsString>,
        args: impl IntoIterator<Item = W>,
    ) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
        }
    }
}

/// A session that somebody wants to be running.
#[derive(Debug, Clone)]
pub struct SessionSpec {
    /// The session's name for ever.
    pub session: SessionId,
    /// What to run on the terminal.
    pub command: Command,
    /// Where to run it: an absolute path of a directory that exists.
    pub cwd: PathBuf,
    /// The whole environment of the child, except what the terminal itself determines.
    pub env: Environment,
    /// The terminal's size at the start.
    pub size: TermSize,
    /// Memory for what is kept for clients that come back, output and lines of the screen, in bytes.
    pub history_bytes: u64,
    /// Whether screen and history are kept where they outlive the process that holds the session.
    /// A backend that cannot do that leaves it.
    pub journal: bool,
    /// The ended start that this one follows. Without it, an ended session stays ended.
    pub replaces: Option<Generation>,
}

impl SessionSpec {
    /// Returns a spec with the default size and history, that follows no earlier start.
    #[must_use]
    pub fn new(session: SessionId, command: Command, cwd: PathBuf, env: Environment) -> Self {
        Self {
            session,
            command,
            cwd,
            env,
            size: TermSize::DEFAULT,
            history_bytes: limits::HISTORY_BYTES,
            journal: true,
            replaces: None,
        }
    }
}
