//! Disks that are full or read-only.

use std::{fs, io::Write as _, path::Path};

use abide_core::record::{Changes, Event};
use abide_testkit::namespaces::{Mounted, Namespaces, is_alone};
use abide_workspace::journal::{JOURNAL_FILE, Journal, JournalError};

use super::{opened, writer};

fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
}

fn long() -> Event {
    Event::Changed(Changes::Unknown {
        why: "long ".repeat(2_000),
    })
}

/// proves M5
#[test]
fn a_full_disk_is_an_error_leaves_no_half_line_and_costs_no_earlier_one() {
    let name =
        "journal::disks::a_full_disk_is_an_error_leaves_no_half_line_and_costs_no_earlier_one";
    if !is_alone(name, Namespaces::Mounts) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let _disk = Mounted::new("tmpfs", "size=64k", dir.path());
    let path = dir.path().join(JOURNAL_FILE);
    let mut journal = Journal::open(&path).unwrap();
    journal.append(&writer(1), vec![opened()]).unwrap();
    let before = fs::read(&path).unwrap();
    let filler = dir.path().join("filler");
    fill(&filler);
    for _ in 0..3 {
        let err = journal
            .append(&writer(1), vec![long(), Event::Finalized])
            .unwrap_err();
        assert!(matches!(err, JournalError::Write { .. }), "{err}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    fs::remove_file(&filler).unwrap();
    journal
        .append(&writer(1), vec![long(), Event::Finalized])
        .unwrap();
    let replay = Journal::read(&path).unwrap();
    assert_eq!((replay.entries().len(), replay.damage()), (3, &[][..]));
}

/// proves M5
#[test]
fn a_read_only_disk_is_an_error_and_the_journal_is_whole_once_it_can_be_written() {
    let name = "journal::disks::a_read_only_disk_is_an_error_and_the_journal_is_whole_once_it_can_be_written";
    if !is_alone(name, Namespaces::Mounts) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let disk = Mounted::new("tmpfs", "size=1m", dir.path());
    let path = dir.path().join(JOURNAL_FILE);
    Journal::open(&path)
        .unwrap()
        .append(&writer(1), vec![opened()])
        .unwrap();
    let before = fs::read(&path).unwrap();
    fs::write(&path, [&before[..], b"{\"torn"].concat()).unwrap();
    disk.make_read_only();
    let err = Journal::open(&path).unwrap_err();
    assert!(matches!(err, JournalError::Write { .. }), "{err}");
    assert_eq!(Journal::read(&path).unwrap().entries().len(), 1);
    disk.make_writable();
    let mut journal = Journal::open(&path).unwrap();
    journal.append(&writer(1), vec![Event::Finalized]).unwrap();
    let replay = Journal::read(&path).unwrap();
    assert_eq!((replay.entries().len(), replay.damage()), (2, &[][..]));
}
