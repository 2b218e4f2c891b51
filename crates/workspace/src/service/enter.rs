//! Entering a session: looks, asks the table, and does what it says.
//!
//! Nothing is written where somebody is responsible already. Where nobody is, that is said, and a
//! keeper adopts the session before anybody is shown it.

use abide_core::{
    backend::{BackendError, Ensured, SessionState},
    env_policy::Environment,
    lease::{FencingToken, LeaseAge, LeaseState},
};

use super::{
    Found, Observed, Workspaces,
    keeping::{Looks, consent, not_kept, refused, settled},
    place,
};
use crate::{
    entry::{self, Asked, Decision, Orphaned, Refusal, SessionFound, Takeover, Way},
    error::WorkspaceError,
    keeper::Keepers,
    record::WorkspaceState,
};

/// How somebody wants to enter a session.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The verb.
    pub way: Way,
    /// What is to be done about a fresh lease of another host.
    pub takeover: Takeover,
    /// The grant of another host that somebody agreed to take over from, when asked about it.
    pub agreed: Option<FencingToken>,
    /// The environment that the session gets if it has to be started.
    pub env: Environment,
}

/// What entering came to; whoever asked may attach now, unless it is a question.
#[derive(Debug)]
pub enum Entered {
    /// Somebody is responsible, or nobody needs to be, or nobody can: the workspace's directory is
    /// gone. Nothing was written.
    Passively,
    /// A new keeper adopted the session, or completed its record.
    Adopted {
        /// Why it had to.
        why: Orphaned,
    },
    /// The session was started, or somebody else started it meanwhile.
    Started {
        /// The session, with its start.
        found: Box<Found>,
        /// What the backend answered.
        ensured: Ensured,
    },
    /// Another host is responsible: ask, and enter again with the answer.
    Confirm {
        /// The host.
        host: String,
        /// The time since it renewed its lease.
        age: LeaseAge,
        /// The grant, to be agreed to.
        epoch: FencingToken,
    },
}

impl Workspaces {
    /// Sees to it that a session can be attached to, as `docs/leases.md` says: starts it, has a keeper
    /// adopt it, or does nothing.
    ///
    /// `say` is told before a session is adopted, once. If the future is dropped, the session is as
    /// it was, was started, or was adopted.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::NotEntered`] when it is refused; [`WorkspaceError::NotKept`] when nobody could
    /// be made responsible: a session that runs goes on. Otherwise as [`Workspaces::restart`].
    pub async fn enter(
        &self,
        found: &Found,
        entry: &Entry,
        mut say: impl FnMut(&Orphaned) + Send,
    ) -> Result<Entered, WorkspaceError> {
        // What was interrupted is gone on with, also where the session itself runs.
        let is_interrupted =
            entry.way.may_start() && found.workspace.state == WorkspaceState::Error;
        if is_interrupted {
            self.go_on(&found.workspace).await?;
        }
        let Some(keepers) = self.keepers_of(&found.workspace) else {
            return self.enter_unkept(found, entry, is_interrupted).await;
        };
        let mut looks = Looks::new();
        let mut said = false;
        loop {
            let session = self.session_found(found).await?;
            keepers.tools().probe.reached("entry.observed");
            let lease = self.lease(keepers, &found.workspace).await?;
            let takeover = settled(entry.takeover, entry.agreed, &lease);
            let way = entry.way;
            let decision = entry::decide(session, &lease, Asked { way, takeover });
            keepers.tools().probe.reached("entry.decided");
            match decision {
                Decision::AttachPassively if is_interrupted => {
                    return self.entered_by_start(found, entry, takeover).await;
                }
                Decision::AttachPassively => return Ok(Entered::Passively),
                Decision::Create | Decision::CreateUnderKeeper => {
                    return self.entered_by_start(found, entry, takeover).await;
                }
                // Nothing can be recorded of it, and whoever wants to see it may.
                Decision::Adopt(_) if place::is_gone(&found.workspace.dir) => {
                    return Ok(Entered::Passively);
                }
                Decision::Refuse(refusal) => return Err(refused(found, refusal)),
                Decision::Confirm { host, age } => return Ok(confirm(host, age, &lease)),
                Decision::Adopt(why) => {
                    if !said {
                        say(&why);
                        said = true;
                    }
                    if self.adopt_as_asked(keepers, found, entry, takeover).await? {
                        return match is_interrupted {
                            true => self.entered_by_start(found, entry, takeover).await,
                            false => Ok(Entered::Adopted { why }),
                        };
                    }
                    looks.again().await.map_err(not_kept(found))?;
                }
            }
        }
    }

    /// Enters a session that is not recorded, for which nobody is responsible.
    async fn enter_unkept(
        &self,
        found: &Found,
        entry: &Entry,
        is_interrupted: bool,
    ) -> Result<Entered, WorkspaceError> {
        let session = self.session_found(found).await?;
        let may_start = entry.way.may_start();
        let is_there = match session {
            SessionFound::Running => true,
            SessionFound::Ended => !may_start,
            SessionFound::None | SessionFound::Unresponsive | SessionFound::Unavailable => false,
        };
        match (is_there && !is_interrupted, may_start) {
            (true, _) => {
                self.touch(&found.workspace).await?;
                Ok(Entered::Passively)
            }
            (false, true) => self.entered_by_start(found, entry, entry.takeover).await,
            (false, false) => Err(refused(found, Refusal::NothingThere)),
        }
    }

    async fn entered_by_start(
        &self,
        found: &Found,
        entry: &Entry,
        takeover: Takeover,
    ) -> Result<Entered, WorkspaceError> {
        let env = entry.env.clone();
        let started = self.restart_agreed(found, env, entry.agreed, takeover);
        let (found, ensured) = started.await?;
        if !ensured.started {
            self.touch(&found.workspace).await?;
        }
        let found = Box::new(found);
        Ok(Entered::Started { found, ensured })
    }

    async fn adopt_as_asked(
        &self,
        keepers: &Keepers,
        found: &Found,
        entry: &Entry,
        takeover: Takeover,
    ) -> Result<bool, WorkspaceError> {
        let consent = consent(takeover, entry.agreed);
        let is_adopted = self.adopt_session(keepers, found, consent).await?;
        if is_adopted {
            self.touch(&found.workspace).await?;
        }
        Ok(is_adopted)
    }

    /// Observes a session for the table; one that nothing can be told of is an error that says why.
    async fn session_found(&self, found: &Found) -> Result<SessionFound, WorkspaceError> {
        match self.observe(found).await? {
            Observed::Nothing => Ok(SessionFound::None),
            Observed::Unavailable { .. } => {
                self.backend_of(found).await?;
                self.status(found).await?;
                Ok(SessionFound::Unavailable)
            }
            Observed::Status(status) => match status.state {
                SessionState::Starting | SessionState::Running(_) => Ok(SessionFound::Running),
                SessionState::Ended(_) => Ok(SessionFound::Ended),
                SessionState::Unresponsive { holder_pid, reason } => {
                    Err(BackendError::Unresponsive {
                        session: found.session.id.clone(),
                        holder_pid,
                        source: reason.into(),
                    }
                    .into())
                }
            },
        }
    }
}

fn confirm(host: String, age: LeaseAge, lease: &LeaseState) -> Entered {
    let epoch = lease
        .lease()
        .map_or(FencingToken::NONE, |lease| lease.epoch);
    Entered::Confirm { host, age, epoch }
}
