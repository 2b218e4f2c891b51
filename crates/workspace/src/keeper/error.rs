//! Why nobody could be made responsible for a session, and what to do next.

use std::io;

use super::talk::TalkError;

/// Why nobody could be made responsible for a session, or no record of it be written.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// No process could be started.
    #[error("cannot start a keeper")]
    Start(#[source] io::Error),
    /// It ended and said nothing.
    #[error("the keeper ended without a word{}", log_tail.as_deref().map(|tail| format!("; the end of its log:\n{tail}")).unwrap_or_default())]
    Silent {
        /// The end of its log.
        log_tail: Option<String>,
    },
    /// It said why it cannot.
    #[error("{message}")]
    Failed {
        /// What it said.
        message: String,
        /// What it said to do.
        hint: Option<String>,
    },
    /// It did not answer.
    #[error(transparent)]
    Talk(#[from] TalkError),
    /// There is a keeper, and it cannot be reached.
    #[error("cannot reach {holder}, which keeps the sessions of this directory")]
    Unreachable {
        /// Who holds the lease.
        holder: String,
        /// Its process.
        pid: u32,
        /// Why not.
        source: io::Error,
    },
    /// A keeper on another machine has the sessions of the directory, or says so.
    #[error("{holder} keeps the sessions of this directory")]
    Elsewhere {
        /// Who holds the lease.
        holder: String,
    },
    /// What is there changed each time that it was looked at.
    #[error("keepers came and went {looks} times while one was asked for")]
    Restless {
        /// How often it was looked.
        looks: u32,
    },
}

impl KeeperError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Failed {
                hint: Some(hint), ..
            } => hint.clone(),
            Self::Unreachable { pid, .. } => format!(
                "it was asked to make itself reachable; it may serve another state directory: end \
                 its sessions there. Else end process {pid}: its sessions go on, and the next entry \
                 adopts them. `abide new --no-record` works without a record"
            ),
            Self::Elsewhere { .. } => {
                "enter the session to take over from it; its record is completed then".into()
            }
            Self::Talk(TalkError::TimedOut { .. }) | Self::Restless { .. } => {
                "nothing was ended; try again".into()
            }
            Self::Start(_) | Self::Silent { .. } | Self::Talk(_) | Self::Failed { .. } => {
                "nothing was ended; `abide new --no-record` works without a record".into()
            }
        }
    }
}
