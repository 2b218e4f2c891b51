//! Deadlines of the owner: instants in the runtime's own time.

use std::time::Duration;

use tokio::time::Instant;

/// Returns the present instant.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the owner reads the runtime's time"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Returns the instant after `wait` from now.
pub(crate) fn after(wait: Duration) -> Instant {
    now() + wait
}

/// Waits until the instant; for ever if there is none.
///
/// Cancel safety: safe to drop.
pub(crate) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
