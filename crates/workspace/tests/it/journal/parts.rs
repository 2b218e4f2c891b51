//! A journal that becomes long: it is put aside whole, and nothing of it is lost.

use std::{fs, io::Write as _, path::PathBuf};

use abide_core::{
    clock::Timestamp,
    record::{Changes, Entry, Event, Replay, summaries},
};
use abide_workspace::{
    desk::{OwnDir, Records, read_summaries},
    journal::{
        JOURNAL_FILE, Journal, JournalError, MAX_JOURNAL_BYTES, ROTATE_BYTES, ROTATE_ENTRIES,
        Writer,
    },
};
use tempfile::TempDir;

use super::{opened, writer};

/// A record of this length, in bytes.
fn long(bytes: usize) -> Event {
    Event::Changed(Changes::Unknown {
        why: "x".repeat(bytes),
    })
}

fn site() -> (TempDir, OwnDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let own = OwnDir::prepare(root.path()).unwrap();
    let path = own.path().join(JOURNAL_FILE);
    (root, own, path)
}

fn append(path: &std::path::Path, record: &str, events: Vec<Event>) -> Result<(), JournalError> {
    let writer = Writer {
        record: record.parse().unwrap(),
        ..writer(3)
    };
    Journal::open(path)?.append(&writer, events)
}

/// Each record, and whether it is complete. Nothing may be wrong.
fn read(own: &OwnDir) -> Vec<(String, bool)> {
    let Records {
        summaries, damage, ..
    } = read_summaries(own).unwrap();
    assert_eq!(damage, []);
    let each = summaries.iter();
    each.map(|one| (one.record.to_string(), one.is_complete()))
        .collect()
}

/// A megabyte less than what makes it be put aside, in an open record and some that are complete.
fn nearly_long(path: &std::path::Path) -> Vec<(String, bool)> {
    let mib = 1024 * 1024;
    append(path, "open", vec![opened()]).unwrap();
    let mut expected = vec![("open".to_owned(), false)];
    for number in 1..ROTATE_BYTES / mib {
        let record = format!("r-{number}");
        let mib = usize::try_from(mib).unwrap();
        append(path, &record, vec![opened(), long(mib), Event::Finalized]).unwrap();
        expected.push((record, true));
    }
    expected
}

/// proves M3
#[test]
fn a_long_journal_is_put_aside_with_every_record_and_goes_on_with_those_that_are_open() {
    let (_root, own, path) = site();
    let mut expected = nearly_long(&path);
    for round in 1..=2 {
        let last = format!("last-{round}");
        append(
            &path,
            &last,
            vec![opened(), long(2 * 1024 * 1024), Event::Finalized],
        )
        .unwrap();
        expected.push((last.clone(), true));
        assert!(ROTATE_BYTES < fs::metadata(&path).unwrap().len());
        assert_eq!(read(&own), expected);
        let journal = Journal::open(&path).unwrap();
        assert!(own.path().join(format!("journal.{round}.jsonl")).exists());
        assert!(fs::metadata(&path).unwrap().len() < ROTATE_BYTES / 2);
        assert_eq!(journal.floor(), writer(3).epoch, "the token is carried on");
        let carried = summaries(journal.found().entries());
        let carried: Vec<_> = carried.iter().map(|one| one.record.to_string()).collect();
        assert_eq!(carried, ["open".to_owned(), last]);
        assert_eq!(read(&own), expected);
        for number in 0..ROTATE_BYTES / 1024 / 1024 - 3 {
            let record = format!("again-{round}-{number}");
            append(
                &path,
                &record,
                vec![opened(), long(1024 * 1024), Event::Finalized],
            )
            .unwrap();
            expected.push((record, true));
        }
    }
    append(&path, "open", vec![Event::Finalized]).unwrap();
    expected[0].1 = true;
    assert_eq!(read(&own), expected);
    let contents = own.contents().unwrap();
    assert_eq!(contents.others, [] as [PathBuf; 0]);
    own.remove().unwrap();
    assert!(!own.path().exists());
}

/// proves M3
#[test]
fn a_journal_of_many_short_records_is_put_aside_too_unless_most_of_them_are_open() {
    for (is_open, is_put_aside) in [(false, true), (true, false)] {
        let (_root, own, path) = site();
        let mut journal = Journal::open(&path).unwrap();
        for number in 0..=ROTATE_ENTRIES / 2 {
            let writer = Writer {
                record: format!("r-{number}").parse().unwrap(),
                ..writer(3)
            };
            let last = match is_open {
                true => Event::Changed(Changes::Unknown { why: String::new() }),
                false => Event::Finalized,
            };
            journal.append_soon(&writer, vec![opened(), last]).unwrap();
        }
        drop(journal);
        drop(Journal::open(&path).unwrap());
        let part = own.path().join("journal.1.jsonl");
        assert_eq!(part.exists(), is_put_aside);
        assert_eq!(read(&own).len(), ROTATE_ENTRIES / 2 + 1);
    }
}

/// proves M3
#[test]
fn putting_aside_that_is_cut_off_goes_on_and_leaves_nothing_twice() {
    let (_root, own, path) = site();
    let mut expected = nearly_long(&path);
    append(&path, "last", vec![long(2 * 1024 * 1024), Event::Finalized]).unwrap();
    expected.push(("last".to_owned(), true));
    let whole = fs::read(&path).unwrap();
    drop(Journal::open(&path).unwrap());
    // As it was between both steps.
    fs::write(&path, &whole).unwrap();
    assert_eq!(read(&own), expected);
    drop(Journal::open(&path).unwrap());
    assert_eq!(read(&own), expected);
    assert_eq!(fs::read(own.path().join("journal.1.jsonl")).unwrap(), whole);
    // The second step failed, and the journal was written to all the same.
    let mut longer = whole;
    let entry = Entry {
        seq: Replay::read(&longer).unwrap().next_seq(),
        at: Timestamp::from_millis(1),
        epoch: writer(3).epoch,
        record: "late".parse().unwrap(),
        event: opened(),
    };
    longer.extend(entry.to_line());
    fs::write(&path, &longer).unwrap();
    expected.push(("late".to_owned(), false));
    drop(Journal::open(&path).unwrap());
    assert_eq!(read(&own), expected);
    let part = fs::read(own.path().join("journal.1.jsonl")).unwrap();
    assert_eq!(part, longer);
    assert!(!own.path().join("journal.2.jsonl").exists());
    assert!(fs::metadata(&path).unwrap().len() < ROTATE_BYTES / 2);
}

/// proves M3, M5
#[test]
fn a_journal_that_cannot_be_put_aside_is_full_before_it_is_too_long_to_be_read() {
    let (_root, own, path) = site();
    // What is open is too much to go on with, so that nothing would be gained.
    append(&path, "open", vec![opened(), long(5 * 1024 * 1024)]).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let filler = MAX_JOURNAL_BYTES - file.metadata().unwrap().len() - 100;
    let mut filler = vec![b'x'; usize::try_from(filler).unwrap()];
    filler.push(b'\n');
    file.write_all(&filler).unwrap();
    let before = file.metadata().unwrap().len();
    let full = append(&path, "more", vec![opened()]).unwrap_err();
    assert!(matches!(full, JournalError::Full { .. }), "{full}");
    let hint = full.hint().unwrap();
    assert!(hint.contains(path.to_str().unwrap()), "{hint}");
    assert_eq!(fs::metadata(&path).unwrap().len(), before);
    let records = read_summaries(&own).unwrap();
    assert_eq!((records.summaries.len(), records.damage.len()), (1, 1));
}
