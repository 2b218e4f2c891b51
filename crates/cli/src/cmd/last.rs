//! `abide last`: `resume` of the workspace that was used last.

use abide_workspace::entry::Way;

use super::resume::{self, Options};
use crate::{compose::Context, error::CliError, exit::Exit};

/// Go back to the workspace that you used last
#[derive(Debug, clap::Args)]
pub(crate) struct Last {
    #[command(flatten)]
    options: Options,
}

impl Last {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        self.options.check()?;
        let workspaces = context.workspaces().await?;
        let found = workspaces.last().await?;
        resume::resume(context, &workspaces, found, Way::Last, self.options).await
    }
}
