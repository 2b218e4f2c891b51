//! The bytes, pinned, and what is no record.

use super::*;

fn segment() -> SegmentId {
    SegmentId {
        generation: Generation::from_bytes([0xbb; 16]),
        sequence: 7,
    }
}

fn all() -> [Record; 3] {
    let (offset, size) = (Offset::new(258), TermSize::clamped(24, 80));
    let text = |text: &'static str| vec![Bytes::from_static(text.as_bytes())];
    [
        Record::Checkpoint {
            offset,
            size,
            state: text("\x1b[H"),
        },
        Record::Output {
            offset,
            bytes: text("out"),
        },
        Record::Resize { offset, size },
    ]
}

fn written(record: &Record, position: u64) -> Bytes {
    let mut bytes = Vec::new();
    record.write(&segment(), position, &mut bytes).unwrap();
    bytes.into()
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let lines: Vec<_> = digits.chunks(16).map(|line| line.join(" ")).collect();
    lines.join("\n")
}

/// A released layout never changes: a journal may be older than the program that reads it.
///
/// proves O20
#[test]
fn header_and_records_are_pinned() {
    let mut pinned = vec![format!("header\n{}", hex(&segment().header()))];
    for record in all() {
        let bytes = written(&record, 44);
        assert_eq!(bytes.len() as u64, record.len());
        pinned.push(format!("{record:?}\n{}", hex(&bytes)));
    }
    insta::assert_snapshot!(pinned.join("\n\n"));
}

/// proves O20
#[test]
fn a_record_is_read_as_it_was_written_and_nowhere_else() {
    for record in all() {
        let bytes = written(&record, 3);
        let padded: Bytes = [b"pad", &bytes[..], b"rest"].concat().into();
        let read = Record::read(&segment(), &padded, 3);
        assert_eq!(read, Ok((record.clone(), 3 + bytes.len())));
        assert_eq!(Record::read(&segment(), &bytes, 0), Err(NoRecord));
        let mut other = segment();
        other.sequence += 1;
        assert_eq!(Record::read(&other, &padded, 3), Err(NoRecord));
    }
}

/// proves O20
#[test]
fn no_bit_of_a_record_or_of_a_header_can_change_unnoticed() {
    for record in all() {
        let bytes = written(&record, 0);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            let read = Record::read(&segment(), &changed.into(), 0);
            assert_eq!(read, Err(NoRecord), "bit {bit} of {record:?}");
        }
    }
    let header = segment().header();
    assert_eq!(read_header(&header), Header::Known(segment()));
    for bit in 0..header.len() * 8 {
        let mut changed = header;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(
            !matches!(read_header(&changed), Header::Known(_)),
            "bit {bit}"
        );
    }
}
