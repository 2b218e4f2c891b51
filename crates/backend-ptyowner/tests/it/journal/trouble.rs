//! Journals that cannot be written, or not be read.

use abide_testkit::gate::ProcessGate;

use super::*;

async fn problem(place: &Place, id: &str) -> Option<String> {
    running(place, id).await.problem
}

/// proves O20
#[tokio::test]
async fn a_journal_of_a_newer_release_is_refused_by_name_and_left_alone() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "echo some text; read x"))
        .await
        .unwrap();
    until_held(&place, "a", "some text").await;
    kill_owner(&place, "a").await;
    place.env.tolerate_stale_sockets();
    let (path, mut bytes) = segments(&place, "a").remove(0);
    bytes[8..12].copy_from_slice(&99_u32.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();

    let attached = place
        .backend
        .attach(&session("a"), request(AttachMode::View))
        .await;
    let errors = [
        attached.map(drop).unwrap_err(),
        capture(&place, "a", CaptureFormat::Text).await.unwrap_err(),
    ];
    for err in errors {
        assert_eq!(err.kind(), ErrorKind::Refused);
        let text = err.to_string();
        assert!(text.contains(".segment") && text.contains("99"), "{text}");
    }
    assert!(place.backend.status(&session("a")).await.is_ok());
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    place.clear("a").await;
}

/// proves O20
#[tokio::test]
async fn a_journal_that_cannot_be_made_is_made_as_soon_as_it_can() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "read x; echo some text; read x"))
        .await
        .unwrap();
    std::fs::write(journal(&place, "a"), "in the way").unwrap();
    let mut control = place.attach("a", AttachMode::Control).await;
    control.input.write("go\n".into()).await.unwrap();
    read_text(&mut control, "some text").await;
    let log = place.session_dir("a").join("log");
    let complains = || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.contains("the journal cannot be written")
    };
    until("the complaint", complains).await;
    let told = problem(&place, "a").await.unwrap();
    assert!(told.contains("history cannot be kept on disk"), "{told}");
    std::fs::remove_file(journal(&place, "a")).unwrap();
    until_held(&place, "a", "some text").await;
    let begin = SystemClock.now();
    while problem(&place, "a").await.is_some() {
        assert!(
            SystemClock.now().since(begin) < DEADLINE,
            "it is still a problem"
        );
    }
    place.clear("a").await;
}

/// A file that may not grow is to a writer what a full disk is, and this one can be had anywhere.
///
/// proves O20
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_costs_the_journal_and_neither_the_session_nor_its_pace() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let place = Place::new();
    let flood = place.spec("a", "testkit-flood", &["300000", "--stay"]);
    place.backend.ensure(&flood).await.unwrap();
    until_held(&place, "a", "ready").await;
    let pid = Pid::from_raw(i32::try_from(place.owner_pid("a")).unwrap()).unwrap();
    let limit = |current| {
        let limit = Rlimit {
            current,
            maximum: None,
        };
        prlimit(Some(pid), Resource::Fsize, limit).unwrap();
    };
    limit(Some(4096));
    let mut control = place.attach("a", AttachMode::Control).await;
    control.input.write("go\n".into()).await.unwrap();
    read_text(&mut control, "flood done").await;
    let log = place.session_dir("a").join("log");
    let complains = || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.contains("the journal cannot be written")
    };
    until("the complaint", complains).await;
    let names: Vec<_> = segments(&place, "a")
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(names.len(), 1, "what was whole is still there: {names:?}");
    assert_eq!(std::fs::read_dir(journal(&place, "a")).unwrap().count(), 1);

    limit(None);
    until_held(&place, "a", "flood done").await;
    drop(control);
    kill_owner(&place, "a").await;
    place.env.tolerate_stale_sockets();
    let shown = capture(&place, "a", CaptureFormat::Text).await.unwrap();
    let text = String::from_utf8_lossy(&shown.content);
    assert!(
        text.contains("flood 00300000\nflood done"),
        "{}",
        &text[text.len() - 200..]
    );
    place.clear("a").await;
}

/// proves O20
#[tokio::test]
async fn a_session_that_was_removed_by_hand_stays_removed() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "read x; echo some text; read x"))
        .await
        .unwrap();
    let mut control = place.attach("a", AttachMode::Control).await;
    std::fs::remove_dir_all(place.session_dir("a")).unwrap();
    control.input.write("go\n".into()).await.unwrap();
    read_text(&mut control, "some text").await;
    place
        .backend
        .ensure(&place.script("b", "echo some text; read x"))
        .await
        .unwrap();
    until_held(&place, "b", "some text").await;
    assert!(!place.session_dir("a").exists());
    control.input.write("go\n".into()).await.unwrap();
    while control.output.next().await.unwrap().is_some() {}
    assert!(!place.session_dir("a").exists());
    place.clear("b").await;
}

/// A disk that does not answer holds up the journal's thread and nobody else.
///
/// proves O20
#[tokio::test]
async fn a_disk_that_hangs_delays_neither_the_child_nor_the_clients_nor_the_end() {
    let place = Place::new();
    let gate = ProcessGate::new(&place.env.probe_dir(), "journal.begin");
    let flood = place.spec("a", "testkit-flood", &["100000", "--stay"]);
    place.backend.ensure(&flood).await.unwrap();
    let gate = held(gate).await;
    let mut control = place.attach("a", AttachMode::Control).await;
    control.input.write("go\n".into()).await.unwrap();
    read_text(&mut control, "flood done").await;
    assert!(segments(&place, "a").is_empty());
    assert_eq!(problem(&place, "a").await, None);
    let begin = SystemClock.now();
    control.input.write("go\n".into()).await.unwrap();
    let exit = place.session_dir("a").join("exit.json");
    until("the end", || exit.exists()).await;
    place.clear("a").await;
    let took = SystemClock.now().since(begin);
    assert!(took < Duration::from_secs(5), "{took:?}");
    drop(gate);
}

/// proves O20
#[tokio::test]
async fn killed_while_a_segment_takes_the_place_of_another_an_owner_leaves_one_of_them() {
    for (point, shown) in [
        ("journal.begin", "former words"),
        ("journal.whole", "former words"),
        ("journal.replaced", "former words\n\nlater words"),
    ] {
        let place = Place::new();
        let mut spec = place.script("a", "echo former words; read x; echo later words; read x");
        // Nothing to append: each flush begins a segment.
        spec.history_bytes = 0;
        place.backend.ensure(&spec).await.unwrap();
        until_held(&place, "a", "former words").await;
        let gate = ProcessGate::new(&place.env.probe_dir(), point);
        let id = session("a");
        place.backend.send(&id, "\n".into()).await.unwrap();
        let mut gate = held(gate).await;
        while point == "journal.replaced" && !holds(&place, "a", "later words") {
            // It was just done with the former one.
            gate.release();
            gate = held(gate).await;
        }
        kill_owner(&place, "a").await;
        place.env.tolerate_stale_sockets();
        drop(gate);
        let capture = capture(&place, "a", CaptureFormat::Text).await.unwrap();
        let text = String::from_utf8_lossy(&capture.content);
        assert_eq!(text.trim_end(), shown, "{point}");
        place.clear("a").await;
    }
}

async fn held(gate: ProcessGate) -> ProcessGate {
    let waiting = tokio::task::spawn_blocking(move || {
        let _owner = gate.wait_reached(DEADLINE);
        gate
    });
    waiting.await.unwrap()
}
