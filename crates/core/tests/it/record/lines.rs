//! Lines: pinned, checked, and read again whatever happened to the file.

use abide_core::{
    lease::FencingToken,
    record::{Damage, Entry, Event, NewerJournal, Replay, summaries},
};
use proptest::prelude::*;

use super::fixture::{entry, every_event, journals, opened, started, written};

fn read(bytes: &[u8]) -> Replay {
    Replay::read(bytes).unwrap()
}

/// What schema 1 looks like. Once it is released it never changes.
const SCHEMA_1: &str = r#"{"sum":"7aa7c61b88b26c19","schema":1,"seq":1,"at":1800000000001,"epoch":3,"record":"r-1","event":"opened","session":"s-1","machine":"m","boot":null,"host":"here","state":"state","user":"anna","agent":"claude","mode":"agent"}
{"sum":"97b6a6c4e53c53d1","schema":1,"seq":2,"at":1800000000002,"epoch":3,"record":"r-1","event":"started","generation":"07070707070707070707070707070707","started_at":1800000000000}
{"sum":"083296c411e1283e","schema":1,"seq":3,"at":1800000000003,"epoch":3,"record":"r-1","event":"baseline","baseline":"taken","files":120000}
{"sum":"8d514bb27af5a361","schema":1,"seq":4,"at":1800000000004,"epoch":3,"record":"r-1","event":"adopted","machine":"m","boot":null,"host":"there","state":"state","user":"ben"}
{"sum":"665c32fc9e107035","schema":1,"seq":5,"at":1800000000005,"epoch":3,"record":"r-1","event":"baseline","baseline":"late","files":12,"why":"it was removed"}
{"sum":"7ad924eedc8479b3","schema":1,"seq":6,"at":1800000000006,"epoch":3,"record":"r-1","event":"ended","outcome":{"how":"exited","code":3},"ended_at":1800000090000,"reason":"exited","detected":"told"}
{"sum":"dd80ed3075194a16","schema":1,"seq":7,"at":1800000000007,"epoch":3,"record":"r-1","event":"changed","changes":"known","counts":{"added":0,"modified":1,"removed":0,"renamed":1,"type_changed":0},"files":[{"path":{"hex":"612062ff"},"how":"modified","evidence":"times"},{"path":"new","how":"renamed","same":"content","from":"old"}]}
{"sum":"e922d262f83a438e","schema":1,"seq":8,"at":1800000000008,"epoch":3,"record":"r-1","event":"finalized"}
{"sum":"607a8ae2b8bc792a","schema":1,"seq":9,"at":1800000000009,"epoch":3,"record":"r-1","event":"abandoned"}
"#;

/// Lines from before it was noted for which state directory a record was kept.
const WITHOUT_STATE: &str = r#"{"sum":"da4624d701c5ec3d","schema":1,"seq":1,"at":1800000000001,"epoch":3,"record":"r-1","event":"opened","session":"s-1","host":"here","user":"anna","agent":"claude","mode":"agent"}
{"sum":"97b6a6c4e53c53d1","schema":1,"seq":2,"at":1800000000002,"epoch":3,"record":"r-1","event":"started","generation":"07070707070707070707070707070707","started_at":1800000000000}
{"sum":"083296c411e1283e","schema":1,"seq":3,"at":1800000000003,"epoch":3,"record":"r-1","event":"baseline","baseline":"taken","files":120000}
{"sum":"4841c997d2ad2f39","schema":1,"seq":4,"at":1800000000004,"epoch":3,"record":"r-1","event":"adopted","host":"there","user":"ben"}
"#;

/// proves M3
#[test]
fn lines_that_do_not_name_a_state_directory_are_read() {
    let replay = read(WITHOUT_STATE.as_bytes());
    assert_eq!(replay.damage(), []);
    assert_eq!(replay.entries().len(), 4);
    let summary = summaries(replay.entries()).remove(0);
    let origins = [
        (summary.opened.as_ref().map(|opened| &opened.origin), "here"),
        (summary.origin(), "there"),
    ];
    for (origin, host) in origins {
        let origin = origin.unwrap();
        assert_eq!((&origin.place.machine, &origin.state), (&None, &None));
        assert_eq!(origin.place.host, host);
    }
}

/// proves M3
#[test]
fn schema_1_is_pinned_and_reads_back() {
    let entries: Vec<_> = every_event()
        .into_iter()
        .zip(1..)
        .map(|(event, seq)| entry(seq, event))
        .collect();
    let bytes = written(&entries);
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), SCHEMA_1);
    let replay = read(&bytes);
    assert_eq!(replay.entries(), entries);
    assert_eq!(replay.damage(), []);
    for line in SCHEMA_1.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["schema"], 1);
    }
}

fn three() -> Vec<Entry> {
    let events = [opened(), started(), Event::Finalized];
    events
        .into_iter()
        .zip(1..)
        .map(|(event, seq)| entry(seq, event))
        .collect()
}

/// proves M3
#[test]
fn a_damaged_line_is_shown_and_the_others_are_used() {
    let entries = three();
    let lines: Vec<_> = entries.iter().map(Entry::to_line).collect();
    let mut bytes = written(&entries);
    let at = lines[0].len() + 40;
    bytes[at] ^= 1;
    let replay = read(&bytes);
    assert_eq!(replay.entries(), [entries[0].clone(), entries[2].clone()]);
    let what = "its checksum is wrong";
    assert_eq!(replay.damage(), [Damage::Unreadable { line: 2, what }]);
    assert_eq!(replay.next_seq(), 4);
    assert_eq!(
        replay.damage()[0].to_string(),
        "line 2 cannot be read: its checksum is wrong"
    );
}

/// proves M3
#[test]
fn lines_that_are_missing_repeated_or_written_too_late_are_shown() {
    let [one, two, three] = three().try_into().unwrap();
    let missing = read(&written(&[one.clone(), three.clone()]));
    assert_eq!(missing.damage(), [Damage::Missing { line: 2, count: 1 }]);
    assert_eq!(missing.entries(), [one.clone(), three.clone()]);
    let repeated = read(&written(&[
        one.clone(),
        two.clone(),
        one.clone(),
        three.clone(),
    ]));
    assert_eq!(repeated.damage(), [Damage::OutOfOrder { line: 3 }]);
    assert_eq!(
        repeated.entries(),
        [one.clone(), two.clone(), three.clone()]
    );
    let late = Entry {
        epoch: FencingToken::try_from(2).unwrap(),
        ..two
    };
    let superseded = read(&written(&[one.clone(), late, three.clone()]));
    assert_eq!(superseded.damage(), [Damage::Superseded { line: 2 }]);
    assert_eq!(superseded.entries(), [one, three]);
    assert_eq!(superseded.floor(), FencingToken::try_from(3).unwrap());
}

/// proves M3
#[test]
fn a_newer_schema_is_refused_by_name() {
    let line = String::from_utf8(three()[0].to_line()).unwrap();
    let (_, rest) = line.trim_end().split_once("\",").unwrap();
    let rest = rest.replace("\"schema\":1", "\"schema\":2");
    let sum = blake3::hash(rest.as_bytes()).to_hex();
    let newer = format!("{{\"sum\":\"{}\",{rest}\n", &sum.as_str()[..16]);
    let refused = Replay::read(newer.as_bytes()).unwrap_err();
    assert_eq!(refused, NewerJournal { line: 1, found: 2 });
    assert!(refused.hint().contains("nothing was changed"));
}

/// proves M3
#[test]
fn an_empty_journal_grants_the_first_token_and_the_first_number() {
    let replay = read(b"");
    assert_eq!((replay.next_seq(), replay.floor()), (1, FencingToken::NONE));
}

proptest! {
    /// proves M3
    #[test]
    fn any_cut_of_the_bytes_gives_the_first_events_and_measures_the_rest(
        entries in journals(),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = written(&entries);
        let length = cut.index(whole.len() + 1);
        let replay = read(&whole[..length]);
        let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(replay.entries(), &entries[..lines]);
        prop_assert_eq!(replay.damage(), []);
        prop_assert_eq!(replay.whole_bytes() + replay.torn_bytes(), length as u64);
        prop_assert_eq!(written(&entries[..lines]).len() as u64, replay.whole_bytes());
        prop_assert_eq!(replay.next_seq(), lines as u64 + 1);
    }

    /// proves M3
    #[test]
    fn a_changed_byte_costs_its_line_at_most_and_never_makes_another(
        entries in journals(),
        at in any::<prop::sample::Index>(),
        bits in 1..=255_u8,
    ) {
        prop_assume!(!entries.is_empty());
        let mut bytes = written(&entries);
        let at = at.index(bytes.len());
        bytes[at] ^= bits;
        let replay = read(&bytes);
        prop_assert!(replay.entries().iter().all(|entry| entries.contains(entry)));
        // The end of a line joins it to the next one.
        prop_assert!(entries.len() <= replay.entries().len() + 2);
        prop_assert!(!replay.damage().is_empty() || replay.torn_bytes() != 0);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let replay = read(&bytes);
        prop_assert_eq!(replay.entries(), []);
    }
}
