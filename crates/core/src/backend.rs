//! The contract of everything that keeps a terminal alive.
//!
//! A backend starts a program on a terminal, keeps it running when everybody who looked at it is
//! gone, and lets others look, type and end it. Callers hold a `dyn TerminalBackend` and never ask
//! which one it is.
//!
//! # What every backend keeps
//!
//! - **Alive is what the kernel says.** A session whose holder does not answer is
//!   [`SessionState::Unresponsive`] to whoever asks it, an observation, and never a reason to start,
//!   end or remove anything. A list asks nobody.
//! - **A start has a name.** Each start of a session gets a new [`Generation`]; [`stop`] and
//!   [`remove`] compare it and touch no other start.
//! - **One start at a time.** Any number of callers, in any number of processes, may call
//!   [`ensure`] at once; one child runs and all of them are told the same generation.
//! - **Nothing is lost silently.** Output reaches each attachment in order, without gap or
//!   repetition, except where [`OutputEvent::Lagged`] says how much was skipped. The last byte
//!   comes before [`OutputEvent::Ended`].
//! - **The end stays readable.** Outcome and final screen can be read until [`remove`].
//!
//! The suite `conformance` of the test kit checks this list and the one at each method.
//!
//! [`ensure`]: TerminalBackend::ensure
//! [`stop`]: TerminalBackend::stop
//! [`remove`]: TerminalBackend::remove

mod attachment;
mod client;
mod error;
mod loan;
mod spec;
mod status;
mod watch;

use std::{fmt, str::FromStr, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use self::{
    attachment::{
        AttachMode, AttachRequest, Attachment, InputSink, OutputEvent, OutputStream, Scrollback,
    },
    client::ClientProgram,
    error::{BackendError, ErrorKind, Source},
    loan::{TerminalLoan, TerminalOffer},
    spec::{Command, SessionSpec},
    status::{
        Alive, Capture, CaptureFormat, CaptureRequest, EndCause, Ended, Ensured, ExitOutcome,
        Holder, Listed, LostReason, Running, SessionState, SessionStatus, StopReport, Survivor,
    },
    watch::{Watch, WatchEvent, WatchStream},
};
use crate::{
    activity::Activity,
    id::{Generation, SessionId},
};

/// Which backend made a session; stored with it, and used for it ever after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendKind {
    /// abide's own: one detached process per session.
    Owner,
    /// A private tmux server that holds every session.
    Tmux,
}

impl BackendKind {
    /// Returns the name under which the kind is stored and chosen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Tmux => "tmux",
        }
    }
}

/// A word that names no backend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no backend; there are `owner` and `tmux`")]
pub struct UnknownBackend(pub String);

impl FromStr for BackendKind {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "owner" => Ok(Self::Owner),
            "tmux" => Ok(Self::Tmux),
            _ => Err(UnknownBackend(name.to_owned())),
        }
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Keeps terminals alive; see the [module](self) for what all of them promise.
#[async_trait]
pub trait TerminalBackend: fmt::Debug + Send + Sync {
    /// Returns which backend this is.
    fn kind(&self) -> BackendKind;

    /// Says that a session is about to be started, so that the backend may get ready meanwhile.
    ///
    /// Whatever it does holds nothing and leaves nothing behind if no start comes. Called within a
    /// runtime; does not wait.
    fn expect_start(&self) {}

    /// Starts the session, or answers for the start that there already is.
    ///
    /// A session that runs is never started again. One that has ended is started again only if
    /// [`SessionSpec::replaces`] names the generation that ended; otherwise its end is the answer.
    /// So any number of calls with the same spec, at once or one after the other, make one start.
    ///
    /// Cancel safety: if dropped at any await, there is either no start or one that the next call
    /// answers for.
    ///
    /// # Errors
    ///
    /// [`BackendError::ProgramNotFound`] and [`BackendError::BadDirectory`] leave nothing behind.
    /// [`BackendError::Unresponsive`] when a start is alive and cannot be asked.
    async fn ensure(&self, spec: &SessionSpec) -> Result<Ensured, BackendError>;

    /// Observes the session: asks whatever holds it. Changes nothing; safe to drop at any await.
    ///
    /// # Errors
    ///
    /// [`BackendError::NotFound`] when there is no trace of it.
    async fn status(&self, session: &SessionId) -> Result<SessionStatus, BackendError>;

    /// Lists every session that this backend has a trace of, in order of id, as locks and files
    /// tell.
    ///
    /// No session is asked anything, so none can delay the list: one whose holder hangs is shown as
    /// running, because it is alive, and one that is being started again may be shown as it ended
    /// before. Whoever is about to act on a session asks it by
    /// [`status`](Self::status) first. Changes nothing; safe to drop at any await.
    ///
    /// # Errors
    ///
    /// When the place where sessions are kept cannot be read.
    async fn list(&self) -> Result<Vec<Listed>, BackendError>;

    /// Starts watching the session, and typing into it if the mode says so.
    ///
    /// The first event is a snapshot, unless [`AttachRequest::from`] names an offset that is still
    /// held: then it is the output from there. A session that has ended gives its final screen,
    /// then its end. Dropping the attachment at any point detaches.
    ///
    /// # Errors
    ///
    /// [`BackendError::Busy`] when another client has control and the mode is not to steal it.
    async fn attach(
        &self,
        session: &SessionId,
        request: AttachRequest,
    ) -> Result<Attachment, BackendError>;

    /// Subscribes to what the session is doing, and to its end.
    ///
    /// The first event is its present activity; more follow as it changes, and while the session
    /// prints at least once in a while. The end comes once, last, also for a session that has ended
    /// already. No output is carried, and a watcher that takes nothing delays nobody. Who watches so
    /// is no viewer. Dropping the watch at any point ends it.
    ///
    /// # Errors
    ///
    /// [`BackendError::NotFound`] when there is no trace of the session.
    async fn watch(&self, session: &SessionId) -> Result<Watch, BackendError>;

    /// Reads what the session's start of that name was doing when that was noted last; none if
    /// nothing is noted. For lists: asks nobody and waits for nobody.
    /// [`Activity::at`](crate::activity::Activity::at) says what became of it since.
    ///
    /// Safe to drop at any await.
    async fn activity(&self, session: &SessionId, generation: Generation) -> Option<Activity> {
        let _ = (session, generation);
        None
    }

    /// Returns the program that a person on a terminal attaches with, if the backend has one of its
    /// own; without one, as for a session that has ended, [`attach`](Self::attach) is the way.
    ///
    /// The program shows `notice`, a short line, beside the session. What is printed before it starts
    /// is out of sight once it has the terminal, and lost if the terminal had not taken it by then.
    ///
    /// Prepares the session for it and starts nothing. Safe to drop at any await.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach).
    async fn client_program(
        &self,
        session: &SessionId,
        mode: AttachMode,
        notice: Option<&str>,
    ) -> Result<Option<ClientProgram>, BackendError> {
        let _ = (session, mode, notice);
        Ok(None)
    }

    /// Types into the session without attaching to it, whoever has control.
    ///
    /// Returns once the terminal took every byte. A text of up to
    /// [`INPUT_CHUNK_BYTES`](crate::limits::INPUT_CHUNK_BYTES) is typed in one piece; a longer one
    /// may be mixed with what others type. If dropped, some first part may have been typed.
    ///
    /// # Errors
    ///
    /// [`BackendError::Ended`] when the session has ended; [`BackendError::TimedOut`] when the
    /// program does not read, with the number of bytes it took.
    async fn send(&self, session: &SessionId, input: Bytes) -> Result<(), BackendError>;

    /// Renders the session's screen, or its final one. Changes nothing; safe to drop.
    ///
    /// # Errors
    ///
    /// [`BackendError::NotFound`] when there is no trace of the session.
    async fn capture(
        &self,
        session: &SessionId,
        request: CaptureRequest,
    ) -> Result<Capture, BackendError>;

    /// Ends the session: asks, waits for `grace`, then kills its whole tree.
    ///
    /// Succeeds at once for a session that has ended or never was. With a generation, only that
    /// start is ended. If dropped after it was asked for, the stop goes on.
    ///
    /// # Errors
    ///
    /// [`BackendError::WrongGeneration`] when another start runs; nothing was done then.
    async fn stop(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
        grace: Duration,
    ) -> Result<StopReport, BackendError>;

    /// Forgets a session that has ended: outcome, final screen and all.
    ///
    /// Succeeds for a session of which there is no trace. If dropped, call it again.
    ///
    /// # Errors
    ///
    /// [`BackendError::Refused`] when the session runs; [`BackendError::WrongGeneration`] when
    /// another start is there than the one named.
    async fn remove(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
    ) -> Result<(), BackendError>;
}
