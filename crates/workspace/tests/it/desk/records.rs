//! Records from their opening to their end, and their adoption.

use std::fs;

use abide_core::record::{Baseline, Changes, Detected, Ownership, Summary};
use abide_testkit::clock::ManualClock;
use abide_workspace::{
    desk::{
        Closed, Held, HeldError, Measured, ReadBaselineError, list_files, read_baseline,
        read_summaries,
    },
    journal::ROTATE_ENTRIES,
};

use super::fixture::{Site, closed, generation, live, new_record, started};

fn take_baseline(held: &Held, record: &abide_core::id::RecordId) -> Baseline {
    let now = held.tools().timepiece.moment().now;
    let manifest = list_files(held.dir().root(), now).unwrap();
    held.put_baseline(record, &Measured::Taken(&manifest))
        .unwrap()
}

fn all(site: &Site) -> Vec<Summary> {
    let records = read_summaries(&site.dir()).unwrap();
    assert_eq!(records.damage, []);
    records.summaries
}

/// What is known to have changed, as `path how`.
pub(super) fn changed(summary: &Summary) -> Vec<String> {
    match summary.changes.as_ref().unwrap() {
        Changes::Unknown { why } => vec![format!("unknown: {why}")],
        Changes::Known(files) => files
            .files
            .iter()
            .map(|file| {
                let how = serde_json::to_value(file.how).unwrap();
                format!("{} {}", file.path, how["how"].as_str().unwrap())
            })
            .collect(),
    }
}

/// proves M4
#[test]
fn a_record_tells_of_a_session_from_its_start_to_its_end_and_what_it_changed() {
    let site = Site::new();
    let held = site.claim(1);
    let record = held.open_record(&new_record("s-1")).unwrap();
    assert_eq!(take_baseline(&held, &record), Baseline::Taken { files: 2 });
    held.note_started(&record, started(5)).unwrap();
    held.note_started(&record, started(6)).unwrap();
    fs::write(site.path().join("one"), "changed").unwrap();
    fs::write(site.path().join("three"), "3").unwrap();
    fs::remove_file(site.path().join("two")).unwrap();
    let summary = held.close_record(&record, &closed(Detected::Told)).unwrap();
    assert!(summary.is_complete());
    assert_eq!(
        changed(&summary),
        ["one modified", "three added", "two removed"]
    );
    assert_eq!(summary.generation, Some(generation(5)), "the first counts");
    assert_eq!(summary.duration().unwrap().as_secs(), 8);
    assert_eq!(all(&site), std::slice::from_ref(&summary));
    let missing = read_baseline(&site.dir(), &record).unwrap_err();
    assert!(
        matches!(missing, ReadBaselineError::Missing { .. }),
        "{missing}"
    );
    let view: serde_json::Value =
        serde_json::from_slice(&fs::read(site.own("summary.json")).unwrap()).unwrap();
    assert_eq!(view["schema"], 1);
    assert_eq!(view["record"], record.as_str());
}

/// proves M3
#[test]
fn closing_a_complete_record_again_changes_nothing() {
    let site = Site::new();
    let held = site.claim(1);
    let first = held.open_record(&new_record("s-1")).unwrap();
    let second = held.open_record(&new_record("s-2")).unwrap();
    let once = held.close_record(&first, &closed(Detected::Told)).unwrap();
    held.close_record(&second, &closed(Detected::Told)).unwrap();
    let journal = fs::read(site.own("journal.jsonl")).unwrap();
    let view = fs::read(site.own("summary.json")).unwrap();
    let again = held
        .close_record(&first, &closed(Detected::AtAdoption))
        .unwrap();
    assert_eq!(again, once);
    assert_eq!(fs::read(site.own("journal.jsonl")).unwrap(), journal);
    assert_eq!(fs::read(site.own("summary.json")).unwrap(), view);
    let unknown = "r-unknown".parse().unwrap();
    let refused = held.close_record(&unknown, &closed(Detected::Told));
    assert!(matches!(refused, Err(HeldError::NoRecord { .. })));
}

#[test]
fn a_record_whose_session_was_never_started_is_in_no_view() {
    let site = Site::new();
    let held = site.claim(1);
    let record = held.open_record(&new_record("s-1")).unwrap();
    take_baseline(&held, &record);
    held.abandon_record(&record).unwrap();
    held.abandon_record(&record).unwrap();
    assert_eq!(all(&site), []);
    assert!(!site.own("baselines").join(record.as_str()).exists());
    assert_eq!(held.adopt_records(&[]).unwrap().over, []);
}

/// proves L7
#[test]
fn an_adopted_record_keeps_its_baseline_and_says_by_whom_and_when_it_was_adopted() {
    let site = Site::new();
    let first = site.claim(1);
    let record = first.open_record(&new_record("s-1")).unwrap();
    take_baseline(&first, &record);
    first.note_started(&record, started(5)).unwrap();
    drop(first);
    fs::write(site.path().join("one"), "changed before").unwrap();
    site.advance(10);
    let second = site.claim(2);
    let adoption = second.adopt_records(&[live("s-1", 5)]).unwrap();
    assert_eq!(adoption.over, []);
    let [found] = &adoption.going_on[..] else {
        panic!("{adoption:?}");
    };
    assert_eq!((&found.record, &found.needs_baseline), (&record, &None));
    let again = second.adopt_records(&[live("s-1", 5)]).unwrap();
    assert_eq!(again, adoption);
    let summary = second
        .close_record(&record, &closed(Detected::Told))
        .unwrap();
    assert_eq!(changed(&summary), ["one modified"]);
    assert_eq!(summary.baseline, Some(Baseline::Kept { files: 2 }));
    let Ownership::Adopted { at, by } = &summary.ownership else {
        panic!("{summary:?}");
    };
    assert_eq!(at.as_millis(), ManualClock::START_MILLIS + 10_000);
    assert_eq!(by.origin.place.host, "here");
    let text = fs::read_to_string(site.own("journal.jsonl")).unwrap();
    assert_eq!(text.matches(r#""event":"adopted""#).count(), 1);
}

/// proves L7
/// proves M5
#[test]
fn a_baseline_that_is_gone_or_damaged_is_taken_anew_and_stays_late() {
    for damage in [None, Some(&b"abidemft garbage"[..])] {
        let site = Site::new();
        let first = site.claim(1);
        let record = first.open_record(&new_record("s-1")).unwrap();
        take_baseline(&first, &record);
        first.note_started(&record, started(5)).unwrap();
        drop(first);
        let path = site.own("baselines").join(record.as_str());
        match damage {
            None => fs::remove_file(path).unwrap(),
            Some(bytes) => fs::write(path, bytes).unwrap(),
        }
        let second = site.claim(2);
        let mut found = second.adopt_records(&[live("s-1", 5)]).unwrap().going_on;
        let why = found.remove(0).needs_baseline.expect("there is none");
        let now = second.tools().timepiece.moment().now;
        let manifest = list_files(site.path(), now).unwrap();
        let late = Measured::Late {
            manifest: &manifest,
            why,
        };
        second.put_baseline(&record, &late).unwrap();
        drop(second);
        let third = site.claim(3);
        let found = third.adopt_records(&[live("s-1", 5)]).unwrap().going_on;
        assert_eq!(found[0].needs_baseline, None);
        let summary = third
            .close_record(&record, &closed(Detected::Told))
            .unwrap();
        assert!(
            matches!(summary.baseline, Some(Baseline::Late { files: 2, .. })),
            "{summary:?}"
        );
    }
}

/// proves M5
#[test]
fn a_record_without_a_readable_baseline_is_completed_and_says_that_changes_are_unknown() {
    let site = Site::new();
    let held = site.claim(1);
    let record = held.open_record(&new_record("s-1")).unwrap();
    take_baseline(&held, &record);
    fs::write(site.own("baselines").join(record.as_str()), "").unwrap();
    let summary = held.close_record(&record, &closed(Detected::Told)).unwrap();
    assert!(summary.is_complete());
    assert!(changed(&summary)[0].starts_with("unknown: the list of files from before"));
    let other = held.open_record(&new_record("s-2")).unwrap();
    let why = "too many".to_owned();
    held.put_baseline(&other, &Measured::Unknown { why })
        .unwrap();
    let summary = held.close_record(&other, &closed(Detected::Told)).unwrap();
    assert_eq!(changed(&summary), ["unknown: too many"]);
}

/// proves L7
#[test]
fn each_live_session_has_one_record_after_an_adoption_and_the_others_are_over() {
    let site = Site::new();
    let first = site.claim(1);
    let noted = first.open_record(&new_record("s-1")).unwrap();
    first.note_started(&noted, started(1)).unwrap();
    let unnoted = first.open_record(&new_record("s-2")).unwrap();
    let ended = first.open_record(&new_record("s-3")).unwrap();
    first.note_started(&ended, started(3)).unwrap();
    let earlier_start = first.open_record(&new_record("s-4")).unwrap();
    first.note_started(&earlier_start, started(4)).unwrap();
    drop(first);
    site.advance(600);
    let second = site.claim(2);
    // Opened after the sessions began that run, so that it is of none of them.
    let too_late = second.open_record(&new_record("s-1")).unwrap();
    let running = [
        live("s-1", 1),
        live("s-2", 2),
        live("s-4", 44),
        live("s-5", 5),
    ];
    let adoption = second.adopt_records(&running).unwrap();
    let records: Vec<_> = adoption.going_on.iter().map(|one| &one.record).collect();
    assert_eq!(records[..2], [&noted, &unnoted]);
    assert!(records[2] != &earlier_start, "another start");
    let over: Vec<_> = adoption.over.iter().map(|one| &one.record).collect();
    assert_eq!(over, [&ended, &earlier_start, &too_late]);
    let again = second.adopt_records(&running).unwrap();
    let same: Vec<_> = again.going_on.iter().map(|one| &one.record).collect();
    assert_eq!(same, records, "a second time begins no record");
    let open = all(&site).into_iter().filter(|one| !one.is_complete());
    assert_eq!(open.count(), 7);
}

/// proves M4
#[test]
fn an_end_that_is_found_with_its_start_notes_both() {
    let site = Site::new();
    let held = site.claim(1);
    let record = held.open_record(&new_record("s-1")).unwrap();
    let over = Closed {
        started: Some(started(9)),
        ..closed(Detected::AtAdoption)
    };
    let summary = held.close_record(&record, &over).unwrap();
    assert_eq!(summary.generation, Some(generation(9)));
    assert!(changed(&summary)[0].starts_with("unknown: no list of files"));
}

/// proves M3
#[test]
fn a_record_that_was_completed_and_put_aside_stays_complete_and_one_that_is_gone_is_an_error() {
    let site = Site::new();
    let held = site.claim(1);
    let record = held.open_record(&new_record("s-1")).unwrap();
    take_baseline(&held, &record);
    held.note_started(&record, started(5)).unwrap();
    let end = closed(Detected::Told);
    let summary = held.close_record(&record, &end).unwrap();
    for number in 0..=ROTATE_ENTRIES / 2 {
        let other = held
            .open_record(&new_record(&format!("o-{number}")))
            .unwrap();
        held.abandon_record(&other).unwrap();
    }
    let is_in = |path: &str| {
        fs::read_to_string(site.own(path))
            .unwrap()
            .contains(record.as_str())
    };
    assert!(is_in("journal.1.jsonl") && !is_in("journal.jsonl"));
    assert_eq!(held.close_record(&record, &end).unwrap(), summary);
    fs::remove_file(site.own("journal.1.jsonl")).unwrap();
    let gone = held.close_record(&record, &end).unwrap_err();
    assert!(matches!(gone, HeldError::NoRecord { .. }), "{gone}");
}
