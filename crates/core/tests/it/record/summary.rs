//! The view of one record, and its closing.

use std::time::Duration;

use abide_core::{
    clock::Timestamp,
    manifest::{Diff, Entry as File, FileTime, Identity, Kind, Manifest, Taken, TreePath},
    record::{
        Adopted, Baseline, Changes, Closing, Entry, Event, FileChange, Files, HowChanged,
        Ownership, Replay, Summary,
        changes::{MAX_LISTED, MAX_LISTED_BYTES},
        summaries,
    },
};
use proptest::prelude::*;

use super::fixture::{
    adopted, changes, closing, ended, entry, every_event, journals, opened, origin, record,
    started, written,
};

fn numbered(events: Vec<Event>) -> Vec<Entry> {
    events
        .into_iter()
        .zip(1..)
        .map(|(event, seq)| entry(seq, event))
        .collect()
}

fn only(entries: &[Entry]) -> Summary {
    let mut all = summaries(entries);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// proves M4
#[test]
fn a_summary_tells_who_what_when_how_and_what_changed() {
    let entries = numbered(every_event());
    let summary = only(&entries);
    assert_eq!(summary.opened.map(Event::Opened), Some(opened()));
    assert_eq!(summary.opened_at, entries[0].at);
    assert_eq!(
        summary.started_at,
        Some(Timestamp::from_millis(1_800_000_000_000))
    );
    assert_eq!(summary.ended, Some(ended(3)));
    assert_eq!(summary.changes, Some(changes()));
    assert_eq!(
        summary.ownership,
        Ownership::Adopted {
            at: entries[3].at,
            by: Adopted {
                origin: origin("there", "ben"),
            },
        }
    );
    let baseline = Baseline::Late {
        files: 12,
        why: "it was removed".to_owned(),
    };
    assert_eq!(summary.baseline, Some(baseline));
    assert_eq!(summary.finalized_at, Some(entries[7].at));
    assert_eq!(only(&entries).duration(), Some(Duration::from_secs(90)));
}

/// proves M4
#[test]
fn records_are_told_apart_and_one_without_its_beginning_is_there() {
    let mut entries = numbered(vec![started(), opened(), adopted()]);
    entries[1].record = record("r-2");
    let all = summaries(&entries);
    assert_eq!(all.len(), 2);
    assert_eq!((&all[0].record, &all[0].opened), (&record("r-1"), &None));
    assert!(matches!(all[0].ownership, Ownership::Adopted { .. }));
    assert_eq!(all[1].ownership, Ownership::Created);
    assert!(!all[1].is_complete());
    assert_eq!(all[1].duration(), None);
}

/// proves M4
#[test]
fn a_record_whose_session_was_never_started_is_left_out() {
    let mut entries = numbered(vec![opened(), opened(), Event::Abandoned]);
    entries[1].record = record("r-2");
    entries[2].record = record("r-2");
    let all = summaries(&entries);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].record, record("r-1"));
    let was_started = numbered(vec![opened(), Event::Abandoned, started()]);
    assert!(!only(&was_started).is_complete(), "somebody was mistaken");
}

/// proves M3
#[test]
fn closing_after_a_crash_at_any_byte_adds_what_is_missing_and_nothing_else() {
    let whole = numbered(vec![
        opened(),
        started(),
        Event::Ended(ended(0)),
        Event::Changed(changes()),
        Event::Finalized,
    ]);
    let bytes = written(&whole);
    for cut in whole[0].to_line().len()..=bytes.len() {
        let replay = Replay::read(&bytes[..cut]).unwrap();
        let mut entries = replay.entries().to_vec();
        let later = Closing {
            ended: ended(1),
            changes: Changes::Unknown {
                why: "the second look".to_owned(),
            },
        };
        let kept = only(&entries).ended.is_some();
        let missing = only(&entries).missing(later.clone());
        entries.extend(
            missing
                .into_iter()
                .zip(replay.next_seq()..)
                .map(|(event, seq)| entry(seq, event)),
        );
        let closed = only(&entries);
        assert!(closed.is_complete(), "cut at {cut}");
        // What was written stays.
        assert_eq!(closed.ended, Some(ended(if kept { 0 } else { 1 })));
        assert_eq!(closed.missing(later), []);
        let count =
            |wanted: fn(&Event) -> bool| entries.iter().filter(|one| wanted(&one.event)).count();
        assert_eq!(count(|event| matches!(event, Event::Ended(_))), 1);
        assert_eq!(count(|event| matches!(event, Event::Changed(_))), 1);
        assert_eq!(count(|event| matches!(event, Event::Finalized)), 1);
    }
}

proptest! {
    /// proves M3
    #[test]
    fn any_record_can_be_closed_and_then_nothing_is_missing(entries in journals()) {
        for summary in summaries(&entries) {
            let mut events: Vec<_> = entries.iter().filter(|one| one.record == summary.record).cloned().collect();
            let missing = summary.missing(closing(9));
            events.extend(missing.into_iter().map(|event| Entry { record: summary.record.clone(), ..entry(99, event) }));
            let closed = only(&events);
            prop_assert!(closed.is_complete());
            prop_assert!(closed.missing(closing(8)).is_empty());
            if !summary.is_complete() {
                prop_assert!(closed.ended.is_some() && closed.changes.is_some());
            }
        }
    }
}

/// proves M4
#[test]
fn a_record_lists_the_first_files_and_counts_all() {
    let path = |number: usize| TreePath::new(format!("{number:06}").into_bytes()).unwrap();
    let diff = added((0..MAX_LISTED + 5).map(path));
    let listed = Files::of(&diff);
    assert_eq!(listed.counts.added, MAX_LISTED as u64 + 5);
    assert_eq!(listed.counts.all(), listed.counts.added);
    assert_eq!(listed.files.len(), MAX_LISTED);
    let first = FileChange {
        path: path(0),
        how: HowChanged::Added,
        from: None,
    };
    assert_eq!(listed.files[0], first);
}

/// proves M4
#[test]
fn names_that_are_long_are_listed_as_far_as_one_line_takes_them_and_counted_beyond() {
    let path = |number: usize| {
        let name = format!("{number:06}{}", "\u{1}".repeat(4_000));
        TreePath::new(name.into_bytes()).unwrap()
    };
    let diff = added((0..1_000).map(path));
    let listed = Files::of(&diff);
    assert_eq!(listed.counts.added, 1_000);
    let names = serde_json::to_vec(&listed.files).unwrap();
    assert!(names.len() <= MAX_LISTED_BYTES + 1, "{}", names.len());
    let longest = names.len() / listed.files.len();
    assert!(MAX_LISTED_BYTES < names.len() + longest, "{}", names.len());
    let line = entry(1, Event::Changed(Changes::Known(listed))).to_line();
    assert!(line.len() < MAX_LISTED_BYTES + 1_000, "{}", line.len());
    assert_eq!(Files::all_of(&diff).files.len(), 1_000);
}

/// What a diff says of files that are new.
fn added(paths: impl Iterator<Item = TreePath>) -> Diff {
    let taken = Taken {
        at: Timestamp::from_millis(0),
        settled_before: FileTime::default(),
    };
    let file = File {
        kind: Kind::File,
        size: 1,
        mode: 0,
        modified: FileTime::default(),
        identity: None::<Identity>,
        content: None,
    };
    let files = paths.map(|path| (path, file.clone()));
    let after = Manifest::new(taken, files.collect());
    Manifest::new(taken, Vec::new()).diff(&after)
}
