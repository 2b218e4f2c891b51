//! `abide delete`: forgets a workspace; its directory stays.

use abide_workspace::{Target, service::Force};

use crate::{compose::Context, error::CliError, exit::Exit, report};

/// Forget a workspace and its sessions; leave its directory alone
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide stop api && abide delete api
  abide delete api --force")]
pub(crate) struct Delete {
    /// Workspace; its whole name
    #[arg(value_name = "NAME")]
    target: Target,

    /// End its sessions first, if they run
    #[arg(long)]
    force: bool,
}

impl Delete {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        if self.target.session.is_some() {
            return Err(CliError::NotAWorkspace {
                target: self.target,
            });
        }
        let workspaces = context.workspaces().await?;
        let force = match self.force {
            true => Force::Yes,
            false => Force::No,
        };
        let found = workspaces.resolve(&self.target).await?;
        // An abbreviation that fitted one workspace fits another once that one is gone.
        if found.workspace.name.as_str() != self.target.workspace {
            return Err(CliError::NotTheWholeName {
                target: self.target,
                whole: found.workspace.name,
            });
        }
        if std::env::var("ABIDE_WORKSPACE").is_ok_and(|here| here == found.workspace.id.as_str()) {
            return Err(CliError::DeleteFromInside {
                target: self.target,
            });
        }
        let workspace = workspaces.delete(&self.target, force).await?;
        report::say(&format!("deleted `{}`", workspace.name));
        Ok(Exit::SUCCESS)
    }
}
