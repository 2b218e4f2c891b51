//! The two locks of a session, taken by an owner that starts.

use std::{path::Path, sync::mpsc, time::Duration};

use abide_core::lock::{KernelLock, LockError};

use super::reply::refused;
use crate::{state::SessionDir, wire::launch::LaunchReply};

/// Time to wait for a lock that somebody else holds for a moment only.
const LOCK_DEADLINE: Duration = Duration::from_secs(10);

/// How often a lock is tried whose directory somebody else removes at the same moment.
const LOCK_ATTEMPTS: usize = 10;

/// Takes `start.lock`, making the session's directory if need be.
pub(super) fn take_start(dir: &SessionDir) -> Result<KernelLock, LaunchReply> {
    for _ in 0..LOCK_ATTEMPTS {
        dir.create().map_err(|err| refused(&err))?;
        match acquire_within(&dir.start_lock(), LOCK_DEADLINE)? {
            Ok(lock) => return Ok(lock),
            // Somebody removed the session, and its directory, while this waited.
            Err(err) if err.io_kind() == std::io::ErrorKind::NotFound => {}
            Err(err) => return Err(refused(&err)),
        }
    }
    Err(LaunchReply::Locked {
        reason: "the session is being removed again and again".into(),
    })
}

/// Takes `owner.lock`. An owner whose end is recorded may still be on its way out, for a second at
/// the most.
pub(super) fn take_owner(dir: &SessionDir) -> Result<KernelLock, LaunchReply> {
    acquire_within(&dir.owner_lock(), LOCK_DEADLINE)?.map_err(|err| refused(&err))
}

/// Waits for a lock; if somebody else has it, on a thread of its own, which ends with the process
/// if it waits for ever.
fn acquire_within(
    path: &Path,
    deadline: Duration,
) -> Result<Result<KernelLock, LockError>, LaunchReply> {
    if let Ok(Some(lock)) = KernelLock::try_acquire(path) {
        return Ok(Ok(lock));
    }
    let (send, receive) = mpsc::sync_channel(1);
    let waiting = path.to_owned();
    std::thread::spawn(move || send.send(KernelLock::acquire(&waiting)));
    receive
        .recv_timeout(deadline)
        .map_err(|_| LaunchReply::Locked {
            reason: format!(
                "`{}` was held for {} s by another process",
                path.display(),
                deadline.as_secs()
            ),
        })
}
