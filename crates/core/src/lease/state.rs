//! What a lease that was found means to whoever looks at it.

use std::{fmt, time::Duration};

use super::{LEASE_TTL, Lease, Moment, Place, StoredLease, place::Relation};

/// What the system says of the process that holds a lease on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It lives: it holds its kernel lock.
    Alive,
    /// It does not live: its lock is free, or its process id is gone or another's.
    Dead,
    /// It cannot be told, which counts as alive until the lease expires.
    Unknown,
}

/// Who looks at a lease, from where, when, and what is known of its keeper.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Where the observer runs.
    pub place: &'a Place,
    /// When it looks.
    pub at: Moment,
    /// What its system says of the keeper; means nothing for a keeper on another machine.
    pub liveness: Liveness,
    /// For how long the observer itself saw the lease unchanged, by a clock that nobody sets; zero
    /// when it sees the lease for the first time.
    ///
    /// This alone lets a lease expire whose last renewal lies in the future, because a clock was
    /// set back or is ahead.
    pub unchanged_for: Duration,
}

/// What a lease means to whoever looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseState {
    /// Nobody is responsible.
    Absent,
    /// A keeper on this machine is responsible.
    FreshLocal {
        /// Its lease.
        lease: Box<Lease>,
        /// The time since its last renewal.
        age: LeaseAge,
    },
    /// A keeper on another machine is responsible, or on one that cannot be told from another.
    FreshRemote {
        /// Its lease.
        lease: Box<Lease>,
        /// The time since its last renewal.
        age: LeaseAge,
    },
    /// A keeper was responsible that is no more.
    Stale {
        /// Its lease.
        lease: Box<Lease>,
        /// What tells.
        why: Staleness,
    },
    /// There is a lease that cannot be read: to be shown, and then treated as stale.
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
}

/// What tells that a lease is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staleness {
    /// Its keeper does not live.
    DeadKeeper,
    /// Its machine was restarted since.
    OtherBoot,
    /// It was not renewed for so long.
    Expired(Duration),
}

/// The time since a lease was renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseAge {
    /// So long ago.
    Passed(Duration),
    /// Not known: the renewal lies so far in the future, by this clock.
    Ahead(Duration),
}

impl LeaseState {
    /// Judges what was found.
    #[must_use]
    pub fn judge(found: StoredLease, look: &Look<'_>) -> Self {
        match found {
            StoredLease::Absent => Self::Absent,
            StoredLease::Malformed { reason } => Self::Malformed { reason },
            StoredLease::Held(lease) => Self::judge_held(lease, look),
        }
    }

    fn judge_held(lease: Box<Lease>, look: &Look<'_>) -> Self {
        let relation = lease.keeper.place.relation_to(look.place);
        let age = age_of(&lease, look);
        let stale = |lease, why| Self::Stale { lease, why };
        let unrenewed = age.at_least().max(look.unchanged_for);
        match (relation, look.liveness) {
            (Relation::EarlierBoot, _) => stale(lease, Staleness::OtherBoot),
            (Relation::Here, Liveness::Dead) => stale(lease, Staleness::DeadKeeper),
            _ if LEASE_TTL <= unrenewed => stale(lease, Staleness::Expired(unrenewed)),
            (Relation::Here, Liveness::Alive | Liveness::Unknown) => {
                Self::FreshLocal { lease, age }
            }
            (Relation::Elsewhere, _) => Self::FreshRemote { lease, age },
        }
    }

    /// Returns the lease, if there is one that can be read.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        match self {
            Self::FreshLocal { lease, .. }
            | Self::FreshRemote { lease, .. }
            | Self::Stale { lease, .. } => Some(lease),
            Self::Absent | Self::Malformed { .. } => None,
        }
    }
}

/// Within one boot by the uptime; else, or if that went backwards (another time namespace), by the
/// clock on the wall.
fn age_of(lease: &Lease, look: &Look<'_>) -> LeaseAge {
    let uptimes = match lease.keeper.place.shares_uptime_with(look.place) {
        true => lease.renewed_uptime.zip(look.at.uptime),
        false => None,
    };
    let by_uptime = uptimes.and_then(|(renewed, now)| now.since(renewed));
    match by_uptime {
        Some(passed) => LeaseAge::Passed(passed),
        None if lease.renewed_at <= look.at.now => {
            LeaseAge::Passed(look.at.now.since(lease.renewed_at))
        }
        None => LeaseAge::Ahead(lease.renewed_at.since(look.at.now)),
    }
}

impl LeaseAge {
    fn at_least(self) -> Duration {
        match self {
            Self::Passed(passed) => passed,
            Self::Ahead(_) => Duration::ZERO,
        }
    }
}

impl fmt::Display for LeaseAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(passed) => write!(f, "renewed {} s ago", passed.as_secs()),
            Self::Ahead(ahead) => {
                write!(f, "renewed by a clock that is {} s ahead", ahead.as_secs())
            }
        }
    }
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadKeeper => f.write_str("its keeper is dead"),
            Self::OtherBoot => f.write_str("the machine was restarted"),
            Self::Expired(age) => write!(f, "it was not renewed for {} s", age.as_secs()),
        }
    }
}
