//! `abide list`: every workspace, and what its sessions do.

use std::collections::BTreeSet;

use abide_core::{
    activity::Activity,
    backend::{Alive, SessionState},
    clock::Timestamp,
    lease::Mode,
};
use abide_workspace::{
    record::{StoredBackend, Workspace},
    service::{Found, ListedSession, ListedWorkspace, Observed},
};
use serde::Serialize;

use super::{
    activity,
    describe::{self, JsonSession, JsonWorkspace},
    orphans,
};
use crate::{compose::Context, error::CliError, exit::Exit, output, report};

const HEADER: [&str; 5] = ["NAME", "STATE", "FOR", "DIR", "COMMAND"];

/// The column that is shown where sessions have several backends, and its place.
const BACKEND: (&str, usize) = ("BACKEND", 3);

/// The columns that are shown where there are worktrees, and the place of the first.
const WORKTREE: ([&str; 2], usize) = (["REPO", "BRANCH"], 3);

/// The column that is shown where a session runs an agent, and its place.
const AGENT: (&str, usize) = ("AGENT", 3);

/// List the workspaces, and what their sessions do
#[derive(Debug, clap::Args)]
#[command(after_help = "\
STATE is what a session was seen to do: working, waiting for somebody, idle, or unknown if it printed \
nothing; FOR is since when, or how long ago it ended. AGENT is shown where there is one, BACKEND where \
there are several, REPO and BRANCH where there are worktrees. DIR says `(gone)` of a directory that is \
not there any more. A session whose backend cannot be used \
now is unavailable, and is left as it is.

Locks and files tell what is listed; sessions note themselves what they do, and none is asked. One \
that hangs is listed as it was, because it lives: `abide info` asks it, and shows what only it knows.

Examples:
  abide list
  abide list --json | jq -r '.workspaces[].name'
  abide list --orphans   # after the database was lost; see `abide adopt`")]
pub(crate) struct List {
    /// Print as JSON
    #[arg(long)]
    json: bool,

    /// List the sessions that no workspace has instead
    #[arg(long)]
    orphans: bool,
}

#[derive(Debug, Serialize)]
struct JsonList<'a> {
    workspaces: Vec<JsonListed<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonListed<'a> {
    #[serde(flatten)]
    workspace: JsonWorkspace<'a>,
    dir_gone: bool,
    sessions: Vec<JsonSession<'a, Alive>>,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let now = context.clock.now();
        if self.orphans {
            orphans::print(&workspaces.orphans().await?, self.json, now)?;
            return Ok(Exit::SUCCESS);
        }
        let list = workspaces.list().await?;
        let mut doing = Vec::new();
        for (_, one) in sessions(&list) {
            doing.push(
                activity::of(
                    &workspaces,
                    &one.observed,
                    |alive: &Alive| alive.started_at,
                    now,
                )
                .await,
            );
        }
        if self.json {
            output::json(&as_json(&list, &doing, now))?;
        } else if list.is_empty() {
            let orphans = workspaces.orphans().await?.sessions.len();
            report::say(&nothing(orphans));
        } else {
            print(&list, &doing, now)?;
        }
        Ok(Exit::SUCCESS)
    }
}

/// `doing` has what each session is doing, in the order of [`sessions`].
fn as_json<'a>(
    list: &'a [ListedWorkspace],
    doing: &'a [Option<Activity>],
    now: Timestamp,
) -> JsonList<'a> {
    let mut doing = doing.iter();
    let workspaces = list.iter().map(|listed| JsonListed {
        workspace: (&listed.workspace).into(),
        dir_gone: listed.is_dir_gone,
        sessions: listed
            .sessions
            .iter()
            .map(|one| {
                let activity = doing.next().and_then(Option::as_ref);
                JsonSession::new(&one.session, &one.observed, activity, now)
            })
            .collect(),
    });
    JsonList {
        workspaces: workspaces.collect(),
    }
}

/// Says that there is nothing to list; and what else there is, where a database was lost.
fn nothing(orphans: usize) -> String {
    match orphans {
        0 => "there is no workspace yet; `abide new` makes one".into(),
        count => format!(
            "there is no workspace, but {count} session(s) without one; \
             `abide list --orphans` shows them"
        ),
    }
}

fn print(
    list: &[ListedWorkspace],
    doing: &[Option<Activity>],
    now: Timestamp,
) -> Result<(), CliError> {
    let reasons: BTreeSet<_> = sessions(list).filter_map(|(_, one)| reason(one)).collect();
    for reason in reasons {
        report::say(&format!("warning: {}", output::plain(reason)));
    }
    let backends: BTreeSet<_> = sessions(list).filter_map(|(_, one)| backend(one)).collect();
    let (mut header, mut rows) = (HEADER.to_vec(), rows(list, doing, now));
    if list
        .iter()
        .any(|listed| listed.workspace.worktree.is_some())
    {
        insert(&mut header, WORKTREE.1, WORKTREE.0);
        for (row, (workspace, _)) in rows.iter_mut().zip(sessions(list)) {
            insert(row, WORKTREE.1, worktree(workspace));
        }
    }
    if 1 < backends.len() {
        header.insert(BACKEND.1, BACKEND.0);
        for (row, (_, one)) in rows.iter_mut().zip(sessions(list)) {
            let shown = output::plain(backend(one).unwrap_or("-")).into_owned();
            row.insert(BACKEND.1, shown);
        }
    }
    if sessions(list).any(|(_, one)| one.session.mode == Mode::Agent) {
        header.insert(AGENT.1, AGENT.0);
        for (row, (_, one)) in rows.iter_mut().zip(sessions(list)) {
            let agent = one.session.agent.as_deref().unwrap_or("-");
            row.insert(AGENT.1, output::plain(agent).into_owned());
        }
    }
    Ok(output::table(&header, rows)?)
}

fn insert<T>(row: &mut Vec<T>, place: usize, cells: [T; 2]) {
    row.splice(place..place, cells);
}

fn worktree(workspace: &Workspace) -> [String; 2] {
    let Some(worktree) = &workspace.worktree else {
        return ["-".into(), "-".into()];
    };
    let repo = worktree.repo.file_name().unwrap_or_default();
    [repo.to_string_lossy().as_ref(), &worktree.branch].map(|cell| output::plain(cell).into_owned())
}

fn sessions(list: &[ListedWorkspace]) -> impl Iterator<Item = (&Workspace, &ListedSession)> {
    list.iter()
        .flat_map(|listed| listed.sessions.iter().map(|one| (&listed.workspace, one)))
}

fn backend(one: &ListedSession) -> Option<&str> {
    one.session.backend.as_ref().map(StoredBackend::as_str)
}

fn is_running<R>(observed: &Observed<R>) -> bool {
    matches!(observed, Observed::Status(status) if matches!(status.state, SessionState::Running(_)))
}

fn reason(one: &ListedSession) -> Option<&str> {
    match &one.observed {
        Observed::Unavailable { reason } => Some(reason),
        Observed::Status(_) | Observed::Nothing => None,
    }
}

fn rows(list: &[ListedWorkspace], doing: &[Option<Activity>], now: Timestamp) -> Vec<Vec<String>> {
    let each = list.iter().flat_map(|listed| {
        let sessions = listed.sessions.iter();
        sessions.map(move |one| (listed, one))
    });
    let each = each.zip(doing);
    each.map(|((listed, one), activity)| row(listed, one, activity.as_ref(), now))
        .collect()
}

fn row(
    listed: &ListedWorkspace,
    one: &ListedSession,
    activity: Option<&Activity>,
    now: Timestamp,
) -> Vec<String> {
    let workspace = &listed.workspace;
    let found = Found {
        workspace: workspace.clone(),
        session: one.session.clone(),
    };
    let running = activity.filter(|_| is_running(&one.observed));
    let (state, since) = match running {
        Some(activity) => {
            let word = activity.state.to_string();
            (
                describe::in_workspace(workspace, word),
                Some(activity.since),
            )
        }
        None => (
            describe::state(workspace, &one.observed),
            describe::since(&one.observed),
        ),
    };
    vec![
        found.target().to_string(),
        state,
        since.map_or_else(|| "-".into(), |then| describe::age(now, then)),
        describe::dir(workspace, listed.is_dir_gone),
        describe::command(&one.session.command),
    ]
}
