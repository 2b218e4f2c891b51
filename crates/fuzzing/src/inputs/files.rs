//! Leases, manifests and journals.

use abide_core::{
    backend::ExitOutcome,
    clock::Timestamp,
    id::Generation,
    lease::{FencingToken, Keeper, Lease, Mode, Place, Uptime},
    manifest::{ContentHash, Entry as File, FileTime, Identity, Kind, Manifest, Taken, TreePath},
    record::{
        Adopted, Baseline, Changes, Detected, EndReason, Ended, Entry, Event, Opened, Origin,
        Started,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::damage::damaged;

/// A lease as it is written.
pub(crate) fn lease() -> BoxedStrategy<Vec<u8>> {
    let name = || select(vec!["m", "b", "h", "other", "a\u{1b}[2J"]).prop_map(str::to_owned);
    let place = (option::of(name()), option::of(name()), name());
    let keeper = (place, name(), any::<u32>(), option::of(any::<u64>()));
    let times = (any::<u64>(), any::<u64>(), option::of(any::<u64>()));
    let lease = (0..4_u64, keeper, option::of(name()), times);
    let lease = lease.prop_map(|(epoch, keeper, agent, times)| {
        let ((machine, boot, host), user, pid, started) = keeper;
        let (claimed, renewed, uptime) = times;
        let lease = Lease {
            epoch: FencingToken::try_from(epoch).expect("a small one"),
            keeper: Keeper {
                place: Place {
                    machine,
                    boot,
                    host,
                },
                user,
                pid,
                started,
            },
            session: "s-1".parse().expect("a session's id"),
            generation: Some(Generation::from_bytes([7; 16])),
            agent,
            mode: Mode::Agent,
            claimed_at: Timestamp::from_millis(claimed),
            renewed_at: Timestamp::from_millis(renewed),
            renewed_uptime: uptime.map(Uptime::from_millis),
        };
        lease.to_json().into_bytes()
    });
    damaged(lease)
}

/// A manifest as it is written; or the bodies of its blocks, damaged, to be given right checksums.
pub(crate) fn manifest() -> BoxedStrategy<Vec<u8>> {
    let whole = damaged(written_manifest()).prop_map(|bytes| [&[0], &bytes[..]].concat());
    let bodies = written_manifest().prop_map(|bytes| bodies_of(&bytes));
    let sealed = damaged(bodies).prop_map(|bytes| [&[1], &bytes[..]].concat());
    prop_oneof![1 => whole, 3 => sealed].boxed()
}

fn written_manifest() -> impl Strategy<Value = Vec<u8>> + Clone {
    let names = select(vec!["a", "a/b", "a/c", "b", "long/long/1", "long/long/2"]);
    vec((names, file()), 0..6).prop_map(|files| {
        let files = files.into_iter().map(|(name, file)| {
            let path = TreePath::new(name.as_bytes().to_vec());
            (path.expect("a path"), file)
        });
        let settled_before = FileTime {
            seconds: 9,
            nanos: 9,
        };
        let taken = Taken {
            at: Timestamp::from_millis(9),
            settled_before,
        };
        let mut bytes = Vec::new();
        let manifest = Manifest::new(taken, files.collect());
        manifest.write_to(&mut bytes).expect("memory takes it");
        bytes
    })
}

fn file() -> impl Strategy<Value = File> + Clone {
    let kind = select(vec![Kind::File, Kind::Symlink, Kind::Other]);
    let time = (any::<i64>(), 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| FileTime { seconds, nanos });
    let identity = option::of((any::<u64>(), time.clone()));
    let content = option::of(0..3_u8);
    let file = (kind, any::<u64>(), 0..0o10000_u32, time, identity, content);
    file.prop_map(|(kind, size, mode, modified, identity, content)| File {
        kind,
        size,
        mode,
        modified,
        identity: identity.map(|(inode, changed)| Identity { inode, changed }),
        content: content.map(|byte| ContentHash::of(&[byte])),
    })
}

/// Takes the blocks of a manifest apart, for `files::sealed_blocks`.
fn bodies_of(manifest: &[u8]) -> Vec<u8> {
    let mut rest = &manifest[12..];
    let mut bodies = Vec::new();
    while let Some((head, after)) = rest.split_at_checked(20) {
        let length = u16::from_le_bytes([head[0], head[1]]);
        let (body, after) = after.split_at(usize::from(length));
        bodies.extend(length.to_le_bytes());
        bodies.extend(body);
        rest = after;
    }
    bodies
}

/// A journal as it is written; or its lines without checksums, damaged, to be given right ones.
pub(crate) fn journal() -> BoxedStrategy<Vec<u8>> {
    let whole = damaged(written_journal()).prop_map(|bytes| [&[0], &bytes[..]].concat());
    let lines = written_journal().prop_map(|bytes| lines_of(&bytes));
    let sealed = damaged(lines).prop_map(|bytes| [&[1], &bytes[..]].concat());
    prop_oneof![1 => whole, 3 => sealed].boxed()
}

fn written_journal() -> impl Strategy<Value = Vec<u8>> + Clone {
    let records = select(vec!["r-1", "r-2"]);
    let steps = vec((event(), records, any::<u64>(), 0..2_u64), 0..8);
    steps.prop_map(|steps| {
        let mut epoch = 1;
        let lines = steps.into_iter().zip(1..).flat_map(|(step, seq)| {
            let (event, record, at, more) = step;
            epoch += more;
            let entry = Entry {
                seq,
                at: Timestamp::from_millis(at),
                epoch: FencingToken::try_from(epoch).expect("a small one"),
                record: record.parse().expect("a record's id"),
                event,
            };
            entry.to_line()
        });
        lines.collect()
    })
}

fn origin() -> Origin {
    Origin {
        place: Place {
            machine: None,
            boot: Some("b".to_owned()),
            host: "h".to_owned(),
        },
        state: None,
        user: "u".to_owned(),
    }
}

fn event() -> impl Strategy<Value = Event> + Clone {
    select(vec![
        Event::Opened(Opened {
            session: "s-1".parse().expect("a session's id"),
            origin: origin(),
            agent: None,
            mode: Mode::Shell,
        }),
        Event::Started(Started {
            generation: Generation::from_bytes([7; 16]),
            started_at: Timestamp::from_millis(7),
        }),
        Event::Adopted(Adopted { origin: origin() }),
        Event::Baseline(Baseline::Taken { files: 2 }),
        Event::Ended(Ended {
            outcome: ExitOutcome::Signaled { signal: 9 },
            ended_at: None,
            reason: EndReason::Stopped,
            detected: Detected::Looked,
        }),
        Event::Changed(Changes::Unknown { why: String::new() }),
        Event::Finalized,
        Event::Abandoned,
    ])
}

/// Takes the checksum off each line, for `files::sealed_lines`.
fn lines_of(journal: &[u8]) -> Vec<u8> {
    let before = b"{\"sum\":\"0123456789abcdef\",".len();
    let lines = journal.split_inclusive(|byte| *byte == b'\n');
    lines.flat_map(|line| &line[before..]).copied().collect()
}
