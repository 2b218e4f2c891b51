//! `abide delete`: forgets a workspace; of its directory goes only a worktree that was made for it.

use abide_workspace::{Target, service::Force};

use crate::{compose::Context, error::CliError, exit::Exit, output, report};

/// Forget a workspace and its sessions; a directory of yours stays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A directory that was there before stays as it is, and so does a branch. A worktree and a branch that \
`abide new --repo` made go with the workspace: the worktree unless it has work that is nowhere else, \
the branch unless it has commits that are nowhere else. With `--force` such work is kept in the \
repository first, and the command that brings it back is printed.

Examples:
  abide stop api && abide delete api
  abide delete api --force")]
pub(crate) struct Delete {
    /// Workspace; its whole name
    #[arg(value_name = "NAME")]
    target: Target,

    /// End its sessions first, and take its worktree away although there is work in it
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
        let deleted = workspaces.delete(&self.target, force).await?;
        for left in &deleted.left {
            report::say(&format!("note: {}", output::plain(left)));
        }
        if let Some(recovered) = &deleted.recovered {
            report::say(&format!(
                "note: its work was kept as {}; this brings it back:\n  {}",
                recovered.reference,
                output::plain(&recovered.command)
            ));
        }
        report::say(&format!("deleted `{}`", deleted.workspace.name));
        Ok(Exit::SUCCESS)
    }
}
