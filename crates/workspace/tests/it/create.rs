//! Making workspaces: order, names, and what a failure or a crash leaves.

use std::{future::Future, pin::pin, task::Poll};

use abide_core::{backend::ErrorKind, clock::Timestamp};
use abide_testkit::{backend::Op, clock::ManualClock};
use abide_workspace::{WorkspaceError, WorkspaceErrorKind, record::WorkspaceState};

use crate::fixture::{Fixture, target};

/// proves W1
#[tokio::test]
async fn a_workspace_is_remembered_by_other_processes() {
    let fixture = Fixture::new().await;
    let made = fixture.create("api").await;
    assert_eq!(made.workspace.state, WorkspaceState::Ready);
    assert!(made.session.generation.is_some());

    let other = fixture.reopened().await;
    assert_eq!(other.resolve(&target("api")).await.unwrap(), made);
    assert_eq!(made.workspace.dir, fixture.root.path());
    let start = Timestamp::from_millis(ManualClock::START_MILLIS);
    assert_eq!(made.workspace.created_at, start);
}

#[tokio::test]
async fn a_name_is_given_once_and_a_default_one_is_made_unique() {
    let fixture = Fixture::new().await;
    fixture.create("api").await;
    let again = fixture
        .workspaces
        .create(fixture.spec(Some("api"), "testkit-echo"))
        .await;
    let error = again.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Refused);
    assert!(error.to_string().contains("`api`"), "{error}");
    assert_eq!(
        fixture.calls(Op::Ensure),
        1,
        "nothing was started for the refused one"
    );

    let mut names = Vec::new();
    for _ in 0..3 {
        let made = fixture
            .workspaces
            .create(fixture.spec(None, "testkit-echo"))
            .await
            .unwrap();
        names.push(made.workspace.name.to_string());
    }
    assert!(names[1] == format!("{}-2", names[0]) && names[2] == format!("{}-3", names[0]));
}

#[tokio::test]
async fn a_program_that_is_not_there_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    let made = fixture
        .workspaces
        .create(fixture.spec(Some("api"), "no-such-program"))
        .await;
    let error = made.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::ProgramNotFound);
    assert!(fixture.names().await.is_empty());
    let locks = fixture.state_dir().join("locks");
    assert_eq!(locks.read_dir().unwrap().count(), 0);
    fixture.create("api").await;
}

#[tokio::test]
async fn a_start_of_which_nothing_is_known_keeps_its_row_in_error() {
    let fixture = Fixture::new().await;
    fixture.backend.fail_next(Op::Ensure, ErrorKind::TimedOut);
    let made = fixture
        .workspaces
        .create(fixture.spec(Some("api"), "testkit-echo"))
        .await;
    let error = made.unwrap_err();
    assert!(matches!(error, WorkspaceError::HalfMade { .. }), "{error}");
    assert_eq!(fixture.calls(Op::Stop) + fixture.calls(Op::Remove), 0);

    let found = fixture.workspaces.resolve(&target("api")).await.unwrap();
    assert_eq!(found.workspace.state, WorkspaceState::Error);
    assert!(
        found
            .workspace
            .problem
            .unwrap()
            .contains("could not be started")
    );
}

#[tokio::test]
async fn a_relative_directory_is_refused() {
    let fixture = Fixture::new().await;
    let mut spec = fixture.spec(Some("api"), "testkit-echo");
    spec.dir = "here".into();
    assert!(fixture.workspaces.create(spec).await.is_err());
    assert!(fixture.names().await.is_empty());
}

#[tokio::test]
async fn an_interrupted_creation_is_shown_as_an_error_and_a_running_one_is_not() {
    let fixture = Fixture::new().await;
    fixture.backend.hang(Op::Ensure);
    {
        let mut making = pin!(
            fixture
                .workspaces
                .create(fixture.spec(Some("api"), "testkit-echo"))
        );
        reach(&mut making, || fixture.calls(Op::Ensure) == 1).await;
        let found = fixture
            .reopened()
            .await
            .resolve(&target("api"))
            .await
            .unwrap();
        assert_eq!(found.workspace.state, WorkspaceState::Creating);
    }
    // Whoever made it is gone now.
    let found = fixture
        .reopened()
        .await
        .resolve(&target("api"))
        .await
        .unwrap();
    assert_eq!(found.workspace.state, WorkspaceState::Error);
    assert_eq!(
        found.workspace.problem.as_deref(),
        Some("creating it was interrupted at start-session")
    );
}

/// Drives a future until something is so; it must not end before.
async fn reach<F: Future>(future: &mut std::pin::Pin<&mut F>, is_so: impl Fn() -> bool) {
    let reached = std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(_) => panic!("it ended"),
        Poll::Pending if is_so() => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    });
    let deadline = std::time::Duration::from_secs(10);
    tokio::time::timeout(deadline, reached)
        .await
        .expect("it was not reached in time");
}
