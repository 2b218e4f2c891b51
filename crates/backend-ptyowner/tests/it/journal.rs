//! What is left when an owner is killed, as a crash or a reboot would.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::{
    backend::{
        AttachMode, BackendError, Capture, CaptureFormat, CaptureRequest, ErrorKind, ExitOutcome,
        LostReason, OutputEvent, Running, SessionState, TerminalBackend as _,
    },
    clock::{Clock as _, SystemClock},
    replay::Offset,
    size::TermSize,
};

use crate::{
    child::kill_owner,
    place::{DEADLINE, Place, read_text, request, session},
};

const MIB: u64 = 1024 * 1024;

/// Longer than any session's scrollback.
const ALL_LINES: u32 = 20_000;

/// How much older than the kill an output is that must have survived. Far more than the 250 ms
/// promised, since the machine may be busy.
const MARGIN: Duration = Duration::from_secs(1);

fn journal(place: &Place, id: &str) -> PathBuf {
    place.session_dir(id).join("journal")
}

/// Returns the segments of a session with their bytes, in order.
fn segments(place: &Place, id: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(journal(place, id)).into_iter().flatten();
    let mut found: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "segment"))
        // One that was replaced meanwhile is no longer part of it.
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
        .collect();
    found.sort();
    found
}

fn holds(place: &Place, id: &str, text: &str) -> bool {
    segments(place, id).iter().any(|(_, bytes)| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let wait = async {
        while !reached() {
            tokio::task::yield_now().await;
        }
    };
    let done = tokio::time::timeout(DEADLINE, wait).await;
    assert!(done.is_ok(), "{what} did not come about");
}

async fn until_held(place: &Place, id: &str, text: &str) {
    let begin = SystemClock.now();
    while !holds(place, id, text) {
        let waited = SystemClock.now().since(begin);
        let log = std::fs::read_to_string(place.session_dir(id).join("log")).unwrap_or_default();
        let sizes: Vec<_> = segments(place, id)
            .into_iter()
            .map(|(path, bytes)| (path, bytes.len()))
            .collect();
        assert!(
            waited < DEADLINE,
            "`{text}` is not in the journal: {sizes:?}\n{log}"
        );
        tokio::task::yield_now().await;
    }
}

async fn capture(place: &Place, id: &str, format: CaptureFormat) -> Result<Capture, BackendError> {
    let wanted = CaptureRequest {
        format,
        history_lines: ALL_LINES,
    };
    place.backend.capture(&session(id), wanted).await
}

/// Returns what an attachment shows first.
async fn first_event(place: &Place, id: &str, from: Option<Offset>) -> OutputEvent {
    let mut wanted = request(AttachMode::View);
    wanted.from = from;
    let attached = place.backend.attach(&session(id), wanted).await;
    let mut attachment = attached.unwrap();
    attachment.output.next().await.unwrap().unwrap()
}

async fn running(place: &Place, id: &str) -> Running {
    match place.backend.status(&session(id)).await.unwrap().state {
        SessionState::Running(running) => running,
        other => panic!("`{id}` does not run: {other:?}"),
    }
}

async fn offset(place: &Place, id: &str) -> Offset {
    running(place, id).await.offset
}

async fn problem(place: &Place, id: &str) -> Option<String> {
    running(place, id).await.problem
}

/// Kills the owner once something was printed that is older than the margin; returns how much.
async fn kill_after_a_while(place: &Place, id: &str) -> Offset {
    let begin = SystemClock.now();
    let (mut before, mut at) = (Offset::START, begin);
    while SystemClock.now().since(begin) < 3 * MARGIN || SystemClock.now().since(at) < MARGIN {
        if SystemClock.now().since(at) < MARGIN {
            tokio::task::yield_now().await;
        } else {
            (before, at) = (offset(place, id).await, SystemClock.now());
        }
    }
    kill_owner(place, id).await;
    place.env.tolerate_stale_sockets();
    before
}

/// proves O20
#[tokio::test]
async fn what_a_killed_owner_showed_is_shown_when_it_is_gone() {
    let place = Place::new();
    let script = "printf '\\033]2;a title\\007\\033[31mred\\033[0m\\n'; seq 300; read x; \
                  printf '\\033[5;7Hhere\\033[?25l\\033[4'; read y";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut control = place.attach("a", AttachMode::Control).await;
    read_text(&mut control, "300").await;
    until_held(&place, "a", "300").await;
    control
        .input
        .resize(TermSize::clamped(30, 100))
        .await
        .unwrap();
    control.input.write("go\n".into()).await.unwrap();
    read_text(&mut control, "here").await;
    until_held(&place, "a", "here\x1b[?25l\x1b[4").await;
    drop(control);

    let formats = [CaptureFormat::Text, CaptureFormat::Ansi];
    let live = [
        capture(&place, "a", formats[0]).await.unwrap(),
        capture(&place, "a", formats[1]).await.unwrap(),
    ];
    let from = Offset::new(live[0].offset.get() - 10);
    let shown = [
        first_event(&place, "a", None).await,
        first_event(&place, "a", Some(from)).await,
    ];
    kill_owner(&place, "a").await;
    place.env.tolerate_stale_sockets();

    for (format, live) in formats.into_iter().zip(live) {
        assert_eq!(live.size, TermSize::clamped(30, 100));
        assert_eq!(live.title.as_deref(), Some("a title"));
        assert_eq!(capture(&place, "a", format).await.unwrap(), live);
    }
    assert!(matches!(shown[1], OutputEvent::Output { .. }), "{shown:?}");
    assert_eq!(first_event(&place, "a", None).await, shown[0]);
    assert_eq!(first_event(&place, "a", Some(from)).await, shown[1]);
    // As it is found after the machine was started again.
    let before = segments(&place, "a");
    let mut owner = place.owner_file("a");
    owner["boot_id"] = "another boot".into();
    std::fs::write(place.session_dir("a").join("owner.json"), owner.to_string()).unwrap();
    let status = place.backend.status(&session("a")).await.unwrap();
    let reason = LostReason::Rebooted;
    assert!(
        matches!(&status.state, SessionState::Ended(ended) if ended.outcome == ExitOutcome::Lost { reason }),
        "{status:?}"
    );
    assert_eq!(first_event(&place, "a", None).await, shown[0]);
    assert_eq!(segments(&place, "a"), before, "a reader wrote to it");
    place.clear("a").await;
}

/// proves O20
#[tokio::test]
async fn of_what_is_printed_slowly_all_but_the_last_moment_survives() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-count", &[]))
        .await
        .unwrap();
    let before = kill_after_a_while(&place, "a").await;
    let shown = capture(&place, "a", CaptureFormat::Text).await.unwrap();
    assert!(
        before < shown.offset,
        "{before} bytes were printed, {} survived",
        shown.offset
    );
    assert_contiguous(&shown, "", 0);
    place.clear("a").await;
}

/// proves O20
#[tokio::test]
async fn a_flood_survives_without_a_gap_up_to_the_last_moment() {
    let place = Place::new();
    let flood = place.spec("a", "testkit-flood", &["forever", "--now"]);
    place.backend.ensure(&flood).await.unwrap();
    let before = kill_after_a_while(&place, "a").await;
    let shown = capture(&place, "a", CaptureFormat::Text).await.unwrap();
    assert!(
        before < shown.offset,
        "{before} bytes were printed, {} survived",
        shown.offset
    );
    assert!(
        MIB < shown.offset.get(),
        "that is no flood: {}",
        shown.offset
    );
    let numbers = assert_contiguous(&shown, "flood ", "ready\r\n".len() as u64);
    assert!(10_000 <= numbers, "only {numbers} lines survived");
    place.clear("a").await;
}

/// Segments are swapped all the time in a flood; there is always a whole one.
///
/// proves O20
#[tokio::test]
async fn killed_at_any_moment_of_a_flood_an_owner_leaves_something_whole() {
    let place = Place::new();
    place.env.tolerate_stale_sockets();
    for round in 0..5_u64 {
        let id = format!("a{round}");
        let flood = place.spec(&id, "testkit-flood", &["forever", "--now"]);
        place.backend.ensure(&flood).await.unwrap();
        until_held(&place, &id, "flood ").await;
        let moment = Offset::new((1 + round) * MIB);
        while offset(&place, &id).await < moment {}
        kill_owner(&place, &id).await;
        let shown = capture(&place, &id, CaptureFormat::Text).await.unwrap();
        assert_contiguous(&shown, "flood ", "ready\r\n".len() as u64);
        place.clear(&id).await;
    }
}

/// Checks that the whole lines shown are numbered one by one, each 16 bytes on the terminal, up to
/// the offset; returns how many they are.
fn assert_contiguous(shown: &Capture, label: &str, begins_at: u64) -> usize {
    let text = String::from_utf8(shown.content.to_vec()).unwrap();
    let whole = 14 - label.len();
    let numbers: Vec<u64> = text
        .lines()
        .filter_map(|line| line.strip_prefix(label))
        .filter(|digits| digits.len() == whole)
        .map(|digits| digits.parse().unwrap())
        .collect();
    for pair in numbers.windows(2) {
        assert_eq!(pair[0] + 1, pair[1], "a gap");
    }
    // The flood counts from one, the count from zero; the last line may have just begun.
    let printed = (shown.offset.get() - begins_at) / 16;
    let last = *numbers.last().unwrap();
    assert!(
        printed.abs_diff(last) <= 1,
        "{last} is not the last of {printed}"
    );
    numbers.len()
}

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
    spec.history_bytes = MIB;
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
    assert!(MIB < largest && largest < 4 * MIB, "{largest} bytes");
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
