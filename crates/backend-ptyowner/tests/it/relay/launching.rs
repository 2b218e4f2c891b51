//! Relays that are killed at every point of a launch, and launches that race.

use std::sync::Arc;

use abide_core::backend::{BackendError, Ensured, SessionSpec, SessionState, TerminalBackend as _};
use abide_testkit::gate::ProcessGate;
use rustix::process::Signal;
use tokio::task::{JoinHandle, JoinSet};

use super::signal;
use crate::place::{DEADLINE, Place, session, shared};

/// Points of a relay's start, in order, and whether the child runs by then.
const POINTS: [(&str, bool); 6] = [
    ("owner.start_locked", false),
    ("owner.locked", false),
    ("owner.bound", false),
    ("owner.spawned", true),
    ("owner.described", true),
    ("owner.ready", true),
];

/// Points at which a relay that joins a session can be killed.
const JOIN_POINTS: [&str; 5] = [
    "owner.start_locked",
    "owner.locked",
    "owner.bound",
    "owner.described",
    "owner.ready",
];

/// Callers at once.
const CALLERS: usize = 8;

#[expect(
    clippy::disallowed_methods,
    reason = "each test looks at the result of its one task"
)]
fn launching(place: &Place, spec: SessionSpec) -> JoinHandle<Result<Ensured, BackendError>> {
    let backend = shared(place);
    tokio::spawn(async move { backend.ensure(&spec).await })
}

/// Launches a relay and kills it at a point.
async fn launch_killed_at(place: &Place, spec: &SessionSpec, point: &str) {
    let gate = ProcessGate::new(&place.env.probe_dir(), point);
    let launch = launching(place, spec.clone());
    let waiting = tokio::task::spawn_blocking(move || {
        let pid = gate.wait_reached(DEADLINE);
        (gate, pid)
    });
    let (gate, pid) = waiting.await.unwrap();
    signal(pid, Signal::KILL);
    let err = launch.await.unwrap().expect_err(point);
    assert!(
        err.to_string().contains("ended without a word"),
        "{point}: {err}"
    );
    place.env.tolerate_stale_sockets();
    drop(gate);
}

/// proves R1
#[tokio::test]
async fn a_relay_killed_at_any_point_of_a_start_leaves_one_session_or_none() {
    for (point, runs) in POINTS {
        let place = Place::of_relays();
        let spec = place.spec("a", "testkit-echo", &[]);
        launch_killed_at(&place, &spec, point).await;
        place.until_held(usize::from(runs)).await;
        let ensured = place.backend.ensure(&spec).await;
        let ensured = ensured.unwrap_or_else(|err| panic!("{point}: {err:?}"));
        assert_eq!(ensured.started, !runs, "{point}");
        assert!(
            matches!(ensured.status.state, SessionState::Running(_)),
            "{point}: {ensured:?}"
        );
        place.until_held(1).await;
        place.clear("a").await;
    }
}

/// proves R1
#[tokio::test]
async fn a_relay_killed_at_any_point_of_joining_leaves_the_session_as_it_was() {
    for point in JOIN_POINTS {
        let place = Place::of_relays();
        let spec = place.spec("a", "testkit-echo", &[]);
        let started = place.backend.ensure(&spec).await.unwrap();
        let child = place.running("a").await.pid;
        place.kill_relay("a").await;
        launch_killed_at(&place, &spec, point).await;
        let ensured = place.backend.ensure(&spec).await;
        let ensured = ensured.unwrap_or_else(|err| panic!("{point}: {err:?}"));
        assert!(!ensured.started, "{point}");
        assert_eq!(ensured.generation, started.generation, "{point}");
        assert_eq!(place.running("a").await.pid, child, "{point}");
        place.clear("a").await;
    }
}

/// proves R1
#[tokio::test]
async fn a_session_that_nobody_described_is_joined_without_being_started() {
    let place = Place::of_relays();
    let spec = place.spec("a", "testkit-echo", &[]);
    let unknown = place.backend.join(&session("a")).await.unwrap_err();
    assert!(
        matches!(unknown, BackendError::NotFound { .. }),
        "{unknown:?}"
    );
    assert!(
        !place.session_dir("a").exists(),
        "a look left something behind"
    );
    launch_killed_at(&place, &spec, "owner.spawned").await;
    let status = place.backend.status(&session("a")).await.unwrap_err();
    assert!(
        matches!(status, BackendError::NotFound { .. }),
        "{status:?}"
    );
    let joined = place.backend.join(&session("a")).await.unwrap();
    assert!(
        matches!(joined.state, SessionState::Running(_)),
        "{joined:?}"
    );
    let ensured = place.backend.ensure(&spec).await.unwrap();
    assert_eq!(Some(ensured.generation), joined.generation);
    place.until_held(1).await;
    place.clear("a").await;
}

/// proves R1
#[tokio::test]
async fn callers_that_race_after_a_relay_was_killed_find_one_session_with_one_relay() {
    let place = Place::of_relays();
    let spec = place.spec("a", "testkit-echo", &[]);
    let started = place.backend.ensure(&spec).await.unwrap();
    let child = place.running("a").await.pid;
    for _ in 0..3 {
        let killed = place.kill_relay("a").await;
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let (backend, spec) = (shared(&place), spec.clone());
            callers.spawn(async move { ask(number, backend, spec).await });
        }
        while let Some(seen) = callers.join_next().await {
            assert_eq!(seen.unwrap(), Some(started.generation));
        }
        assert_eq!(place.running("a").await.pid, child);
        assert_ne!(place.owner_pid("a"), killed);
        place.until_held(1).await;
    }
    place.clear("a").await;
}

/// Asks one thing or another; returns which start answered.
async fn ask(
    number: usize,
    backend: Arc<abide_backend_ptyowner::OwnerBackend>,
    spec: SessionSpec,
) -> Option<abide_core::id::Generation> {
    if number.is_multiple_of(2) {
        let ensured = backend.ensure(&spec).await.unwrap();
        assert!(!ensured.started, "a second start was made");
        return Some(ensured.generation);
    }
    backend.status(&spec.session).await.unwrap().generation
}
