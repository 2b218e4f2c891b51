//! Observations: of one session, and of one among many.

use abide_core::{
    backend::{BackendError, BackendKind, SessionState, SessionStatus},
    id::{Generation, SessionId},
    limits::ANSWER_DEADLINE,
};

use super::{ATTEMPTS, OwnerBackend, discover_error, question::Unanswered, with_causes};
use crate::{
    client::discover::{self, EndedStart, Found},
    state::OwnerFile,
};
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
            backend: BackendKind::Owner,
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
                backend: BackendKind::Owner,
                generation: None,
                state: SessionState::Starting,
            }),
            Found::Ended(start) => {
                let state = SessionState::Ended(start.ended());
                Some(self.status_of(session, start.generation, state))
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
        match self.found(session).await? {
            Found::Live(file) => Ok(Ok(file)),
            Found::Ended(start) => Ok(Err(start)),
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
}

impl OwnerBackend {
    /// Observes one session of many: what cannot be asked is shown as such, and a session that went
    /// away meanwhile is left out.
    pub(super) async fn status_in_list(&self, session: &SessionId) -> Option<SessionStatus> {
        let unknown = |reason: String| SessionStatus {
            session: session.clone(),
            backend: BackendKind::Owner,
            generation: None,
            state: SessionState::Unresponsive {
                holder_pid: None,
                reason,
            },
        };
        for _ in 0..ATTEMPTS {
            let found = match discover::look(&self.dir(session)) {
                Ok(found) => found,
                Err(err) => return Some(unknown(with_causes(&err))),
            };
            match self.observe(session, found).await {
                Ok(status) => return status,
                Err(Unanswered::Changed) => {}
                Err(Unanswered::Error(err)) => return Some(unknown(with_causes(&err))),
            }
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
