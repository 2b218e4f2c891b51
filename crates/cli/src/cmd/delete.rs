//! `abide delete`: forgets a workspace, or one further session of it; of its directory goes only a
//! worktree that was made for it.

use abide_workspace::{
    Target, Workspaces,
    service::{Force, Found},
};

use crate::{compose::Context, error::CliError, exit::Exit, output, report};

/// Forget a workspace and its sessions, or one session; a directory of yours stays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A workspace goes with all of its sessions. A session that is named goes alone; the main one can \
only go with its workspace.

A directory that was there before stays as it is, and so does a branch. A worktree and a branch that \
`abide new --repo` made go with the workspace: the worktree unless it has work that is nowhere else, \
the branch unless it has commits that are nowhere else. With `--force` such work is kept in the \
repository first, and the command that brings it back is printed. What was recorded in the worktree is \
kept in the state directory, where `abide log` and `abide summary` find it.

Examples:
  abide stop api --all && abide delete api
  abide delete api/review   # that session, and nothing else
  abide delete api --force")]
pub(crate) struct Delete {
    /// Workspace, or workspace/session; whole names
    #[arg(value_name = "NAME")]
    target: Target,

    /// End first what runs, and take a worktree away although there is work in it
    #[arg(long)]
    force: bool,
}

impl Delete {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let force = match self.force {
            true => Force::Yes,
            false => Force::No,
        };
        let found = workspaces.resolve(&self.target).await?;
        // An abbreviation that fitted one workspace fits another once that one is gone.
        if found.workspace.name.as_str() != self.target.workspace {
            return Err(CliError::NotTheWholeName {
                what: "workspace",
                target: self.target,
                whole: (&found.workspace.name).into(),
            });
        }
        if let Some(session) = &self.target.session {
            return delete_session(&workspaces, found, session, force).await;
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

/// Deletes one session of a workspace.
async fn delete_session(
    workspaces: &Workspaces,
    found: Found,
    session: &str,
    force: Force,
) -> Result<Exit, CliError> {
    let target = found.target();
    if found.session.name.as_str() != session {
        let session = Some(session.to_owned());
        return Err(CliError::NotTheWholeName {
            what: "session",
            target: Target {
                session,
                ..target.clone()
            },
            whole: target,
        });
    }
    if std::env::var("ABIDE_SESSION").is_ok_and(|here| here == found.session.id.as_str()) {
        return Err(CliError::DeleteFromInside { target });
    }
    workspaces.delete_session(&found, force).await?;
    report::say(&format!("deleted `{target}`"));
    Ok(Exit::SUCCESS)
}
