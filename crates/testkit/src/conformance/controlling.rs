//! Promises about who types and sizes.

use std::sync::Arc;

use abide_core::{
    backend::{AttachMode, AttachRequest, BackendError, ErrorKind, OutputEvent},
    size::TermSize,
};
use bytes::Bytes;

use super::{
    Bench, Viewer,
    bench::{eventually, request, within},
};

/// proves O9
pub async fn a_second_controller_is_refused_and_told_of_the_first(bench: Arc<Bench>) {
    let session = bench.start("busy", "testkit-echo", &[]).await;
    let first = bench
        .attach(&session, called("the first", AttachMode::Control))
        .await;
    assert!(first.controls);
    let second = called("the second", AttachMode::Control);
    let Err(err) = bench.try_attach(&session, second).await else {
        panic!("two may not control");
    };
    assert_eq!(err.kind(), ErrorKind::Busy);
    let BackendError::Busy {
        session: busy,
        holder,
    } = err
    else {
        panic!("{err:?}");
    };
    assert_eq!(busy, session.id);
    assert_eq!(holder.client, first.client);
    assert_eq!(holder.label, "the first");
    assert!(bench.running(&session.id).await.started_at <= holder.since);
}

/// proves O9
pub async fn a_viewer_may_neither_type_nor_resize(bench: Arc<Bench>) {
    let session = bench.start("view", "testkit-echo", &[]).await;
    let viewer = bench.watch(&session).await;
    assert!(!viewer.controls);
    expect_no_say(&viewer).await;
    let running = bench.running(&session.id).await;
    assert_eq!(running.size, TermSize::DEFAULT);
}

/// proves O9
pub async fn stealing_takes_control_and_the_loser_watches_on(bench: Arc<Bench>) {
    let session = bench.start("steal", "testkit-echo", &[]).await;
    let mut loser = bench
        .attach(&session, called("the loser", AttachMode::Control))
        .await;
    let mut thief = bench
        .attach(&session, called("the thief", AttachMode::Steal))
        .await;
    assert!(thief.controls);
    let by = loser
        .until("control was lost", |event| match event {
            OutputEvent::ControlLost { by } => Some(by),
            _ => None,
        })
        .await;
    assert_eq!((by.client, by.label.as_str()), (thief.client, "the thief"));
    expect_no_say(&loser).await;

    let typed = thief.input.write(Bytes::from_static(b"mine\r"));
    within("write", typed).await.expect("the thief has control");
    thief.until_text("got mine").await;
    loser.until_text("got mine").await;

    // The loser's leaving takes control from nobody.
    drop(loser);
    let typed = thief.input.write(Bytes::from_static(b"still\r"));
    within("write", typed).await.expect("the thief has control");
    thief.until_text("got still").await;
}

/// Stealing what nobody has is taking it.
pub async fn a_free_session_can_be_stolen(bench: Arc<Bench>) {
    let session = bench.start("free", "testkit-echo", &[]).await;
    let viewer = bench.attach(&session, request(AttachMode::Steal)).await;
    assert!(viewer.controls);
    let holder = bench.running(&session.id).await.controller;
    assert_eq!(holder.expect("somebody has it").client, viewer.client);
}

/// proves O9
pub async fn dropping_an_attachment_frees_control(bench: Arc<Bench>) {
    let session = bench.start("freed", "testkit-echo", &[]).await;
    for _ in 0..5 {
        let controlled = eventually("control to be free", async || {
            let attached = bench
                .try_attach(&session, request(AttachMode::Control))
                .await;
            attached.map_err(|err| {
                assert_eq!(err.kind(), ErrorKind::Busy, "{err:?}");
                err.to_string()
            })
        })
        .await;
        assert!(controlled.controls);
    }
}

/// proves O17
pub async fn a_resize_reaches_the_child_and_the_last_one_is_kept(bench: Arc<Bench>) {
    let session = bench.start("size", "testkit-size", &[]).await;
    let mut control = bench.control(&session).await;
    let mut view = bench.watch(&session).await;
    control.until_text("size 80x24").await;
    for size in ["90x20", "70x40", "120x35"] {
        let size = size.parse().expect("a size");
        let resized = control.input.resize(size);
        within("resize", resized).await.expect("it has control");
    }
    control.until_text("size 120x35").await;
    view.until("the last size", |event| match event {
        OutputEvent::Resized { size } => (size.to_string() == "120x35").then_some(()),
        OutputEvent::Snapshot { size, .. } => (size.to_string() == "120x35").then_some(()),
        _ => None,
    })
    .await;
    let running = bench.running(&session.id).await;
    assert_eq!(running.size.to_string(), "120x35");
    let late = bench.watch(&session).await;
    assert_eq!(late.size, running.size);
}

/// proves O17
pub async fn only_a_controllers_size_is_given_to_the_session(bench: Arc<Bench>) {
    let session = bench.start("sized", "testkit-size", &[]).await;
    let sized = |mode, size: &str| AttachRequest {
        size: Some(size.parse().expect("a size")),
        ..request(mode)
    };
    let view = bench
        .attach(&session, sized(AttachMode::View, "50x10"))
        .await;
    assert_eq!(view.size, TermSize::DEFAULT);
    let mut control = bench
        .attach(&session, sized(AttachMode::Control, "101x31"))
        .await;
    assert_eq!(control.size.to_string(), "101x31");
    control.until_text("size 101x31").await;
    assert!(!control.page().contains("50x10"), "{}", control.seen());
}

fn called(label: &str, mode: AttachMode) -> AttachRequest {
    AttachRequest {
        label: label.into(),
        ..request(mode)
    }
}

/// Checks that a client without control is refused whatever it tries.
async fn expect_no_say(viewer: &Viewer) {
    let input = &viewer.input;
    let typed = within("write", input.write(Bytes::from_static(b"x\r"))).await;
    assert!(
        matches!(typed, Err(BackendError::Refused { .. })),
        "{typed:?}"
    );
    let size = TermSize::clamped(10, 10);
    let resized = within("resize", input.resize(size)).await;
    assert!(
        matches!(resized, Err(BackendError::Refused { .. })),
        "{resized:?}"
    );
}
