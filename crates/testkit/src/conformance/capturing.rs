//! Promises of `capture`.

use std::sync::Arc;

use abide_core::backend::{BackendError, Capture, CaptureFormat, CaptureRequest};

use super::{
    Bench, Session,
    bench::{named, page, within},
};

/// Words in red, and words that are not.
const COLOURED: &str = "\x1b[31mred\x1b[0m plain";

/// Text is a line for each row of the page, and nothing but text.
pub async fn text_has_a_line_for_each_row(bench: Arc<Bench>) {
    let session = bench
        .start_showing("text", "testkit-echo", &[], "ready")
        .await;
    let shot = capture(&bench, &session, page(CaptureFormat::Text)).await;
    let text = String::from_utf8(shot.content.to_vec()).expect("it is text");
    assert!(text.ends_with('\n'), "{text:?}");
    assert_eq!(
        text.lines().count(),
        usize::from(shot.size.rows()),
        "{text:?}"
    );
    assert_eq!(text.lines().next().map(str::trim_end), Some("ready"));
    assert_eq!((shot.cursor.0, shot.cursor.1), (1, 0), "after the line");
    assert!(!shot.alternate);
    assert_eq!(shot.offset, bench.running(&session.id).await.offset);
}

/// Lines above the page are rendered as far as they are asked for and kept.
pub async fn lines_above_the_page_are_rendered_when_asked_for(bench: Arc<Bench>) {
    let args = &["100", "--now", "--stay"];
    let session = bench
        .start_showing("above", "testkit-flood", args, "flood done")
        .await;
    // `ready`, 100 lines, `flood done`, and the row that the cursor is in.
    for (history_lines, rows) in [(0, 24), (10, 34), (1000, 103)] {
        let request = CaptureRequest {
            format: CaptureFormat::Text,
            history_lines,
        };
        let shot = capture(&bench, &session, request).await;
        let text = String::from_utf8_lossy(&shot.content).into_owned();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines.len(), rows, "{text}");
        let first = match 103 - rows {
            0 => "ready".to_owned(),
            number => format!("flood {number:08}"),
        };
        assert_eq!(lines[0], first, "{text}");
        assert_eq!(lines[rows - 2..], ["flood done", ""], "{text}");
    }
}

/// Colours are rendered when asked for, and only then.
pub async fn colours_are_rendered_when_asked_for(bench: Arc<Bench>) {
    let (session, _) = bench
        .start_ending("colour", "testkit-exit", &[COLOURED, "0"])
        .await;
    let text = capture(&bench, &session, page(CaptureFormat::Text)).await;
    let text = String::from_utf8_lossy(&text.content).into_owned();
    assert!(
        text.contains("red plain") && !text.contains('\x1b'),
        "{text:?}"
    );

    let ansi = capture(&bench, &session, page(CaptureFormat::Ansi)).await;
    let ansi = String::from_utf8_lossy(&ansi.content).into_owned();
    let (before, after) = ansi.split_once("red").expect("the word is there");
    assert!(before.contains("\x1b["), "{ansi:?}");
    assert!(after.contains("\x1b["), "the colour ends: {ansi:?}");
}

/// proves O15
pub async fn the_final_screen_can_be_captured(bench: Arc<Bench>) {
    let words = &["the last words", "1"];
    let (session, ended) = bench.start_ending("final", "testkit-exit", words).await;
    let shot = capture(&bench, &session, page(CaptureFormat::Text)).await;
    assert_eq!(shot.offset, ended.offset);
    assert!(bench.text(&session.id).await.contains("the last words"));
}

/// The alternate screen is captured as what shows, with its title.
pub async fn the_alternate_screen_is_captured_while_it_shows(bench: Arc<Bench>) {
    let session = bench
        .start_showing("alt", "testkit-altscreen", &[], "alternate")
        .await;
    let shot = capture(&bench, &session, page(CaptureFormat::Text)).await;
    assert!(shot.alternate, "{shot:?}");
    assert_eq!(shot.title.as_deref(), Some("alternate title"));
    let text = String::from_utf8_lossy(&shot.content).into_owned();
    assert!(text.starts_with("alternate"), "{text}");
    assert!(!text.contains("before"), "{text}");
}

/// Nothing can be captured of a session that never was.
pub async fn an_unknown_session_cannot_be_captured(bench: Arc<Bench>) {
    let request = page(CaptureFormat::Text);
    let shot = bench.backend().capture(&named("unknown"), request).await;
    assert!(
        matches!(shot, Err(BackendError::NotFound { .. })),
        "{shot:?}"
    );
}

async fn capture(bench: &Bench, session: &Session, request: CaptureRequest) -> Capture {
    let shot = within("capture", bench.backend().capture(&session.id, request)).await;
    let shot = shot.unwrap_or_else(|err| panic!("cannot capture `{}`: {err:?}", session.id));
    assert_eq!(shot.generation, session.generation);
    shot
}
