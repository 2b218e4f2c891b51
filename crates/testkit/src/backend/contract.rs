//! The contract of every backend, kept by the fake one.

use std::{sync::Arc, time::Duration};

use abide_core::{
    activity::Activity,
    backend::{
        AttachMode, AttachRequest, Attachment, BackendError, BackendKind, Capture, CaptureRequest,
        Ended, Ensured, Holder, Listed, SessionSpec, SessionState, SessionStatus, StopReport,
        TerminalBackend, Watch,
    },
    id::{ClientId, Generation, SessionId},
    size::TermSize,
};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::{sync::oneshot, time::timeout};

use super::{
    FakeBackend, Op, SEND_PATIENCE, answering,
    session::{FakeSession, Signal, State},
    stream::{FakeInput, FakeOutput, Seat, type_into},
    watch::FakeWatch,
};

#[async_trait]
impl TerminalBackend for FakeBackend {
    fn kind(&self) -> BackendKind {
        self.kind
    }

    async fn ensure(&self, spec: &SessionSpec) -> Result<Ensured, BackendError> {
        self.shared
            .faults
            .meet(Op::Ensure, Some(&spec.session))
            .await?;
        let (session, started) = {
            let mut sessions = self.sessions();
            match sessions.get(&spec.session) {
                Some(there) if !is_replaced_by(there, spec) => {
                    answering(there)?;
                    (Arc::clone(there), false)
                }
                Some(_) | None => {
                    let session = self.start(spec)?;
                    sessions.insert(spec.session.clone(), Arc::clone(&session));
                    (session, true)
                }
            }
        };
        tokio::task::yield_now().await;
        Ok(Ensured {
            status: status_of(&session),
            generation: session.generation,
            started,
        })
    }

    async fn status(&self, session: &SessionId) -> Result<SessionStatus, BackendError> {
        self.shared.faults.meet(Op::Status, Some(session)).await?;
        let found = self.sessions().get(session).map(|found| status_of(found));
        found.ok_or_else(|| BackendError::NotFound {
            session: session.clone(),
        })
    }

    async fn list(&self) -> Result<Vec<Listed>, BackendError> {
        self.shared.faults.meet(Op::List, None).await?;
        let sessions = self.sessions();
        let listed = sessions.values().map(|session| Listed {
            session: session.id.clone(),
            backend: session.kind,
            generation: Some(session.generation),
            state: session.seen(),
        });
        Ok(listed.collect())
    }

    async fn attach(
        &self,
        session: &SessionId,
        request: AttachRequest,
    ) -> Result<Attachment, BackendError> {
        self.shared.faults.meet(Op::Attach, Some(session)).await?;
        let session = self.find(session)?;
        let (client, controls, size) = session.update(|state| admit(&session, state, &request))?;
        let generation = session.generation;
        let seat = Arc::new(Seat { session, client });
        Ok(Attachment {
            generation,
            client,
            controls,
            size,
            output: Box::new(FakeOutput(Arc::clone(&seat))),
            input: Box::new(FakeInput(seat)),
            loan: None,
        })
    }

    async fn watch(&self, session: &SessionId) -> Result<Watch, BackendError> {
        self.shared.faults.meet(Op::Watch, Some(session)).await?;
        let session = self.find(session)?;
        Ok(Watch {
            generation: session.generation,
            events: Box::new(FakeWatch::new(session)),
        })
    }

    async fn activity(&self, session: &SessionId, generation: Generation) -> Option<Activity> {
        let found = self.find(session).ok()?;
        let now = found.clock.now();
        (found.generation == generation).then(|| found.look(|state| state.activity.activity(now)))
    }

    async fn send(&self, session: &SessionId, input: Bytes) -> Result<(), BackendError> {
        self.shared.faults.meet(Op::Send, Some(session)).await?;
        let found = self.find(session)?;
        let mut taken = 0;
        let sent = timeout(SEND_PATIENCE, type_into(&found, &input, None, &mut taken)).await;
        sent.unwrap_or_else(|_| {
            Err(BackendError::TimedOut {
                action: Op::Send.verb(),
                session: session.clone(),
                waited: SEND_PATIENCE,
                progress: Some(format!("it took {taken} of {} bytes", input.len())),
            })
        })
    }

    async fn capture(
        &self,
        session: &SessionId,
        request: CaptureRequest,
    ) -> Result<Capture, BackendError> {
        self.shared.faults.meet(Op::Capture, Some(session)).await?;
        let session = self.find(session)?;
        let history = usize::try_from(request.history_lines).unwrap_or(usize::MAX);
        Ok(session.look(|state| Capture {
            generation: session.generation,
            size: state.size,
            offset: state.history.end(),
            cursor: state.screen.cursor(),
            title: state.screen.title(),
            alternate: state.screen.is_alternate(),
            content: state.screen.render(request.format, history).into(),
        }))
    }

    async fn stop(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
        grace: Duration,
    ) -> Result<StopReport, BackendError> {
        self.shared.faults.meet(Op::Stop, Some(session)).await?;
        let found = match self.find(session) {
            Ok(found) => found,
            Err(BackendError::NotFound { .. }) => return Ok(report(None)),
            Err(err) => return Err(err),
        };
        if let SessionState::Ended(ended) = found.observe() {
            return Ok(report(Some(ended)));
        }
        same_generation(&found, generation)?;
        let (tell, told) = oneshot::channel();
        let stopping = Arc::clone(&found);
        self.spawn(async move {
            let ended = match timeout(grace, ended_by(&stopping, Signal::Hangup)).await {
                Ok(ended) => ended,
                Err(_) => ended_by(&stopping, Signal::Kill).await,
            };
            // Nobody listens if the caller was dropped.
            let _ = tell.send(ended);
        });
        match told.await {
            Ok(ended) => Ok(report(Some(ended))),
            Err(err) => Err(BackendError::Failed {
                action: Op::Stop.verb(),
                session: session.clone(),
                source: err.into(),
            }),
        }
    }

    async fn remove(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
    ) -> Result<(), BackendError> {
        self.shared.faults.meet(Op::Remove, Some(session)).await?;
        let mut sessions = self.sessions();
        let Some(found) = sessions.get(session) else {
            return Ok(());
        };
        answering(found)?;
        same_generation(found, generation)?;
        if found.look(|state| state.ended.is_none()) {
            return Err(BackendError::Refused {
                action: Op::Remove.verb(),
                session: session.clone(),
                reason: "it is running".into(),
            });
        }
        sessions.remove(session);
        Ok(())
    }
}

fn is_replaced_by(there: &FakeSession, spec: &SessionSpec) -> bool {
    spec.replaces == Some(there.generation)
        && there.look(|state| state.ended.is_some() && !state.unresponsive)
}

fn report(ended: Option<Ended>) -> StopReport {
    StopReport {
        ended,
        survivors: Vec::new(),
    }
}

/// Takes a client in, with control if it asked for it and may have it.
fn admit(
    session: &FakeSession,
    state: &mut State,
    request: &AttachRequest,
) -> Result<(ClientId, bool, TermSize), BackendError> {
    let controls = match (request.mode, &state.controller) {
        _ if state.ended.is_some() => false,
        (AttachMode::View, _) => false,
        (AttachMode::Control, Some(holder)) => {
            return Err(BackendError::Busy {
                session: session.id.clone(),
                holder: holder.clone(),
            });
        }
        (AttachMode::Control, None) | (AttachMode::Steal, _) => true,
    };
    if let (true, Some(size)) = (controls, request.size) {
        state.resize(size);
    }
    let client = state.admit(request.from);
    if controls {
        state.hand_over(Holder {
            client,
            label: request.label.clone(),
            since: session.clock.now(),
        });
    }
    Ok((client, controls, state.size))
}

fn status_of(session: &FakeSession) -> SessionStatus {
    SessionStatus {
        session: session.id.clone(),
        backend: session.kind,
        generation: Some(session.generation),
        state: session.observe(),
    }
}

fn same_generation(session: &FakeSession, wanted: Option<Generation>) -> Result<(), BackendError> {
    match wanted {
        Some(wanted) if wanted != session.generation => Err(BackendError::WrongGeneration {
            session: session.id.clone(),
            wanted,
            found: session.generation,
        }),
        Some(_) | None => Ok(()),
    }
}

/// Waits for the session's end after sending `signal`.
async fn ended_by(session: &FakeSession, signal: Signal) -> Ended {
    session.update(|state| state.signal = Some(signal));
    session.when(|state| state.ended.clone()).await
}
