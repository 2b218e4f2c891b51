//! A relay that is gone, and the one that goes on.

use abide_core::{
    backend::{
        AttachMode, BackendKind, OutputEvent, SessionState, StopReport, TerminalBackend as _,
    },
    replay::Offset,
};
use abide_testkit::conformance::eventually;
use bytes::Bytes;
use rustix::process::Signal;

use super::{is_gone, signal, until};
use crate::place::{Place, read_text, request, session};

/// proves R1
#[tokio::test]
async fn a_relay_that_was_killed_is_followed_by_another_of_the_same_start() {
    let place = Place::of_relays();
    let ensured = place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    assert!(ensured.started);
    let before = place.running("a").await;
    let mut attached = place.attach("a", AttachMode::Control).await;
    attached
        .input
        .write(Bytes::from_static(b"one\r"))
        .await
        .unwrap();
    read_text(&mut attached, "one").await;
    let first = place.kill_relay("a").await;

    let status = place.backend.status(&session("a")).await.unwrap();
    assert_eq!(status.backend, BackendKind::Tmux);
    assert_eq!(status.generation, Some(ensured.generation));
    assert_eq!(place.running("a").await.pid, before.pid);
    assert_ne!(place.owner_pid("a"), first);
    let mut attached = place.attach("a", AttachMode::Control).await;
    assert!(attached.controls);
    read_text(&mut attached, "one").await;
    attached
        .input
        .write(Bytes::from_static(b"two\r"))
        .await
        .unwrap();
    read_text(&mut attached, "two").await;
    drop(attached);
    place.clear("a").await;
}

/// proves R1
#[tokio::test]
async fn every_request_finds_a_session_whose_relay_was_killed() {
    let place = Place::of_relays();
    let spec = place.spec("a", "testkit-echo", &[]);
    let started = place.backend.ensure(&spec).await.unwrap();
    place.kill_relay("a").await;
    let ensured = place.backend.ensure(&spec).await.unwrap();
    assert!(!ensured.started);
    assert_eq!(ensured.generation, started.generation);
    place.kill_relay("a").await;
    place
        .backend
        .send(&session("a"), Bytes::from_static(b"sent\r"))
        .await
        .unwrap();
    let mut attached = place.attach("a", AttachMode::View).await;
    read_text(&mut attached, "sent").await;
    drop(attached);
    place.kill_relay("a").await;
    // A list asks nobody, so it starts none; and whether the session lives no file tells.
    // The kernel gives a killed process's locks back some time after it is said to be gone.
    eventually("nobody to hold it", async || {
        let listed = place.backend.list().await.unwrap();
        let is_unheld = matches!(&listed[..], [only] if only.generation == Some(started.generation)
            && matches!(only.state, SessionState::Unresponsive { .. }));
        is_unheld.then_some(()).ok_or(format!("{listed:?}"))
    })
    .await;
    let refused = place.backend.remove(&session("a"), None).await.unwrap_err();
    assert!(refused.to_string().contains("running"), "{refused}");
    let child = place.running("a").await.pid;
    place.kill_relay("a").await;
    let StopReport { ended, survivors } = place
        .backend
        .stop(&session("a"), None, super::DEADLINE)
        .await
        .unwrap();
    assert!(ended.is_some());
    assert_eq!(survivors, []);
    until("the child's end", || is_gone(child)).await;
    place.clear("a").await;
}

/// proves R2
#[tokio::test]
async fn a_joined_session_gives_a_snapshot_for_an_offset_of_before() {
    let place = Place::of_relays();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let mut attached = place.attach("a", AttachMode::Control).await;
    attached
        .input
        .write(Bytes::from_static(b"one\r"))
        .await
        .unwrap();
    read_text(&mut attached, "one").await;
    drop(attached);
    let before = place.running("a").await.offset;
    assert_ne!(before, Offset::START);
    place.kill_relay("a").await;

    let joined = place.running("a").await.offset;
    assert!(before < joined, "{joined} was given out before {before}");
    for from in [before, Offset::new(joined.get() - 1)] {
        let mut wanted = request(AttachMode::View);
        wanted.from = Some(from);
        let mut attached = place.backend.attach(&session("a"), wanted).await.unwrap();
        match attached.output.next().await.unwrap() {
            Some(OutputEvent::Snapshot { offset, data, .. }) => {
                assert_eq!(offset, joined);
                assert!(String::from_utf8_lossy(&data).contains("one"));
            }
            other => panic!("no snapshot from {from}: {other:?}"),
        }
    }
    let mut wanted = request(AttachMode::Control);
    wanted.from = Some(joined);
    let mut attached = place.backend.attach(&session("a"), wanted).await.unwrap();
    attached
        .input
        .write(Bytes::from_static(b"two\r"))
        .await
        .unwrap();
    match attached.output.next().await.unwrap() {
        Some(OutputEvent::Output { offset, .. }) => assert_eq!(offset, joined),
        other => panic!("no output: {other:?}"),
    }
    drop(attached);
    place.clear("a").await;
}

/// proves R2
#[tokio::test]
async fn output_that_a_relay_did_not_get_is_told_as_lag_with_a_new_snapshot() {
    let place = Place::of_relays();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let mut attached = place.attach("a", AttachMode::Control).await;
    attached
        .input
        .write(Bytes::from_static(b"one\r"))
        .await
        .unwrap();
    read_text(&mut attached, "one").await;
    let before = place.running("a").await.offset;
    place.command_holder("a", "HangUp");
    let next = async {
        loop {
            match attached.output.next().await.unwrap() {
                Some(OutputEvent::Lagged { skipped }) => return skipped,
                Some(OutputEvent::Output { .. }) => {}
                other => panic!("no lag: {other:?}"),
            }
        }
    };
    assert_ne!(
        tokio::time::timeout(super::DEADLINE, next).await.unwrap(),
        0
    );
    match attached.output.next().await.unwrap() {
        Some(OutputEvent::Snapshot { offset, data, .. }) => {
            assert!(before < offset);
            assert!(String::from_utf8_lossy(&data).contains("one"));
        }
        other => panic!("no snapshot: {other:?}"),
    }
    attached
        .input
        .write(Bytes::from_static(b"two\r"))
        .await
        .unwrap();
    read_text(&mut attached, "two").await;
    drop(attached);
    place.clear("a").await;
}

/// proves R5
#[tokio::test]
async fn a_relay_that_is_told_to_end_goes_alone() {
    let place = Place::of_relays();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let child = place.running("a").await.pid;
    let relay = place.owner_pid("a");
    signal(relay, Signal::TERM);
    until("the relay's end", || is_gone(relay)).await;
    assert!(!place.session_dir("a").join("exit.json").exists());
    assert_eq!(place.running("a").await.pid, child);
    assert_ne!(place.owner_pid("a"), relay);
    place.clear("a").await;
}
