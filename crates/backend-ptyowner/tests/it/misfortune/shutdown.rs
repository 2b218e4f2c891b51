//! A logout, a shutdown, and signals that are meant for somebody else.

use abide_core::{
    backend::{
        AttachMode, CaptureFormat, CaptureRequest, EndCause, Ended, ExitOutcome, OutputEvent,
        SessionState, TerminalBackend as _,
    },
    limits::STOP_GRACE,
};
use rustix::process::Signal;

use super::{signal, until_gone};
use crate::place::{Place, read_text, session};

async fn ended(place: &Place) -> Ended {
    match place.backend.status(&session("a")).await.unwrap().state {
        SessionState::Ended(ended) => ended,
        other => panic!("it goes on: {other:?}"),
    }
}

/// proves O15, E4
#[tokio::test]
async fn an_owner_that_the_system_tells_to_end_asks_its_child_and_records_how_it_ended() {
    let place = Place::new();
    let script =
        "trap '' HUP; trap 'echo saved; exit 3' TERM; echo ready; while :; do read x || :; done";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let (owner, socket) = (
        place.owner_pid("a"),
        place.owner_file("a")["endpoint"].clone(),
    );
    let mut attached = place.attach("a", AttachMode::View).await;
    read_text(&mut attached, "ready").await;
    signal(owner, Signal::TERM);
    let mut told = None;
    while let Some(event) = attached.output.next().await.unwrap() {
        if let OutputEvent::Ended(ended) = event {
            told = Some(ended.outcome);
        }
    }
    assert_eq!(told, Some(ExitOutcome::Exited { code: 3 }));
    until_gone(owner).await;
    let ended = ended(&place).await;
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 3 });
    assert_eq!(ended.cause, Some(EndCause::Shutdown));
    assert!(!std::path::Path::new(socket.as_str().unwrap()).exists());
    let wanted = CaptureRequest {
        format: CaptureFormat::Text,
        history_lines: 0,
    };
    let screen = place.backend.capture(&session("a"), wanted).await.unwrap();
    assert!(String::from_utf8_lossy(&screen.content).contains("saved"));
    place.clear("a").await;
}

/// A logout tells everybody at once: the child may be gone before the owner listens.
///
/// proves O15, E4
#[tokio::test]
async fn a_child_that_is_told_at_the_same_time_ends_for_the_same_reason() {
    for round in 0..10 {
        let place = Place::new();
        place
            .backend
            .ensure(&place.script("a", "exec sleep 100"))
            .await
            .unwrap();
        let owner = place.owner_pid("a");
        let child = place.owner_file("a")["child_pid"].as_u64().unwrap();
        // In one go for the owner, which is held meanwhile.
        signal(owner, Signal::STOP);
        signal(owner, Signal::TERM);
        signal(u32::try_from(child).unwrap(), Signal::TERM);
        signal(owner, Signal::CONT);
        until_gone(owner).await;
        let ended = ended(&place).await;
        let signal = 15;
        assert_eq!(ended.outcome, ExitOutcome::Signaled { signal }, "{round}");
        assert_eq!(ended.cause, Some(EndCause::Shutdown), "{round}");
        place.clear("a").await;
    }
}

/// proves O16, E4
#[tokio::test]
async fn what_does_not_listen_to_a_shutdown_is_killed_with_its_tree_after_the_grace() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-tree", &[]))
        .await
        .unwrap();
    let mut attached = place.attach("a", AttachMode::View).await;
    let seen = read_text(&mut attached, "tree ready").await;
    let owner = place.owner_pid("a");
    let begin = std::fs::metadata(place.session_dir("a").join("owner.json")).unwrap();
    signal(owner, Signal::TERM);
    until_gone(owner).await;
    let end = std::fs::metadata(place.session_dir("a").join("exit.json")).unwrap();
    let took = end
        .modified()
        .unwrap()
        .duration_since(begin.modified().unwrap())
        .unwrap();
    assert!(took < 2 * STOP_GRACE + super::DEADLINE, "{took:?}");
    for line in seen.lines().filter(|line| line.starts_with("tree ")) {
        let Some(Ok(pid)) = line.split_whitespace().nth(2).map(str::parse) else {
            continue;
        };
        assert!(
            !abide_testkit::sys::process_is_alive(pid),
            "left alive: {line}"
        );
    }
    place.clear("a").await;
}

/// proves E4
#[tokio::test]
async fn no_other_signal_that_can_be_ignored_ends_the_owner_and_the_child_has_its_own() {
    let place = Place::new();
    let script = "trap 'echo heard' INT; echo ready; while :; do read x || :; done";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut attached = place.attach("a", AttachMode::Control).await;
    read_text(&mut attached, "ready").await;
    let owner = place.owner_pid("a");
    for sent in [
        Signal::HUP,
        Signal::INT,
        Signal::PIPE,
        Signal::USR1,
        Signal::USR2,
    ] {
        signal(owner, sent);
    }
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
    attached.input.write("\x03".into()).await.unwrap();
    read_text(&mut attached, "heard").await;
    place.clear("a").await;
}
