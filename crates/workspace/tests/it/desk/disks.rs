//! Disks that are full or read-only: an error, nothing half-written, and completed afterwards.

use std::{fs, io::Write as _, path::Path, sync::Arc};

use abide_core::{lease::LeaseState, probe::NoProbe, record::Detected};
use abide_testkit::namespaces::{Mounted, Namespaces, is_alone};
use abide_workspace::desk::{
    ClaimError, Desk, LOCK_PATIENCE, Measured, OwnDir, list_files, read_summaries,
};

use super::{
    fixture::{Times, closed, desk_at, here, new_record, started, wanted},
    records::changed,
};

fn desk(root: &Path, pid: u32) -> Desk {
    let times = Arc::<Times>::default();
    let here = here("here", pid);
    desk_at(root, &times, here, Arc::new(NoProbe), LOCK_PATIENCE)
}

fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
}

/// Names of files that were being written.
fn unfinished(dir: &OwnDir) -> usize {
    let contents = dir.contents().unwrap();
    let is_new = |name: &&std::path::PathBuf| name.extension().is_some_and(|end| end == "new");
    contents.own.iter().filter(is_new).count()
}

/// proves M5
#[test]
fn a_full_disk_is_an_error_at_each_step_and_the_record_is_completed_once_there_is_room() {
    let name = "desk::disks::a_full_disk_is_an_error_at_each_step_and_the_record_is_completed_once_there_is_room";
    if !is_alone(name, Namespaces::Mounts) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let _disk = Mounted::new("tmpfs", "size=1m", dir.path());
    fs::write(dir.path().join("one"), "1").unwrap();
    let filler = dir.path().join("filler");
    let first = desk(dir.path(), 1).claim(wanted()).unwrap();
    let record = first.open_record(&new_record("s-1")).unwrap();
    let now = first.tools().timepiece.moment().now;
    let manifest = list_files(dir.path(), now).unwrap();
    first
        .put_baseline(&record, &Measured::Taken(&manifest))
        .unwrap();
    first.note_started(&record, started(5)).unwrap();
    fs::write(dir.path().join("one"), "changed").unwrap();
    // A page of it has room left: what is refused is what needs another.
    let journal = dir.path().join(".abide/journal.jsonl");
    let bytes = fs::read(&journal).unwrap();
    fill(&filler);
    let long = "s-".to_owned() + &"x".repeat(38);
    let mut refused = 0;
    while first.open_record(&new_record(&long)).is_ok() {
        refused += 1;
        assert!(refused < 10_000, "the disk never is full");
    }
    let journal_then = fs::read(&journal).unwrap();
    assert!(bytes.len() <= journal_then.len());
    assert!(first.renew(None).is_err());
    assert!(
        first
            .put_baseline(&record, &Measured::Taken(&manifest))
            .is_err()
    );
    let err = first.close_record(&record, &closed(Detected::Told));
    assert!(err.is_err(), "{err:?}");
    assert_eq!(unfinished(first.dir()), 0);
    drop(first);
    let err = desk(dir.path(), 2).claim(wanted()).unwrap_err();
    assert!(matches!(err, ClaimError::Write { .. }), "{err}");
    fs::remove_file(&filler).unwrap();
    let second = desk(dir.path(), 2).claim(wanted()).unwrap();
    for over in second.adopt_records(&[]).unwrap().over {
        match over.generation {
            Some(_) => {
                let closed = closed(Detected::AtAdoption);
                let summary = second.close_record(&over.record, &closed).unwrap();
                assert_eq!(changed(&summary), ["one modified"]);
            }
            None => second.abandon_record(&over.record).unwrap(),
        }
    }
    let records = read_summaries(second.dir()).unwrap();
    assert_eq!((records.summaries.len(), records.damage.len()), (1, 0));
}

/// proves M5
#[test]
fn a_read_only_disk_refuses_a_keeper_and_can_still_be_looked_at() {
    let name = "desk::disks::a_read_only_disk_refuses_a_keeper_and_can_still_be_looked_at";
    if !is_alone(name, Namespaces::Mounts) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let disk = Mounted::new("tmpfs", "size=1m", dir.path());
    let first = desk(dir.path(), 1).claim(wanted()).unwrap();
    let record = first.open_record(&new_record("s-1")).unwrap();
    first.note_started(&record, started(5)).unwrap();
    // What is held open to be written to keeps a disk from becoming read-only here.
    drop(first);
    disk.make_read_only();
    let look = desk(dir.path(), 2).look(std::time::Duration::ZERO);
    assert!(matches!(look, Ok(LeaseState::Stale { .. })), "{look:?}");
    let own = OwnDir::find(dir.path()).unwrap().expect("it was made");
    assert_eq!(read_summaries(&own).unwrap().summaries.len(), 1);
    let refused = desk(dir.path(), 2).claim(wanted()).unwrap_err();
    assert!(refused.hint().unwrap().contains("--no-record"), "{refused}");
    disk.make_writable();
    let second = desk(dir.path(), 2).claim(wanted()).unwrap();
    second
        .close_record(&record, &closed(Detected::AtAdoption))
        .unwrap();
}
