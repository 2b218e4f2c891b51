//! What a lease means: by whom, where, when and how it is looked at.

use std::time::Duration;

use abide_core::{
    clock::Timestamp,
    lease::{
        Consent, FencingToken, LEASE_TTL, LeaseAge, LeaseDenied, LeaseEvent, LeaseState, Liveness,
        Look, Moment, Next, Place, RENEWAL, Staleness, StoredLease, Uptime,
    },
};

use super::fixture::{START, claim, held, judge, keeper, look, moment, place, token, written};

fn here() -> Place {
    keeper("here", 1).place
}

fn is_fresh_local(state: &LeaseState) -> bool {
    matches!(state, LeaseState::FreshLocal { .. })
}

fn staleness(state: &LeaseState) -> Option<Staleness> {
    match state {
        LeaseState::Stale { why, .. } => Some(*why),
        _ => None,
    }
}

/// proves L2
#[test]
fn nothing_is_absent_and_rubbish_is_malformed() {
    let here = here();
    let look = look(&here, moment(0), Liveness::Alive);
    let absent = LeaseState::judge(StoredLease::Absent, &look);
    assert_eq!(absent, LeaseState::Absent);
    let rubbish = StoredLease::parse(Some(b"{")).unwrap();
    let state = LeaseState::judge(rubbish, &look);
    assert!(matches!(state, LeaseState::Malformed { .. }), "{state:?}");
}

/// proves L2, L3
#[test]
fn a_dead_local_keeper_is_stale_at_once_and_an_unknown_one_lives_until_expiry() {
    let (lease, here) = (held(&keeper("here", 1)), here());
    let at = |seconds, liveness| judge(&lease, look(&here, moment(seconds), liveness));
    assert_eq!(
        staleness(&at(0, Liveness::Dead)),
        Some(Staleness::DeadKeeper)
    );
    for liveness in [Liveness::Alive, Liveness::Unknown] {
        assert!(is_fresh_local(&at(0, liveness)));
        assert!(is_fresh_local(&at(59, liveness)));
        let expired = Staleness::Expired(Duration::from_secs(60));
        assert_eq!(staleness(&at(60, liveness)), Some(expired));
    }
}

/// proves L2
#[test]
fn another_boot_of_this_machine_is_stale_at_once() {
    let lease = held(&keeper("here", 1));
    let later = place("here", "second of here");
    let state = judge(&lease, look(&later, moment(1), Liveness::Unknown));
    assert_eq!(staleness(&state), Some(Staleness::OtherBoot));
}

/// proves L2
#[test]
fn another_machine_is_fresh_until_it_expires_whatever_is_said_of_its_process() {
    let (lease, here) = (held(&keeper("there", 1)), here());
    for liveness in [Liveness::Alive, Liveness::Dead, Liveness::Unknown] {
        let state = judge(&lease, look(&here, moment(59), liveness));
        let LeaseState::FreshRemote { age, .. } = state else {
            panic!("{state:?}");
        };
        assert_eq!(age, LeaseAge::Passed(Duration::from_secs(59)));
        let state = judge(&lease, look(&here, moment(60), liveness));
        assert!(staleness(&state).is_some(), "{state:?}");
    }
}

/// proves L2
#[test]
fn a_clock_that_is_set_moves_no_local_lease() {
    let (lease, here) = (held(&keeper("here", 1)), here());
    for now in [0, START - 86_400_000, START, START + 86_400_000] {
        let at = |uptime| Moment {
            now: Timestamp::from_millis(now),
            uptime: Some(Uptime::from_millis(uptime)),
        };
        let fresh = judge(&lease, look(&here, at(5_000 + 59_999), Liveness::Alive));
        assert!(is_fresh_local(&fresh), "{fresh:?}");
        let stale = judge(&lease, look(&here, at(5_000 + 60_000), Liveness::Alive));
        assert!(staleness(&stale).is_some(), "{stale:?}");
    }
}

/// proves L2
#[test]
fn a_renewal_in_the_future_is_fresh_until_it_was_watched_for_the_lease_s_time() {
    for (host, uptime) in [("there", Some(Uptime::from_millis(1))), ("here", None)] {
        let (lease, here) = (held(&keeper(host, 1)), here());
        let at = Moment {
            now: Timestamp::from_millis(START - 7_200_000),
            uptime,
        };
        let watched = |unchanged_for| {
            let look = Look {
                unchanged_for,
                ..look(&here, at, Liveness::Unknown)
            };
            judge(&lease, look)
        };
        let (LeaseState::FreshLocal { age, .. } | LeaseState::FreshRemote { age, .. }) =
            watched(Duration::from_secs(59))
        else {
            panic!("not fresh");
        };
        assert_eq!(age, LeaseAge::Ahead(Duration::from_secs(7_200)));
        assert_eq!(
            staleness(&watched(LEASE_TTL)),
            Some(Staleness::Expired(LEASE_TTL))
        );
    }
}

/// proves L9
#[test]
fn consent_to_one_grant_of_another_machine_covers_no_later_one() {
    let (lease, here) = (held(&keeper("there", 1)), here());
    let state = judge(&lease, look(&here, moment(10), Liveness::Unknown));
    let mine = keeper("here", 2);
    let ask = |consent| state.apply(claim(&mine, FencingToken::NONE, consent), moment(10));
    for consent in [Consent::None, Consent::To(token(7))] {
        let denied = ask(consent).unwrap_err();
        assert_eq!(
            denied.to_string(),
            "the lease is held by anna on there (pid 1), renewed 10 s ago"
        );
    }
    for consent in [Consent::To(lease.epoch), Consent::Any] {
        assert_eq!(written(ask(consent)).epoch, token(2));
    }
}

/// proves L5
#[test]
fn a_fresh_local_lease_is_granted_to_nobody_else_even_by_force() {
    let (lease, here) = (held(&keeper("here", 1)), here());
    let state = judge(&lease, look(&here, moment(10), Liveness::Unknown));
    let forced = claim(&keeper("here", 2), FencingToken::NONE, Consent::Any);
    let denied = state.apply(forced, moment(10)).unwrap_err();
    assert_eq!(
        denied.to_string(),
        "the lease is held by anna on here (pid 1)"
    );
}

/// proves L6
#[test]
fn tokens_grow_over_the_journal_s_where_the_lease_is_gone_or_rubbish() {
    let malformed = LeaseState::Malformed {
        reason: "torn".to_owned(),
    };
    for state in [LeaseState::Absent, malformed] {
        let next = state.apply(
            claim(&keeper("here", 2), token(41), Consent::None),
            moment(0),
        );
        assert_eq!(written(next).epoch, token(42));
    }
    let last = LeaseState::Absent.apply(
        claim(&keeper("here", 2), FencingToken::LAST, Consent::None),
        moment(0),
    );
    assert_eq!(last, Err(LeaseDenied::Exhausted));
}

/// proves L8
#[test]
fn renewal_and_release_need_the_grant_that_is_written() {
    let lease = held(&keeper("here", 1));
    let (grant, here) = (lease.grant(), here());
    let renew = |state: &LeaseState| {
        let event = LeaseEvent::Renew {
            grant: grant.clone(),
            generation: None,
        };
        state.apply(event, moment(RENEWAL.as_secs()))
    };
    let release = |state: &LeaseState| {
        let grant = grant.clone();
        state.apply(LeaseEvent::Release { grant }, moment(30))
    };
    // Expired, and claimed by nobody: still its keeper's.
    let expired = judge(&lease, look(&here, moment(3_600), Liveness::Alive));
    assert_eq!(written(renew(&expired)).renewed_at, moment(30).now);
    assert_eq!(release(&expired), Ok(Next::Remove));
    // The same token, granted anew to another process after all files were taken away.
    let other = held(&keeper("here", 2));
    assert_eq!(other.epoch, grant.epoch);
    let superseded = judge(&other, look(&here, moment(1), Liveness::Alive));
    let malformed = LeaseState::Malformed {
        reason: "torn".to_owned(),
    };
    for (state, said) in [
        (
            superseded,
            "the lease was granted to anna on here (pid 2) (epoch 1; yours is 1)",
        ),
        (LeaseState::Absent, "the lease of epoch 1 is gone"),
        (malformed, "the lease of epoch 1 cannot be read: torn"),
    ] {
        assert_eq!(renew(&state).unwrap_err().to_string(), said);
        assert_eq!(release(&state).unwrap_err().to_string(), said);
    }
}
