//! Workspaces and sessions in words and as JSON: what `list` and `info` have in common.
//!
//! Times in JSON are milliseconds since 1970-01-01 00:00 UTC, offsets and sizes are bytes, and
//! what is not Unicode is shown with replacement characters.

use abide_core::{
    activity::Activity,
    backend::{Alive, Command, ExitOutcome, SessionState},
    clock::Timestamp,
    lease::Mode,
};
use abide_workspace::{
    record::{Session, Stage, StoredBackend, Workspace, WorkspaceState},
    service::Observed,
};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::activity::JsonActivity;
use crate::{duration::Age, output};

/// A workspace as JSON.
#[derive(Debug, Serialize)]
pub(super) struct JsonWorkspace<'a> {
    id: &'a str,
    name: &'a str,
    dir: String,
    repo: Option<String>,
    branch: Option<&'a str>,
    base: Option<&'a str>,
    state: &'static str,
    stage: Option<&'a str>,
    problem: Option<&'a str>,
    recovery: Option<&'a str>,
    agent: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
    last_used_at: Timestamp,
}

/// A session as JSON, with what is known of it if it runs.
#[derive(Debug, Serialize)]
pub(super) struct JsonSession<'a, R: Serialize> {
    id: &'a str,
    name: &'a str,
    backend: Option<&'a str>,
    generation: Option<String>,
    command: Vec<String>,
    agent: Option<&'a str>,
    mode: Mode,
    history_bytes: u64,
    journal: bool,
    created_at: Timestamp,
    status: JsonStatus<'a, R>,
    activity: Option<JsonActivity<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum JsonStatus<'a, R: Serialize> {
    Observed(&'a SessionState<R>),
    Absent {
        state: &'static str,
    },
    Unavailable {
        state: &'static str,
        reason: &'a str,
    },
}

impl<'a> From<&'a Workspace> for JsonWorkspace<'a> {
    fn from(workspace: &'a Workspace) -> Self {
        let worktree = workspace.worktree.as_ref();
        Self {
            id: workspace.id.as_str(),
            name: workspace.name.as_str(),
            dir: workspace.dir.to_string_lossy().into_owned(),
            repo: worktree.map(|worktree| worktree.repo.to_string_lossy().into_owned()),
            branch: worktree.map(|worktree| worktree.branch.as_str()),
            base: worktree.and_then(|worktree| worktree.base.as_deref()),
            state: workspace.state.as_str(),
            stage: workspace.stage.as_ref().map(Stage::as_str),
            problem: workspace.problem.as_deref(),
            recovery: workspace.recovery.as_deref(),
            agent: workspace.agent.as_deref(),
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
            last_used_at: workspace.last_used_at,
        }
    }
}

impl<'a, R: Serialize> JsonSession<'a, R> {
    /// Returns the session with what was observed of it, and what it is doing.
    pub(super) fn new(
        session: &'a Session,
        observed: &'a Observed<R>,
        activity: Option<&'a Activity>,
        now: Timestamp,
    ) -> Self {
        let generation = match observed {
            Observed::Status(status) => status.generation,
            Observed::Nothing | Observed::Unavailable { .. } => session.generation,
        };
        Self {
            id: session.id.as_str(),
            name: session.name.as_str(),
            backend: session.backend.as_ref().map(StoredBackend::as_str),
            generation: generation.map(|generation| generation.to_string()),
            command: words(&session.command),
            agent: session.agent.as_deref(),
            mode: session.mode,
            history_bytes: session.history_bytes,
            journal: session.journal,
            created_at: session.created_at,
            status: match observed {
                Observed::Status(status) => JsonStatus::Observed(&status.state),
                Observed::Nothing => JsonStatus::Absent { state: "absent" },
                Observed::Unavailable { reason } => JsonStatus::Unavailable {
                    state: "unavailable",
                    reason,
                },
            },
            activity: activity.map(|activity| JsonActivity::new(activity, now)),
        }
    }
}

/// Says in a word or two what a session does, and how its workspace is if that is not well.
pub(super) fn state<R>(workspace: &Workspace, observed: &Observed<R>) -> String {
    in_workspace(workspace, session_state(observed))
}

/// Adds to what a session does how its workspace is, if that is not well.
pub(super) fn in_workspace(workspace: &Workspace, session: String) -> String {
    match workspace.state {
        WorkspaceState::Ready => session,
        state => format!("{state} ({session})"),
    }
}

fn session_state<R>(observed: &Observed<R>) -> String {
    match observed {
        Observed::Nothing => "not started".into(),
        Observed::Unavailable { .. } => "unavailable".into(),
        Observed::Status(status) => status_state(&status.state),
    }
}

/// Says in a word or two what a session does.
pub(super) fn status_state<R>(state: &SessionState<R>) -> String {
    match state {
        SessionState::Starting => "starting".into(),
        SessionState::Running(_) => "running".into(),
        SessionState::Unresponsive { .. } => "unresponsive".into(),
        SessionState::Ended(ended) => match &ended.outcome {
            ExitOutcome::Exited { code } => format!("exited {code}"),
            ExitOutcome::Signaled { signal } => format!("signal {signal}"),
            ExitOutcome::Lost { .. } => "lost".into(),
        },
    }
}

/// Returns the directory of a workspace, safe to print, and says if it is gone.
pub(super) fn dir(workspace: &Workspace, is_gone: bool) -> String {
    let dir = workspace.dir.to_string_lossy();
    let dir = output::plain(&dir);
    match is_gone {
        true => format!("{dir} (gone)"),
        false => dir.into_owned(),
    }
}

/// Returns since when a session does what it does, if that is known.
pub(super) fn since(observed: &Observed<Alive>) -> Option<Timestamp> {
    match observed {
        Observed::Nothing | Observed::Unavailable { .. } => None,
        Observed::Status(status) => status_since(&status.state),
    }
}

/// Returns since when a session does what it does, if that is known.
pub(super) fn status_since(state: &SessionState<Alive>) -> Option<Timestamp> {
    match state {
        SessionState::Starting | SessionState::Unresponsive { .. } => None,
        SessionState::Running(alive) => Some(alive.started_at),
        SessionState::Ended(ended) => ended.ended_at,
    }
}

/// Returns the time since an instant, in its largest unit.
pub(super) fn age(now: Timestamp, then: Timestamp) -> String {
    Age(now.since(then)).to_string()
}

/// Lines of a name and a value.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Returns the lines.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// Adds a line; the value may hold anything.
    pub(super) fn add(&mut self, name: &str, value: impl AsRef<str>) {
        let value = output::plain(value.as_ref());
        self.0.push_str(&format!("{name:<12}{value}\n"));
    }

    /// Adds a line with an instant.
    pub(super) fn add_time(&mut self, name: &str, time: Timestamp, now: Timestamp) {
        self.add(name, format!("{} ({} ago)", local(time), age(now, time)));
    }
}

/// Returns an instant as a person here reads it, to the second.
pub(super) fn local(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time
            .to_zoned(TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => format!("{millis} ms"),
    }
}

/// Returns a command as a person would write it, safe to print.
pub(super) fn command(command: &Command) -> String {
    let shown: Vec<_> = words(command).iter().map(|word| quoted(word)).collect();
    output::plain(&shown.join(" ")).into_owned()
}

/// Returns a command's words, as far as they are text.
pub(super) fn words(command: &Command) -> Vec<String> {
    let words = std::iter::once(&command.program).chain(&command.args);
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=+,@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use abide_core::{
        backend::{BackendKind, Ended, Listed, LostReason},
        id::SessionId,
        replay::Offset,
    };

    use super::*;

    fn ended(outcome: ExitOutcome) -> Observed<Alive> {
        Observed::Status(Listed {
            session: SessionId::random(),
            backend: BackendKind::Owner,
            generation: None,
            state: SessionState::Ended(Ended {
                outcome,
                cause: None,
                started_at: Timestamp::from_millis(1000),
                ended_at: Some(Timestamp::from_millis(2000)),
                offset: Offset::START,
            }),
        })
    }

    fn workspace(state: WorkspaceState) -> Workspace {
        let time = Timestamp::from_millis(0);
        Workspace {
            state,
            ..Workspace::new("x".parse().unwrap(), "/".into(), time)
        }
    }

    #[test]
    fn a_state_says_how_a_session_ended_and_what_ails_its_workspace() {
        let exited = ended(ExitOutcome::Exited { code: 3 });
        assert_eq!(
            state(&workspace(WorkspaceState::Ready), &exited),
            "exited 3"
        );
        assert_eq!(
            state(&workspace(WorkspaceState::Error), &exited),
            "error (exited 3)"
        );
        let lost = ended(ExitOutcome::Lost {
            reason: LostReason::Rebooted,
        });
        assert_eq!(session_state(&lost), "lost");
        assert_eq!(session_state(&Observed::<Alive>::Nothing), "not started");
        assert_eq!(since(&lost), Some(Timestamp::from_millis(2000)));
    }

    #[test]
    fn a_command_is_quoted_where_a_shell_would_need_it_and_safe_to_print() {
        let shown = command(&Command::new("sh", ["-c", "echo 'a b'", "", "\u{1b}[m"]));
        assert_eq!(shown, r"sh -c 'echo '\''a b'\''' '' '\u{1b}[m'");
    }
}
