//! The journal on real files: whole, torn, damaged, superseded, and on disks that refuse.

#[cfg(target_os = "linux")]
mod disks;
mod parts;

use std::{fs, path::PathBuf};

use abide_core::{
    clock::Timestamp,
    lease::{FencingToken, Mode, Place},
    record::{Event, Opened, Origin, summaries},
};
use abide_workspace::journal::{JOURNAL_FILE, Journal, JournalError, Writer};
use tempfile::TempDir;

pub(crate) fn writer(epoch: u64) -> Writer {
    Writer {
        record: "r-1".parse().unwrap(),
        epoch: FencingToken::try_from(epoch).unwrap(),
        at: Timestamp::from_millis(1_800_000_000_000),
    }
}

pub(crate) fn opened() -> Event {
    Event::Opened(Opened {
        session: "s-1".parse().unwrap(),
        origin: Origin {
            place: Place {
                machine: None,
                boot: None,
                host: "here".to_owned(),
            },
            state: None,
            user: "anna".to_owned(),
        },
        agent: None,
        mode: Mode::Shell,
    })
}

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(JOURNAL_FILE);
    (dir, path)
}

/// proves M3
#[test]
fn what_was_appended_is_there_when_it_is_opened_again() {
    let (_dir, path) = place();
    assert_eq!(Journal::read(&path).unwrap().entries(), []);
    assert!(!path.exists(), "a look makes no file");
    let mut journal = Journal::open(&path).unwrap();
    journal.append(&writer(1), vec![opened()]).unwrap();
    journal.append(&writer(2), vec![Event::Finalized]).unwrap();
    assert_eq!(journal.floor(), writer(2).epoch);
    let again = Journal::open(&path).unwrap();
    assert_eq!(again.found(), &Journal::read(&path).unwrap());
    assert_eq!(again.found().damage(), []);
    assert_eq!(again.floor(), writer(2).epoch);
    let all = summaries(again.found().entries());
    assert!(all.len() == 1 && all[0].is_complete());
}

/// proves M3
#[test]
fn a_line_torn_at_any_byte_is_cut_off_and_the_next_one_is_whole() {
    let (_dir, path) = place();
    let mut journal = Journal::open(&path).unwrap();
    journal.append(&writer(1), vec![opened()]).unwrap();
    let first = fs::read(&path).unwrap().len();
    journal.append(&writer(1), vec![opened()]).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in first..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let torn = Journal::read(&path).unwrap();
        assert_eq!(torn.entries().len(), 1);
        assert_eq!(
            fs::read(&path).unwrap(),
            whole[..length],
            "a look repairs nothing"
        );
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole[..first]);
        journal.append(&writer(1), vec![Event::Finalized]).unwrap();
        let replay = Journal::read(&path).unwrap();
        assert_eq!((replay.entries().len(), replay.damage()), (2, &[][..]));
    }
}

/// proves M3
#[test]
fn damage_in_the_middle_is_shown_and_stays() {
    let (_dir, path) = place();
    let mut journal = Journal::open(&path).unwrap();
    journal
        .append(&writer(1), vec![opened(), opened(), Event::Finalized])
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let mut journal = Journal::open(&path).unwrap();
    assert_eq!(journal.found().damage().len(), 1);
    assert_eq!(fs::read(&path).unwrap(), bytes);
    journal.append(&writer(1), vec![Event::Finalized]).unwrap();
    let replay = Journal::read(&path).unwrap();
    assert_eq!((replay.entries().len(), replay.damage().len()), (3, 1));
}

/// proves L8
#[test]
fn a_superseded_keeper_changes_no_byte() {
    let (_dir, path) = place();
    let mut old = Journal::open(&path).unwrap();
    old.append(&writer(1), vec![opened()]).unwrap();
    let mut new = Journal::open(&path).unwrap();
    new.append(&writer(2), vec![opened()]).unwrap();
    let bytes = fs::read(&path).unwrap();
    let err = old.append(&writer(1), vec![Event::Finalized]).unwrap_err();
    assert!(matches!(err, JournalError::Changed { .. }), "{err}");
    let mut reopened = Journal::open(&path).unwrap();
    let err = reopened
        .append(&writer(1), vec![Event::Finalized])
        .unwrap_err();
    assert!(matches!(err, JournalError::Superseded { .. }), "{err}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

/// proves M5
#[test]
fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing").join(JOURNAL_FILE);
    let err = Journal::open(&path).unwrap_err();
    assert!(matches!(err, JournalError::Write { .. }), "{err}");
    assert_eq!(
        err.to_string(),
        format!("cannot write to the journal `{}`", path.display())
    );
    assert!(err.hint().unwrap().contains("the next entry completes"));
    let err = Journal::read(dir.path()).unwrap_err();
    assert!(matches!(err, JournalError::Read { .. }), "{err}");
}
