//! A final screen that a crash of the machine cut, emptied or lost: made by hand.

use super::*;

const SCRIPT: &str = "seq 300; echo some words; read x; exit 3";

/// A session that has ended with a journal left, as a crash just after the end leaves it.
async fn crashed() -> Place {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", SCRIPT))
        .await
        .unwrap();
    until_held(&place, "a", "some words").await;
    let kept = segments(&place, "a");
    let pid = place.owner_pid("a");
    let sent = place.backend.send(&session("a"), "go\n".into()).await;
    sent.unwrap();
    let wait = move || abide_testkit::sys::wait_until_gone(pid, DEADLINE);
    assert!(tokio::task::spawn_blocking(wait).await.unwrap());
    assert!(!journal(&place, "a").exists(), "it goes with the record");
    std::fs::create_dir(journal(&place, "a")).unwrap();
    for (path, bytes) in kept {
        std::fs::write(path, bytes).unwrap();
    }
    place
}

async fn text(place: &Place) -> String {
    let shown = capture(place, "a", CaptureFormat::Text).await.unwrap();
    String::from_utf8(shown.content.to_vec()).unwrap()
}

/// Returns all events of an attachment, with the outcome that is told last.
async fn events(place: &Place) -> Vec<OutputEvent> {
    let mut attachment = place.attach("a", AttachMode::View).await;
    let mut events = Vec::new();
    while let Some(event) = attachment.output.next().await.unwrap() {
        events.push(event);
    }
    events
}

/// proves O15, O20
#[tokio::test]
async fn a_final_screen_that_is_not_the_recorded_one_gives_way_to_the_journal() {
    let place = crashed().await;
    let path = place.session_dir("a").join("final.screen");
    let whole = std::fs::read(&path).unwrap();
    let shown = text(&place).await;
    assert!(shown.contains("\n300\nsome words"), "{shown}");
    let mut other = whole.clone();
    other[10..].fill(b'0');
    for damaged in [
        Some(&whole[..whole.len() / 2]),
        Some(&[]),
        Some(&other),
        None,
    ] {
        match damaged {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let shown = text(&place).await;
        assert!(shown.contains("\n300\nsome words"), "{shown}");
        let told = events(&place).await;
        let [
            OutputEvent::Lagged { skipped },
            OutputEvent::Snapshot { offset, .. },
            OutputEvent::Ended(ended),
        ] = &told[..]
        else {
            panic!("{told:?}");
        };
        assert_eq!(ended.outcome, ExitOutcome::Exited { code: 3 });
        assert_eq!(ended.offset.since(*offset), *skipped, "the echo is missing");
    }
    place.clear("a").await;
}

/// proves O15
#[tokio::test]
async fn a_damaged_final_screen_without_a_journal_is_not_shown_and_the_end_is_known() {
    let place = crashed().await;
    std::fs::remove_dir_all(journal(&place, "a")).unwrap();
    let path = place.session_dir("a").join("final.screen");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(text(&place).await.trim(), "");
    let told = events(&place).await;
    assert!(matches!(
        told.last(),
        Some(OutputEvent::Ended(ended)) if ended.outcome == ExitOutcome::Exited { code: 3 }
    ));
    place.clear("a").await;
}

/// proves O15
#[tokio::test]
async fn a_record_of_an_earlier_release_takes_the_screen_that_is_there() {
    let place = crashed().await;
    let path = place.session_dir("a").join("exit.json");
    let text_of = std::fs::read_to_string(&path).unwrap();
    let mut exit: serde_json::Value = serde_json::from_str(&text_of).unwrap();
    let mark = exit.as_object_mut().unwrap().remove("screen");
    assert!(mark.is_some(), "{text_of}");
    std::fs::write(&path, exit.to_string()).unwrap();
    let screen = place.session_dir("a").join("final.screen");
    std::fs::write(&screen, "by hand").unwrap();
    assert_eq!(text(&place).await.trim(), "by hand");
    place.clear("a").await;
}

/// proves O15, O18, O20
#[tokio::test]
async fn a_session_that_keeps_more_than_usual_still_has_it_when_it_is_over() {
    let place = Place::new();
    place.env.tolerate_stale_sockets();
    let lines = "for i in $(seq 5000); do printf '%04d%0900d\\n' $i $i; done; echo all; read x";
    for (id, is_killed) in [("a", true), ("b", false)] {
        let mut spec = place.script(id, lines);
        spec.history_bytes = 32 * MIB;
        spec.size = TermSize::clamped(24, 1000);
        place.backend.ensure(&spec).await.unwrap();
        until_held(&place, id, "\nall").await;
        let live = capture(&place, id, CaptureFormat::Text).await.unwrap();
        let live = String::from_utf8(live.content.to_vec()).unwrap();
        assert!(live.contains("0100000"), "the test keeps too little itself");
        if is_killed {
            kill_owner(&place, id).await;
        } else {
            let grace = Duration::from_millis(200);
            let stopped = place.backend.stop(&session(id), None, grace).await;
            stopped.unwrap();
        }
        let shown = capture(&place, id, CaptureFormat::Text).await.unwrap();
        let shown = String::from_utf8(shown.content.to_vec()).unwrap();
        assert_eq!(
            shown.lines().count(),
            live.lines().count(),
            "killed: {is_killed}"
        );
        place.clear(id).await;
    }
}
