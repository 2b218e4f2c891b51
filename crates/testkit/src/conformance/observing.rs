//! Promises of `status` and `list`.

use std::sync::Arc;

use abide_core::backend::{Alive, AttachMode, AttachRequest, BackendError, SessionState};

use super::{
    Bench,
    bench::{eventually, named, request},
};

/// An unknown session is said to be unknown.
pub async fn an_unknown_session_is_not_found(bench: Arc<Bench>) {
    let status = bench.backend().status(&named("unknown")).await;
    let Err(BackendError::NotFound { session }) = status else {
        panic!("{status:?}");
    };
    assert_eq!(session, named("unknown"));
}

/// What is listed is in order of id, whatever the order of the starts, and whole; it says what each
/// session says of itself when it is asked.
pub async fn every_session_is_listed_in_order_of_id(bench: Arc<Bench>) {
    for id in ["m", "z", "a"] {
        bench.start(id, "testkit-echo", &[]).await;
    }
    bench
        .start_ending("b", "testkit-exit", &["gone", "0"])
        .await;
    let listed = bench.backend().list().await.expect("it can be listed");
    let ids: Vec<&str> = listed
        .iter()
        .map(|status| status.session.as_str())
        .collect();
    assert_eq!(ids, ["a", "b", "m", "z"]);
    for seen in listed {
        let ended = matches!(seen.state, SessionState::Ended(_));
        assert_eq!(ended, seen.session == named("b"), "{seen:?}");
        let asked = bench.backend().status(&seen.session).await;
        let asked = asked.expect("it is there");
        assert_eq!(asked.backend, seen.backend);
        assert_eq!(asked.generation, seen.generation);
        let state = asked.state.map_running(|running| Alive {
            pid: running.pid,
            started_at: running.started_at,
        });
        assert_eq!(state, seen.state);
    }
}

/// What a status says of a running session is what it was given and what it did.
pub async fn a_running_session_is_described(bench: Arc<Bench>) {
    let mut spec = bench.spec("described", "testkit-altscreen", &[]);
    spec.size = "100x30".parse().expect("a size");
    let session = bench.ensure(&spec).await;
    let mut viewer = bench.watch(&session).await;
    viewer.until_text("alternate").await;

    let status = bench.backend().status(&session.id).await;
    let status = status.expect("it is there");
    assert_eq!(status.backend, bench.backend().kind());
    assert_eq!(status.generation, Some(session.generation));
    let running = bench.running(&session.id).await;
    assert_eq!(running.size, spec.size);
    assert!(bench.process_is_alive(running.pid), "{running:?}");
    assert!(
        Some(running.started_at) <= running.last_output_at,
        "{running:?}"
    );
    assert!(viewer.position <= Some(running.offset), "{running:?}");
    assert_eq!(running.title.as_deref(), Some("alternate title"));
}

/// proves O9
pub async fn whoever_watches_and_types_is_counted(bench: Arc<Bench>) {
    let session = bench.start("counted", "testkit-echo", &[]).await;
    let running = bench.running(&session.id).await;
    assert_eq!((running.controller, running.viewers), (None, 0));

    let label = "somebody (pid 1 on a terminal)".to_owned();
    let request = AttachRequest {
        label,
        ..request(AttachMode::Control)
    };
    let control = bench.attach(&session, request.clone()).await;
    let view = bench.watch(&session).await;
    let running = bench.running(&session.id).await;
    assert_eq!(running.viewers, 1);
    let holder = running.controller.expect("somebody has control");
    assert_eq!(holder.client, control.client);
    assert_eq!(holder.label, request.label);
    assert!(running.started_at <= holder.since, "{holder:?}");

    drop((control, view));
    eventually("both to be gone", async || {
        let running = bench.running(&session.id).await;
        let gone = running.controller.is_none() && running.viewers == 0;
        gone.then_some(()).ok_or(format!("{running:?}"))
    })
    .await;
}
