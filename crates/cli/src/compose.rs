//! Puts the program together: settings → backends → service. The only file that names a backend.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use abide_backend_ptyowner::{OwnerBackend, OwnerSettings};
use abide_backend_tmux::{TmuxBackend, TmuxSettings};
use abide_core::{
    backend::{BackendKind, TerminalBackend as _},
    clock::{Clock, SystemClock},
};
use abide_local::probe;
use abide_workspace::{
    Backends, Keepers, Keeping, Preference, Workspaces,
    backends::{Candidate, Unusable, Usable},
    keeper::Helper,
    targets::Agents,
};
use async_trait::async_trait;

use crate::{
    agent,
    config::Config,
    dirs::{ConfigPath, Dirs},
    error::CliError,
    host, keeper, report,
    setting::{self, Setting},
};

/// What every command starts from.
#[derive(Debug)]
pub(crate) struct Context {
    /// Where things are.
    pub(crate) dirs: Dirs,
    /// What the user has configured.
    pub(crate) config: Config,
    /// Which backend new sessions get.
    pub(crate) backend: Setting,
    /// What sessions may run, by name.
    pub(crate) agents: Agents,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

/// Becomes the helper that the command line asks for, if it asks for one.
pub(crate) fn become_helper() -> Option<ExitCode> {
    keeper::become_keeper().or_else(abide_backend_tmux::become_helper)
}

impl Context {
    /// Reads the settings.
    pub(crate) fn read() -> Result<Self, CliError> {
        let dirs = Dirs::from_env(|name| std::env::var_os(name))?;
        let config = Config::read(&dirs.config)?;
        let backend = Setting::read(std::env::var_os(setting::VARIABLE), config.backend)?;
        let agents = agent::known(&config);
        let clock = Arc::new(SystemClock);
        Ok(Self {
            dirs,
            config,
            backend,
            agents,
            clock,
        })
    }

    /// Opens the workspaces.
    pub(crate) async fn workspaces(&self) -> Result<Workspaces, CliError> {
        self.open(self.backends(), self.keeping()).await
    }

    /// Opens the workspaces for a command that is about to start a session. The backend that the
    /// session gets is looked for, and gets ready, meanwhile; so does a keeper, if the
    /// session is to be recorded in this directory, or in one below it that is yet to be made.
    pub(crate) async fn workspaces_to_start(
        &self,
        preference: Option<Preference>,
        recorded: Option<&Path>,
    ) -> Result<Workspaces, CliError> {
        let (backends, keeping) = (self.backends(), self.keeping());
        if let (Keeping::By(keepers), Some(dir)) = (&keeping, recorded) {
            keepers.expect(dir);
        }
        let preference = preference.unwrap_or(backends.preference());
        let get_ready = async {
            // That there is none is told by the start.
            if let Ok((_, usable)) = backends.choose(preference).await {
                usable.backend.expect_start();
            }
        };
        let ((), opened) = tokio::join!(get_ready, self.open(backends.clone(), keeping));
        opened
    }

    async fn open(&self, backends: Backends, keeping: Keeping) -> Result<Workspaces, CliError> {
        let clock = Arc::clone(&self.clock);
        let workspaces = Workspaces::open(&self.dirs.state, backends, clock, keeping).await?;
        let held_in = std::env::var_os(probe::PROBE_DIR);
        Ok(workspaces.with_probe(probe::in_dir(held_in.as_deref())))
    }

    /// Returns where worktrees are made.
    pub(crate) fn worktrees(&self) -> PathBuf {
        let configured = self.config.worktrees.clone();
        configured.unwrap_or_else(|| self.dirs.worktrees())
    }

    /// Returns how keepers are started: as this program, with the directories of this run.
    fn keeping(&self) -> Keeping {
        let Dirs {
            state,
            runtime,
            config,
        } = &self.dirs;
        let mut variables = vec![
            ("ABIDE_STATE_DIR".into(), state.into()),
            ("ABIDE_RUNTIME_DIR".into(), runtime.into()),
        ];
        if let ConfigPath::Named(path) = config {
            variables.push(("ABIDE_CONFIG".into(), path.into()));
        }
        let keepers = Keepers::new(Helper::ThisProgram, runtime.clone(), variables);
        Keeping::By(keepers)
    }

    /// Returns the backends of this machine, of which none was looked at.
    pub(crate) fn backends(&self) -> Backends {
        let settings = OwnerSettings::new(self.dirs.owners(), self.dirs.runtime.clone());
        let mut candidates: Vec<Box<dyn Candidate>> =
            vec![Box::new(Owner(OwnerBackend::new(settings)))];
        if host::may_have_tmux() {
            candidates.push(Box::new(Tmux(TmuxBackend::new(self.tmux()))));
        }
        Backends::new(candidates, self.backend.preference)
    }

    fn tmux(&self) -> TmuxSettings {
        let Dirs { state, runtime, .. } = &self.dirs;
        let mut settings = TmuxSettings::new(state.clone(), runtime.clone());
        settings.tmux = self.config.tmux.iter().map(Into::into).collect();
        settings
    }
}

/// tmux, which may not be there, or not be one that serves.
#[derive(Debug)]
struct Tmux(TmuxBackend);

#[async_trait]
impl Candidate for Tmux {
    fn kind(&self) -> BackendKind {
        self.0.kind()
    }

    async fn find(&self) -> Result<Usable, Unusable> {
        match self.0.probe().await {
            Ok(version) => Ok(Usable {
                backend: Arc::new(self.0.clone()),
                version: version.to_string(),
            }),
            Err(error) => Err(Unusable {
                reason: report::chain(&error),
                hint: error.hint(),
            }),
        }
    }
}

/// The owner, which needs nothing but this program.
#[derive(Debug)]
struct Owner(OwnerBackend);

#[async_trait]
impl Candidate for Owner {
    fn kind(&self) -> BackendKind {
        self.0.kind()
    }

    async fn find(&self) -> Result<Usable, Unusable> {
        Ok(Usable {
            backend: Arc::new(self.0.clone()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}
