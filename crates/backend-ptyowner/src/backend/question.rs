//! Questions to a live owner, and what it means when there is no answer.

use std::{sync::Arc, time::Duration};

use abide_core::{
    backend::{
        AttachMode, AttachRequest, Attachment, BackendError, Capture, CaptureRequest, Scrollback,
        SessionState, StopReport, Watch,
    },
    id::{ClientId, SessionId},
    limits::ANSWER_DEADLINE,
    replay::Offset,
};
use bytes::Bytes;

use super::{OwnerBackend, discover_error, state_error};
use crate::{
    causes::with_causes,
    client::{
        ConnectError, OwnerClient,
        attachment::{self, LiveInput, LiveOutput, Shared},
        connection::Address,
        discover::{self, Found},
        missed::Watched,
        watch::{self, LiveWatch},
    },
    convert,
    state::OwnerFile,
    token::Token,
    wire::{
        WATCH_VERSION,
        event::{Answer, Failure, Status},
        request::{self, Request},
    },
};

/// Time beyond its grace that a stop may take: killing a tree, and a loaded machine.
const STOP_MARGIN: Duration = Duration::from_secs(10);

/// Time for a program to take what `send` types.
const SEND_DEADLINE: Duration = Duration::from_secs(10);

/// Time for the kernel to give back the locks of an owner that hung up.
const HANGUP_DEADLINE: Duration = Duration::from_secs(1);

/// Time for a live owner whose endpoint is gone to bind it again.
const BIND_DEADLINE: Duration = Duration::from_secs(1);

/// Time between two attempts to reach it meanwhile.
const BIND_PACE: Duration = Duration::from_millis(10);

/// What a client calls itself that only asks.
const ASKING: &str = "a request";

/// What a client calls itself that watches without output.
const WATCHING: &str = "a watch";

/// A question to an owner that could not be asked, or got no answer.
pub(super) enum Unanswered {
    /// The session changed meanwhile: look again.
    Changed,
    /// It is final.
    Error(BackendError),
}

impl OwnerBackend {
    /// Opens a conversation with the owner that `file` describes, with a question.
    async fn connect(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        label: &str,
        first: &Request,
    ) -> Result<OwnerClient, Unanswered> {
        let dir = self.dir(session);
        let token = match dir.read_token() {
            Ok(Some(token)) => token,
            Ok(None) => return Err(self.unanswered(session, file, ConnectError::Gone).await),
            Err(err) => return Err(Unanswered::Error(state_error("reach", session, err))),
        };
        let address = Address {
            endpoint: &file.endpoint,
            session: session.as_str(),
            generation: file.generation,
            token: &token,
        };
        match OwnerClient::connect(&address, label, first, ANSWER_DEADLINE).await {
            Ok(client) => Ok(client),
            Err(err @ ConnectError::Refused(_)) => Err(Unanswered::Error(BackendError::Failed {
                action: "reach",
                session: session.clone(),
                source: err.into(),
            })),
            Err(err @ ConnectError::Unreachable { .. }) => {
                match self.reach_again(session, file, &token, label, first).await {
                    Some(client) => Ok(client),
                    None => Err(self.unanswered(session, file, err).await),
                }
            }
            Err(err) => Err(self.unanswered(session, file, err).await),
        }
    }

    /// Reaches a live owner whose endpoint is gone: it is asked to look after that, and binds it
    /// again within moments. `None` if the owner is gone, too, or does not.
    async fn reach_again(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        token: &Token,
        label: &str,
        first: &Request,
    ) -> Option<OwnerClient> {
        let dir = self.dir(session);
        let mut pace = tokio::time::interval(BIND_PACE);
        let reach = async {
            file.ring();
            loop {
                pace.tick().await;
                let now = match discover::look(&dir) {
                    Ok(Found::Live(now)) if now.is_of_same_owner(file) => now,
                    _ => return None,
                };
                let address = Address {
                    endpoint: &now.endpoint,
                    session: session.as_str(),
                    generation: file.generation,
                    token,
                };
                match OwnerClient::connect(&address, label, first, ANSWER_DEADLINE).await {
                    Ok(client) => return Some(client),
                    Err(ConnectError::Unreachable { .. }) => {}
                    Err(_) => return None,
                }
            }
        };
        tokio::time::timeout(BIND_DEADLINE, reach).await.ok()?
    }

    /// Decides what a failed question means: the owner has ended or was replaced, or it lives and
    /// does not answer.
    pub(super) async fn unanswered(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        err: ConnectError,
    ) -> Unanswered {
        let dir = self.dir(session);
        if err.is_hangup() && discover::owner_is_gone(&dir, HANGUP_DEADLINE).await {
            return Unanswered::Changed;
        }
        match discover::look(&dir) {
            Ok(Found::Live(now)) if now.is_of_same_owner(file) => {
                Unanswered::Error(BackendError::Unresponsive {
                    session: session.clone(),
                    holder_pid: Some(file.pid),
                    source: err.into(),
                })
            }
            Ok(_) => Unanswered::Changed,
            Err(err) => Unanswered::Error(discover_error("look at", session, err)),
        }
    }

    /// Asks the owner for something; returns the conversation with the answer.
    async fn ask(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        label: &str,
        request: &Request,
        deadline: Duration,
    ) -> Result<(OwnerClient, Result<Answer, Failure>), Unanswered> {
        let mut client = self.connect(session, file, label, request).await?;
        match client.answer(deadline).await {
            Ok(answer) => Ok((client, answer)),
            Err(err) => Err(self.unanswered(session, file, err).await),
        }
    }

    /// Asks the owner for its status.
    pub(super) async fn ask_status(
        &self,
        session: &SessionId,
        file: &OwnerFile,
    ) -> Result<SessionState, Unanswered> {
        let (_, answer) = self
            .ask(session, file, ASKING, &Request::Status, ANSWER_DEADLINE)
            .await?;
        match answer {
            Ok(Answer::Status(Status::Running(running))) => {
                Ok(SessionState::Running(running.into()))
            }
            Ok(Answer::Status(Status::Ended(ended))) => Ok(SessionState::Ended(ended.into())),
            Ok(Answer::Status(Status::Over(over))) => Ok(SessionState::Ended(over.into())),
            other => Err(unexpected("look at", session, other)),
        }
    }

    pub(super) async fn attach_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        wanted: &AttachRequest,
    ) -> Result<Attachment, Unanswered> {
        let request = match &wanted.terminal {
            Some(offer) => Request::AttachTerminal(wanted.into(), offer.into()),
            None => Request::Attach(wanted.into()),
        };
        let (client, answer) = self
            .ask(session, file, &wanted.label, &request, ANSWER_DEADLINE)
            .await?;
        let (attached, is_lent) = match answer {
            Ok(Answer::Attached(attached)) => (attached, false),
            Ok(Answer::Lent(attached)) => (attached, true),
            other => return Err(unexpected("attach to", session, other)),
        };
        let (id, stream) = (ClientId::new(client.client), client.stream.clone());
        // A terminal that is lent is shown everything anew.
        let from = wanted.from.filter(|_| !is_lent);
        let shared = Shared::new(session.clone(), client, attached.controls, from);
        let watched = Watched {
            dir: self.dir(session),
            generation: file.generation,
            scrollback: wanted.scrollback,
        };
        let input = LiveInput::new(Arc::clone(&shared), stream);
        Ok(Attachment {
            generation: file.generation,
            client: id,
            controls: attached.controls,
            size: attached.size.into(),
            loan: is_lent.then(|| Box::new(input.loan()) as _),
            output: Box::new(LiveOutput::new(shared, watched)),
            input: Box::new(input),
        })
    }

    pub(super) async fn watch_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
    ) -> Result<Watch, Unanswered> {
        if !file.versions.contains(&WATCH_VERSION) {
            let attachment = self.attach_live(session, file, &viewing()).await?;
            return Ok(watch::through(session.clone(), attachment));
        }
        let (client, answer) = self
            .ask(session, file, WATCHING, &Request::Watch, ANSWER_DEADLINE)
            .await?;
        match answer {
            Ok(Answer::Watching) => Ok(Watch {
                generation: file.generation,
                events: Box::new(LiveWatch {
                    session: session.clone(),
                    dir: self.dir(session),
                    generation: file.generation,
                    client,
                    is_over: false,
                }),
            }),
            other => Err(unexpected("watch", session, other)),
        }
    }

    pub(super) async fn send_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        input: Bytes,
    ) -> Result<(), Unanswered> {
        let (mut client, answer) = self
            .ask(session, file, ASKING, &Request::Inject, ANSWER_DEADLINE)
            .await?;
        if !matches!(answer, Ok(Answer::Done)) {
            return Err(unexpected("type into", session, answer));
        }
        let total = input.len();
        let mut taken = 0;
        let typed = attachment::type_all(&mut client, input, &mut taken);
        match tokio::time::timeout(SEND_DEADLINE, typed).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(err)) => Err(Unanswered::Error(BackendError::Failed {
                action: "type everything into",
                session: session.clone(),
                source: format!("it took {taken} of {total} bytes: {}", with_causes(&err)).into(),
            })),
            Err(_late) => Err(Unanswered::Error(BackendError::TimedOut {
                action: "type everything into",
                session: session.clone(),
                waited: SEND_DEADLINE,
                progress: Some(format!("it took {taken} of {total} bytes")),
            })),
        }
    }

    pub(super) async fn capture_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        wanted: CaptureRequest,
    ) -> Result<Capture, Unanswered> {
        let request = Request::Capture(wanted.into());
        let (mut client, answer) = self
            .ask(session, file, ASKING, &request, ANSWER_DEADLINE)
            .await?;
        let captured = match answer {
            Ok(Answer::Captured(captured)) => captured,
            other => return Err(unexpected("capture", session, other)),
        };
        let content = tokio::time::timeout(ANSWER_DEADLINE, client.parts(captured.len))
            .await
            .unwrap_or(Err(ConnectError::Late(ANSWER_DEADLINE)));
        let content = match content {
            Ok(content) => content,
            Err(err) => return Err(self.unanswered(session, file, err).await),
        };
        Ok(Capture {
            generation: file.generation,
            size: captured.size.into(),
            offset: Offset::new(captured.offset),
            cursor: (
                captured.cursor_row,
                captured.cursor_col,
                captured.cursor_visible,
            ),
            title: captured.title,
            alternate: captured.alternate,
            content,
        })
    }

    pub(super) async fn stop_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        grace: Duration,
    ) -> Result<StopReport, Unanswered> {
        let stop = Request::Stop(request::Stop {
            generation: *file.generation.as_bytes(),
            grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        });
        let deadline = grace.saturating_add(STOP_MARGIN);
        let (_, answer) = self.ask(session, file, ASKING, &stop, deadline).await?;
        match answer {
            Ok(Answer::Stopped(stopped)) => Ok(StopReport {
                ended: Some(stopped.ended.into()),
                survivors: stopped.survivors.into_iter().map(Into::into).collect(),
            }),
            Ok(Answer::Brought(brought)) => Ok(StopReport {
                ended: Some(brought.over.into()),
                survivors: brought.survivors.into_iter().map(Into::into).collect(),
            }),
            other => Err(unexpected("stop", session, other)),
        }
    }
}

/// Returns how to attach to an owner that knows no other way to be told of its session's end.
fn viewing() -> AttachRequest {
    AttachRequest {
        mode: AttachMode::View,
        size: None,
        from: None,
        scrollback: Scrollback::Keep,
        label: WATCHING.into(),
        terminal: None,
    }
}

pub(super) fn unexpected(
    action: &'static str,
    session: &SessionId,
    answer: Result<Answer, Failure>,
) -> Unanswered {
    Unanswered::Error(match answer {
        Err(failure) => convert::failure(action, session, None, failure),
        Ok(_) => BackendError::Failed {
            action,
            session: session.clone(),
            source: "the owner answered another question".into(),
        },
    })
}
