//! What entering a session does: one pure table of what the session does, what its workspace's
//! lease means, and what was asked.
//!
//! `docs/leases.md` prints the table whole; a test compares the two. Whoever acts on an answer
//! that claims the lease reads it again under the workspace's lock first, and asks this table once
//! more: somebody else may have been quicker.
//!
//! A session that is just being started or removed is waited for before the table is asked.

use std::fmt;

use abide_core::lease::{LeaseAge, LeaseState, Staleness};

/// What a session was found to be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionFound {
    /// It was never started, or its end was forgotten.
    None,
    /// Its child runs.
    Running,
    /// It is over; its last screen is still there.
    Ended,
    /// Its holder lives and did not answer: nothing may be concluded.
    Unresponsive,
    /// The backend that made it cannot be used here and now.
    Unavailable,
}

impl SessionFound {
    /// Every value, in the order of the table.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::Running,
        Self::Ended,
        Self::Unresponsive,
        Self::Unavailable,
    ];
}

/// How a session is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// `attach`: to show what there is.
    Attach,
    /// `attach --view`: to watch, changing nothing.
    View,
    /// `resume`: to go on, from a new start if need be.
    Resume,
    /// `open`: the same, with a shell.
    Open,
    /// `last`: the same, in the workspace entered last.
    Last,
}

impl Way {
    /// Every value, in the order of the table.
    pub const ALL: [Self; 5] = [
        Self::Attach,
        Self::View,
        Self::Resume,
        Self::Open,
        Self::Last,
    ];

    /// Tells whether a session that is not there, or has ended, is started.
    #[must_use]
    pub fn may_start(self) -> bool {
        match self {
            Self::Attach | Self::View => false,
            Self::Resume | Self::Open | Self::Last => true,
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asked {
    /// How the session is entered.
    pub way: Way,
    /// Whether another host's fresh lease is to be taken over.
    pub takeover: Takeover,
}

/// What is to be done about a fresh lease of another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Takeover {
    /// There is a terminal to ask on.
    Ask,
    /// There is none.
    CannotAsk,
    /// It was forced, or somebody was asked and agreed.
    Agreed,
}

impl Takeover {
    /// Every value, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Ask, Self::CannotAsk, Self::Agreed];

    /// Returns what follows from the flag and from whether there is a terminal.
    #[must_use]
    pub fn new(force: bool, terminal: bool) -> Self {
        match (force, terminal) {
            (true, _) => Self::Agreed,
            (false, true) => Self::Ask,
            (false, false) => Self::CannotAsk,
        }
    }
}

/// What entering does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Starts the session; a new keeper claims the lease first.
    Create,
    /// Starts the session under the keeper that there is; the lease is left alone.
    CreateUnderKeeper,
    /// Attaches and writes nothing: no lease, no record, no time.
    AttachPassively,
    /// Says so, has a new keeper claim the lease, and attaches.
    Adopt(Orphaned),
    /// Asks whether to take over from another host; once agreed to, the table is asked again.
    Confirm {
        /// The host that holds the lease.
        host: String,
        /// The time since it was renewed.
        age: LeaseAge,
    },
    /// Does nothing, and says why.
    Refuse(Refusal),
}

/// Why a session has nobody responsible for it, or is taken from who is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Orphaned {
    /// There is no lease.
    NoLease,
    /// There is one that holds no more.
    Stale(Staleness),
    /// There is one that cannot be read.
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// Another host holds it, and somebody agreed to take over.
    TakenOver {
        /// The host.
        host: String,
    },
}

/// Why a session is not entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is nothing to attach to.
    NothingThere,
    /// Its holder does not answer.
    Unresponsive,
    /// Its backend cannot be used.
    Unavailable,
    /// Another host holds the lease, and there is no terminal to ask on.
    HeldElsewhere {
        /// The host.
        host: String,
        /// The time since it was renewed.
        age: LeaseAge,
    },
}

/// Decides what entering a session does.
#[must_use]
pub fn decide(session: SessionFound, lease: &LeaseState, asked: Asked) -> Decision {
    match session {
        SessionFound::Unresponsive => Decision::Refuse(Refusal::Unresponsive),
        SessionFound::Unavailable => Decision::Refuse(Refusal::Unavailable),
        SessionFound::None => none(lease, asked),
        SessionFound::Running => running(lease, asked),
        SessionFound::Ended => ended(lease, asked),
    }
}

fn none(lease: &LeaseState, asked: Asked) -> Decision {
    match asked.way.may_start() {
        true => start(lease, asked.takeover),
        false => Decision::Refuse(Refusal::NothingThere),
    }
}

fn running(lease: &LeaseState, asked: Asked) -> Decision {
    match (asked.way, lease) {
        (Way::View, _) | (_, LeaseState::FreshLocal { .. }) => Decision::AttachPassively,
        (_, LeaseState::FreshRemote { .. }) => {
            across_hosts(lease, asked.takeover).unwrap_or_else(|| adopt(lease))
        }
        (
            Way::Attach | Way::Resume | Way::Open | Way::Last,
            LeaseState::Absent | LeaseState::Stale { .. } | LeaseState::Malformed { .. },
        ) => adopt(lease),
    }
}

/// What is left of a session is shown to anybody. If its keeper died with it, the record is still
/// open, and whoever comes closes it; a lease that is absent was given back by a keeper that did.
fn ended(lease: &LeaseState, asked: Asked) -> Decision {
    match (asked.way, lease) {
        (Way::Resume | Way::Open | Way::Last, _) => start(lease, asked.takeover),
        (Way::Attach, LeaseState::Stale { .. } | LeaseState::Malformed { .. }) => adopt(lease),
        (
            Way::Attach,
            LeaseState::Absent | LeaseState::FreshLocal { .. } | LeaseState::FreshRemote { .. },
        )
        | (Way::View, _) => Decision::AttachPassively,
    }
}

fn start(lease: &LeaseState, takeover: Takeover) -> Decision {
    match lease {
        LeaseState::FreshLocal { .. } => Decision::CreateUnderKeeper,
        LeaseState::FreshRemote { .. } => across_hosts(lease, takeover).unwrap_or(Decision::Create),
        LeaseState::Absent | LeaseState::Stale { .. } | LeaseState::Malformed { .. } => {
            Decision::Create
        }
    }
}

/// Asks or refuses where another host holds the lease and nobody agreed to take over.
fn across_hosts(lease: &LeaseState, takeover: Takeover) -> Option<Decision> {
    let LeaseState::FreshRemote { lease, age } = lease else {
        return None;
    };
    let (host, age) = (lease.keeper.place.host.clone(), *age);
    match takeover {
        Takeover::Agreed => None,
        Takeover::Ask => Some(Decision::Confirm { host, age }),
        Takeover::CannotAsk => Some(Decision::Refuse(Refusal::HeldElsewhere { host, age })),
    }
}

/// Attaches where somebody is responsible, else takes over.
fn adopt(lease: &LeaseState) -> Decision {
    Decision::Adopt(match lease {
        LeaseState::FreshLocal { .. } => return Decision::AttachPassively,
        LeaseState::Absent => Orphaned::NoLease,
        LeaseState::Stale { why, .. } => Orphaned::Stale(*why),
        LeaseState::Malformed { reason } => Orphaned::Malformed {
            reason: reason.clone(),
        },
        LeaseState::FreshRemote { lease, .. } => Orphaned::TakenOver {
            host: lease.keeper.place.host.clone(),
        },
    })
}

impl fmt::Display for Orphaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLease => f.write_str("nobody is responsible for it"),
            Self::Stale(why) => write!(f, "{why}"),
            Self::Malformed { reason } => write!(f, "its lease cannot be read: {reason}"),
            Self::TakenOver { host } => write!(f, "it is taken over from `{host}`"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingThere => f.write_str("there is no session to attach to"),
            Self::Unresponsive => f.write_str("the process that holds the session does not answer"),
            Self::Unavailable => f.write_str("the session's backend cannot be used now"),
            Self::HeldElsewhere { host, age } => write!(
                f,
                "`{host}` is responsible for it ({age}), and there is no terminal to ask on"
            ),
        }
    }
}

impl Refusal {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NothingThere => "`abide resume` starts it",
            Self::Unresponsive => "nothing was changed; `abide doctor` says more",
            Self::Unavailable => {
                "nothing was changed; `abide doctor` says which backends there are"
            }
            Self::HeldElsewhere { .. } => "`--force` takes over from it",
        }
    }
}
