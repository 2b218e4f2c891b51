//! Sees to it that somebody is responsible for a session: before it is started, when it is found
//! without a keeper, and until its record is complete.

mod looks;
mod settling;

use std::{cmp::Reverse, time::Duration};

use abide_core::{
    backend::{Ensured, SessionState},
    lease::{Consent, FencingToken, LeaseState},
};

pub(super) use self::looks::Looks;
use super::{Found, Workspaces, place};
use crate::{
    desk::Desk,
    entry::{self, Asked as AskedFor, Decision, SessionFound, Takeover, Way},
    error::WorkspaceError,
    keeper::{
        Conversation, KeeperError, Keepers, Keeping,
        launch::Asked,
        protocol::{Keep, KnownSession, MAX_KNOWN, Note, Why},
    },
    name::Target,
    record::{Session, StoredBackend, Workspace},
};

impl Workspaces {
    /// Returns how keepers of the workspace are started; `None` if it has none.
    pub(super) fn keepers_of(&self, workspace: &Workspace) -> Option<&Keepers> {
        match &self.keeping {
            Keeping::By(keepers) if workspace.record => Some(keepers),
            Keeping::By(_) | Keeping::Off => None,
        }
    }

    /// Reads and judges the lease of a workspace; writes nothing.
    pub(super) async fn lease(
        &self,
        keepers: &Keepers,
        workspace: &Workspace,
    ) -> Result<LeaseState, WorkspaceError> {
        let desk = Desk::new(&workspace.dir, keepers.tools().clone());
        let looked = tokio::task::spawn_blocking(move || desk.look(Duration::ZERO)).await;
        let looked = match looked {
            Ok(looked) => looked,
            Err(err) => std::panic::resume_unwind(err.into_panic()),
        };
        looked.map_err(|source| WorkspaceError::Look {
            name: workspace.name.clone(),
            source,
        })
    }

    /// Tells who is responsible for the sessions of a workspace; `None` if it is not recorded. Writes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::Look`] when that cannot be told.
    pub async fn responsible(
        &self,
        workspace: &Workspace,
    ) -> Result<Option<LeaseState>, WorkspaceError> {
        match self.keepers_of(workspace) {
            Some(keepers) => self.lease(keepers, workspace).await.map(Some),
            None => Ok(None),
        }
    }

    /// Has a keeper be responsible for a session that is about to be started; `None` if it is not
    /// recorded.
    pub(super) async fn keep_start(
        &self,
        found: &Found,
        agreed: Option<FencingToken>,
        takeover: Takeover,
    ) -> Result<Option<Conversation>, WorkspaceError> {
        let Some(keepers) = self.keepers_of(&found.workspace) else {
            return Ok(None);
        };
        let way = Way::Resume;
        let mut looks = Looks::new();
        loop {
            let lease = self.lease(keepers, &found.workspace).await?;
            let takeover = settled(takeover, agreed, &lease);
            let asked = match entry::decide(SessionFound::None, &lease, AskedFor { way, takeover })
            {
                Decision::CreateUnderKeeper => {
                    let asked = self.join(keepers, found, &lease, Why::Create).await?;
                    looks.unless_unreachable(asked)
                }
                Decision::Confirm { host, age } => {
                    let refusal = entry::Refusal::HeldElsewhere { host, age };
                    return Err(refused(found, refusal));
                }
                Decision::Refuse(refusal) => return Err(refused(found, refusal)),
                Decision::Create | Decision::AttachPassively | Decision::Adopt(_) => {
                    let consent = consent(takeover, agreed);
                    let keep = self.keep(keepers, found, Why::Create, consent).await?;
                    keepers.start(keep).await.map(Some)
                }
            };
            if let Some(Asked::Ready(conversation)) = asked.map_err(not_kept(found))? {
                return Ok(Some(conversation));
            }
            looks.again().await.map_err(not_kept(found))?;
        }
    }

    /// Has a keeper note a start, if there is one.
    pub(super) async fn tell_started(
        &self,
        target: Target,
        ensured: &Ensured,
        kept: Option<Conversation>,
    ) -> Result<(), WorkspaceError> {
        let Some(kept) = kept else {
            return Ok(());
        };
        let started_at = match &ensured.status.state {
            SessionState::Running(running) => running.started_at,
            SessionState::Ended(ended) => ended.started_at,
            SessionState::Starting | SessionState::Unresponsive { .. } => self.clock.now(),
        };
        let note = Note {
            session: ensured.status.session.clone(),
            generation: ensured.generation,
            started_at,
        };
        let noted = kept.started(note).await;
        noted.map_err(|source| WorkspaceError::NotKept { target, source })
    }

    /// Has a new keeper adopt a session; `false` if somebody else became responsible first.
    pub(super) async fn adopt_session(
        &self,
        keepers: &Keepers,
        found: &Found,
        consent: Consent,
    ) -> Result<bool, WorkspaceError> {
        let keep = self.keep(keepers, found, Why::Adopt, consent).await?;
        match keepers.start(keep).await.map_err(not_kept(found))? {
            Asked::Ready(_) => Ok(true),
            Asked::Denied => Ok(false),
        }
    }

    /// Sees to it that somebody is responsible for a session that runs and is about to be entered, as
    /// the table says.
    pub(super) async fn keep_found(
        &self,
        found: &Found,
        agreed: Option<FencingToken>,
        takeover: Takeover,
    ) -> Result<(), WorkspaceError> {
        let Some(keepers) = self.keepers_of(&found.workspace) else {
            return Ok(());
        };
        let way = Way::Resume;
        let mut looks = Looks::new();
        loop {
            let lease = self.lease(keepers, &found.workspace).await?;
            let takeover = settled(takeover, agreed, &lease);
            match entry::decide(SessionFound::Running, &lease, AskedFor { way, takeover }) {
                Decision::AttachPassively | Decision::Create | Decision::CreateUnderKeeper => {
                    return Ok(());
                }
                Decision::Confirm { host, age } => {
                    let refusal = entry::Refusal::HeldElsewhere { host, age };
                    return Err(refused(found, refusal));
                }
                Decision::Refuse(refusal) => return Err(refused(found, refusal)),
                // Nothing can be recorded of it.
                Decision::Adopt(_) if place::is_gone(&found.workspace.dir) => return Ok(()),
                Decision::Adopt(_) => {
                    let consent = consent(takeover, agreed);
                    if self.adopt_session(keepers, found, consent).await? {
                        return Ok(());
                    }
                }
            }
            looks.again().await.map_err(not_kept(found))?;
        }
    }

    /// Has somebody be responsible for a session that runs and was just taken in.
    pub(super) async fn keep_running(&self, found: &Found) -> Result<(), WorkspaceError> {
        let Some(keepers) = self.keepers_of(&found.workspace) else {
            return Ok(());
        };
        let mut looks = Looks::new();
        loop {
            let lease = self.lease(keepers, &found.workspace).await?;
            let is_kept = match &lease {
                LeaseState::FreshLocal { .. } => {
                    let joined = self.join(keepers, found, &lease, Why::Adopt).await?;
                    let joined = looks.unless_unreachable(joined).map_err(not_kept(found))?;
                    matches!(joined, Some(Asked::Ready(_)))
                }
                LeaseState::FreshRemote { lease, age } => {
                    let (host, age) = (lease.keeper.place.host.clone(), *age);
                    return Err(refused(found, entry::Refusal::HeldElsewhere { host, age }));
                }
                LeaseState::Absent | LeaseState::Stale { .. } | LeaseState::Malformed { .. } => {
                    self.adopt_session(keepers, found, Consent::None).await?
                }
            };
            if is_kept {
                return Ok(());
            }
            looks.again().await.map_err(not_kept(found))?;
        }
    }

    /// Asks the keeper that holds a lease; `None` if it is just leaving.
    async fn join(
        &self,
        keepers: &Keepers,
        found: &Found,
        lease: &LeaseState,
        why: Why,
    ) -> Result<Result<Option<Asked>, KeeperError>, WorkspaceError> {
        let Some(lease) = lease.lease() else {
            return Ok(Ok(None));
        };
        // It was told of the others when they came to it.
        let sessions = vec![known(&found.session)];
        let keep = self.keep_these(keepers, found, why, Consent::None, sessions);
        Ok(keepers.join(keep, lease).await)
    }

    async fn keep(
        &self,
        keepers: &Keepers,
        found: &Found,
        why: Why,
        consent: Consent,
    ) -> Result<Keep, WorkspaceError> {
        let all = self.store.all().await?;
        let here = all
            .into_iter()
            .filter(|(workspace, _)| workspace.record && workspace.dir == found.workspace.dir);
        let mut others: Vec<Session> = here
            .flat_map(|(_, sessions)| sessions)
            .filter(|session| session.id != found.session.id)
            .collect();
        others.sort_by_key(|session| Reverse(session.created_at));
        others.truncate(MAX_KNOWN - 1);
        let sessions = others.iter().chain([&found.session]).map(known).collect();
        Ok(self.keep_these(keepers, found, why, consent, sessions))
    }

    fn keep_these(
        &self,
        keepers: &Keepers,
        found: &Found,
        why: Why,
        consent: Consent,
        sessions: Vec<KnownSession>,
    ) -> Keep {
        Keep {
            dir: found.workspace.dir.as_path().into(),
            state_dir: (&*self.state_dir).into(),
            runtime_dir: keepers.runtime_dir().into(),
            session: found.session.id.clone(),
            why,
            agreed: consent.into(),
            label: format!("pid {}", std::process::id()),
            sessions,
        }
    }
}

fn known(session: &Session) -> KnownSession {
    KnownSession {
        session: session.id.clone(),
        backend: match &session.backend {
            Some(StoredBackend::Known(kind)) => Some(*kind),
            Some(StoredBackend::Unknown(_)) | None => None,
        },
        generation: session.generation,
        agent: session.agent.clone(),
        mode: session.mode,
    }
}

/// What was agreed to counts for the grant that it was about, and for no other.
pub(super) fn settled(
    takeover: Takeover,
    agreed: Option<FencingToken>,
    lease: &LeaseState,
) -> Takeover {
    let epoch = lease.lease().map(|lease| lease.epoch);
    match agreed.is_some() && agreed == epoch {
        true => Takeover::Agreed,
        false => takeover,
    }
}

pub(super) fn consent(takeover: Takeover, agreed: Option<FencingToken>) -> Consent {
    match (takeover, agreed) {
        (Takeover::Agreed, Some(epoch)) => Consent::To(epoch),
        (Takeover::Agreed, None) => Consent::Any,
        (Takeover::Ask | Takeover::CannotAsk, _) => Consent::None,
    }
}

pub(super) fn refused(found: &Found, refusal: entry::Refusal) -> WorkspaceError {
    WorkspaceError::NotEntered {
        target: found.target(),
        refusal,
    }
}

/// Returns how to say that nobody could be made responsible for a session.
pub(super) fn not_kept(found: &Found) -> impl FnOnce(KeeperError) -> WorkspaceError + use<> {
    let target = found.target();
    move |source| WorkspaceError::NotKept { target, source }
}
