//! Puts the program together: settings → backend → service. The only file that names a backend.

use std::{process::ExitCode, sync::Arc};

use abide_backend_ptyowner::{OwnerBackend, OwnerSettings};
use abide_core::{
    backend::TerminalBackend,
    clock::{Clock, SystemClock},
};
use abide_workspace::Workspaces;

use crate::{config::Config, dirs::Dirs, error::CliError};

/// Why the backend is the one it is, for `abide doctor`.
pub(crate) const BACKEND_REASON: &str = "it is the only one in this release";

/// What every command starts from.
#[derive(Debug)]
pub(crate) struct Context {
    /// Where things are.
    pub(crate) dirs: Dirs,
    /// What the user has configured.
    pub(crate) config: Config,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

/// Becomes the helper that the command line asks for, if it asks for one.
pub(crate) fn become_helper() -> Option<ExitCode> {
    abide_backend_tmux::become_helper()
}

impl Context {
    /// Reads the settings.
    pub(crate) fn read() -> Result<Self, CliError> {
        let dirs = Dirs::from_env(|name| std::env::var_os(name))?;
        let config = Config::read(&dirs.config)?;
        let clock = Arc::new(SystemClock);
        Ok(Self {
            dirs,
            config,
            clock,
        })
    }

    /// Opens the workspaces.
    pub(crate) async fn workspaces(&self) -> Result<Workspaces, CliError> {
        self.open(self.backend()).await
    }

    /// Opens the workspaces for a command that is about to start a session.
    pub(crate) async fn workspaces_to_start(&self) -> Result<Workspaces, CliError> {
        let backend = self.backend();
        backend.expect_start();
        self.open(backend).await
    }

    async fn open(&self, backend: Arc<dyn TerminalBackend>) -> Result<Workspaces, CliError> {
        let clock = Arc::clone(&self.clock);
        Ok(Workspaces::open(&self.dirs.state, backend, clock).await?)
    }

    fn backend(&self) -> Arc<dyn TerminalBackend> {
        let settings = OwnerSettings::new(self.dirs.owners(), self.dirs.runtime.clone());
        Arc::new(OwnerBackend::new(settings))
    }
}
