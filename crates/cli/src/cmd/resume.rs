//! `abide resume`: shows a session, and starts it again first if it has ended.

use abide_core::backend::AttachMode;
use abide_workspace::{Target, Workspaces, entry::Way, service::Found};

use super::enter::{self, Client, ExitWith, How, Notes};
use crate::{compose::Context, error::CliError, exit::Exit, output};

/// Go back to a session; start it again first if it has ended
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide resume api               # same command, same directory, if it ended
  abide resume api --no-attach   # only see to it that it runs")]
pub(crate) struct Resume {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    #[command(flatten)]
    options: Options,
}

/// What `resume`, `last`, `open` and `launch` have in common.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Options {
    /// See to it that the session runs and print its name, without attaching
    #[arg(long)]
    pub(super) no_attach: bool,

    /// Take over responsibility from another host without asking
    #[arg(long)]
    pub(super) force: bool,
}

impl Options {
    /// Refuses to go on without a terminal, if one is needed.
    pub(super) fn check(self) -> Result<(), CliError> {
        match self.no_attach {
            true => Ok(()),
            false => enter::need_terminal(),
        }
    }
}

impl Resume {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        self.options.check()?;
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        resume(context, &workspaces, found, Way::Resume, self.options).await
    }
}

/// Sees to it that the session runs, then shows it.
pub(super) async fn resume(
    context: &Context,
    workspaces: &Workspaces,
    found: Found,
    way: Way,
    options: Options,
) -> Result<Exit, CliError> {
    if !options.no_attach {
        enter::refuse_itself(&found)?;
    }
    let mut notes = Notes::default();
    let how = (way, options.force);
    let found = enter::prepare(context, workspaces, found, how, &mut notes).await?;
    show(context, workspaces, found, options, notes).await
}

/// Shows a session that runs, or prints its name.
pub(super) async fn show(
    context: &Context,
    workspaces: &Workspaces,
    found: Found,
    options: Options,
    notes: Notes,
) -> Result<Exit, CliError> {
    if options.no_attach {
        output::line(&found.target().to_string())?;
        return Ok(Exit::SUCCESS);
    }
    let how = How {
        mode: AttachMode::Control,
        keys: context.config.detach_keys.clone(),
        exit: ExitWith::Success,
        lend: context.config.lend_terminal,
        client: Client::OfBackend,
        notes,
    };
    enter::enter(workspaces, &found, how).await
}
