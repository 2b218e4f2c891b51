//! A connection that is lost: at the very end of a session, and when nobody recorded an end.

use abide_core::{
    backend::{
        AttachMode, Attachment, BackendError, CaptureFormat, CaptureRequest, Ended, ExitOutcome,
        OutputEvent, TerminalBackend as _,
    },
    replay::Offset,
    size::TermSize,
};
use abide_screen::{ScreenLimits, ScreenModel};

use crate::{
    child::kill_owner,
    place::{DEADLINE, Place, session},
};

/// What somebody saw who looked only afterwards.
struct Seen {
    screen: ScreenModel,
    /// The position that this stands for.
    at: Offset,
    skipped: u64,
    end: Result<Ended, BackendError>,
}

/// Reads to the end of it, or of the connection.
async fn rest(attachment: &mut Attachment) -> Seen {
    let mut seen = Seen {
        screen: ScreenModel::new(TermSize::DEFAULT, ScreenLimits::default()),
        at: Offset::START,
        skipped: 0,
        end: Err(BackendError::Ended {
            session: session("a"),
        }),
    };
    let read = async {
        loop {
            match attachment.output.next().await {
                Ok(Some(OutputEvent::Snapshot { offset, data, .. })) => {
                    seen.screen.feed(&data);
                    seen.at = offset;
                }
                Ok(Some(OutputEvent::Output { offset, data })) => {
                    assert_eq!(offset, seen.at, "a gap that nobody told of");
                    seen.screen.feed(&data);
                    seen.at = offset.advanced(data.len());
                }
                Ok(Some(OutputEvent::Lagged { skipped })) => seen.skipped += skipped,
                Ok(Some(OutputEvent::Ended(ended))) => seen.end = Ok(ended),
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(err) => {
                    seen.end = Err(err);
                    return;
                }
            }
        }
    };
    let done = tokio::time::timeout(DEADLINE, read).await;
    assert!(done.is_ok(), "nothing came any more after {}", seen.at);
    seen
}

async fn until_owner_is_gone(place: &Place, id: &str) {
    let pid = place.owner_pid(id);
    let wait = move || abide_testkit::sys::wait_until_gone(pid, DEADLINE);
    let gone = tokio::task::spawn_blocking(wait).await.unwrap();
    assert!(gone, "the owner waits for a client that takes nothing");
}

async fn go(place: &Place, id: &str) {
    let sent = place.backend.send(&session(id), "go\n".into()).await;
    sent.unwrap();
}

/// proves O12, O14, O15
#[tokio::test]
async fn who_took_nothing_at_the_end_is_told_what_it_missed_and_then_how_it_ended() {
    let place = Place::new();
    let script = "read go; seq 1 400000; echo the last line; exit 7";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    go(&place, "a").await;
    until_owner_is_gone(&place, "a").await;
    let mut seen = rest(&mut attachment).await;
    let ended = seen.end.expect("the end is recorded");
    assert_eq!(ended.outcome, ExitOutcome::Exited { code: 7 });
    assert_eq!(seen.at, ended.offset);
    assert!(0 < seen.skipped, "the test is of one that lagged");
    let wanted = CaptureRequest {
        format: CaptureFormat::Text,
        history_lines: 0,
    };
    let shown = place.backend.capture(&session("a"), wanted).await.unwrap();
    let shown = String::from_utf8_lossy(&shown.content).into_owned();
    assert_eq!(
        seen.screen.text(0).join("\n").trim_end(),
        shown.trim_end(),
        "the final screen"
    );
    assert!(attachment.output.next().await.unwrap().is_none());
    place.clear("a").await;
    place.env.finish();
}

/// proves O12, O14
#[tokio::test]
async fn a_connection_that_is_lost_without_a_recorded_end_is_no_end() {
    let place = Place::new();
    place.env.tolerate_stale_sockets();
    let script = "read go; seq 1 400000; read stay";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    go(&place, "a").await;
    kill_owner(&place, "a").await;
    let seen = rest(&mut attachment).await;
    let err = seen.end.expect_err("nobody recorded an end");
    assert!(matches!(err, BackendError::Failed { .. }), "{err:?}");
    place.clear("a").await;
    place.env.finish();
}

/// proves O14
#[tokio::test]
async fn the_end_of_a_later_start_is_not_the_end_of_the_one_that_was_watched() {
    let place = Place::new();
    place.env.tolerate_stale_sockets();
    let spec = place.script("a", "read go; exit 3");
    let first = place.backend.ensure(&spec).await.unwrap();
    let mut attachment = place.attach("a", AttachMode::View).await;
    kill_owner(&place, "a").await;
    let mut later = spec.clone();
    later.replaces = Some(first.generation);
    assert!(place.backend.ensure(&later).await.unwrap().started);
    go(&place, "a").await;
    until_owner_is_gone(&place, "a").await;
    let seen = rest(&mut attachment).await;
    assert!(seen.end.is_err(), "another's end was told: {:?}", seen.end);
    place.clear("a").await;
    place.env.finish();
}
