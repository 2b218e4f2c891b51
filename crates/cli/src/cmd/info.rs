//! `abide info`: all that is known of one session and its workspace.

mod keeper;

use abide_core::{
    activity::{Activity, ActivityState},
    backend::{Ended, Running, SessionState},
    clock::Timestamp,
};
use abide_workspace::{
    Target,
    record::{Session, StageRecord, StoredBackend, WorkspaceState},
    service::{Found, Observed, check_dir},
};
use serde::Serialize;

use self::keeper::JsonKeeper;
use super::{
    activity,
    describe::{self, JsonSession, JsonWorkspace},
};
use crate::{compose::Context, error::CliError, exit::Exit, output};

/// Show what is known of a session and its workspace
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  abide info api
  abide info api --json | jq .session.status")]
pub(crate) struct Info {
    /// Workspace, or workspace/session; any part of the name that only one has
    #[arg(value_name = "NAME")]
    target: Target,

    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct JsonInfo<'a> {
    workspace: JsonWorkspace<'a>,
    dir_gone: bool,
    keeper: Option<JsonKeeper<'a>>,
    stages: Vec<JsonStage<'a>>,
    session: JsonSession<'a, Running>,
}

/// A stage of the workspace's making or deleting as JSON.
#[derive(Debug, Serialize)]
struct JsonStage<'a> {
    stage: &'a str,
    outcome: &'a str,
    problem: Option<&'a str>,
    began_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl<'a> From<&'a StageRecord> for JsonStage<'a> {
    fn from(record: &'a StageRecord) -> Self {
        Self {
            stage: record.stage.as_str(),
            outcome: record.outcome.as_str(),
            problem: record.outcome.problem(),
            began_at: record.began_at,
            ended_at: record.ended_at,
        }
    }
}

impl Info {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let workspaces = context.workspaces().await?;
        let found = workspaces.resolve(&self.target).await?;
        let observed = workspaces.observe(&found).await?;
        let stages = workspaces.stages(&found.workspace).await?;
        let keeper = workspaces.responsible(&found.workspace).await;
        let now = context.clock.now();
        let doing = activity::of(
            &workspaces,
            &observed,
            |running: &Running| running.started_at,
            now,
        )
        .await;
        if self.json {
            output::json(&JsonInfo {
                workspace: (&found.workspace).into(),
                dir_gone: check_dir(&found.workspace).is_err(),
                keeper: JsonKeeper::new(&keeper),
                stages: stages.iter().map(Into::into).collect(),
                session: JsonSession::new(&found.session, &observed, doing.as_ref(), now),
            })?;
        } else {
            let keeper = keeper::in_words(&keeper, &found, &observed);
            let page = page(&found, (&observed, keeper), doing.as_ref(), &stages, now);
            output::bytes(page.as_bytes())?;
        }
        Ok(Exit::SUCCESS)
    }
}

fn page(
    found: &Found,
    (observed, keeper): (&Observed, Option<String>),
    doing: Option<&Activity>,
    stages: &[StageRecord],
    now: Timestamp,
) -> String {
    let Found { workspace, session } = found;
    let mut page = describe::Page::default();
    page.add("name", found.target().to_string());
    page.add("state", describe::state(workspace, observed));
    if let Some(doing) = doing.filter(|doing| doing.state != ActivityState::Exited) {
        page.add("activity", activity::in_words(doing, now));
    }
    if let Some(said) = doing.and_then(|doing| doing.notification.as_ref()) {
        page.add("notified", said);
    }
    if let Some(problem) = &workspace.problem {
        page.add("problem", problem);
    }
    if workspace.state != WorkspaceState::Ready {
        for record in stages {
            page.add(
                "stage",
                format!("{} {}", record.stage, record.outcome.as_str()),
            );
        }
    }
    page.add(
        "directory",
        describe::dir(workspace, check_dir(workspace).is_err()),
    );
    if let Some(worktree) = &workspace.worktree {
        page.add("repository", worktree.repo.to_string_lossy());
        page.add("branch", &worktree.branch);
    }
    if let Some(recovery) = &workspace.recovery {
        page.add("kept work", recovery);
    }
    if let Some(agent) = &session.agent {
        page.add("agent", agent);
    }
    page.add("command", describe::command(&session.command));
    match observed {
        Observed::Nothing => {}
        Observed::Unavailable { reason } => page.add("reason", reason),
        Observed::Status(status) => match &status.state {
            SessionState::Starting => {}
            SessionState::Running(running) => add_running(&mut page, running, now),
            SessionState::Ended(ended) => add_ended(&mut page, ended, now),
            SessionState::Unresponsive { holder_pid, reason } => {
                page.add("reason", reason);
                if let Some(pid) = holder_pid {
                    page.add("holder", format!("process {pid}"));
                }
            }
        },
    }
    if let Some(keeper) = keeper {
        page.add("keeper", keeper);
    }
    page.add_time("created", workspace.created_at, now);
    page.add_time("last used", workspace.last_used_at, now);
    let backend = session.backend.as_ref().map(StoredBackend::as_str);
    page.add("backend", backend.unwrap_or("not settled yet"));
    page.add("history", history(session));
    page.add("workspace", workspace.id.as_str());
    page.add("session", session.id.as_str());
    if let Some(generation) = session.generation {
        page.add("generation", generation.to_string());
    }
    page.into_text()
}

fn history(session: &Session) -> String {
    let kept = match session.journal {
        true => "in memory and on disk",
        false => "in memory alone",
    };
    format!("{} bytes, {kept}", session.history_bytes)
}

fn add_running(page: &mut describe::Page, running: &Running, now: Timestamp) {
    page.add("process", running.pid.to_string());
    page.add_time("started", running.started_at, now);
    if let Some(time) = running.last_output_at {
        page.add_time("last output", time, now);
    }
    page.add("size", running.size.to_string());
    page.add("offset", running.offset.to_string());
    if let Some(title) = &running.title {
        page.add("title", title);
    }
    if let Some(holder) = &running.controller {
        let since = describe::age(now, holder.since);
        page.add("controlled", format!("by {holder}, for {since}"));
    }
    page.add("watched", format!("by {}", running.viewers));
    if let Some(problem) = &running.problem {
        page.add("problem", problem);
    }
}

fn add_ended(page: &mut describe::Page, ended: &Ended, now: Timestamp) {
    page.add("outcome", ended.outcome.to_string());
    if let Some(cause) = ended.cause {
        page.add("because", cause.to_string());
    }
    page.add_time("started", ended.started_at, now);
    if let Some(time) = ended.ended_at {
        page.add_time("ended", time, now);
    }
    page.add("offset", ended.offset.to_string());
}

#[cfg(test)]
mod tests {
    use abide_core::backend::{BackendKind, Command, SessionStatus};
    use abide_workspace::{SessionName, record::Workspace};

    use super::*;

    #[test]
    fn an_unresponsive_session_is_shown_with_what_holds_it() {
        let time = Timestamp::from_millis(0);
        let workspace = Workspace {
            state: WorkspaceState::Ready,
            ..Workspace::new("api".parse().unwrap(), "/srv/\u{1b}[31mapi".into(), time)
        };
        let command = Command::new("sh", Vec::<String>::new());
        let session = Session {
            backend: Some(BackendKind::Owner.into()),
            ..Session::new(workspace.id.clone(), SessionName::main(), command, time)
        };
        let observed = Observed::Status(SessionStatus {
            session: session.id.clone(),
            backend: BackendKind::Owner,
            generation: None,
            state: SessionState::Unresponsive {
                holder_pid: Some(7),
                reason: "no answer within 5 s".into(),
            },
        });
        let text = page(
            &Found { workspace, session },
            (&observed, None),
            None,
            &[],
            time,
        );
        assert!(text.contains("state       unresponsive\n"), "{text}");
        assert!(text.contains("holder      process 7\n"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
