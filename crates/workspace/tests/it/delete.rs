//! Deleting workspaces: what is refused, what is kept, and that it can be repeated.

use abide_core::{
    backend::{ErrorKind, ExitOutcome, SessionState},
    env_policy::Environment,
};
use abide_testkit::backend::Op;
use abide_workspace::{WorkspaceError, WorkspaceErrorKind, record::WorkspaceState, service::Force};

use crate::fixture::{Fixture, target};

#[tokio::test]
async fn a_workspace_whose_session_runs_is_deleted_only_by_force() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    let error = fixture
        .workspaces
        .delete(&target("api"), Force::No)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Busy);
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("abide stop") && hint.contains("--force"),
        "{hint}"
    );
    assert!(matches!(
        fixture.state(&found).await,
        Some(SessionState::Running(_))
    ));
    assert_eq!(
        fixture.workspaces.resolve(&target("api")).await.unwrap(),
        found
    );

    fixture
        .workspaces
        .delete(&target("api"), Force::Yes)
        .await
        .unwrap();
    assert!(fixture.names().await.is_empty());
    assert_eq!(
        fixture.state(&found).await,
        None,
        "its remains are gone too"
    );
    let locks = fixture.state_dir().join("locks");
    assert_eq!(locks.read_dir().unwrap().count(), 0);
    let again = fixture
        .workspaces
        .delete(&target("api"), Force::Yes)
        .await
        .unwrap_err();
    assert_eq!(again.kind(), WorkspaceErrorKind::NotFound);
}

#[tokio::test]
async fn a_workspace_whose_session_ended_needs_no_force() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    fixture
        .backend
        .end(&found.session.id, ExitOutcome::Exited { code: 0 });
    fixture
        .workspaces
        .delete(&target("api"), Force::No)
        .await
        .unwrap();
    assert!(fixture.names().await.is_empty());
}

#[tokio::test]
async fn a_session_that_does_not_answer_is_not_taken_for_dead() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    fixture.backend.unresponsive(&found.session.id);
    let error = fixture
        .workspaces
        .delete(&target("api"), Force::No)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Busy);
    let error = fixture
        .workspaces
        .delete(&target("api"), Force::Yes)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::BackendUnavailable);
    let kept = fixture.workspaces.resolve(&target("api")).await.unwrap();
    assert_eq!(kept.workspace.state, WorkspaceState::Ready);

    fixture.backend.responsive(&found.session.id);
    fixture
        .workspaces
        .delete(&target("api"), Force::Yes)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_that_cannot_be_stopped_or_removed_keeps_its_row() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    for op in [Op::Stop, Op::Remove] {
        fixture.backend.fail_next(op, ErrorKind::Broken);
        let error = fixture
            .workspaces
            .delete(&target("api"), Force::Yes)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), WorkspaceErrorKind::Failed);
        let kept = fixture.workspaces.resolve(&target("api")).await.unwrap();
        assert_eq!(kept.workspace.state, WorkspaceState::Ready);
    }
    // What ran was ended on the way, and the row says nothing else.
    assert!(matches!(
        fixture.state(&found).await,
        Some(SessionState::Ended(_))
    ));
    fixture
        .workspaces
        .delete(&target("api"), Force::No)
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_started_while_a_workspace_is_deleted() {
    let fixture = Fixture::new().await;
    let found = fixture.create("api").await;
    fixture
        .backend
        .end(&found.session.id, ExitOutcome::Exited { code: 0 });
    fixture.backend.hang(Op::Remove);
    let other = fixture.reopened().await;
    let api = target("api");
    let deleting = fixture.workspaces.delete(&api, Force::No);
    let meanwhile = async {
        let removing = async {
            while fixture.calls(Op::Remove) == 0 {
                tokio::task::yield_now().await;
            }
        };
        let deadline = std::time::Duration::from_secs(10);
        tokio::time::timeout(deadline, removing)
            .await
            .expect("it gets to the removal");
        let error = other.restart(&found, Environment::new()).await.unwrap_err();
        assert!(matches!(error, WorkspaceError::Claimed { .. }), "{error}");
        let error = other.delete(&api, Force::Yes).await.unwrap_err();
        assert_eq!(error.kind(), WorkspaceErrorKind::Busy);
        fixture.backend.release(Op::Remove);
    };
    let (deleted, ()) = tokio::join!(deleting, meanwhile);
    deleted.unwrap();
    let error = other.restart(&found, Environment::new()).await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::NotFound);
}
