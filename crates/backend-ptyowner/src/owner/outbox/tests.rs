//! What is sent, what is dropped, and when the child is held up.

use super::{queue::MAX_OTHER_BYTES, *};
use crate::owner::pace::{MAX_OUTPUT_BYTES, Pace};

fn frame(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// Takes what the writer would do next, without what is said to the session.
fn take(outbox: &Outbox) -> Option<Next> {
    loop {
        match outbox.take() {
            Some(Next::SayRelieved) => {}
            next => return next,
        }
    }
}

fn expect_sent(outbox: &Outbox, text: &str) {
    let next = take(outbox);
    assert!(
        matches!(&next, Some(Next::Send(sent)) if sent == text),
        "expected {text:?}, found {next:?}"
    );
}

/// proves O12
#[test]
fn output_that_does_not_fit_is_dropped_counted_and_followed_by_a_snapshot() {
    let outbox = Outbox::default();
    let half = MAX_OUTPUT_BYTES / 2 - FRAME_BYTES;
    assert_eq!(outbox.push_output(&frame("a"), half), Pushed::Full);
    outbox.push(frame("reply"));
    assert_eq!(outbox.push_output(&frame("b"), half), Pushed::Full);
    let skipped = (2 * half + 1) as u64;
    let lagging = Pushed::Lagging { skipped };
    assert_eq!(outbox.push_output(&frame("c"), 1), lagging);
    expect_sent(&outbox, "reply");
    assert!(matches!(take(&outbox), Some(Next::AskForSnapshot)));
    assert!(take(&outbox).is_none());
    assert_eq!(outbox.push_output(&frame("d"), 1), Pushed::Sent);
    outbox.close();
    expect_sent(&outbox, "d");
    assert!(matches!(take(&outbox), Some(Next::Close)));
}

/// proves O12
#[test]
fn the_child_waits_from_much_to_little_for_a_client() {
    let outbox = Outbox::default();
    let most = Pace::default().hold_bytes();
    assert_eq!(outbox.push_output(&frame("a"), most / 2), Pushed::Sent);
    assert_eq!(outbox.push_output(&frame("b"), most / 2), Pushed::Full);
    assert!(outbox.is_full());
    expect_sent(&outbox, "a");
    assert!(outbox.is_full(), "half of it still waits");
    expect_sent(&outbox, "b");
    assert!(matches!(outbox.take(), Some(Next::SayRelieved)));
    assert!(!outbox.is_full());
}

/// proves O7
#[test]
fn a_client_that_asks_without_reading_is_cut_off() {
    let outbox = Outbox::default();
    let part = Bytes::from(vec![0; 64 * 1024]);
    for _ in 0..MAX_OTHER_BYTES / part.len() {
        outbox.push(part.clone());
    }
    assert!(matches!(take(&outbox), Some(Next::Close)));
}

/// proves O12, O14
#[test]
fn many_small_outputs_lag_and_never_cost_the_client_its_end() {
    let outbox = Outbox::default();
    let mut skipped = 0;
    for _ in 0..100_000 {
        if let Pushed::Lagging { skipped: now } = outbox.push_output(&frame("x"), 1) {
            skipped += now;
        }
    }
    outbox.push(frame("end"));
    assert!(0 < skipped);
    let mut last = take(&outbox);
    while let Some(Next::Send(sent)) = &last {
        if sent == "end" {
            return;
        }
        last = take(&outbox);
    }
    panic!("the end was not sent, but {last:?}");
}
