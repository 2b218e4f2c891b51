//! Why tmux could not do what was asked.

use std::{ffi::OsString, io, time::Duration};

use crate::{listing::BadLine, run::MAX_PROCESSES};

/// Why a run of tmux gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TmuxError {
    /// The program could not be started.
    #[error("cannot run `{}`", program.display())]
    NotRun {
        /// The first word of the configured command.
        program: OsString,
        /// Why.
        source: io::Error,
    },
    /// It did not end in time; it was ended.
    #[error("`{} {verb}` gave no answer within {} ms", program.display(), waited.as_millis())]
    TimedOut {
        /// The first word of the configured command.
        program: OsString,
        /// What it was to do.
        verb: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// As many as may run did not end in time for this one.
    #[error("{MAX_PROCESSES} other runs of tmux did not end within {} ms", waited.as_millis())]
    TooMany {
        /// How long it was waited.
        waited: Duration,
    },
    /// It failed in a way that says nothing of what there is.
    #[error("`{} {verb}` failed ({how}){}", program.display(), said(text))]
    Failed {
        /// The first word of the configured command.
        program: OsString,
        /// What it was to do.
        verb: String,
        /// How it ended.
        how: String,
        /// What it printed, shortened.
        text: String,
    },
    /// It answered with something else than was asked for.
    #[error(transparent)]
    Unreadable(#[from] BadLineError),
}

/// A line of an answer that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BadLineError(#[from] BadLine);

impl From<BadLine> for TmuxError {
    fn from(err: BadLine) -> Self {
        Self::Unreadable(err.into())
    }
}

impl TmuxError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotRun { .. } => {
                "sessions in tmux go on; install tmux again, or see that it is on PATH".into()
            }
            Self::TimedOut { .. } | Self::TooMany { .. } => {
                "nothing was changed; see whether the tmux server is stopped or the machine is busy"
                    .into()
            }
            Self::Failed { .. } | Self::Unreadable(_) => {
                "nothing was concluded from that; run the command by hand to see what it says"
                    .into()
            }
        }
    }
}

fn said(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!(": {text}"),
    }
}
