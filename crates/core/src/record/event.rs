//! What may happen to a record.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Changes, Origin};
use crate::{
    backend::{EndCause, ExitOutcome, LostReason},
    clock::Timestamp,
    id::{Generation, SessionId},
    lease::Mode,
};

/// One thing that happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A keeper began the record.
    Opened(Opened),
    /// The session's start became known.
    Started(Started),
    /// Another keeper went on with the record.
    Adopted(Adopted),
    /// It was settled what changes are measured against.
    Baseline(Baseline),
    /// The session was found to be over.
    Ended(Ended),
    /// It was found what the session changed.
    Changed(Changes),
    /// The record is complete.
    Finalized,
    /// The session was never started; views leave the record out.
    Abandoned,
}

/// The beginning of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The session.
    pub session: SessionId,
    /// Where the keeper was.
    #[serde(flatten)]
    pub origin: Origin,
    /// The agent that the session runs, by name.
    pub agent: Option<String>,
    /// What kind of thing it runs.
    pub mode: Mode,
}

/// A start of the record's session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Its name.
    pub generation: Generation,
    /// When the child was started.
    pub started_at: Timestamp,
}

/// A take-over by another keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// Where it was.
    #[serde(flatten)]
    pub origin: Origin,
}

/// What changes are measured against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "baseline", rename_all = "snake_case")]
pub enum Baseline {
    /// A manifest from before the session.
    Taken {
        /// How many files it lists.
        files: u64,
    },
    /// The manifest that an earlier keeper took.
    Kept {
        /// How many files it lists.
        files: u64,
    },
    /// A manifest taken while the session ran: what changed before is unknown.
    Late {
        /// How many files it lists.
        files: u64,
        /// Why there was none from before.
        why: String,
    },
    /// None.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// The end of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How its child ended.
    pub outcome: ExitOutcome,
    /// When, if anybody knows.
    pub ended_at: Option<Timestamp>,
    /// What brought it about.
    pub reason: EndReason,
    /// How the keeper knows.
    pub detected: Detected,
}

/// What brought the end of a session about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its child ended by itself.
    Exited,
    /// Somebody stopped it, or the system did at a logout or a shutdown.
    Stopped,
    /// The process or server that held it was lost.
    HostLost,
    /// The machine was restarted.
    Rebooted,
}

impl EndReason {
    /// Tells the reason from what a backend knows.
    #[must_use]
    pub fn of(outcome: &ExitOutcome, cause: Option<EndCause>) -> Self {
        match (outcome, cause) {
            (ExitOutcome::Lost { reason }, _) => match reason {
                LostReason::HolderDied | LostReason::HostLost => Self::HostLost,
                LostReason::Rebooted => Self::Rebooted,
            },
            (_, Some(EndCause::Shutdown | EndCause::Stopped)) => Self::Stopped,
            (ExitOutcome::Exited { .. } | ExitOutcome::Signaled { .. }, None) => Self::Exited,
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exited => "exited",
            Self::Stopped => "stopped",
            Self::HostLost => "host lost",
            Self::Rebooted => "rebooted",
        })
    }
}

/// How a keeper knows that a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detected {
    /// Its backend said so when it happened.
    Told,
    /// The keeper lost the backend, and looked.
    Looked,
    /// It was over when a keeper adopted it.
    AtAdoption,
}

impl fmt::Display for Detected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Told => "told by the backend",
            Self::Looked => "found by its keeper",
            Self::AtAdoption => "found at adoption",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves M4
    #[test]
    fn the_reason_of_an_end_follows_from_what_is_known_of_it() {
        let exited = ExitOutcome::Exited { code: 0 };
        let lost = |reason| ExitOutcome::Lost { reason };
        let stopped = Some(EndCause::Stopped);
        let cases = [
            (exited.clone(), None, EndReason::Exited),
            (exited.clone(), stopped, EndReason::Stopped),
            (exited, Some(EndCause::Shutdown), EndReason::Stopped),
            (lost(LostReason::HolderDied), stopped, EndReason::HostLost),
            (lost(LostReason::HostLost), None, EndReason::HostLost),
            (lost(LostReason::Rebooted), None, EndReason::Rebooted),
        ];
        for (outcome, cause, expected) in cases {
            assert_eq!(EndReason::of(&outcome, cause), expected, "{outcome}");
        }
    }
}
