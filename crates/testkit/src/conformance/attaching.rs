//! Promises of `attach` and of the stream it gives: once, in order, to the last byte.

use std::{sync::Arc, time::Duration};

use abide_core::{
    backend::{AttachMode, AttachRequest, BackendError, ExitOutcome, OutputEvent},
    replay::Offset,
};
use bytes::Bytes;

use super::{
    Bench, Viewer,
    bench::{eventually, named, request, within},
};
use crate::child::{LINE_BYTES, count_byte, flood_line};

/// Bytes of a counter's output that are looked at.
const COUNTED_BYTES: usize = 100 * LINE_BYTES;

/// Lines of a flood that are more than the history given to it keeps.
const FLOOD_LINES: u64 = 4000;

/// proves O10
pub async fn a_snapshot_comes_first_and_then_every_byte_once(bench: Arc<Bench>) {
    let session = bench.start("count", "testkit-count", &[]).await;
    let first = format!("{:014}", 20);
    bench.watch(&session).await.until_text(&first).await;

    let mut late = bench.watch(&session).await;
    let snapshot = late.next().await;
    let Some(OutputEvent::Snapshot { offset, size, .. }) = snapshot else {
        panic!("{snapshot:?}");
    };
    assert!(Offset::START < offset, "it stands for what was printed");
    assert_eq!(size, late.size);
    expect_counted(&bench, &mut late, offset).await;
}

/// proves O10
pub async fn a_held_offset_gives_exactly_the_bytes_from_there(bench: Arc<Bench>) {
    let session = bench.start("held", "testkit-count", &[]).await;
    let mut first = bench.watch(&session).await;
    while first.output.len() < 10 * LINE_BYTES {
        first.next().await;
    }
    let end = first.position.expect("it was given output").get();
    drop(first);
    // In the middle of a line, at the very start, and where the first one left off.
    for from in [end - 5, 0, end].map(Offset::new) {
        let mut again = bench.attach(&session, going_on(from)).await;
        let event = again.next().await;
        let Some(OutputEvent::Output { offset, .. }) = event else {
            panic!("output from {from} on, not {event:?}");
        };
        assert_eq!(offset, from);
        expect_counted(&bench, &mut again, from).await;
    }
}

/// proves O10
pub async fn an_offset_that_is_not_held_gives_a_snapshot(bench: Arc<Bench>) {
    let lines = FLOOD_LINES.to_string();
    let mut spec = bench.spec("unheld", "testkit-flood", &[&lines, "--now", "--stay"]);
    spec.history_bytes = 16 * 1024;
    let session = bench.ensure(&spec).await;
    bench.watch(&session).await.until_text("flood done").await;

    let future = bench.running(&session.id).await.offset.advanced(1000);
    for from in [Offset::START, future] {
        let mut viewer = bench.attach(&session, going_on(from)).await;
        let event = viewer.next().await;
        let Some(OutputEvent::Snapshot { offset, .. }) = event else {
            panic!("a snapshot instead of {from}, not {event:?}");
        };
        assert_eq!(offset, bench.running(&session.id).await.offset);
        assert!(viewer.page().contains("flood done"), "{}", viewer.seen());
    }
}

/// proves O11
pub async fn a_late_viewer_sees_what_an_early_one_sees(bench: Arc<Bench>) {
    let session = bench.start("late", "testkit-altscreen", &[]).await;
    let mut early = bench.watch(&session).await;
    early.until_text("alternate").await;
    let mut late = bench.watch(&session).await;
    late.until_text("alternate").await;
    assert_eq!(late.page(), early.page());

    let key = Bytes::from_static(b"k");
    let sent = within("send", bench.backend().send(&session.id, key)).await;
    sent.expect("a key can be typed");
    for viewer in [&mut early, &mut late] {
        let ended = viewer.until_end().await;
        assert_eq!(ended.outcome, ExitOutcome::Exited { code: 0 });
        let page = viewer.page();
        assert!(!page.contains("alternate"), "{page}");
        // Both screens are in a snapshot, also the one that does not show.
        assert!(page.contains("before") && page.contains("after"), "{page}");
    }
}

/// proves O14
pub async fn the_last_byte_comes_before_the_end(bench: Arc<Bench>) {
    let lines = FLOOD_LINES.to_string();
    let session = bench.start("last", "testkit-flood", &[&lines]).await;
    let mut viewer = bench.control(&session).await;
    viewer.until_text("ready").await;
    let before = viewer.output.len();
    let go = viewer.input.write(Bytes::from_static(b"\r"));
    within("write", go).await.expect("it has control");
    let ended = viewer.until_end().await;
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 0 });
    assert!(viewer.page().contains("flood done"), "{}", viewer.seen());
    if viewer.lags == 0 && bench.differences().exact_output {
        let expected: String = (1..=FLOOD_LINES).map(flood_line).collect();
        let expected = format!("{expected}flood done\n").replace('\n', "\r\n");
        let output = String::from_utf8_lossy(&viewer.output[before..]);
        assert!(output.ends_with(&expected), "{}", viewer.seen());
    }
}

/// proves O15
pub async fn an_ended_session_gives_its_final_screen_then_its_end(bench: Arc<Bench>) {
    let program = ("testkit-exit", &["the last words", "3"]);
    let (session, ended) = bench.start_ending("final", program.0, program.1).await;
    for mode in [AttachMode::View, AttachMode::Control, AttachMode::Steal] {
        let mut viewer = bench.attach(&session, request(mode)).await;
        assert!(!viewer.controls, "there is nothing to control");
        let snapshot = viewer.next().await;
        assert!(
            matches!(snapshot, Some(OutputEvent::Snapshot { .. })),
            "{snapshot:?}"
        );
        assert!(
            viewer.page().contains("the last words"),
            "{}",
            viewer.seen()
        );
        assert_eq!(viewer.next().await, Some(OutputEvent::Ended(ended.clone())));
        assert_eq!(viewer.next().await, None);
        assert_eq!(viewer.next().await, None, "and again");
    }
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 3 });
}

/// An unknown session cannot be attached to.
pub async fn an_unknown_session_cannot_be_attached_to(bench: Arc<Bench>) {
    let attached = bench
        .backend()
        .attach(&named("unknown"), request(AttachMode::View))
        .await;
    assert!(
        matches!(attached, Err(BackendError::NotFound { .. })),
        "{attached:?}"
    );
}

/// A wait for output that is dropped loses none of it.
pub async fn a_dropped_wait_loses_no_output(bench: Arc<Bench>) {
    let session = bench.start("waits", "testkit-count", &[]).await;
    let mut viewer = bench.attach(&session, going_on(Offset::START)).await;
    let mut dropped = 0;
    while viewer.output.len() < COUNTED_BYTES || dropped < 50 {
        match viewer.next_within(Duration::from_micros(100)).await {
            None => dropped += 1,
            Some(event) => assert!(matches!(event, Ok(Some(_))), "{}", viewer.seen()),
        }
    }
    expect_counted(&bench, &mut viewer, Offset::START).await;
}

/// proves O12
pub async fn a_viewer_that_does_not_read_stops_nobody(bench: Arc<Bench>) {
    let session = bench.start("lazy", "testkit-flood", &["forever"]).await;
    let mut lazy = bench.control(&session).await;
    lazy.until_text("ready").await;
    let go = lazy.input.write(Bytes::from_static(b"\r"));
    within("write", go).await.expect("it has control");
    // Several times what any queue holds for the one that does not read.
    let enough = Offset::new(8 * 1024 * 1024);
    eventually("the child goes on", async || {
        let offset = bench.running(&session.id).await.offset;
        (enough < offset).then_some(()).ok_or(offset.to_string())
    })
    .await;
    while lazy.lags == 0 {
        lazy.next().await;
    }
    let snapshot = lazy.next().await;
    assert!(
        matches!(snapshot, Some(OutputEvent::Snapshot { .. })),
        "{}",
        lazy.seen()
    );
}

fn going_on(from: Offset) -> AttachRequest {
    AttachRequest {
        from: Some(from),
        ..request(AttachMode::View)
    }
}

/// Takes more of a counter's output, which began at `from`, and looks at every byte.
async fn expect_counted(bench: &Bench, viewer: &mut Viewer, from: Offset) {
    while viewer.output.len() < COUNTED_BYTES {
        viewer.next().await;
    }
    assert_eq!(viewer.lags, 0, "{}", viewer.seen());
    if !bench.differences().exact_output {
        return;
    }
    for (offset, byte) in (from.get()..).zip(&viewer.output) {
        assert_eq!(*byte, count_byte(offset), "at {offset}; {}", viewer.seen());
    }
}
