//! Waiting for a lock without waiting for ever.
//!
//! The kernel has no time-out for file locks, so the wait is a thread's. One that waits in vain
//! stays until the lock is free or the process ends; it holds up neither its caller nor the end of
//! the caller's runtime, which a thread of the runtime's own pool would.

use std::time::Duration;

use tokio::sync::oneshot;

/// Runs something that may block for long on a thread of its own; `None` if it is not done in time.
///
/// Cancel safety: if dropped, the thread goes on and its result is dropped.
pub(crate) async fn within<T, F>(deadline: Duration, work: F) -> Option<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || done.send(work()));
    tokio::time::timeout(deadline, result).await.ok()?.ok()
}
