//! Ends that no relay saw.

use abide_core::backend::{
    CaptureFormat, CaptureRequest, Ended, ExitOutcome, LostReason, SessionState,
    TerminalBackend as _,
};
use rustix::process::Signal;

use super::{is_gone, signal, until};
use crate::place::{Place, session};

/// Waits for a file, then says something and ends.
const WAITS: &str = "while [ ! -e go ]; do sleep 0.01; done; echo last words; exit 7";

async fn ended(place: &Place) -> Ended {
    match place.backend.status(&session("a")).await.unwrap().state {
        SessionState::Ended(ended) => ended,
        other => panic!("it has not ended: {other:?}"),
    }
}

/// proves R3
#[tokio::test]
async fn an_end_that_no_relay_saw_is_recorded_with_its_code_and_screen() {
    let place = Place::of_relays();
    let spec = place.script("a", WAITS);
    let started = place.backend.ensure(&spec).await.unwrap();
    let child = place.running("a").await.pid;
    let holder = place.holder_of(child);
    place.kill_relay("a").await;
    std::fs::write(place.env.work_dir().join("go"), "").unwrap();
    until("the child's end", || is_gone(child)).await;
    assert!(!is_gone(holder), "the end is still to be seen");

    assert_eq!(ended(&place).await.outcome, ExitOutcome::Exited { code: 7 });
    until("the holder's end", || is_gone(holder)).await;
    let request = CaptureRequest {
        format: CaptureFormat::Text,
        history_lines: 0,
    };
    let captured = place.backend.capture(&session("a"), request).await.unwrap();
    assert!(String::from_utf8_lossy(&captured.content).contains("last words"));
    // Recorded: the same again, now that nobody else knows.
    assert_eq!(ended(&place).await.outcome, ExitOutcome::Exited { code: 7 });

    let again = place.backend.ensure(&spec).await.unwrap();
    assert_eq!(
        (again.generation, again.started),
        (started.generation, false)
    );
    let mut next = spec.clone();
    next.replaces = Some(started.generation);
    let next = place.backend.ensure(&next).await.unwrap();
    assert!(next.started);
    assert_ne!(next.generation, started.generation);
    place.clear("a").await;
}

/// proves R3
#[tokio::test]
async fn a_terminal_that_is_gone_without_a_trace_is_recorded_as_lost() {
    let place = Place::of_relays();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let child = place.running("a").await.pid;
    let holder = place.holder_of(child);
    place.kill_relay("a").await;
    // The holder waits for somebody to see how the child ended; without it the child would hang up.
    signal(child, Signal::KILL);
    signal(holder, Signal::KILL);
    until("the child's end", || is_gone(child) && is_gone(holder)).await;
    let lost = ExitOutcome::Lost {
        reason: LostReason::HolderDied,
    };
    assert_eq!(ended(&place).await.outcome, lost);
    assert!(place.session_dir("a").join("exit.json").exists());
    place.backend.remove(&session("a"), None).await.unwrap();
    assert!(!place.session_dir("a").exists());
}

/// proves R3
#[tokio::test]
async fn an_end_that_was_never_seen_is_followed_by_the_start_that_names_it() {
    let place = Place::of_relays();
    let spec = place.script("a", WAITS);
    let started = place.backend.ensure(&spec).await.unwrap();
    let child = place.running("a").await.pid;
    place.kill_relay("a").await;
    std::fs::write(place.env.work_dir().join("go"), "").unwrap();
    until("the child's end", || is_gone(child)).await;
    std::fs::remove_file(place.env.work_dir().join("go")).unwrap();
    let mut next = spec.clone();
    next.replaces = Some(started.generation);
    let next = place.backend.ensure(&next).await.unwrap();
    assert!(next.started);
    assert_ne!(next.generation, started.generation);
    place.until_held(1).await;
    place.clear("a").await;
}
