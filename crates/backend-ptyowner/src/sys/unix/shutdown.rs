//! Being told to end: SIGTERM, which a logout and a shutdown send to every process.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Learns that the system wants this process to end.
pub(crate) struct Shutdown {
    signals: tokio::signal::unix::Signal,
}

impl Shutdown {
    /// Starts to listen; from then on the signal ends this process no more by itself.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            signals: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until the system says so.
    ///
    /// Cancel safety: safe to drop; the next call learns of it.
    pub(crate) async fn asked(&mut self) {
        self.signals.recv().await;
    }
}
