//! Being let go on after a stop: nothing says so here.

/// Learns that this process was let go on.
pub(crate) struct Woken;

impl Woken {
    /// Starts to listen.
    pub(crate) fn new() -> Self {
        Self
    }

    /// Waits for ever.
    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}
