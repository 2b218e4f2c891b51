//! Observations: of one session, and of one among many.

use std::time::Duration;

use abide_core::{
    backend::{BackendError, SessionState, SessionStatus, TerminalBackend as _},
    clock::Timestamp,
    id::{Generation, SessionId},
    limits::ANSWER_DEADLINE,
};

use super::{ATTEMPTS, OwnerBackend, discover_error, question::Unanswered};
use crate::{
    causes::with_causes,
    client::{
        discover::{self, EndedStart, Found},
        launch,
    },
    state::OwnerFile,
};

/// Time between two looks at a child whose terminal went with its owner, and which therefore ends.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Longest time that such a child is given to end before it is named as left behind.
const HANGUP_TIME: Duration = Duration::from_millis(500);

impl OwnerBackend {
    /// Looks at the session; one that is being started or removed is waited for.
    pub(super) async fn found(&self, session: &SessionId) -> Result<Found, BackendError> {
        discover::look_settled(&self.dir(session), ANSWER_DEADLINE)
            .await
            .map_err(|err| discover_error("look at", session, err))
    }

    fn status_of(
        &self,
        session: &SessionId,
        generation: Generation,
        state: SessionState,
    ) -> SessionStatus {
        SessionStatus {
            session: session.clone(),
            backend: self.kind(),
            generation: Some(generation),
            state,
        }
    }

    /// Observes what was found; `None` if there is nothing.
    pub(super) async fn observe(
        &self,
        session: &SessionId,
        found: Found,
    ) -> Result<Option<SessionStatus>, Unanswered> {
        Ok(match found {
            Found::Nothing => None,
            Found::Changing => Some(SessionStatus {
                session: session.clone(),
                backend: self.kind(),
                generation: None,
                state: SessionState::Starting,
            }),
            Found::Ended(start) => {
                let state = SessionState::Ended(start.ended());
                Some(self.status_of(session, start.generation, state))
            }
            Found::Unheld(file) => {
                let state = match launch::join(&self.settings, session).await {
                    Ok(_) => return Err(Unanswered::Changed),
                    Err(err) => SessionState::Unresponsive {
                        holder_pid: None,
                        reason: with_causes(&err),
                    },
                };
                Some(self.status_of(session, file.generation, state))
            }
            Found::Live(file) => {
                let state = match self.ask_status(session, &file).await {
                    Ok(state) => state,
                    Err(Unanswered::Error(BackendError::Unresponsive {
                        holder_pid,
                        source,
                        ..
                    })) => SessionState::Unresponsive {
                        holder_pid,
                        reason: with_causes(&*source),
                    },
                    Err(other) => return Err(other),
                };
                Some(self.status_of(session, file.generation, state))
            }
        })
    }

    /// Finds the live owner of a session for something that only a live one can do, or hands out
    /// the start that is over.
    pub(super) async fn live_or_ended(
        &self,
        action: &'static str,
        session: &SessionId,
    ) -> Result<Result<Box<OwnerFile>, Box<EndedStart>>, BackendError> {
        let mut found = self.found(session).await?;
        if matches!(found, Found::Unheld(_)) {
            launch::join(&self.settings, session).await?;
            found = self.found(session).await?;
        }
        match found {
            Found::Live(file) => Ok(Ok(file)),
            Found::Ended(start) => Ok(Err(start)),
            Found::Unheld(_) => Err(self.unsettled(action, session)),
            Found::Nothing => Err(BackendError::NotFound {
                session: session.clone(),
            }),
            Found::Changing => Err(BackendError::TimedOut {
                action,
                session: session.clone(),
                waited: ANSWER_DEADLINE,
                progress: Some("it is being started or removed".into()),
            }),
        }
    }

    /// Gives the child of an owner that is gone a moment to end, whose terminal hung up with it, and
    /// returns the start as it is then.
    #[expect(
        clippy::disallowed_methods,
        reason = "nothing tells of the end of a process that is no child of this one"
    )]
    pub(super) async fn hung_up(
        &self,
        session: &SessionId,
        mut start: Box<EndedStart>,
        grace: Duration,
    ) -> Result<Box<EndedStart>, BackendError> {
        let mut looks = grace.min(HANGUP_TIME).as_millis() / LOOK_AGAIN.as_millis();
        while !start.survivors().is_empty() && 0 < looks {
            tokio::time::sleep(LOOK_AGAIN).await;
            looks -= 1;
            match self.found(session).await? {
                Found::Ended(again) => start = again,
                // Started again, or removed, by somebody else.
                _changed => break,
            }
        }
        Ok(start)
    }
}

impl OwnerBackend {
    /// Observes one session of many: what cannot be asked is shown as such, and a session that went
    /// away meanwhile is left out.
    pub(super) async fn status_in_list(&self, session: &SessionId) -> Option<SessionStatus> {
        match self.look_in_list(session, Unjoined::Joined).await? {
            Surveyed::Status(status) => Some(status),
            Surveyed::Unheld(_) => None,
        }
    }

    async fn look_in_list(&self, session: &SessionId, unjoined: Unjoined) -> Option<Surveyed> {
        let unknown = |reason: String| {
            Surveyed::Status(SessionStatus {
                session: session.clone(),
                backend: self.kind(),
                generation: None,
                state: SessionState::Unresponsive {
                    holder_pid: None,
                    reason,
                },
            })
        };
        let mut found = discover::look(&self.dir(session));
        for _ in 0..ATTEMPTS {
            let now = match found {
                Ok(Found::Unheld(file)) if unjoined == Unjoined::Left => {
                    return Some(Surveyed::Unheld(Unheld {
                        session: session.clone(),
                        generation: file.generation,
                        started_at: file.started_at,
                        is_rebooted: file.is_of_another_boot(),
                    }));
                }
                Ok(found) => found,
                Err(err) => return Some(unknown(with_causes(&err))),
            };
            match self.observe(session, now).await {
                Ok(status) => return status.map(Surveyed::Status),
                Err(Unanswered::Changed) => {}
                Err(Unanswered::Error(err)) => return Some(unknown(with_causes(&err))),
            }
            // Whoever changed it, this look itself perhaps, may be about to give its lock back.
            found = discover::look_settled(&self.dir(session), ANSWER_DEADLINE).await;
        }
        Some(unknown("it kept changing".into()))
    }

    pub(super) fn unsettled(&self, action: &'static str, session: &SessionId) -> BackendError {
        BackendError::Failed {
            action,
            session: session.clone(),
            source: "it kept being started and ended by others".into(),
        }
    }
}

/// What is done about a session that no relay holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unjoined {
    /// A relay is launched that joins it.
    Joined,
    /// It is described as it is.
    Left,
}

/// A session as it was found without launching anything for a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Surveyed {
    /// What its owner, or the record of its end, says.
    Status(SessionStatus),
    /// Nobody holds it, and its end is not recorded.
    Unheld(Unheld),
}

/// A start that was described, and that no relay holds any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheld {
    /// The session.
    pub session: SessionId,
    /// The start.
    pub generation: Generation,
    /// When its child was started.
    pub started_at: Timestamp,
    /// Whether the machine was started again since.
    pub is_rebooted: bool,
}

impl OwnerBackend {
    /// Observes every session, in order of id, as [`list`](abide_core::backend::TerminalBackend::list)
    /// does, but launches no relay for one that none holds.
    ///
    /// # Errors
    ///
    /// When the place where sessions are kept cannot be read.
    pub async fn survey(&self) -> Result<Vec<Surveyed>, BackendError> {
        let sessions = self.sessions()?;
        let looks = sessions
            .iter()
            .map(|session| self.look_in_list(session, Unjoined::Left));
        let surveyed = futures_util::future::join_all(looks).await;
        Ok(surveyed.into_iter().flatten().collect())
    }
}
