//! Listing: one look at the backend, however many there are.

use std::time::Duration;

use abide_core::{
    backend::{ExitOutcome, SessionState},
    clock::{Clock, SystemClock},
};
use abide_testkit::backend::Op;
use abide_workspace::service::Observed;

use crate::fixture::Fixture;

/// Longest time for a list of a thousand.
const LIST_DEADLINE: Duration = Duration::from_millis(50);

/// proves W9
#[tokio::test]
async fn a_thousand_workspaces_are_listed_quickly_without_a_look_at_each() {
    let fixture = Fixture::new().await;
    for number in 0..1000 {
        fixture.create(&format!("workspace {number}")).await;
    }
    // The best of a few, because the machine may have other things to do.
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let before = SystemClock.now();
        let list = fixture.workspaces.list().await.unwrap();
        best = best.min(SystemClock.now().since(before));
        assert_eq!(list.len(), 1000);
        assert!(list.iter().all(|listed| matches!(
            listed.sessions[..],
            [ref only] if matches!(only.observed, Observed::Status(_))
        )));
    }
    assert!(best <= LIST_DEADLINE, "the best of five took {best:?}");
    assert_eq!((fixture.calls(Op::List), fixture.calls(Op::Status)), (5, 0));
}

/// proves W9
#[tokio::test]
async fn a_list_shows_each_session_as_it_is_seen() {
    let fixture = Fixture::new().await;
    let ended = fixture.create("ended").await;
    let hung = fixture.create("hung").await;
    let gone = fixture.create("gone").await;
    fixture.create("runs").await;
    fixture
        .backend
        .end(&ended.session.id, ExitOutcome::Exited { code: 3 });
    fixture.backend.unresponsive(&hung.session.id);
    fixture
        .backend
        .end(&gone.session.id, ExitOutcome::Exited { code: 0 });
    {
        use abide_core::backend::TerminalBackend;
        fixture
            .backend
            .remove(&gone.session.id, None)
            .await
            .unwrap();
    }
    let list = fixture.workspaces.list().await.unwrap();
    let seen: Vec<_> = list
        .iter()
        .map(|listed| {
            let state = match &listed.sessions[0].observed {
                Observed::Status(status) => match &status.state {
                    SessionState::Ended(ended) => ended.outcome.to_string(),
                    SessionState::Running(_) => "runs".into(),
                    SessionState::Unresponsive { .. } => "hangs".into(),
                    SessionState::Starting => "starts".into(),
                },
                Observed::Nothing => "nothing".into(),
                Observed::Unavailable { reason } => reason.clone(),
            };
            (listed.workspace.name.to_string(), state)
        })
        .collect();
    // The one that hangs is alive, and a list asks nobody.
    let expected = [
        ("ended", "exited with code 3"),
        ("gone", "nothing"),
        ("hung", "runs"),
        ("runs", "runs"),
    ];
    assert_eq!(
        seen,
        expected.map(|(name, state)| (name.to_owned(), state.to_owned()))
    );
    let asked = fixture.state(&hung).await;
    assert!(
        matches!(asked, Some(SessionState::Unresponsive { .. })),
        "{asked:?}"
    );
}
