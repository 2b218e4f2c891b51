//! Why a command could not do what was asked, the code it ends with, and what to do next.

use std::{ffi::OsString, io, path::PathBuf};

use abide_workspace::{Target, WorkspaceError, name::ParseNameError};

use crate::{
    agent::AgentError, config::ConfigError, dirs::DirsError, environment::EnvironmentError,
    exit::Exit, setting::SettingError, viewer::ViewerError,
};

/// Why a command could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The workspaces refused or failed.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The directories are not known.
    #[error(transparent)]
    Dirs(#[from] DirsError),
    /// A variable was asked for that cannot be given to a session.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The terminal or the session's connection failed while attached.
    #[error(transparent)]
    Viewer(#[from] ViewerError),
    /// A variable of our own says what cannot be used.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The program that shows a session cannot be run.
    #[error("cannot run `{}` to show `{target}`", program.display())]
    NoClient {
        /// The session.
        target: Target,
        /// The program.
        program: OsString,
        /// Why not.
        source: io::Error,
    },
    /// Some orphans could not be reaped; each was told.
    #[error("{left} of {all} orphans could not be reaped; see above")]
    NotAllReaped {
        /// How many are left.
        left: usize,
        /// How many there were.
        all: usize,
        /// The code of the first that is left.
        exit: Exit,
    },
    /// Somebody was asked whether to take over, and did not say yes.
    #[error("`{target}` is left to `{host}`")]
    NotTakenOver {
        /// The session.
        target: Target,
        /// The host that is responsible for it.
        host: String,
    },
    /// A session cannot be shown on itself.
    #[error("cannot attach to `{target}` from inside it")]
    NestedInItself {
        /// The session.
        target: Target,
    },
    /// A part of a name was given where the whole one is asked for.
    #[error("there is no {what} `{target}` to delete")]
    NotTheWholeName {
        /// Workspace or session.
        what: &'static str,
        /// What was given.
        target: Target,
        /// The one whose name has it.
        whole: Target,
    },
    /// Deleting would end the very command that deletes.
    #[error("cannot delete `{target}` from inside it")]
    DeleteFromInside {
        /// The workspace.
        target: Target,
    },
    /// All sessions of one session were meant.
    #[error("`{target}` is one session; `--all` is for those of a workspace")]
    AllOfASession {
        /// What was named.
        target: Target,
    },
    /// A session cannot have the name that was given.
    #[error("a session cannot be called that")]
    SessionName(#[source] ParseNameError),
    /// An agent cannot be run.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// There is no such setting.
    #[error("there is no setting `{}`", key.escape_debug())]
    NoSetting {
        /// What was asked for.
        key: String,
    },
    /// Nothing was recorded in a directory.
    #[error("nothing was recorded in `{}`{}", dir.display(), or_above(*is_above))]
    NothingRecorded {
        /// The directory.
        dir: PathBuf,
        /// Whether those above it were looked at too.
        is_above: bool,
    },
    /// No record has an id like that.
    #[error("there is no record `{text}`")]
    NoRecord {
        /// What was given.
        text: String,
    },
    /// Several records have an id that begins so.
    #[error("`{text}` may be any of these records: {}", ids.join(", "))]
    SeveralRecords {
        /// What was given.
        text: String,
        /// The ids.
        ids: Vec<String>,
    },
    /// The current directory is gone, or cannot be named.
    #[error("cannot tell the current directory")]
    NoCurrentDirectory(#[source] io::Error),
    /// A directory cannot be made a workspace.
    #[error("cannot use the directory `{}`", path.display())]
    BadDirectory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is nothing to send.
    #[error("there is nothing to send")]
    NothingToSend,
    /// Standard input cannot be read.
    #[error("cannot read standard input")]
    Input(#[source] io::Error),
    /// The result cannot be written.
    #[error("cannot write the result")]
    Output(#[from] io::Error),
    /// Time ran out.
    #[error("`{target}` did not {what} in time")]
    WaitTimedOut {
        /// The session.
        target: Target,
        /// What was waited for.
        what: String,
    },
    /// The stream of output is over, and the session is not.
    #[error("the connection to `{target}` was lost")]
    ConnectionLost {
        /// The session.
        target: Target,
    },
    /// The session ended first.
    #[error("`{target}` ended without what was waited for: {outcome}")]
    EndedUnmatched {
        /// The session.
        target: Target,
        /// How it ended.
        outcome: String,
    },
    /// The session is over, and nobody saw how it ended.
    #[error("`{target}` is over, and how it ended is not known: {outcome}")]
    OutcomeUnknown {
        /// The session.
        target: Target,
        /// What is known of it.
        outcome: String,
    },
    /// Processes outlived the stop of their session.
    #[error("`{target}` left processes behind that could not be ended: {survivors}")]
    Survivors {
        /// The session.
        target: Target,
        /// The processes.
        survivors: String,
    },
    /// The doctor found something.
    #[error("something is wrong; see above")]
    Unhealthy,
    /// The program cannot run anything at all.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl CliError {
    /// Returns the code to end with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Workspace(error) => error.kind().into(),
            Self::Config(_)
            | Self::Dirs(_)
            | Self::Environment(_)
            | Self::Setting(_)
            | Self::NestedInItself { .. }
            | Self::DeleteFromInside { .. }
            | Self::AllOfASession { .. }
            | Self::SessionName(_)
            | Self::NoSetting { .. }
            | Self::Agent(AgentError::Unknown { .. } | AgentError::NotThere(_))
            | Self::NothingToSend => Exit::USAGE,
            Self::NotTheWholeName { .. } | Self::NothingRecorded { .. } | Self::NoRecord { .. } => {
                Exit::NOT_FOUND
            }
            Self::NotTakenOver { .. } => Exit::BUSY,
            Self::Agent(AgentError::Unavailable { .. }) => Exit::PROGRAM_NOT_FOUND,
            Self::NotAllReaped { exit, .. } => *exit,
            Self::OutcomeUnknown { .. } => Exit::LOST,
            Self::WaitTimedOut { .. } => Exit::TIMED_OUT,
            Self::Viewer(ViewerError::NoTerminal { .. }) => Exit::USAGE,
            Self::Viewer(ViewerError::Lost { .. } | ViewerError::Closed { .. })
            | Self::ConnectionLost { .. }
            | Self::NoClient { .. } => Exit::BACKEND,
            Self::Viewer(ViewerError::Terminal { .. })
            | Self::BadDirectory { .. }
            | Self::SeveralRecords { .. }
            | Self::NoCurrentDirectory(_)
            | Self::Input(_)
            | Self::Output(_)
            | Self::EndedUnmatched { .. }
            | Self::Survivors { .. }
            | Self::Unhealthy
            | Self::Runtime(_) => Exit::FAILURE,
        }
    }

    /// Says what to do next, where something can be done.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Workspace(error) => error.hint(),
            Self::Config(error) => Some(error.hint()),
            Self::Environment(error) => Some(error.hint()),
            Self::Viewer(error) => error.hint(),
            Self::Setting(error) => Some(error.hint()),
            Self::NoClient { .. } => Some(
                "`abide doctor` says whether the backend can be used; the session goes on".into(),
            ),
            Self::NotTakenOver { .. } => {
                Some("`abide attach --view` watches it, where its backend is here".into())
            }
            Self::NestedInItself { .. } => Some("detach from it first".into()),
            Self::NotTheWholeName { whole, .. } => {
                Some(format!("deleting takes the whole name; there is `{whole}`"))
            }
            Self::DeleteFromInside { .. } => {
                Some("detach from it first, or run this elsewhere".into())
            }
            Self::AllOfASession { target } => Some(format!(
                "`abide stop '{target}'` ends it; `abide stop '{}' --all` ends all",
                target.workspace
            )),
            Self::Agent(error) => Some(error.hint()),
            Self::NoSetting { .. } => Some("`abide config explain` lists all of them".into()),
            Self::BadDirectory { .. } => {
                Some("make the directory first, or name another with `--dir`".into())
            }
            Self::NothingRecorded { .. } => Some(
                "`abide list` shows the workspaces; name one, or a directory with `--dir`".into(),
            ),
            Self::NoRecord { .. } => Some("`abide log` shows what there is".into()),
            Self::SeveralRecords { .. } => Some("write more of the id".into()),
            Self::NoCurrentDirectory(_) => {
                Some("name a workspace, or a directory with `--dir`".into())
            }
            Self::NothingToSend => {
                Some("name a text, `--keys` or `--enter`, or pipe something in".into())
            }
            Self::Dirs(error) => Some(error.hint()),
            Self::WaitTimedOut { .. } => Some(
                "the session was left as it is; the offset reached is on standard output".into(),
            ),
            Self::ConnectionLost { .. } => Some("`abide doctor` shows more".into()),
            Self::EndedUnmatched { target, .. } | Self::OutcomeUnknown { target, .. } => {
                Some(format!("`abide capture '{target}'` shows its last screen"))
            }
            Self::NotAllReaped { .. }
            | Self::Input(_)
            | Self::Output(_)
            | Self::SessionName(_)
            | Self::Survivors { .. }
            | Self::Unhealthy
            | Self::Runtime(_) => None,
        }
    }

    /// Tells whether whoever read the result has stopped reading, which is nobody's fault.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

fn or_above(is_above: bool) -> &'static str {
    match is_above {
        true => " or a directory above it",
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves C5
    #[test]
    fn without_a_terminal_the_hint_names_what_works_without_one() {
        let error = CliError::from(ViewerError::NoTerminal { stream: "input" });
        assert_eq!(error.exit(), Exit::USAGE);
        let hint = error.hint().unwrap();
        for word in ["capture", "send", "--no-attach"] {
            assert!(hint.contains(word), "{hint}");
        }
    }

    #[test]
    fn a_closed_pipe_is_told_from_a_full_disk() {
        let closed = CliError::Output(io::ErrorKind::BrokenPipe.into());
        let full = CliError::Output(io::ErrorKind::StorageFull.into());
        assert!(closed.is_closed_pipe() && !full.is_closed_pipe());
    }
}
