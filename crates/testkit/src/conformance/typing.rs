//! Promises about input: every byte, in order, and nobody waits for a slow reader but who types.

use std::sync::Arc;

use abide_core::backend::{BackendError, ErrorKind, SessionState};
use bytes::Bytes;
use tokio::task::JoinSet;

use super::{
    Bench,
    bench::{named, within},
};
use crate::child::{Fnv, sink_line};

/// Size of a large paste.
const PASTE_BYTES: usize = 1024 * 1024;

/// Lines of one of several inputs sent at once.
const LINES: usize = 60;

/// Letters in such a line; it fits in the page.
const LINE_LETTERS: usize = 70;

/// proves O7
pub async fn a_mebibyte_arrives_byte_exact_at_a_slow_reader(bench: Arc<Bench>) {
    if !bench.differences().raw_mode {
        eprintln!("skipped: a program here cannot have its terminal raw");
        return;
    }
    let size = PASTE_BYTES.to_string();
    let session = bench
        .start("paste", "testkit-sink", &[&size, "--slow"])
        .await;
    let mut viewer = bench.control(&session).await;
    viewer.until_text("ready").await;

    let paste = paste();
    let mut hash = Fnv::default();
    hash.write(&paste);
    let mut tasks = JoinSet::new();
    let input = Arc::clone(&viewer.input);
    tasks.spawn(async move { input.write(paste).await });
    // As every client does: it watches while it types.
    let sunk = sink_line(PASTE_BYTES, &hash);
    let status = async {
        let mut answers = 0;
        loop {
            match tasks.try_join_next() {
                Some(written) => break written.expect("it types"),
                // The program may have read it all, and ended, just before the typist learns.
                None => match bench.state(&session.id).await {
                    SessionState::Running(_) | SessionState::Ended(_) => answers += 1,
                    state => panic!("{state:?}"),
                },
            }
        }
        .expect("it has control");
        answers
    };
    let ((), answers) = tokio::join!(viewer.until_text(sunk.trim_end()), status);
    assert!(3 <= answers, "status answered {answers} times meanwhile");
}

/// Typing does not depend on the output being watched, however much is typed.
pub async fn a_client_that_only_types_is_not_held_up(bench: Arc<Bench>) {
    if !bench.differences().raw_mode {
        eprintln!("skipped: a program here cannot have its terminal raw");
        return;
    }
    let size = PASTE_BYTES.to_string();
    let session = bench
        .start_showing("unwatched", "testkit-sink", &[&size], "ready")
        .await;
    let viewer = bench.control(&session).await;
    let paste = paste();
    let mut hash = Fnv::default();
    hash.write(&paste);
    within("write", viewer.input.write(paste))
        .await
        .expect("it has control");
    let sunk = sink_line(PASTE_BYTES, &hash);
    bench
        .watch(&session)
        .await
        .until_text(sunk.trim_end())
        .await;
}

/// Input is sent without attaching, whoever has control.
pub async fn input_is_sent_without_attaching(bench: Arc<Bench>) {
    let session = bench.start("send", "testkit-echo", &[]).await;
    let hello = Bytes::from_static(b"hello\r");
    within("send", bench.backend().send(&session.id, hello))
        .await
        .expect("it runs");
    let mut control = bench.control(&session).await;
    control.until_text("got hello").await;
    let again = Bytes::from_static(b"again\r");
    within("send", bench.another().send(&session.id, again))
        .await
        .expect("control does not matter");
    control.until_text("got again").await;
    let empty = within("send", bench.backend().send(&session.id, Bytes::new())).await;
    empty.expect("nothing can be typed too");
}

/// What is sent at once arrives one after the other, in any order.
pub async fn inputs_sent_at_once_are_never_mixed(bench: Arc<Bench>) {
    let session = bench
        .start_showing("mixed", "testkit-echo", &["--no-echo"], "ready")
        .await;
    let mut viewer = bench.watch(&session).await;
    let letters = *b"abcd";
    let mut sends = JoinSet::new();
    for letter in letters {
        let (backend, id) = (bench.another(), session.id.clone());
        // More than a terminal takes at once, so that each is typed in several pieces.
        let lines = [vec![letter; LINE_LETTERS], vec![b'\r']].concat();
        let lines = lines.repeat(LINES);
        sends.spawn(async move { backend.send(&id, lines.into()).await });
    }
    for sent in within("every send", sends.join_all()).await {
        sent.expect("it runs");
    }
    let mut answers = Vec::new();
    while answers.len() < letters.len() * LINES {
        viewer.next().await;
        let text = String::from_utf8_lossy(&viewer.output).into_owned();
        // The last may be one that is still on its way.
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let lines = whole.lines().filter_map(|line| line.strip_prefix("got "));
        answers = lines.map(str::to_owned).collect();
    }
    assert_eq!(viewer.lags, 0, "{}", viewer.seen());
    for lines in answers.chunks(LINES) {
        let whole = lines[0][..1].repeat(LINE_LETTERS);
        assert!(lines.iter().all(|line| *line == whole), "{answers:?}");
    }
}

/// What has ended, and what never was, takes no input.
pub async fn nothing_is_typed_into_what_does_not_run(bench: Arc<Bench>) {
    let (session, _) = bench
        .start_ending("ended", "testkit-exit", &["gone", "0"])
        .await;
    let input = Bytes::from_static(b"x");
    let sent = bench.backend().send(&session.id, input.clone()).await;
    assert!(matches!(sent, Err(BackendError::Ended { .. })), "{sent:?}");
    let sent = bench.backend().send(&named("unknown"), input.clone()).await;
    assert!(
        matches!(sent, Err(BackendError::NotFound { .. })),
        "{sent:?}"
    );

    let viewer = bench.control(&session).await;
    let typed = viewer.input.write(input).await;
    assert!(typed.is_err(), "an ended session gives no control");
}

/// A send to a program that does not read gives up, and says how far it got.
pub async fn a_send_that_is_not_read_gives_up(bench: Arc<Bench>) {
    let Some(patience) = bench.differences().send_gives_up_within else {
        eprintln!("skipped: this backend is more patient than the suite");
        return;
    };
    let session = bench
        .start_showing("unreading", "testkit-deaf", &[], "deaf")
        .await;
    // Whole lines: a terminal forgets what is too much of a line that has not ended.
    let lines = b"a line of text\r".repeat(PASTE_BYTES / 16);
    let send = bench.backend().send(&session.id, lines.into());
    let sent = tokio::time::timeout(patience, send).await;
    let Ok(Err(err)) = sent else {
        panic!("it gives up within {patience:?}: {sent:?}");
    };
    assert_eq!(err.kind(), ErrorKind::TimedOut);
    let progress = matches!(
        &err,
        BackendError::TimedOut {
            progress: Some(_),
            ..
        }
    );
    assert!(progress, "{err:?}");
    bench.running(&session.id).await;
}

/// Returns a megabyte with every value in it, in no order.
fn paste() -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    (0..PASTE_BYTES)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}
