//! Who is granted the lease, and what others see of it.

use std::{fs, sync::Arc, time::Duration};

use abide_core::lease::{Consent, FencingToken, LeaseDenied, LeaseState, Staleness};
use abide_testkit::gate::Gate;
use abide_workspace::desk::{ClaimError, DirLockError, LookError, Released, Wanted};

use super::fixture::{Site, generation, new_record, wanted};

fn epoch(number: u64) -> FencingToken {
    FencingToken::try_from(number).unwrap()
}

fn look(site: &Site) -> LeaseState {
    site.desk(99).look(Duration::ZERO).unwrap()
}

/// proves L2
/// proves L3
#[test]
fn a_lease_is_held_while_its_keeper_lives_and_stale_at_once_when_it_does_not() {
    let site = Site::new();
    assert_eq!(look(&site), LeaseState::Absent);
    let first = site.claim(1);
    assert_eq!(first.epoch(), epoch(1));
    let LeaseState::FreshLocal { lease, .. } = look(&site) else {
        panic!("{:?}", look(&site));
    };
    assert!(lease.is_of(first.grant()));
    let denied = site.desk(2).claim(wanted()).unwrap_err();
    assert!(
        matches!(&denied, ClaimError::Denied(LeaseDenied::HeldHere { keeper }) if keeper.pid == 1),
        "{denied}"
    );
    drop(first);
    let LeaseState::Stale { why, .. } = look(&site) else {
        panic!("{:?}", look(&site));
    };
    assert_eq!(why, Staleness::DeadKeeper);
    let second = site.claim(2);
    assert_eq!(second.epoch(), epoch(2));
    assert!(!site.own("keepers/1.lock").exists(), "of a dead keeper");
    assert!(site.own("keepers/2.lock").exists());
}

/// proves L5
#[test]
fn a_look_at_a_fresh_lease_leaves_every_byte_and_time_as_it_was() {
    let site = Site::new();
    assert_eq!(look(&site), LeaseState::Absent);
    assert!(!site.own("").exists(), "a look makes nothing");
    let held = site.claim(1);
    held.open_record(&new_record("s-1")).unwrap();
    let before = site.all();
    for seconds in [0, 1, 59, 1] {
        site.advance(seconds);
        look(&site);
    }
    assert_eq!(site.all(), before);
}

#[test]
fn a_renewal_moves_the_times_and_a_release_takes_the_lease_away() {
    let site = Site::new();
    let held = site.claim(1);
    for _ in 0..4 {
        site.advance(30);
        held.renew(Some(generation(5))).unwrap();
    }
    site.advance(59);
    let LeaseState::FreshLocal { lease, .. } = look(&site) else {
        panic!("{:?}", look(&site));
    };
    assert_eq!(lease.generation, Some(generation(5)));
    assert_ne!(lease.renewed_at, lease.claimed_at);
    assert_eq!(held.release(|| true).unwrap(), Released::Pending);
    held.renew(None).unwrap();
    assert_eq!(held.release(|| false).unwrap(), Released::Done);
    assert_eq!(look(&site), LeaseState::Absent);
    assert!(!site.own("keepers/1.lock").exists());
    assert!(held.renew(None).unwrap_err().is_over());
    assert!(held.open_record(&new_record("s-1")).unwrap_err().is_over());
}

#[test]
fn epochs_grow_beyond_what_the_journal_and_live_keepers_know() {
    let site = Site::new();
    let first = site.claim(1);
    first.open_record(&new_record("s-1")).unwrap();
    first.release(|| false).unwrap();
    let second = site.claim(2);
    assert_eq!(second.epoch(), epoch(2), "the journal knows the first");
    fs::remove_file(site.own("lease.json")).unwrap();
    fs::remove_file(site.own("journal.jsonl")).unwrap();
    let third = site.claim(3);
    assert_eq!(third.epoch(), epoch(3), "the second lives and may wake up");
    assert!(second.renew(None).unwrap_err().is_over());
}

/// proves L9
#[test]
fn another_hosts_lease_is_granted_to_whoever_agreed_to_take_that_one_over() {
    let site = Site::new();
    let there = site.desk_elsewhere(1).claim(wanted()).unwrap();
    assert!(matches!(look(&site), LeaseState::FreshRemote { .. }));
    let ask = |consent| {
        let wanted = Wanted {
            consent,
            ..wanted()
        };
        site.desk(2).claim(wanted)
    };
    for consent in [Consent::None, Consent::To(epoch(7))] {
        let denied = ask(consent).unwrap_err();
        let ClaimError::Denied(LeaseDenied::HeldElsewhere { keeper, .. }) = denied else {
            panic!("{denied}");
        };
        assert_eq!(keeper.place.host, "there");
    }
    let here = ask(Consent::To(epoch(1))).unwrap();
    assert_eq!(here.epoch(), epoch(2));
    assert!(there.renew(None).unwrap_err().is_over());
}

#[test]
fn a_lease_of_a_newer_release_is_refused_by_name_and_left_alone() {
    let site = Site::new();
    site.claim(1).release(|| false).unwrap();
    fs::write(site.own("lease.json"), r#"{"schema":2}"#).unwrap();
    let before = fs::read(site.own("lease.json")).unwrap();
    let refused = site.desk(2).look(Duration::ZERO).unwrap_err();
    assert!(matches!(refused, LookError::Newer { .. }), "{refused}");
    let refused = site.desk(2).claim(wanted()).unwrap_err();
    let source = std::error::Error::source(&refused).unwrap();
    assert!(source.to_string().contains("schema 2"), "{refused}");
    assert_eq!(fs::read(site.own("lease.json")).unwrap(), before);
}

#[test]
fn a_lease_that_is_none_is_shown_as_malformed_and_may_be_claimed() {
    let site = Site::new();
    let held = site.claim(1);
    held.open_record(&new_record("s-1")).unwrap();
    for content in ["", "{}", "\0\0\0", "[1", r#"{"schema":1}"#] {
        fs::write(site.own("lease.json"), content).unwrap();
        assert!(matches!(look(&site), LeaseState::Malformed { .. }));
    }
    let next = site.claim(2);
    assert!(held.epoch() < next.epoch());
    assert!(held.renew(None).unwrap_err().is_over());
}

/// proves L6
#[test]
fn a_lock_that_is_not_had_in_time_is_an_error_that_names_its_holder() {
    let site = Site::new();
    let gate = Gate::new("keeper.locked");
    let slow = site.desk_with(1, gate.probe(), Duration::from_secs(5));
    let slow = std::thread::spawn(move || slow.claim(wanted()).map(|held| held.epoch()));
    gate.wait_reached(Duration::from_secs(10));
    let quiet = Arc::new(abide_core::probe::NoProbe);
    let hurried = site.desk_with(2, quiet, Duration::from_millis(50));
    let busy = hurried.claim(wanted()).unwrap_err();
    assert!(
        matches!(&busy, ClaimError::Lock(DirLockError::Busy { .. })),
        "{busy}"
    );
    let text = busy.to_string();
    assert!(
        text.contains("process 1 on here (to claim the lease)"),
        "{text}"
    );
    drop(gate);
    assert_eq!(slow.join().unwrap().unwrap(), epoch(1));
    assert!(!site.own("lock.holder").exists());
    // Its wait was given up and must not have kept the lock.
    site.claim(3);
}
