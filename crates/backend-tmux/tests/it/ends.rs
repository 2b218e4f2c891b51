//! How a session ends, who knows, and what survives a relay and a server.

use abide_core::backend::{
    CaptureFormat, CaptureRequest, ExitOutcome, LostReason, SessionState, TerminalBackend as _,
};
use abide_testkit::{conformance::eventually, sys};

use crate::place::{Place, gone, named};

/// proves T7
#[tokio::test]
async fn a_session_outlives_its_relay_and_is_joined_by_the_next_caller() {
    let place = Place::new();
    let first = place.start("one", "testkit-echo", &[]).await;
    place.showing("one", "ready").await;
    place
        .backend
        .send(&named("one"), "before\r".into())
        .await
        .unwrap();
    place.showing("one", "got before").await;
    let pid = place.running("one").await.pid;
    place.kill_relay("one").await;
    assert!(sys::process_is_alive(pid));

    let screen = place.showing("one", "got before").await;
    assert!(screen.starts_with("ready"), "{screen}");
    let running = place.running("one").await;
    assert_eq!(running.pid, pid);
    let again = place
        .backend
        .ensure(&place.spec("one", "testkit-echo", &[]))
        .await
        .unwrap();
    assert_eq!((again.generation, again.started), (first.generation, false));
    place
        .backend
        .send(&named("one"), "after\r".into())
        .await
        .unwrap();
    place.showing("one", "got after").await;
    place.clear("one").await;
    assert!(!sys::process_is_alive(pid));
    place.finish();
}

/// proves T7
#[tokio::test]
async fn an_end_without_a_relay_is_found_with_its_code_and_screen() {
    let place = Place::new();
    place.start("one", "testkit-echo", &[]).await;
    place.showing("one", "ready").await;
    place.kill_relay("one").await;
    let pane = place.tmux_said(&["list-panes", "-a", "-F", "#{pane_id}"]);
    place.tmux_said(&["send-keys", "-t", &pane, "exit 42", "Enter"]);
    eventually("the pane to be dead", async || {
        let dead = place.tmux_said(&["list-panes", "-a", "-F", "#{pane_dead}"]);
        (dead == "1").then_some(()).ok_or(dead)
    })
    .await;
    let SessionState::Ended(ended) = place.state("one").await else {
        panic!("it has ended");
    };
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 42 });
    let screen = place.showing("one", "exit 42").await;
    assert!(!screen.contains("Pane is dead"), "{screen}");
    place.clear("one").await;
    place.finish();
}

/// proves T7
#[tokio::test]
async fn every_last_byte_is_kept_of_a_program_that_prints_and_ends() {
    let place = Place::new();
    for run in 0..5 {
        let id = format!("run-{run}");
        place.start(&id, "testkit-flood", &["5000", "--now"]).await;
        let ended = place.ended(&id).await;
        assert_eq!(ended.outcome, ExitOutcome::Exited { code: 0 });
        let request = CaptureRequest {
            format: CaptureFormat::Text,
            history_lines: 0,
        };
        let capture = place.backend.capture(&named(&id), request).await.unwrap();
        let screen = String::from_utf8_lossy(&capture.content).into_owned();
        assert!(screen.contains("flood done"), "{screen}");
        place.clear(&id).await;
    }
    place.finish();
}

/// proves T7
#[tokio::test]
async fn the_death_of_the_server_is_a_lost_host_and_no_exit() {
    let place = Place::new();
    for id in ["held", "unheld"] {
        place.start(id, "testkit-echo", &[]).await;
        place.showing(id, "ready").await;
    }
    place.kill_relay("unheld").await;
    let server: u32 = place
        .tmux_said(&["display-message", "-p", "#{pid}"])
        .parse()
        .unwrap();
    sys::kill(server).unwrap();
    gone(server).await;
    let lost = ExitOutcome::Lost {
        reason: LostReason::HostLost,
    };
    for id in ["held", "unheld"] {
        let ended = place.ended(id).await;
        assert_eq!(ended.outcome, lost, "{id}");
        place.clear(id).await;
    }
    place.finish();
}

/// Somebody's `kill-session` hangs up on the child, and that is how it ended.
#[tokio::test]
async fn a_session_that_somebody_killed_in_tmux_ended_by_a_hang_up() {
    let place = Place::new();
    place.start("other", "testkit-echo", &[]).await;
    place.start("one", "testkit-echo", &[]).await;
    place.showing("one", "ready").await;
    place.tmux_said(&["kill-session", "-t", "=abide-one"]);
    let ended = place.ended("one").await;
    assert_eq!(ended.outcome, ExitOutcome::Signaled { signal: 1 });
    place.running("other").await;
    for id in ["one", "other"] {
        place.clear(id).await;
    }
    place.finish();
}
