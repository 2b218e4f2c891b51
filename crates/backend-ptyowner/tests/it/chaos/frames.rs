//! Valid frames in any order, from a client that was let in.

use abide_backend_ptyowner::wire::{
    codec,
    event::{Answer, Event, Reply},
    frame::Kind,
    request::{Attach, Call, Capture, Format, Mode, Request, Scrollback, Size, Stop},
};
use abide_core::backend::{SessionState, TerminalBackend as _};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};

use crate::{
    place::{Place, session},
    raw::Raw,
};

/// Conversations tried.
const CASES: u32 = 60;

/// The request that ends each of them.
const LAST: u32 = u32::MAX;

#[derive(Debug, Clone)]
enum Said {
    Request(Request),
    Input(Vec<u8>),
}

fn said() -> impl Strategy<Value = Said> {
    let size = || (0_u16..60, 0_u16..90).prop_map(|(rows, cols)| Size { rows, cols });
    let attach = (
        select(vec![Mode::Control, Mode::View, Mode::Steal]),
        option::of(size()),
        option::of(prop_oneof![0_u64..500, any::<u64>()]),
        select(vec![Scrollback::Replace, Scrollback::Keep]),
    );
    let attach = attach.prop_map(|(mode, size, from, scrollback)| {
        Request::Attach(Attach {
            mode,
            size,
            from,
            scrollback,
        })
    });
    let capture = (
        select(vec![Format::Text, Format::Ansi]),
        prop_oneof![0_u32..9, any::<u32>()],
    );
    let capture = capture.prop_map(|(format, history_lines)| {
        Request::Capture(Capture {
            format,
            history_lines,
        })
    });
    let stop = any::<([u8; 16], u64)>().prop_map(|(generation, grace_ms)| {
        Request::Stop(Stop {
            generation,
            grace_ms,
        })
    });
    let request = prop_oneof![
        1 => Just(Request::Status),
        3 => attach,
        1 => Just(Request::Inject),
        1 => size().prop_map(Request::Resize),
        1 => capture,
        1 => stop,
    ];
    prop_oneof![
        4 => request.prop_map(Said::Request),
        1 => vec(select(b"xyz \n\t".to_vec()), 0..100).prop_map(Said::Input),
    ]
}

/// proves O7, O9
#[tokio::test]
async fn valid_frames_in_any_order_are_answered_once_each_or_end_the_conversation_with_a_reason() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.spec("a", "testkit-echo", &[]))
        .await
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    });
    let conversation = runner.run(&vec(said(), 0..15), |all| {
        let mut raw = Raw::welcomed(&place, "a");
        let mut bytes = Vec::new();
        for (id, said) in (1..).zip(&all) {
            bytes.extend_from_slice(&match said {
                Said::Input(input) => codec::raw(Kind::Input, input),
                Said::Request(request) => {
                    let request = request.clone();
                    codec::encode(Kind::Call, &Call { id, request })
                }
            });
        }
        let request = Request::Status;
        bytes.extend_from_slice(&codec::encode(Kind::Call, &Call { id: LAST, request }));
        raw.send(&bytes);
        listen(&mut raw, &all)
    });
    conversation.unwrap();
    let status = place.backend.status(&session("a")).await.unwrap();
    assert!(
        matches!(status.state, SessionState::Running(_)),
        "{status:?}"
    );
    place.clear("a").await;
}

/// Reads to the last answer, or to the end that the client brought upon itself.
fn listen(raw: &mut Raw, all: &[Said]) -> Result<(), TestCaseError> {
    let asked = (1..)
        .zip(all)
        .filter(|(_, said)| matches!(said, Said::Request(_)));
    let mut owed: Vec<u32> = asked.map(|(id, _)| id).chain([LAST]).collect();
    owed.reverse();
    let mut announced = 0;
    let mut closing = None;
    while let Some(frame) = raw.frame() {
        match frame.kind {
            Kind::Part => {
                let len = frame.body.len() as u64;
                prop_assert!(len <= announced, "more content than was announced");
                announced -= len;
            }
            Kind::Reply => {
                prop_assert_eq!(announced, 0, "a reply inside of content");
                let reply: Reply = codec::decode(&frame).unwrap();
                prop_assert_eq!(Some(reply.id), owed.pop());
                if let Ok(Answer::Captured(captured)) = reply.result {
                    announced = captured.len;
                }
            }
            Kind::Event => {
                prop_assert_eq!(announced, 0, "an event inside of content");
                match codec::decode(&frame).unwrap() {
                    Event::Snapshot(snapshot) => announced = snapshot.len,
                    Event::Closing { reason } => closing = Some(reason),
                    Event::Ended(ended) => prop_assert!(false, "it ended: {ended:?}"),
                    _ => {}
                }
            }
            Kind::Output => prop_assert_eq!(announced, 0, "output inside of content"),
            kind => prop_assert!(false, "a frame of kind {kind:?}"),
        }
        if owed.is_empty() && announced == 0 {
            return Ok(());
        }
    }
    let typed = all.iter().any(|said| matches!(said, Said::Input(_)));
    prop_assert!(
        closing.is_some() && typed,
        "cut off: {closing:?}, still owed {owed:?}"
    );
    Ok(())
}
