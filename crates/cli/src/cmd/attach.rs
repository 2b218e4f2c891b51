//! `abide attach`: shows a session that there is.

use abide_core::backend::AttachMode;
use abide_workspace::{Target, entry::Way};

use super::enter::{self, Client, ExitWith, How, Notes};
use crate::{compose::Context, error::CliError, exit::Exit, viewer::DetachKeys};

/// Show a session on this terminal, and type into it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide attach api           # Ctrl-\\ detaches (in tmux: Ctrl-b d)
  abide attach api --view    # only watch, as any number of clients may
  abide attach api --steal   # take control; whoever had it goes on watching
  abide attach ci --exit-code && echo built

A session that has ended shows its last screen. `abide resume` starts it again instead.

The key that detaches is sent on when it is pressed twice. A session in tmux is shown by tmux itself, \
with your keys and status line; `--detach-keys` has it shown here instead, with those keys.")]
pub(crate) struct Attach {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    /// Only watch
    #[arg(long, conflicts_with = "steal")]
    view: bool,

    /// Take control from the client that has it
    #[arg(long)]
    steal: bool,

    /// Take over responsibility from another host without asking
    #[arg(long, conflicts_with = "view")]
    force: bool,

    /// Keys that detach, such as `ctrl-x,d`
    #[arg(long, value_name = "KEYS", value_parser = enter::parse_keys)]
    detach_keys: Option<DetachKeys>,

    /// End with the code of the session's program, if it ends
    #[arg(long)]
    exit_code: bool,
}

impl Attach {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        enter::need_terminal()?;
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        let way = match self.view {
            true => Way::View,
            false => Way::Attach,
        };
        enter::refuse_itself(&found)?;
        let mut notes = Notes::default();
        let how = (way, self.force);
        let found = enter::prepare(context, &workspaces, found, how, &mut notes).await?;
        let mode = match (self.view, self.steal) {
            (true, _) => AttachMode::View,
            (false, true) => AttachMode::Steal,
            (false, false) => AttachMode::Control,
        };
        let exit = match self.exit_code {
            true => ExitWith::Program,
            false => ExitWith::Success,
        };
        let configured = || context.config.detach_keys.clone();
        let client = match self.detach_keys {
            Some(_) => Client::Ours,
            None => Client::OfBackend,
        };
        let keys = self.detach_keys.unwrap_or_else(configured);
        let how = How {
            mode,
            keys,
            exit,
            lend: context.config.lend_terminal,
            client,
            notes,
        };
        enter::enter(&workspaces, &found, how).await
    }
}
