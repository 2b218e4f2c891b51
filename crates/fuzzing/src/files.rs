//! Bodies of the files in a workspace, where anybody may have put anything.
//!
//! Checksums keep most damage out; a file that was made on purpose has the right ones. So the first
//! byte of a manifest and of a journal says whether they are set right first.

use std::time::Duration;

use abide_core::{
    backend::ExitOutcome,
    clock::Timestamp,
    lease::{
        Claim, Consent, FencingToken, Keeper, LeaseEvent, LeaseState, Liveness, Look, Mode, Moment,
        Next, Place, StoredLease, Uptime,
    },
    manifest::Manifest,
    record::{Changes, Closing, Detected, EndReason, Ended, Entry, Event, Replay, summaries},
};

/// Whatever is in a lease's place can be shown, and a claim is granted a greater epoch or refused.
pub(crate) fn lease(bytes: &[u8]) {
    let Ok(found) = StoredLease::parse(Some(bytes)) else {
        return;
    };
    match &found {
        StoredLease::Absent => panic!("there was something"),
        StoredLease::Malformed { reason } => {
            assert!(!reason.chars().any(char::is_control), "{reason:?}");
        }
        StoredLease::Held(lease) => {
            let written = lease.to_json();
            let again = StoredLease::parse(Some(written.as_bytes()));
            assert_eq!(again.as_ref(), Ok(&found), "written and read again");
            assert!(!lease.keeper.to_string().chars().any(char::is_control));
        }
    }
    for liveness in [Liveness::Alive, Liveness::Dead, Liveness::Unknown] {
        claimed(found.clone(), liveness);
    }
}

fn claimed(found: StoredLease, liveness: Liveness) {
    let place = Place {
        machine: Some("m".to_owned()),
        boot: Some("b".to_owned()),
        host: "h".to_owned(),
    };
    let at = Moment {
        now: Timestamp::from_millis(1 << 40),
        uptime: Some(Uptime::from_millis(1 << 20)),
    };
    let look = Look {
        place: &place,
        at,
        liveness,
        unchanged_for: Duration::ZERO,
    };
    let state = LeaseState::judge(found, &look);
    let before = state.lease().map(|lease| lease.epoch);
    let claim = Claim {
        keeper: Keeper {
            place: place.clone(),
            user: "u".to_owned(),
            pid: 1,
            started: None,
        },
        floor: FencingToken::NONE,
        consent: Consent::Any,
        session: "s".parse().expect("a session's id"),
        generation: None,
        agent: None,
        mode: Mode::Shell,
    };
    match state.apply(LeaseEvent::Claim(claim), at) {
        Ok(Next::Write(lease)) => assert!(before < Some(lease.epoch), "an epoch was given twice"),
        Ok(Next::Remove) => panic!("a claim removes nothing"),
        Err(denied) => assert!(!denied.to_string().chars().any(char::is_control)),
    }
}

/// What is read as a manifest is one: in order, written and read again the same, without changes to
/// itself, and a diff to it leads to it.
pub(crate) fn manifest(bytes: &[u8]) {
    let read = match bytes {
        [] => return,
        [0, whole @ ..] => Manifest::read_from(whole),
        [_, bodies @ ..] => Manifest::read_from(&sealed_blocks(bodies)[..]),
    };
    let Ok(manifest) = read else { return };
    let paths: Vec<_> = manifest.entries().iter().map(|(path, _)| path).collect();
    assert!(paths.is_sorted() && paths.len() <= bytes.len());
    let mut written = Vec::new();
    manifest.write_to(&mut written).expect("memory takes it");
    let again = Manifest::read_from(&written[..]).expect("it was just written");
    assert_eq!(again, manifest);
    assert!(manifest.diff(&again).changes.is_empty());
    let empty = Manifest::new(manifest.taken(), Vec::new());
    let filled = empty.apply(&empty.diff(&manifest));
    assert_eq!(filled.entries(), manifest.entries());
    let emptied = manifest.apply(&manifest.diff(&empty));
    assert_eq!(emptied.entries(), []);
}

/// Returns a manifest of blocks whose checksums are right: each is two bytes of length, and a body.
pub(crate) fn sealed_blocks(mut bodies: &[u8]) -> Vec<u8> {
    let mut manifest = b"abidemft\x01\0\0\0".to_vec();
    for number in 0_u64.. {
        let (body, rest) = match bodies {
            [low, high, rest @ ..] => {
                let length = usize::from(u16::from_le_bytes([*low, *high]));
                rest.split_at(length.min(rest.len()))
            }
            _ => break,
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(&number.to_le_bytes()).update(body);
        let length = u32::try_from(body.len()).expect("two bytes of length");
        manifest.extend(length.to_le_bytes());
        manifest.extend(&hasher.finalize().as_bytes()[..16]);
        manifest.extend(body);
        bodies = rest;
    }
    manifest
}

/// What is read of a journal is in order, each of its lines is read alone as well, a torn end changes
/// nothing, and every record of it can be closed.
pub(crate) fn journal(bytes: &[u8]) {
    let journal = match bytes {
        [] => return,
        [0, whole @ ..] => whole.to_vec(),
        [_, lines @ ..] => sealed_lines(lines),
    };
    let Ok(replay) = Replay::read(&journal) else {
        return;
    };
    let length = replay.whole_bytes() + replay.torn_bytes();
    assert_eq!(length, journal.len() as u64);
    let entries = replay.entries();
    assert!(entries.is_sorted_by(|one, next| one.seq < next.seq));
    assert!(entries.is_sorted_by_key(|entry| entry.epoch));
    let last = entries.last().map_or(FencingToken::NONE, |last| last.epoch);
    assert_eq!(replay.floor(), last);
    for entry in entries {
        let alone = Replay::read(&entry.to_line()).expect("of this schema");
        assert_eq!(alone.entries(), std::slice::from_ref(entry));
    }
    let whole = usize::try_from(replay.whole_bytes()).expect("it is in memory");
    let repaired = Replay::read(&journal[..whole]).expect("of this schema");
    assert_eq!(repaired.entries(), entries);
    closed(&replay);
}

fn closed(replay: &Replay) {
    let mut entries = replay.entries().to_vec();
    let mut seq = replay.next_seq();
    for summary in summaries(replay.entries()) {
        for event in summary.missing(closing()) {
            entries.push(Entry {
                seq,
                at: Timestamp::from_millis(0),
                epoch: replay.floor(),
                record: summary.record.clone(),
                event,
            });
            seq = seq.saturating_add(1);
        }
    }
    let done = summaries(&entries);
    assert!(done.iter().all(|summary| summary.is_complete()));
    assert!(
        done.iter()
            .all(|summary| summary.missing(closing()).is_empty())
    );
    let finalized = |entry: &&Entry| entry.event == Event::Finalized;
    assert!(done.len() <= entries.iter().filter(finalized).count());
}

fn closing() -> Closing {
    Closing {
        ended: Ended {
            outcome: ExitOutcome::Exited { code: 0 },
            ended_at: None,
            reason: EndReason::Exited,
            detected: Detected::Told,
        },
        changes: Changes::Unknown { why: String::new() },
    }
}

/// Returns lines whose checksums are right, of what comes after a line's checksum.
pub(crate) fn sealed_lines(lines: &[u8]) -> Vec<u8> {
    let mut journal = Vec::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let rest = line.strip_suffix(b"\n").unwrap_or(line);
        let sum = abide_core::id::to_hex(&blake3::hash(rest).as_bytes()[..8]);
        journal.extend(b"{\"sum\":\"");
        journal.extend(sum.as_bytes());
        journal.extend(b"\",");
        journal.extend(line);
    }
    journal
}
