//! Bytes that are no conversation: each ends its own connection, with a reason, and nothing else.

use std::{io::Write as _, net::Shutdown};

use abide_backend_ptyowner::wire::{
    codec,
    event::Event,
    frame::{Kind, header},
    hello::Refused,
    limits::{INPUT_WINDOW_BYTES, MAX_BODY_BYTES, MAX_CONNECTIONS, MAX_FIRST_BODY_BYTES},
    request::{Attach, Call, Mode, Request, Scrollback},
};
use abide_core::backend::{AttachMode, SessionState, TerminalBackend as _};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{
    place::{DEADLINE, Place, read_text, session},
    raw::Raw,
};

async fn assert_runs(place: &Place) {
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
}

async fn started() -> Place {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    place
}

/// proves O7
#[tokio::test]
async fn a_first_frame_that_is_none_is_refused_with_its_reason() {
    let place = started().await;
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            "unknown frame kind 0x47",
        ),
        (
            header(Kind::Hello, MAX_FIRST_BODY_BYTES + 1).to_vec(),
            "is longer than the 4096 allowed",
        ),
        (
            header(Kind::Hello, u32::MAX as usize).to_vec(),
            "is longer than the 4096 allowed",
        ),
        (header(Kind::Input, 1).to_vec(), "has no place here"),
        (header(Kind::Output, 1).to_vec(), "has no place here"),
        (vec![1, 1, 0, 0, 0, 0, 0, 0], "reserved bytes"),
        (codec::raw(Kind::Hello, b"").to_vec(), "does not decode"),
        (
            codec::raw(Kind::Hello, &[0xff; 100]).to_vec(),
            "does not decode",
        ),
        (codec::raw(Kind::Proof, b"").to_vec(), "has no place here"),
    ];
    for (bytes, reason) in cases {
        let mut raw = Raw::connect(&place, "a");
        raw.send(&bytes);
        let Refused::Protocol { reason: told } = raw.refusal() else {
            panic!("refused for another reason than {reason}");
        };
        assert!(told.contains(reason), "{told}");
    }
    assert_runs(&place).await;
    place.clear("a").await;
}

/// proves O7
#[tokio::test]
async fn a_client_that_breaks_the_rules_later_is_told_and_cut_off() {
    let place = started().await;
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (
            header(Kind::Call, MAX_BODY_BYTES + 1).to_vec(),
            "is longer than",
        ),
        (codec::raw(Kind::Call, &[9; 40]).to_vec(), "does not decode"),
        (codec::raw(Kind::Hello, b"").to_vec(), "has no place here"),
        (
            codec::raw(Kind::Input, b"typed without control").to_vec(),
            "has no place here",
        ),
    ];
    for (bytes, reason) in cases {
        let mut raw = Raw::welcomed(&place, "a");
        raw.send(&bytes);
        assert_closed(&mut raw, reason);
    }
    assert_runs(&place).await;
    place.clear("a").await;
}

fn assert_closed(raw: &mut Raw, reason: &str) {
    let mut told = None;
    while let Some(frame) = raw.frame() {
        if frame.kind == Kind::Event
            && let Event::Closing { reason } = codec::decode(&frame).unwrap()
        {
            told = Some(reason);
        }
    }
    let told = told.unwrap_or_else(|| panic!("cut off without a word, not for: {reason}"));
    assert!(told.contains(reason), "{told}");
}

/// proves O7
#[tokio::test]
async fn more_input_than_the_window_allows_is_cut_off() {
    let place = Place::new();
    // It never reads, and its terminal cuts no long lines short: soon nothing is taken any more.
    let script = "stty raw -echo; echo waits; exec sleep 1000";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut viewer = place.attach("a", AttachMode::View).await;
    read_text(&mut viewer, "waits").await;
    drop(viewer);
    let mut raw = Raw::welcomed(&place, "a");
    let attach = Attach {
        mode: Mode::Control,
        size: None,
        from: None,
        scrollback: Scrollback::Replace,
    };
    let request = Request::Attach(attach);
    raw.send(&codec::encode(Kind::Call, &Call { id: 1, request }));
    let frame = codec::raw(Kind::Input, &[b'x'; 64 * 1024]);
    for _ in 0..INPUT_WINDOW_BYTES / (64 * 1024) + 1 {
        raw.send(&frame);
    }
    assert_closed(&mut raw, "more input was sent");
    assert_runs(&place).await;
    place.clear("a").await;
}

/// proves O7
#[tokio::test]
async fn the_thirty_third_connection_is_refused_and_the_next_after_one_left_is_not() {
    let place = started().await;
    let mut open: Vec<Raw> = (0..MAX_CONNECTIONS)
        .map(|_| Raw::welcomed(&place, "a"))
        .collect();
    let limit = u32::try_from(MAX_CONNECTIONS).unwrap();
    assert_eq!(
        Raw::connect(&place, "a").refusal(),
        Refused::TooMany { limit }
    );
    let left = open.pop().unwrap();
    left.stream.shutdown(Shutdown::Both).unwrap();
    drop(left);
    until_reachable(&place).await;
    drop(open);
    until_reachable(&place).await;
    place.clear("a").await;
}

/// Waits until the owner lets somebody in: it notices the end of a connection a moment after it.
async fn until_reachable(place: &Place) {
    let reachable = async {
        while place.backend.status(&session("a")).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(DEADLINE, reachable).await;
    reached.expect("a place is free again");
}

/// proves O7
#[tokio::test]
async fn a_client_that_says_nothing_is_refused_in_time_and_holds_up_nobody() {
    let place = started().await;
    let mut silent = Raw::connect(&place, "a");
    let mut slow = Raw::connect(&place, "a");
    slow.send(&header(Kind::Hello, 100)[..3]);
    assert_runs(&place).await;
    let refusals = tokio::task::spawn_blocking(move || (silent.refusal(), slow.refusal()));
    let limit_ms = 5000;
    let (silent, slow) = refusals.await.unwrap();
    assert_eq!(silent, Refused::TooSlow { limit_ms });
    assert_eq!(slow, Refused::TooSlow { limit_ms });
    place.clear("a").await;
}

/// proves O7
#[tokio::test]
async fn no_garbage_ends_the_session() {
    let place = started().await;
    let garbage = prop::collection::vec(any::<u8>(), 0..300);
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&(garbage, any::<bool>()), |(bytes, welcomed)| {
            let mut raw = if welcomed {
                Raw::welcomed(&place, "a")
            } else {
                Raw::connect(&place, "a")
            };
            let _ = raw.stream.write_all(&bytes);
            let _ = raw.stream.shutdown(Shutdown::Write);
            while raw.frame().is_some() {}
            Ok(())
        })
        .unwrap();
    assert_runs(&place).await;
    place.clear("a").await;
}
