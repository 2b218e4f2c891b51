//! Segments on a real file system.

use abide_core::{probe::NoProbe, replay::Offset, size::TermSize};

use super::*;

fn checkpoint() -> Record {
    Record::Checkpoint {
        offset: Offset::START,
        size: TermSize::DEFAULT,
        state: Vec::new(),
    }
}

/// proves O20
#[test]
fn a_segment_that_cannot_be_made_leaves_the_one_before_it_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal");
    let mut segments = Segments::new(journal.clone(), Generation::random(), Arc::new(NoProbe));
    assert!(segments.append(&[]).is_err());
    segments.begin(&checkpoint()).unwrap();
    // In the way of the next one's name, and cannot be replaced by a file.
    let in_the_way = journal.join(segment_name(2));
    fs::create_dir(&in_the_way).unwrap();
    assert!(segments.begin(&checkpoint()).is_err());
    assert!(segments.append(&[]).is_err());
    assert_eq!(names(&journal), [segment_name(1), segment_name(2)]);
    fs::remove_dir(&in_the_way).unwrap();
    segments.begin(&checkpoint()).unwrap();
    segments.append(&[]).unwrap();
    assert_eq!(names(&journal), [segment_name(3)]);
}

/// proves O20
#[test]
fn what_a_killed_owner_left_unfinished_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal");
    sys::files::create_private_dir(&journal).unwrap();
    for name in ["0000000000000001.new", "0000000000000009.new"] {
        fs::write(journal.join(name), "half").unwrap();
    }
    let mut segments = Segments::new(journal.clone(), Generation::random(), Arc::new(NoProbe));
    segments.begin(&checkpoint()).unwrap();
    assert_eq!(names(&journal), [segment_name(1)]);
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// proves R2
#[test]
fn what_a_later_owner_of_the_same_start_writes_is_newer_than_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal");
    let generation = Generation::random();
    let segments = || Segments::new(journal.clone(), generation, Arc::new(NoProbe));
    let mut former = segments();
    for _ in 0..3 {
        former.begin(&checkpoint()).unwrap();
    }
    assert_eq!(names(&journal), [segment_name(3)]);
    let mut later = segments();
    later.begin(&checkpoint()).unwrap();
    assert_eq!(names(&journal), [segment_name(4)]);
}
