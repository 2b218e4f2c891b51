//! The lease: who is responsible for a workspace, until when, and with which right to write.
//!
//! Pure: what a file held, what the system says of a process and what time it is come in; what to
//! write comes out. [`mod@file`] is the form on disk, [`state`] judges what was found, [`change`] says
//! what may become of it, [`token`] orders the grants.
//!
//! ```text
//!                 claim                    renew, by the same grant
//!  absent ───────────────────► held ◄──────────┐
//!    ▲                          │ │  └─────────┘
//!    │   release, by the grant  │ │
//!    └──────────────────────────┘ │ keeper dead, other boot, or 60 s without a renewal
//!                                 ▼
//!  malformed ── claim ──► held  stale ── claim ──► held, with a greater token
//! ```
//!
//! A grant is a [`FencingToken`] together with the keeper that it was given to. Whoever was
//! superseded while it slept finds another grant in the lease, and may neither renew nor release.

pub mod change;
pub mod file;
pub mod place;
pub mod state;
pub mod token;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::{
    change::{Claim, Consent, LeaseDenied, LeaseEvent, Next},
    file::{NewerLease, StoredLease},
    place::{Moment, Place, Uptime},
    state::{LeaseAge, LeaseState, Liveness, Look, Staleness},
    token::FencingToken,
};
use crate::{
    clock::Timestamp,
    id::{Generation, SessionId},
};

/// Time without a renewal after which a lease has expired.
pub const LEASE_TTL: Duration = Duration::from_secs(60);

/// Time between two renewals: one may be missed.
pub const RENEWAL: Duration = Duration::from_secs(30);

/// The right to change a workspace, as it was last written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Which grant this is.
    pub epoch: FencingToken,
    /// The process that it was granted to.
    pub keeper: Keeper,
    /// The session that the keeper was started for; it may watch others as well.
    pub session: SessionId,
    /// The start of that session, once there is one.
    pub generation: Option<Generation>,
    /// The agent that the session runs, by name.
    pub agent: Option<String>,
    /// What kind of thing the session runs.
    pub mode: Mode,
    /// When it was granted, by the keeper's clock.
    pub claimed_at: Timestamp,
    /// When it was renewed last, by the keeper's clock.
    pub renewed_at: Timestamp,
    /// The same by a clock that nobody sets, where the keeper's system has one.
    pub renewed_uptime: Option<Uptime>,
}

impl Lease {
    /// Returns what its keeper must show to renew or release it.
    #[must_use]
    pub fn grant(&self) -> Grant {
        Grant {
            epoch: self.epoch,
            keeper: self.keeper.clone(),
        }
    }

    /// Tells whether this is the lease that was granted so.
    #[must_use]
    pub fn is_of(&self, grant: &Grant) -> bool {
        self.epoch == grant.epoch && self.keeper == grant.keeper
    }
}

/// What a keeper must show to renew or release its lease.
///
/// The token alone would do as long as no journal is lost. Should both journal and lease be taken
/// away under a live keeper, tokens begin anew, and the keeper's identity still tells the two apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub epoch: FencingToken,
    /// The process.
    pub keeper: Keeper,
}

/// The process that a lease was granted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeper {
    /// Where it runs.
    #[serde(flatten)]
    pub place: Place,
    /// The name of its user.
    pub user: String,
    /// Its process id there.
    pub pid: u32,
    /// When it was started, as its system counts; with the process id and the boot this names one
    /// process.
    pub started: Option<u64>,
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, pid, .. } = self;
        write!(f, "{user} on {} (pid {pid})", self.place.host)
    }
}

/// What kind of thing a session runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A coding agent that is known by name.
    Agent,
    /// The user's shell.
    Shell,
    /// A command that was given in full.
    Command,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agent => "agent",
            Self::Shell => "shell",
            Self::Command => "command",
        })
    }
}
