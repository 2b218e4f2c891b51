//! The fake backend fails as it is told to.

use std::{sync::Arc, time::Duration};

use abide_core::{
    backend::{
        AttachMode, AttachRequest, Command, ErrorKind, ExitOutcome, LostReason, OutputEvent,
        Scrollback, SessionSpec, SessionState, TerminalBackend as _,
    },
    clock::Clock as _,
    env_policy::Environment,
    replay::Offset,
};
use abide_testkit::{
    backend::{Call, FakeBackend, Op},
    clock::ManualClock,
    strategies::cut_bytes,
};
use proptest::prelude::*;
use tokio::time::timeout;

/// Time after which something that hangs is taken to hang.
const A_MOMENT: Duration = Duration::from_millis(50);

fn spec() -> SessionSpec {
    SessionSpec::new(
        "s".parse().expect("an id"),
        Command::new("testkit-echo", [""; 0]),
        std::env::temp_dir(),
        Environment::new(),
    )
}

#[tokio::test]
async fn a_planned_failure_comes_once_and_changes_nothing() {
    let backend = FakeBackend::new();
    backend.fail_next(Op::Ensure, ErrorKind::Broken);
    backend.fail_next(Op::Ensure, ErrorKind::TimedOut);
    for kind in [ErrorKind::Broken, ErrorKind::TimedOut] {
        assert_eq!(backend.ensure(&spec()).await.unwrap_err().kind(), kind);
        assert_eq!(backend.list().await.unwrap(), []);
    }
    assert!(backend.ensure(&spec()).await.unwrap().started);
    let (op, session) = (Op::Ensure, Some(spec().session));
    assert_eq!(backend.calls().pop(), Some(Call { op, session }));
}

#[tokio::test]
async fn a_hanging_operation_waits_until_it_is_released() {
    let backend = FakeBackend::new();
    backend.hang(Op::Ensure);
    let spec = spec();
    let mut ensure = Box::pin(backend.ensure(&spec));
    assert!(timeout(A_MOMENT, &mut ensure).await.is_err());
    assert_eq!(backend.list().await.unwrap(), [], "nothing is done before");
    backend.release(Op::Ensure);
    assert!(ensure.await.unwrap().started);
}

#[tokio::test]
async fn an_unresponsive_session_is_observed_and_left_alone() {
    let backend = FakeBackend::new();
    let mut spec = spec();
    let first = backend.ensure(&spec).await.unwrap();
    backend.unresponsive(&spec.session);
    let state = backend.status(&spec.session).await.unwrap().state;
    assert!(
        matches!(state, SessionState::Unresponsive { .. }),
        "{state:?}"
    );
    spec.replaces = Some(first.generation);
    let err = backend.ensure(&spec).await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::TimedOut);
    let stopped = backend.stop(&spec.session, None, A_MOMENT).await;
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::TimedOut);

    backend.responsive(&spec.session);
    let again = backend.ensure(&spec).await.unwrap();
    assert_eq!(again.generation, first.generation);
}

#[tokio::test]
async fn a_lost_session_has_ended_at_no_known_time_on_the_clock_given() {
    let clock = Arc::new(ManualClock::new());
    let backend = FakeBackend::with_clock(clock.clone());
    let spec = spec();
    let started_at = clock.now();
    backend.ensure(&spec).await.unwrap();
    clock.advance(Duration::from_secs(60));
    backend.lose(&spec.session);
    let state = backend.status(&spec.session).await.unwrap().state;
    let SessionState::Ended(ended) = state else {
        panic!("{state:?}");
    };
    let reason = LostReason::HolderDied;
    assert_eq!(ended.outcome, ExitOutcome::Lost { reason });
    assert_eq!((ended.started_at, ended.ended_at), (started_at, None));
}

proptest! {
    /// proves O10
    #[test]
    fn whatever_pieces_are_printed_a_viewer_from_the_start_gets_the_same_bytes(
        pieces in cut_bytes(12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            let backend = FakeBackend::new();
            let spec = SessionSpec { command: Command::new("testkit-sink", ["1"]), ..spec() };
            backend.ensure(&spec).await.unwrap();
            let request = AttachRequest {
                mode: AttachMode::View,
                size: None,
                from: Some(Offset::START),
                scrollback: Scrollback::Replace,
                label: "a property".into(),
                terminal: None,
            };
            let mut viewer = backend.attach(&spec.session, request).await.unwrap();
            for piece in &pieces {
                backend.print(&spec.session, piece);
            }
            backend.end(&spec.session, ExitOutcome::Exited { code: 0 });
            let mut seen = Vec::new();
            while let Some(event) = viewer.output.next().await.unwrap() {
                if let OutputEvent::Output { data, .. } = event {
                    seen.extend_from_slice(&data);
                }
            }
            let printed = [b"ready\r\n".to_vec(), pieces.concat()].concat();
            assert!(seen == printed || seen == printed[7..], "{seen:?}");
        });
    }
}
