//! Observations of one session: what there is of it, and what its owner says.

use std::time::Duration;

use abide_core::{
    backend::{BackendError, SessionState, SessionStatus, TerminalBackend as _},
    id::{Generation, SessionId},
    limits::ANSWER_DEADLINE,
};

use super::{OwnerBackend, discover_error, question::Unanswered};
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

    pub(super) fn unsettled(&self, action: &'static str, session: &SessionId) -> BackendError {
        BackendError::Failed {
            action,
            session: session.clone(),
            source: "it kept being started and ended by others".into(),
        }
    }
}
