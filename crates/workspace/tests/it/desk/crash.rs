//! Keepers that are killed: at each named point, and between any two bytes of a close.

use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use abide_core::{
    probe::{NoProbe, Probe},
    record::{Detected, Summary},
};
use abide_workspace::desk::{Held, HeldError, LOCK_PATIENCE, Measured, list_files, read_summaries};

use super::{
    fixture::{Site, Times, closed, desk_at, here, live, new_record, started, wanted},
    records::changed,
};

/// Kills its process at a point, as nobody can prevent.
#[derive(Debug)]
struct KillAt(String);

impl Probe for KillAt {
    fn reached(&self, point: &'static str) {
        if self.0 == point {
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, rustix::process::Signal::KILL).unwrap();
        }
    }
}

/// Says to a copy of a test where to work, and where to be killed.
const WORK_IN: &str = "ABIDE_TEST_WORK_IN";
const KILLED_AT: &str = "ABIDE_TEST_KILLED_AT";

/// Runs a copy of a test that is killed at a point; in the copy, returns the lease it claimed.
fn killed_copy(name: &str, root: &Path, point: &str) {
    let mut copy = Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", name, "--nocapture"]);
    copy.env(WORK_IN, root).env(KILLED_AT, point);
    let output = copy.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.signal(), Some(9), "at `{point}`: {text}");
}

fn in_copy(pid: u32) -> Option<Held> {
    let root = std::env::var_os(WORK_IN)?;
    let point = std::env::var(KILLED_AT).unwrap();
    let probe = Arc::new(KillAt(point));
    let times = Arc::<Times>::default();
    let desk = desk_at(
        root.as_ref(),
        &times,
        here("here", pid),
        probe,
        LOCK_PATIENCE,
    );
    Some(desk.claim(wanted()).unwrap())
}

/// A session from its record's opening to its close, wherever an earlier keeper was stopped.
fn whole_life(held: &Held) -> Result<(), HeldError> {
    let record = held.open_record(&new_record("s-1"))?;
    let now = held.tools().timepiece.moment().now;
    let manifest = list_files(held.dir().root(), now)?;
    held.put_baseline(&record, &Measured::Taken(&manifest))?;
    held.note_started(&record, started(5))?;
    held.renew(None)?;
    fs::write(held.dir().root().join("one"), "changed").unwrap();
    held.close_record(&record, &closed(Detected::Told))?;
    held.release(|| false).map(drop)
}

/// Completes whatever is there, as the next keeper does, and returns the one record.
fn next_keeper(site: &Site, pid: u32) -> Option<Summary> {
    let probe = Arc::new(NoProbe);
    let times = Arc::<Times>::default();
    let here = here("here", pid);
    let desk = desk_at(site.path(), &times, here, probe, LOCK_PATIENCE);
    let held = desk.claim(wanted()).unwrap();
    for over in held.adopt_records(&[]).unwrap().over {
        match over.generation {
            Some(_) => held
                .close_record(&over.record, &closed(Detected::AtAdoption))
                .map(drop)
                .unwrap(),
            None => held.abandon_record(&over.record).unwrap(),
        }
    }
    held.release(|| false).unwrap();
    let records = read_summaries(&site.dir()).unwrap();
    assert_eq!(records.damage, []);
    assert!(records.summaries.len() <= 1, "{records:?}");
    records.summaries.into_iter().next()
}

const LIFE: &str =
    "desk::crash::killed_at_any_point_a_keeper_leaves_what_the_next_one_completes_as_one_record";

/// proves M3
#[test]
fn killed_at_any_point_a_keeper_leaves_what_the_next_one_completes_as_one_record() {
    if let Some(held) = in_copy(1) {
        whole_life(&held).unwrap();
        panic!("it passed no such point");
    }
    let points = [
        ("keeper.locked", false),
        ("keeper.claimed", false),
        ("keeper.opened", false),
        ("keeper.baseline", false),
        ("keeper.renewing", true),
        ("keeper.closing", true),
        ("keeper.changed", true),
        ("keeper.finalized", true),
        ("keeper.releasing", true),
    ];
    for (point, was_started) in points {
        let site = Site::new();
        killed_copy(LIFE, site.path(), point);
        let found = next_keeper(&site, 2);
        assert_eq!(found.is_some(), was_started, "at `{point}`");
        if let Some(summary) = found {
            assert!(summary.is_complete(), "at `{point}`: {summary:?}");
            let expected: &[&str] = match point {
                "keeper.renewing" => &[],
                _ => &["one modified"],
            };
            assert_eq!(changed(&summary), expected, "at `{point}`");
        }
        let left = match was_started {
            false => &["journal.jsonl", "lock"][..],
            true => &["journal.jsonl", "lock", "summary.json"],
        };
        let contents = site.dir().contents().unwrap();
        let own: Vec<_> = contents
            .own
            .iter()
            .filter_map(|name| name.to_str())
            .collect();
        assert_eq!(own, left, "at `{point}`");
        assert_eq!(contents.others, [] as [PathBuf; 0]);
    }
}

const ADOPTION: &str = "desk::crash::killed_in_the_midst_of_an_adoption_it_is_done_by_the_next_one";

/// proves L7
#[test]
fn killed_in_the_midst_of_an_adoption_it_is_done_by_the_next_one() {
    if let Some(held) = in_copy(2) {
        let found = held.adopt_records(&[live("s-1", 5)]).unwrap().going_on;
        held.close_record(&found[0].record, &closed(Detected::AtAdoption))
            .unwrap();
        panic!("it passed no such point");
    }
    for point in ["keeper.locked", "keeper.claimed", "keeper.closing"] {
        let site = Site::new();
        let held = site.claim(1);
        let record = held.open_record(&new_record("s-1")).unwrap();
        let now = held.tools().timepiece.moment().now;
        let manifest = list_files(site.path(), now).unwrap();
        held.put_baseline(&record, &Measured::Taken(&manifest))
            .unwrap();
        held.note_started(&record, started(5)).unwrap();
        drop(held);
        fs::write(site.path().join("two"), "changed").unwrap();
        killed_copy(ADOPTION, site.path(), point);
        let summary = next_keeper(&site, 3).expect("one record");
        assert!(summary.is_complete() && summary.record == record);
        assert_eq!(changed(&summary), ["two modified"], "at `{point}`");
    }
}

/// proves M3
/// proves M5
#[test]
fn a_close_that_was_cut_off_at_any_byte_is_completed_with_the_same_changes() {
    let site = Site::new();
    let held = site.claim(1);
    let record = held.open_record(&new_record("s-1")).unwrap();
    let now = held.tools().timepiece.moment().now;
    let manifest = list_files(site.path(), now).unwrap();
    held.put_baseline(&record, &Measured::Taken(&manifest))
        .unwrap();
    held.note_started(&record, started(5)).unwrap();
    let baseline = site.own("baselines").join(record.as_str());
    let kept = fs::read(&baseline).unwrap();
    let begun = fs::read(site.own("journal.jsonl")).unwrap().len();
    fs::write(site.path().join("one"), "changed").unwrap();
    let whole = held.close_record(&record, &closed(Detected::Told)).unwrap();
    let journal = fs::read(site.own("journal.jsonl")).unwrap();
    for cut in (begun..=journal.len()).step_by(7).chain([journal.len()]) {
        fs::write(site.own("journal.jsonl"), &journal[..cut]).unwrap();
        fs::write(&baseline, &kept).unwrap();
        let again = held.close_record(&record, &closed(Detected::Told)).unwrap();
        assert_eq!(again, whole, "cut at {cut}");
        let records = read_summaries(&site.dir()).unwrap();
        assert_eq!((records.summaries, records.damage), (vec![again], vec![]));
        assert!(!baseline.exists());
    }
}
