//! Keepers that were superseded while they slept.

use std::{fs, thread, time::Duration};

#[cfg(target_os = "linux")]
use abide_core::clock::{Clock as _, SystemClock};
use abide_core::record::{Detected, Event};
#[cfg(target_os = "linux")]
use abide_testkit::child::pause;
use abide_testkit::gate::Gate;
use abide_workspace::desk::{Held, HeldError, LOCK_PATIENCE, Measured, list_files};

use super::fixture::{Site, closed, live, new_record, started, wanted};

/// Everything that a holder can do.
fn everything(site: &Site, held: &Held) -> Vec<HeldError> {
    let record = "r-1".parse().unwrap();
    let manifest = list_files(site.path(), held.tools().timepiece.moment().now).unwrap();
    let before = site.all();
    let refused = vec![
        held.renew(None).unwrap_err(),
        held.open_record(&new_record("s-2")).unwrap_err(),
        held.note_started(&record, started(1)).unwrap_err(),
        held.put_baseline(&record, &Measured::Taken(&manifest))
            .unwrap_err(),
        held.adopt_records(&[live("s-2", 4)]).unwrap_err(),
        held.close_record(&record, &closed(Detected::Told))
            .unwrap_err(),
        held.abandon_record(&record).unwrap_err(),
        held.write("to try", |writing| {
            writing.append(&record, vec![Event::Finalized])
        })
        .unwrap_err(),
        held.release(|| panic!("nobody is asked")).unwrap_err(),
    ];
    assert_eq!(site.all(), before, "a superseded keeper changed something");
    refused
}

/// proves L8
#[test]
fn a_superseded_keeper_changes_nothing_then_and_ever_after() {
    let site = Site::new();
    let slept = site.claim(1);
    slept.open_record(&new_record("s-1")).unwrap();
    site.advance(61);
    let next = site.claim(2);
    next.open_record(&new_record("s-1")).unwrap();
    for refused in everything(&site, &slept) {
        assert!(refused.is_over(), "{refused}");
    }
    // Whatever becomes of the lease, it is never its own again, and the lock's file is not made.
    next.release(|| false).unwrap();
    fs::remove_file(site.own("lock")).unwrap();
    for refused in everything(&site, &slept) {
        assert!(refused.is_over(), "{refused}");
    }
    assert!(!site.own("lock").exists());
}

/// proves L8
#[test]
fn a_keeper_that_finds_another_or_no_lease_has_nothing_more_to_write() {
    let texts = [None, Some(""), Some("{"), Some(r#"{"schema":9}"#)];
    for text in texts {
        let site = Site::new();
        let held = site.claim(1);
        match text {
            None => fs::remove_file(site.own("lease.json")).unwrap(),
            Some(text) => fs::write(site.own("lease.json"), text).unwrap(),
        }
        for refused in everything(&site, &held) {
            assert!(refused.is_over(), "{refused}");
        }
    }
    let site = Site::new();
    let held = site.claim(1);
    fs::remove_dir_all(site.own("")).unwrap();
    assert!(held.renew(None).unwrap_err().is_over());
    assert!(!site.own("").exists(), "it makes no directory again");
}

/// Supersedes a keeper while it is held at a point, and returns what it found when let go.
fn superseded_at(
    point: &'static str,
    act: impl FnOnce(&Held) -> Result<(), HeldError> + Send,
) -> HeldError {
    let site = Site::new();
    let gate = Gate::new(point);
    let desk = site.desk_with(1, gate.probe(), LOCK_PATIENCE);
    let slept = desk.claim(wanted()).unwrap();
    thread::scope(|scope| {
        let act = scope.spawn(|| act(&slept));
        gate.wait_reached(Duration::from_secs(10));
        site.advance(61);
        let next = site.claim(2);
        next.adopt_records(&[]).unwrap();
        let before = site.all();
        drop(gate);
        let refused = act.join().unwrap().unwrap_err();
        assert_eq!(site.all(), before, "it changed something after `{point}`");
        next.renew(None).unwrap();
        refused
    })
}

/// proves L8
#[test]
fn a_keeper_that_sleeps_within_a_step_writes_nothing_when_it_wakes_up_superseded() {
    let refused = superseded_at("keeper.renewing", |held| held.renew(None));
    assert!(refused.is_over(), "{refused}");
    let refused = superseded_at("keeper.closing", |held| {
        let record = held.open_record(&new_record("s-1"))?;
        let manifest = list_files(held.dir().root(), held.tools().timepiece.moment().now)?;
        held.put_baseline(&record, &Measured::Taken(&manifest))?;
        held.close_record(&record, &closed(Detected::Told))
            .map(drop)
    });
    assert!(refused.is_over(), "{refused}");
}

/// Waits until a thread of this process waits for a lock.
#[cfg(target_os = "linux")]
fn wait_for_waiter() {
    let begun = SystemClock.now();
    let waits = || {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let mut names = tasks.filter_map(|task| fs::read(task.ok()?.path().join("comm")).ok());
        names.any(|name| name == b"abide-lock\n")
    };
    while !waits() {
        let waited = SystemClock.now().since(begun);
        assert!(waited < Duration::from_secs(10), "nobody waits for a lock");
        pause(Duration::from_millis(1));
    }
}

/// proves L8
#[cfg(target_os = "linux")]
#[test]
fn a_keeper_that_is_superseded_while_it_waits_for_the_lock_writes_nothing() {
    let site = Site::new();
    let slept = site.claim(1);
    site.advance(61);
    let gate = Gate::new("keeper.locked");
    let desk = site.desk_with(2, gate.probe(), LOCK_PATIENCE);
    thread::scope(|scope| {
        let next = scope.spawn(|| desk.claim(wanted()).unwrap());
        gate.wait_reached(Duration::from_secs(10));
        // The lease is still its own when it looks first.
        let late = scope.spawn(|| slept.open_record(&new_record("s-1")));
        wait_for_waiter();
        drop(gate);
        let next = next.join().unwrap();
        let refused = late.join().unwrap().unwrap_err();
        assert!(refused.is_over(), "{refused}");
        assert!(!site.own("journal.jsonl").exists());
        next.renew(None).unwrap();
    });
}
