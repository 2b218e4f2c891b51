//! `abide list`: every workspace, and what its sessions do.

use abide_core::clock::Timestamp;
use abide_workspace::service::{Found, ListedWorkspace};
use serde::Serialize;

use super::describe::{self, JsonSession, JsonWorkspace};
use crate::{compose::Context, error::CliError, exit::Exit, output, report};

const HEADER: [&str; 5] = ["NAME", "STATE", "FOR", "DIR", "COMMAND"];

/// List the workspaces, and what their sessions do
#[derive(Debug, clap::Args)]
#[command(after_help = "\
FOR is how long a session has run, or how long ago it ended.

Examples:
  abide list
  abide list --json | jq -r '.workspaces[].name'")]
pub(crate) struct List {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct JsonList<'a> {
    workspaces: Vec<JsonListed<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonListed<'a> {
    #[serde(flatten)]
    workspace: JsonWorkspace<'a>,
    sessions: Vec<JsonSession<'a>>,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let list = context.workspaces().await?.list().await?;
        if self.json {
            output::json(&as_json(&list))?;
        } else if list.is_empty() {
            report::say("there is no workspace yet; `abide new` makes one");
        } else {
            output::table(&HEADER, rows(&list, context.clock.now()))?;
        }
        Ok(Exit::SUCCESS)
    }
}

fn as_json(list: &[ListedWorkspace]) -> JsonList<'_> {
    let workspaces = list.iter().map(|listed| JsonListed {
        workspace: (&listed.workspace).into(),
        sessions: listed
            .sessions
            .iter()
            .map(|one| JsonSession::new(&one.session, &one.observed))
            .collect(),
    });
    JsonList {
        workspaces: workspaces.collect(),
    }
}

fn rows(list: &[ListedWorkspace], now: Timestamp) -> Vec<Vec<String>> {
    let sessions = list
        .iter()
        .flat_map(|listed| listed.sessions.iter().map(|one| (&listed.workspace, one)));
    sessions
        .map(|(workspace, one)| {
            let found = Found {
                workspace: workspace.clone(),
                session: one.session.clone(),
            };
            let since = describe::since(&one.observed);
            vec![
                found.target().to_string(),
                describe::state(workspace, &one.observed),
                since.map_or_else(|| "-".into(), |then| describe::age(now, then)),
                output::plain(&workspace.dir.to_string_lossy()).into_owned(),
                describe::command(&one.session.command),
            ]
        })
        .collect()
}
