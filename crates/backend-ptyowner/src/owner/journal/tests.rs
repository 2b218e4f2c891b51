//! What is written when, without a session.

use super::*;

fn journal(dir: &std::path::Path) -> Journal {
    let probe = Arc::new(abide_core::probe::NoProbe);
    Journal::new(
        dir.join("a").join("journal"),
        Generation::random(),
        1000,
        probe,
    )
}

fn size(cols: u16) -> TermSize {
    TermSize::clamped(10, cols)
}

fn chunk(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[test]
fn output_is_told_in_order_with_each_resize_at_its_place() {
    let at = |offset| Offset::new(offset);
    let output = vec![chunk("abc"), chunk("defg"), chunk("h")];
    let resizes = [
        (at(10), size(1)),
        (at(15), size(2)),
        (at(15), size(3)),
        (at(18), size(4)),
    ];
    let told = |offset, bytes| Record::Output {
        offset: at(offset),
        bytes,
    };
    let resized = |offset, cols| Record::Resize {
        offset: at(offset),
        size: size(cols),
    };
    let expected = vec![
        resized(10, 1),
        told(10, vec![chunk("abc"), chunk("de")]),
        resized(15, 2),
        resized(15, 3),
        told(15, vec![chunk("fg"), chunk("h")]),
        resized(18, 4),
    ];
    assert_eq!(records(at(10), output, &resizes), (expected, at(18)));
    assert_eq!(records(at(10), Vec::new(), &[]), (Vec::new(), at(10)));
}

/// proves O20
#[tokio::test]
async fn an_idle_session_has_no_deadline_and_one_that_printed_has_one() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("a")).unwrap();
    let mut journal = journal(dir.path());
    assert_eq!(journal.deadline(), None);
    journal.printed();
    let due = journal.deadline().unwrap();
    journal.printed();
    assert_eq!(journal.deadline(), Some(due), "output put it off");
    assert!(!journal.is_due());

    journal.begin(Offset::new(5), size(80), vec![chunk("state")]);
    assert_eq!(journal.deadline(), None);
    assert_eq!(
        journal.appends_from(Offset::new(6)),
        None,
        "it is not written yet"
    );
    let written = journal.written().await;
    journal.on_written(written);
    assert_eq!(journal.deadline(), None);
    // What came while the disk was busy is due as soon as the rest was.
    journal.printed();
    journal.append(vec![chunk("x")]);
    journal.printed();
    let written = journal.written().await;
    journal.on_written(written);
    assert!(journal.deadline().is_some());
}

/// proves O20
#[tokio::test]
async fn a_checkpoint_takes_the_place_of_what_would_be_too_much() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("a")).unwrap();
    let mut journal = journal(dir.path());
    assert_eq!(
        journal.appends_from(Offset::START),
        None,
        "there is nothing to append to"
    );
    journal.begin(Offset::new(5), size(80), vec![]);
    let written = journal.written().await;
    journal.on_written(written);
    assert_eq!(
        journal.appends_from(Offset::new(1005)),
        Some(Offset::new(5))
    );
    assert_eq!(
        journal.appends_from(Offset::new(1006)),
        None,
        "the segment would be too long"
    );
    journal.append(vec![chunk("0123456789")]);
    let written = journal.written().await;
    journal.on_written(written);
    assert_eq!(
        journal.appends_from(Offset::new(1005)),
        None,
        "it is fuller now"
    );
    assert_eq!(
        journal.appends_from(Offset::new(900)),
        Some(Offset::new(15))
    );
    for cols in 1..=100 {
        journal.resized(Offset::new(15), size(cols));
    }
    assert_eq!(
        journal.appends_from(Offset::new(15)),
        None,
        "resizes were forgotten"
    );
}

/// proves O20
#[tokio::test]
async fn a_journal_that_fails_is_tried_again_less_and_less_often_and_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = journal(dir.path());
    let mut waits = Vec::new();
    for _ in 0..=MAX_RETRIES {
        journal.begin(Offset::new(5), size(80), vec![]);
        let written = journal.written().await;
        assert!(written.is_err(), "there is no directory");
        let now = timer::after(Duration::ZERO);
        journal.on_written(written);
        let wait = journal
            .deadline()
            .map(|at| (at - now).as_secs_f64().round());
        waits.push(wait);
    }
    let seconds = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0].map(Some);
    assert_eq!(waits, [&seconds[..], &[None]].concat());
    journal.printed();
    assert!(journal.deadline().is_some(), "it was given up for ever");

    std::fs::create_dir(dir.path().join("a")).unwrap();
    journal.begin(Offset::new(5), size(80), vec![]);
    let written = journal.written().await;
    journal.on_written(written);
    assert_eq!(journal.appends_from(Offset::new(6)), Some(Offset::new(5)));
    journal.remove().await;
    assert!(!dir.path().join("a").join("journal").exists());
}
