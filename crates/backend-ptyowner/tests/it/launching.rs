//! Launchers and owners that are killed at every point of a launch.

use std::time::Duration;

use abide_core::backend::{BackendError, Ensured, SessionSpec, SessionState, TerminalBackend as _};
use abide_testkit::gate::ProcessGate;
use tokio::task::JoinHandle;

use crate::place::{DEADLINE, Place, session, shared};

/// Points of an owner's start, in order.
const OWNER_POINTS: [&str; 6] = [
    "owner.start_locked",
    "owner.locked",
    "owner.bound",
    "owner.spawned",
    "owner.described",
    "owner.ready",
];

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Calls `ensure` in a task, which the test waits for or aborts.
#[expect(
    clippy::disallowed_methods,
    reason = "each test looks at the result of its one task"
)]
fn launching(place: &Place, spec: SessionSpec) -> JoinHandle<Result<Ensured, BackendError>> {
    let backend = shared(place);
    tokio::spawn(async move { backend.ensure(&spec).await })
}

/// Waits at a gate without holding up this test's own tasks.
async fn reached(gate: ProcessGate) -> (ProcessGate, u32) {
    let waiting = tokio::task::spawn_blocking(move || {
        let pid = gate.wait_reached(DEADLINE);
        (gate, pid)
    });
    waiting.await.unwrap()
}

/// proves E2, E3
#[tokio::test]
async fn an_owner_killed_at_any_point_is_reported_and_the_next_ensure_works() {
    for point in OWNER_POINTS {
        let place = Place::new();
        let spec = place.spec("a", "testkit-echo", &[]);
        let gate = ProcessGate::new(&place.env.probe_dir(), point);
        let launch = launching(&place, spec.clone());
        let (gate, pid) = reached(gate).await;
        kill(pid);
        let err = launch.await.unwrap().expect_err(point);
        assert!(
            matches!(err, BackendError::LaunchFailed { .. }),
            "{point}: {err:?}"
        );
        assert!(
            err.to_string().contains("ended without a word"),
            "{point}: {err}"
        );
        drop(gate);

        let mut again = spec.clone();
        if let Ok(status) = place.backend.status(&session("a")).await {
            assert!(
                matches!(status.state, SessionState::Ended(_)),
                "{point}: {status:?}"
            );
            again.replaces = status.generation;
        }
        let ensured = place.backend.ensure(&again).await;
        let ensured = ensured.unwrap_or_else(|err| panic!("{point}: {err:?}"));
        assert!(ensured.started, "{point}");
        place.env.tolerate_stale_sockets();
        place.clear("a").await;
    }
}

/// A launcher that is gone before its owner is ready: the owner is there for the next call.
///
/// proves E2
#[tokio::test]
async fn a_launcher_that_is_dropped_at_any_point_leaves_an_owner_that_is_found() {
    for point in OWNER_POINTS {
        let place = Place::new();
        let spec = place.spec("a", "testkit-echo", &[]);
        let gate = ProcessGate::new(&place.env.probe_dir(), point);
        let launch = launching(&place, spec.clone());
        let (gate, pid) = reached(gate).await;
        launch.abort();
        assert!(launch.await.unwrap_err().is_cancelled(), "{point}");
        gate.release();
        drop(gate);
        let ensured = place.backend.ensure(&spec).await;
        let ensured = ensured.unwrap_or_else(|err| panic!("{point}: {err:?}"));
        assert!(
            matches!(ensured.status.state, SessionState::Running(_)),
            "{point}"
        );
        assert_eq!(
            place.owner_pid("a"),
            pid,
            "{point}: there was a second owner"
        );
        place.clear("a").await;
    }
}

/// proves E1, E2
#[tokio::test]
async fn a_second_launch_waits_for_a_first_that_is_not_ready_and_answers_for_it() {
    let place = Place::new();
    let spec = place.spec("a", "testkit-echo", &[]);
    let gate = ProcessGate::new(&place.env.probe_dir(), "owner.spawned");
    let first = launching(&place, spec.clone());
    let (gate, pid) = reached(gate).await;
    let listed = place.backend.list().await.unwrap();
    assert!(
        matches!(listed[0].state, SessionState::Starting),
        "{listed:?}"
    );
    let second = place.backend.ensure(&spec);
    tokio::pin!(second);
    let early = tokio::time::timeout(Duration::from_millis(100), &mut second).await;
    assert!(early.is_err(), "it did not wait: {early:?}");
    gate.release();
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap());
    assert_eq!(first.generation, second.generation);
    assert!(first.started && !second.started);
    assert_eq!(place.owner_pid("a"), pid);
    drop(gate);
    place.clear("a").await;
}

/// An owner that is killed while it records its end: the end is lost, and said to be.
///
/// proves O15
#[tokio::test]
async fn an_owner_killed_before_its_end_is_recorded_leaves_a_lost_session() {
    let place = Place::new();
    let gate = ProcessGate::new(&place.env.probe_dir(), "owner.ending");
    let launch = launching(&place, place.script("a", "exit 3"));
    let (gate, pid) = reached(gate).await;
    kill(pid);
    // The end came before the launcher could ask, or after; either way the session was started.
    let launched = launch.await.unwrap();
    assert!(launched.is_ok(), "{launched:?}");
    let lost = async {
        loop {
            match place.backend.status(&session("a")).await.unwrap().state {
                SessionState::Ended(ended) => return ended,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let ended = tokio::time::timeout(DEADLINE, lost)
        .await
        .expect("the owner is gone");
    assert_eq!(ended.ended_at, None);
    drop(gate);
    place.env.tolerate_stale_sockets();
    place.clear("a").await;
}
