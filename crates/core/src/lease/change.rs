//! What may become of a lease: (state, event, now) → what to write, or a named denial.
//!
//! Whoever applies this holds the workspace's lock from reading the lease until the answer is
//! written; otherwise two of them could be granted the same.

use super::{FencingToken, Grant, Keeper, Lease, LeaseAge, LeaseState, Mode, Moment};
use crate::id::{Generation, SessionId};

/// What somebody wants of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseEvent {
    /// To be granted it.
    Claim(Claim),
    /// To go on holding it. An expired lease may be renewed too, as long as nobody else claimed it.
    Renew {
        /// What was granted.
        grant: Grant,
        /// The session's start, if it became known; `None` leaves what is written.
        generation: Option<Generation>,
    },
    /// To hold it no more.
    Release {
        /// What was granted.
        grant: Grant,
    },
}

/// A request to be granted a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who asks.
    pub keeper: Keeper,
    /// The greatest token that the journal knows; the grant is greater, whatever the lease says.
    pub floor: FencingToken,
    /// Whether somebody agreed to take over from another machine.
    pub consent: Consent,
    /// The session to be kept.
    pub session: SessionId,
    /// Its start, if there is one.
    pub generation: Option<Generation>,
    /// The agent that it runs.
    pub agent: Option<String>,
    /// What kind of thing it runs.
    pub mode: Mode,
}

/// What somebody agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nothing.
    None,
    /// Taking over this one grant of another machine, and none that came after it.
    To(FencingToken),
    /// Taking over from any other machine.
    Any,
}

impl Consent {
    fn covers(self, epoch: FencingToken) -> bool {
        match self {
            Self::None => false,
            Self::To(agreed) => agreed == epoch,
            Self::Any => true,
        }
    }
}

/// What is to become of the lease's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is to hold this.
    Write(Box<Lease>),
    /// It is to be removed.
    Remove,
}

/// Why a lease was not granted, renewed or released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseDenied {
    /// A keeper on this machine holds it.
    #[error("the lease is held by {keeper}")]
    HeldHere {
        /// Who.
        keeper: Box<Keeper>,
    },
    /// A keeper on another machine holds it, and nobody agreed to take over from it.
    #[error("the lease is held by {keeper}, {age}")]
    HeldElsewhere {
        /// Who.
        keeper: Box<Keeper>,
        /// The time since it was renewed.
        age: LeaseAge,
    },
    /// Somebody else was granted it since.
    #[error("the lease was granted to {keeper} (epoch {current}; yours is {yours})")]
    Superseded {
        /// The token shown.
        yours: FencingToken,
        /// The token in the lease.
        current: FencingToken,
        /// Who holds it.
        keeper: Box<Keeper>,
    },
    /// There is no lease any more.
    #[error("the lease of epoch {yours} is gone")]
    Gone {
        /// The token shown.
        yours: FencingToken,
    },
    /// What is in its place cannot be read, so that nobody knows whose it is.
    #[error("the lease of epoch {yours} cannot be read: {reason}")]
    Unreadable {
        /// The token shown.
        yours: FencingToken,
        /// What is wrong with it.
        reason: String,
    },
    /// The last token was granted.
    #[error("every fencing token of this lease was used")]
    Exhausted,
}

impl LeaseDenied {
    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::HeldElsewhere { .. } => Some("`--force` takes over from it"),
            Self::HeldHere { .. } => Some("it is being looked after; attach to it"),
            Self::Superseded { .. } | Self::Gone { .. } => None,
            Self::Unreadable { .. } => Some("the next entry takes it over"),
            Self::Exhausted => Some("move the workspace's `.abide` away; its records are in it"),
        }
    }
}

impl LeaseState {
    /// Answers an event.
    ///
    /// # Errors
    ///
    /// When it must not happen; nothing is to be written then.
    pub fn apply(&self, event: LeaseEvent, at: Moment) -> Result<Next, LeaseDenied> {
        match event {
            LeaseEvent::Claim(claim) => self.claim(claim, at),
            LeaseEvent::Renew { grant, generation } => {
                let held = self.granted(&grant)?;
                Ok(Next::Write(Box::new(Lease {
                    generation: generation.or(held.generation),
                    renewed_at: at.now,
                    renewed_uptime: at.uptime,
                    ..Lease::clone(held)
                })))
            }
            LeaseEvent::Release { grant } => self.granted(&grant).map(|_| Next::Remove),
        }
    }

    fn claim(&self, claim: Claim, at: Moment) -> Result<Next, LeaseDenied> {
        let last = match self {
            Self::Absent | Self::Malformed { .. } => FencingToken::NONE,
            Self::Stale { lease, .. } => lease.epoch,
            Self::FreshRemote { lease, .. } if claim.consent.covers(lease.epoch) => lease.epoch,
            Self::FreshRemote { lease, age } => {
                return Err(LeaseDenied::HeldElsewhere {
                    keeper: Box::new(lease.keeper.clone()),
                    age: *age,
                });
            }
            Self::FreshLocal { lease, .. } => {
                return Err(LeaseDenied::HeldHere {
                    keeper: Box::new(lease.keeper.clone()),
                });
            }
        };
        let epoch = last.max(claim.floor).next();
        Ok(Next::Write(Box::new(Lease {
            epoch: epoch.ok_or(LeaseDenied::Exhausted)?,
            keeper: claim.keeper,
            session: claim.session,
            generation: claim.generation,
            agent: claim.agent,
            mode: claim.mode,
            claimed_at: at.now,
            renewed_at: at.now,
            renewed_uptime: at.uptime,
        })))
    }

    /// Returns the lease if it is the one that was granted so.
    fn granted(&self, grant: &Grant) -> Result<&Lease, LeaseDenied> {
        let yours = grant.epoch;
        match self {
            Self::Absent => Err(LeaseDenied::Gone { yours }),
            Self::Malformed { reason } => Err(LeaseDenied::Unreadable {
                yours,
                reason: reason.clone(),
            }),
            Self::FreshLocal { lease, .. }
            | Self::FreshRemote { lease, .. }
            | Self::Stale { lease, .. } => match lease.is_of(grant) {
                true => Ok(lease),
                false => Err(LeaseDenied::Superseded {
                    yours,
                    current: lease.epoch,
                    keeper: Box::new(lease.keeper.clone()),
                }),
            },
        }
    }
}
