//! Starting again, finding, using last, and the backend that is stored.

use std::time::Duration;

use abide_core::{
    backend::{ExitOutcome, SessionState},
    env_policy::Environment,
};
use abide_workspace::{DATABASE_FILE, WorkspaceErrorKind, record::WorkspaceState};
use rusqlite::Connection;

use crate::fixture::{Fixture, target};

#[tokio::test]
async fn an_ended_session_is_started_once_by_many_at_once() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    fixture
        .backend
        .end(&found.session.id, ExitOutcome::Exited { code: 1 });
    let restart = || fixture.workspaces.restart(&found, Environment::new());
    let (a, b, c) = tokio::join!(restart(), restart(), restart());
    let answers = [a.unwrap(), b.unwrap(), c.unwrap()];
    let started: Vec<_> = answers
        .iter()
        .filter(|(_, ensured)| ensured.started)
        .collect();
    assert_eq!(started.len(), 1);
    let generation = started[0].1.generation;
    assert_ne!(Some(generation), found.session.generation);
    assert!(
        answers
            .iter()
            .all(|(_, ensured)| ensured.generation == generation)
    );
    let stored = fixture
        .reopened()
        .await
        .resolve(&target("api"))
        .await
        .unwrap();
    assert_eq!(stored.session.generation, Some(generation));
}

#[tokio::test]
async fn a_session_that_runs_is_left_alone() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    let (same, ensured) = fixture
        .workspaces
        .restart(&found, Environment::new())
        .await
        .unwrap();
    assert!(!ensured.started);
    assert_eq!(same, found);
}

#[tokio::test]
async fn an_interrupted_workspace_is_ready_again_after_a_start() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    let database = Connection::open(fixture.state_dir().join(DATABASE_FILE)).unwrap();
    database
        .execute("UPDATE workspaces SET state = 'creating'", [])
        .unwrap();
    let other = fixture.reopened().await;
    let broken = other.resolve(&target("api")).await.unwrap();
    assert_eq!(broken.workspace.state, WorkspaceState::Error);
    let (mended, ensured) = other.restart(&broken, Environment::new()).await.unwrap();
    assert!(!ensured.started);
    assert_eq!(mended.workspace.state, WorkspaceState::Ready);
    assert_eq!(mended.workspace.problem, None);
    assert_eq!(
        other.resolve(&target("api")).await.unwrap().workspace.state,
        WorkspaceState::Ready
    );
    assert_eq!(found.session.generation, mended.session.generation);
}

#[tokio::test]
async fn stop_ends_what_runs_and_succeeds_for_what_does_not() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    let report = fixture
        .workspaces
        .stop(&found, Duration::from_secs(5))
        .await
        .unwrap();
    assert!(report.ended.is_some());
    assert!(matches!(
        fixture.state(&found).await,
        Some(SessionState::Ended(_))
    ));
    fixture
        .workspaces
        .stop(&found, Duration::from_secs(5))
        .await
        .unwrap();
}

/// proves C2
#[tokio::test]
async fn a_workspace_is_found_by_exact_name_then_prefix_then_substring() {
    let fixture = Fixture::new().await;
    for name in ["api", "api-two", "web front", "web back"] {
        fixture.create(name).await;
    }
    let find = async |text: &str| {
        let found = fixture.workspaces.resolve(&target(text)).await?;
        Ok::<_, abide_workspace::WorkspaceError>(found.workspace.name.to_string())
    };
    assert_eq!(find("api").await.unwrap(), "api");
    assert_eq!(find("api-").await.unwrap(), "api-two");
    assert_eq!(find("front").await.unwrap(), "web front");
    assert_eq!(find("api/main").await.unwrap(), "api");
    let error = find("web").await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Ambiguous);
    assert!(error.to_string().contains("web back, web front"), "{error}");
    assert_eq!(
        find("zzz").await.unwrap_err().kind(),
        WorkspaceErrorKind::NotFound
    );
    let error = find("api/other").await.unwrap_err();
    assert!(error.to_string().contains("session `other`"), "{error}");
}

#[tokio::test]
async fn the_last_workspace_is_the_one_entered_last() {
    let fixture = Fixture::new().await;
    let error = fixture.workspaces.last().await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::NotFound);
    let first = fixture.create("first").await;
    fixture.clock.advance(Duration::from_secs(1));
    fixture.create("second").await;
    let last = async || {
        fixture
            .workspaces
            .last()
            .await
            .unwrap()
            .workspace
            .name
            .to_string()
    };
    assert_eq!(last().await, "second");
    fixture.clock.advance(Duration::from_secs(1));
    fixture.workspaces.touch(&first.workspace).await.unwrap();
    assert_eq!(last().await, "first");
}
