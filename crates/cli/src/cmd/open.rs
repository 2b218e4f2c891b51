//! `abide open`: shows a shell in a workspace, whatever else runs there.

use abide_core::lease::Mode;
use abide_workspace::{
    SessionName, Target,
    entry::Way,
    service::{Launched, SessionNaming},
    targets::SHELL,
};

use super::{
    enter::Notes,
    launch::{self, Wanted},
    new,
    resume::{self, Options},
};
use crate::{agent, compose::Context, error::CliError, exit::Exit};

/// Go to a shell in a workspace; start one first if there is none
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide open api            # beside the agent that runs there
  abide open api/scratch    # a shell under another name

The workspace's main session is the shell if it runs one. Otherwise the shell is the session \
`shell`, which is started if it is missing or has ended.")]
pub(crate) struct Open {
    /// Workspace, or workspace/session; any part of the workspace's name, all of the session's
    #[arg(value_name = "NAME")]
    target: Target,

    #[command(flatten)]
    options: Options,
}

impl Open {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        self.options.check()?;
        let workspaces = context.workspaces().await?;
        let main = Target {
            session: None,
            ..self.target.clone()
        };
        let main = workspaces.resolve(&main).await?;
        if self.target.session.is_none() && main.session.mode == Mode::Shell {
            return resume::resume(context, &workspaces, main, Way::Open, self.options).await;
        }
        let name = self.target.session.as_deref().unwrap_or(SHELL);
        let name: SessionName = new::session_name(name)?;
        let shell = agent::shell(context);
        let there = launch::exactly(&workspaces, &main.workspace, &name).await?;
        if let Some(found) = there.filter(|found| shell.is_run_by(&found.session)) {
            return resume::resume(context, &workspaces, found, Way::Open, self.options).await;
        }
        let wanted = Wanted {
            naming: SessionNaming::Exactly(name),
            backend: None,
            size: None,
            env: &[],
        };
        let mut notes = Notes::default();
        let new = launch::new_session(context, &shell, wanted, &mut notes)?;
        let launched = launch::launch(&workspaces, &main.workspace, new, &mut notes).await?;
        let Launched { found, .. } = launched;
        resume::show(context, &workspaces, found, self.options, notes).await
    }
}
