//! `abide stop`: ends a session and keeps its workspace.

use abide_core::backend::StopReport;
use abide_workspace::Target;

use crate::{compose::Context, duration::DurationArg, error::CliError, exit::Exit, output, report};

/// End a session's program; keep its workspace and its last screen
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The program is asked to end (hang-up and terminate signals), and killed with everything it \
started when the grace has passed. Stopping what has ended already succeeds.

Examples:
  abide stop api
  abide stop api --grace 30s")]
pub(crate) struct Stop {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    /// Time to end by itself, such as `500ms`, `2s` or `1m`
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    grace: DurationArg,
}

impl Stop {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        let report = workspaces.stop(&found, self.grace.0).await?;
        let target = found.target();
        if let Some(survivors) = survivors(&report) {
            return Err(CliError::Survivors { target, survivors });
        }
        report::say(&match &report.ended {
            Some(ended) => format!("`{target}` {}", ended.outcome),
            None => format!("`{target}` was not running"),
        });
        Ok(Exit::SUCCESS)
    }
}

fn survivors(report: &StopReport) -> Option<String> {
    let shown: Vec<_> = report
        .survivors
        .iter()
        .map(|survivor| format!("{} ({})", survivor.pid, output::plain(&survivor.name)))
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}
