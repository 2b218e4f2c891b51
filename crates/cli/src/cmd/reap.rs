//! `abide reap`: ends sessions that no workspace has, and forgets them.

use abide_core::id::SessionId;
use abide_workspace::{
    WorkspaceError, Workspaces,
    service::{Force, Orphan},
};

use crate::{compose::Context, error::CliError, exit::Exit, report};

/// End sessions that no workspace has, and forget them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is asked: one that has ended is forgotten at once, and one that may run is ended only by \
`--force`, as with `abide delete`. What a workspace has is never touched, nor the session that \
this runs in.

Examples:
  abide list --orphans
  abide reap 3f9a --force   # the beginning of the id, if only one begins so
  abide reap --all          # those that have ended")]
pub(crate) struct Reap {
    /// Sessions, by their ids or the first four or more characters of these
    #[arg(value_name = "SESSION", required_unless_present = "all")]
    sessions: Vec<String>,

    /// All of them
    #[arg(long, conflicts_with = "sessions")]
    all: bool,

    /// End those that run, too
    #[arg(long)]
    force: bool,
}

impl Reap {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let force = match self.force {
            true => Force::Yes,
            false => Force::No,
        };
        let here = std::env::var("ABIDE_SESSION").ok();
        let here = here.and_then(|id| id.parse::<SessionId>().ok());
        match (self.all, &self.sessions[..]) {
            (true, _) => all(&workspaces, force, here.as_ref()).await,
            (false, [only]) => {
                said(&workspaces.reap(only, force, here.as_ref()).await?);
                Ok(Exit::SUCCESS)
            }
            (false, sessions) => several(&workspaces, sessions, force, here.as_ref()).await,
        }
    }
}

async fn all(
    workspaces: &Workspaces,
    force: Force,
    here: Option<&SessionId>,
) -> Result<Exit, CliError> {
    let reaped = workspaces.reap_all(force, here).await?;
    if reaped.is_empty() {
        report::say("every session belongs to a workspace");
    }
    let outcomes = reaped.into_iter().map(|(orphan, outcome)| match outcome {
        Ok(()) => Ok(orphan),
        Err(error) => Err(error),
    });
    told(outcomes.collect())
}

async fn several(
    workspaces: &Workspaces,
    sessions: &[String],
    force: Force,
    here: Option<&SessionId>,
) -> Result<Exit, CliError> {
    let mut outcomes = Vec::new();
    for session in sessions {
        outcomes.push(workspaces.reap(session, force, here).await);
    }
    told(outcomes)
}

/// Tells of each what came of it.
fn told(outcomes: Vec<Result<Orphan, WorkspaceError>>) -> Result<Exit, CliError> {
    let all = outcomes.len();
    let mut failed = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(orphan) => said(&orphan),
            Err(error) => {
                let error = CliError::from(error);
                failed.push(error.exit());
                report::error(&error);
            }
        }
    }
    match failed.first() {
        None => Ok(Exit::SUCCESS),
        Some(exit) => Err(CliError::NotAllReaped {
            left: failed.len(),
            all,
            exit: *exit,
        }),
    }
}

fn said(orphan: &Orphan) {
    report::say(&format!("reaped `{}`", orphan.status.session));
}
