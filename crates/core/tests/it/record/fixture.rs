//! Entries, by hand and at random.

use abide_core::{
    backend::{ExitOutcome, LostReason},
    clock::Timestamp,
    id::{Generation, RecordId},
    lease::{FencingToken, Mode, Place},
    manifest::{Evidence, Sameness, TreePath},
    record::{
        Adopted, Baseline, Changes, Closing, Counts, Detected, EndReason, Ended, Entry, Event,
        FileChange, Files, HowChanged, Opened, Origin, Started,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

pub(crate) fn entry(seq: u64, event: Event) -> Entry {
    Entry {
        seq,
        at: Timestamp::from_millis(1_800_000_000_000 + seq),
        epoch: FencingToken::try_from(3).unwrap(),
        record: record("r-1"),
        event,
    }
}

pub(crate) fn record(text: &str) -> RecordId {
    text.parse().unwrap()
}

pub(crate) fn origin(host: &str, user: &str) -> Origin {
    Origin {
        place: Place {
            machine: Some("m".to_owned()),
            boot: None,
            host: host.to_owned(),
        },
        state: Some("state".parse().unwrap()),
        user: user.to_owned(),
    }
}

pub(crate) fn opened() -> Event {
    Event::Opened(Opened {
        session: "s-1".parse().unwrap(),
        origin: origin("here", "anna"),
        agent: Some("claude".to_owned()),
        mode: Mode::Agent,
    })
}

pub(crate) fn started() -> Event {
    Event::Started(Started {
        generation: Generation::from_bytes([7; 16]),
        started_at: Timestamp::from_millis(1_800_000_000_000),
    })
}

pub(crate) fn adopted() -> Event {
    Event::Adopted(Adopted {
        origin: origin("there", "ben"),
    })
}

pub(crate) fn ended(code: i32) -> Ended {
    Ended {
        outcome: ExitOutcome::Exited { code },
        ended_at: Some(Timestamp::from_millis(1_800_000_090_000)),
        reason: EndReason::Exited,
        detected: Detected::Told,
    }
}

pub(crate) fn changes() -> Changes {
    let name = |bytes: &[u8]| TreePath::new(bytes.to_vec()).unwrap();
    let modified = HowChanged::Modified {
        evidence: Evidence::Times,
    };
    Changes::Known(Files {
        counts: Counts {
            modified: 1,
            renamed: 1,
            ..Counts::default()
        },
        files: vec![
            FileChange {
                path: name(b"a b\xff"),
                how: modified,
                from: None,
            },
            FileChange {
                path: name(b"new"),
                how: HowChanged::Renamed {
                    same: Sameness::Content,
                },
                from: Some(name(b"old")),
            },
        ],
    })
}

pub(crate) fn closing(code: i32) -> Closing {
    Closing {
        ended: ended(code),
        changes: changes(),
    }
}

/// Every event that there is.
pub(crate) fn every_event() -> Vec<Event> {
    vec![
        opened(),
        started(),
        Event::Baseline(Baseline::Taken { files: 120_000 }),
        adopted(),
        Event::Baseline(Baseline::Late {
            files: 12,
            why: "it was removed".to_owned(),
        }),
        Event::Ended(ended(3)),
        Event::Changed(changes()),
        Event::Finalized,
        Event::Abandoned,
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let text = || "\\PC{0,8}";
    let files = any::<u64>();
    let baseline = prop_oneof![
        files.prop_map(|files| Baseline::Taken { files }),
        files.prop_map(|files| Baseline::Kept { files }),
        (files, text()).prop_map(|(files, why)| Baseline::Late { files, why }),
        text().prop_map(|why| Baseline::Unknown { why }),
    ];
    let outcome = prop_oneof![
        any::<i32>().prop_map(|code| ExitOutcome::Exited { code }),
        any::<i32>().prop_map(|signal| ExitOutcome::Signaled { signal }),
        select(vec![
            LostReason::HolderDied,
            LostReason::HostLost,
            LostReason::Rebooted
        ])
        .prop_map(|reason| ExitOutcome::Lost { reason }),
    ];
    let reasons = vec![
        EndReason::Exited,
        EndReason::Stopped,
        EndReason::HostLost,
        EndReason::Rebooted,
    ];
    let detected = vec![Detected::Told, Detected::Looked, Detected::AtAdoption];
    let ended = (
        outcome,
        option::of(any::<u64>()),
        select(reasons),
        select(detected),
    )
        .prop_map(|(outcome, at, reason, detected)| Ended {
            outcome,
            ended_at: at.map(Timestamp::from_millis),
            reason,
            detected,
        });
    prop_oneof![
        select(every_event()),
        baseline.prop_map(Event::Baseline),
        ended.prop_map(Event::Ended),
        text().prop_map(|why| Event::Changed(Changes::Unknown { why })),
    ]
}

/// A journal in order: numbers from one, epochs that never fall.
pub(crate) fn journals() -> impl Strategy<Value = Vec<Entry>> {
    let records = select(vec!["r-1", "r-2", "r-3"]);
    let steps = vec((events(), records, any::<u64>(), 0..2_u64), 0..12);
    steps.prop_map(|steps| {
        let mut epoch = 1;
        let numbered = steps.into_iter().zip(1..);
        let entries = numbered.map(|((event, name, at, step), seq)| {
            epoch += step;
            Entry {
                seq,
                at: Timestamp::from_millis(at),
                epoch: FencingToken::try_from(epoch).unwrap(),
                record: record(name),
                event,
            }
        });
        entries.collect()
    })
}

pub(crate) fn written(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::to_line).collect()
}
