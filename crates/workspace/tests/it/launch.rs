//! Further sessions of a workspace: launched once, stopped together, deleted alone.

use std::{future::Future, pin::pin, task::Poll, time::Duration};

use abide_core::backend::{ErrorKind, SessionState};
use abide_testkit::backend::Op;
use abide_workspace::{
    DATABASE_FILE, WorkspaceError, WorkspaceErrorKind,
    service::{Force, Found, Launched, NewSession, SessionNaming},
};

use crate::fixture::{Fixture, target};

fn exactly(name: &str) -> SessionNaming {
    SessionNaming::Exactly(name.parse().unwrap())
}

async fn launch(
    fixture: &Fixture,
    api: &Found,
    new: NewSession,
) -> Result<Launched, WorkspaceError> {
    fixture.workspaces.launch(&api.workspace, new).await
}

async fn names(fixture: &Fixture) -> Vec<String> {
    let list = fixture.workspaces.list().await.unwrap();
    let sessions = list.iter().flat_map(|listed| &listed.sessions);
    sessions.map(|one| one.session.name.to_string()).collect()
}

/// proves A1
#[tokio::test]
async fn a_further_session_is_remembered_with_what_it_runs() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let new = fixture.session(exactly("agent"), "claude");
    let launched = launch(&fixture, &api, new).await.unwrap();
    assert!(launched.ensured.started);
    let other = fixture.reopened().await;
    let found = other.resolve(&target("api/agent")).await.unwrap();
    assert_eq!(found, launched.found);
    assert_eq!(found.session.agent.as_deref(), Some("claude"));
    assert_eq!(found.session.mode.to_string(), "agent");
    assert_eq!(found.workspace.id, api.workspace.id);
    assert_eq!(names(&fixture).await, ["agent", "main"]);
}

/// proves A4
#[tokio::test]
async fn the_same_name_launched_ten_times_at_once_is_one_session() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let mut launches = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (workspaces, workspace) = (fixture.reopened().await, api.workspace.clone());
        let new = fixture.session(exactly("agent"), "claude");
        launches.spawn(async move { workspaces.launch(&workspace, new).await.unwrap() });
    }
    let launched = launches.join_all().await;
    let started = launched.iter().filter(|one| one.ensured.started).count();
    assert_eq!(started, 1);
    let first = &launched[0];
    assert!(launched.iter().all(|one| {
        one.ensured.generation == first.ensured.generation
            && one.found.session.id == first.found.session.id
    }));
    assert_eq!(names(&fixture).await, ["agent", "main"]);
}

/// proves A1
#[tokio::test]
async fn sessions_that_nobody_names_are_numbered() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    for _ in 0..3 {
        let like = SessionNaming::Like("claude".parse().unwrap());
        let new = fixture.session(like, "claude");
        assert!(launch(&fixture, &api, new).await.unwrap().ensured.started);
    }
    assert_eq!(
        names(&fixture).await,
        ["claude", "claude-2", "claude-3", "main"]
    );
}

/// proves A4
#[tokio::test]
async fn a_session_that_ended_is_started_again_and_one_that_runs_other_things_is_not_taken() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let claude = || fixture.session(exactly("agent"), "claude");
    let first = launch(&fixture, &api, claude()).await.unwrap();
    let other = fixture.session(exactly("agent"), "codex");
    let error = launch(&fixture, &api, other).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::RunsOther { .. }), "{error}");
    assert_eq!(error.kind(), WorkspaceErrorKind::Busy);
    let stopped = fixture.workspaces.stop(&first.found, Duration::ZERO);
    stopped.await.unwrap();
    let again = launch(&fixture, &api, claude()).await.unwrap();
    assert!(again.ensured.started);
    assert_eq!(again.found.session.id, first.found.session.id);
}

/// proves A4
#[tokio::test]
async fn of_two_that_launch_other_things_under_one_name_at_once_one_is_refused() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let [claude, codex] = ["claude", "codex"].map(|agent| fixture.session(exactly("agent"), agent));
    // Both look for the session before either has stored it: their calls take turns.
    let (a, b) = tokio::join!(
        launch(&fixture, &api, claude),
        launch(&fixture, &api, codex)
    );
    let (launched, refused) = match (a, b) {
        (Ok(launched), Err(refused)) | (Err(refused), Ok(launched)) => (launched, refused),
        (a, b) => panic!("{a:?} and {b:?}"),
    };
    assert!(
        matches!(refused, WorkspaceError::RunsOther { .. }),
        "{refused}"
    );
    let found = fixture.workspaces.resolve(&target("api/agent")).await;
    assert_eq!(found.unwrap(), launched.found);
    assert_eq!(names(&fixture).await, ["agent", "main"]);
}

/// proves A2
#[tokio::test]
async fn a_session_that_cannot_be_started_leaves_nothing_and_one_that_may_have_been_stays() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let new = || fixture.session(exactly("agent"), "claude");
    let starts = fixture.calls(Op::Ensure);
    let mut missing = NewSession {
        command: abide_core::backend::Command::new("no-such-agent", Vec::<String>::new()),
        ..new()
    };
    // Without a PATH only the backend can tell; with one nothing is even asked of it.
    for asked in [1, 0] {
        let error = launch(&fixture, &api, missing.clone()).await.unwrap_err();
        assert_eq!(error.kind(), WorkspaceErrorKind::ProgramNotFound, "{error}");
        assert_eq!(names(&fixture).await, ["main"]);
        assert_eq!(fixture.calls(Op::Ensure), starts + 1, "{asked}");
        missing.env.set("PATH", fixture.root.path());
    }
    fixture.backend.fail_next(Op::Ensure, ErrorKind::TimedOut);
    let error = launch(&fixture, &api, new()).await.unwrap_err();
    assert!(
        matches!(error, WorkspaceError::HalfLaunched { .. }),
        "{error}"
    );
    assert_eq!(names(&fixture).await, ["agent", "main"]);
    assert!(launch(&fixture, &api, new()).await.unwrap().ensured.started);
}

/// proves A4
#[tokio::test]
async fn nothing_is_launched_while_a_workspace_is_being_stopped() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let agent = fixture.session(exactly("agent"), "claude");
    let agent = launch(&fixture, &api, agent).await.unwrap().found;
    fixture.backend.hang(Op::Stop);
    {
        let mut stopping = pin!(fixture.workspaces.stop_all(&api.workspace, Duration::ZERO));
        reach(&mut stopping, || fixture.calls(Op::Stop) == 2).await;
        let other = fixture.reopened().await;
        let new = fixture.session(exactly("another"), "codex");
        let error = other.launch(&api.workspace, new).await.unwrap_err();
        assert_eq!(error.kind(), WorkspaceErrorKind::Busy, "{error}");
        assert!(error.to_string().contains("stopped"), "{error}");
        let env = abide_core::env_policy::Environment::new();
        let error = other.restart(&agent, env).await.unwrap_err();
        assert_eq!(error.kind(), WorkspaceErrorKind::Busy, "{error}");
    }
    assert_eq!(names(&fixture).await, ["agent", "main"]);
}

/// proves A4
#[tokio::test]
async fn stopping_all_ends_every_session_and_keeps_the_workspace() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let agent = fixture.session(exactly("agent"), "claude");
    let agent = launch(&fixture, &api, agent).await.unwrap().found;
    let stopped = fixture.workspaces.stop_all(&api.workspace, Duration::ZERO);
    let stopped = stopped.await.unwrap();
    let targets: Vec<_> = stopped
        .iter()
        .map(|one| one.found.target().to_string())
        .collect();
    assert_eq!(targets, ["api/agent", "api"]);
    assert!(stopped.iter().all(|one| one.report.is_ok()));
    for found in [&api, &agent] {
        let state = fixture.state(found).await;
        assert!(matches!(state, Some(SessionState::Ended(_))), "{state:?}");
    }
    let new = fixture.session(exactly("agent"), "claude");
    assert!(launch(&fixture, &api, new).await.unwrap().ensured.started);
}

#[tokio::test]
async fn a_further_session_is_deleted_alone_and_the_main_one_never() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let agent = fixture.session(exactly("agent"), "claude");
    let agent = launch(&fixture, &api, agent).await.unwrap().found;
    let delete = |found, force| fixture.workspaces.delete_session(found, force);
    let error = delete(&agent, Force::No).await.unwrap_err();
    assert!(
        matches!(error, WorkspaceError::SessionRuns { .. }),
        "{error}"
    );
    let error = delete(&api, Force::Yes).await.unwrap_err();
    assert!(
        matches!(error, WorkspaceError::MainSession { .. }),
        "{error}"
    );
    delete(&agent, Force::Yes).await.unwrap();
    assert_eq!(names(&fixture).await, ["main"]);
    assert_eq!(fixture.state(&agent).await, None);
    let main = fixture.state(&api).await;
    assert!(matches!(main, Some(SessionState::Running(_))), "{main:?}");
    let error = delete(&agent, Force::Yes).await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::NotFound);
}

#[tokio::test]
async fn nothing_is_launched_in_a_workspace_that_is_not_ready() {
    let fixture = Fixture::new().await;
    let api = fixture.create("api").await;
    let database = rusqlite::Connection::open(fixture.state_dir().join(DATABASE_FILE)).unwrap();
    database
        .execute("UPDATE workspaces SET state = 'error'", [])
        .unwrap();
    let new = fixture.session(exactly("agent"), "claude");
    let error = launch(&fixture, &api, new).await.unwrap_err();
    assert!(matches!(error, WorkspaceError::NotReady { .. }), "{error}");
    assert_eq!(names(&fixture).await, ["main"]);
}

/// Drives a future until something is so; it must not end before.
async fn reach<F: Future>(future: &mut std::pin::Pin<&mut F>, is_so: impl Fn() -> bool) {
    let reached = std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(_) => panic!("it ended"),
        Poll::Pending if is_so() => Poll::Ready(()),
        Poll::Pending => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    });
    let deadline = Duration::from_secs(10);
    tokio::time::timeout(deadline, reached)
        .await
        .expect("it was not reached in time");
}
