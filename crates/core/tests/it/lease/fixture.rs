//! Keepers, places and looks for the tests of leases.

use std::time::Duration;

use abide_core::{
    clock::Timestamp,
    id::SessionId,
    lease::{
        Claim, Consent, FencingToken, Keeper, Lease, LeaseDenied, LeaseEvent, LeaseState, Liveness,
        Look, Mode, Moment, Next, Place, StoredLease, Uptime,
    },
};

/// Where the wall clock of these tests starts, in milliseconds since the epoch.
pub(crate) const START: u64 = 1_800_000_000_000;

pub(crate) fn place(host: &str, boot: &str) -> Place {
    Place {
        machine: Some(format!("machine of {host}")),
        boot: Some(boot.to_owned()),
        host: host.to_owned(),
    }
}

pub(crate) fn keeper(host: &str, pid: u32) -> Keeper {
    Keeper {
        place: place(host, &format!("first of {host}")),
        user: "anna".to_owned(),
        pid,
        started: Some(77),
    }
}

/// Both clocks at so many seconds after their starts.
pub(crate) fn moment(seconds: u64) -> Moment {
    Moment {
        now: Timestamp::from_millis(START + seconds * 1000),
        uptime: Some(Uptime::from_millis(5_000 + seconds * 1000)),
    }
}

pub(crate) fn look(place: &Place, at: Moment, liveness: Liveness) -> Look<'_> {
    Look {
        place,
        at,
        liveness,
        unchanged_for: Duration::ZERO,
    }
}

pub(crate) fn claim(keeper: &Keeper, floor: FencingToken, consent: Consent) -> LeaseEvent {
    LeaseEvent::Claim(Claim {
        keeper: keeper.clone(),
        floor,
        consent,
        session: session(),
        generation: None,
        agent: Some("claude".to_owned()),
        mode: Mode::Agent,
    })
}

pub(crate) fn session() -> SessionId {
    "s-1".parse().unwrap()
}

pub(crate) fn token(number: u64) -> FencingToken {
    FencingToken::try_from(number).unwrap()
}

pub(crate) fn written(next: Result<Next, LeaseDenied>) -> Lease {
    match next.unwrap() {
        Next::Write(lease) => *lease,
        Next::Remove => panic!("a lease was to be written"),
    }
}

/// A lease that was granted to the keeper at second 0.
pub(crate) fn held(by: &Keeper) -> Lease {
    let claim = claim(by, FencingToken::NONE, Consent::None);
    written(LeaseState::Absent.apply(claim, moment(0)))
}

pub(crate) fn judge(lease: &Lease, look: Look<'_>) -> LeaseState {
    LeaseState::judge(StoredLease::Held(Box::new(lease.clone())), &look)
}
