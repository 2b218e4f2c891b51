//! The backend: the contract of `abide_core::backend` in terms of the client's modules.

use std::{path::PathBuf, sync::Arc, time::Duration};

use abide_core::{
    backend::{
        AttachRequest, Attachment, BackendError, BackendKind, Capture, CaptureRequest, Ensured,
        SessionSpec, SessionState, SessionStatus, StopReport, TerminalBackend,
    },
    id::{ClientId, Generation, SessionId},
    limits::ANSWER_DEADLINE,
    lock::KernelLock,
    probe::{NoProbe, Probe},
};
use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    client::{
        ConnectError, OwnerClient,
        attachment::{self, LiveInput, LiveOutput, State, Window},
        connection::Address,
        discover::{self, DiscoverError, EndedStart, Found},
        ended,
        launch::{self, Launched},
    },
    convert,
    state::{OwnerFile, SCHEMA, SessionDir, StateError},
    wire::{
        event::{Answer, Failure, Status},
        request::{self, Request},
    },
};

/// How often a session is looked at again that changed between a look and a question.
const ATTEMPTS: usize = 5;

/// Time beyond its grace that a stop may take: killing a tree, and a loaded machine.
const STOP_MARGIN: Duration = Duration::from_secs(10);

/// Time for a program to take what `send` types.
const SEND_DEADLINE: Duration = Duration::from_secs(30);

/// What a client calls itself that only asks.
const ASKING: &str = "a request";

/// The program that becomes an owner, and the child of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Helper {
    /// This program: its `main` calls [`become_helper`](crate::become_helper) first.
    ThisProgram,
    /// Another one that does; as a rule `abide`.
    Program(PathBuf),
}

/// Where sessions are kept and how they are started.
#[derive(Debug, Clone)]
pub struct OwnerSettings {
    /// Holds a directory for each session; made, private, if it is missing.
    pub owners_dir: PathBuf,
    /// Holds the sockets; made, private, if it is missing.
    pub runtime_dir: PathBuf,
    /// The program that becomes an owner.
    pub helper: Helper,
    /// Points where a test may hold a launch.
    pub probe: Arc<dyn Probe>,
}

impl OwnerSettings {
    /// Returns settings with this program as its own helper.
    #[must_use]
    pub fn new(owners_dir: PathBuf, runtime_dir: PathBuf) -> Self {
        Self {
            owners_dir,
            runtime_dir,
            helper: Helper::ThisProgram,
            probe: Arc::new(NoProbe),
        }
    }
}

/// One detached process per session. Cheap to make; keeps nothing but its settings.
#[derive(Debug, Clone)]
pub struct OwnerBackend {
    settings: OwnerSettings,
}

/// A question to an owner that could not be asked, or got no answer.
enum Unanswered {
    /// The session changed meanwhile: look again.
    Changed,
    /// It is final.
    Error(BackendError),
}

impl OwnerBackend {
    /// Returns the backend with these settings.
    #[must_use]
    pub fn new(settings: OwnerSettings) -> Self {
        Self { settings }
    }

    fn dir(&self, session: &SessionId) -> SessionDir {
        SessionDir::new(&self.settings.owners_dir, session)
    }

    /// Looks at the session; one that is being started or removed is waited for.
    async fn found(&self, session: &SessionId) -> Result<Found, BackendError> {
        discover::look_settled(&self.dir(session), ANSWER_DEADLINE)
            .await
            .map_err(|err| discover_error("look at", session, err))
    }

    /// Opens a conversation with the owner that `file` describes.
    async fn connect(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        label: &str,
    ) -> Result<OwnerClient, Unanswered> {
        let dir = self.dir(session);
        let token = match dir.read_token() {
            Ok(Some(token)) => token,
            Ok(None) => return Err(self.unanswered(session, file, ConnectError::Gone)),
            Err(err) => return Err(Unanswered::Error(state_error("reach", session, err))),
        };
        let address = Address {
            endpoint: &file.endpoint,
            session: session.as_str(),
            generation: file.generation,
            token: &token,
        };
        match OwnerClient::connect(&address, label, ANSWER_DEADLINE).await {
            Ok(client) => Ok(client),
            Err(err @ ConnectError::Refused(_)) => Err(Unanswered::Error(BackendError::Failed {
                action: "reach",
                session: session.clone(),
                source: err.into(),
            })),
            Err(err) => Err(self.unanswered(session, file, err)),
        }
    }

    /// Decides what a failed question means: the owner has ended or was replaced, or it lives and
    /// does not answer.
    fn unanswered(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        err: ConnectError,
    ) -> Unanswered {
        match discover::look(&self.dir(session)) {
            Ok(Found::Live(now)) if now.generation == file.generation => {
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

    /// Asks the owner for its status.
    async fn ask_status(
        &self,
        session: &SessionId,
        file: &OwnerFile,
    ) -> Result<SessionState, Unanswered> {
        let mut client = self.connect(session, file, ASKING).await?;
        let answer = client
            .call(Request::Status, ANSWER_DEADLINE)
            .await
            .map_err(|err| self.unanswered(session, file, err))?;
        match answer {
            Ok(Answer::Status(Status::Running(running))) => Ok(SessionState::Running(running.into())),
            Ok(Answer::Status(Status::Ended(ended))) => Ok(SessionState::Ended(ended.into())),
            other => Err(unexpected("look at", session, other)),
        }
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
    async fn observe(
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
                    Err(Unanswered::Error(BackendError::Unresponsive { holder_pid, source, .. })) => {
                        SessionState::Unresponsive {
                            holder_pid,
                            reason: with_causes(&*source),
                        }
                    }
                    Err(other) => return Err(other),
                };
                Some(self.status_of(session, file.generation, state))
            }
        })
    }

    /// Finds the live owner of a session for something that only a live one can do, or hands out
    /// the start that is over.
    async fn live_or_ended(
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

    async fn attach_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        wanted: &AttachRequest,
    ) -> Result<Attachment, Unanswered> {
        let mut client = self.connect(session, file, &wanted.label).await?;
        let answer = client
            .call(Request::Attach(wanted.into()), ANSWER_DEADLINE)
            .await
            .map_err(|err| self.unanswered(session, file, err))?;
        let attached = match answer {
            Ok(Answer::Attached(attached)) => attached,
            other => return Err(unexpected("attach to", session, other)),
        };
        let window = Arc::new(Window::default());
        let input = LiveInput::new(
            session.clone(),
            attached.controls,
            client.stream.clone(),
            Arc::clone(&window),
        );
        Ok(Attachment {
            generation: file.generation,
            client: ClientId::new(client.client),
            controls: attached.controls,
            size: attached.size.into(),
            output: Box::new(LiveOutput {
                session: session.clone(),
                frames: client.frames,
                window,
                state: State::Ready,
            }),
            input: Box::new(input),
        })
    }

    async fn send_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        input: Bytes,
    ) -> Result<(), Unanswered> {
        let mut client = self.connect(session, file, ASKING).await?;
        let answer = client
            .call(Request::Inject, ANSWER_DEADLINE)
            .await
            .map_err(|err| self.unanswered(session, file, err))?;
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

    async fn capture_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        wanted: CaptureRequest,
    ) -> Result<Capture, Unanswered> {
        let mut client = self.connect(session, file, ASKING).await?;
        let answer = client
            .call(Request::Capture(wanted.into()), ANSWER_DEADLINE)
            .await
            .map_err(|err| self.unanswered(session, file, err))?;
        let captured = match answer {
            Ok(Answer::Captured(captured)) => captured,
            other => return Err(unexpected("capture", session, other)),
        };
        let content = tokio::time::timeout(ANSWER_DEADLINE, client.parts(captured.len))
            .await
            .unwrap_or(Err(ConnectError::Late(ANSWER_DEADLINE)))
            .map_err(|err| self.unanswered(session, file, err))?;
        Ok(Capture {
            generation: file.generation,
            size: captured.size.into(),
            offset: abide_core::replay::Offset::new(captured.offset),
            cursor: (captured.cursor_row, captured.cursor_col, captured.cursor_visible),
            title: captured.title,
            alternate: captured.alternate,
            content,
        })
    }

    async fn stop_live(
        &self,
        session: &SessionId,
        file: &OwnerFile,
        grace: Duration,
    ) -> Result<StopReport, Unanswered> {
        let mut client = self.connect(session, file, ASKING).await?;
        let stop = Request::Stop(request::Stop {
            generation: *file.generation.as_bytes(),
            grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        });
        let deadline = grace.saturating_add(STOP_MARGIN);
        let answer = client
            .call(stop, deadline)
            .await
            .map_err(|err| self.unanswered(session, file, err))?;
        match answer {
            Ok(Answer::Stopped(stopped)) => Ok(StopReport {
                ended: Some(stopped.ended.into()),
                survivors: stopped.survivors.into_iter().map(Into::into).collect(),
            }),
            other => Err(unexpected("stop", session, other)),
        }
    }
}

#[async_trait]
impl TerminalBackend for OwnerBackend {
    fn kind(&self) -> BackendKind {
        BackendKind::Owner
    }

    async fn ensure(&self, spec: &SessionSpec) -> Result<Ensured, BackendError> {
        let session = &spec.session;
        let mut started = None;
        for _ in 0..ATTEMPTS {
            let found = self.found(session).await?;
            let is_wanted = match &found {
                Found::Nothing => false,
                Found::Ended(start) => started.is_some() || spec.replaces != Some(start.generation),
                Found::Live(_) | Found::Changing => true,
            };
            if is_wanted {
                match self.observe(session, found).await {
                    Ok(Some(status)) => {
                        if let Some(ensured) = ensured(status, started)? {
                            return Ok(ensured);
                        }
                    }
                    Ok(None) | Err(Unanswered::Changed) => {}
                    Err(Unanswered::Error(err)) => return Err(err),
                }
            } else if let Launched::Started(generation) =
                launch::launch(&self.settings, spec).await?
            {
                started = Some(generation);
            }
        }
        Err(self.unsettled("start", session))
    }

    async fn status(&self, session: &SessionId) -> Result<SessionStatus, BackendError> {
        for _ in 0..ATTEMPTS {
            let found = self.found(session).await?;
            match self.observe(session, found).await {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {
                    return Err(BackendError::NotFound {
                        session: session.clone(),
                    });
                }
                Err(Unanswered::Changed) => {}
                Err(Unanswered::Error(err)) => return Err(err),
            }
        }
        Err(self.unsettled("look at", session))
    }

    async fn list(&self) -> Result<Vec<SessionStatus>, BackendError> {
        let sessions =
            discover::sessions(&self.settings.owners_dir).map_err(|source| BackendError::BadState {
                path: self.settings.owners_dir.clone(),
                source: source.into(),
            })?;
        let looks = sessions.iter().map(|session| self.status_in_list(session));
        let statuses = futures_util::future::join_all(looks).await;
        Ok(statuses.into_iter().flatten().collect())
    }

    async fn attach(
        &self,
        session: &SessionId,
        wanted: AttachRequest,
    ) -> Result<Attachment, BackendError> {
        for _ in 0..ATTEMPTS {
            match self.live_or_ended("attach to", session).await? {
                Err(start) => {
                    return ended::attach(session, &self.dir(session), &start, &wanted)
                        .map_err(|err| state_error("attach to", session, err));
                }
                Ok(file) => match self.attach_live(session, &file, &wanted).await {
                    Ok(attachment) => return Ok(attachment),
                    Err(Unanswered::Changed) => {}
                    Err(Unanswered::Error(err)) => return Err(err),
                },
            }
        }
        Err(self.unsettled("attach to", session))
    }

    async fn send(&self, session: &SessionId, input: Bytes) -> Result<(), BackendError> {
        for _ in 0..ATTEMPTS {
            match self.live_or_ended("type into", session).await? {
                Err(_ended) => {
                    return Err(BackendError::Ended {
                        session: session.clone(),
                    });
                }
                Ok(file) => match self.send_live(session, &file, input.clone()).await {
                    Ok(()) => return Ok(()),
                    Err(Unanswered::Changed) => {}
                    Err(Unanswered::Error(err)) => return Err(err),
                },
            }
        }
        Err(self.unsettled("type into", session))
    }

    async fn capture(
        &self,
        session: &SessionId,
        wanted: CaptureRequest,
    ) -> Result<Capture, BackendError> {
        for _ in 0..ATTEMPTS {
            match self.live_or_ended("capture", session).await? {
                Err(start) => {
                    return ended::capture(&self.dir(session), &start, wanted)
                        .map_err(|err| state_error("capture", session, err));
                }
                Ok(file) => match self.capture_live(session, &file, wanted).await {
                    Ok(capture) => return Ok(capture),
                    Err(Unanswered::Changed) => {}
                    Err(Unanswered::Error(err)) => return Err(err),
                },
            }
        }
        Err(self.unsettled("capture", session))
    }

    async fn stop(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
        grace: Duration,
    ) -> Result<StopReport, BackendError> {
        let none = StopReport {
            ended: None,
            survivors: Vec::new(),
        };
        for _ in 0..ATTEMPTS {
            match self.live_or_ended("stop", session).await {
                Err(BackendError::NotFound { .. }) => return Ok(none),
                Err(err) => return Err(err),
                Ok(Err(start)) => {
                    return Ok(StopReport {
                        ended: Some(start.ended()),
                        ..none
                    });
                }
                Ok(Ok(file)) => {
                    check_generation(session, generation, file.generation)?;
                    match self.stop_live(session, &file, grace).await {
                        Ok(report) => return Ok(report),
                        Err(Unanswered::Changed) => {}
                        Err(Unanswered::Error(err)) => return Err(err),
                    }
                }
            }
        }
        Err(self.unsettled("stop", session))
    }

    async fn remove(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
    ) -> Result<(), BackendError> {
        let (dir, session) = (self.dir(session), session.clone());
        let removal = tokio::task::spawn_blocking({
            let session = session.clone();
            move || remove(&dir, &session, generation)
        });
        match tokio::time::timeout(ANSWER_DEADLINE, removal).await {
            Ok(done) => done.expect("removing does not panic"),
            Err(_late) => Err(BackendError::TimedOut {
                action: "remove",
                session,
                waited: ANSWER_DEADLINE,
                progress: Some("another process starts or removes it".into()),
            }),
        }
    }
}

impl OwnerBackend {
    /// Observes one session of many: what cannot be asked is shown as such, and a session that went
    /// away meanwhile is left out.
    async fn status_in_list(&self, session: &SessionId) -> Option<SessionStatus> {
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

    fn unsettled(&self, action: &'static str, session: &SessionId) -> BackendError {
        BackendError::Failed {
            action,
            session: session.clone(),
            source: "it kept being started and ended by others".into(),
        }
    }
}

/// Returns the answer to an ensure, unless it is of a start that is not there yet.
fn ensured(
    status: SessionStatus,
    started: Option<Generation>,
) -> Result<Option<Ensured>, BackendError> {
    let Some(generation) = status.generation else {
        return Err(BackendError::TimedOut {
            action: "start",
            session: status.session,
            waited: ANSWER_DEADLINE,
            progress: Some("another process starts or removes it".into()),
        });
    };
    if let SessionState::Unresponsive { holder_pid, reason } = status.state {
        return Err(BackendError::Unresponsive {
            session: status.session,
            holder_pid,
            source: reason.into(),
        });
    }
    Ok(Some(Ensured {
        started: started == Some(generation),
        generation,
        status,
    }))
}

/// Takes a session's directory away, under both locks.
fn remove(
    dir: &SessionDir,
    session: &SessionId,
    generation: Option<Generation>,
) -> Result<(), BackendError> {
    if !dir.path().is_dir() {
        return Ok(());
    }
    let lock_error = |err| discover_error("remove", session, DiscoverError::Lock(err));
    let _start = match KernelLock::acquire(&dir.start_lock()) {
        Err(err) if err.io_kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(lock_error)?,
    };
    let found =
        discover::found_under_lock(dir).map_err(|err| discover_error("remove", session, err))?;
    match found {
        Found::Live(_) | Found::Changing => {
            return Err(BackendError::Refused {
                action: "remove",
                session: session.clone(),
                reason: "it is running".into(),
            });
        }
        Found::Ended(start) => check_generation(session, generation, start.generation)?,
        Found::Nothing => {}
    }
    // An owner that has recorded its end may still be on its way out.
    let _owner = KernelLock::acquire(&dir.owner_lock()).map_err(lock_error)?;
    dir.remove().map_err(|err| state_error("remove", session, err))
}

fn check_generation(
    session: &SessionId,
    wanted: Option<Generation>,
    found: Generation,
) -> Result<(), BackendError> {
    match wanted {
        Some(wanted) if wanted != found => Err(BackendError::WrongGeneration {
            session: session.clone(),
            wanted,
            found,
        }),
        _ => Ok(()),
    }
}

fn unexpected(
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

fn discover_error(action: &'static str, session: &SessionId, err: DiscoverError) -> BackendError {
    match err {
        DiscoverError::State(err) => state_error(action, session, err),
        other => BackendError::Failed {
            action,
            session: session.clone(),
            source: other.into(),
        },
    }
}

fn state_error(action: &'static str, session: &SessionId, err: StateError) -> BackendError {
    match err {
        StateError::Newer { path, found } => BackendError::NewerState {
            path,
            found,
            supported: SCHEMA,
        },
        other => BackendError::Failed {
            action,
            session: session.clone(),
            source: other.into(),
        },
    }
}

/// Returns an error's text with what lies beneath it.
fn with_causes(err: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(err), |err| err.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
