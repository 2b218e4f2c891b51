//! A wall clock that jumps: times are told by it, and nothing is timed by it.

use std::time::Duration;

use abide_backend_ptyowner::wire::{codec, frame::Kind};
use abide_core::{
    backend::{AttachMode, SessionState, TerminalBackend as _},
    clock::{Clock as _, SystemClock},
};

use crate::{
    place::{Place, read_text, session},
    raw::{Raw, hello},
};

/// A year, in milliseconds.
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;

fn jump(place: &Place, ahead_ms: i64) {
    std::fs::write(place.env.probe_dir().join("clock"), ahead_ms.to_string()).unwrap();
}

/// proves O16
#[tokio::test]
async fn a_clock_that_jumps_shortens_and_lengthens_no_deadline_and_nothing_ends_before_it_starts() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-deaf", &[]))
        .await
        .unwrap();
    let mut attached = place.attach("a", AttachMode::Control).await;
    read_text(&mut attached, "deaf").await;

    let mut greeting = Raw::connect(&place, "a");
    jump(&place, YEAR_MS);
    greeting.send(&codec::encode(Kind::Hello, &hello("a")));
    assert_eq!(
        greeting.frame().unwrap().kind,
        Kind::Challenge,
        "a year is not five seconds"
    );
    attached
        .input
        .write("printed a year later\n".into())
        .await
        .unwrap();
    read_text(&mut attached, "printed a year later").await;
    let SessionState::Running(running) = place.backend.status(&session("a")).await.unwrap().state
    else {
        panic!("it ended");
    };
    let idle = running.last_output_at.unwrap().since(running.started_at);
    assert!(
        Duration::from_secs(1) < idle,
        "the clock did not jump: {idle:?}"
    );

    jump(&place, -YEAR_MS);
    let begin = SystemClock.now();
    let grace = Duration::from_millis(100);
    let report = place
        .backend
        .stop(&session("a"), None, grace)
        .await
        .unwrap();
    let took = SystemClock.now().since(begin);
    assert!(grace <= took && took < Duration::from_secs(8), "{took:?}");
    let ended = report.ended.unwrap();
    assert_eq!(ended.ended_at, Some(ended.started_at));
    place.clear("a").await;
}
