//! The backend: the contract of `abide_core::backend` in terms of the client's modules.

mod errors;
mod list;
mod observe;
mod question;
mod remove;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use abide_core::{
    activity::Activity,
    backend::{
        AttachRequest, Attachment, BackendError, BackendKind, Capture, CaptureRequest, Ensured,
        Listed, SessionSpec, SessionState, SessionStatus, StopReport, TerminalBackend, Watch,
    },
    id::{Generation, SessionId},
    limits::ANSWER_DEADLINE,
    probe::{NoProbe, Probe},
};
use async_trait::async_trait;
use bytes::Bytes;

pub use self::list::{Surveyed, Unheld};
use self::{
    errors::{check_generation, discover_error, state_error},
    question::Unanswered,
};
use crate::{
    client::{
        discover::{self, Found},
        ended,
        launch::{self, Launched},
        patience::within,
        spare::Spare,
        watch,
    },
    state::SessionDir,
};

/// How often a session is looked at again that changed between a look and a question.
const ATTEMPTS: usize = 5;

/// The program that becomes an owner, and the child of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Helper {
    /// This program: its `main` calls [`become_helper`](crate::become_helper) first.
    ThisProgram,
    /// Another one that does; as a rule `abide`.
    Program(PathBuf),
}

/// Time for a removal. An owner that has told its end sees to it that the record is on disk before it
/// goes, and a disk that is busy with others may take long over that.
const REMOVE_DEADLINE: Duration = Duration::from_secs(30);

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
    /// Whose the terminals are, if they are not the owners' own.
    pub relay: Option<Relay>,
}

/// Terminals that are somebody else's, and reached through relays ([`host`](crate::host)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// What the sessions' statuses say of who keeps them.
    pub kind: BackendKind,
    /// The word that makes the helper program a relay: the one of its [`Role`](crate::Role).
    pub word: &'static str,
    /// Settings for the relay's source, as bytes that only it knows; at most 1 MiB. They are handed
    /// over through a pipe.
    pub source: Vec<u8>,
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
            relay: None,
        }
    }

    /// Returns settings for terminals that are somebody else's. Their sessions' directory is to be
    /// used for no other kind.
    #[must_use]
    pub fn for_relays(owners_dir: PathBuf, runtime_dir: PathBuf, relay: Relay) -> Self {
        Self {
            relay: Some(relay),
            ..Self::new(owners_dir, runtime_dir)
        }
    }
}

/// One detached process per session. Cheap to make; keeps nothing but its settings, and a process
/// that waits for a start that was said to come.
#[derive(Debug, Clone)]
pub struct OwnerBackend {
    settings: OwnerSettings,
    spare: Spare,
}

impl OwnerBackend {
    /// Returns the backend with these settings.
    #[must_use]
    pub fn new(settings: OwnerSettings) -> Self {
        let spare = Spare::default();
        Self { settings, spare }
    }

    /// Returns every session that there is a trace of, in order.
    fn sessions(&self) -> Result<Vec<SessionId>, BackendError> {
        let owners_dir = &self.settings.owners_dir;
        discover::sessions(owners_dir).map_err(|source| BackendError::BadState {
            path: owners_dir.clone(),
            source: source.into(),
        })
    }

    fn dir(&self, session: &SessionId) -> SessionDir {
        SessionDir::new(&self.settings.owners_dir, session)
    }

    /// Observes the session after seeing to it that a relay holds it if it lives, even if there is
    /// no trace of it where this backend keeps its sessions. Never starts one.
    ///
    /// Only for a session that is known to live elsewhere is this needed: every other method does
    /// the same for a session that it has a trace of.
    ///
    /// Cancel safety: safe to drop; a relay that was launched stays.
    ///
    /// # Errors
    ///
    /// [`BackendError::NotFound`] when there is no such session. [`BackendError::LaunchFailed`] when
    /// the source cannot say whether it lives.
    pub async fn join(&self, session: &SessionId) -> Result<SessionStatus, BackendError> {
        let is_unknown = matches!(self.found(session).await?, Found::Nothing);
        if is_unknown && self.settings.relay.is_some() {
            launch::join(&self.settings, session).await?;
        }
        self.status(session).await
    }
}

#[async_trait]
impl TerminalBackend for OwnerBackend {
    fn kind(&self) -> BackendKind {
        let relay = self.settings.relay.as_ref();
        relay.map_or(BackendKind::Owner, |relay| relay.kind)
    }

    fn expect_start(&self) {
        self.spare.fill(&self.settings);
    }

    async fn ensure(&self, spec: &SessionSpec) -> Result<Ensured, BackendError> {
        let session = &spec.session;
        let mut started = None;
        for _ in 0..ATTEMPTS {
            let found = self.found(session).await?;
            let is_wanted = match &found {
                // Whether an unheld one lives, the relay that is launched finds out.
                Found::Nothing | Found::Unheld(_) => false,
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
                launch::launch(&self.settings, &self.spare, spec).await?
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

    async fn list(&self) -> Result<Vec<Listed>, BackendError> {
        let surveyed = self.survey()?.into_iter();
        Ok(surveyed.map(|one| self.listed(one)).collect())
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

    async fn watch(&self, session: &SessionId) -> Result<Watch, BackendError> {
        for _ in 0..ATTEMPTS {
            match self.live_or_ended("watch", session).await? {
                Err(start) => return Ok(watch::ended(&start)),
                Ok(file) => match self.watch_live(session, &file).await {
                    Ok(watch) => return Ok(watch),
                    Err(Unanswered::Changed) => {}
                    Err(Unanswered::Error(err)) => return Err(err),
                },
            }
        }
        Err(self.unsettled("watch", session))
    }

    async fn activity(&self, session: &SessionId, generation: Generation) -> Option<Activity> {
        self.dir(session).read_activity(generation)
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
                    let start = self.hung_up(session, start, grace).await?;
                    return Ok(StopReport {
                        ended: Some(start.ended()),
                        survivors: start.survivors(),
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
        if let Found::Unheld(_) = self.found(session).await? {
            launch::join(&self.settings, session).await?;
        }
        let (dir, session) = (self.dir(session), session.clone());
        let id = session.clone();
        let abandoned = Abandoned::default();
        let seen = Arc::clone(&abandoned.0);
        let removal = move || remove::remove(&dir, &id, generation, &seen);
        let done = within(REMOVE_DEADLINE, removal).await;
        done.unwrap_or(Err(BackendError::TimedOut {
            action: "remove",
            session,
            waited: REMOVE_DEADLINE,
            progress: Some(
                "another process starts or removes it, or its end is still being written to disk"
                    .into(),
            ),
        }))
    }
}

/// Tells a thread, when dropped, that nobody waits for it any more.
#[derive(Default)]
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
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
