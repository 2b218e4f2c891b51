//! `abide stop`: ends a session, or all of a workspace, and keeps the workspace.

use abide_core::backend::StopReport;
use abide_workspace::{
    Target, Workspaces,
    service::{Found, Stopped},
};

use crate::{compose::Context, duration::DurationArg, error::CliError, exit::Exit, output, report};

/// End a session's program, or those of all; keep the workspace and the last screens
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The program is asked to end (hang-up and terminate signals), and killed with everything it \
started when the grace has passed. Stopping what has ended already succeeds.

Of a workspace the main session is ended, and with `--all` every one; nothing is launched in the \
workspace meanwhile.

Examples:
  abide stop api
  abide stop api/review
  abide stop api --all
  abide stop api --grace 30s")]
pub(crate) struct Stop {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    /// End every session of the workspace
    #[arg(long)]
    all: bool,

    /// Time to end by itself, such as `500ms`, `2s` or `1m`
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    grace: DurationArg,
}

impl Stop {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        if self.all {
            return stop_all(&workspaces, &self.target, &found, self.grace).await;
        }
        let report = workspaces.stop(&found, self.grace.0).await?;
        say(found.target(), &report)?;
        Ok(Exit::SUCCESS)
    }
}

/// Ends every session of a workspace; the first that could not be ended is the error.
async fn stop_all(
    workspaces: &Workspaces,
    target: &Target,
    found: &Found,
    grace: DurationArg,
) -> Result<Exit, CliError> {
    if target.session.is_some() {
        return Err(CliError::AllOfASession {
            target: target.clone(),
        });
    }
    let mut failed = None;
    for Stopped { found, report } in workspaces.stop_all(&found.workspace, grace.0).await? {
        let said = report.map_err(CliError::from);
        let said = said.and_then(|report| say(found.target(), &report));
        failed = failed.or(said.err());
    }
    failed.map_or(Ok(Exit::SUCCESS), Err)
}

/// Says how a stop went.
fn say(target: Target, report: &StopReport) -> Result<(), CliError> {
    if let Some(survivors) = survivors(report) {
        return Err(CliError::Survivors { target, survivors });
    }
    report::say(&match &report.ended {
        Some(ended) => format!("`{target}` {}", ended.outcome),
        None => format!("`{target}` was not running"),
    });
    Ok(())
}

fn survivors(report: &StopReport) -> Option<String> {
    let shown: Vec<_> = report
        .survivors
        .iter()
        .map(|survivor| format!("{} ({})", survivor.pid, output::plain(&survivor.name)))
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}
