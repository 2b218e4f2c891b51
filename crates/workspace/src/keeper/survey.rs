//! What became of sessions, as their backends say, and what follows for records that are still open.

use abide_core::{
    backend::{self, BackendError, BackendKind, ExitOutcome, LostReason, SessionState},
    id::{Generation, SessionId},
    record::{Detected, EndReason, Ended, Started, Summary},
};

use crate::{backends::Backends, desk::Closed};

/// Where a session is looked for whose backend is not known.
const ALL: [BackendKind; 2] = [BackendKind::Owner, BackendKind::Tmux];

/// What became of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its child runs.
    Running(Started),
    /// It is over.
    Ended {
        /// The start that is over.
        generation: Option<Generation>,
        /// How.
        ended: backend::Ended,
    },
    /// There is no trace of it.
    Gone,
    /// That cannot be told now.
    Unsure,
}

/// What is to be done about an open record whose session does not run under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its session is over.
    Close(Closed),
    /// Its session was never started.
    Abandon,
    /// Nothing yet.
    Leave,
}

/// Asks the backend of a session, or every one that may have it.
pub(super) async fn look(
    backends: &Backends,
    session: &SessionId,
    kind: Option<BackendKind>,
) -> Fate {
    let one = kind.map(|kind| [kind]);
    let kinds = one.as_ref().map_or(&ALL[..], |one| &one[..]);
    let mut fate = Fate::Gone;
    for kind in kinds.iter().filter(|kind| backends.have(**kind)) {
        match look_in(backends, session, *kind).await {
            Fate::Gone => {}
            Fate::Unsure => fate = Fate::Unsure,
            found @ (Fate::Running(_) | Fate::Ended { .. }) => return found,
        }
    }
    fate
}

async fn look_in(backends: &Backends, session: &SessionId, kind: BackendKind) -> Fate {
    let Ok(usable) = backends.get(kind).await else {
        return Fate::Unsure;
    };
    let status = match usable.backend.status(session).await {
        Ok(status) => status,
        Err(BackendError::NotFound { .. }) => return Fate::Gone,
        Err(_) => return Fate::Unsure,
    };
    match (status.state, status.generation) {
        (SessionState::Running(running), Some(generation)) => Fate::Running(Started {
            generation,
            started_at: running.started_at,
        }),
        (SessionState::Ended(ended), generation) => Fate::Ended { generation, ended },
        (
            SessionState::Running(_) | SessionState::Starting | SessionState::Unresponsive { .. },
            _,
        ) => Fate::Unsure,
    }
}

/// Decides about an open record, by what became of its session; `recorded` are the starts that
/// other records are of.
pub(super) fn judge(open: &Summary, fate: &Fate, recorded: &[Generation]) -> Verdict {
    match (open.generation, fate) {
        (_, Fate::Unsure) => Verdict::Leave,
        (Some(own), Fate::Ended { generation, ended }) if *generation == Some(own) => {
            Verdict::Close(Closed {
                ended: of(ended, Detected::AtAdoption),
                started: None,
            })
        }
        (Some(_), Fate::Ended { .. } | Fate::Running(_) | Fate::Gone) => Verdict::Close(Closed {
            ended: unseen(Detected::AtAdoption),
            started: None,
        }),
        // Opened for a start that nobody noted. One that is of another record, or from before, is
        // not it.
        (None, Fate::Ended { generation, ended }) => match generation {
            Some(start) if !recorded.contains(start) && open.opened_at <= ended.started_at => {
                Verdict::Close(Closed {
                    ended: of(ended, Detected::AtAdoption),
                    started: Some(Started {
                        generation: *start,
                        started_at: ended.started_at,
                    }),
                })
            }
            Some(_) | None => Verdict::Abandon,
        },
        (None, Fate::Running(_) | Fate::Gone) => Verdict::Abandon,
    }
}

/// Returns an end as a record has it.
pub(super) fn of(ended: &backend::Ended, detected: Detected) -> Ended {
    Ended {
        outcome: ended.outcome.clone(),
        ended_at: ended.ended_at,
        reason: EndReason::of(&ended.outcome, ended.cause),
        detected,
    }
}

/// Returns the end of a session that nobody saw, and of which nothing is left.
pub(super) fn unseen(detected: Detected) -> Ended {
    let outcome = ExitOutcome::Lost {
        reason: LostReason::HolderDied,
    };
    Ended {
        reason: EndReason::of(&outcome, None),
        outcome,
        ended_at: None,
        detected,
    }
}
