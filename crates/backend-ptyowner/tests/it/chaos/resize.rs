//! A storm of resizes.

use abide_backend_ptyowner::wire::{
    codec,
    event::{Answer, Event, Failure, Reply},
    frame::Kind,
    request::{Attach, Call, Mode, Request, Scrollback, Size},
};
use abide_core::{
    backend::{AttachMode, SessionState, TerminalBackend as _},
    size::TermSize,
};

use crate::{
    place::{Place, read_text, session},
    raw::Raw,
};

/// Resizes of each client.
const EACH: u16 = 150;

/// Returns the reply to a request; notes the sizes that are told before it.
fn ask(raw: &mut Raw, id: u32, request: Request, told: &mut Vec<Size>) -> Result<Answer, Failure> {
    raw.send(&codec::encode(Kind::Call, &Call { id, request }));
    loop {
        let frame = raw.frame().expect("the owner answers");
        if frame.kind == Kind::Reply {
            let reply: Reply = codec::decode(&frame).unwrap();
            assert_eq!(reply.id, id);
            return reply.result;
        }
        if frame.kind == Kind::Event
            && let Event::Resized(size) = codec::decode(&frame).unwrap()
        {
            told.push(size);
        }
    }
}

/// proves O17
#[tokio::test]
async fn in_a_storm_of_resizes_viewers_are_refused_and_the_child_learns_of_changes_alone() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-size", &[]))
        .await
        .unwrap();
    let mut control = place.attach("a", AttachMode::Control).await;
    read_text(&mut control, "size 80x24").await;
    let mut viewers = [Raw::welcomed(&place, "a"), Raw::welcomed(&place, "a")];
    for viewer in &mut viewers {
        let attach = Attach {
            mode: Mode::View,
            size: Some(Size { rows: 7, cols: 7 }),
            from: None,
            scrollback: Scrollback::Replace,
        };
        ask(viewer, 1, Request::Attach(attach), &mut Vec::new()).unwrap();
    }
    let mut told = Vec::new();
    for turn in 0..EACH {
        // The same size again and again is no change.
        control
            .input
            .resize(TermSize::clamped(40, 100))
            .await
            .unwrap();
        for (viewer, cols) in viewers.iter_mut().zip([700, 900]) {
            let size = Size {
                rows: turn + 1,
                cols: cols + turn,
            };
            let refused = ask(
                viewer,
                2 + u32::from(turn),
                Request::Resize(size),
                &mut told,
            );
            assert_eq!(refused, Err(Failure::NotController));
        }
    }
    let once_each = Size {
        rows: 40,
        cols: 100,
    };
    assert_eq!(told, [once_each; 2], "viewers are told of changes alone");
    for turn in 0..EACH {
        let size = TermSize::clamped(41 + turn, 101 + turn);
        control.input.resize(size).await.unwrap();
    }
    let last = TermSize::clamped(40 + EACH, 100 + EACH);
    let text = format!("size {last}");
    let seen = read_text(&mut control, &text).await;
    let told = seen.matches("size 100x40").count();
    assert_eq!(told, 1, "the same size was told {told} times:\n{seen}");
    let changes = seen.matches("size ").count();
    assert!(changes <= usize::from(EACH) + 1, "{changes} changes told");
    assert!(
        !seen.contains("size 7") && !seen.contains("size 9"),
        "{seen}"
    );
    let status = place.backend.status(&session("a")).await.unwrap();
    let SessionState::Running(running) = status.state else {
        panic!("{status:?}");
    };
    assert_eq!(running.size, last);
    drop(viewers);
    place.clear("a").await;
}
