//! The backend: the contract of `abide_core::backend`, kept by relays, and by tmux where those are
//! not needed.

mod people;
mod survey;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use abide_backend_ptyowner::{Helper, OwnerBackend, OwnerSettings, Relay};
use abide_core::{
    activity::Activity,
    backend::{
        AttachMode, AttachRequest, Attachment, BackendError, BackendKind, Capture, CaptureRequest,
        ClientProgram, Ensured, Listed, SessionSpec, SessionState, SessionStatus, Source,
        StopReport, TerminalBackend, Watch,
    },
    id::{Generation, SessionId},
    probe::{NoProbe, Probe},
};
use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    command,
    entry::RELAY_WORD,
    error::TmuxError,
    listing::Listing,
    marker::OwnerMark,
    run::{RUN_DEADLINE, Said, Tmux},
    source::TmuxSource,
    sys,
    target::SessionName,
    unusable::Unusable,
    version::Version,
};

/// Where sessions are kept and how tmux is run.
#[derive(Debug, Clone)]
pub struct TmuxSettings {
    /// tmux, and the arguments before its command: which server it is, as a rule.
    pub tmux: Vec<OsString>,
    /// The place that keeps all of abide's state; sessions in tmux are marked with its hash.
    pub state_root: PathBuf,
    /// Holds a directory for each session, and for sessions of no other backend; made, private, if
    /// it is missing.
    pub sessions_dir: PathBuf,
    /// Holds the sockets of relays; made, private, if it is missing.
    pub runtime_dir: PathBuf,
    /// The program that becomes a relay, and the pane's process.
    pub helper: Helper,
    /// Points where a test may hold a launch.
    pub probe: Arc<dyn Probe>,
}

impl TmuxSettings {
    /// Returns settings for a private server (`tmux -L abide`), with this program as its own helper.
    #[must_use]
    pub fn new(state_root: PathBuf, runtime_dir: PathBuf) -> Self {
        Self {
            tmux: ["tmux", "-L", "abide"].map(OsString::from).to_vec(),
            sessions_dir: state_root.join("tmux"),
            state_root,
            runtime_dir,
            helper: Helper::ThisProgram,
            probe: Arc::new(NoProbe),
        }
    }
}

/// Sessions in a private tmux server. Cheap to clone; keeps nothing that matters.
#[derive(Debug, Clone)]
pub struct TmuxBackend {
    tmux: Tmux,
    mark: OwnerMark,
    sessions_dir: PathBuf,
    /// The same sessions, as their relays serve them.
    relays: OwnerBackend,
    /// The version, once it was found to be usable.
    version: Arc<OnceLock<Version>>,
}

impl TmuxBackend {
    /// Returns the backend with these settings. Runs nothing and makes nothing.
    #[must_use]
    pub fn new(settings: TmuxSettings) -> Self {
        let tmux = Tmux::new(settings.tmux);
        let mark = OwnerMark::of(&settings.state_root);
        let relay = Relay {
            kind: BackendKind::Tmux,
            word: RELAY_WORD,
            source: TmuxSource::settings(&tmux, &mark),
        };
        let mut relays =
            OwnerSettings::for_relays(settings.sessions_dir.clone(), settings.runtime_dir, relay);
        relays.helper = settings.helper;
        relays.probe = settings.probe;
        Self {
            tmux,
            mark,
            sessions_dir: settings.sessions_dir,
            relays: OwnerBackend::new(relays),
            version: Arc::default(),
        }
    }

    /// Says which tmux there is; starts no server. Safe to drop at any await.
    ///
    /// # Errors
    ///
    /// Why it cannot be used.
    pub async fn probe(&self) -> Result<Version, Unusable> {
        if !sys::is_supported() {
            return Err(Unusable::Platform);
        }
        let program = || self.tmux.program().to_owned();
        let not_tmux = |said: String| Unusable::NotTmux {
            program: program(),
            said,
        };
        let said = match self.tmux.run(&command::version()).await {
            Ok(Said::Done(said)) => said,
            Ok(Said::NoServer | Said::NoTarget) => return Err(not_tmux("it failed".into())),
            Err(TmuxError::NotRun { program, source }) => {
                return Err(match source.kind() {
                    std::io::ErrorKind::NotFound => Unusable::NotFound { program },
                    _ => Unusable::Failed { program, source },
                });
            }
            Err(TmuxError::TimedOut { .. } | TmuxError::TooMany { .. }) => {
                return Err(Unusable::Unanswered {
                    program: program(),
                    waited: RUN_DEADLINE,
                });
            }
            Err(err) => return Err(not_tmux(err.to_string())),
        };
        let shown = || said.trim().chars().take(100).collect();
        let version = Version::parse(&said).ok_or_else(|| not_tmux(shown()))?;
        match version.is_usable() {
            true => Ok(version),
            false => Err(Unusable::TooOld {
                found: version.to_string(),
            }),
        }
    }

    /// Tells whether tmux has a session of this id that carries our mark.
    ///
    /// # Errors
    ///
    /// When tmux does not say so for certain.
    pub async fn has_session(&self, session: &SessionId) -> Result<bool, BackendError> {
        let listing = self.listing("look for", session).await?;
        let listed = listing.session(session);
        Ok(listed.is_some_and(|listed| listed.ours.is_some()))
    }

    /// Lists what tmux has: one run of tmux.
    async fn listing(
        &self,
        action: &'static str,
        session: &SessionId,
    ) -> Result<Listing, BackendError> {
        let listed = self.listed().await;
        listed.map_err(|err| failed(action, session, err.into()))
    }

    async fn listed(&self) -> Result<Listing, TmuxError> {
        match self.tmux.run(&command::list()).await? {
            Said::Done(text) => Ok(Listing::parse(&text, &self.mark)?),
            // Without a server, or anything in it, there is nothing.
            Said::NoServer | Said::NoTarget => Ok(Listing::default()),
        }
    }

    /// Sees to it that a session which only tmux knows of is known here too.
    async fn adopt(&self, action: &'static str, session: &SessionId) -> Result<(), BackendError> {
        if self.sessions_dir.join(session.as_str()).is_dir() {
            return Ok(());
        }
        let listing = self.listing(action, session).await?;
        let is_ours = |listed: &crate::listing::Listed| listed.ours.is_some();
        if listing.session(session).is_some_and(is_ours) {
            self.relays.join(session).await?;
        }
        Ok(())
    }

    async fn usable(&self, session: &SessionId) -> Result<(), BackendError> {
        let version = self.known_version().await;
        version.map_err(|err| failed("start", session, err.into()))?;
        Ok(())
    }

    /// Returns the version, which is asked for once.
    async fn known_version(&self) -> Result<&Version, Unusable> {
        if let Some(version) = self.version.get() {
            return Ok(version);
        }
        let version = self.probe().await?;
        // Somebody else may have found out at the same time.
        Ok(self.version.get_or_init(|| version))
    }
}

#[async_trait]
impl TerminalBackend for TmuxBackend {
    fn kind(&self) -> BackendKind {
        BackendKind::Tmux
    }

    async fn ensure(&self, spec: &SessionSpec) -> Result<Ensured, BackendError> {
        self.usable(&spec.session).await?;
        let listing = self.listing("start", &spec.session).await?;
        if let Some(listed) = listing.session(&spec.session)
            && listed.ours.is_none()
        {
            let name = SessionName::of(&spec.session);
            return Err(BackendError::Refused {
                action: "start",
                session: spec.session.clone(),
                reason: format!(
                    "tmux has a session `{}` that is not ours; it is left as it is",
                    name.as_str()
                ),
            });
        }
        self.relays.ensure(spec).await
    }

    async fn status(&self, session: &SessionId) -> Result<SessionStatus, BackendError> {
        self.adopt("look at", session).await?;
        let mut status = self.relays.status(session).await?;
        if let SessionState::Running(running) = &mut status.state {
            self.count_people(session, running).await;
        }
        Ok(status)
    }

    async fn list(&self) -> Result<Vec<Listed>, BackendError> {
        self.survey().await
    }

    async fn attach(
        &self,
        session: &SessionId,
        request: AttachRequest,
    ) -> Result<Attachment, BackendError> {
        self.adopt("attach to", session).await?;
        if request.mode != AttachMode::View {
            self.make_way(session, request.mode).await?;
        }
        self.relays.attach(session, request).await
    }

    async fn watch(&self, session: &SessionId) -> Result<Watch, BackendError> {
        self.adopt("watch", session).await?;
        self.relays.watch(session).await
    }

    async fn activity(&self, session: &SessionId, generation: Generation) -> Option<Activity> {
        self.relays.activity(session, generation).await
    }

    async fn client_program(
        &self,
        session: &SessionId,
        mode: AttachMode,
        notice: Option<&str>,
    ) -> Result<Option<ClientProgram>, BackendError> {
        self.person(session, mode, notice).await
    }

    async fn send(&self, session: &SessionId, input: Bytes) -> Result<(), BackendError> {
        self.adopt("type into", session).await?;
        self.relays.send(session, input).await
    }

    async fn capture(
        &self,
        session: &SessionId,
        request: CaptureRequest,
    ) -> Result<Capture, BackendError> {
        self.adopt("capture", session).await?;
        self.relays.capture(session, request).await
    }

    async fn stop(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
        grace: Duration,
    ) -> Result<StopReport, BackendError> {
        self.adopt("stop", session).await?;
        self.relays.stop(session, generation, grace).await
    }

    async fn remove(
        &self,
        session: &SessionId,
        generation: Option<Generation>,
    ) -> Result<(), BackendError> {
        self.adopt("remove", session).await?;
        let listing = self.listed().await;
        self.relays.remove(session, generation).await?;
        // What its relay, on its way out, has not let go of yet. By the id that it had before the
        // removal, since a new start may have come after it.
        if let Ok(listing) = listing
            && let Some(listed) = listing.session(session)
            && let Some(ours) = &listed.ours
        {
            let pane = ours.pane.as_ref().map(|pane| pane.pane);
            let _ = self.tmux.run(&command::release(listed.id, pane)).await;
        }
        Ok(())
    }
}

fn failed(action: &'static str, session: &SessionId, source: Source) -> BackendError {
    BackendError::Failed {
        action,
        session: session.clone(),
        source,
    }
}
