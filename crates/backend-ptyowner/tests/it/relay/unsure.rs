//! A source that cannot say whether a session lives.

use abide_core::backend::{AttachMode, BackendError, SessionState, TerminalBackend as _};

use crate::place::{Place, request, session};

/// proves R4
#[tokio::test]
async fn what_cannot_be_said_changes_nothing() {
    let place = Place::of_relays();
    let spec = place.spec("a", "testkit-echo", &[]);
    let started = place.backend.ensure(&spec).await.unwrap();
    let child = place.running("a").await.pid;
    place.kill_relay("a").await;
    let unsure = place.session_dir("a").join("unsure");
    std::fs::write(&unsure, "").unwrap();

    let status = place.backend.status(&session("a")).await.unwrap();
    assert_eq!(status.generation, Some(started.generation));
    let SessionState::Unresponsive { reason, .. } = status.state else {
        panic!("it is said to be {:?}", status.state);
    };
    assert!(reason.contains("cannot be asked"), "{reason}");
    let refused = place.backend.ensure(&spec).await.unwrap_err();
    assert!(
        matches!(refused, BackendError::LaunchFailed { .. }),
        "{refused:?}"
    );
    let mut follows = spec.clone();
    follows.replaces = Some(started.generation);
    let refused = place.backend.ensure(&follows).await.unwrap_err();
    assert!(refused.to_string().contains("cannot be asked"), "{refused}");
    let attached = place
        .backend
        .attach(&session("a"), request(AttachMode::View))
        .await;
    assert!(attached.is_err());
    assert!(place.backend.remove(&session("a"), None).await.is_err());
    assert!(
        place
            .backend
            .stop(&session("a"), None, super::DEADLINE)
            .await
            .is_err()
    );
    assert!(!place.session_dir("a").join("exit.json").exists());
    place.until_held(1).await;

    std::fs::remove_file(&unsure).unwrap();
    assert_eq!(place.running("a").await.pid, child);
    place.clear("a").await;
}
