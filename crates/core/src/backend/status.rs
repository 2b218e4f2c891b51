//! What was observed of a session, and what is left of one.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::BackendKind;
use crate::{
    clock::Timestamp,
    id::{ClientId, Generation, SessionId},
    replay::Offset,
    size::TermSize,
};

/// One observation of one session.
///
/// Its parameter is what is known of a session that runs: all of it if its holder was asked, and
/// [`Alive`] if only a list was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionStatus<R = Running> {
    /// The session observed.
    pub session: SessionId,
    /// The backend that holds it.
    pub backend: BackendKind,
    /// The start observed; none while the first one is being made.
    pub generation: Option<Generation>,
    /// What it was doing.
    pub state: SessionState<R>,
}

/// A session in a list: seen by its locks and files, and not asked.
pub type Listed = SessionStatus<Alive>;

/// What a session was observed to be doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum SessionState<R = Running> {
    /// Somebody is starting or removing it at this moment.
    Starting,
    /// Its child runs.
    Running(R),
    /// Its child has ended, or its holder was lost.
    Ended(Ended),
    /// Its holder is alive and did not answer in time, or it cannot be told what there is. Nothing
    /// may be concluded from that.
    Unresponsive {
        /// The process that holds the session, if it is known.
        holder_pid: Option<u32>,
        /// What was tried, and what came of it.
        reason: String,
    },
}

/// A session that runs, as far as that is known without asking its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alive {
    /// The child's process id.
    pub pid: u32,
    /// When the child was started.
    pub started_at: Timestamp,
}

/// A session whose child runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The child's process id.
    pub pid: u32,
    /// When the child was started.
    pub started_at: Timestamp,
    /// When the child last printed something.
    pub last_output_at: Option<Timestamp>,
    /// The terminal's size.
    pub size: TermSize,
    /// Bytes printed so far.
    pub offset: Offset,
    /// The title that the child gave its terminal.
    pub title: Option<String>,
    /// Who types and sizes.
    pub controller: Option<Holder>,
    /// How many clients only watch.
    pub viewers: u32,
    /// What the holder cannot do at present although the session goes on, such as keep its history
    /// on disk.
    pub problem: Option<String>,
}

impl<R> SessionState<R> {
    /// Returns the same state with something else known of a session that runs.
    #[must_use]
    pub fn map_running<S>(self, known: impl FnOnce(R) -> S) -> SessionState<S> {
        match self {
            Self::Starting => SessionState::Starting,
            Self::Running(running) => SessionState::Running(known(running)),
            Self::Ended(ended) => SessionState::Ended(ended),
            Self::Unresponsive { holder_pid, reason } => {
                SessionState::Unresponsive { holder_pid, reason }
            }
        }
    }
}

/// A session that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How it ended.
    pub outcome: ExitOutcome,
    /// What brought that about; none if it came by itself, or is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EndCause>,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended; unknown if the holder was lost.
    pub ended_at: Option<Timestamp>,
    /// Bytes printed in all, as far as known.
    pub offset: Offset,
}

/// How a session's child ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "lowercase")]
pub enum ExitOutcome {
    /// It ended by itself with this code.
    Exited {
        /// The code, as the system reported it.
        code: i32,
    },
    /// A signal ended it (Unix).
    Signaled {
        /// The signal's number.
        signal: i32,
    },
    /// Nobody saw the end.
    Lost {
        /// What is known of why.
        reason: LostReason,
    },
}

/// What brought a session's end about, other than its own child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The system told the process that held the session to end, as a logout and a shutdown do.
    Shutdown,
    /// Somebody asked the backend to stop it.
    Stopped,
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shutdown => f.write_str("the system ended it, as at a logout or a shutdown"),
            Self::Stopped => f.write_str("it was stopped"),
        }
    }
}

/// Why nobody saw a session's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostReason {
    /// The process that held the session was killed or crashed.
    HolderDied,
    /// The server that held this session and others, such as tmux, is gone.
    HostLost,
    /// The machine was started again since.
    Rebooted,
}

impl ExitOutcome {
    /// Returns the code that a shell would report: the child's own, 128 and the signal's number,
    /// or 1 if the end was not seen.
    #[must_use]
    pub fn shell_code(&self) -> i32 {
        match self {
            Self::Exited { code } => *code,
            Self::Signaled { signal } => 128 + signal,
            Self::Lost { .. } => 1,
        }
    }
}

impl fmt::Display for ExitOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with code {code}"),
            Self::Signaled { signal } => write!(f, "ended by signal {signal}"),
            Self::Lost {
                reason: LostReason::HolderDied,
            } => f.write_str("lost: the process that held it died"),
            Self::Lost {
                reason: LostReason::HostLost,
            } => f.write_str("lost: the server that held it is gone"),
            Self::Lost {
                reason: LostReason::Rebooted,
            } => f.write_str("lost: the machine was restarted"),
        }
    }
}

/// A client that has control of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its number at this holder.
    pub client: ClientId,
    /// What it calls itself, such as `abide attach (pid 4242 on pts/3)`.
    pub label: String,
    /// Since when it has control.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// The answer to a request that a session be running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    /// The session as it is now.
    pub status: SessionStatus,
    /// The name of the start that answers.
    pub generation: Generation,
    /// Whether this call made the start.
    pub started: bool,
}

/// What came of a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StopReport {
    /// How the session ended; none if there was none to end.
    pub ended: Option<Ended>,
    /// Processes of its tree that could not be ended.
    pub survivors: Vec<Survivor>,
}

/// A process that outlived a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// Its process id.
    pub pid: u32,
    /// Its name, as the system shows it.
    pub name: String,
}

/// How a screen is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaptureFormat {
    /// Text alone, a line per row.
    Text,
    /// Text with the escape sequences of its colours and attributes.
    Ansi,
}

/// Which part of a screen to render, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureRequest {
    /// How to render.
    pub format: CaptureFormat,
    /// How many lines above the page to include.
    pub history_lines: u32,
}

/// A rendered screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The start it is of.
    pub generation: Generation,
    /// The terminal's size.
    pub size: TermSize,
    /// The position in the output that it stands for.
    pub offset: Offset,
    /// The cursor's row and column, from zero, and whether it shows.
    pub cursor: (u16, u16, bool),
    /// The terminal's title.
    pub title: Option<String>,
    /// Whether the alternate screen shows.
    pub alternate: bool,
    /// The rendering, each row ended by a line feed.
    pub content: Bytes,
}
