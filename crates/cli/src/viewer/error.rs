//! Why a viewer could not show a session, or had to stop.

use std::io;

use abide_core::backend::{BackendError, ErrorKind};

/// Why a viewer could not show a session, or had to stop. That says nothing of the session itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ViewerError {
    /// There is no terminal to show it on.
    #[error("cannot attach without a terminal: standard {stream} is not one")]
    NoTerminal {
        /// Which of the standard streams.
        stream: &'static str,
    },
    /// The terminal does not do what is asked of it.
    #[error("cannot {action} the terminal")]
    Terminal {
        /// What was asked.
        action: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The connection to the session broke.
    #[error("lost the connection to `{name}`")]
    Lost {
        /// The session.
        name: String,
        /// Why.
        source: BackendError,
    },
    /// The connection to the session ended without a word about the session.
    #[error("the connection to `{name}` was closed")]
    Closed {
        /// The session.
        name: String,
    },
}

impl ViewerError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NoTerminal { .. } => Some(
                "`abide capture` prints the screen, `abide send` types, and `--no-attach` starts \
                 a session without showing it"
                    .into(),
            ),
            Self::Terminal { .. } => None,
            Self::Lost { name, source } if source.kind() == ErrorKind::Gone => {
                Some(format!("`abide info {name}` shows what became of it"))
            }
            Self::Lost { name, .. } | Self::Closed { name } => Some(format!(
                "`abide info {name}` shows what became of it; if it lives, `abide attach {name}` \
                 goes back to it"
            )),
        }
    }
}
