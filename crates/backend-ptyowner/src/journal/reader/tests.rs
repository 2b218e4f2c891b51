//! Segments that were cut short, damaged, or are of others.

use std::sync::Arc;

use abide_core::probe::NoProbe;

use super::*;
use crate::journal::{record::SegmentId, segment::Segments, segment_name};

fn generation() -> Generation {
    Generation::from_bytes([0xbb; 16])
}

fn checkpoint(text: &'static str) -> Record {
    Record::Checkpoint {
        offset: Offset::new(100),
        size: TermSize::clamped(5, 20),
        state: vec![Bytes::from_static(text.as_bytes())],
    }
}

fn output(offset: u64, text: &'static str) -> Record {
    Record::Output {
        offset: Offset::new(offset),
        bytes: vec![Bytes::from_static(text.as_bytes())],
    }
}

fn segment(records: &[Record]) -> Vec<u8> {
    let id = SegmentId {
        generation: generation(),
        sequence: 1,
    };
    let mut bytes = id.header().to_vec();
    for record in records {
        let position = bytes.len() as u64;
        record.write(&id, position, &mut bytes).unwrap();
    }
    bytes
}

fn parsed(bytes: &[u8]) -> Result<Segment, Unusable> {
    parse(Bytes::copy_from_slice(bytes), generation())
}

fn text_of(mut restored: Restored) -> String {
    restored.screen.text(0).join("\n").trim_end().to_owned()
}

/// proves O20
#[test]
fn a_segment_that_was_cut_anywhere_gives_every_record_that_is_whole() {
    let resize = Record::Resize {
        offset: Offset::new(106),
        size: TermSize::clamped(6, 30),
    };
    let records = [
        checkpoint("start "),
        output(100, "first "),
        resize,
        output(106, "second"),
    ];
    let whole = segment(&records);
    let ends: Vec<_> = (0..=records.len())
        .map(|count| segment(&records[..count]).len())
        .collect();
    let ends_of_text = [(4, "start first second"), (2, "start first"), (1, "start")];
    for cut in 0..=whole.len() {
        let count = ends.iter().filter(|end| **end <= cut).count();
        match parsed(&whole[..cut]) {
            Ok(segment) => {
                assert_eq!(segment.whole_bytes, ends[count - 1], "cut at {cut}");
                assert_eq!(segment.events, records[1..count - 1], "cut at {cut}");
                let known = ends_of_text.iter().find(|(least, _)| *least < count);
                assert_eq!(
                    text_of(segment.restored(ScreenLimits::default())),
                    known.unwrap().1
                );
            }
            Err(err) => assert!(count < 2 && err == Unusable::Worthless, "cut at {cut}"),
        }
    }
    let restored = parsed(&whole).unwrap().restored(ScreenLimits::default());
    assert_eq!(restored.screen.size(), TermSize::clamped(6, 30));
    assert_eq!(
        (restored.start, restored.end()),
        (Offset::new(100), Offset::new(112))
    );
    assert_eq!(restored.output, "first second");
}

/// proves O20
#[test]
fn what_a_file_system_leaves_at_the_end_is_no_output() {
    let whole = segment(&[checkpoint("start "), output(100, "first")]);
    let zeros = [&whole[..], &[0; 300]].concat();
    assert_eq!(parsed(&zeros), parsed(&whole));
    // A record of the same segment at another place.
    let again = [&whole[..], &whole[segment(&[checkpoint("start ")]).len()..]].concat();
    assert_eq!(parsed(&again), parsed(&whole));
}

/// proves O20
#[test]
fn output_that_does_not_follow_is_left_out() {
    let gap = segment(&[checkpoint(""), output(100, "first"), output(106, "later")]);
    assert_eq!(
        text_of(parsed(&gap).unwrap().restored(ScreenLimits::default())),
        "first"
    );
}

/// proves O20
#[test]
fn a_damaged_segment_is_passed_over_for_the_one_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal");
    let shown = || {
        restore(&journal, generation(), ScreenLimits::default())
            .unwrap()
            .map(text_of)
    };
    assert_eq!(shown(), None);
    let mut segments = Segments::new(journal.clone(), generation(), Arc::new(NoProbe));
    segments.begin(&checkpoint("former ")).unwrap();
    segments.append(&[output(100, "words")]).unwrap();
    let former = journal.join(segment_name(1));
    let kept = fs::read(&former).unwrap();
    segments.begin(&checkpoint("later")).unwrap();
    assert!(!former.exists());
    fs::write(&former, kept).unwrap();
    assert_eq!(shown().unwrap(), "later");

    let later = journal.join(segment_name(2));
    let mut damaged = fs::read(&later).unwrap();
    damaged[HEADER_BYTES + 20] ^= 1;
    fs::write(&later, damaged).unwrap();
    assert_eq!(shown().unwrap(), "former words");
    fs::write(&former, "").unwrap();
    assert_eq!(shown(), None);
    segments.remove().unwrap();
    assert!(!journal.exists());
}

/// proves O20
#[test]
fn a_segment_of_another_start_is_nothing_and_one_of_a_newer_release_is_refused() {
    let mut bytes = segment(&[checkpoint("text")]);
    let other = Generation::from_bytes([0xcc; 16]);
    let of_other = parse(Bytes::copy_from_slice(&bytes), other);
    assert_eq!(of_other, Err(Unusable::Worthless));
    bytes[8] = 2;
    assert_eq!(parsed(&bytes), Err(Unusable::Newer { found: 2 }));
}
