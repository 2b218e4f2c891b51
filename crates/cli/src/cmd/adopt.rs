//! `abide adopt`: makes a workspace for a session that none has.

use std::path::PathBuf;

use abide_workspace::{WorkspaceName, service::Adoption};

use crate::{agent, compose::Context, error::CliError, exit::Exit, host, output, report};

/// Make a workspace for a session that no workspace has
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Sessions go on when the database is lost or put back from an older copy; `abide list --orphans` \
shows those that nothing knows any more. Adopting changes nothing in the session itself.

What the workspace was called, its directory and what it runs are asked of the system, where it \
tells; a later `abide resume` starts that again, else your shell. Whether that is an agent, and which, \
says the record in the directory.

Examples:
  abide list --orphans
  abide adopt 3f9a   # the beginning of the id, if only one begins so
  abide adopt 3f9a --name api --dir ~/src/api")]
pub(crate) struct Adopt {
    /// Session, by its id or the first four or more characters of it
    #[arg(value_name = "SESSION")]
    session: String,

    /// Name of the workspace; without it, the one that it had, else that of the directory
    #[arg(long, value_name = "NAME")]
    name: Option<WorkspaceName>,

    /// Directory of the workspace; without it, the one that it had, else that of the program
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Adopt {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let dir = match self.dir {
            None => None,
            Some(path) => Some(
                host::absolute_dir(&path)
                    .map_err(|source| CliError::BadDirectory { path, source })?,
            ),
        };
        let shell = agent::shell(context);
        let workspaces = context.workspaces().await?;
        let found = workspaces
            .adopt(Adoption {
                session: self.session,
                name: self.name,
                dir,
                agent: shell.agent_name(),
                mode: shell.mode(),
                command: shell.command,
                history_bytes: context.config.history_bytes,
                journal: context.config.journal,
            })
            .await?;
        let dir = found.workspace.dir.to_string_lossy();
        report::say(&format!(
            "adopted `{}` in {}",
            found.session.id,
            output::plain(&dir)
        ));
        output::line(found.workspace.name.as_str())?;
        Ok(Exit::SUCCESS)
    }
}
