//! Being let go on after a stop, or rung: nothing says so here.

/// Does nothing: the next heartbeat of the keeper has to do.
pub(crate) fn ring(_pid: u32, _started: Option<u64>) {}

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
