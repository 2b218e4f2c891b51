//! What is left when an owner is killed, as a crash or a reboot would.

mod bounds;
mod screens;
mod trouble;

use std::{path::PathBuf, time::Duration};

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
