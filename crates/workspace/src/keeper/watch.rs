//! Waits for the end of a session, which its backend pushes.

use std::time::Duration;

use abide_core::{
    backend::{self, BackendKind, WatchEvent},
    id::{Generation, SessionId},
    record::{Detected, Ended},
};

use super::survey::{self, Fate};
use crate::backends::Backends;

/// Time until a session is looked at again whose watching was interrupted; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest that this becomes.
const LAST_PAUSE: Duration = Duration::from_secs(30);

/// Times after which a session is looked at whose creator is gone: its start may be under way.
const LOOKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_millis(1500),
];

/// Waits until this start of the session is over, and returns how it ended.
pub(super) async fn wait_for_end(
    backends: &Backends,
    session: &SessionId,
    kind: Option<BackendKind>,
    generation: Generation,
) -> Ended {
    let mut wait = FIRST_PAUSE;
    loop {
        if let Some(ended) = watch(backends, session, kind, generation).await {
            return survey::of(&ended, Detected::Told);
        }
        match survey::look(backends, session, kind).await {
            Fate::Running(started) if started.generation == generation => {}
            Fate::Ended {
                generation: Some(found),
                ended,
            } if found == generation => return survey::of(&ended, Detected::Looked),
            Fate::Running(_) | Fate::Ended { .. } | Fate::Gone => {
                return survey::unseen(Detected::Looked);
            }
            Fate::Unsure => {}
        }
        pause(wait).await;
        wait = (2 * wait).min(LAST_PAUSE);
    }
}

/// Watches a session until it is told of its end; `None` if that was interrupted.
async fn watch(
    backends: &Backends,
    session: &SessionId,
    kind: Option<BackendKind>,
    generation: Generation,
) -> Option<backend::Ended> {
    let usable = backends.get(kind?).await.ok()?;
    let mut watched = usable.backend.watch(session).await.ok()?;
    if watched.generation != generation {
        return None;
    }
    loop {
        match watched.events.next().await.ok()?? {
            WatchEvent::Ended(ended) => return Some(ended),
            WatchEvent::Activity(_) => {}
        }
    }
}

/// Looks whether a session was started after all whose creator is gone.
///
/// `before` is its start from before; only another one counts.
pub(super) async fn look_for_start(
    backends: &Backends,
    session: &SessionId,
    kind: Option<BackendKind>,
    before: Option<Generation>,
) -> Fate {
    let mut fate = Fate::Unsure;
    for wait in LOOKS {
        pause(wait).await;
        fate = survey::look(backends, session, kind).await;
        let found = match &fate {
            Fate::Running(started) => Some(started.generation),
            Fate::Ended { generation, .. } => *generation,
            Fate::Gone | Fate::Unsure => None,
        };
        if found.is_some() && found != before {
            return fate;
        }
        if fate != Fate::Unsure {
            fate = Fate::Gone;
        }
    }
    fate
}

async fn pause(wait: Duration) {
    let _ = tokio::time::timeout(wait, std::future::pending::<()>()).await;
}
