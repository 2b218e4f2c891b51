//! How much a journal is, for whom, and until when.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use super::*;

/// proves O20
#[tokio::test]
async fn the_journal_is_bounded_whatever_is_printed() {
    const HISTORY_BYTES: u64 = MIB;
    /// What is unparsed, and a snapshot of 10,000 short lines.
    const CHECKPOINT_BYTES: u64 = 2 * MIB;
    let place = Place::new();
    let mut flood = place.spec("a", "testkit-flood", &["6250000", "--now", "--stay"]);
    flood.history_bytes = HISTORY_BYTES;
    place.backend.ensure(&flood).await.unwrap();
    let total = 100_000_000;
    let begin = SystemClock.now();
    let mut largest = 0;
    while offset(&place, "a").await < Offset::new(total) {
        largest = largest.max(size_of_dir(&journal(&place, "a")));
        let waited = SystemClock.now().since(begin);
        assert!(waited < 3 * DEADLINE, "the flood is slow");
    }
    until_held(&place, "a", "flood done").await;
    largest = largest.max(size_of_dir(&journal(&place, "a")));
    let bound = HISTORY_BYTES.max(CHECKPOINT_BYTES) + 2 * CHECKPOINT_BYTES;
    assert!(0 < largest && largest <= bound, "{largest} bytes");
    place.clear("a").await;
}

/// proves O20
#[tokio::test]
async fn a_segment_that_is_full_gives_way_to_the_next() {
    const ROUNDS: u64 = 15;
    let place = Place::new();
    let script = "while read n; do head -c 600000 /dev/zero | tr '\\0' x; echo; echo end $n.; done";
    let mut spec = place.script("a", script);
    // Half of it keeps the output until it is written: what is printed at once.
    spec.history_bytes = 2 * MIB;
    place.backend.ensure(&spec).await.unwrap();
    let id = session("a");
    let mut largest = 0;
    for round in 0..ROUNDS {
        let line = format!("{round}\n");
        place.backend.send(&id, line.into()).await.unwrap();
        until_held(&place, "a", &format!("end {round}.")).await;
        largest = largest.max(size_of_dir(&journal(&place, "a")));
    }
    let printed = offset(&place, "a").await.get();
    assert!(ROUNDS * 600_000 <= printed, "{printed} bytes were printed");
    // What is appended, and a checkpoint of ten thousand lines of 80 characters, twice at most.
    assert!(2 * MIB < largest && largest < 5 * MIB, "{largest} bytes");
    kill_owner(&place, "a").await;
    place.env.tolerate_stale_sockets();
    let shown = capture(&place, "a", CaptureFormat::Text).await.unwrap();
    assert_eq!(shown.offset.get(), printed);
    place.clear("a").await;
}

fn size_of_dir(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.metadata().map_or(0, |meta| meta.len()))
        .sum()
}

/// proves O20
#[tokio::test]
async fn the_journal_is_private() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "echo some text; read x"))
        .await
        .unwrap();
    until_held(&place, "a", "some text").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&journal(&place, "a")), 0o700);
    for (path, _) in segments(&place, "a") {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    place.clear("a").await;
}

/// proves O20
#[tokio::test]
async fn a_session_without_a_journal_leaves_nothing_of_its_output() {
    let place = Place::new();
    let script = "echo some text; read x";
    let mut spec = place.script("a", script);
    spec.journal = false;
    place.backend.ensure(&spec).await.unwrap();
    let mut viewer = place.attach("a", AttachMode::View).await;
    read_text(&mut viewer, "some text").await;
    // By the time that the journal of a later session is written, that of the first would be.
    place
        .backend
        .ensure(&place.script("b", script))
        .await
        .unwrap();
    until_held(&place, "b", "some text").await;
    assert!(!journal(&place, "a").exists());
    kill_owner(&place, "a").await;
    place.env.tolerate_stale_sockets();
    let shown = capture(&place, "a", CaptureFormat::Text).await.unwrap();
    assert_eq!(shown.content.trim_ascii(), b"");
    place.clear("a").await;
    place.clear("b").await;
}

/// proves O20
#[tokio::test]
async fn an_end_that_is_recorded_takes_the_journal_away() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "echo some text; read x"))
        .await
        .unwrap();
    until_held(&place, "a", "some text").await;
    let control = place.attach("a", AttachMode::Control).await;
    control.input.write("go\n".into()).await.unwrap();
    let exit = place.session_dir("a").join("exit.json");
    until("the end", || {
        exit.exists() && !journal(&place, "a").exists()
    })
    .await;
    let shown = capture(&place, "a", CaptureFormat::Text).await.unwrap();
    assert!(shown.content.starts_with(b"some text\n"), "{shown:?}");
    place.clear("a").await;
}

/// proves O20
#[tokio::test]
async fn a_start_leaves_and_shows_nothing_of_the_journal_before_it() {
    let place = Place::new();
    let first = place.script("a", "echo former words; read x");
    let former = place.backend.ensure(&first).await.unwrap().generation;
    until_held(&place, "a", "former words").await;
    kill_owner(&place, "a").await;
    place.env.tolerate_stale_sockets();
    let (_, old) = segments(&place, "a").remove(0);

    let mut second = place.script("a", "read x; echo later words; read x");
    second.replaces = Some(former);
    assert!(place.backend.ensure(&second).await.unwrap().started);
    assert!(!journal(&place, "a").exists());
    let control = place.attach("a", AttachMode::Control).await;
    control.input.write("go\n".into()).await.unwrap();
    until_held(&place, "a", "later words").await;
    drop(control);
    kill_owner(&place, "a").await;
    // Even one that came back, newer than all by its name, is not this start's.
    std::fs::write(journal(&place, "a").join("ffffffffffffffff.segment"), old).unwrap();
    let shown = capture(&place, "a", CaptureFormat::Text).await.unwrap();
    let text = String::from_utf8_lossy(&shown.content);
    assert!(
        text.contains("later words") && !text.contains("former"),
        "{text}"
    );
    place.clear("a").await;
}
