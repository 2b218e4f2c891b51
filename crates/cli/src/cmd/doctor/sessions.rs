//! What the sessions themselves say: unlike a list, the doctor asks each.

use abide_core::backend::SessionState;
use abide_workspace::{
    Workspaces,
    service::{Found, ListedSession, Observed},
};
use futures_util::{StreamExt as _, stream};

use super::{Findings, Health};
use crate::{cmd::describe, error::CliError, report};

/// Sessions that are asked at once. One that hangs is waited for meanwhile.
const ASKED_AT_ONCE: usize = 32;

/// Asks every session, in order of name.
pub(super) async fn ask(workspaces: &Workspaces) -> Result<Vec<(Found, Observed)>, CliError> {
    let list = workspaces.list().await?;
    let sessions = list.into_iter().flat_map(|listed| {
        let workspace = listed.workspace;
        let found = move |one: ListedSession| {
            let (workspace, session) = (workspace.clone(), one.session);
            (Found { workspace, session }, one.observed)
        };
        listed.sessions.into_iter().map(found)
    });
    let answers = sessions.map(|(found, seen)| async move {
        let observed = match seen {
            Observed::Status(_) => answer(workspaces, &found).await,
            Observed::Nothing => Observed::Nothing,
            Observed::Unavailable { reason } => Observed::Unavailable { reason },
        };
        (found, observed)
    });
    Ok(stream::iter(answers)
        .buffered(ASKED_AT_ONCE)
        .collect()
        .await)
}

async fn answer(workspaces: &Workspaces, found: &Found) -> Observed {
    let observed = workspaces.observe(found).await;
    observed.unwrap_or_else(|error| Observed::Unavailable {
        reason: report::chain(&error),
    })
}

/// Says of each session what it does, and what ails it.
pub(super) fn report(findings: &mut Findings, asked: &[(Found, Observed)]) {
    for (found, observed) in asked {
        let (health, detail) = health(observed);
        let state = describe::state(&found.workspace, observed);
        let text = format!("{}: {state}{detail}", found.target());
        findings.add("session", health, &text);
    }
}

fn health(observed: &Observed) -> (Health, String) {
    match observed {
        Observed::Nothing => (Health::Well, String::new()),
        Observed::Unavailable { reason } => (Health::Wrong, format!(": {reason}")),
        Observed::Status(status) => match &status.state {
            SessionState::Unresponsive { holder_pid, reason } => {
                let holder = holder_pid.map(|pid| format!(", held by process {pid}"));
                (
                    Health::Wrong,
                    format!(": {reason}{}", holder.unwrap_or_default()),
                )
            }
            SessionState::Running(running) => match &running.problem {
                Some(problem) => (Health::Wrong, format!(": {problem}")),
                None => (Health::Well, String::new()),
            },
            SessionState::Starting | SessionState::Ended(_) => (Health::Well, String::new()),
        },
    }
}
