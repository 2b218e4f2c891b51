//! A long paste into a program that reads slowly, and everybody else meanwhile.

use std::time::Duration;

use abide_core::{
    backend::{AttachMode, OutputEvent, SessionState, TerminalBackend as _},
    clock::{Clock as _, SystemClock},
};
use abide_testkit::{
    child::{Fnv, sink_line},
    programs,
};
use bytes::Bytes;

use crate::place::{DEADLINE, Place, read_text, session};

/// Bytes pasted.
const PASTE: usize = 1024 * 1024;

/// Longest that a viewer may see nothing of a program that prints every two milliseconds, and that
/// a question may take: far more than either takes, and far less than the paste.
const PATIENCE: Duration = Duration::from_millis(500);

/// proves O7, O12
#[tokio::test]
async fn a_long_paste_arrives_byte_for_byte_and_holds_up_neither_viewers_nor_questions() {
    let place = Place::new();
    let (count, sink) = (
        programs::path("testkit-count"),
        programs::path("testkit-sink"),
    );
    let script = format!(
        "{} & counter=$!; {} {PASTE} --slow; kill $counter; wait; exit 0",
        count.display(),
        sink.display()
    );
    place
        .backend
        .ensure(&place.script("a", &script))
        .await
        .unwrap();
    let mut typist = place.attach("a", AttachMode::Control).await;
    let mut viewer = place.attach("a", AttachMode::View).await;
    read_text(&mut typist, "ready").await;

    let paste: Bytes = (0..PASTE).map(|at| (at * 31 % 251) as u8).collect();
    let mut hash = Fnv::default();
    hash.write(&paste);
    let wanted = sink_line(PASTE, &hash).trim_end().to_owned();

    let pasting = async {
        typist.input.write(paste).await.unwrap();
        read_text(&mut typist, &wanted).await;
    };
    let (mut longest_gap, mut longest_answer) = (Duration::ZERO, Duration::ZERO);
    let mut answers = 0;
    let watching = async {
        let mut seen = SystemClock.now();
        loop {
            match viewer.output.next().await.unwrap() {
                Some(OutputEvent::Output { .. }) => {
                    let now = SystemClock.now();
                    longest_gap = longest_gap.max(now.since(seen));
                    seen = now;
                }
                Some(_) => {}
                None => panic!("the session ended"),
            }
        }
    };
    let asking = async {
        loop {
            let begin = SystemClock.now();
            let status = place.backend.status(&session("a")).await.unwrap();
            assert!(
                matches!(status.state, SessionState::Running(_)),
                "{status:?}"
            );
            assert_eq!(place.backend.list().await.unwrap().len(), 1);
            longest_answer = longest_answer.max(SystemClock.now().since(begin));
            answers += 1;
        }
    };
    let all = async {
        tokio::select! {
            () = pasting => {}
            () = watching => {}
            () = asking => {}
        }
    };
    let done = tokio::time::timeout(DEADLINE, all).await;
    done.expect("the paste arrives");
    assert!(longest_gap < PATIENCE, "a viewer waited {longest_gap:?}");
    assert!(
        longest_answer < PATIENCE,
        "a question took {longest_answer:?}"
    );
    assert!(0 < answers, "nobody asked meanwhile");
    place.clear("a").await;
}
